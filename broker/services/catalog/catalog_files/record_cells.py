"""From a cell to what the camera record keeps of a field; the table of fields is the domain's."""

import re
from collections.abc import Callable, Mapping

from broker.domain.catalog.camera_record import RECORD_FIELDS, FieldFault, FieldKind, RecordField, Value, read
from broker.services.catalog.catalog_files.cells import as_text, holds_address, holds_control, plain_texts
from broker.services.catalog.catalog_files.columns import Glance
from broker.services.catalog.catalog_files.faults import CellFault


def record_reader(field: RecordField) -> Callable[[object], Value | None]:
    """Return the reader of one field: None for an empty cell.

    Texts are held to what every text of a list is held to: no stream address, for it carries a password.
    """
    shape = re.compile(field.pattern or ".*")

    def reader(cell: object) -> Value | None:
        plain = field.kind is FieldKind.TEXT and isinstance(cell, str) and _is_plain(cell, field.longest)
        if plain and isinstance(cell, str) and shape.fullmatch(cell):
            return cell
        text = _joined(cell)
        if not text:
            return None
        if field.kind is FieldKind.TEXT and (holds_address(text) or holds_control(text)):
            raise CellFault("point-text-address" if holds_address(text) else "point-text-control")
        try:
            return read(field, text)
        except FieldFault as fault:
            raise CellFault(fault.reason, fault.allowed) from None

    return reader


def record_glance(field: RecordField) -> Glance | None:
    """Return what says at once of many texts that the reader would give each as it stands; None for other kinds."""
    if field.kind is not FieldKind.TEXT:
        return None
    shape = re.compile(field.pattern) if field.pattern else None
    return lambda texts: plain_texts(texts, field.longest, shape, None)


def _is_plain(cell: str, longest: int) -> bool:
    """Say whether a text is one that is kept as it stands, by what can be known at a glance."""
    bare = cell.strip() == cell and cell[:1] != "'" and cell.isprintable() and 0 < len(cell) <= longest
    return bare and not holds_address(cell)


def _joined(cell: object) -> str:
    """Return a cell as text; the list of a JSON document is what a spreadsheet writes with slashes."""
    if isinstance(cell, list):
        parts = [as_text(part) for part in cell]
        if any(part is None for part in parts):
            raise CellFault("point-value-kind")
        return "/".join(filter(None, parts))
    text = as_text(cell)
    if text is None:
        raise CellFault("point-value-kind")
    return text


RECORD_READERS: Mapping[str, Callable[[object], Value | None]] = {
    key: record_reader(field) for key, field in RECORD_FIELDS.items()
}

RECORD_GLANCES: Mapping[str, Glance] = {
    key: glance for key, field in RECORD_FIELDS.items() if (glance := record_glance(field)) is not None
}
