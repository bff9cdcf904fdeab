"""Where a request and its items may stand, and the only steps between: what is not in these tables is refused.

    DRAFT --submit--> CENTER_REVIEW --approve--> DEPARTMENT_REVIEW --settle--> DECIDED --close--> CLOSED
      |                                              ^
      |--submit_own (a route without the center) ----'
      '--break_glass--> EMERGENCY --ratify--> DECIDED, --disavow--> REJECTED, --lapse--> LAPSED

A return makes RETURNED, a resubmission the next revision. LAPSED is what a passed deadline makes; the step itself is
written down by the clock's task, but a decision after the deadline is refused whether or not that task has run.
"""

from enum import StrEnum

from broker.domain.errors import Conflict


class RequestState(StrEnum):
    """Where a request stands."""

    DRAFT = "DRAFT"
    CENTER_REVIEW = "CENTER_REVIEW"
    DEPARTMENT_REVIEW = "DEPARTMENT_REVIEW"
    RETURNED = "RETURNED"
    EMERGENCY = "EMERGENCY"
    DECIDED = "DECIDED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


class RequestCommand(StrEnum):
    """What can be done to a request."""

    EDIT = "edit"
    SUBMIT = "submit"
    SUBMIT_OWN = "submit_own"
    RESUBMIT = "resubmit"
    RESUBMIT_OWN = "resubmit_own"
    ENDORSE = "endorse"
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    SETTLE = "settle"
    LAPSE = "lapse"
    BREAK_GLASS = "break_glass"
    RATIFY = "ratify"
    DISAVOW = "disavow"
    CLOSE = "close"


class ItemState(StrEnum):
    """Where the part of one owning department stands."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    LAPSED = "LAPSED"
    PROVISIONAL = "PROVISIONAL"
    RATIFIED = "RATIFIED"
    VOID = "VOID"


class ItemCommand(StrEnum):
    """What can be done to an item."""

    ENDORSE = "endorse"
    AUTHORIZE = "authorize"
    REFUSE = "refuse"
    RETURN = "return"
    LAPSE = "lapse"
    RATIFY = "ratify"
    VETO = "veto"
    FORWARD = "forward"
    VOID = "void"


_R, _C = RequestState, RequestCommand
REQUEST_TRANSITIONS: dict[tuple[RequestState, RequestCommand], RequestState] = {
    (_R.DRAFT, _C.EDIT): _R.DRAFT,
    (_R.DRAFT, _C.SUBMIT): _R.CENTER_REVIEW,
    (_R.DRAFT, _C.SUBMIT_OWN): _R.DEPARTMENT_REVIEW,
    (_R.DRAFT, _C.BREAK_GLASS): _R.EMERGENCY,
    (_R.DRAFT, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.DRAFT, _C.LAPSE): _R.LAPSED,
    (_R.CENTER_REVIEW, _C.ENDORSE): _R.CENTER_REVIEW,
    (_R.CENTER_REVIEW, _C.APPROVE): _R.DEPARTMENT_REVIEW,
    (_R.CENTER_REVIEW, _C.RETURN): _R.RETURNED,
    (_R.CENTER_REVIEW, _C.REJECT): _R.REJECTED,
    (_R.CENTER_REVIEW, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.CENTER_REVIEW, _C.LAPSE): _R.LAPSED,
    (_R.DEPARTMENT_REVIEW, _C.RETURN): _R.RETURNED,
    (_R.DEPARTMENT_REVIEW, _C.SETTLE): _R.DECIDED,
    (_R.DEPARTMENT_REVIEW, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.RETURNED, _C.EDIT): _R.RETURNED,
    (_R.RETURNED, _C.RESUBMIT): _R.CENTER_REVIEW,
    (_R.RETURNED, _C.RESUBMIT_OWN): _R.DEPARTMENT_REVIEW,
    (_R.RETURNED, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.RETURNED, _C.LAPSE): _R.LAPSED,
    (_R.EMERGENCY, _C.RATIFY): _R.DECIDED,
    (_R.EMERGENCY, _C.DISAVOW): _R.REJECTED,
    (_R.EMERGENCY, _C.LAPSE): _R.LAPSED,
    (_R.DECIDED, _C.WITHDRAW): _R.WITHDRAWN,
    (_R.DECIDED, _C.CLOSE): _R.CLOSED,
}

_I, _D = ItemState, ItemCommand
ITEM_TRANSITIONS: dict[tuple[ItemState, ItemCommand], ItemState] = {
    (_I.PENDING, _D.ENDORSE): _I.PENDING,
    (_I.PENDING, _D.AUTHORIZE): _I.AUTHORIZED,
    (_I.PENDING, _D.REFUSE): _I.REFUSED,
    (_I.PENDING, _D.RETURN): _I.RETURNED,
    (_I.PENDING, _D.LAPSE): _I.LAPSED,
    (_I.PENDING, _D.FORWARD): _I.PENDING,
    (_I.PENDING, _D.VOID): _I.VOID,
    (_I.PROVISIONAL, _D.RATIFY): _I.RATIFIED,
    (_I.PROVISIONAL, _D.VETO): _I.REFUSED,
    (_I.PROVISIONAL, _D.VOID): _I.VOID,
    (_I.RATIFIED, _D.VETO): _I.REFUSED,
    (_I.RATIFIED, _D.VOID): _I.VOID,
    (_I.AUTHORIZED, _D.VOID): _I.VOID,
    (_I.REFUSED, _D.VOID): _I.VOID,
    (_I.RETURNED, _D.VOID): _I.VOID,
    (_I.LAPSED, _D.VOID): _I.VOID,
}

DEAD = frozenset({_R.RETURNED, _R.REJECTED, _R.WITHDRAWN, _R.LAPSED, _R.CLOSED})
"""The states of a request under which no grant is live."""

WRITABLE = frozenset(state for state, command in REQUEST_TRANSITIONS if command is _C.EDIT)
"""The states in which the requester writes."""

GRANTING = frozenset({_I.AUTHORIZED, _I.PROVISIONAL, _I.RATIFIED})
"""The states of an item under which its grant may live."""

OPEN_ITEMS = frozenset({_I.PENDING, _I.PROVISIONAL})
"""What still waits for somebody's word."""


def next_request_state(state: RequestState, command: RequestCommand) -> RequestState:
    """Walk the request table.

    Raises:
        Conflict: the table has no such step; the error names what is allowed.
    """
    after = REQUEST_TRANSITIONS.get((state, command))
    if after is None:
        allowed = ", ".join(c for (s, c) in REQUEST_TRANSITIONS if s is state)
        raise Conflict("transition-refused", subject="access_request", state=state, command=command, allowed=allowed)
    return after


def next_item_state(state: ItemState, command: ItemCommand) -> ItemState:
    """Walk the item table.

    Raises:
        Conflict: the table has no such step; the error names what is allowed.
    """
    after = ITEM_TRANSITIONS.get((state, command))
    if after is None:
        allowed = ", ".join(c for (s, c) in ITEM_TRANSITIONS if s is state)
        raise Conflict("transition-refused", subject="request_item", state=state, command=command, allowed=allowed)
    return after
