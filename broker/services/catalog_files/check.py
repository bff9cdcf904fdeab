"""From a row to a draft, or to what is wrong with it, cell by cell.

A row stays outside when what makes it a point is in doubt: its name, its place, its code or key, its secrecy, or when
an earlier row of the same list has the same key. It goes in with a warning when only a further fact is in doubt (an
unknown direction, class, division): the point is true without it. The field stays empty then, and `extra` keeps what
stood there. An empty cell is never a problem, except for name and place.

Rows in which nothing is wrong are most of a list, and a list has a million of them: `_plainly` reads those in one pass
that gives up at the first doubt. What it gives up is read again with care, and only there it is said what is wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from broker.domain import gb_code
from broker.domain.catalog import PointDraft, RowProblem, Severity, place_key
from broker.domain.coordinates import System, to_wgs84
from broker.domain.errors import Invalid
from broker.services.catalog_files.cells import shown
from broker.services.catalog_files.extra import Keeper
from broker.services.catalog_files.faults import CellFault
from broker.services.catalog_files.fields import OPTIONAL, READERS
from broker.services.catalog_files.forbidden_places import SPEAKING, forbidden_place, has_room
from broker.services.catalog_files.mapping import ColumnMapping
from broker.services.catalog_files.own_fields import NO_FIELDS, PREFIX, OwnFields
from broker.services.catalog_files.places import in_china, place_fault
from broker.services.catalog_files.record_cells import RECORD_READERS
from broker.services.catalog_files.remembered import Remembered
from broker.services.catalog_files.rows import Row

_OTHER_PLACE = ("gcj02_latitude", "gcj02_longitude")
_DEFAULTS: Mapping[str, Any] = {
    "gb_code": None, "external_key": None, "division": "", "address": "", "direction": None, "point_class": None,
    "edition": None, "lifecycle": None, "tags": (), "sensitive": False, "synthetic": False, "place_checked": False,
    "extra": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one row: a draft, perhaps with warnings, or no draft and the reasons.

    `dropped` names the columns left out of `extra` because they held a URL or something like a password.
    """

    draft: PointDraft | None
    problems: tuple[RowProblem, ...] = ()
    dropped: tuple[str, ...] = ()


class Checker:
    """Checks the rows of one list; it remembers the keys of the rows it let in, to find the ones that come twice."""

    def __init__(
        self, mapping: ColumnMapping, system: System = System.WGS84, own: OwnFields = NO_FIELDS
    ) -> None:  # fmt: skip
        """Read latitude and longitude in `system`; where they are empty, the fields gcj02_… are read."""
        self._mapping = mapping
        self._system = system
        self._first: dict[str, str] = {}
        self._keeper = Keeper(mapping.taken)
        known: dict[str, Callable[[object], Any]] = {**RECORD_READERS, **READERS, **own.readers}
        self._read_with = {field: known[field] for field in mapping.sources}
        self._plan = [
            (field, columns[0], columns[1:], self._read_with[field], Remembered(self._read_with[field]))
            for field, columns in mapping.sources.items()
        ]
        self._recorded = [field for field in mapping.sources if field in RECORD_READERS]
        self._own = [(field, field.removeprefix(PREFIX)) for field in mapping.sources if field in own.fields]
        self._count = 0

    def check_all(self, rows: Iterable[Row]) -> Iterator[Checked]:
        return map(self.check, rows)

    def check(self, row: Row) -> Checked:
        """Check one row; every fault of the row is named, not only the first."""
        self._count += 1
        if row.fault is not None:
            return Checked(None, (row.fault,))
        return self._plainly(row) or self._carefully(row)

    def _plainly(self, row: Row) -> Checked | None:
        """Return the draft of a row in which nothing is wrong, None where there is a doubt."""
        values = row.values
        read = dict(_DEFAULTS)
        try:
            for field, column, others, reader, known in self._plan:
                cell = values.get(column)
                if others and (cell is None or cell == ""):
                    cell = self._mapping.cell(values, field)
                read[field] = known[cell] if cell.__class__ is str else reader(cell)
        except CellFault:
            return None
        if self._system is not System.WGS84 or read.get("latitude") is None:
            self._locate(read)
        kept = self._keeper.plainly(values)
        if kept is None or not self._is_plain(row, read):
            return None
        return Checked(self._draft(row, read, kept.kept), (), kept.dropped)

    def _is_plain(self, row: Row, read: dict[str, Any]) -> bool:
        """Say whether there is no doubt about a row as a whole, in the order of what is cheap to know."""
        latitude, longitude = read.get("latitude"), read.get("longitude")
        if not read["name"] or latitude is None or longitude is None:
            return False
        doubtful = read["edition"] or has_room(read) or not in_china(latitude, longitude)
        if doubtful and self._doubts(row, read):
            return False
        self._complete(read)
        return not self._twice(row, read)

    def _carefully(self, row: Row) -> Checked:
        read, problems = self._read(row)
        secret = [problem for problem in problems if problem.severity is Severity.REJECTED]
        if secret:
            return Checked(None, tuple(secret))  # nothing else of the row may be told
        self._locate(read)
        problems += self._doubts(row, read)
        if any(problem.severity is Severity.QUARANTINED for problem in problems):
            return Checked(None, tuple(problems))
        self._complete(read)
        twice = self._twice(row, read)
        if twice:
            return Checked(None, (*problems, *twice))
        doubtful = {self._mapping.columns[problem.field] for problem in problems}
        kept = self._keeper.carefully(row.values, doubtful)
        problems += [
            RowProblem(row.where, shown(column), reason, shown(row.values[column]), severity=Severity.WARNING)
            for column, reason in kept.unfit
            if column not in doubtful  # what is wrong with it is told already
        ]
        return Checked(self._draft(row, read, kept.kept), tuple(problems), kept.dropped)

    def _read(self, row: Row) -> tuple[dict[str, Any], list[RowProblem]]:
        read = dict(_DEFAULTS)
        problems: list[RowProblem] = []
        for field, reader in self._read_with.items():
            cell = self._mapping.cell(row.values, field)
            try:
                read[field] = reader(cell)
            except CellFault as fault:
                severity = _severity(field)
                problems.append(RowProblem(row.where, field, fault.reason, shown(cell), fault.allowed, severity))
        return read, problems

    def _locate(self, read: dict[str, Any]) -> None:
        """Put the place into WGS-84; GCJ-02 beside it is only read for want of the other."""
        system = self._system
        if read.get("latitude") is None and read.get("longitude") is None and read.get(_OTHER_PLACE[0]) is not None:
            read["latitude"], read["longitude"] = (read.get(field) for field in _OTHER_PLACE)
            system = System.GCJ02
        latitude, longitude = read.get("latitude"), read.get("longitude")
        if system is not System.WGS84 and latitude is not None and longitude is not None:
            moved = to_wgs84(latitude, longitude, system)
            read["latitude"], read["longitude"] = (round(degrees, 7) for degrees in moved)

    def _doubts(self, row: Row, read: Mapping[str, Any]) -> list[RowProblem]:
        """Return what is wrong with the values as they stand together."""
        problems = list(self._place_doubts(row, read))
        code, edition = read.get("gb_code"), read["edition"]
        if code and edition:
            try:
                gb_code.parse(code, edition=edition)
            except Invalid as error:
                allowed = str(error.facts.get("allowed", ""))
                problems.append(RowProblem(row.where, "gb_code", error.slug, code, allowed, Severity.QUARANTINED))
        if not read["place_checked"]:
            word = forbidden_place(read.get(field) for field in SPEAKING)
            if word:
                problems.append(RowProblem(row.where, "name", "point-place-forbidden", word, "", Severity.QUARANTINED))
        return problems

    def _place_doubts(self, row: Row, read: Mapping[str, Any]) -> Iterator[RowProblem]:
        for field in ("latitude", "longitude"):
            if field in read and read[field] is None:
                yield RowProblem(row.where, field, "point-coordinate-missing", severity=Severity.QUARANTINED)
        latitude, longitude = read.get("latitude"), read.get("longitude")
        if latitude is None or longitude is None or in_china(latitude, longitude):
            return
        fault = place_fault(latitude, longitude)
        if fault is not None:
            value = f"{latitude}, {longitude}"
            yield RowProblem(row.where, fault.field, fault.reason, value, fault.allowed, Severity.QUARANTINED)

    def _twice(self, row: Row, read: Mapping[str, Any]) -> list[RowProblem]:
        """Return a problem for each key that an earlier row has; only a row that goes in is remembered."""
        code, key = read["gb_code"], read["external_key"]
        first = self._first
        if (code is None or code not in first) and (key is None or f"/{key}" not in first):
            if code is not None:
                first[code] = row.where
            if key is not None:
                first[f"/{key}"] = row.where
            return []
        keys = (("gb_code", code, code), ("external_key", key, f"/{key}"))
        return [
            RowProblem(row.where, field, "point-duplicate", told, first[known], Severity.QUARANTINED)
            for field, told, known in keys
            if told is not None and known in first
        ]

    def _complete(self, read: dict[str, Any]) -> None:
        """Complete what follows from the rest: a key from name and place, a division from the code."""
        code = read["gb_code"]
        if code is None and read["external_key"] is None:
            read["external_key"] = place_key(read["name"], read["latitude"], read["longitude"])
        if code is not None and not read["division"]:
            read["division"] = code[:6]

    def _draft(self, row: Row, read: Mapping[str, Any], extra: Mapping[str, object]) -> PointDraft:
        record = {field: value for field in self._recorded if (value := read.get(field)) is not None}
        custom = {key: value for field, key in self._own if (value := read.get(field)) is not None}
        return PointDraft(
            where=row.where, name=read["name"], latitude=read["latitude"], longitude=read["longitude"],
            gb_code=read["gb_code"], external_key=read["external_key"], division=read["division"],
            address=read["address"], direction=read["direction"], point_class=read["point_class"],
            sensitive=read["sensitive"], synthetic=read["synthetic"],
            extra={**read["extra"], **extra} if read["extra"] else extra, record=record, edition=read["edition"],
            lifecycle=read["lifecycle"], tags=read["tags"], custom=custom, number=self._count,
        )  # fmt: skip


def _severity(field: str) -> Severity:
    """A secret row is never kept; a further fact in doubt is a warning; the rest has to be corrected first."""
    if field == "secrecy":
        return Severity.REJECTED
    further = field in OPTIONAL or field in RECORD_READERS or field.startswith(PREFIX)
    return Severity.WARNING if further else Severity.QUARANTINED
