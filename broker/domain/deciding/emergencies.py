"""Emergency access: footage first, approval after, and the price when nobody stands up for it.

An investigator opens cameras of the last hours at once; the grants are provisional and end within hours. The center
ratifies within a day, or everything is revoked; an owning department may veto its part at any moment.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from broker.domain.deciding.rulebook import Emergency
from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import DepartmentId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import AccessRequest, Change, RequestItem, require_in_time
from broker.domain.requests.request_states import ItemCommand, ItemState, RequestCommand
from broker.domain.requests.steps import Decider, asked_of, item_step, step, void_all
from broker.domain.time import TimeSpan


def check_reach(request: AccessRequest, limits: Emergency, at: datetime) -> None:
    """Refuse an emergency that reaches further than the rules let it.

    Raises:
        Invalid: too many cameras, footage too old or in the future, or a permit that lasts too long.
    """
    if not request.asked:
        raise Invalid("no-camera", pointer="/lines")
    cameras = {line.camera_id for line in request.asked}
    if len(cameras) > limits.cameras:
        raise Invalid("emergency-cameras", pointer="/lines", given=len(cameras), most=limits.cameras)
    reach = TimeSpan(at - limits.look_back, at)
    for place, line in enumerate(request.asked):
        if not reach.holds(line.span):
            hours = int(limits.look_back / timedelta(hours=1))
            raise Invalid("emergency-window", pointer=f"/lines/{place}", hours=hours)
    if request.terms.validity > limits.longest:
        minutes = int(limits.longest / timedelta(minutes=1))
        raise Invalid("emergency-too-long", pointer="/minutes", longest=minutes)


def break_glass(
    request: AccessRequest, center: DepartmentId, items: tuple[RequestItem, ...], limits: Emergency, at: datetime
) -> Change:
    """Open an emergency: the items are provisional, the grants follow in the same transaction.

    The one person asks and looks; that is the exception, and why somebody else has to stand up for it within a day.
    """
    check_reach(request, limits, at)
    opened = tuple(
        replace(
            item, state=ItemState.PROVISIONAL, version=1, due=at + limits.ratify_within,
            lines=tuple(replace(line, approved=line.asked, authorized=line.asked) for line in item.lines),
        )
        for item in items
    )  # fmt: skip
    told = {"number": request.number, "center": str(center), **asked_of(request)}
    change = step(
        request, RequestCommand.BREAK_GLASS, "emergency:opened", told, emergency=True, items=opened, center_id=center,
        since=at, due=at + limits.ratify_within,
    )  # fmt: skip
    entries = (
        Entry(item.stream, "request_item:opened", {"revision": item.revision, "department": str(item.department_id)})
        for item in opened
    )
    return Change(change.after, (*change.entries, *entries))


def ratify(request: AccessRequest, by: Decider, comment: str, at: datetime) -> Change:
    """Stand up for an emergency afterwards; what was vetoed stays refused.

    Raises:
        Conflict: it is no open emergency, its time has passed, or the same person vetoed a part of it.
    """
    require_in_time(request, at)
    _require_other(request, by)
    change = step(
        request, RequestCommand.RATIFY, "emergency:ratified", {**by.told, "comment": comment},
        approver_id=by.person, deciders=by.persons, approved_terms=request.terms, comment=comment, since=at, due=None,
    )  # fmt: skip
    items, entries = [], list(change.entries)
    for item in change.after.items:
        if item.state is ItemState.PROVISIONAL:
            after, entry = item_step(item, ItemCommand.RATIFY, "request_item:ratified", {})
            entries.append(entry)
            items.append(replace(after, due=None))
        else:
            items.append(item)
    return Change(replace(change.after, items=tuple(items)), tuple(entries))


def disavow(request: AccessRequest, by: Decider, reason: str, at: datetime) -> Change:
    """Refuse an emergency afterwards: everything ends, the copies go under hold, the right is suspended."""
    require_in_time(request, at)
    _require_other(request, by)
    change = step(
        request, RequestCommand.DISAVOW, "emergency:disavowed", {**by.told, "reason": reason},
        approver_id=by.person, deciders=by.persons, comment=reason, since=at, due=None,
    )  # fmt: skip
    return void_all(change)


def _require_other(request: AccessRequest, by: Decider) -> None:
    """Refuse whoever has spoken for an owner already: the center's decider is another person."""
    if any(item.deciders & by.persons for item in request.items):
        raise Conflict("second-person-needed")


def veto(request: AccessRequest, item: RequestItem, by: Decider, reason: str, at: datetime) -> Change:
    """End the part of one owning department, before or after ratification."""
    after, entry = item_step(item, ItemCommand.VETO, "request_item:vetoed", {**by.told, "reason": reason})
    after = replace(
        after, authorizer_id=by.person, deciders=item.deciders | by.persons, reason=reason, decided_at=at, due=None
    )
    items = tuple(after if each.id == item.id else each for each in request.items)
    return Change(replace(request, items=items), (entry,))
