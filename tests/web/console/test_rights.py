"""Every page and every form before every role: what the oracle of the policy says, shown and carried out."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

from broker.bootstrap import Broker
from broker.domain.notices.notices import NOTICES
from broker.domain.people.accounts import Role
from broker.web.app import create_app
from broker.web.console.desks import DESKS
from broker.web.texts import catalogue
from storage.db.embedded.embedded import EmbeddedServer
from tests.city import PEOPLE, City
from tests.policies.oracle import may
from tests.policies.test_matrix import worlds
from tests.services.papers import png
from tests.web.conftest import over_a_copy
from tests.web.console.acts_of_pages import OPENED, OWN, SENT
from tests.web.console.conftest import Enter, entrance, without_tls
from tests.web.console.crawl import Crawl, Found
from tests.web.console.page import Page, Person
from tests.web.door import Door, serving
from tests.web.routes_of import EXAMPLES, PUBLIC_PAGES, page_routes
from tests.web.steps import approved, bind, granted, item_of, submitted

ROLES = {login: frozenset(map(Role, roles)) for login, _, roles in PEOPLE}
VISITORS = ("asker", "looker", "center.dh", "owner.cg", "auditor", "sysadmin", "secadmin")
"""One of each office."""

OK, REFUSED = 200, {403, 404}
WHOLE: dict[str, dict[str, str]] = {
    "/departments/{department}/edit": {"name": "新名", "name_en": "", "division": "990102", "revision": "1"},
    "/departments/{department}/add": {"code": "made-up", "name": "新部门", "kind": "department", "division": "990102"},
    "/health/targets": {"department": "dh", "per_mille": "950"},
    "/maintenance": {"source": "archive", "begins": "2027-12-01T22:00", "ends": "2027-12-02T02:00", "reason": "检修"},
    "/plan-targets/set": {"year": "2026", "indicator": "coverage.plan", "value": "1", "department": "dh"},
    "/departments/{department}/move": {"parent": "xs"},
    "/camera-fields": {"key": "grid", "zh": "网格", "en": "Grid", "kind": "text"},
    "/camera-fields/{field}": {"zh": "网格", "en": "Grid", "kind": "text"},
    "/sources/{code}/clock": {"shown": "2026-11-20T22:00:00", "actual": "2026-11-20T22:00:01"},
}
"""Forms that nobody is asked about before they are whole."""

OTHERS = {path for method, path in PUBLIC_PAGES if method == "POST"}
OF_PAGES = {"field": "madeup", "number": "1", "decision": "accept", "what": "request"}
ASKED_WITH = {"/trace/stream": "?name=made-up"}
FOREIGN = re.compile(r"^(?:[a-z]+:)?//", re.IGNORECASE)
SLUG = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9.-]*")


class House(NamedTuple):
    """The console over a city where something is in every state, and what its routes are asked with."""

    broker: Broker
    enter: Enter
    facts: dict[str, dict[str, str]]

    def place(self, path: str) -> str:
        """Return an address of a route, of things that are there."""
        known = {**EXAMPLES, **OF_PAGES, **self.facts.get(path.split("/")[1], {})}
        return re.sub(r"\{(\w+)\}", lambda name: known[name[1]], path) + ASKED_WITH.get(path, "")

    def written(self) -> int:
        """Count what the trace tells, without who came in."""
        with self.broker.engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT count(*) FROM audit_event WHERE kind NOT LIKE 'session:%%'")
            return int(rows.scalar_one())


@pytest.fixture(scope="module")
def house(server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with over_a_copy(server, "test_rights", tmp_path_factory.mktemp("rights")) as broker:
        bind(broker, city_template, str(broker.settings.data))
        with serving(create_app(without_tls(broker))) as url, entrance(url) as enter:
            with Door(url) as door:
                waiting, decided = submitted(door, city_template), approved(door, city_template)
                grant = granted(door, city_template)
            item = item_of(decided, "dh-cg")["id"]
            facts = {
                "requests": {"key": waiting["id"], "item": item},
                "grants": {"key": grant["id"]},
                "ledger": {"key": grant["id"]},
                "people": {"key": str(city_template.persons["looker"])},
                "cameras": {"key": str(city_template.cameras_of("dh-cg")[0].id)},
                "trace": {"key": waiting["id"]},
            }
            yield House(broker, enter, facts)


@cache
def possible(roles: frozenset[Role], acts: str) -> bool:
    """Say whether the oracle lets these roles do one of the acts to anything at all."""
    return not acts or any(may(roles, act, relation) for act in acts.split() for relation in worlds(act, roles))


def test_every_page_and_every_form_has_its_act() -> None:
    routes = {(method, path) for method, path in page_routes() if (method, path) not in PUBLIC_PAGES}
    assert {("GET", path) for path in OPENED} | {("POST", path) for path in SENT} == routes


@pytest.fixture(scope="module")
def walked(house: House) -> dict[str, list[Found]]:
    """Every visitor's way through the console."""
    return {login: list(Crawl(each=1).of(house.enter(login))) for login in VISITORS}


def test_no_link_leads_where_its_reader_may_not_go(walked: dict[str, list[Found]]) -> None:
    unanswered, closed = set(), set()
    for login, pages in walked.items():
        unanswered |= {f"{login}: {it.place} {it.page.status}" for it in pages if it.page.status != OK}
        closed |= {f"{login}: {it.route}" for it in pages if not possible(ROLES[login], OPENED[it.route])}
    assert unanswered == set()
    assert closed == set()


def test_no_form_is_shown_to_whom_its_act_is_closed(walked: dict[str, list[Found]]) -> None:
    wrong = set()
    for login, all_ in walked.items():
        for found in all_:
            for form in found.page.forms:
                if form.method == "post" and not possible(ROLES[login], SENT.get(sent_to(form.action), OWN)):
                    wrong.add(f"{login}: {form.action} on {found.place}")
    assert wrong == set()


def test_a_key_of_a_desk_means_nothing_else_on_any_page(walked: dict[str, list[Found]]) -> None:
    desks, twice = {desk.key: desk.path for desk in DESKS}, set()
    for found in (it for pages in walked.values() for it in pages):
        for given in (given for _, given in found.page.tags if "data-key" in given):
            if given.get("href") != desks.get(given["data-key"], given.get("href")):
                twice.add(f"{given['data-key']} on {found.route}")
    assert len(desks) == len(DESKS)
    assert twice == set()


def sent_to(action: str) -> str:
    """Return the path of the route that a form goes to."""
    plain = action.partition("?")[0]
    fits = (path for path in (*SENT, *OTHERS) if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), plain))
    found = sorted(fits, key=lambda path: path.count("{"))
    assert found, f"no route for {action}"
    return found[0]


@pytest.mark.parametrize("login", VISITORS)
def test_what_is_closed_to_somebody_is_refused(house: House, login: str) -> None:
    person = house.enter(login)
    csrf = dict(person.get("/account").form("/sign-out").fields)["csrf"]
    sent = {"csrf": [csrf], "revision": ["1"], "reason": ["because"], "report": ["because"]}
    before, let_in = house.written(), set()
    for path in (path for path, acts in OPENED.items() if not possible(ROLES[login], acts)):
        if not refused(page := person.get(house.place(path))):
            let_in.add(f"GET {path}: {page.status}")
    for path in (path for path, acts in SENT.items() if not possible(ROLES[login], acts)):
        fields = sent | {name: [value] for name, value in WHOLE.get(path, {}).items()}
        if not refused(page := handed_in(person, house.place(path), fields)):
            let_in.add(f"POST {path}: {page.status}")
    assert let_in == set()
    assert house.written() == before


def handed_in(person: Person, place: str, fields: dict[str, list[str]]) -> Page:
    """Send a form, with its picture where it takes one."""
    if not place.endswith("/clock"):
        return person.send(place, fields)
    headers = {"Origin": person.url, "Sec-Fetch-Site": "same-origin"}
    files = {"file": ("a.png", png(), "image/png")}
    return Page(person.client.post(place, data=fields, files=files, headers=headers))


def refused(page: Page) -> bool:
    """Say whether somebody was kept out, or sent to another page."""
    return page.status in REFUSED or bool(page.answer.history)


def test_pages_name_no_other_host_and_no_text_without_words(walked: dict[str, list[Found]]) -> None:
    slugs = catalogue("en").keys()
    faults = set()
    for found in (it for all_ in walked.values() for it in all_):
        for tag, given in found.page.tags:
            for name in ("src", "action", "poster", "srcset", "hx-get", "hx-post") + (("href",) if tag != "a" else ()):
                if FOREIGN.match(given.get(name, "")):
                    faults.add(f"{found.route}: {tag} {name}={given[name]}")
        faults |= {f"{found.route}: {slug}" for slug in SLUG.findall(found.page.text) if slug in slugs - NOTICES.keys()}
    assert faults == set()


def test_both_languages_show_the_same_pages(house: House, walked: dict[str, list[Found]]) -> None:
    chinese = {it.route: it.page for it in Crawl(each=1).of(house.enter("auditor", "zh"))}
    assert chinese.keys() == {it.route for it in walked["auditor"]}
    tongues = {route: given["lang"] for route, page in chinese.items() for tag, given in page.tags if tag == "html"}
    assert set(tongues.values()) == {"zh-CN"}
