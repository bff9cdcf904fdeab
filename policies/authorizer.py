"""What the services ask: holds the policy in force, and swaps it for the next one by a single assignment."""

import logging
import threading
from collections.abc import Collection

from broker.domain.errors import Forbidden, Invalid
from broker.domain.people.accounts import Caller, Role
from broker.domain.permits import Permit
from policies.reading import Rule
from policies.snapshot import Decision, Snapshot, baseline, build, shut
from policies.vocabulary import Fact

BEFORE_A_PASSWORD = frozenset({"account:change_password", "session:close"})
"""What somebody may do who has not chosen a password yet, whatever the rows say."""

BEFORE_A_CODE = frozenset({"session:step_up", "session:close", "second_factor:read"})
"""What somebody may do who has a second factor and came in without it, by way of another house."""

logger = logging.getLogger(__name__)


class Authorizer:
    """The policy in force in this process; each question is answered by one snapshot from its first fact to its permit.

    `epoch` counts the changes of policy as the database has numbered them; 0 before the first.
    """

    def __init__(self, text: str | None = None) -> None:
        """Begin with the shipped rows, or `text`; raises Invalid when a row is wrong."""
        self._held = (0, baseline() if text is None else build(text))
        self._swapping = threading.Lock()

    @property
    def snapshot(self) -> Snapshot:
        """The policy in force now; who needs several answers of one policy keeps it."""
        return self._held[1]

    @property
    def epoch(self) -> int:
        return self._held[0]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.snapshot.rules

    @property
    def version(self) -> str:
        return self.snapshot.version

    def renew(self, epoch: int, text: str | None) -> None:
        """Take the policy of a later epoch, None being the shipped one; an earlier epoch changes nothing.

        A text that this program cannot read or may not follow shuts everything but the way to another policy: the one
        before is over, and guessing which of its rows still hold would be worse.
        """
        with self._swapping:
            if epoch <= self.epoch:
                return
            try:
                following = baseline() if text is None else build(text)
            except Invalid as error:
                logger.critical("the policy in force cannot be followed, nearly everything is refused: %s", error)
                following = shut()
            self._held = (epoch, following)
            logger.info("policy %s is in force", following.version)

    def decide(self, roles: Collection[Role], act: str, facts: Fact = Fact.NONE) -> Decision:
        """Answer whether `roles` with `facts` may do `act` ("object:act"); whatever goes wrong means no."""
        return self._held[1].decide(roles, act, facts)

    def require(self, caller: Caller, act: str, roles: Collection[Role], facts: Fact = Fact.NONE) -> Permit:
        """Return the permit for an act, or refuse.

        Raises:
            Forbidden: the token's scopes or the policy do not allow it; `missing` says what was lacking. Or the
                caller came with a password that was handed out, and has to choose one first; or has a second factor
                that was not shown in a session which another house opened.
        """
        if caller.must_step_up:
            if act not in BEFORE_A_CODE:
                raise Forbidden("step-up-needed")
        elif caller.must_change_password and act not in BEFORE_A_PASSWORD:
            raise Forbidden("password-change-needed")
        if not caller.may_use(act):
            raise Forbidden("token-scope", act=act)
        held = self.snapshot
        decision = held.decide(roles, act, facts)
        if not decision.allowed:
            raise Forbidden("not-allowed", missing=decision.missing, act=act)
        return Permit(actor=name_of(caller), act=act, policy=held.version)

    def note(self, caller: Caller, what: str) -> Permit:
        """Return the permit to write down that something was refused or has ended; nobody may be kept from that."""
        return Permit(actor=name_of(caller), act=what, policy=self.version)


def name_of(caller: Caller) -> str:
    """Return how the trace names a caller: the person's id, or the role and name of a caller without an account."""
    return str(caller.person_id) if caller.person_id else f"{caller.via}:{caller.name}"
