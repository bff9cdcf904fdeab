"""The columns of a list and the fields of a point: which feeds which, as a form shows it and as it comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from broker.domain.catalog.camera_fields import CustomField
from broker.domain.catalog.camera_record import RECORD_FIELDS
from broker.services.catalog.catalog_files.aliases import FIELDS
from broker.services.catalog.catalog_files.mapping import BETWEEN
from broker.services.catalog.import_previews import Look
from broker.web.console.forms import Form
from broker.web.texts import tell

SAMPLES = 3
LONGEST_CELL = 60
POINT_FIELDS = tuple(name for name in FIELDS if name not in RECORD_FIELDS)
"""Fields whose names stand under `op-point-field.`; those of the record bring theirs along."""


@dataclass(frozen=True)
class Column:
    """A column of a list: its number in the form, its heading, first cells of it, and the field that it feeds."""

    number: int
    heading: str
    samples: Sequence[str]
    target: str


def columns_of(found: Look) -> list[Column]:
    """Return the columns of a list that is looked at."""
    fed = {
        column: field
        for field, told in found.mapping.items()
        for column in ([told] if told in found.columns else told.split(BETWEEN))
    }
    return [
        Column(number, heading, [_cell(cells.get(heading)) for cells in found.cells[:SAMPLES]], fed.get(heading, ""))
        for number, heading in enumerate(found.columns)
    ]


def _cell(value: object) -> str:
    told = "" if value is None else str(value)
    return told if len(told) <= LONGEST_CELL else f"{told[:LONGEST_CELL]}…"


def targets(own: Mapping[str, CustomField], language: str) -> dict[str, str]:
    """Return the fields that a column may feed, each with its name for people."""
    words = {name: RECORD_FIELDS[name] for name in FIELDS if name in RECORD_FIELDS} | dict(own)
    named = {name: tell(f"op-point-field.{name}", language) for name in POINT_FIELDS}
    return named | {name: word.en if language == "en" else word.zh for name, word in words.items()}


def chosen(form: Form, columns: Sequence[str]) -> dict[str, str]:
    """Return field -> column, or several in their order, as they were chosen."""
    found: dict[str, list[str]] = {}
    for number, heading in enumerate(columns):
        if target := form.one(f"column.{number}"):
            found.setdefault(target, []).append(heading)
    return {target: BETWEEN.join(headings) for target, headings in found.items()}
