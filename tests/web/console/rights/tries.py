"""What is tried: which caller on which thing, and when two doors say the same."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import pytest

from broker.domain.people.accounts import Role
from tests.city import PEOPLE
from tests.proofs import FULL
from tests.web.console.rights.doors import SENT_ON, Answer, Caller
from tests.web.console.rights.filled import MORE, Filled, Thing
from tests.web.console.rights.looked_at import Looked
from tests.web.console.rights.sent import FORM

ROLES = {login: frozenset(map(Role, roles)) for login, _, roles in PEOPLE} | {
    login: frozenset(Role(role) for role, _ in roles) for login, _, roles in MORE
}
OK, CLOSED, UNKNOWN, OVER = 200, 403, 404, 409
LONG = pytest.mark.timeout(3600 if FULL else 300)
TURN = 5
"""Ends up at other pairs of caller and thing for each page."""


class Names:
    """What words in braces stand for: in a path, in a form by the clock of the house, in a body of the API."""

    def __init__(self, filled: Filled) -> None:
        now = filled.now.replace(microsecond=0)
        self.filled = filled
        self.times = {
            "later": now + timedelta(days=1), "until": now + timedelta(days=30),
            "begin": filled.footage.begin, "end": filled.footage.end,
        }  # fmt: skip

    def of(self, kind: str, name: str) -> dict[str, str]:
        """Return what names a thing, and what else a form about it holds."""
        city, thing = self.filled.city, self.filled.things[kind][name]
        known = {"camera": str(city.cameras_of("dh-cg")[0].id), "lines": "", "login": name, **thing}
        if kind == "camera":
            known["gb"] = city.cameras_of(name)[0].gb_code or ""
        if kind == "department":
            known["id"] = str(city.departments[name].id)
        return known

    def fields(self, wanted: Mapping[str, str], known: Thing) -> dict[str, list[str]]:
        """Return a form as a browser sends it; of several values under one name, one a word."""
        zone = self.filled.broker.zone
        local = {name: f"{at.astimezone(zone):%Y-%m-%dT%H:%M:%S}" for name, at in self.times.items()}
        told = {name: value.format(**known, **local) for name, value in wanted.items()}
        return {name: value.split() if name == "line" else [value] for name, value in told.items()}

    def body(self, wanted: object, known: Thing) -> object:
        """Return a body of the API."""
        if isinstance(wanted, str):
            return wanted.format(**known, **{name: at.isoformat() for name, at in self.times.items()})
        if isinstance(wanted, Mapping):
            return {name: self.body(value, known) for name, value in wanted.items()}
        if isinstance(wanted, list):
            return [self.body(each, known) for each in wanted]
        return wanted


def drawn(number: int, names: Sequence[str], callers: Sequence[str], most: int) -> Iterator[tuple[str, str]]:
    """Yield pairs of caller and thing: all of them in the long proofs, else `most` callers, each with one thing."""
    if FULL:
        yield from ((login, name) for login in callers for name in names)
        return
    turn = number * TURN
    for place in range(min(most, len(callers))):
        yield callers[(turn + place * 3) % len(callers)], names[(turn + place) % len(names)]


def asked(caller: Caller, looked: Looked, known: Thing, body: object) -> Answer:
    """Ask the API what a page about a thing is the same as."""
    for path in looked.api:
        told = caller.ask(looked.method, path.format(**known), body)
        answer = Answer.of(told)
        if answer.open:
            answer = Answer(OK, False, "")
        if answer.status != OK:
            return answer
    if looked.listed and not stands_in(told, known[looked.kind]):
        return Answer(UNKNOWN, False, "")
    return answer


def stands_in(told: httpx.Response, key: str) -> bool:
    return any(key in {it.get("id"), it.get("code")} for it in told.json()["items"])


def agree(page: Answer, api: Answer, *, role_first: bool, goes_on: bool) -> bool:
    """Say whether both doors let somebody do the same.

    A page may tell less than the API does of what is refused. It may ask about the role before the thing, where
    nobody of that role may do it to anything. And it may send on who comes too late, or finds nothing to do.
    """
    if page[:2] == api[:2]:
        return True
    if (page.status, api.status) == (UNKNOWN, CLOSED):
        return True
    if (page.status, api.status) == (CLOSED, UNKNOWN):
        return role_first and not page.factor
    return page.status == SENT_ON and goes_on and api.status in {OK, OVER}


def bodies(filled: Filled) -> dict[str, object]:
    """Return what is sent along to ask whether something could be written, by method."""
    until: datetime = filled.now + timedelta(days=30)
    known = {"camera": str(filled.city.cameras_of("dh-cg")[0].id)}
    return {
        "GET": None, "PATCH": {"stopped": True}, "POST": {"reason": "复议期间保全", "until": until.isoformat()},
        "PUT": Names(filled).body(FORM, known),
    }  # fmt: skip
