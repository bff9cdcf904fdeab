"""What a person may look at and do, thing by thing: the same at the console as at the API."""

import re
from collections import Counter

from tests.proofs import FULL
from tests.web.console.acts_of_pages import OPENED
from tests.web.console.acts_of_pages import SENT as ACTS
from tests.web.console.rights.conftest import House
from tests.web.console.rights.doors import SENT_ON, Answer
from tests.web.console.rights.filled import CALLERS
from tests.web.console.rights.looked_at import LOOKED, NOT_OF_ONE_THING
from tests.web.console.rights.sent import NOT_COMPARED, SENT, Sent
from tests.web.console.rights.tries import LONG, OK, OVER, ROLES, Names, agree, asked, bodies, drawn
from tests.web.console.test_rights import possible, sent_to

pytestmark = LONG

LOOKS, WRITERS = 1, 1
"""How many callers try a page, and a form, where not all of them do."""


def route_of(page: str, among: dict[str, str]) -> str:
    """Return the path of the route that a path with names in braces is one of."""
    plain = page.partition("?")[0]
    fits = [path for path in among if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), plain)]
    return min(fits, key=lambda path: path.count("{"))


def test_no_page_about_a_thing_is_left_out() -> None:
    compared = {route_of(looked.page, OPENED) for looked in LOOKED}
    assert {path for path in OPENED if "{" in path} - compared <= NOT_OF_ONE_THING.keys()
    done = {sent_to(sent.page.replace("{", "").replace("}", "")) for sent in SENT}
    assert {path for path in ACTS if "{" in path and ACTS[path]} - done <= NOT_COMPARED.keys()


def test_a_page_about_a_thing_is_there_for_whom_the_api_tells_of_it(house: House) -> None:
    callers, filled = house
    names, bodies_of = Names(filled), bodies(filled)
    differing, seen = [], Counter[int]()
    for number, looked in enumerate(LOOKED):
        acts = OPENED[route_of(looked.page, OPENED)]
        for login, name in drawn(number, list(filled.things[looked.kind]), CALLERS, LOOKS):
            if looked.kind == "person" and login == name:  # one's own ways in everybody may read, at the API
                continue
            known = names.of(looked.kind, name)
            page = callers[login].look(looked.page.format(**known))
            api = asked(callers[login], looked, known, bodies_of[looked.method])
            role_first = not possible(ROLES[login], acts)
            same = agree(page, api, role_first=role_first, goes_on=looked.goes_on)
            if not same and not (looked.not_yet and page.status == OVER):
                differing.append((looked.page, login, name, page, api))
            seen[page.status] += 1
    assert differing == []
    assert seen.keys() >= {200, 403, 404}


def tried(house: House, sent: Sent, login: str, name: str) -> tuple[Answer, Answer]:
    """Send a form to its page, and the same act to the API."""
    caller, names = house.callers[login], Names(house.filled)
    known = names.of(sent.kind, name)
    page = caller.send(sent.page.format(**known), names.fields(sent.fields, known))
    api = caller.ask(sent.method, sent.api.format(**known), names.body(sent.body, known) if sent.body else sent.body)
    return page, Answer.of(api)


def test_a_form_about_a_thing_is_open_to_whom_the_api_lets_do_the_same(house: House) -> None:
    """In every run each second form is tried by somebody to whom it is open, the others by whom chance names."""
    differing, not_open = [], []
    for number, sent in enumerate(SENT):
        if sent.one and (FULL or number % 2):
            page, api = tried(house, sent, *sent.one)
            if not (page.open and api.open) and (page.status, api.status) != (SENT_ON, OK):
                not_open.append((sent.page, sent.one, page, api))
        if sent.one and not FULL and number % 2:
            continue
        acts = ACTS[sent_to(sent.page.replace("{", "").replace("}", ""))]
        able = [login for login in CALLERS if possible(ROLES[login], acts)]
        for login, name in drawn(number, list(house.filled.things[sent.kind]), able, WRITERS):
            page, api = tried(house, sent, login, name)
            if not agree(page, api, role_first=False, goes_on=api.status == OK or "/apply/" in sent.page):
                differing.append((sent.page, login, name, page, api))
    assert differing == []
    assert not_open == []
