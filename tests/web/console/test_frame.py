"""Around every page: headers, languages, errors, the way past the bar."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.routes_of import PUBLIC_PAGES, filled, page_routes

EVERYBODY = [
    "/account", "/account/password", "/account/second-factor", "/account/identities", "/step-up", "/keys",
    "/components", "/",
]  # fmt: skip
DESKS = ["/inbox", "/requests", "/requests?scope=all&state=CENTER_REVIEW", "/grants"]
NO_PAGES = {
    "/", "/favicon.ico", "/assets/{name}", "/invite/{token}", "/map/base/{z}/{x}/{y}", "/map/outline.geojson",
    "/requests/{key}/cameras.geojson", "/requests/{key}/apply", "/requests/{key}/apply/cameras.geojson",
    "/live", "/live/now",
}  # fmt: skip
"""What is looked at elsewhere, or shows nothing: a way on, a picture, a file, a page that a link is needed for."""

HAN = re.compile(r"[\u4e00-\u9fff]")


def held(page: Page) -> None:
    """Hold a page to what holds for all of them."""
    headers = page.answer.headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in headers["permissions-policy"]
    tags = {tag for tag, _ in page.tags}
    assert {"main", "title", "h1"} <= tags
    for tag, given in page.tags:
        assert "style" not in given, (tag, given)
        assert not [name for name in given if name.startswith("on")], (tag, given)
    assert [given["lang"] for tag, given in page.tags if tag == "html"] == [headers["content-language"]]
    assert not re.search(r"\b(frame|desk|state|flash|request|sign-in)\.[a-z]+", page.text), page.text


def pages(person: Person, *places: str) -> Iterator[Page]:
    for place in places:
        page = person.get(place)
        assert page.status == 200, (place, page.text)
        yield page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_everybody(hall: Enter, language: str) -> None:
    person = hall("asker", language)
    for page in pages(person, *EVERYBODY, *DESKS):
        held(page)
        assert page.has_form("/sign-out")
        chrome = next(given["href"] for tag, given in page.tags if tag == "a")
        assert chrome == "#main"
        assert bool(
            HAN.search(page.text.replace("人员asker", "").replace("东河区生态环境局", "").replace("中文", ""))
        ) is (language == "zh")


def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back(hall: Enter) -> None:
    stranger = hall()
    page = stranger.get("/requests?scope=all")
    held(page)
    assert page.answer.url.path == "/sign-in"
    assert ("next", "/requests?scope=all") in page.form("/sign-in").fields
    arrived = stranger.press(page, "/sign-in", login="asker", password="correct-horse-battery")
    assert str(arrived.answer.url).endswith("/requests?scope=all")
    assert stranger.get("/sign-in?next=/grants").answer.url.path == "/grants"


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"]
)
def test_nobody_is_sent_elsewhere(hall: Enter, place: str) -> None:
    stranger = hall()
    sent = (
        stranger.get("/sign-in")
        .form("/sign-in")
        .filled({"next": place, "login": "asker", "password": "correct-horse-battery"})
    )
    answer = stranger.client.post("/sign-in", data=sent, headers={"Origin": stranger.url}, follow_redirects=False)
    assert answer.headers["location"] == "/"


def test_a_link_from_elsewhere_takes_one_more_step(hall: Enter) -> None:
    """A strict cookie does not come along when somebody else's page sends the browser here."""
    answer = hall().client.get("/inbox", headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)
    page = Page(answer)
    assert ("meta", {"http-equiv": "refresh", "content": "0;url=/inbox"}) in page.tags
    held(page)


def test_the_language_is_chosen_and_stays(hall: Enter) -> None:
    person = hall("asker", "en")
    page = person.get("/requests?scope=all")
    chinese = person.press(page, "/language", language="zh_CN")
    assert str(chinese.answer.url).endswith("/requests?scope=all")
    assert "调阅申请" in chinese.text
    held(chinese)
    assert HAN.search(person.get("/nowhere").text)
    assert "Requests" in person.press(chinese, "/language", language="en").text
    refused = person.press(person.get("/inbox"), "/language", language="xx")
    assert refused.status == 422


@pytest.mark.parametrize(
    ("came", "back"),
    [("{ours}/account/second-factor", "/account/second-factor"), ("https://evil.example/x", "/"), ("http://[", "/")],
)
def test_the_language_is_switched_on_a_refused_form_too(hall: Enter, came: str, back: str) -> None:
    """A form that was refused is shown under the address it was sent to, which cannot be looked at."""
    person = hall("asker")
    page = person.get("/account/second-factor")
    fields = page.form("/account/second-factor/begin").filled({"password": ""})
    refused = person.send("/account/second-factor/begin", fields, Referer=came.format(ours=person.url))
    assert refused.status == 422
    assert ("next", back) in refused.form("/language").fields


@pytest.mark.parametrize(("language", "title"), [("zh", "不存在或不可见"), ("en", "Not there, or not to be seen")])
def test_errors_are_pages_for_people_and_data_for_programs(hall: Enter, language: str, title: str) -> None:
    person = hall("asker", language)
    for place in ("/nowhere", "/requests/01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00"):
        page = person.get(place)
        held(page)
        assert page.status == 404
        assert language == "zh" or title in page.text
        assert page.answer.headers["x-request-id"] in page.text
        data = person.client.get(place, headers={"Accept": "*/*"})
        assert data.headers["content-type"] == "application/problem+json"
    wrong = person.client.get("/requests?colour=red")
    assert wrong.status_code == 422
    held(Page(wrong))
    api = person.client.get("/api/v1/nowhere")
    assert api.headers["content-type"] == "application/problem+json"


def test_a_fault_of_ours_is_a_page_that_tells_nothing(hall: Enter, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the house")

    person = hall("asker")
    monkeypatch.setattr("broker.services.requests.inbox.Inbox.page", broken)
    page = person.get("/inbox")
    held(page)
    assert page.status == 500
    assert "secret of the house" not in page.answer.text


def test_every_page_asks_who_comes_or_is_on_the_list(hall: Enter) -> None:
    stranger, asked = hall(), 0
    headers = {"Accept": "*/*", "Origin": stranger.url}
    for method, path in page_routes():
        if (method, path) in PUBLIC_PAGES:
            continue
        data = {"reason": "x"} if method == "POST" else None
        answer = stranger.client.request(method, filled(path), headers=headers, data=data, follow_redirects=False)
        assert answer.status_code == 401, (method, path)
        asked += 1
    assert asked > 25
    assert set(PUBLIC_PAGES) <= set(page_routes())


def test_every_page_is_looked_at_in_a_browser() -> None:
    """Whoever adds a page has it held to what holds for all: each module of such tests says which it SHOWs."""
    folder = Path(__file__).parent
    names = [path.relative_to(folder).with_suffix("").parts for path in sorted(folder.rglob("test_*.py"))]
    modules = [import_module(".".join((str(__package__), *name))) for name in names]
    shown: set[str] = set().union(*(getattr(module, "SHOWN", set()) for module in modules))
    pages = {path for method, path in page_routes() if method == "GET"} - NO_PAGES
    assert sorted(pages - shown) == []
    assert sorted(shown - pages) == []
