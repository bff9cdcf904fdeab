"""The owning department's decision, camera by camera; under the two-person rule by two persons one after the other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import LineId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import (
    AccessRequest,
    Change,
    Line,
    RequestItem,
    check_known_lines,
    narrowed,
    require_in_time,
)
from broker.domain.requests.request_states import ItemCommand, RequestState
from broker.domain.requests.steps import Decider, Spans, item_step, settled, spans_of
from broker.domain.time import TimeSpan


def authorize(
    request: AccessRequest, item: RequestItem, by: Decider, spans: Spans | None, remarks: Mapping[LineId, str],
    at: datetime,
) -> Change:  # fmt: skip
    """Decide an item camera by camera: lines that `spans` leaves out are refused with their remark.

    Under the two-person rule the first authorizer endorses: the item stays pending, and what was left of each line is
    the most that the second may authorize.

    Raises:
        Conflict: the request is not in department review, the item is decided or late, or it is the same person again.
        Invalid: the decision widens what the center approved, names an unknown line or authorizes nothing.
    """
    _require_review(request)
    require_in_time(item, at)
    first = item.authorizations > 1 and item.endorser_id is None
    if item.deciders & by.persons:
        raise Conflict("second-person-needed")
    limits = {line.id: line.endorsed if item.endorser_id else line.approved for line in item.lines}
    kept = dict(spans) if spans is not None else limits
    check_known_lines(item.lines, (*kept, *remarks), "/lines")
    left = {line.id: narrowed(line, kept, limits[line.id], "/lines") for line in item.lines}
    if not any(left.values()):
        raise Invalid("nothing-authorized", pointer="/lines")
    lines = tuple(_decided(line, left[line.id], remarks, first=first) for line in item.lines)
    data = {**by.told, "lines": spans_of(left), "remarks": {str(line): remark for line, remark in remarks.items()}}
    command = ItemCommand.ENDORSE if first else ItemCommand.AUTHORIZE
    kind = "request_item:endorsed" if first else "request_item:authorized"
    after, entry = item_step(item, command, kind, data)
    after = replace(after, lines=lines, deciders=item.deciders | by.persons)
    if first:
        return with_item(request, replace(after, endorser_id=by.person), entry, at)
    return with_item(request, replace(after, authorizer_id=by.person, decided_at=at), entry, at)


def _decided(line: Line, left: TimeSpan | None, remarks: Mapping[LineId, str], *, first: bool) -> Line:
    noted = replace(line, remark=remarks.get(line.id, line.remark))
    return replace(noted, endorsed=left) if first else replace(noted, authorized=left)


def refuse(request: AccessRequest, item: RequestItem, by: Decider, reason: str, at: datetime) -> Change:
    """Refuse the whole item."""
    _require_review(request)
    require_in_time(item, at)
    after, entry = item_step(item, ItemCommand.REFUSE, "request_item:refused", {**by.told, "reason": reason})
    deciders = item.deciders | by.persons
    after = replace(after, authorizer_id=by.person, deciders=deciders, reason=reason, decided_at=at)
    return with_item(request, after, entry, at)


def _require_review(request: AccessRequest) -> None:
    if request.state is not RequestState.DEPARTMENT_REVIEW:
        raise Conflict(
            "transition-refused", subject="request_item", state=request.state, command="decide", allowed=""
        )  # fmt: skip


def with_item(request: AccessRequest, item: RequestItem, entry: Entry, at: datetime) -> Change:
    """Put the decided item in its place and settle the request when it was the last."""
    items = tuple(item if each.id == item.id else each for each in request.items)
    return settled(Change(replace(request, items=items), (entry,)), at)
