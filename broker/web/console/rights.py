"""Whether somebody may do what a page leads to, for pages that ask nothing else of a service."""

from broker.bootstrap import Broker
from broker.domain.errors import Forbidden
from broker.domain.people.accounts import Caller
from policies import facts


def may(broker: Broker, caller: Caller, act: str) -> bool:
    """Say whether the policy allows an act that needs no thing to act on."""
    return broker.policy.decide(caller.roles(broker.clock.now()), act, facts.of_person(caller)).allowed


def require(broker: Broker, caller: Caller, act: str) -> None:
    """Raise Forbidden where the policy does not allow it."""
    if not may(broker, caller, act):
        raise Forbidden("not-allowed", act=act)
