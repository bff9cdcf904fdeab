"""What every step of a request is made of: who decides, the walk of the two tables, and the words for the trace."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from broker.domain.ids import LineId, PersonId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import AccessRequest, Change, RequestItem, reopen
from broker.domain.requests.request_states import (
    OPEN_ITEMS,
    ItemCommand,
    ItemState,
    RequestCommand,
    RequestState,
    next_item_state,
    next_request_state,
)
from broker.domain.time import TimeSpan

Spans = Mapping[LineId, TimeSpan | None]


@dataclass(frozen=True)
class Decider:
    """Who decides: the person acting, and everybody who counts with that person (whom they stand in for)."""

    person: PersonId
    persons: frozenset[PersonId]

    @property
    def told(self) -> dict[str, object]:
        others = sorted(str(other) for other in self.persons - {self.person})
        return {"by": str(self.person)} | ({"standing_for": others} if others else {})


def step(
    request: AccessRequest, command: RequestCommand, kind: str, data: dict[str, object], **changes: object
) -> Change:
    """Take one step of the request's table and write it down."""
    after = reopen(request, state=next_request_state(request.state, command), **changes)
    entry = Entry(request.stream, kind, {"revision": after.revision, "state": after.state, **data})
    return Change(after, (entry,))


def item_step(item: RequestItem, command: ItemCommand, kind: str, data: dict[str, object]) -> tuple[RequestItem, Entry]:
    """Take one step of the item's table and write it down."""
    after = replace(item, state=next_item_state(item.state, command), version=item.version + 1)
    return after, Entry(item.stream, kind, {"revision": item.revision, **data})


def settled(change: Change, at: datetime) -> Change:
    """Bring the request to its end of review when none of its items waits any more."""
    request = change.after
    if request.state is not RequestState.DEPARTMENT_REVIEW or any(item.state in OPEN_ITEMS for item in request.items):
        return change
    told: dict[str, object] = {"items": len(request.items)}
    done = step(request, RequestCommand.SETTLE, "access_request:decided", told, since=at, due=None)
    return Change(done.after, (*change.entries, *done.entries))


def void_all(change: Change) -> Change:
    """Void whatever items the request has: nothing lives under a dead request."""
    pairs = [
        item_step(item, ItemCommand.VOID, "request_item:voided", {"reason": change.after.state})
        for item in change.after.items
        if item.state is not ItemState.VOID
    ]
    void = {item.id: item for item, _ in pairs}
    items = tuple(void.get(item.id, item) for item in change.after.items)
    return Change(replace(change.after, items=items), (*change.entries, *(entry for _, entry in pairs)))


def spans_of(spans: Spans) -> dict[str, list[str] | None]:
    """Return spans by line as plain JSON values, for the trace."""
    return {str(line): [span.begin.isoformat(), span.end.isoformat()] if span else None for line, span in spans.items()}


def asked_of(request: AccessRequest) -> dict[str, object]:
    """Return what is asked as plain JSON values, for the trace."""
    return {
        "basis": request.purpose.basis,
        "matter": request.purpose.matter,
        "case_number": request.purpose.case_number,
        "reason": request.purpose.reason,
        "investigators": sorted(str(person) for person in request.investigators),
        "actions": sorted(request.terms.actions),
        "valid_days": request.terms.validity.days,
        "originals": request.terms.originals,
        "place": None if request.place is None else asdict(request.place),
        "lines": [
            {"camera": str(line.camera_id), "begin": line.span.begin.isoformat(), "end": line.span.end.isoformat()}
            for line in request.asked
        ],
    }
