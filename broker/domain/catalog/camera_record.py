"""The record of a camera (一机一档): every field beside the columns of the catalogue, and what of it is lacking.

The table is the only place that says which fields there are: imports, exports, the form, history and quality read it.
A password is no field.
"""

from collections.abc import Mapping
from types import MappingProxyType

from broker.domain.catalog.camera_record_field import (
    FieldFault,
    FieldKind,
    RecordField,
    Standard,
    Value,
    Word,
    read,
    written,
)
from broker.domain.catalog.camera_record_gb import INFO, ITEM, ONLY_2016
from broker.domain.catalog.camera_record_sector import LAW, SECTOR

__all__ = [
    "PRIVATE_FIELDS",
    "RECORD_FIELDS",
    "FieldFault",
    "FieldKind",
    "RecordField",
    "Standard",
    "Value",
    "Word",
    "gaps",
    "lacking",
    "read",
    "shown_record",
    "written",
]

RECORD_FIELDS: Mapping[str, RecordField] = MappingProxyType(
    {field.key: field for field in (*ITEM, *INFO, *ONLY_2016, *SECTOR, *LAW)},
)
"""The fields by key, in the order in which a form shows them."""

PRIVATE_FIELDS = frozenset({"ip_address", "port", "mac", "sector_ipv6", "contact"})
"""How a device and its keepers are reached: nothing that a requester has to know."""

_EXPECTED = tuple(key for key, field in RECORD_FIELDS.items() if field.expected)
_MANDATORY = {
    point_class: tuple(key for key, field in RECORD_FIELDS.items() if point_class in field.mandatory)
    for point_class in (1, 2, 3, 9)
}


def lacking(record: Mapping[str, object], point_class: int | None) -> tuple[str, ...]:
    """Return the keys that a point of this class must have and does not; nothing for a point of no known class."""
    return tuple(key for key in _MANDATORY.get(point_class or 0, ()) if key not in record)


def shown_record(record: Mapping[str, object], *, reached: bool) -> dict[str, object]:
    """Return the fields that a viewer may know: how a device is reached is for those whose roles reach its owner."""
    return {key: value for key, value in record.items() if reached or key not in PRIVATE_FIELDS}


def gaps(record: Mapping[str, object], point_class: int | None) -> tuple[str, ...]:
    """Return what is lacking, and what the standard wants of every device: the quality of a record."""
    return lacking(record, point_class) + tuple(key for key in _EXPECTED if key not in record)
