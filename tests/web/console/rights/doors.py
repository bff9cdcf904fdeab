"""The two doors of the program, and what somebody is answered at each; what is carried out is not kept."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, Self

import httpx
import pytest

from broker.domain.errors import Unavailable
from broker.domain.permits import Permit
from storage.db.unit_of_work import UnitOfWork
from tests.web.console.page import Page, Person

NOTHING_ELSE = ("session:", "idempotency:")
LOOKING = (":read", ":list")
"""Who came in is kept all the same, and what a look sets going."""

DONE = 503
"""What is answered in place of what was about to be carried out."""

SENT_ON = 303
FILE = {"file": ("a.png", b"", "image/png")}
API = "/api/v1"


class Answer(NamedTuple):
    """What somebody was answered: its status, whether a second factor would help, where one is sent."""

    status: int
    factor: bool
    place: str

    @classmethod
    def of(cls, answer: httpx.Response) -> Self:
        wanting = "mfa_fresh" in answer.text or "mfa_met" in answer.text or 'name="code"' in answer.text
        status = 200 if answer.is_success else answer.status_code
        return cls(status, wanting and status == 403, answer.headers.get("location", ""))

    @property
    def open(self) -> bool:
        """Whether the act is open: it would have been carried out, or would be with a second factor."""
        return self.status == DONE or self.factor


class Caller:
    """Somebody at both doors, under one session."""

    def __init__(self, login: str, person: Person) -> None:
        self.login = login
        self.person = person
        self.csrf = dict(person.get("/account").form("/sign-out").fields)["csrf"]
        person.client.follow_redirects = False

    def page(self, path: str) -> Page:
        return self.person.get(path)

    def look(self, path: str) -> Answer:
        return Answer.of(self.person.client.get(path))

    def send(self, path: str, fields: dict[str, list[str]]) -> Answer:
        """Send a form to a page."""
        headers = {"Origin": self.person.url, "Sec-Fetch-Site": "same-origin"}
        sent = {**fields, "csrf": [self.csrf]}
        return Answer.of(self.person.client.post(path, data=sent, headers=headers))

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask the API."""
        headers = {"X-CSRF-Token": self.csrf, "Accept": "application/json"}
        content = None if body is None else json.dumps(body)
        headers |= {"Content-Type": "application/json"} if content else {}
        return self.person.client.request(method, f"{API}{path}", headers=headers, content=content)


class Held(Unavailable):
    """Raised where a change would have been kept."""


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Answer 503 in place of carrying anything out, at the very last step, so that all may be tried on everything."""
    keep = UnitOfWork.commit

    def commit(work: UnitOfWork, permit: Permit, *, done: bool = True) -> None:
        if permit.act.startswith(NOTHING_ELSE) or permit.act.endswith(LOOKING):
            keep(work, permit, done=done)
        elif done:
            raise Held("database-unreachable", detail=permit.act)
        else:
            work._open.rollback()  # a refusal that would have been written down

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UnitOfWork, "commit", commit)
        yield
