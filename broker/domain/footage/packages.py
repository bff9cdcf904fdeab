"""The evidence package (证据包): results of one person under one grant, put together, signed, handed over as one file.

As with a retrieval, a result is accepted only from the attempt that is current.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from broker.domain.errors import Conflict, Invalid
from broker.domain.footage.retrievals import WHOLE, Retrieval
from broker.domain.ids import GrantId, PackageId, PersonId, RetrievalId
from broker.domain.oversight.audit import Entry

MOST = 50
"""Retrievals in one package; each is a line of the access register whenever the package is handed over."""


class PackageState(StrEnum):
    """Where a package stands."""

    QUEUED = "QUEUED"
    BUILDING = "BUILDING"
    READY = "READY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    PURGED = "PURGED"


class PackageCommand(StrEnum):
    """What can happen to a package."""

    START = "start"
    ACCEPT = "accept"
    DELIVER = "deliver"
    FAIL = "fail"
    ABORT = "abort"
    PURGE = "purge"


_S, _C = PackageState, PackageCommand
TRANSITIONS: dict[tuple[PackageState, PackageCommand], PackageState] = {
    (_S.QUEUED, _C.START): _S.BUILDING,
    (_S.BUILDING, _C.START): _S.BUILDING,  # taken over from a worker that is gone: the next attempt
    (_S.BUILDING, _C.ACCEPT): _S.READY,
    (_S.READY, _C.DELIVER): _S.DELIVERED,
    (_S.BUILDING, _C.FAIL): _S.FAILED,
    (_S.QUEUED, _C.ABORT): _S.ABORTED,
    (_S.BUILDING, _C.ABORT): _S.ABORTED,
    (_S.READY, _C.ABORT): _S.ABORTED,
    (_S.READY, _C.PURGE): _S.PURGED,
    (_S.DELIVERED, _C.PURGE): _S.PURGED,
    (_S.ABORTED, _C.PURGE): _S.PURGED,
}
BUILDABLE = frozenset({PackageState.QUEUED, PackageState.BUILDING})
IN_FLIGHT = BUILDABLE | {PackageState.READY}
"""The states that a revocation ends."""
COMPLETE = frozenset({PackageState.READY, PackageState.DELIVERED})
"""The states in which there is a file to hand over."""


@dataclass(frozen=True)
class Share:
    """Which bytes of the package are the footage of one retrieval, headers included: from `begin` up to `end`."""

    begin: int
    end: int

    def of(self, begin: int, sent: int) -> int:
        """Return how many of `sent` bytes from `begin` on were of this share."""
        return max(0, min(self.end, begin + sent) - max(self.begin, begin))


@dataclass(frozen=True)
class Contents:
    """What a finished package is: the digest and size of the file, its name, whose signature it has, all shares."""

    digest: str
    size: int
    signer: str
    shares: tuple[Share, ...]
    """One for each retrieval, in their order."""


@dataclass(frozen=True)
class EvidencePackage:
    """An order for a package and what became of it; `name` is that of the file, without its suffix."""

    id: PackageId
    name: str
    grant_id: GrantId
    person_id: PersonId
    retrievals: tuple[RetrievalId, ...]
    state: PackageState = PackageState.QUEUED
    attempt: int = 0
    contents: Contents | None = None
    error: str = ""
    error_facts: dict[str, object] | None = None
    ordered_at: datetime | None = None
    ready_at: datetime | None = None
    held: str = ""
    purged_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"package/{self.id}"

    @property
    def size(self) -> int:
        return self.contents.size if self.contents else 0


@dataclass(frozen=True)
class PackageChange:
    """A package after a command, with what is to be written in the trace."""

    after: EvidencePackage
    entries: tuple[Entry, ...]


def grant_of(retrievals: Sequence[Retrieval]) -> GrantId:
    """Return the one grant under which results are to become a package.

    Raises:
        Invalid: there are none or too many, one is named twice, or they are under several grants.
    """
    keys = {each.id for each in retrievals}
    if not 0 < len(retrievals) <= MOST or len(keys) != len(retrievals):
        raise Invalid("package-retrievals", pointer="/retrievals", most=MOST)
    grants = {each.grant_id for each in retrievals}
    if len(grants) != 1:
        raise Invalid("package-several-grants", pointer="/retrievals", grants=len(grants))
    return grants.pop()


def order(
    key: PackageId, number: str, person: PersonId, retrievals: Sequence[Retrieval], at: datetime
) -> PackageChange:  # fmt: skip
    """Return the first version of an order for results of one person; `number` is that of their request.

    Raises:
        Invalid: they do not go together.
        Conflict: one of them has no result.
    """
    grant, keys = grant_of(retrievals), tuple(each.id for each in retrievals)
    for each in retrievals:
        if each.state not in WHOLE:
            raise Conflict("no-result", state=each.state)
    after = EvidencePackage(key, f"{number}-{key.hex[-8:]}", grant, person, keys, ordered_at=at, version=1)
    data = {"grant": str(grant), "retrievals": [str(each) for each in keys]}
    return PackageChange(after, (Entry(after.stream, "package:ordered", data),))


def start(package: EvidencePackage) -> PackageChange:
    """Begin an attempt; a second start of the same package makes the first one void."""
    after = _step(package, PackageCommand.START, attempt=package.attempt + 1)
    return PackageChange(after, (Entry(after.stream, "package:started", {"attempt": after.attempt}),))


def accept(package: EvidencePackage, attempt: int, contents: Contents, at: datetime) -> PackageChange:
    """Take the result of an attempt.

    Raises:
        Conflict: the attempt is not the current one, or the package has ended.
    """
    if attempt != package.attempt:
        raise Conflict("attempt-superseded", given=attempt, current=package.attempt)
    after = _step(package, PackageCommand.ACCEPT, contents=contents, ready_at=at)
    data = {"attempt": attempt, "digest": contents.digest, "size": contents.size, "signer": contents.signer}
    return PackageChange(after, (Entry(after.stream, "package:ready", data),))


def deliver(package: EvidencePackage, sent: int) -> PackageChange:
    """Note that the whole package has reached its person."""
    after = _step(package, PackageCommand.DELIVER)
    return PackageChange(after, (Entry(after.stream, "package:delivered", {"bytes": sent}),))


def fail(package: EvidencePackage, error: str, facts: dict[str, object]) -> PackageChange:
    """Note that there will be no package; the results themselves stay as they are."""
    after = _step(package, PackageCommand.FAIL, error=error, error_facts=facts)
    return PackageChange(after, (Entry(after.stream, "package:failed", {"error": error}),))


def abort(package: EvidencePackage, reason: str) -> PackageChange:
    """Stop it for good: the grant was revoked or has expired, or somebody is locked."""
    after = _step(package, PackageCommand.ABORT, error=reason, error_facts={})
    return PackageChange(after, (Entry(after.stream, "package:aborted", {"reason": reason}),))


def hold(package: EvidencePackage, reason: str) -> PackageChange:
    """Put the copy under hold: it is kept, whatever retention says, until somebody lifts the hold."""
    after = replace(package, held=reason, version=package.version + 1)
    return PackageChange(after, (Entry(after.stream, "package:held", {"reason": reason}),))


def release(package: EvidencePackage) -> PackageChange:
    """Let retention have its way again: nothing holds the copy any more."""
    after = replace(package, held="", version=package.version + 1)
    return PackageChange(after, (Entry(after.stream, "package:released", {}),))


def purge(package: EvidencePackage, at: datetime) -> PackageChange:
    """Give up the bytes of a package; what was in it, and its digest, stay.

    Raises:
        Conflict: there is none, or it is held.
    """
    if package.held:
        raise Conflict("copy-held")
    if package.contents is None:
        raise Conflict("no-package", state=package.state)
    after = _step(package, PackageCommand.PURGE, purged_at=at)
    data = {"digests": [package.contents.digest], "bytes": package.contents.size}
    return PackageChange(after, (Entry(after.stream, "package:purged", data),))


def _step(package: EvidencePackage, command: PackageCommand, **changes: object) -> EvidencePackage:
    state = TRANSITIONS.get((package.state, command))
    if state is None:
        allowed = ", ".join(c for (s, c) in TRANSITIONS if s is package.state)
        raise Conflict(
            "transition-refused", subject="package", state=package.state, command=command, allowed=allowed
        )  # fmt: skip
    return replace(package, state=state, version=package.version + 1, **changes)  # type: ignore[arg-type]  # by name
