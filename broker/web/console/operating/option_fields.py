"""The options of an adapter as fields of a form, made from its JSON Schema, and what was typed as options again.

What cannot be read as the schema wants it is handed on as it was typed: the adapter's own check says what is wrong.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.described import Described
from broker.domain.errors import BrokerError
from broker.web.bodies import read_json
from broker.web.console.forms import Form
from broker.web.texts import catalogue

PREFIX = "option."
DROP = "drop."
"""Before the name of a secret that is to be taken away."""

EQUALS = "="


@dataclass(frozen=True)
class OptionField:
    """One option: `shape` says how it is typed.

    text, number, tick, choice; lines: a list, one a line; pairs: a table, `name = value` a line; json: anything else.
    `value` is what stands in the field, never that of a secret; `kept` says that a secret is set.
    """

    name: str
    label: str
    shape: str
    value: str
    required: bool
    secret: bool
    kept: bool
    choices: Sequence[str] = ()

    @property
    def field(self) -> str:
        return f"{PREFIX}{self.name}"


def fields_of(
    adapter: Described, language: str, options: Mapping[str, object], sealed: Sequence[str], form: Form
) -> list[OptionField]:
    """Return the fields for the options of a source, with what was typed or what there is, the needed ones first."""
    schema = adapter.schema
    needed = set(schema.get("required", ()))
    made = [
        _field(adapter, language, name, whole, name in needed, options, sealed, form)
        for name, whole in schema.get("properties", {}).items()
    ]
    return sorted(made, key=lambda it: not it.required)


def _field(
    adapter: Described, language: str, name: str, whole: Mapping[str, Any], needed: bool,
    options: Mapping[str, object], sealed: Sequence[str], form: Form,
) -> OptionField:  # fmt: skip
    part = _resolved(whole, adapter.schema)
    secret = name in adapter.secrets or name in sealed  # an address with a password in it is sealed too
    shape = _shape(part)
    label = catalogue(language).get(f"op-option.{name}") or str(whole.get("title", name))
    told = "" if secret else _written(shape, options.get(name, whole.get("default")))
    typed = "" if secret else form.one(f"{PREFIX}{name}", "" if form.values else told)
    if form.values and shape == "tick":
        typed = "yes" if form.one(f"{PREFIX}{name}") else ""
    choices = tuple(str(it) for it in part.get("enum", ()))
    return OptionField(name, label, shape, typed, needed and name not in sealed, secret, name in sealed, choices)


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference, and leave out that it may be null: that is an empty field."""
    target = str(part.get("$ref", "")).removeprefix("#/$defs/")
    if target:
        return {**schema.get("$defs", {}).get(target, {}), **{k: v for k, v in part.items() if k != "$ref"}}
    kinds = [it for it in part.get("anyOf", ()) if it.get("type") != "null"]
    return {**kinds[0], **part} if len(kinds) == 1 else part


def _shape(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return "choice"
    match part.get("type"):
        case "string":
            return "text"
        case "integer" | "number":
            return "number"
        case "boolean":
            return "tick"
        case "array" if part.get("items", {}).get("type") == "string":
            return "lines"
        case "object" if isinstance(it := part.get("additionalProperties"), dict) and it.get("type") == "string":
            return "pairs"
    return "json"


def _written(shape: str, value: object) -> str:
    """Return an option as it stands in its field."""
    if value is None:
        return ""
    if shape == "tick":
        return "yes" if value else ""
    if shape == "lines" and isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    if shape == "pairs" and isinstance(value, Mapping):
        return "\n".join(f"{name} {EQUALS} {told}" for name, told in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)


def told(value: object) -> str:
    """Return an option in one line, as a page tells it."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {EQUALS} {told(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(told, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def typed(adapter: Described, sealed: Sequence[str], form: Form) -> dict[str, object]:
    """Return the options as they were typed: what is empty goes back to its default (null), a secret then stays."""
    return dict(_typed(adapter, sealed, form))


def _typed(adapter: Described, sealed: Sequence[str], form: Form) -> Iterator[tuple[str, object]]:
    for name, whole in adapter.schema.get("properties", {}).items():
        text = form.one(f"{PREFIX}{name}")
        if name in adapter.secrets or name in sealed:
            if form.one(f"{DROP}{name}"):
                yield name, None
            elif text:
                yield name, _read(_resolved(whole, adapter.schema), text)
            continue
        yield name, _read(_resolved(whole, adapter.schema), text)


def _read(part: Mapping[str, Any], text: str) -> object:
    shape = _shape(part)
    if shape == "tick":
        return bool(text)
    if not text:
        return None
    if shape == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if shape == "pairs":
        pairs = (line.partition(EQUALS) for line in text.splitlines() if line.strip())
        return {name.strip(): value.strip() for name, _, value in pairs}
    if shape in {"number", "json"} or (shape == "choice" and part.get("type") in {"integer", "number"}):
        try:
            return read_json(text.encode())
        except BrokerError:
            return text
    return text
