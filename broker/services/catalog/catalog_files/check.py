"""From a row to a draft, or to what is wrong with it, cell by cell.

A row stays outside when what makes it a point is in doubt: its name, its place, its code or key, its secrecy, or when
an earlier row of the same list has the same key. It goes in with a warning when only a further fact is in doubt (an
unknown direction, class, division): the point is true without it. The field stays empty then, and `extra` keeps what
stood there. An empty cell is never a problem, except for name and place.

Rows in which nothing is wrong are most of a list, and a list has a million of them: `check_all` reads those column by
column (`columns`). What is doubtful there is read again alone, with care, and only there it is said what is wrong.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from broker.domain.catalog import gb_code
from broker.domain.catalog.catalog import PointDraft, RowProblem, Severity, place_key
from broker.domain.catalog.coordinates import System, to_wgs84
from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.cells import shown
from broker.services.catalog.catalog_files.columns import Columns, Read
from broker.services.catalog.catalog_files.extra import Keeper
from broker.services.catalog.catalog_files.faults import CellFault
from broker.services.catalog.catalog_files.fields import GLANCES, OPTIONAL, READERS
from broker.services.catalog.catalog_files.forbidden_places import SPEAKING, forbidden_place, named_like_rooms
from broker.services.catalog.catalog_files.mapping import ColumnMapping
from broker.services.catalog.catalog_files.own_fields import NO_FIELDS, PREFIX, OwnFields
from broker.services.catalog.catalog_files.places import in_china, place_fault
from broker.services.catalog.catalog_files.record_cells import RECORD_GLANCES, RECORD_READERS
from broker.services.catalog.catalog_files.rows import Row
from broker.services.catalog.catalog_files.seen_keys import SeenKeys

_PLACE = ("latitude", "longitude")
_OTHER_PLACE = ("gcj02_latitude", "gcj02_longitude")
_DEFAULTS: Mapping[str, Any] = {
    "gb_code": None, "external_key": None, "division": "", "address": "", "direction": None, "point_class": None,
    "sensitive": False, "synthetic": False, "edition": None, "lifecycle": None, "tags": (), "extra": None,
    "place_checked": False,
}  # fmt: skip
_DRAFTED = {"name": None, "latitude": None, "longitude": None, **_DEFAULTS}


class Checked(NamedTuple):
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
        self._seen = SeenKeys()
        self._keeper = Keeper(mapping.taken)
        known: dict[str, Callable[[object], Any]] = {**RECORD_READERS, **READERS, **own.readers}
        self._read_with = {field: known[field] for field in mapping.sources}
        glances = {**RECORD_GLANCES, **GLANCES, **own.glances}
        self._columns = Columns(mapping, self._read_with, glances, self._keeper)
        self._recorded = {field: field for field in mapping.sources if field in RECORD_READERS}
        self._own = {field: field.removeprefix(PREFIX) for field in mapping.sources if field in own.fields}
        self._count = 0

    def check(self, row: Row) -> Checked:
        """Check the next row of the list; every fault of the row is named, not only the first."""
        self._count += 1
        return Checked(None, (row.fault,)) if row.fault is not None else self._carefully(row)

    def check_all(self, rows: Sequence[Row]) -> list[Checked]:
        """Check the next rows of the list: says of each what `check` says of it."""
        read = self._columns.read(rows)
        self._locate_all(read)
        self._find_doubts(rows, read)
        columns = [read.fields.get(field, repeat(default)) for field, default in _DRAFTED.items()]
        beside = (read.extra, _parts(read, self._recorded), _parts(read, self._own), read.dropped)
        drafted = zip(rows, zip(*columns, strict=False), *beside, strict=False)
        return [
            self.check(row) if place in read.doubtful else self._plainly(row, values, extra, record, custom, dropped)
            for place, (row, values, extra, record, custom, dropped) in enumerate(drafted)
        ]

    def _locate_all(self, read: Read) -> None:
        """Put the places into WGS-84, as `_locate` does with each."""
        degrees = [read.fields.get(field) for field in _PLACE]
        if self._system is System.WGS84 and all(each is not None and None not in each for each in degrees):
            return
        places = [read.row(place, (*_PLACE, *_OTHER_PLACE)) for place in range(len(read.extra))]
        for each in places:
            self._locate(each)
        read.fields.update({field: [each.get(field) for each in places] for field in _PLACE})

    def _find_doubts(self, rows: Sequence[Row], read: Read) -> None:
        """Look closer at rows that may be wrong as a whole; few are."""
        suspect = {place for place, edition in enumerate(read.fields.get("edition", ())) if edition}
        pairs = list(zip(*(read.fields[field] for field in _PLACE), strict=True))
        read.doubtful.update(place for place, pair in enumerate(pairs) if None in pair)
        suspect.update(place for place, pair in enumerate(pairs) if place not in read.doubtful and not in_china(*pair))
        for texts in (read.fields.get(field, ()) for field in SPEAKING):
            rooms = named_like_rooms(texts)
            suspect.update(place for place, text in enumerate(texts if rooms else ()) if str(text) in rooms)
        for place in suspect - read.doubtful:
            if self._doubts(rows[place], {**_DEFAULTS, **read.row(place, read.fields)}):
                read.doubtful.add(place)

    def _plainly(
        self, row: Row, values: tuple[Any, ...], extra: Mapping[str, object], record: Mapping[str, object],
        custom: Mapping[str, object], dropped: tuple[str, ...],
    ) -> Checked:  # fmt: skip
        """Return the draft of a row whose cells are right, its values in the order of `_DRAFTED`."""
        name, latitude, longitude, code, key, division, address, direction, point_class, *others = values
        sensitive, synthetic, edition, lifecycle, tags, more, _ = others
        if code is None and key is None:
            key = place_key(name, latitude, longitude)
        if not self._seen.take(code, key, row.where):
            return self.check(row)  # which tells of which row it is the second
        self._count += 1
        if code is not None:
            division = division or code[:6]
        draft = PointDraft(
            row.where, name, latitude, longitude, code, key, division, address, direction, point_class, sensitive,
            synthetic, {**more, **extra} if more else extra, record, edition, lifecycle, tags, custom, self._count,
        )  # fmt: skip
        return Checked(draft, (), dropped)

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
        keys = {field: read[field] for field in ("gb_code", "external_key") if read[field] is not None}
        if self._seen.take(read["gb_code"], read["external_key"], row.where):
            return []
        return [
            RowProblem(row.where, field, "point-duplicate", value, first, Severity.QUARANTINED)
            for field, value in keys.items()
            if (first := self._seen.first(field, value)) is not None
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
        custom = {key: value for field, key in self._own.items() if (value := read.get(field)) is not None}
        return PointDraft(
            where=row.where, name=read["name"], latitude=read["latitude"], longitude=read["longitude"],
            gb_code=read["gb_code"], external_key=read["external_key"], division=read["division"],
            address=read["address"], direction=read["direction"], point_class=read["point_class"],
            sensitive=read["sensitive"], synthetic=read["synthetic"],
            extra={**read["extra"], **extra} if read["extra"] else extra, record=record, edition=read["edition"],
            lifecycle=read["lifecycle"], tags=read["tags"], custom=custom, number=self._count,
        )  # fmt: skip


def _parts(read: Read, keys: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """Return by row the filled fields of the record, or of the city."""
    if not keys:
        return ({} for _ in read.extra)
    names = tuple(keys.values())
    return (
        {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for values in zip(*(read.fields[field] for field in keys), strict=True)
    )


def _severity(field: str) -> Severity:
    """A secret row is never kept; a further fact in doubt is a warning; the rest has to be corrected first."""
    if field == "secrecy":
        return Severity.REJECTED
    further = field in OPTIONAL or field in RECORD_READERS or field.startswith(PREFIX)
    return Severity.WARNING if further else Severity.QUARANTINED
