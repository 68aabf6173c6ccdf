// The sky page: wires the connection, the model, the table and the details together.

import { Detail } from "./detail.js";
import { moment, plain, trouble, whole } from "./format.js";
import { Link, SIGN_IN_CODES } from "./link.js";
import { inEmergency, Sky, wordsOf } from "./model.js";
import { Session } from "./session.js";
import { badge, Table } from "./table.js";

const one = (selector, root = document) => root.querySelector(selector);
const put = (element, content) => {
  if (element.textContent !== content) element.textContent = content;
};

const sky = new Sky();
const session = new Session();
const link = new Link(document.body.dataset.socketioPath, session, sky);
const only = new Set();
const now = { state: "connecting", stats: null, denied: false, code: null, message: "" };

const detail = new Detail(one("[data-detail]"), () => pick(null));
const table = new Table(one("[data-table]"), sky, { onPick: (hex) => pick(hex === detail.hex ? null : hex), onShown: tellShown });

// -- events of the server

link.addEventListener("snapshot", ({ detail: payload }) => {
  if (!sky.snapshot(payload, performance.now())) return;
  now.denied = false;
  table.touchAll();
  showDetail();
});

link.addEventListener("delta", ({ detail: delta }) => {
  const { outcome, changed, removed } = sky.delta(delta, performance.now());
  if (outcome === "gap") link.catchUp();
  if (outcome !== "applied") return;
  table.touch(changed);
  table.touch(removed);
  if (detail.hex && (changed.includes(detail.hex) || removed.includes(detail.hex))) showDetail();
});

link.addEventListener("stats", ({ detail: stats }) => {
  now.stats = stats;
  one("[data-demo]").hidden = !stats.demo;
  tellSilent(stats.feeds_silent);
  tellPlace(stats.receiver_location);
  put(one('[data-count="messages"]'), whole(stats.messages_per_second));
  tellShown();
});

link.addEventListener("subscribed", ({ detail: { denied } }) => {
  now.denied = denied.includes("aircraft");
  tellShown();
});

link.addEventListener("unsubscribed", ({ detail: { topics, reason } }) => {
  if (!topics.includes("aircraft")) return;
  now.denied = true;
  now.message = reason ?? "";
  forget();
});

const STATES = { connecting: "Connecting", live: "Connected", lost: "Reconnecting", refused: "Not connected" };

link.addEventListener("state", ({ detail: { state, code, message } }) => {
  Object.assign(now, { state, code: code ?? null, message: message ?? "" });
  const shown = one(".state");
  shown.dataset.state = state;
  put(one("[data-state-says]", shown), STATES[state]);
  document.body.classList.toggle("stale", state !== "live");
  const trouble = one("[data-trouble]");
  const mayMend = state === "refused" && SIGN_IN_CODES.has(code);
  // A client that lost its access keeps no data on the screen.
  if (mayMend) forget();
  trouble.hidden = state === "live" || state === "connecting" || (mayMend && sky.records.size === 0);
  put(trouble, state === "lost" ? `${message}. What is shown is the last known; trying again.` : `${message}. Trying again soon.`);
  if (state === "live" && demanded) signIn.close();
  else if (mayMend) askSignIn(refused(), true);
  tellWho();
  tellShown();
});

function forget() {
  sky.records.clear();
  sky.epoch = null;
  now.stats = null;
  for (const notice of ["[data-demo]", "[data-silent]", "[data-place]"]) one(notice).hidden = true;
  put(one('[data-count="messages"]'), plain());
  pick(null);
  table.touchAll();
}

// -- choices of the user

one("[data-filter]").addEventListener("input", filter);
one("[data-tools]").addEventListener("submit", (event) => event.preventDefault());
for (const chip of document.querySelectorAll("[data-only]")) {
  chip.addEventListener("click", () => {
    const on = !only.delete(chip.dataset.only);
    if (on) only.add(chip.dataset.only);
    chip.setAttribute("aria-pressed", String(on));
    filter();
  });
}

function filter() {
  table.filter(wordsOf(one("[data-filter]").value), only);
}

function clearFilter() {
  one("[data-filter]").value = "";
  only.clear();
  for (const chip of document.querySelectorAll("[data-only]")) chip.setAttribute("aria-pressed", "false");
  filter();
  one("[data-filter]").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && detail.hex && !one("dialog[open]")) pick(null);
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    one("[data-filter]").focus();
  }
});

function pick(hex) {
  const before = detail.hex;
  const inside = detail.element.contains(document.activeElement);
  table.pick(hex);
  detail.show(hex === null ? null : (sky.records.get(hex) ?? null), performance.now());
  if (hex !== null) table.reveal(hex);
  else if (before && inside) table.focus(before);
}

function showDetail() {
  if (!detail.hex) return;
  const record = sky.records.get(detail.hex);
  if (record) detail.update(record, performance.now());
  else detail.gone();
}

setInterval(showDetail, 1000);

// -- status and messages

let alarmed = "";

function tellShown() {
  let positions = 0;
  let military = 0;
  const alarms = [];
  for (const { fields } of sky.records.values()) {
    if (fields.lat !== undefined) positions += 1;
    if (fields.military) military += 1;
    if (inEmergency(fields)) alarms.push(fields);
  }
  const total = sky.records.size;
  const known = sky.epoch !== null;
  put(one('[data-count="aircraft"]'), known ? whole(total) : plain());
  put(one('[data-count="positions"]'), known ? whole(positions) : plain());
  put(one('[data-only="military"] [data-chip]'), whole(military));
  put(one('[data-only="emergency"] [data-chip]'), whole(alarms.length));
  const shown = table.rows.size;
  put(one("[data-shown]"), shown === total ? `${whole(total)} aircraft` : `${whole(shown)} of ${whole(total)} aircraft`);
  tellAlarms(alarms);
  tellEmpty(shown);
}

/** Which receivers are silent, and since when. */
function tellSilent(silent) {
  const place = one("[data-silent]");
  place.hidden = silent.length === 0;
  const told = silent.slice(0, 3).map(({ name, since, last_seen: last }) => `${name} ${last ? "has been silent" : "has sent nothing"} since ${moment(since)}.`);
  if (silent.length > 3) told.push(`${whole(silent.length - 3)} more are silent.`);
  put(one("[data-silent-says]"), told.join(" "));
}

const NO_DISTANCE = {
  unknown: "Distances are missing: nobody has said where the receiver stands.",
  hidden: "Distances are not shown here: the operator hides where the receiver stands.",
};

/** Why distances are missing, if they are; the table is then sorted by callsign. */
function tellPlace(known) {
  const why = NO_DISTANCE[known] ?? "";
  one("[data-place]").hidden = why === "";
  one("[data-place-set]").hidden = known !== "unknown";
  put(one("[data-place-says]"), why);
  table.begin(why === "" ? "distance" : "flight");
}

function tellAlarms(alarms) {
  const key = alarms.map(({ hex, emergency, squawk }) => `${hex}${emergency}${squawk}`).sort().join();
  if (key === alarmed) return;
  alarmed = key;
  const place = one("[data-alarm]");
  place.hidden = alarms.length === 0;
  place.replaceChildren(
    ...alarms.slice(0, 3).map((fields) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = fields.flight ?? fields.hex;
      button.addEventListener("click", () => pick(fields.hex));
      const line = document.createElement("p");
      line.append(badge("alarm", trouble(fields.emergency)), " ", button, fields.squawk ? ` squawks ${fields.squawk}` : "");
      return line;
    }),
    ...(alarms.length > 3 ? [`and ${alarms.length - 3} more`] : []),
  );
}

/** The message for a refused connection. */
const REFUSED = {
  token_missing: "This sky is private",
  token_invalid: "Your sign-in is not known here",
  token_expired: "Your sign-in has ended",
  token_revoked: "Your sign-in was ended",
};
const refused = () => REFUSED[now.code] ?? "You were not let in";

/** The message in an empty table: the reason and what to do next. */
const EMPTY = [
  {
    when: () => now.state === "refused" && SIGN_IN_CODES.has(now.code),
    title: () => refused(),
    says: () => "Sign in to see it, with a user name and password that the operator gave you.",
    act: ["Sign in", () => askSignIn(refused())],
  },
  { when: () => now.state === "refused", title: () => "Not connected", says: () => `${now.message}. The page tries again by itself.` },
  { when: () => now.state === "lost", title: () => "The server does not answer", says: () => "Check that it runs and that you are on its network. The page tries again by itself." },
  {
    when: () => now.denied,
    title: () => "You may not see aircraft here",
    says: () => "The operator shows them to others. Sign in as somebody who may, or ask for the permission aircraft.view.",
    act: ["Sign in", () => askSignIn("")],
  },
  { when: () => sky.epoch === null, title: () => "Connecting", says: () => "The sky appears as soon as the server answers." },
  {
    when: () => sky.records.size > 0,
    title: () => "Nothing matches the filter",
    says: () => `${whole(sky.records.size)} aircraft are in the sky, none of them matches.`,
    act: ["Clear the filter", clearFilter],
  },
  {
    when: () => now.stats !== null && now.stats.feeds_up === 0,
    title: () => "No receiver is up",
    says: () => `0 of ${now.stats.feeds_total} receivers send data. Check that they run, and test them on the Receivers page of the panel.`,
  },
  { when: () => true, title: () => "Nothing in the air", says: () => "The receiver is connected and hears no aircraft. At night that may be so; if it stays, look at the antenna and its cable." },
];

let emptyShown = null;

function tellEmpty(shown) {
  const place = one("[data-empty]");
  place.hidden = shown > 0;
  one("[data-table]").hidden = shown === 0;
  const row = shown > 0 ? null : EMPTY.find(({ when }) => when());
  if (row) {
    put(one("h2", place), row.title());
    put(one("p", place), row.says());
  }
  if (row === emptyShown) return;
  emptyShown = row;
  const button = one("button", place);
  button.hidden = !row?.act;
  if (row?.act) {
    button.textContent = row.act[0];
    button.onclick = row.act[1];
  }
}

// -- the signed-in user

const signIn = one("[data-sign-in]");
const form = one("form", signIn);
const failure = one("[data-error]", signIn);
let demanded = false;

function askSignIn(why, demand = false) {
  demanded = demand;
  put(one("[data-why]", signIn), why ? `${why}.` : "With a user name and password that the operator gave you.");
  failure.hidden = true;
  if (!signIn.open) signIn.showModal();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = one('[type="submit"]', form);
  button.disabled = true;
  failure.hidden = true;
  try {
    await session.signIn(form.username.value, form.password.value);
    form.reset();
    signIn.close();
    link.reopen();
  } catch (error) {
    failure.textContent = error.message;
    failure.hidden = false;
    form.password.select();
  } finally {
    button.disabled = false;
  }
});

one("[data-close]", signIn).addEventListener("click", () => signIn.close());

one("[data-sign]").addEventListener("click", async () => {
  if (!session.user) {
    askSignIn("");
    return;
  }
  await session.signOut();
  forget();
  link.reopen();
});

session.addEventListener("renewed", () => link.renewed());
session.addEventListener("change", tellWho);

function tellWho() {
  const who = one("[data-who]");
  who.hidden = !session.user;
  put(who, session.user?.name ?? "");
  const button = one("[data-sign]");
  button.hidden = false;
  put(button, session.user ? "Sign out" : "Sign in");
}

one("[data-sky]").hidden = false;
tellWho();
tellShown();
link.open();
