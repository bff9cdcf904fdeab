"""Two web processes over one database, each connection at either: nobody notices."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from storage.db.embedded.embedded import EmbeddedServer
from tests.city import City
from tests.services.papers import png
from tests.web.conftest import over_a_copy
from tests.web.console.balancer import Balancer, balanced
from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.page import HTML, Page, Person
from tests.web.door import Door
from tests.web.steps import draft, submitted
from tests.web.three_servers import PATIENCE, Server, three_servers

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def house(
    server: EmbeddedServer, city_template: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Balancer, tuple[Server, ...]]]:
    assert city_template.persons
    logs, data = (tmp_path_factory.mktemp(name) for name in ("logs", "two"))
    with (
        over_a_copy(server, "test_two_servers", data) as broker,
        three_servers(broker, logs, 2, XUELIANG_SECURE_COOKIES="false") as servers,
        balanced([one.url for one in servers]) as between,
    ):
        yield between, servers


@pytest.fixture
def balancer(house: tuple[Balancer, tuple[Server, ...]]) -> Balancer:
    return house[0]


@pytest.fixture
def servers(house: tuple[Balancer, tuple[Server, ...]]) -> tuple[Server, ...]:
    return house[1]


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


def test_a_paper_and_what_was_typed_outlive_a_restart(
    balancer: Balancer, servers: tuple[Server, ...], city: City
) -> None:
    with Door(balancer.url) as door, Person(balancer.url) as asker:
        key = draft(door, city, "dh-cg")["id"]
        asker.client.timeout = door.client.timeout = httpx.Timeout(PATIENCE)
        asker.come_in("asker")
        place = f"/requests/{key}/apply"
        page = asker.get(f"{place}/matter")
        asker.press(page, f"{place}/matter", reason="夜间倾倒渣土，需核对车牌")
        fields = page.form(f"{place}/papers").filled({})
        headers = {"Origin": asker.url, "Sec-Fetch-Site": "same-origin"}
        sent = {name: value for name, value in fields.items() if name != "file"}
        files = {"file": ("通知书.png", png(), "image/png")}
        attached = Page(asker.client.post(f"{place}/papers", data=sent, files=files, headers=headers))
        assert "通知书.png" in attached.text
        check = asker.get(f"{place}/check")
        servers[0].restart()
        handed_in = asker.press(check, f"{place}/check")
        assert (handed_in.status, handed_in.answer.url.path) == (200, f"/requests/{key}")
        told = door["center.dh"].get(f"/access-requests/{key}")
        assert (told["state"], told["purpose"]["reason"]) == ("CENTER_REVIEW", "夜间倾倒渣土，需核对车牌")
        (paper,) = door["center.dh"].get(f"/access-requests/{key}/attachments")["items"]
        contents = {door["center.dh"].send("GET", f"/attachments/{paper['id']}/content").content for _ in range(6)}
        assert len(contents) == 1
        assert paper["size"] == len(contents.pop())


def test_a_page_hears_of_what_another_server_did(browser: Browser, servers: tuple[Server, ...], city: City) -> None:
    with visiting(browser, servers[1].url) as visit, Door(servers[0].url) as door:
        visit.sign_in("center.dh")
        badge = visit.page.locator("[data-count=inbox]")
        before = int(badge.inner_text() or "0") if badge.is_visible() else 0
        number = submitted(door, city, "dh-cg")["number"]
        visit.page.locator("[data-count=inbox]", has_text=str(before + 1)).wait_for()
        visit.page.locator("#waiting").get_by_text(number).wait_for()
