"""The desks of the console, and which of them somebody has: the policy says so."""

from collections.abc import Mapping
from dataclasses import dataclass

from broker.bootstrap import Broker
from broker.domain.errors import BrokerError
from broker.domain.people.accounts import Caller
from broker.web.console.administering.areas import ADMINISTRATION, KEEPING, PATHS
from broker.web.console.operating.areas import BELOW, OPERATING
from policies import facts
from policies.vocabulary import Fact


@dataclass(frozen=True)
class Desk:
    """An entry of the bar: its text stands under `desk.<name>`, and `act` is what one must be allowed to come in.

    `or_acts`: any of these lets one come in as well. `paths`: where its pages are that do not lie below its own.

    `counts`: what the number beside it counts, by the name of the event that tells of it. `given`: facts about things
    that are taken for granted, where the act needs some and the desk is for all who may ever do it.
    """

    name: str
    path: str
    act: str
    key: str
    counts: str = ""
    or_acts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    given: Fact = Fact.NONE

    def holds(self, path: str) -> bool:
        """Say whether a page is one of this desk."""
        return any(path == each or path.startswith(f"{each}/") for each in (self.path, *self.paths))


EMERGENCY = ("access_request:open_emergency", "access_request:ratify", "request_item:veto")
IN_AN_EMERGENCY = Fact.OWN_DEPARTMENT | Fact.MFA_FRESH | Fact.MFA_MET | Fact.NOT_PARTY | Fact.NOT_APPROVER

DESKS = (
    Desk("inbox", "/inbox", "inbox:list", "i", counts="inbox"),
    Desk("notices", "/notices", "notice:list", "n", counts="notice"),
    Desk("requests", "/requests", "access_request:list", "q"),
    Desk("map", "/map", "camera:list", "m"),
    Desk("grants", "/grants", "grant:list", "g", paths=("/retrievals", "/compare", "/packages")),
    Desk("ledger", "/ledger", "grant:suspend", "l", given=Fact.NOT_PARTY),
    Desk("emergencies", "/emergencies", EMERGENCY[0], "e", or_acts=EMERGENCY[1:], given=IN_AN_EMERGENCY),
    Desk("trace", "/trace", "audit:read", "t"),
    Desk("register", "/register", "register:list", "h"),
    Desk("dashboard", "/dashboard", "measures:read", "b"),
    Desk("administration", ADMINISTRATION, KEEPING[0], "o", or_acts=KEEPING[1:], paths=PATHS),
    Desk("operating", OPERATING, "health:read", "s", paths=BELOW),
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
        Entry(desk, desk.holds(path))
        for desk in DESKS
        if any(broker.policy.decide(roles, act, known | desk.given).allowed for act in (desk.act, *desk.or_acts))
    )


def counts_for(broker: Broker, caller: Caller) -> Mapping[str, int]:
    """Return the numbers of the bar; none where they cannot be had, since a page that tells of that has a bar too."""
    try:
        return broker.live.counts(caller)
    except BrokerError:
        return {}
