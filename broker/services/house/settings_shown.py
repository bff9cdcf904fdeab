"""The settings as they were read when the program started: what each is, and where that came from."""

from collections.abc import Sequence

from broker.domain.house.configuration import Setting
from broker.domain.people.accounts import Caller
from policies import facts
from policies.authorizer import Authorizer
from storage.db.unit_of_work import Work


class SettingsShown:
    """Settings to be looked at; they are changed outside, and take effect with the next start."""

    def __init__(self, work: Work, policy: Authorizer, settings: Sequence[Setting]) -> None:
        self._work = work
        self._policy = policy
        self._settings = settings

    def all(self, caller: Caller) -> Sequence[Setting]:
        """Return every setting in the order of the reference; what is secret tells only whether it is set."""
        with self._work() as work:
            roots = work.departments.roots()
            reaching = [caller.roles_at(root.path, work.now) for root in roots] or [caller.roles(work.now)]
            roles = frozenset.intersection(*reaching)
            self._policy.require(caller, "setting:read", roles, facts.of_person(caller))
            return self._settings
