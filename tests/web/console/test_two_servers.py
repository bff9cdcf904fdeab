"""Two web processes over one database, each connection at either: nobody notices."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from storage.db.embedded.embedded import EmbeddedServer
from tests.city import City
from tests.web.conftest import over_a_copy
from tests.web.console.balancer import Balancer, balanced
from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.page import HTML, Person
from tests.web.door import Door
from tests.web.steps import submitted
from tests.web.three_servers import three_servers

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def balancer(
    server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Balancer]:
    assert city_template.persons
    logs, data = (tmp_path_factory.mktemp(name) for name in ("logs", "two"))
    with (
        over_a_copy(server, "test_two_servers", data) as broker,
        three_servers(broker, logs, 2, XUELIANG_SECURE_COOKIES="false") as servers,
        balanced([one.url for one in servers]) as between,
    ):
        yield between


def test_nobody_notices_which_server_answers(browser: Browser, balancer: Balancer, city: City) -> None:
    with Door(balancer.url) as door:
        for _ in range(4):
            submitted(door, city, "dh-cg")
    with visiting(browser, balancer.url) as visit:
        visit.sign_in("center.dh")
        page = visit.page
        for left in (3, 2, 1):
            page.locator("[data-row]").first.click()
            page.wait_for_url("**/decision")
            page.get_by_role("button", name="Approve").click()
            page.wait_for_url("**/inbox")
            assert page.locator(".flash").inner_text() == "Approved."
            assert page.locator("[data-row]").count() == left
        page.get_by_role("button", name="中文").click()
        page.locator("html[lang=zh-CN]").wait_for()
        secret = visit.page.context.cookies()
        page.locator("form[action='/sign-out'] button").click()
        page.wait_for_url("**/sign-in")
    with httpx.Client(base_url=balancer.url, trust_env=False) as client:
        for _ in range(6):  # a session that was ended at one has ended at the other
            sent = {"Cookie": "; ".join(f"{it['name']}={it['value']}" for it in secret), **HTML}
            assert client.get("/inbox", headers=sent).headers["location"] == "/sign-in?next=/inbox"
    assert min(balancer.given[0], balancer.given[1]) > 10


def test_a_form_is_carried_out_once_whichever_server_it_comes_to(balancer: Balancer, city: City) -> None:
    with Door(balancer.url) as door:
        place = f"/requests/{submitted(door, city, 'dh-cg')['id']}"
        with Person(balancer.url) as center:
            center.come_in("center.dh")
            form = center.get(f"{place}/decision").form(f"{place}/approve").filled({"comment": "ok"})
            answers = [center.send(f"{place}/approve", form) for _ in range(6)]
            assert {(it.status, it.answer.url.path) for it in answers} == {(200, "/inbox")}
        trace = door["auditor"].get("/audit", stream=f"access_request/{place.rpartition('/')[2]}")
    assert [event["kind"] for event in trace["items"]].count("access_request:approved") == 1
