"""How every process comes to the policy in force: it looks when a unit of work begins, before anybody is asked.

The look takes one small query and holds the number of the policy until the transaction ends; docs/decisions/0016 says
what follows from that. No thread and no notice is needed, so there is nothing to lose and nothing that lags behind.
"""

from collections.abc import Callable

from policies.authorizer import Authorizer
from storage.db.deciding.policies import PolicyRepository


def following(policy: Authorizer) -> Callable[[PolicyRepository], None]:
    """Return what a unit of work does first."""

    def follow(policies: PolicyRepository) -> None:
        epoch = policies.in_force()
        if epoch > policy.epoch:
            policy.renew(epoch, policies.text_at(epoch))

    return follow
