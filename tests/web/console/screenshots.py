"""Draws every page of the console, of a made-up city with a case in it: light and dark, in both languages.

    python -m tests.web.console.screenshots FOLDER

Pages are found along their links, as each person in turn; a file is named by the page and by who looks at it.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, sync_playwright

from broker.bootstrap import Broker, open_broker
from broker.demo.people import APPROVER, ASKER, AUDITOR, CONSENTING, LOOKER, REFUSING
from broker.settings import read_settings
from broker.web.app import create_app
from broker.web.console import assets
from broker.web.language import COOKIE
from broker.worker.app import worker_thread
from tests.web.console.browsing import CHROMIUM, FLAGS
from tests.web.console.conftest import without_tls
from tests.web.console.crawl import Crawl
from tests.web.console.page import Person
from tests.web.door import API, serving
from tests.web.three_servers import PROGRAM

ADMINISTRATORS = ("xt.lin", "aq.gu")
PEOPLE = (ASKER, APPROVER, CONSENTING, LOOKER, AUDITOR, *ADMINISTRATORS)
"""Who draws; a page is drawn as the first of them who comes to it, a page of EACH as every one."""

EACH = frozenset({"/inbox"})
MINUTES, POINTS = "4", "300"
DRAWN = 400  # milliseconds after which maps and charts stand still
LANGUAGES = {"zh": ("zh_CN", "zh-CN"), "en": ("en", "en-US")}


@contextmanager
def city(folder: Path) -> Iterator[tuple[Broker, Mapping[str, str]]]:
    """Make the demonstration's city and open what it left; gives everybody's password by login."""
    made = subprocess.run(
        [*PROGRAM, "demo", "--folder", str(folder), "--minutes", MINUTES, "--points", POINTS],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        sys.exit(f"the city could not be made: {made.stderr[-2000:]}")
    told = (folder / "people.txt").read_text(encoding="utf-8").splitlines()
    passwords = {login: password for login, password, *_ in (line.split() for line in told)}
    settings = read_settings(data=folder / "data", database_url=None, blobs_url=None, workers=1)
    with open_broker(settings) as broker, worker_thread(broker, 1):
        yield without_tls(broker), passwords


class Voice:
    """Somebody who speaks to the API, to put more on the desks than the demonstration left there."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self._client = httpx.Client(base_url=f"{url}{API}", trust_env=False, timeout=60)
        self._csrf = self.post("/sessions", {"login": login, "password": password})["csrf"]

    def get(self, path: str, **query: str) -> Any:
        return self._client.get(path, params=query).raise_for_status().json()

    def post(self, path: str, body: object = None) -> Any:
        headers = {"X-CSRF-Token": getattr(self, "_csrf", "")}
        answer = self._client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()


def furnish(url: str, passwords: Mapping[str, str]) -> None:
    """Leave requests in every state: a draft, two that wait, one at the owners, one returned, a grant that lives."""
    voices = {login: Voice(url, login, passwords[login]) for login in (ASKER, APPROVER, CONSENTING, REFUSING, LOOKER)}
    (known,) = [it for it in voices[ASKER].get("/access-requests")["items"] if it["outcome"]]
    model = voices[ASKER].get(f"/access-requests/{known['id']}")
    lines = [line for item in model["items"] for line in item["lines"]]
    body = {
        "purpose": {name: model["purpose"][name] for name in ("basis", "matter", "case_number", "reason")},
        "investigators": [LOOKER],
        "lines": [{"camera": line["camera"]["id"], **line["asked"]} for line in lines],
    }
    drafts = [voices[ASKER].post("/access-requests", body)["id"] for _ in range(6)]
    waiting = [voices[ASKER].post(f"/access-requests/{key}/submit") for key in drafts[1:]]
    to_owners, to_owner, returned = waiting[:3]
    center = voices[APPROVER]
    center.post(f"/access-requests/{returned['id']}/return", {"revision": 1, "comment": "请补充车辆特征与大致时段"})
    for one in (to_owners, to_owner):
        center.post(f"/access-requests/{one['id']}/approve", {"revision": 1, "comment": "同意，限查看"})
    item = next(it for it in to_owner["items"] if len(it["lines"]) > 1)
    grant = voices[CONSENTING].post(f"/request-items/{item['id']}/authorize", {"revision": 1})
    line = grant["lines"][0]
    begin = datetime.fromisoformat(line["window"]["begin"])
    order = {"camera": line["camera"]["id"], "grant": grant["id"], "begin": begin.isoformat()}
    end = min(begin + timedelta(seconds=20), datetime.fromisoformat(line["window"]["end"]))
    voices[LOOKER].post("/retrievals", {**order, "action": "clip", "end": end.isoformat()})


def found(people: Mapping[str, Person]) -> Iterator[tuple[str, str, str]]:
    """Yield (login, address, name of the file) for every page, each drawn as the first who comes to it."""
    drawn = set()
    for login, person in people.items():
        for route, place, page in Crawl(each=1).of(person):
            if route not in drawn and page.status == httpx.codes.OK:
                if route not in EACH:
                    drawn.add(route)
                elif not any("data-row" in given for _, given in page.tags):
                    continue
                name = route.strip("/").replace("/", ".").replace("{", "").replace("}", "") or "start"
                yield login, place, f"{name}.{login}"


def draw(browser: Browser, url: str, person: Person, pages: list[tuple[str, str]], folder: Path) -> None:
    """Draw the pages of one person four times each."""
    cookies = [{"name": one.name, "value": one.value or "", "url": url} for one in person.client.cookies.jar]
    for short, (code, locale) in LANGUAGES.items():
        context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 900})
        context.add_cookies([*cookies, {"name": COOKIE, "value": code, "url": url}])  # type: ignore[list-item]  # as it is documented
        page = context.new_page()
        for place, name in pages:
            page.goto(f"{url}{place}", wait_until="load")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.wait_for_timeout(DRAWN)
                page.screenshot(path=folder / f"{name}.{short}.{scheme}.png", full_page=True)
        context.close()


def main() -> None:
    """Draw all pages into the folder of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    if CHROMIUM is None:
        sys.exit("Chromium is not here: Debian's package is called chromium")
    if not assets.manifest():
        sys.exit("the console is not bundled here: npm reached no registry")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with (
        tempfile.TemporaryDirectory(prefix="xueliang-screenshots-") as place,
        city(Path(place) / "demo") as (broker, passwords),
        serving(create_app(broker), lifespan="on") as url,
    ):
        furnish(url, passwords)
        people = {login: Person(url) for login in PEOPLE}
        for login, person in people.items():
            person.come_in(login, passwords[login])
        pages = list(found(people))
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            draw(browser, url, Person(url), [("/sign-in", "sign-in")], folder)
            for login, person in people.items():
                draw(browser, url, person, [(place, name) for whose, place, name in pages if whose == login], folder)
            browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures of {len(pages) + 1} pages in {folder}/")  # noqa: T201


if __name__ == "__main__":
    main()
