"""An import of a list as it is kept: what was handed in, how it is read, what became of every row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from broker.domain.catalog.catalog import RowProblem
from broker.domain.catalog.coordinates import System
from broker.domain.errors import Conflict
from broker.domain.ids import DepartmentId, ImportId, ProfileId
from broker.domain.oversight.audit import Entry


class ImportState(StrEnum):
    """Where an import stands; a run that broke off is RUNNING until another worker takes it over.

    PREVIEW: the list lies there and is looked at, nobody has ordered anything yet.
    """

    PREVIEW = "PREVIEW"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    UNDONE = "UNDONE"
    DISCARDED = "DISCARDED"


WAITING = frozenset({ImportState.QUEUED, ImportState.RUNNING})


class Fate(StrEnum):
    """What became of a row that is told of."""

    QUARANTINED = "quarantined"
    REJECTED = "rejected"
    WARNED = "warned"


@dataclass(frozen=True)
class Reading:
    """How a list is read: which column feeds which field, its system of coordinates, how strict one is.

    `strict`: a new point is held to what its class must have even where the list has no such column.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    coordinates: System = System.WGS84
    strict: bool = False


@dataclass(frozen=True)
class Balance:
    """read = inserted + updated + unchanged + quarantined + rejected, or there is no balance."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    rejected: int = 0
    warnings: int = 0

    def __post_init__(self) -> None:
        if self.read != self.inserted + self.updated + self.unchanged + self.quarantined + self.rejected:
            raise ValueError(f"rows were lost: {self}")

    def __str__(self) -> str:
        return (
            f"read {self.read} = inserted {self.inserted} + updated {self.updated} + unchanged {self.unchanged}"
            f" + quarantined {self.quarantined} + rejected {self.rejected}"
        )


class OutsideRow(NamedTuple):
    """A row that is told of: its number in the list, its name there, its cells where it may be corrected."""

    number: int
    place: str
    fate: Fate
    cells: Mapping[str, object] | None
    problems: tuple[RowProblem, ...]


@dataclass(frozen=True)
class CatalogImport:
    """One import. `digest` names the file in the blob store while it waits; `written` is the event of its cameras."""

    id: ImportId
    owner_id: DepartmentId
    file: str
    format: str
    reading: Reading
    dry_run: bool
    actor: str
    at: datetime
    state: ImportState = ImportState.QUEUED
    digest: str | None = None
    ended_at: datetime | None = None
    attempt: int = 0
    done: int = 0
    balance: Balance = field(default_factory=Balance)
    reasons: Mapping[str, int] = field(default_factory=dict)
    error: Mapping[str, object] | None = None
    written: tuple[str, int] | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"import/{self.id}"


@dataclass(frozen=True)
class ImportProfile:
    """A way of reading that is kept: how the lists of a source are mapped, and the headings it was made from."""

    id: ProfileId
    name: str
    mapping: Mapping[str, str]
    headings: tuple[str, ...]
    coordinates: System = System.WGS84
    retired: bool = False
    version: int = 0

    @property
    def stream(self) -> str:
        return f"import-profile/{self.id}"

    def fits(self, headings: frozenset[str]) -> float:
        """Return how alike the headings of a list are: those in both over those in either, 0 without what it maps."""
        named = {column.strip() for told in self.mapping.values() for column in told.split("|")}
        if not named <= headings and not set(self.mapping.values()) <= headings:
            return 0.0
        own = frozenset(self.headings)
        return len(own & headings) / max(1, len(own | headings))


class ImportChange(NamedTuple):
    """An import after a step, with what is to be written in the trace."""

    after: CatalogImport
    entries: tuple[Entry, ...]


def lay(new: CatalogImport) -> ImportChange:
    """Lay a list there, to be looked at."""
    return _stepped(new, "import:laid", {"file": new.file, "digest": new.digest or ""})


def read_otherwise(found: CatalogImport, reading: Reading) -> ImportChange:
    """Say how a list that is looked at is to be read.

    Raises:
        Conflict: it is looked at no longer.
    """
    told = {"mapping": dict(reading.mapping), "coordinates": reading.coordinates.value, "strict": reading.strict}
    return _stepped(replace(_looked_at(found), reading=reading), "import:reread", told)


def go_on(found: CatalogImport) -> ImportChange:
    """Order what was looked at.

    Raises:
        Conflict: it is looked at no longer.
    """
    return order(replace(_looked_at(found), state=ImportState.QUEUED))


def discard(found: CatalogImport, now: datetime) -> ImportChange:
    """Put a list away that was only looked at.

    Raises:
        Conflict: it is looked at no longer.
    """
    gone = replace(_looked_at(found), state=ImportState.DISCARDED, ended_at=now)
    return _stepped(gone, "import:discarded", {"file": found.file})


def _looked_at(found: CatalogImport) -> CatalogImport:
    if found.state is not ImportState.PREVIEW:
        raise Conflict("import-no-preview", state=found.state)
    return found


def order(new: CatalogImport) -> ImportChange:
    """Hand a list in for a worker."""
    told = {"file": new.file, "digest": new.digest or "", "dry_run": new.dry_run}
    return _stepped(new, "import:ordered", told)


def start(found: CatalogImport) -> ImportChange:
    """Begin a run, also one that takes over from a worker that is gone.

    Raises:
        Conflict: it has ended.
    """
    if found.state not in WAITING:
        raise Conflict("import-ended", state=found.state)
    running = replace(found, state=ImportState.RUNNING, attempt=found.attempt + 1, done=0)
    return _stepped(running, "import:started", {"attempt": running.attempt})


def finish(
    found: CatalogImport, balance: Balance, reasons: Mapping[str, int], written: tuple[str, int] | None, now: datetime
) -> ImportChange:
    """Write down what became of every row."""
    done = replace(
        found, state=ImportState.DONE, ended_at=now, balance=balance, reasons=dict(reasons), written=written,
        done=balance.read,
    )  # fmt: skip
    return _stepped(done, "import:finished", {"balance": str(balance), "dry_run": found.dry_run})


def fail(found: CatalogImport, slug: str, facts: Mapping[str, str], now: datetime) -> ImportChange:
    """Write down why a list could not be brought in; nothing of it was."""
    told = {"slug": slug, "facts": dict(facts)}
    failed = replace(found, state=ImportState.FAILED, ended_at=now, error=told)
    return _stepped(failed, "import:failed", {"slug": slug})


def undo(found: CatalogImport, changed: int, points: str, now: datetime) -> ImportChange:
    """Take a whole import back.

    Raises:
        Conflict: it has not ended well, or nothing was written, or rows were changed since.
    """
    if found.state is not ImportState.DONE or found.written is None:
        raise Conflict("import-not-undoable", state=found.state)
    if changed:
        raise Conflict("import-changed-since", count=changed, points=points)
    undone = replace(found, state=ImportState.UNDONE, ended_at=now)
    told = {"inserted": found.balance.inserted, "updated": found.balance.updated}
    return _stepped(undone, "import:undone", told)


def _stepped(after: CatalogImport, kind: str, told: Mapping[str, object]) -> ImportChange:
    entry = Entry(after.stream, kind, dict(told))
    return ImportChange(replace(after, version=after.version + 1), (entry,))
