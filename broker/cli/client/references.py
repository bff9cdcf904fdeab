"""From what people write (a code, a number, part of a name) to the thing that is meant."""

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

from broker.cli.client.server import Server
from broker.domain.errors import Conflict, Unknown

_GB_CODE = re.compile(r"[0-9]{20}")
_TOLD = 5

Record = dict[str, Any]


def camera(server: Server, text: str) -> Record:
    """Return the camera with this id, GB/T 28181 code, or words of its name.

    Raises:
        Unknown: no camera fits.
        Conflict: several fit; the error names some of them.
    """
    if is_id(text):
        found: Record = server.get(f"/cameras/{text}")
        return found
    fitting = list(_first(server, "/cameras", _TOLD + 1, text=text, limit=_TOLD + 1))
    exact = [each for each in fitting if text in {each["gb_code"], each["name"]}]
    if len(exact or fitting) == 1:
        return (exact or fitting)[0]
    if not fitting:
        raise Unknown("camera-not-found", camera=text[:80])
    names = "; ".join(f"{each['gb_code'] or each['id']} {each['name']}" for each in fitting[:_TOLD])
    raise Conflict("camera-ambiguous", camera=text[:80], found=names)


def access_request(server: Server, text: str) -> Record:
    """Return the request with this id or number, in full.

    Raises:
        Unknown: there is none, or this person may not see it.
    """
    if not is_id(text):
        text = next((row["id"] for row in server.pages("/access-requests") if row["number"] == text), text)
    if not is_id(text):
        raise Unknown("request-not-found", request=text[:80])
    found: Record = server.get(f"/access-requests/{quote(text)}")
    return found


def person(server: Server, login: str) -> Record:
    """Return the person with this login, among those the caller may list.

    Raises:
        Unknown: there is none.
    """
    for row in server.pages("/persons", limit=200):
        if row["login"] == login:
            return row
    raise Unknown("unknown-person", person=login[:80])


def is_id(text: str) -> bool:
    """Say whether the text is an id of ours."""
    try:
        UUID(text)
    except ValueError:
        return False
    return not _GB_CODE.fullmatch(text)


def _first(server: Server, path: str, count: int, **query: object) -> list[Record]:
    return list(server.get(path, **query)["items"])[:count]
