"""What stands on a page is what its reader may do, and what a reader may do stands there: tried, thing by thing."""

import re
from collections.abc import Iterator

from tests.proofs import FULL
from tests.web.console.rights.conftest import House
from tests.web.console.rights.doors import Answer
from tests.web.console.rights.filled import CALLERS
from tests.web.console.rights.sent import OF_FOOTAGE, OF_REQUESTS, Sent
from tests.web.console.rights.tries import LONG, OK, OVER, Names

READERS = {
    "request": {
        "draft": ("asker",), "waiting": ("center.dh",), "at-owners": ("owner.cg",),
        "granted": ("asker", "auditor"), "emergency": ("center.dh", "owner.jt"),
    },
    "grant": {
        "granted": ("looker", "owner.cg", "asker"), "suspended": ("owner.cg",), "suspended-above": ("owner.cg",),
    },
}  # fmt: skip
"""Whose pages are looked at in every run: of each state, by those who have something to do with it."""

pytestmark = LONG

KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
ORDER = "/retrieve"
"""Whoever may order may find that a point has no recorder: 409."""


class Reader:
    """Somebody before a thing: what stands on the pages about it, and what comes of trying."""

    def __init__(self, house: House, login: str, kind: str, name: str) -> None:
        self.caller = house.callers[login]
        self.names = Names(house.filled)
        self.told = f"{login}, {name}"
        self.known = self.names.of(kind, name)
        self.on: set[str] = set()
        self.wrong: list[str] = []

    def look(self, place: str) -> bool:
        """Remember the forms and links of a page; say whether it is there."""
        page = self.caller.page(place)
        if page.status == OK:
            self.on |= {form.action for form in page.forms if form.method == "post"} | set(page.links)
        return page.status == OK

    def follow(self, *places: str) -> None:
        """Go to pages that the one before may lead to; note a link to what is closed, and one that is missing."""
        linked = frozenset(self.on)
        for place in places:
            there = self.look(place)
            if there is not (place in linked):
                self.wrong.append(f"{self.told}: a link to {KEY.sub('*', place)}, {there=}")

    def forms(self, sent: Sent, known: dict[str, str]) -> None:
        """Note a form that is shown and closed, and one that is open and not shown.

        Asked is the API: that forms are open to the same people is proved in test_things.py.
        """
        action = sent.page.format(**known)
        body = self.names.body(sent.body, known)
        answer = Answer.of(self.caller.ask(sent.method, sent.api.format(**known), body))
        if (answer.open or (answer.status == OVER and sent.page.endswith(ORDER))) is not (action in self.on):
            self.wrong.append(f"{self.told}: {sent.page} is {answer}, shown: {action in self.on}")


def readers(kind: str, house: House) -> Iterator[tuple[str, str]]:
    """Yield who looks at which thing: in the long proofs everybody at all of them."""
    for name in house.filled.things[kind] if FULL else READERS[kind]:
        for login in CALLERS if FULL else READERS[kind][name]:
            yield login, name


def shown(every: list[Reader]) -> set[str]:
    return {KEY.sub("*", it) for reader in every for it in reader.on}


def before_request(house: House, login: str, name: str) -> Reader:
    """Look at all pages about a request, and try all that may be done about it and its parts."""
    reader, things = Reader(house, login, "request", name), house.filled.things
    key = reader.known["request"]
    items = [things["item"][it] for it in things["item"] if it.startswith(f"{name}/")]
    if not reader.look(f"/requests/{key}"):
        return reader
    parts = (f"/requests/{key}/items/{it['item']}" for it in items)
    more = (f"/requests/{key}/{it}" for it in ("apply/matter", "decision"))
    reader.follow(*parts, *more, f"/holds/on-request/{key}", f"/escrow/{key}")
    for sent in (it for it in OF_REQUESTS if it.page.startswith("/requests") and "/apply/" not in it.page):
        for known in items if sent.kind == "item" else [reader.known]:
            reader.forms(sent, {"lines": "", **known})
    again = f"/requests/{key}/again"
    if reader.caller.send(again, {}).open is not (again in reader.on):
        reader.wrong.append(f"{reader.told}: {again}")
    return reader


def test_a_request_shows_what_may_be_done_about_it(house: House) -> None:
    every = [before_request(house, login, name) for login, name in readers("request", house)]
    assert [it for reader in every for it in reader.wrong] == []
    verbs = ("approve", "return", "reject", "ratify", "disavow", "submit", "withdraw", "close", "again")
    of_items = ("authorize", "refuse", "return", "veto")
    wanted = {f"/requests/*/{it}" for it in verbs} | {f"/requests/*/items/*/{it}" for it in of_items}
    assert wanted <= shown(every)


def before_grant(house: House, login: str, name: str) -> Reader:
    """Look at all pages about a grant, and try to end it, to let it go on, to renew it, to order under it."""
    reader = Reader(house, login, "grant", name)
    place = f"/grants/{reader.known['grant']}"
    if not reader.look(place):
        return reader
    of = next(it for it in reader.on if it.startswith("/requests/"))
    reader.look(of)
    for sent in (it for it in OF_FOOTAGE if it.kind == "grant" and it.page.startswith("/grants")):
        if sent.page.endswith(ORDER):
            reader.look(f"{place}/retrieve")
        reader.forms(sent, reader.known)
    reader.look("/ledger")
    return reader


def test_a_grant_shows_what_may_be_done_about_it(house: House) -> None:
    every = [before_grant(house, login, name) for login, name in readers("grant", house)]
    assert [it for reader in every for it in reader.wrong] == []
    verbs = ("suspend", "resume", "revoke", "renew", "retrieve")
    assert {f"/grants/*/{it}" for it in verbs} | {"/ledger/*/suspend", "/ledger/*/revoke"} <= shown(every)
