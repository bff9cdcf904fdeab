"""The list of administrative divisions: read by everybody, brought up to date by those who set the house up."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from broker.domain.catalog.divisions import Division, Level, above, read_code
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.domain.permits import Permit
from broker.services.catalog.division_lists import Listed, ListFault, check, nearest, rows_of
from policies import facts
from policies.authorizer import Authorizer
from storage.db.catalog.divisions import DivisionChange
from storage.db.unit_of_work import UnitOfWork, Work
from storage.geography import kept_list

STREAM = "divisions"


@dataclass(frozen=True)
class DivisionReport:
    """The balance of a list: read = added + changed + unchanged + rejected."""

    read: int
    added: int
    changed: int
    unchanged: int
    faults: tuple[ListFault, ...]

    @property
    def rejected(self) -> int:
        return len(self.faults)


@dataclass(frozen=True)
class Placed:
    """A division with all that it lies in, the province first, and what was changed about it."""

    division: Division
    lineage: Sequence[Division]
    changes: Sequence[DivisionChange]


class Divisions:
    """Divisions by code."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def page(
        self, caller: Caller, *, within: str | None, level: Level | None, text: str | None, after: str | None,
        limit: int,
    ) -> Sequence[Division]:  # fmt: skip
        """Return divisions by code.

        Raises:
            Invalid: `within` is no code of a division.
        """
        with self._work() as work:
            self._policy.require(caller, "division:list", caller.roles(work.now), facts.of_person(caller))
            inside = read_code(within, "#query/within") if within else None
            return work.divisions.page(within=inside, level=level, text=text, after=after, limit=limit)

    def named(self, caller: Caller, codes: Collection[str]) -> Mapping[str, str]:
        """Return the names of divisions, as far as there are such."""
        with self._work() as work:
            self._policy.require(caller, "division:list", caller.roles(work.now), facts.of_person(caller))
            return work.divisions.named(codes)

    def read(self, caller: Caller, code: str) -> Placed:
        """Return one division; the code may be short (33) or filled up with noughts."""
        with self._work() as work:
            self._policy.require(caller, "division:list", caller.roles(work.now), facts.of_person(caller))
            found = work.divisions.load(read_code(code, "#path/code"))
            return Placed(found, work.divisions.lineage(found.code), work.divisions.changes(found.code))

    def import_file(self, caller: Caller, file: BinaryIO, name: str, *, dry_run: bool = False) -> DivisionReport:
        """Add the divisions of a CSV file and change those it names otherwise; none is ever taken away.

        Raises:
            Invalid: the file cannot be read.
        """
        with self._work() as work:
            permit = self._allowed(caller, work)
            source = name[:200]
            report = _store(work, rows_of(file), source, permit.actor)
            return report if dry_run else self._keep(work, permit, report, source)

    def allow_import(self, caller: Caller) -> None:
        """Let pass who may bring lists in; nothing is read yet.

        Raises:
            Forbidden: the caller may not.
        """
        with self._work() as work:
            self._allowed(caller, work)

    def refresh(self, caller: Caller) -> DivisionReport:
        """Bring the list that came with the program in again, after an update brought a newer one."""
        with self._work() as work:
            permit = self._allowed(caller, work)
            kept = tuple(kept_list.divisions())
            stored = work.divisions.store(kept, work.now, permit.actor)
            unchanged = len(kept) - stored.added - stored.changed
            report = DivisionReport(len(kept), stored.added, stored.changed, unchanged, ())
            return self._keep(work, permit, report, kept_list.source())

    def _keep(self, work: UnitOfWork, permit: Permit, report: DivisionReport, source: str) -> DivisionReport:
        if report.added + report.changed:
            counted = {
                "read": report.read, "added": report.added, "changed": report.changed,
                "unchanged": report.unchanged, "rejected": report.rejected,
            }  # fmt: skip
            work.audit.append(permit, (Entry(STREAM, "division:imported", {"source": source, "balance": counted}),))
            work.commit(permit)
        return report

    def _allowed(self, caller: Caller, work: UnitOfWork) -> Permit:
        """Ask with the roles that reach the whole tree: the divisions are those of every department."""
        roots = work.departments.roots()
        reaching = [caller.roles_at(root.path, work.now) for root in roots] or [caller.roles(work.now)]
        roles = frozenset.intersection(*reaching)
        return self._policy.require(caller, "division:import", roles, facts.of_person(caller))


def _store(work: UnitOfWork, rows: Iterable[Listed], source: str, actor: str) -> DivisionReport:
    drafts: dict[str, tuple[int, Division]] = {}
    faults: list[ListFault] = []
    for row in rows:
        found = check(row, source)
        if isinstance(found, ListFault):
            faults.append(found)
        elif found.code in drafts:
            faults.append(ListFault(row.line, "code", "division-twice", found.code))
        else:
            drafts[found.code] = (row.line, found)
    needed = {upper for code in drafts for upper in above(code)}
    needed |= {found.successor for _, found in drafts.values() if found.successor}
    there = frozenset(work.divisions.named(needed | drafts.keys()))
    known = set(there | drafts.keys())
    fitting: list[Division] = []
    for code in sorted(drafts, key=lambda code: (len(code), code)):
        line, found = drafts[code]
        parent = nearest(code, known)
        if parent is None and found.level is not Level.PROVINCE:
            known.discard(code)
            faults.append(ListFault(line, "code", "division-parent-unknown", code))
        elif found.successor and found.successor not in known:
            if code not in there:
                known.discard(code)
            faults.append(ListFault(line, "successor", "division-successor", found.successor))
        else:
            fitting.append(Division(code, found.name, found.level, parent, found.successor, found.source))
    stored = work.divisions.store(_parents_first(fitting), work.now, actor)
    unchanged = len(fitting) - stored.added - stored.changed
    return DivisionReport(len(fitting) + len(faults), stored.added, stored.changed, unchanged, tuple(sorted(faults)))


def _parents_first(divisions: Sequence[Division]) -> Sequence[Division]:
    ranks = {level: rank for rank, level in enumerate(Level)}
    return sorted(divisions, key=lambda each: (ranks[each.level], each.code))
