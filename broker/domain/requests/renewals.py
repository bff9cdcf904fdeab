"""Renewals: a grant is never prolonged; a new request for the same is made, and both authorities decide anew."""

from datetime import datetime

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.grants import Grant, GrantState
from broker.domain.ids import RequestId
from broker.domain.requests.access_requests import AccessRequest, AskedLine
from broker.domain.requests.request_states import RequestState

OPEN = frozenset(
    {RequestState.DRAFT, RequestState.CENTER_REVIEW, RequestState.DEPARTMENT_REVIEW, RequestState.RETURNED},
)
"""The states in which a renewal may still come to a grant."""


def check_renewable(grant: Grant, ancestry: int, most: int, at: datetime) -> None:
    """Refuse to renew what has ended or rests, and what has been renewed often enough.

    `ancestry` counts the renewals behind the grant. A grant whose quota is used up may be renewed while its validity
    lasts: the new one begins at once.

    Raises:
        Conflict: the grant is suspended or over, it is an emergency's, or it would be one renewal too many.
    """
    state = grant.state_at(at)
    if state is not GrantState.SCHEDULED and not grant.hands_over(at):
        raise Conflict("renewal-of-ended", state=state)
    if grant.emergency:
        raise Conflict("renewal-of-emergency")
    if ancestry >= most:
        raise Conflict("renewals-used-up", most=most)


def renewal(
    grant: Grant, request: AccessRequest, key: RequestId, number: str, at: datetime, due: datetime
) -> AccessRequest:
    """Return the draft that asks for the same again: the purpose of the request, and of the rest what was granted."""
    return AccessRequest(
        id=key,
        number=number,
        requester_id=request.requester_id,
        department_id=request.department_id,
        purpose=request.purpose,
        terms=grant.terms,
        investigators=grant.persons,
        asked=tuple(AskedLine(line.camera_id, line.window) for line in grant.lines),
        urgent=request.urgent,
        place=request.place,
        renews=grant.id,
        since=at,
        due=due,
        created_at=at,
    )


def check_within(request: AccessRequest, grant: Grant) -> None:
    """Refuse a renewal that asks for more than the grant it renews: more is a request of its own.

    Raises:
        Invalid: `pointer` names the line, the persons or the terms that go beyond the grant.
    """
    for place, line in enumerate(request.asked):
        if not any(window.holds(line.span) for window in grant.windows_of(line.camera_id)):
            raise Invalid("renewal-widens", pointer=f"/lines/{place}", grant=grant.id)
    if not request.investigators <= grant.persons:
        raise Invalid("renewal-widens", pointer="/investigators", grant=grant.id)
    if not request.terms.within(grant.terms):
        raise Invalid("renewal-widens", pointer="/terms", grant=grant.id)
