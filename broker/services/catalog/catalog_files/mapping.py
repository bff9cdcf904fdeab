"""Which column feeds which field: by what departments usually call it, or as somebody says by hand."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.aliases import ALIASES, FIELDS, alike
from broker.services.catalog.catalog_files.cells import shown

NEEDED = ("name", "latitude", "longitude")
INSTEAD = {"latitude": "gcj02_latitude", "longitude": "gcj02_longitude"}
BETWEEN = "|"
"""Between several columns that feed one field: the first one of a row that is not empty does."""
OTHER_DATUM = re.compile(r"gcj|bd-?09|火星|百度|高德|mercator|cgcs2000.{0,4}(?:高斯|平面)")
"""A heading that names coordinates which are not degrees of WGS-84 must not be taken for them."""

NONE: Mapping[str, Sequence[str]] = {}
NAMED_COLUMNS = 40
"""How many columns an error names."""


@dataclass(frozen=True)
class ColumnMapping:
    """field -> column, or several of which the first that is not empty counts; a field that none feeds is absent."""

    columns: Mapping[str, str]
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def cell(self, values: Mapping[str, object], field: str) -> object:
        """Return the cell that feeds the field, None where the row or the list has none."""
        first = values.get(self.columns.get(field, ""))
        for column in self.others.get(field, ()):
            if first is not None and first != "":
                break
            first = values.get(column)
        return first

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """The columns of each field, in the order in which they count."""
        return {field: (column, *self.others.get(field, ())) for field, column in self.columns.items()}

    @property
    def taken(self) -> frozenset[str]:
        return frozenset(column for columns in self.sources.values() for column in columns)

    @property
    def pairs(self) -> dict[str, str]:
        """The mapping as it can be said again."""
        return {field: BETWEEN.join(columns) for field, columns in self.sources.items()}


def parse_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Read FIELD=COLUMN pairs; the column may hold further equals signs.

    Raises:
        Invalid: `list-map-syntax` with `value`; `list-map-twice` with `field`.
    """
    said: dict[str, str] = {}
    for pair in pairs:
        field, equals, column = (part.strip() for part in pair.partition("="))
        if not (field and equals and column):
            raise Invalid("list-map-syntax", value=shown(pair))
        if field in said:
            raise Invalid("list-map-twice", field=field)
        said[field] = column
    return said


def resolve(
    columns: Sequence[str], explicit: Mapping[str, str] | None = None, own: Mapping[str, Sequence[str]] = NONE
) -> ColumnMapping:
    """Decide for every field which column feeds it; what is said by hand wins and takes its column from the guessing.

    `own` are the fields that the city defined, with their headings; they take what no other field does.

    Raises:
        Invalid: `list-map-field` with `field` and `allowed`; `list-map-column` with `column` and `allowed`;
            `list-column-missing` with `field`, `columns` and `aliases`: name and place must come from somewhere.
    """
    named = ", ".join(map(shown, columns[:NAMED_COLUMNS]))
    said: dict[str, list[str]] = {}
    for name, told in (explicit or {}).items():
        if name not in ALIASES and name not in own:
            raise Invalid("list-map-field", field=name, allowed=", ".join((*FIELDS, *own)))
        said[name] = [told] if told in columns else [part.strip() for part in told.split(BETWEEN)]
        for column in said[name]:
            if column not in columns:
                raise Invalid("list-map-column", column=shown(column), allowed=named)
    taken = {column for each in said.values() for column in each}
    free = [column for column in columns if column not in taken]
    found = {name: each[0] for name, each in said.items()} | _guessed(free, said.keys(), own)
    for name in NEEDED:
        if name not in found and (name not in INSTEAD or not found.keys() >= set(INSTEAD.values())):
            raise Invalid("list-column-missing", field=name, columns=named, aliases=", ".join(ALIASES[name]))
    ordered = {name: found[name] for name in (*FIELDS, *own) if name in found}
    return ColumnMapping(ordered, {name: tuple(each[1:]) for name, each in said.items() if each[1:]})


def _guessed(columns: Sequence[str], said: Collection[str], own: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return field -> column; a heading word for word goes before one that is alike but for a note in brackets."""
    found: dict[str, str] = {}
    aliases = {**ALIASES, **own}
    for form in (alike, _plain):
        free = {form(column): column for column in reversed(columns) if column not in found.values()}
        for name, known in aliases.items():
            if name in found or name in said:
                continue
            column = next((free[form(alias)] for alias in known if form(alias) in free), None)
            if column is not None:
                found[name] = column
                free = {key: other for key, other in free.items() if other != column}
    return found


def _plain(column: str) -> str:
    """Return a heading without what does not tell headings apart: case, width, blanks, marks, a note in brackets."""
    text = unicodedata.normalize("NFKC", column).casefold()
    if OTHER_DATUM.search(text):
        return text
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]|[\s_*:.-]", "", text)
