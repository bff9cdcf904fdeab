"""JSON as strictly as it is meant: UTF-8, not too deep, each member once, no NaN, no text a database cannot hold."""

import json
import math
import re
from typing import Any

from fastapi import Request

from broker.domain.errors import Invalid

DEEPEST = 32
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# A string without its end reaches to the end of the body: else each quote in it would be tried anew.
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)


class ReadRequest(Request):
    """A request whose JSON was read strictly before the framework asks for it."""

    document: Any = None

    async def json(self) -> Any:
        return self.document


def read_json(body: bytes) -> Any:
    """Return the document.

    Raises:
        Invalid: it is no JSON, or JSON of which two readers would make two things; the facts name the place.
    """
    _check_depth(body)
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_members, parse_constant=_constant, parse_float=_number
        )  # fmt: skip
    except UnicodeDecodeError as error:
        raise Invalid("json-encoding", position=error.start) from None
    except json.JSONDecodeError as error:
        raise Invalid("json-invalid", line=error.lineno, column=error.colno) from None
    except ValueError:  # a figure of more digits than Python turns into a number
        raise Invalid("json-number") from None
    _check_text(document, "")
    return document


def _check_depth(body: bytes) -> None:
    """Count brackets before the parser recurses over them; brackets inside strings do not count."""
    depth = 0
    for found in _BRACKETS.finditer(body):
        token = found.group()
        if token in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise Invalid("json-too-deep", most=DEEPEST)
        elif token in b"]}":
            depth -= 1


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise Invalid("json-duplicate", name=name.encode(errors="replace").decode()[:80])
        members[name] = value
    return members


def _constant(name: str) -> Any:
    raise Invalid("json-constant", value=name)


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Invalid("json-number")
    return number


def _check_text(value: Any, place: str) -> None:
    if isinstance(value, str):
        check_text(value, place)
    elif isinstance(value, dict):
        for name, part in value.items():
            check_text(name, place)
            _check_text(part, f"{place}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            _check_text(part, f"{place}/{number}")


def check_text(text: str, place: str) -> None:
    """Refuse text that no database and no log takes.

    Raises:
        Invalid: it holds U+0000 or half of a surrogate pair.
    """
    if UNSTORABLE.search(text):
        raise Invalid("text-unstorable", pointer=place)
