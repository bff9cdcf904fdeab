"""What an adapter wants to know about a source: its options as a JSON Schema, and which of them are secret."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any

from adapters.base import Capability
from adapters.registry import load

_WITH_PASSWORD = re.compile(r"://[^/?#\s]*@")


@dataclass(frozen=True)
class Described:
    """One installed adapter.

    `about` is the first sentence of its documentation, `schema` the JSON Schema (2020-12) of its options, `secrets` the
    names of those that are secret.
    """

    name: str
    about: str
    capabilities: frozenset[Capability]
    schema: Mapping[str, Any]
    secrets: frozenset[str]


def described(name: str) -> Described:
    """Describe an adapter; it is imported, and nothing is asked of any source.

    Raises:
        UnknownAdapter: none of that name is installed.
        AdapterNotLoadable: its package, or one that it needs, cannot be imported.
    """
    adapter = load(name)
    schema = adapter.Options.model_json_schema()
    about = (getdoc(adapter) or "").partition("\n")[0]
    return Described(name, about, adapter.capabilities, schema, _secrets(schema))


def carries_password(value: object) -> bool:
    """Say whether an option that is no secret by its schema holds one all the same: an address with a password."""
    return any(_WITH_PASSWORD.search(text) for text in _texts(value))


def _secrets(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the options that are secret, or of which a part is: `SecretStr`, or marked `writeOnly` by the adapter."""
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    options: Mapping[str, Any] = schema.get("properties", {})
    return frozenset(name for name, option in options.items() if _is_secret(option, definitions, frozenset()))


def _is_secret(part: object, definitions: Mapping[str, Any], seen: frozenset[str]) -> bool:
    if isinstance(part, list):
        return any(_is_secret(each, definitions, seen) for each in part)
    if not isinstance(part, Mapping):
        return False
    if part.get("writeOnly") is True:
        return True
    target = str(part.get("$ref", "")).removeprefix("#/$defs/")
    if target and target not in seen and _is_secret(definitions.get(target), definitions, seen | {target}):
        return True
    return any(_is_secret(each, definitions, seen) for each in part.values())


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
