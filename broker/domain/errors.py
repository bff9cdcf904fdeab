"""The errors that may reach a person: a kind for the doors, a slug for the text, facts for the placeholders.

    BrokerError
    ├── Invalid      the input is wrong; `pointer` says where                       (HTTP 422, exit 2)
    ├── Unknown      there is no such thing, or the caller may not know of it       (HTTP 404, exit 3)
    ├── Unauthenticated  nobody is signed in, or the sign-in is no longer good      (HTTP 401, exit 4)
    ├── Forbidden    the policy says no; `missing` names the facts that were absent (HTTP 403, exit 4)
    ├── Conflict     the thing is not in the state this needs, or somebody was first (HTTP 409, exit 5)
    ├── TooLarge     more than the configured limit                                 (HTTP 413, exit 2)
    ├── Throttled    too many tries; `retry_after` seconds                          (HTTP 429, exit 6)
    ├── SourceFault  a source of footage failed; transient or final                 (HTTP 502, exit 7)
    └── Unavailable  the broker cannot do it now: database, storage, configuration  (HTTP 503, exit 8)

The sentences stand in `broker/locale`, one per slug and language; a test holds the two together.
"""

from typing import ClassVar


class BrokerError(Exception):
    """An error with a slug and facts; str() gives a form for logs, the doors give the sentence.

    `faults` are the single things that are wrong where a whole document was read before it was refused.
    """

    kind: ClassVar[str] = "error"

    def __init__(self, slug: str, *, pointer: str = "", missing: tuple[str, ...] = (), **facts: object) -> None:
        super().__init__(slug)
        self.slug = slug
        self.pointer = pointer
        self.missing = missing
        self.faults: tuple[BrokerError, ...] = ()
        self.facts = facts

    def __str__(self) -> str:
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items())
        where = f" at {self.pointer}" if self.pointer else ""
        lacking = f" missing {'+'.join(self.missing)}" if self.missing else ""
        parts = "".join(f"; {fault}" for fault in self.faults[:5])
        return f"{self.slug}{where}{lacking} {facts}".rstrip() + parts


class Invalid(BrokerError):
    """The input is wrong; `pointer` is the JSON pointer (RFC 6901) of the field."""

    kind = "invalid"


class Unknown(BrokerError):
    """There is no such thing, or the caller may not know that there is."""

    kind = "unknown"


class Unauthenticated(BrokerError):
    """Nobody is signed in, or the sign-in no longer holds."""

    kind = "unauthenticated"


class Forbidden(BrokerError):
    """The policy refuses; `missing` names the facts that would have been needed."""

    kind = "forbidden"


class Conflict(BrokerError):
    """The thing is in another state than this needs, or somebody else was first."""

    kind = "conflict"


class TooLarge(BrokerError):
    """More than a configured limit allows."""

    kind = "too-large"


class Throttled(BrokerError):
    """Too many tries in too short a time."""

    kind = "throttled"


class SourceFault(BrokerError):
    """A source of footage did not give what was asked."""

    kind = "source-fault"


class Unavailable(BrokerError):
    """The broker itself cannot work now: database, storage or configuration."""

    kind = "unavailable"
