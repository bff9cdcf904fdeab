"""The desks of the console, and which of them somebody has: the policy says so."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.bootstrap import Broker
from broker.domain.accounts import Caller
from broker.domain.errors import BrokerError
from policies import facts


@dataclass(frozen=True)
class Desk:
    """An entry of the bar: its text stands under `desk.<name>`, and `act` is what one must be allowed to come in.

    `counts`: what the number beside it counts, by the name of the event that tells of it.
    """

    name: str
    path: str
    act: str
    key: str
    counts: str = ""


DESKS = (
    Desk("inbox", "/inbox", "inbox:list", "i", counts="inbox"),
    Desk("requests", "/requests", "access_request:list", "q"),
    Desk("map", "/map", "camera:list", "m"),
    Desk("grants", "/grants", "grant:list", "g"),
    Desk("trace", "/trace", "audit:read", "t"),
    Desk("dashboard", "/dashboard", "measures:read", "b"),
)
"""In the order of the bar. Whoever builds a desk adds its line here."""


@dataclass(frozen=True)
class Entry:
    """A desk as it stands in the bar of one page."""

    desk: Desk
    current: bool


def desks_for(broker: Broker, caller: Caller, path: str) -> tuple[Entry, ...]:
    """Return the desks of a caller; a page below a desk marks it."""
    if caller.must_change_password or caller.must_step_up:
        return ()
    roles, known = caller.roles(broker.clock.now()), facts.of_person(caller)
    return tuple(
        Entry(desk, path == desk.path or path.startswith(f"{desk.path}/"))
        for desk in DESKS
        if broker.policy.decide(roles, desk.act, known).allowed
    )


def counts_for(broker: Broker, caller: Caller) -> Mapping[str, int]:
    """Return the numbers of the bar; none where they cannot be had, since a page that tells of that has a bar too."""
    try:
        return broker.live.counts(caller)
    except BrokerError:
        return {}
