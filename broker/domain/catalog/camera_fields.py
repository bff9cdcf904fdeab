"""Fields of the camera record that a city defines for itself, without code.

A field is defined once; its key and its kind stay as they are, because values of it are kept. What nobody needs any
more is retired: it takes no new values, and those there are stay readable.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from broker.domain.catalog.camera_record import (
    RECORD_FIELDS,
    FieldFault,
    FieldKind,
    RecordField,
    Standard,
    Word,
    read,
    written,
)
from broker.domain.errors import Conflict, Invalid
from broker.domain.oversight.audit import Entry

KEY = r"^[a-z][a-z0-9_]{0,39}$"
LARGEST_EXACT = 2**53 - 1
"""The largest whole number that JSON carries to everybody unchanged (RFC 8259, section 6)."""

MOST_FIELDS = 100
MOST_ALLOWED = 200
_CODED = frozenset({FieldKind.CODE, FieldKind.CODES})


@dataclass(frozen=True)
class CustomField:
    """One field of the city; `allowed` are the codes of a kind that has some. A mandatory one stands in every edit."""

    key: str
    zh: str
    en: str
    kind: FieldKind
    allowed: Mapping[str, Word] = field(default_factory=dict)
    mandatory: bool = False
    retired: bool = False
    version: int = 0

    @property
    def stream(self) -> str:
        return f"camera_field/{self.key}"

    @property
    def rule(self) -> RecordField:
        """The same as a field of the record, whose values are read in the same way."""
        most = LARGEST_EXACT if self.kind is FieldKind.INTEGER else None
        least = None if most is None else -most
        return RecordField(
            self.key, self.zh, self.en, self.kind, Standard.CITY, allowed=self.allowed, low=least, high=most
        )


def defined(before: CustomField | None, wanted: CustomField, count: int) -> tuple[CustomField, Entry]:
    """Return a field as it is defined from now on, and what the trace says.

    Args:
        before: the field of this key, None where there is none.
        wanted: what it is to be.
        count: how many fields there are.

    Raises:
        Invalid: its key is no key or one of the record's own, or its codes do not fit its kind.
        Conflict: there are as many fields as there can be, or one of this key holds another kind of value.
    """
    if not re.match(KEY, wanted.key) or wanted.key in RECORD_FIELDS:
        raise Invalid("custom-field-key", pointer="/key", key=wanted.key[:60])
    if (wanted.kind in _CODED) != bool(wanted.allowed) or len(wanted.allowed) > MOST_ALLOWED:
        raise Invalid("custom-field-codes", pointer="/allowed", most=MOST_ALLOWED)
    if any(not code or len(code) > 40 or "/" in code or not code.isprintable() for code in wanted.allowed):  # noqa: PLR2004
        raise Invalid("custom-field-codes", pointer="/allowed", most=MOST_ALLOWED)
    if before is None and count >= MOST_FIELDS:
        raise Conflict("custom-field-many", most=MOST_FIELDS)
    if before is not None and before.kind is not wanted.kind:
        raise Conflict("custom-field-kind", key=wanted.key, kind=before.kind)
    after = replace(wanted, version=(before.version if before else 0) + 1)
    told = {
        "key": after.key, "zh": after.zh, "en": after.en, "kind": after.kind.value,
        "allowed": {code: [word.zh, word.en] for code, word in after.allowed.items()},
        "mandatory": after.mandatory, "retired": after.retired,
    }  # fmt: skip
    return after, Entry(after.stream, "camera_field:defined", told)


def read_custom(own: Mapping[str, CustomField], key: str, value: object) -> object:
    """Return a value as a field of the city keeps it.

    Raises:
        Invalid: there is no such field, it is retired, or the value may not stand in it.
    """
    found = own.get(key)
    pointer = f"/custom/{key[:60]}"
    if found is None or found.retired:
        raise Invalid("custom-field-unknown", pointer=pointer, field=key[:60])
    return json_value(found.rule, value, pointer)


def json_value(rule: RecordField, value: object, pointer: str) -> object:
    """Return a value of a body as a record keeps it: it is read as if it were written in a file.

    Raises:
        Invalid: it may not stand in this field.
    """
    several = isinstance(value, list) and all(isinstance(part, str) for part in value)
    if not several and not isinstance(value, str | bool | int | float):
        raise Invalid("record-field-kind", pointer=pointer, field=rule.zh, allowed=rule.told)
    text = written(value)  # type: ignore[arg-type]  # what else there is was refused
    try:
        return read(rule, text)
    except FieldFault as fault:
        raise Invalid(fault.reason, pointer=pointer, field=rule.zh, value=text[:80], allowed=fault.allowed) from None
