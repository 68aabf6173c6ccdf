"""Claims about several processes on one database: one list of who is connected, and evictions everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyspy.presence.memory import MemoryPresence
from skyspy.presence.presence import PUBLISH_S, RENEW_S, Presence, count_clients
from skyspy.services import sessions
from skyspy.store import presence
from tests.support.peers import turn
from tests.support.two_processes import Twice, admin, gone
from tests.support.world import OPERATOR, socket_world


def written(twice: Twice, rounds: int = 1) -> int:
    """The number of writes in so many rounds of both processes."""
    writes: list[None] = []
    for world in twice.worlds:
        world.store.after_write = lambda: writes.append(None)
    for _ in range(rounds):
        twice.look()
    for world in twice.worlds:
        world.store.after_write = None
    return len(writes)


def test_nothing_is_written_without_a_session(twice: Twice) -> None:
    assert written(twice, 200) == 0


def test_without_changes_a_process_writes_only_its_heartbeat(twice: Twice) -> None:
    twice.there.peer().join()
    twice.settle()
    assert written(twice, int(RENEW_S / 0.5) - 10) == 0, "what its clients receive is not written, whoever is connected"
    assert written(twice, 20) == 1
    assert len(twice.listed()) == 1


def test_a_crowd_that_comes_and_goes_costs_at_most_one_write_in_two_seconds(twice: Twice) -> None:
    costs = 0
    for _ in range(20):
        twice.there.peer().join().leave()
        twice.there.peer().join()
        costs += written(twice)
    assert 0 < costs <= 20 * 0.5 / PUBLISH_S + 1


def test_traffic_is_written_only_while_the_list_is_viewed(twice: Twice) -> None:
    peer = twice.there.peer().join()
    twice.settle()
    peer.engine.queue.sent = 7
    twice.settle()
    assert [row.messages for row in twice.here.skyspy.presence.all_sessions()] == [0]
    twice.here.skyspy.presence.all_sessions(traffic=True)
    twice.settle()
    assert [row.messages for row in twice.here.skyspy.presence.all_sessions()] == [7]
    peer.engine.queue.sent = 9
    for _ in range(int(presence.WANTED_S / 0.5)):
        twice.look()
    peer.engine.queue.sent = 11
    twice.settle()
    assert [row.messages for row in twice.listed()] == [9], "and no more when nobody does"


def test_a_process_whose_rows_were_lost_writes_them_again(twice: Twice) -> None:
    for _ in range(3):
        twice.there.peer().join()
    twice.settle()
    twice.here.store.write(presence.publish, twice.there.skyspy.sessions.process, (), None, 0.0)
    assert twice.listed() == []
    for _ in range(int(RENEW_S / 0.5) + 5):
        twice.look()
    assert len(twice.listed()) == 3


def test_the_clients_of_every_process_are_in_one_list(twice: Twice) -> None:
    key = twice.there.key("anna", "admin")
    twice.here.peer().join()
    peer = twice.there.peer().join("/", {"token": key})
    peer.tell("subscribe", {"topics": ["aircraft"]})
    twice.settle()
    rows = {row.kind: row for row in twice.listed()}
    assert set(rows) == {"anonymous", "key"}
    assert rows["anonymous"].process != rows["key"].process
    assert (rows["key"].name, rows["key"].token_state, rows["key"].namespace) == ("anna", "valid", "/")
    assert "aircraft" in rows["key"].topics.split()


def test_a_client_in_several_namespaces_counts_once_over_every_process(twice: Twice) -> None:
    for world in twice.worlds:
        peer = world.peer().join("/")
        peer.join("/acars")
        peer.join("/cannonball")
    twice.here.peer().join("/")
    twice.settle()
    rows = twice.here.skyspy.presence.all_sessions()
    assert (len(rows), count_clients(rows)) == (7, 3)


def test_no_transports_id_leaves_its_process(twice: Twice) -> None:
    twice.there.peer().join()
    [session] = twice.there.skyspy.sessions
    twice.settle()
    [row] = twice.listed()
    assert row.transport
    assert session.eio_sid not in repr(row)


def test_a_session_that_ended_or_changed_is_so_in_the_list(twice: Twice) -> None:
    first, second = twice.there.peer().join(), twice.there.peer().join()
    twice.settle()
    first.leave()
    second.tell("subscribe", {"topics": ["stats"]})
    twice.settle()
    [row] = twice.listed()
    assert (row.sid, row.topics) == (second.sids["/"], "stats")


def test_rows_of_a_process_that_died_count_no_more(twice: Twice) -> None:
    twice.there.peer().join()
    twice.settle()
    twice.here.clock.pass_by(presence.GONE_S + 1)
    assert twice.listed() == []


def test_a_process_that_stops_takes_its_rows_away(twice: Twice) -> None:
    twice.there.peer().join()
    twice.settle()
    twice.there.skyspy.presence.stop()
    assert twice.listed() == []


def test_a_session_of_another_process_is_sent_away_with_the_reason(twice: Twice) -> None:
    peer, other = twice.there.peer().join(), twice.there.peer().join()
    twice.evict("session", peer.sids["/"])
    assert gone(peer)
    assert peer.got("error")[-1] == {"code": "disconnected", "message": "Disconnected by an operator"}
    assert not gone(other)


def test_all_of_a_user_and_all_of_a_key_are_sent_away_everywhere(twice: Twice) -> None:
    first, second = twice.there.made_key("anna", role="viewer"), twice.there.made_key("bob", role="viewer")
    annas = [world.peer().join("/", {"token": first.text}) for world in twice.worlds]
    bobs = [world.peer().join("/", {"token": second.text}) for world in twice.worlds]
    twice.evict("user", str(first.key.user.id))
    assert all(gone(peer) for peer in annas)
    assert not any(gone(peer) for peer in bobs)
    twice.evict("key", str(second.key.id))
    assert all(gone(peer) for peer in bobs)


def test_anonymous_clients_are_sent_away_and_may_come_back(twice: Twice) -> None:
    stranger = twice.there.peer().join()
    known = twice.there.peer().join("/", {"token": twice.there.key("anna", "viewer")})
    twice.evict("anonymous")
    assert gone(stranger)
    assert not gone(known)
    back = twice.there.peer().join()
    twice.look()
    assert not gone(back)


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_an_eviction_ignores_a_hosts_wrong_clock(twice: Twice, ahead: float) -> None:
    twice.there.clock.wall_now += ahead
    before = [world.peer().join() for world in twice.worlds]
    twice.evict("anonymous")
    assert all(gone(peer) for peer in before)
    after = [world.peer().join() for world in twice.worlds]
    twice.look()
    assert not any(gone(peer) for peer in after)
    twice.evict("anonymous")
    assert all(gone(peer) for peer in after)


def test_a_host_with_a_fast_clock_removes_no_eviction_that_others_have_not_read(twice: Twice) -> None:
    peer, other = twice.there.peer().join(), twice.there.peer().join()
    for world, hour in ((twice.here, 0.0), (twice.here, 3600.0)):
        world.clock.wall_now += hour
        sid = other.sids["/"] if hour else peer.sids["/"]
        world.store.write(presence.evict, "session", sid, 1, OPERATOR, twice.here.clock.wall())  # type: ignore[misc]
    twice.look()
    assert (gone(peer), gone(other)) == (True, True)


def test_a_client_that_reconnects_at_once_to_the_evicting_process_stays(twice: Twice) -> None:
    caller = admin(twice.here)
    twice.settle()
    peer = twice.here.peer().join()
    sessions.disconnect(twice.here.skyspy, caller, "anonymous")
    twice.here.watcher.poll()
    back = twice.here.peer().join()
    twice.look()
    assert (gone(peer), gone(back)) == (True, False)


def test_an_eviction_from_before_the_start_is_ignored(twice: Twice) -> None:
    twice.evict("anonymous")
    late = Presence(twice.there.store, MemoryPresence(twice.there.clock), twice.there.skyspy.sessions, twice.there.clock)
    peer = twice.there.peer().join()
    twice.there.clock.pass_by(-100)
    late.poll()
    twice.there.watcher.poll()
    assert not gone(peer)


def test_a_server_on_a_database_in_memory_lists_and_evicts_without_writing_its_sessions(tmp_path: Path) -> None:
    world = socket_world(tmp_path, SKYSPY_DATABASE_URL="sqlite:///:memory:")
    caller = admin(world)
    peer = world.peer().join()
    for _ in range(5):
        world.clock.pass_by(1)
        world.skyspy.presence.poll()
    assert world.store.read(presence.every, world.clock.wall()) == []
    assert [row.sid for row in world.skyspy.presence.all_sessions(traffic=True)] == [peer.sids["/"]]
    assert sessions.disconnect(world.skyspy, caller, "anonymous") == 1
    world.watcher.poll()
    turn()
    assert gone(peer)
    back = world.peer().join()
    world.skyspy.presence.poll()
    world.watcher.poll()
    turn()
    assert not gone(back)
    world.close()
