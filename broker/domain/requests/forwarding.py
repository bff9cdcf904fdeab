"""What becomes of open requests when a camera changes its owner: who owns it decides on it.

A line that nobody has decided follows its camera to the new owner's part of the same request. What was decided stays:
a grant goes on until an owner ends it. Where the new owner's decision would not rest on the right center's approval,
the request goes back to its requester.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from broker.domain.deciding.decisions import Passage
from broker.domain.ids import CameraId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import AccessRequest, Change, Line, RequestItem, reopen
from broker.domain.requests.request_states import ItemCommand, ItemState, RequestCommand, RequestState
from broker.domain.requests.steps import item_step, settled, step, void_all


def forward(request: AccessRequest, camera: CameraId, part: RequestItem, at: datetime) -> Change:
    """Move the open lines of a camera to the new owner's part of the request.

    `part` says whose it is, on which route and by when; it is opened unless the new owner has an open part already.
    That one takes over the route, which was chosen for all it holds now, and a first of two authorizations begins anew:
    who gave it has not seen the new lines.
    """
    moved: list[Line] = []
    items: list[RequestItem] = []
    entries: list[Entry] = []
    for item in request.items:
        going = _going(request, item, camera, part, at)
        if going:
            after, entry = _left_by(request, item, going, part)
            moved += (replace(line, endorsed=None) for line in going)
            entries.append(entry)
            items.append(after)
        else:
            items.append(item)
    if not moved:
        return Change(request)
    arrived, entry = _joined_by(request, tuple(moved), part, at)
    known = {item.id for item in items}
    placed = [arrived if item.id == arrived.id else item for item in items]
    placed += [arrived] if arrived.id not in known else []
    return settled(Change(replace(request, items=tuple(placed)), (*entries, entry)), at)


def _going(
    request: AccessRequest, item: RequestItem, camera: CameraId, part: RequestItem, at: datetime
) -> tuple[Line, ...]:
    """Return the lines that leave an item: none that the center struck, none of an item that is decided or late."""
    if item.standing(at) is not ItemState.PENDING or item.department_id == part.department_id:
        return ()
    return tuple(line for line in item.lines if line.camera_id == camera and _open(request, line))


def _open(request: AccessRequest, line: Line) -> bool:
    return line.approved is not None or request.state is RequestState.CENTER_REVIEW


def _left_by(
    request: AccessRequest, item: RequestItem, going: tuple[Line, ...], part: RequestItem
) -> tuple[RequestItem, Entry]:
    """Return an item without the lines that went; with nothing left to decide it is void."""
    lines = tuple(line for line in item.lines if line not in going)
    told: dict[str, object] = {"to": str(part.department_id), "lines": [str(line.id) for line in going]}
    if any(_open(request, line) for line in lines):
        after, entry = item_step(item, ItemCommand.FORWARD, "request_item:forwarded", told)
    else:
        after, entry = item_step(item, ItemCommand.VOID, "request_item:voided", {"reason": "forwarded", **told})
    return replace(after, lines=lines), entry


def _joined_by(
    request: AccessRequest, moved: tuple[Line, ...], part: RequestItem, at: datetime
) -> tuple[RequestItem, Entry]:
    """Return the new owner's part with the lines that came."""
    told: dict[str, object] = {
        "department": str(part.department_id), "route": part.route, "came": [str(line.id) for line in moved],
    }  # fmt: skip
    for item in request.items:
        if item.department_id == part.department_id and item.standing(at) is ItemState.PENDING:
            after, entry = item_step(item, ItemCommand.FORWARD, "request_item:forwarded", told)
            lines = (*(replace(line, endorsed=None) for line in item.lines), *moved)
            authorizations = max(item.authorizations, part.authorizations)
            return replace(
                after, lines=lines, route=part.route, authorizations=authorizations, endorser_id=None,
                deciders=frozenset(),
            ), entry  # fmt: skip
    opened = replace(part, revision=request.revision, lines=moved, version=1)
    return opened, Entry(opened.stream, "request_item:opened", {"revision": opened.revision, **told})


def redirect(request: AccessRequest, passage: Passage, at: datetime) -> AccessRequest:
    """Return a request in center review on its way to another center, which decides from the beginning."""
    changed = reopen(
        request, center_id=passage.center, escalated_to=None,
        center_approvals=max(request.center_approvals, passage.center_approvals),
        endorser_id=None, deciders=frozenset(), approved_terms=None, since=at, due=passage.due,
    )  # fmt: skip
    items = (replace(item, lines=tuple(replace(line, endorsed=None) for line in item.lines)) for item in request.items)
    return replace(changed, items=tuple(items))


def redirected(before: AccessRequest, after: AccessRequest) -> Entry:
    """Return what the trace says of a request that another center decides on now."""
    told = {"revision": after.revision, "state": after.state, "from": str(before.center_id), "to": str(after.center_id)}
    return Entry(after.stream, "access_request:forwarded", told)


def hand_back(
    request: AccessRequest, comment: str, remarks: Mapping[str, str], at: datetime, due: datetime | None
) -> Change:
    """Return the request for supplement by nobody's decision; all its items are void."""
    change = step(
        request, RequestCommand.RETURN, "access_request:returned",
        {"by": None, "comment": comment, "remarks": dict(remarks)},
        comment=comment, remarks=dict(remarks), since=at, due=due,
    )  # fmt: skip
    return void_all(change)
