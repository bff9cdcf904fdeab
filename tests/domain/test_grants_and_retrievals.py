"""Grants by the clock, what they cover, and the life of a retrieval."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from broker.domain import retrievals
from broker.domain.audit import FIRST, Entry, Event, first_fault, seal
from broker.domain.errors import Conflict
from broker.domain.grants import Grant, GrantedLine, GrantState, Quota, Terms, issue, revoke
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, LineId, PersonId, RequestId, RetrievalId
from broker.domain.media import Capture, ClipAsk, SnapshotAsk
from broker.domain.retrievals import Retrieval, RetrievalState
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


CAPTURE = Capture("image/jpeg", "jpeg", "h264", 1, 1, 1, NOW, NOW, (WINDOW,))


def test_only_the_current_attempt_hands_in_a_result() -> None:
    first = retrievals.start(queued()).after
    second = retrievals.start(first).after
    assert (first.attempt, second.attempt) == (1, 2)
    with pytest.raises(Conflict, match="attempt-superseded"):
        retrievals.accept(second, 1, CAPTURE, "d", 1, NOW)
    ready = retrievals.accept(second, 2, CAPTURE, "d", 1, NOW).after
    assert (ready.state, ready.digest, ready.version) == (RetrievalState.READY, "d", second.version + 1)
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
    assert whole[3].data == {"n": 4}


def test_an_unknown_kind_is_never_written() -> None:
    with pytest.raises(ValueError, match="unknown audit kind"):
        Entry("grant/1", "grant:eaten")
