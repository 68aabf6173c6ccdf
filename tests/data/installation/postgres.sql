CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE api_keys (
    id integer NOT NULL,
    user_id integer NOT NULL,
    kind character varying(8) NOT NULL,
    name character varying(64) NOT NULL,
    digest character varying(64) NOT NULL,
    hint character varying(24) NOT NULL,
    scopes text,
    networks text,
    created_at double precision NOT NULL,
    expires_at double precision,
    revoked_at double precision,
    rotated_to integer,
    last_used_at double precision,
    last_used_from character varying(64),
    CONSTRAINT ck_api_keys_kind CHECK (((kind)::text = ANY ((ARRAY['live'::character varying, 'test'::character varying])::text[])))
);
CREATE SEQUENCE api_keys_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE api_keys_id_seq OWNED BY api_keys.id;
CREATE TABLE attempts (
    bucket character varying(128) NOT NULL,
    since double precision NOT NULL,
    count integer NOT NULL
);
CREATE TABLE audit (
    id integer NOT NULL,
    at double precision NOT NULL,
    actor_kind character varying(16) NOT NULL,
    actor character varying(64) NOT NULL,
    address character varying(64) DEFAULT ''::character varying NOT NULL,
    action character varying(32) NOT NULL,
    object character varying(128) DEFAULT ''::character varying NOT NULL,
    before text,
    after text
);
CREATE SEQUENCE audit_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE audit_id_seq OWNED BY audit.id;
CREATE TABLE evictions (
    id integer NOT NULL,
    what character varying(16) NOT NULL,
    target character varying(64) DEFAULT ''::character varying NOT NULL,
    at double precision NOT NULL
);
CREATE SEQUENCE evictions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE evictions_id_seq OWNED BY evictions.id;
CREATE TABLE families (
    id character varying(32) NOT NULL,
    user_id integer NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    revoked_at double precision,
    revoked_why character varying(32),
    address character varying(64)
);
CREATE TABLE feeds (
    id integer NOT NULL,
    url character varying(1000) NOT NULL,
    paused boolean DEFAULT false NOT NULL,
    added_by character varying(64) DEFAULT ''::character varying NOT NULL,
    added_at double precision NOT NULL
);
CREATE SEQUENCE feeds_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE feeds_id_seq OWNED BY feeds.id;
CREATE TABLE key_uses (
    key_id integer NOT NULL,
    day integer NOT NULL,
    uses integer NOT NULL
);
CREATE TABLE links (
    digest character varying(64) NOT NULL,
    kind character varying(16) NOT NULL,
    subject character varying(64) DEFAULT ''::character varying NOT NULL,
    created_by character varying(64) DEFAULT ''::character varying NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    used_at double precision
);
CREATE TABLE panel_sessions (
    digest character varying(64) NOT NULL,
    family_id character varying(32) NOT NULL,
    created_at double precision NOT NULL,
    seen_at double precision NOT NULL,
    proved_at double precision NOT NULL,
    proved_from character varying(64) NOT NULL,
    kept boolean DEFAULT false NOT NULL,
    agent character varying(64) DEFAULT ''::character varying NOT NULL,
    browser character varying(64) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE presence (
    process character varying(32) NOT NULL,
    sid character varying(64) NOT NULL,
    namespace character varying(32) NOT NULL,
    kind character varying(16) NOT NULL,
    user_id integer,
    key_id integer,
    name character varying(64) DEFAULT ''::character varying NOT NULL,
    key_name character varying(64) DEFAULT ''::character varying NOT NULL,
    role character varying(64) DEFAULT ''::character varying NOT NULL,
    address character varying(64) DEFAULT ''::character varying NOT NULL,
    agent character varying(200) DEFAULT ''::character varying NOT NULL,
    token_state character varying(32) NOT NULL,
    sky character varying(16) DEFAULT 'live'::character varying NOT NULL,
    topics text DEFAULT ''::text NOT NULL,
    since double precision NOT NULL,
    messages integer NOT NULL,
    bytes bigint NOT NULL,
    lag_ms integer NOT NULL,
    updated double precision NOT NULL,
    transport character varying(32) DEFAULT ''::character varying NOT NULL
);
CREATE TABLE refresh_tokens (
    digest character varying(64) NOT NULL,
    family_id character varying(32) NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    used_at double precision
);
CREATE TABLE roles (
    id integer NOT NULL,
    name character varying(64) NOT NULL,
    says character varying(200) DEFAULT ''::character varying NOT NULL,
    permissions text,
    created_at double precision NOT NULL
);
CREATE SEQUENCE roles_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE roles_id_seq OWNED BY roles.id;
CREATE TABLE settings (
    name character varying(64) NOT NULL,
    value text,
    changed_at double precision NOT NULL,
    changed_by character varying(64) NOT NULL
);
CREATE TABLE state (
    id integer NOT NULL,
    version integer NOT NULL,
    wanted_until double precision DEFAULT '0'::double precision NOT NULL
);
CREATE TABLE users (
    id integer NOT NULL,
    name character varying(64) NOT NULL,
    name_key character varying(200) NOT NULL,
    role_id integer NOT NULL,
    password_hash character varying(200),
    disabled boolean DEFAULT false NOT NULL,
    session_epoch integer DEFAULT 0 NOT NULL,
    created_at double precision NOT NULL,
    password_changed_at double precision,
    last_login_at double precision,
    last_login_from character varying(64)
);
CREATE SEQUENCE users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE users_id_seq OWNED BY users.id;
ALTER TABLE ONLY api_keys ALTER COLUMN id SET DEFAULT nextval('api_keys_id_seq'::regclass);
ALTER TABLE ONLY audit ALTER COLUMN id SET DEFAULT nextval('audit_id_seq'::regclass);
ALTER TABLE ONLY evictions ALTER COLUMN id SET DEFAULT nextval('evictions_id_seq'::regclass);
ALTER TABLE ONLY feeds ALTER COLUMN id SET DEFAULT nextval('feeds_id_seq'::regclass);
ALTER TABLE ONLY roles ALTER COLUMN id SET DEFAULT nextval('roles_id_seq'::regclass);
ALTER TABLE ONLY users ALTER COLUMN id SET DEFAULT nextval('users_id_seq'::regclass);
INSERT INTO alembic_version VALUES ('0004');
INSERT INTO api_keys VALUES (1, 5, 'live', 'of a disabled user', '449996dfab19c26e744b35313f37601f0b315745e889fc80914ee37e19f2b9fe', 'sk_live_m0mn', NULL, NULL, 2524608840, NULL, NULL, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (4, 2, 'live', 'from home', 'a8a40cf739ec921f21e41794d0b65a79073fbbf862fb7eaacffdd1b79ff894c4', 'sk_live_YBAu', NULL, '["192.0.2.0/24","2001:db8::/32"]', 2524780980, NULL, NULL, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (5, 3, 'live', 'for a year', '39b4a144b2eaac3ab0106fa383a95a5895a98aae86646ad1d5782e7122d4243d', 'sk_live_Fj7Q', NULL, NULL, 2524781040, 2556316800, NULL, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (6, 3, 'live', 'ended', 'cdef675104b7e84007ecfb9553aadc5686036caa8c7dc6019702cce4557b3b7b', 'sk_live_hWlO', NULL, NULL, 2524781100, 2524867200, NULL, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (8, 4, 'live', 'made by karl', '25e1a149e4d9ece06597cc16bc4710a13f877425a22c032491bbc8573ab89751', 'sk_live_FBhK', '["audio.view"]', NULL, 2524781220, NULL, NULL, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (9, 2, 'live', 'revoked', 'b088f997cf38f296584abe7f5e2b0689eefc1f3bfa4c3ecb367967952aebb092', 'sk_live_2ddz', NULL, NULL, 2524781280, NULL, 2524781280, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (11, 2, 'live', 'overlapping', '5fbb6529a4acd947473853709d96643a3c041662e353fe55fa318ebfaa633174', 'sk_live_MZgh', '["aircraft.view"]', NULL, 2524781340, NULL, NULL, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (10, 2, 'live', 'overlapping', 'fe62f0e7492d8468a8aab0641f7de2b415d026c455f58c682861f20fa39db46b', 'sk_live_6PRq', '["aircraft.view"]', NULL, 2524781340, 2527373340, NULL, 11, NULL, NULL);
INSERT INTO api_keys VALUES (13, 2, 'live', 'replaced', '143f9cfe8d2814bb5bd7e06467914a6220e502816eaef949a6e2bfdcb9858b6e', 'sk_live_eRha', '["aircraft.view"]', NULL, 2524781400, NULL, NULL, NULL, NULL, NULL);
INSERT INTO api_keys VALUES (12, 2, 'live', 'replaced', '90b10e223b0f4a884e4eb8ad31b352c1e2fbf35827f9489ddc10e6a19cb98a8b', 'sk_live_1cIO', '["aircraft.view"]', NULL, 2524781400, 2524781400, 2524781400, 13, NULL, NULL);
INSERT INTO api_keys VALUES (2, 1, 'live', 'everything', '259e8ed87652628c21f216be14f791f538025e0d3e41bb74eb384133770313f4', 'sk_live_Gmg8', NULL, NULL, 2524780860, NULL, NULL, NULL, 2525299208, '192.0.2.1');
INSERT INTO api_keys VALUES (3, 2, 'live', 'scoped', 'baa237c667f54572eacadcf180a7d09a6734815757f8dd6b811692ba3b4ab631', 'sk_live_rkCi', '["aircraft.view","stats.view"]', NULL, 2524780920, NULL, NULL, NULL, 2525299210, '198.51.100.7');
INSERT INTO api_keys VALUES (7, 3, 'test', 'sandbox', 'a7f3acff9d0dc9993f756881ef62ab0895275e090278441d84d35ca98815c2d6', 'sk_test_8va4', NULL, NULL, 2524781160, NULL, NULL, NULL, 2525299211, '192.0.2.1');
INSERT INTO attempts VALUES ('account:c6927176de9b7870aa35d87005af1209', 2525385601, 1);
INSERT INTO attempts VALUES ('address:203.0.113.66', 2525385601, 7);
INSERT INTO attempts VALUES ('known:05bd323dd698eaa4a0e1ff0bd8cb0eb7:192.0.2.1', 2525468640, 1);
INSERT INTO attempts VALUES ('known:9e795d74a8b9edab29f2f208d1e5833b:192.0.2.1', 2525468760, 1);
INSERT INTO attempts VALUES ('everybody', 2525468760, 0);
INSERT INTO attempts VALUES ('known:74df2f70139deba1970c57de2cb98e34:192.0.2.1', 2525468880, 1);
INSERT INTO attempts VALUES ('address:192.0.2.1', 2525470860, 0);
INSERT INTO attempts VALUES ('known:9ea01771c3b7b6dcfcd1f3d8f5ce023c:192.0.2.1', 2525470860, 1);
INSERT INTO audit VALUES (1, 2524608000, 'environment', 'environment', '', 'setting.set', 'AIRCRAFT_TIMEOUT_SECONDS', NULL, '{"value":90}');
INSERT INTO audit VALUES (2, 2524608000, 'cli', 'pi', '', 'link.create', 'link first', NULL, '{"expires_at":2524609800.0}');
INSERT INTO audit VALUES (3, 2524608300, 'anonymous', 'first administrator', '192.0.2.1', 'user.create', 'user anna', NULL, '{"role":"admin"}');
INSERT INTO audit VALUES (4, 2524608300, 'anonymous', 'first administrator', '192.0.2.1', 'link.use', 'link first', NULL, NULL);
INSERT INTO audit VALUES (5, 2524608300, 'user', 'anna', '192.0.2.1', 'role.create', 'role tower', NULL, '{"permissions":["aircraft.view","audio.view"]}');
INSERT INTO audit VALUES (6, 2524608300, 'user', 'anna', '192.0.2.1', 'role.create', 'role held-by-none', NULL, '{"permissions":["stats.view"]}');
INSERT INTO audit VALUES (7, 2524608360, 'user', 'anna', '192.0.2.1', 'role.change', 'role tower', '{"permissions":["aircraft.view","audio.view"],"says":"Listens on tower''s frequency"}', '{"permissions":["aircraft.view","audio.view","keys.manage","safety.view"],"says":"Listens and makes keys"}');
INSERT INTO audit VALUES (8, 2524608420, 'user', 'anna', '192.0.2.1', 'user.create', 'user otto', NULL, '{"role":"operator"}');
INSERT INTO audit VALUES (9, 2524608480, 'user', 'anna', '192.0.2.1', 'user.create', 'user vera', NULL, '{"role":"viewer"}');
INSERT INTO audit VALUES (10, 2524608540, 'user', 'anna', '192.0.2.1', 'user.create', 'user karl', NULL, '{"role":"tower"}');
INSERT INTO audit VALUES (11, 2524608600, 'user', 'anna', '192.0.2.1', 'user.create', 'user dora', NULL, '{"role":"operator"}');
INSERT INTO audit VALUES (12, 2524608660, 'user', 'anna', '192.0.2.1', 'user.create', 'user Zoë', NULL, '{"role":"viewer"}');
INSERT INTO audit VALUES (13, 2524608720, 'user', 'anna', '192.0.2.1', 'user.create', 'user nina', NULL, '{"role":"viewer"}');
INSERT INTO audit VALUES (14, 2524608780, 'user', 'anna', '192.0.2.1', 'user.create', 'user gone', NULL, '{"role":"viewer"}');
INSERT INTO audit VALUES (15, 2524608840, 'user', 'dora', '192.0.2.1', 'key.create', 'key 1 of a disabled user', NULL, '{"owner":"dora","kind":"live","scopes":null,"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (16, 2524608840, 'user', 'anna', '192.0.2.1', 'user.delete', 'user gone', '{"role":"viewer"}', NULL);
INSERT INTO audit VALUES (17, 2524608840, 'user', 'anna', '192.0.2.1', 'user.disable', 'user dora', '{"disabled":false}', '{"disabled":true}');
INSERT INTO audit VALUES (18, 2524608840, 'user', 'anna', '192.0.2.1', 'user.set-password', 'user karl', NULL, NULL);
INSERT INTO audit VALUES (19, 2524608900, 'user', 'anna', '192.0.2.1', 'setting.set', 'AUTH_MODE', '{"value":"hybrid"}', '{"value":"private"}');
INSERT INTO audit VALUES (20, 2524608900, 'user', 'anna', '192.0.2.1', 'setting.set', 'WS_REJECT_INVALID_TOKENS', '{"value":false}', '{"value":true}');
INSERT INTO audit VALUES (21, 2524608960, 'user', 'anna', '192.0.2.1', 'setting.set', 'FEATURE_ACCESS', '{"value":{"aircraft":"public","safety":"public","stats":"public","acars":"public","airspace":"public","notams":"public","cannonball":"public","alerts":"authenticated","audio":"permission"}}', '{"value":{"aircraft":"permission","safety":"public","stats":"public","acars":"public","airspace":"public","notams":"public","cannonball":"public","alerts":"authenticated","audio":"authenticated"}}');
INSERT INTO audit VALUES (22, 2524609020, 'user', 'anna', '192.0.2.1', 'setting.set', 'CORS_ORIGINS', '{"value":[]}', '{"value":["https://map.example","http://192.0.2.9:8080"]}');
INSERT INTO audit VALUES (23, 2524609020, 'user', 'anna', '192.0.2.1', 'setting.set', 'BROADCAST_HZ', '{"value":10.0}', '{"value":2.5}');
INSERT INTO audit VALUES (24, 2524609080, 'user', 'anna', '192.0.2.1', 'setting.set', 'RECEIVER_LOCATION_PUBLIC', '{"value":"rounded"}', '{"value":"hidden"}');
INSERT INTO audit VALUES (25, 2524609080, 'user', 'anna', '192.0.2.1', 'setting.set', 'JWT_ACCESS_SECONDS', '{"value":3600}', '{"value":7200}');
INSERT INTO audit VALUES (26, 2524609080, 'user', 'anna', '192.0.2.1', 'setting.set', 'JWT_REFRESH_SECONDS', '{"value":1209600}', '{"value":2592000}');
INSERT INTO audit VALUES (27, 2524609140, 'user', 'anna', '192.0.2.1', 'setting.set', 'PANEL_KEEP_SECONDS', '{"value":1209600}', '{"value":5184000}');
INSERT INTO audit VALUES (28, 2524609140, 'user', 'anna', '192.0.2.1', 'setting.set', 'LOGIN_ATTEMPTS_PER_ACCOUNT', '{"value":10}', '{"value":4}');
INSERT INTO audit VALUES (29, 2524609140, 'user', 'anna', '192.0.2.1', 'setting.set', 'MAX_RANGE_NM', '{"value":450}', '{"value":300}');
INSERT INTO audit VALUES (30, 2524609200, 'user', 'anna', '192.0.2.1', 'setting.reset', 'MAX_RANGE_NM', '{"value":300}', '{"value":450}');
INSERT INTO audit VALUES (31, 2524780860, 'user', 'anna', '192.0.2.1', 'key.create', 'key 2 everything', NULL, '{"owner":"anna","kind":"live","scopes":null,"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (32, 2524780920, 'user', 'otto', '192.0.2.1', 'key.create', 'key 3 scoped', NULL, '{"owner":"otto","kind":"live","scopes":["aircraft.view","stats.view"],"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (33, 2524780980, 'user', 'otto', '192.0.2.1', 'key.create', 'key 4 from home', NULL, '{"owner":"otto","kind":"live","scopes":null,"networks":["192.0.2.0/24","2001:db8::/32"],"expires_at":null}');
INSERT INTO audit VALUES (34, 2524781040, 'user', 'anna', '192.0.2.1', 'key.create', 'key 5 for a year', NULL, '{"owner":"vera","kind":"live","scopes":null,"networks":null,"expires_at":2556316800.0}');
INSERT INTO audit VALUES (35, 2524781100, 'user', 'anna', '192.0.2.1', 'key.create', 'key 6 ended', NULL, '{"owner":"vera","kind":"live","scopes":null,"networks":null,"expires_at":2524867200.0}');
INSERT INTO audit VALUES (36, 2524781160, 'user', 'anna', '192.0.2.1', 'key.create', 'key 7 sandbox', NULL, '{"owner":"vera","kind":"test","scopes":null,"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (37, 2524781220, 'user', 'karl', '192.0.2.1', 'key.create', 'key 8 made by karl', NULL, '{"owner":"karl","kind":"live","scopes":["audio.view"],"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (38, 2524781280, 'user', 'otto', '192.0.2.1', 'key.create', 'key 9 revoked', NULL, '{"owner":"otto","kind":"live","scopes":null,"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (39, 2524781280, 'user', 'otto', '192.0.2.1', 'key.revoke', 'key 9 revoked', NULL, '{"owner":"otto"}');
INSERT INTO audit VALUES (40, 2524781340, 'user', 'otto', '192.0.2.1', 'key.create', 'key 10 overlapping', NULL, '{"owner":"otto","kind":"live","scopes":["aircraft.view"],"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (41, 2524781340, 'user', 'otto', '192.0.2.1', 'key.rotate', 'key 11 overlapping', NULL, '{"owner":"otto","kind":"live","scopes":["aircraft.view"],"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (42, 2524781400, 'user', 'otto', '192.0.2.1', 'key.create', 'key 12 replaced', NULL, '{"owner":"otto","kind":"live","scopes":["aircraft.view"],"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (43, 2524781400, 'user', 'otto', '192.0.2.1', 'key.rotate', 'key 13 replaced', NULL, '{"owner":"otto","kind":"live","scopes":["aircraft.view"],"networks":null,"expires_at":null}');
INSERT INTO audit VALUES (44, 2524781460, 'user', 'anna', '192.0.2.1', 'feed.add', 'feed beast://192.0.2.50:30005', NULL, '{"url":"beast://192.0.2.50:30005"}');
INSERT INTO audit VALUES (45, 2524781520, 'user', 'anna', '192.0.2.1', 'feed.add', 'feed sbs://192.0.2.51:30003', NULL, '{"url":"sbs://192.0.2.51:30003"}');
INSERT INTO audit VALUES (46, 2524781520, 'user', 'anna', '192.0.2.1', 'feed.pause', 'feed sbs://192.0.2.51:30003', '{"paused":false}', '{"paused":true}');
INSERT INTO audit VALUES (47, 2524781580, 'user', 'anna', '192.0.2.1', 'feed.add', 'feed http://***@192.0.2.52/data/aircraft.json', NULL, '{"url":"http://***@192.0.2.52/data/aircraft.json"}');
INSERT INTO audit VALUES (48, 2524781580, 'user', 'anna', '192.0.2.1', 'feed.add', 'feed json://192.0.2.53:30047', NULL, '{"url":"json://192.0.2.53:30047"}');
INSERT INTO audit VALUES (49, 2524781580, 'user', 'anna', '192.0.2.1', 'feed.remove', 'feed json://192.0.2.53:30047', '{"url":"json://192.0.2.53:30047"}', NULL);
INSERT INTO audit VALUES (50, 2525385601, 'anonymous', '', '203.0.113.66', 'login.failed', 'unknown user', NULL, NULL);
INSERT INTO audit VALUES (51, 2525385602, 'anonymous', '', '203.0.113.66', 'login.failed', 'user vera', NULL, NULL);
INSERT INTO audit VALUES (52, 2525385603, 'anonymous', '', '203.0.113.66', 'login.failed', 'user vera', NULL, NULL);
INSERT INTO audit VALUES (53, 2525385604, 'anonymous', '', '203.0.113.66', 'login.failed', 'user vera', NULL, NULL);
INSERT INTO audit VALUES (54, 2525385605, 'anonymous', '', '203.0.113.66', 'login.failed', 'user vera', NULL, NULL);
INSERT INTO audit VALUES (55, 2525385606, 'anonymous', '', '203.0.113.66', 'login.throttled', 'limit per account', NULL, NULL);
INSERT INTO audit VALUES (56, 2525385607, 'user', 'otto', '192.0.2.1', 'access.refused', 'users.manage', NULL, '{"lacks":["users.manage"]}');
INSERT INTO audit VALUES (57, 2525385607, 'anonymous', '', '203.0.113.66', 'token.refused', 'token_invalid', NULL, '{"times":2}');
INSERT INTO audit VALUES (58, 2525385607, 'anonymous', '', '203.0.113.66', 'token.refused', 'token_revoked', NULL, '{"times":1}');
INSERT INTO audit VALUES (59, 2525468460, 'user', 'anna', '192.0.2.1', 'login.ok', 'user anna', NULL, '{"panel":true}');
INSERT INTO audit VALUES (60, 2525468520, 'user', 'otto', '192.0.2.1', 'login.ok', 'user otto', NULL, '{"panel":true}');
INSERT INTO audit VALUES (61, 2525468580, 'user', 'otto', '192.0.2.1', 'login.ok', 'user otto', NULL, '{"panel":true}');
INSERT INTO audit VALUES (62, 2525468580, 'user', 'otto', '192.0.2.1', 'logout', 'user otto', NULL, NULL);
INSERT INTO audit VALUES (63, 2525468640, 'user', 'otto', '192.0.2.1', 'login.ok', 'user otto', NULL, NULL);
INSERT INTO audit VALUES (64, 2525468700, 'user', 'otto', '192.0.2.1', 'token.refreshed', 'user otto', NULL, NULL);
INSERT INTO audit VALUES (65, 2525468760, 'user', 'vera', '192.0.2.1', 'login.ok', 'user vera', NULL, NULL);
INSERT INTO audit VALUES (66, 2525468820, 'user', 'karl', '192.0.2.1', 'login.ok', 'user karl', NULL, NULL);
INSERT INTO audit VALUES (67, 2525468880, 'user', 'karl', '192.0.2.1', 'login.ok', 'user karl', NULL, NULL);
INSERT INTO audit VALUES (68, 2525468880, 'user', 'karl', '192.0.2.1', 'token.revoked', 'user karl', NULL, '{"family":"ended"}');
INSERT INTO audit VALUES (69, 2525470860, 'user', 'anna', '192.0.2.1', 'login.ok', 'user anna', NULL, '{"panel":true}');
INSERT INTO audit VALUES (70, 2525472000, 'user', 'anna', '192.0.2.1', 'link.create', 'link invite 7', NULL, '{"expires_at":2526076800.0}');
INSERT INTO audit VALUES (71, 2525472000, 'user', 'anna', '192.0.2.1', 'link.create', 'link reset 3', NULL, '{"expires_at":2525558400.0}');
INSERT INTO audit VALUES (72, 2525471940, 'user', 'anna', '192.0.2.1', 'live.disconnect', 'socket another-sid', NULL, '{"sockets":1}');
INSERT INTO evictions VALUES (1, 'session', 'another-sid', 2525471940);
INSERT INTO families VALUES ('89a9748b056f2050a0ffa250ac59c2d4', 1, 2525468460, 2530652460, NULL, NULL, '192.0.2.1');
INSERT INTO families VALUES ('6fab3e073f21fc3f9560101bac6cdab8', 2, 2525468520, 2530652520, NULL, NULL, '192.0.2.1');
INSERT INTO families VALUES ('277c68c29963482de3e12e2328004b61', 2, 2525468580, 2525511780, 2525468580, 'signed out', '192.0.2.1');
INSERT INTO families VALUES ('90d3e5905778583979b524fdbd3f6973', 2, 2525468640, 2528060700, NULL, NULL, '192.0.2.1');
INSERT INTO families VALUES ('7f1d368bc710025120c1a66d14446a71', 3, 2525468760, 2528060760, NULL, NULL, '192.0.2.1');
INSERT INTO families VALUES ('4ae16b230bb46679ca55ec469b1a32bb', 4, 2525468820, 2528060820, NULL, NULL, '192.0.2.1');
INSERT INTO families VALUES ('c549bf41f6357629e099034800230826', 4, 2525468880, 2528060880, 2525468880, 'revoked', '192.0.2.1');
INSERT INTO families VALUES ('9b25ab0ae05777a7be3176f115f9e895', 1, 2525470860, 2525514060, NULL, NULL, '192.0.2.1');
INSERT INTO feeds VALUES (1, 'beast://192.0.2.50:30005', false, 'anna', 2524781460);
INSERT INTO feeds VALUES (2, 'sbs://192.0.2.51:30003', true, 'anna', 2524781520);
INSERT INTO feeds VALUES (3, 'http://reader:example@192.0.2.52/data/aircraft.json', false, 'anna', 2524781580);
INSERT INTO key_uses VALUES (2, 29223, 3);
INSERT INTO key_uses VALUES (3, 29223, 2);
INSERT INTO key_uses VALUES (7, 29223, 1);
INSERT INTO key_uses VALUES (2, 29224, 4);
INSERT INTO key_uses VALUES (3, 29224, 2);
INSERT INTO key_uses VALUES (7, 29224, 1);
INSERT INTO key_uses VALUES (2, 29225, 5);
INSERT INTO key_uses VALUES (3, 29225, 2);
INSERT INTO key_uses VALUES (7, 29225, 1);
INSERT INTO key_uses VALUES (2, 29226, 6);
INSERT INTO key_uses VALUES (3, 29226, 2);
INSERT INTO key_uses VALUES (7, 29226, 1);
INSERT INTO key_uses VALUES (2, 29227, 7);
INSERT INTO key_uses VALUES (3, 29227, 2);
INSERT INTO key_uses VALUES (7, 29227, 1);
INSERT INTO key_uses VALUES (2, 29228, 8);
INSERT INTO key_uses VALUES (3, 29228, 2);
INSERT INTO key_uses VALUES (7, 29228, 1);
INSERT INTO links VALUES ('5ce212b6eda50565855744ea6cf5e40dcec8b9e56a8b73ad80cdf94e6a06bdb2', 'first', '', 'pi', 2524608000, 2524609800, 2524608300);
INSERT INTO links VALUES ('ec6ff8bbbd4e93b7a54dbaaa0478423dfb02e92646cfb6807eddd2feeac5a94f', 'invite', '7', 'anna', 2525472000, 2526076800, NULL);
INSERT INTO links VALUES ('2b98e56fd3519f3ef526c41b6a960f8f1ddf20471d7ad033fa268784a70e6e67', 'reset', '3', 'anna', 2525472000, 2525558400, NULL);
INSERT INTO panel_sessions VALUES ('a2eadd36cee1224c67d6d43f95c8b50069d2eac2fc59a4ecb0e62b1f11e8de00', '89a9748b056f2050a0ffa250ac59c2d4', 2525468460, 2525468460, 2525468460, '192.0.2.1', true, '0ad235511e998f7a7b4dbe7c7487632c4b9f03d5dc769f626c972ceb35ea4dc3', 'Chrome on Linux');
INSERT INTO panel_sessions VALUES ('2aa03b79d1e1ee545560d4f82857203f44546448e1dabe7d4949ec5bcd26f36c', '6fab3e073f21fc3f9560101bac6cdab8', 2525468520, 2525468520, 2525468520, '192.0.2.1', true, '0ad235511e998f7a7b4dbe7c7487632c4b9f03d5dc769f626c972ceb35ea4dc3', 'Chrome on Linux');
INSERT INTO panel_sessions VALUES ('b8831169d389b5cf3e18f345a494661ff98cdff8f3c3e9c0dddcddc4561b8246', '9b25ab0ae05777a7be3176f115f9e895', 2525470860, 2525470860, 2525470860, '192.0.2.1', false, '0ad235511e998f7a7b4dbe7c7487632c4b9f03d5dc769f626c972ceb35ea4dc3', 'Chrome on Linux');
INSERT INTO presence VALUES ('fixture-process', 'fixture-sid', '/', 'user', 2, NULL, 'otto', '', 'operator', '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36', 'ok', 'live', 'aircraft stats', 2525471940, 12, 3456, 0, 2525471940, 'fixture-transport');
INSERT INTO refresh_tokens VALUES ('c202efdb53bd774b645c0e181797e3e36411afd3b0dcb201eaabc4e144a3c72a', '90d3e5905778583979b524fdbd3f6973', 2525468640, 2528060640, 2525468700);
INSERT INTO refresh_tokens VALUES ('0eb9d960df08c32c68c5a954afadd6db034a17f16a04b904daea90874040ede4', '90d3e5905778583979b524fdbd3f6973', 2525468700, 2528060700, NULL);
INSERT INTO refresh_tokens VALUES ('d10ec2c53df8de00c18d0e05fc9d14edf983e60084d60c70b0a456e5dc47c27f', '7f1d368bc710025120c1a66d14446a71', 2525468760, 2528060760, NULL);
INSERT INTO refresh_tokens VALUES ('d1e5ef6839050e180a7fb54f27ca1a06e37e060604ba5b3b3b75e9f81875941f', '4ae16b230bb46679ca55ec469b1a32bb', 2525468820, 2528060820, NULL);
INSERT INTO refresh_tokens VALUES ('0a9411bb9eaeb2c94f67dca475f293d3e3060905134f9059946900a5864d4606', 'c549bf41f6357629e099034800230826', 2525468880, 2528060880, NULL);
INSERT INTO roles VALUES (1, 'viewer', '', NULL, 2524608000);
INSERT INTO roles VALUES (2, 'operator', '', NULL, 2524608000);
INSERT INTO roles VALUES (3, 'admin', '', NULL, 2524608000);
INSERT INTO roles VALUES (5, 'held-by-none', '', '["stats.view"]', 2524608300);
INSERT INTO roles VALUES (4, 'tower', 'Listens and makes keys', '["aircraft.view","audio.view","keys.manage","safety.view"]', 2524608300);
INSERT INTO settings VALUES ('AIRCRAFT_TIMEOUT_SECONDS', '90', 2524608000, 'environment');
INSERT INTO settings VALUES ('AUTH_MODE', '"private"', 2524608900, 'anna');
INSERT INTO settings VALUES ('WS_REJECT_INVALID_TOKENS', 'true', 2524608900, 'anna');
INSERT INTO settings VALUES ('FEATURE_ACCESS', '{"aircraft":"permission","safety":"public","stats":"public","acars":"public","airspace":"public","notams":"public","cannonball":"public","alerts":"authenticated","audio":"authenticated"}', 2524608960, 'anna');
INSERT INTO settings VALUES ('CORS_ORIGINS', '["https://map.example","http://192.0.2.9:8080"]', 2524609020, 'anna');
INSERT INTO settings VALUES ('BROADCAST_HZ', '2.5', 2524609020, 'anna');
INSERT INTO settings VALUES ('RECEIVER_LOCATION_PUBLIC', '"hidden"', 2524609080, 'anna');
INSERT INTO settings VALUES ('JWT_ACCESS_SECONDS', '7200', 2524609080, 'anna');
INSERT INTO settings VALUES ('JWT_REFRESH_SECONDS', '2592000', 2524609080, 'anna');
INSERT INTO settings VALUES ('PANEL_KEEP_SECONDS', '5184000', 2524609140, 'anna');
INSERT INTO settings VALUES ('LOGIN_ATTEMPTS_PER_ACCOUNT', '4', 2524609140, 'anna');
INSERT INTO settings VALUES ('MAX_RANGE_NM', NULL, 2524609200, 'anna');
INSERT INTO state VALUES (1, 45, 2525471950);
INSERT INTO users VALUES (6, 'Zoë', 'zoë', 1, '$argon2id$v=19$m=19456,t=2,p=1$kZMNJkeG0sf0yEb/FVuyXw$XDXm6hMWAZJqs8uUXgUJR0wTUBfpAoTzMh9H5xk3M+I', false, 0, 2524608660, 2524608660, NULL, NULL);
INSERT INTO users VALUES (7, 'nina', 'nina', 1, NULL, false, 0, 2524608720, NULL, NULL, NULL);
INSERT INTO users VALUES (5, 'dora', 'dora', 2, '$argon2id$v=19$m=19456,t=2,p=1$SY347BemDOtYDQ2DLtL3Rg$0jbgd3Hwof79WVL9u8wC4/Rgm8DPDN/PIdo7sBlSwMM', true, 1, 2524608600, 2524608600, NULL, NULL);
INSERT INTO users VALUES (2, 'otto', 'otto', 2, '$argon2id$v=19$m=19456,t=2,p=1$ZaW0SJd2R3l1glRqg0lZgQ$d+oKFRGAcmOcrIK4jY3/nkZCzUNviPj2kK41DD13MfQ', false, 0, 2524608420, 2524608420, 2525468640, '192.0.2.1');
INSERT INTO users VALUES (3, 'vera', 'vera', 1, '$argon2id$v=19$m=19456,t=2,p=1$V3/n1gBzVlxR5hRzyAq8RQ$J5OZeBpujQa45GIN+TY2duHV+v5D5D3a806CkDjK/ls', false, 0, 2524608480, 2524608480, 2525468760, '192.0.2.1');
INSERT INTO users VALUES (4, 'karl', 'karl', 4, '$argon2id$v=19$m=19456,t=2,p=1$NIE5N0N78OJLdIPYiZTH8w$gpE9R37tICeZjmmrjk50/WWTNRBUB2zfhqh2Vyu/GXA', false, 1, 2524608540, 2524608840, 2525468880, '192.0.2.1');
INSERT INTO users VALUES (1, 'anna', 'anna', 3, '$argon2id$v=19$m=19456,t=2,p=1$IX1uhVG5Cj/IsX8eXgRNvA$qRtn0fd1U9+fWWcrRNqR8qGr4awQHPGwRxZeDEA/0oA', false, 0, 2524608300, 2524608300, 2525470860, '192.0.2.1');
SELECT pg_catalog.setval('api_keys_id_seq', 13, true);
SELECT pg_catalog.setval('audit_id_seq', 72, true);
SELECT pg_catalog.setval('evictions_id_seq', 1, true);
SELECT pg_catalog.setval('feeds_id_seq', 4, true);
SELECT pg_catalog.setval('roles_id_seq', 5, true);
SELECT pg_catalog.setval('users_id_seq', 8, true);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY api_keys
    ADD CONSTRAINT pk_api_keys PRIMARY KEY (id);
ALTER TABLE ONLY attempts
    ADD CONSTRAINT pk_attempts PRIMARY KEY (bucket);
ALTER TABLE ONLY audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (id);
ALTER TABLE ONLY evictions
    ADD CONSTRAINT pk_evictions PRIMARY KEY (id);
ALTER TABLE ONLY families
    ADD CONSTRAINT pk_families PRIMARY KEY (id);
ALTER TABLE ONLY feeds
    ADD CONSTRAINT pk_feeds PRIMARY KEY (id);
ALTER TABLE ONLY key_uses
    ADD CONSTRAINT pk_key_uses PRIMARY KEY (key_id, day);
ALTER TABLE ONLY links
    ADD CONSTRAINT pk_links PRIMARY KEY (digest);
ALTER TABLE ONLY panel_sessions
    ADD CONSTRAINT pk_panel_sessions PRIMARY KEY (digest);
ALTER TABLE ONLY presence
    ADD CONSTRAINT pk_presence PRIMARY KEY (process, sid);
ALTER TABLE ONLY refresh_tokens
    ADD CONSTRAINT pk_refresh_tokens PRIMARY KEY (digest);
ALTER TABLE ONLY roles
    ADD CONSTRAINT pk_roles PRIMARY KEY (id);
ALTER TABLE ONLY settings
    ADD CONSTRAINT pk_settings PRIMARY KEY (name);
ALTER TABLE ONLY state
    ADD CONSTRAINT pk_state PRIMARY KEY (id);
ALTER TABLE ONLY users
    ADD CONSTRAINT pk_users PRIMARY KEY (id);
ALTER TABLE ONLY api_keys
    ADD CONSTRAINT uq_api_keys_digest UNIQUE (digest);
ALTER TABLE ONLY feeds
    ADD CONSTRAINT uq_feeds_url UNIQUE (url);
ALTER TABLE ONLY roles
    ADD CONSTRAINT uq_roles_name UNIQUE (name);
ALTER TABLE ONLY users
    ADD CONSTRAINT uq_users_name_key UNIQUE (name_key);
CREATE INDEX ix_api_keys_user_id ON api_keys USING btree (user_id);
CREATE INDEX ix_attempts_since ON attempts USING btree (since);
CREATE INDEX ix_audit_action ON audit USING btree (action);
CREATE INDEX ix_audit_actor ON audit USING btree (actor);
CREATE INDEX ix_audit_at ON audit USING btree (at);
CREATE INDEX ix_families_expires_at ON families USING btree (expires_at);
CREATE INDEX ix_families_user_id ON families USING btree (user_id);
CREATE INDEX ix_panel_sessions_family_id ON panel_sessions USING btree (family_id);
CREATE INDEX ix_presence_updated ON presence USING btree (updated);
CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens USING btree (family_id);
CREATE INDEX ix_users_role_id ON users USING btree (role_id);
ALTER TABLE ONLY api_keys
    ADD CONSTRAINT fk_api_keys_rotated_to FOREIGN KEY (rotated_to) REFERENCES api_keys(id) ON DELETE SET NULL;
ALTER TABLE ONLY api_keys
    ADD CONSTRAINT fk_api_keys_user_id FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
ALTER TABLE ONLY families
    ADD CONSTRAINT fk_families_user_id FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE;
ALTER TABLE ONLY key_uses
    ADD CONSTRAINT fk_key_uses_key_id FOREIGN KEY (key_id) REFERENCES api_keys(id) ON DELETE CASCADE;
ALTER TABLE ONLY panel_sessions
    ADD CONSTRAINT fk_panel_sessions_family_id FOREIGN KEY (family_id) REFERENCES families(id) ON DELETE CASCADE;
ALTER TABLE ONLY refresh_tokens
    ADD CONSTRAINT fk_refresh_tokens_family_id FOREIGN KEY (family_id) REFERENCES families(id) ON DELETE CASCADE;
ALTER TABLE ONLY users
    ADD CONSTRAINT fk_users_role_id FOREIGN KEY (role_id) REFERENCES roles(id);
