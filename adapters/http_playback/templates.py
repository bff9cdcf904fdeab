"""Paths with fields in braces; what is put in is always one value, never another path or another parameter."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator

_FIELD = re.compile(r"\{([^{}]*)\}")
LIST_FIELDS, GET_FIELDS = (
    frozenset({"channel", "start", "end", "page"}),
    frozenset({"channel", "start", "end", "duration", "duration_ms"}),
)


def checked(text: str, fields: AbstractSet[str], needed: AbstractSet[str]) -> str:
    """Return a template as it was written.

    Raises:
        ValueError: it is no path, or has a field that is not known, or lacks one.
    """
    found = set(_FIELD.findall(text))
    if not text.startswith("/") or text.startswith("//") or not text.isascii() or not text.isprintable():
        raise ValueError("must be a path that begins with one /")
    if " " in text or "\\" in text or "#" in text or {"..", "."} & set(text.split("?", maxsplit=1)[0].split("/")):
        raise ValueError("must be a plain path")
    if found - fields or re.search(r"[{}]", _FIELD.sub("", text)):
        raise ValueError(f"knows the fields {', '.join(sorted(fields))}")
    if needed - found:
        raise ValueError(f"needs the fields {', '.join(sorted(needed))}")
    return text


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return the path; every value is quoted whole, slashes included."""
    return _FIELD.sub(lambda field: quote(values[field[1]], safe=""), template)


def _list_template(text: str) -> str:
    return checked(text, LIST_FIELDS, {"channel"})


def _get_template(text: str) -> str:
    checked(text, GET_FIELDS, {"channel", "start"})
    if not {"end", "duration", "duration_ms"} & set(_FIELD.findall(text)):
        raise ValueError("needs one of the fields end, duration, duration_ms")
    return text


ListTemplate = Annotated[str, AfterValidator(_list_template)]
GetTemplate = Annotated[str, AfterValidator(_get_template)]
