"""Takes a code that somebody shows: that of the authenticator, or a recovery code; each is good once."""

from dataclasses import dataclass

from broker.domain.notices.notices import Notice
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Person
from broker.domain.people.second_factor import Factor, Means, fitting_step, means_of, recovery_digest, typed
from broker.services.notices.notices import tell
from storage.db.unit_of_work import UnitOfWork
from storage.secrets import SecretBox


@dataclass(frozen=True)
class Shown:
    """A good code: what it was, and how many recovery codes are left when it was one of them."""

    means: Means
    left: int = 0

    def noted(self, work: UnitOfWork, person: Person) -> tuple[Entry, ...]:
        """Return what the trace keeps beside the act itself, and tell the person that a recovery code was used."""
        if self.means is Means.CODE:
            return ()
        notice = Notice("account.recovery_code_used", facts={"left": self.left}, recipients=frozenset({person.id}))
        tell(work, notice)
        stream = f"sign_in/{person.id}"
        return (Entry(stream, "session:recovery_code:used", {"left": self.left}),)


def take(work: UnitOfWork, secrets: SecretBox, factor: Factor, code: str) -> Shown | None:
    """Use a code up, or return None when it is wrong or was used before; `factor` was loaded under a lock.

    Raises:
        Unavailable: the secret cannot be unsealed; recovery codes need no key.
    """
    given = typed(code)
    means = means_of(given)
    if means is Means.CODE:
        step = fitting_step(secrets.open(factor.sealed, factor.place), given, work.now, factor.last_step)
        if step is None:
            return None
        work.second_factors.used_step(factor, step)
        return Shown(Means.CODE)
    if means is Means.RECOVERY and work.second_factors.use_code(factor, recovery_digest(given), work.now):
        return Shown(Means.RECOVERY, work.second_factors.codes_left(factor))
    return None
