"""Grants by the clock, what they cover, and the life of a retrieval."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage import retrievals
from broker.domain.footage.grants import (
    Action,
    Grant,
    GrantedLine,
    GrantState,
    Level,
    Quota,
    Terms,
    exhaust,
    issue,
    resume,
    revoke,
    suspend,
)
from broker.domain.footage.media import Capture, ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import EvidenceItem, Retrieval, RetrievalState
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId, RetrievalId
from broker.domain.oversight.audit import FIRST, Entry, Event, first_fault, leaf_hash, seal
from broker.domain.time import TimeSpan

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
WINDOW = TimeSpan(NOW - timedelta(hours=2), NOW - timedelta(hours=1))
LATER = TimeSpan(WINDOW.end, WINDOW.end + timedelta(hours=1))
CAMERA, OTHER = CameraId(UUID(int=1)), CameraId(UUID(int=2))


def grant(**changes: object) -> Grant:
    made = Grant(
        id=GrantId(UUID(int=3)),
        item_id=ItemId(UUID(int=4)),
        request_id=RequestId(UUID(int=5)),
        department_id=DepartmentId(UUID(int=6)),
        persons=frozenset({PersonId(UUID(int=7))}),
        lines=(
            GrantedLine(LineId(UUID(int=8)), CAMERA, WINDOW),
            GrantedLine(LineId(UUID(int=9)), CAMERA, LATER),
        ),
        terms=Terms(quota=Quota(2, 60, 100)),
        valid=TimeSpan(NOW, NOW + timedelta(days=1)),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (-1, GrantState.SCHEDULED),
        (0, GrantState.ACTIVE),
        (24 * 3600 - 1, GrantState.ACTIVE),
        (24 * 3600, GrantState.EXPIRED),
    ],
)
def test_the_clock_alone_starts_and_ends_a_grant(seconds: int, state: GrantState) -> None:
    assert grant().state_at(NOW + timedelta(seconds=seconds)) is state
    revoked = revoke(issue(grant()).after, "x", NOW).after
    assert revoked.state_at(NOW + timedelta(seconds=seconds)) is GrantState.REVOKED


def test_a_dead_grant_stays_dead() -> None:
    with pytest.raises(Conflict):
        revoke(grant(), "x", NOW + timedelta(days=2))
    with pytest.raises(Conflict):
        revoke(revoke(grant(), "x", NOW).after, "x", NOW)
    assert revoke(grant(), "x", NOW - timedelta(days=1)).after.state is GrantState.REVOKED


def test_a_grant_rests_until_the_level_that_stopped_it_lets_it_go_on() -> None:
    by_owner, by_center = (suspend(grant(), level, "核实", NOW).after for level in Level)
    assert (by_owner.state_at(NOW), by_owner.suspended_by) == (GrantState.SUSPENDED, Level.OWNER)
    with pytest.raises(Conflict, match="transition-refused"):
        suspend(by_owner, Level.CENTER, "x", NOW)
    with pytest.raises(Conflict, match="suspended-above"):
        resume(by_center, Level.OWNER, "x", NOW)
    for resting, level in ((by_owner, Level.OWNER), (by_owner, Level.CENTER), (by_center, Level.CENTER)):
        after = resume(resting, level, "已核实", NOW).after
        assert (after.state_at(NOW), after.suspended_by) == (GrantState.ACTIVE, None)
        assert after.valid == grant().valid
    with pytest.raises(Conflict, match="transition-refused"):
        resume(grant(), Level.CENTER, "x", NOW)
    early = suspend(grant(), Level.OWNER, "x", NOW - timedelta(hours=1)).after
    assert resume(early, Level.OWNER, "x", NOW - timedelta(hours=1)).after.state_at(NOW) is GrantState.ACTIVE


def test_a_suspended_grant_expires_and_is_revoked_like_any_other() -> None:
    resting = suspend(grant(), Level.CENTER, "核实", NOW).after
    late = NOW + timedelta(days=1)
    assert resting.state_at(late) is GrantState.EXPIRED
    with pytest.raises(Conflict):
        resume(resting, Level.CENTER, "x", late)
    ended = revoke(resting, "x", NOW).after
    assert (ended.state, ended.suspended_by) == (GrantState.REVOKED, None)


def test_a_grant_whose_quota_is_used_up_only_hands_over_what_was_fetched() -> None:
    used = exhaust(grant(used=Quota(2, 60, 0)), NOW).after
    late = NOW + timedelta(days=1)
    assert used.state_at(NOW) is GrantState.EXHAUSTED
    assert (used.hands_over(NOW), used.hands_over(late)) == (True, False)
    assert (used.revocable(NOW), used.revocable(late)) == (True, False)
    with pytest.raises(Conflict, match="transition-refused"):
        exhaust(used, NOW)
    with pytest.raises(Conflict, match="transition-refused"):
        suspend(used, Level.CENTER, "x", NOW)
    with pytest.raises(Conflict):
        exhaust(grant(), NOW - timedelta(hours=1))
    ended = revoke(used, "x", NOW).after
    assert (ended.hands_over(NOW), ended.revocable(NOW)) == (False, False)


@pytest.mark.parametrize(
    ("actions", "used", "expected"),
    [
        (frozenset(Action), Quota(2, 60, 0), True),
        (frozenset(Action), Quota(2, 59, 0), False),
        (frozenset(Action), Quota(1, 60, 0), False),
        (frozenset({Action.SNAPSHOT}), Quota(2, 0, 0), True),
        (frozenset({Action.CLIP}), Quota(2, 0, 0), False),
        (frozenset({Action.CLIP}), Quota(0, 60, 100), True),
    ],
)
def test_used_up_means_that_nothing_it_allows_can_be_ordered(
    actions: frozenset[Action], used: Quota, *, expected: bool
) -> None:
    terms = Terms(actions=actions, quota=Quota(2, 60, 100))
    assert grant(terms=terms, used=used).used_up is expected


def test_one_line_holds_the_whole_of_an_ask() -> None:
    """Two windows that touch are not one: each was decided by itself."""
    assert grant().covers(CAMERA, ClipAsk("", WINDOW))
    assert not grant().covers(CAMERA, ClipAsk("", TimeSpan(WINDOW.begin, LATER.end)))
    assert not grant().covers(OTHER, ClipAsk("", WINDOW))
    assert grant().covers(CAMERA, SnapshotAsk("", WINDOW.end))
    assert not grant().covers(CAMERA, SnapshotAsk("", LATER.end))


def test_a_quota_counts_what_an_order_takes() -> None:
    clip = retrievals.amount_of(ClipAsk("", TimeSpan(NOW, NOW + timedelta(seconds=59, milliseconds=1))))
    assert (clip.snapshots, clip.seconds) == (0, 60)
    assert grant().leaves(clip)
    assert not grant(used=Quota(0, 1, 0)).leaves(clip)
    assert grant(used=Quota(1, 0, 0)).leaves(retrievals.amount_of(SnapshotAsk("", NOW)))
    assert not grant(used=Quota(2, 0, 0)).leaves(retrievals.amount_of(SnapshotAsk("", NOW)))


def queued() -> Retrieval:
    made = Retrieval(RetrievalId(UUID(int=10)), grant().id, PersonId(UUID(int=7)), CAMERA, SnapshotAsk("", NOW))
    return retrievals.order(made, NOW).after


ITEMS = (EvidenceItem(1, "d", 1, Capture("image/jpeg", "jpeg", "h264", 1, 1, 1, NOW, NOW, (WINDOW,))),)


def test_only_the_current_attempt_hands_in_a_result() -> None:
    first = retrievals.start(queued()).after
    second = retrievals.start(first).after
    assert (first.attempt, second.attempt) == (1, 2)
    with pytest.raises(Conflict, match="attempt-superseded"):
        retrievals.accept(second, 1, ITEMS, (), 0.0, NOW)
    ready = retrievals.accept(second, 2, ITEMS, (), 0.5, NOW).after
    assert (ready.state, ready.items, ready.version) == (RetrievalState.READY, ITEMS, second.version + 1)
    assert (ready.ahead, ready.size, ready.item(1)) == (0.5, 1, ITEMS[0])
    with pytest.raises(Unknown, match="unknown-evidence-item"):
        ready.item(2)
    delivered = retrievals.deliver(ready, 1).after
    with pytest.raises(Conflict, match="transition-refused"):
        retrievals.start(delivered)
    with pytest.raises(Conflict, match="transition-refused"):
        retrievals.abort(delivered, "x")
    with pytest.raises(Conflict, match="transition-refused"):
        retrievals.fail(delivered, "x", {})


def chain(count: int) -> tuple[Event, ...]:
    events: list[Event] = []
    for seq in range(1, count + 1):
        previous = events[-1].leaf if events else FIRST
        entry = Entry("grant/1", "grant:issued", {"n": seq})
        events.append(seal(entry, seq=seq, at=NOW, actor="a", policy="p", previous=previous))
    return tuple(events)


def test_every_change_of_a_stream_is_found() -> None:
    whole = chain(4)
    assert first_fault(whole) is None
    assert first_fault(()) is None
    edited = replace(whole[1], body=whole[1].body.replace(b'"n":2', b'"n":9'))
    assert first_fault((whole[0], edited, *whole[2:])) == 2
    assert first_fault((whole[0], *whole[2:])) == 2
    assert first_fault((whole[0], whole[2], whole[1], whole[3])) == 2
    assert first_fault((replace(whole[0], leaf=whole[1].leaf), *whole[1:])) == 1
    forged = seal(
        Entry("grant/1", "grant:issued", {"n": 2}), seq=2, at=NOW, actor="b", policy="p", previous=whole[0].leaf
    )
    assert first_fault((whole[0], forged, *whole[2:])) == 3
    for beside in (
        {"actor": "b"},
        {"at": NOW + timedelta(seconds=1)},
        {"kind": "grant:revoked"},
        {"stream": "grant/2"},
    ):
        assert first_fault((whole[0], replace(whole[1], **beside), *whole[2:])) == 2, beside
    for body in (b"", b"[]", b"{", b"\xff"):
        spoilt = replace(whole[1], body=body, leaf=leaf_hash(body))
        assert first_fault((whole[0], spoilt, *whole[2:])) == 2, body
        assert spoilt.data == {}
    assert whole[3].data == {"n": 4}


def test_an_unknown_kind_is_never_written() -> None:
    with pytest.raises(ValueError, match="unknown audit kind"):
        Entry("grant/1", "grant:eaten")


def test_a_fault_that_may_pass_is_tried_again() -> None:
    running = retrievals.start(queued()).after
    change = retrievals.postpone(running, "source-timeout", {"seconds": 3}, NOW)
    assert (change.after.state, change.after.error, change.after.attempt) == (
        RetrievalState.QUEUED,
        "source-timeout",
        1,
    )
    assert change.entries[0].data == {"attempt": 1, "error": "source-timeout", "until": NOW.isoformat()}
    again = retrievals.start(change.after).after
    assert (again.state, again.error, again.error_facts, again.attempt) == (RetrievalState.FETCHING, "", None, 2)


def test_who_is_fetched_for_first() -> None:
    urgent, plain = replace(grant(), emergency=True), grant()
    ranks = [retrievals.priority_of(urgent, 99), *(retrievals.priority_of(plain, it) for it in (0, 1, 99, 10_000))]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(ranks)
