"""`make bench NAME=console`: what the console weighs, and how long people wait for it.

`xueliang serve` runs as its own program over the province of 1,000,000 points with 100,000 requests in it
(`full_desks.py`). The inbox is asked for over HTTP, as its page, by those who have the most in it. Debian's Chromium
loads pages with an empty cache, its processor slowed down four times, over 10 Mbit/s with 20 ms on the way.
"""

import gzip
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
from playwright.sync_api import Browser, sync_playwright
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from benchmarks.figures import figure, seconds
from benchmarks.full_desks import fill
from benchmarks.million import PASSWORD, million
from broker.bootstrap import Broker, build
from broker.domain.time import SystemClock
from broker.settings import Settings
from broker.web.console import assets
from storage.db.engine import open_engine
from tests.web.console.browsing import CHROMIUM, FLAGS
from tests.web.console.page import Person
from tests.web.three_servers import three_servers

COPY = "desks"
ASKED, LOADED = 200, 5  # pages over HTTP for each person; loads in the browser
SLOWER = 4
NETWORK = {"offline": False, "latency": 20, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
KIB = 1024
SCRIPT_KB, MAP_KB, FIRST_PAINT, MAP_READY, INBOX = 40, 250, 1.2, 3.0, 0.150
PATIENCE = 60_000
WATCH = "addEventListener('map-ready', () => { window.mapReady = window.mapReady || performance.now() }, true)"
ALL_POINTS = """<!doctype html><script>
fetch("points.json").then((it) => it.json()).then((it) => { window.mapReady = performance.now(); window.points = it });
</script>"""


@contextmanager
def desks(base: Broker) -> Iterator[tuple[Broker, Mapping[str, str]]]:
    """Give the services over a copy of the province with the requests in it; the copy is dropped at the end."""
    url = make_url(base.database_url)
    base.engine.dispose()
    with (
        tempfile.TemporaryDirectory() as data,
        psycopg.connect(url.set(database="postgres").render_as_string(hide_password=False), autocommit=True) as place,
    ):
        place.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(COPY)))
        copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        place.execute(copy.format(Identifier(COPY), Identifier(str(url.database))))
        mine = url.set(database=COPY).render_as_string(hide_password=False)
        engine = open_engine(mine)
        try:
            settings = Settings(data=Path(data), password_memory_kib=64, password_passes=1, workers=0)
            broker = build(settings, mine, engine, SystemClock())
            yield broker, fill(broker)
        finally:
            engine.dispose()
            place.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(COPY)))


def told(name: str, value: float, unit: str, most: float, *, reference: str, ratio: float, n: int) -> None:
    """Print a figure, and where it is more than it may be."""
    figure(f"console.{name}", value, unit, reference=reference, ratio=ratio, n=n)
    if value > most:
        print(f"# {name}: {value:.3f} {unit} is more than {most} {unit}")


def script() -> None:
    """Weigh what every page loads, as it is sent."""
    name = assets.manifest()["app.js"]
    packed, plain = ((assets.FOLDER / f"{name}{form}").stat().st_size / KIB for form in (".gz", ""))
    told("script", packed, "KB", SCRIPT_KB, reference="not compressed", ratio=packed / plain, n=1)


def inboxes(url: str, people: Mapping[str, str]) -> None:
    """Ask for the inboxes, each time beside a page that asks the database for nothing of its own."""
    for login, what in people.items():
        with Person(url) as person:
            person.come_in(login, PASSWORD)
            for place in ("/inbox", "/keys"):
                person.client.get(place).raise_for_status()
            taken: dict[str, list[float]] = {"/inbox": [], "/keys": []}
            for _ in range(ASKED):
                for place, times in taken.items():
                    times.append(seconds(lambda place=place: person.client.get(place).raise_for_status()))  # type: ignore[misc]  # bound now
        inbox, keys = (statistics.quantiles(times, n=20)[-1] for times in taken.values())
        told(f"inbox.{login}.p95", inbox, "s", INBOX, reference="a page with no list", ratio=inbox / keys, n=ASKED)
        print(f"# {login} is {what}", file=sys.stderr)


class Load:
    """One page, loaded once by a slow machine over a slow line."""

    def __init__(self, browser: Browser, address: str, cookies: Any, *, until: str) -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies(cookies)
        page = context.new_page()
        page.add_init_script(WATCH)
        session = context.new_cdp_session(page)
        self.bytes = 0.0
        session.on("Network.loadingFinished", self._count)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", NETWORK)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(address, timeout=PATIENCE)
        over = time.monotonic() + PATIENCE / 1000
        while not page.evaluate(until):  # not wait_for_function: it evaluates in the page, whose policy forbids that
            if time.monotonic() > over:
                raise TimeoutError(f"{address}: {until}")
            page.wait_for_timeout(50)
        paint = "performance.getEntriesByName('first-contentful-paint').map((it) => it.startTime)[0] || 0"
        self.painted: float = page.evaluate(paint) / 1000
        self.ready: float = page.evaluate("window.mapReady || 0") / 1000
        page.wait_for_timeout(500)  # what is still on the way counts too
        context.close()

    def _count(self, finished: Mapping[str, float]) -> None:
        self.bytes += finished["encodedDataLength"]


def pages(url: str, points: list[list[float]]) -> None:
    """Load the inbox and the map, the map beside a page that is sent every point and only reads them."""
    with Person(url) as person:
        person.come_in("center-p", PASSWORD)
        cookies = [{"name": one.name, "value": one.value or "", "url": url} for one in person.client.cookies.jar]
    painted, ready = "performance.getEntriesByName('first-contentful-paint').length > 0", "window.mapReady > 0"
    with sync_playwright() as running, all_points(points) as plain:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        inbox = [Load(browser, f"{url}/inbox", cookies, until=painted) for _ in range(LOADED)]
        maps = [Load(browser, f"{url}/map", cookies, until=ready) for _ in range(LOADED)]
        every = Load(browser, plain, cookies, until=ready)
        browser.close()
    first = statistics.median(it.painted for it in inbox)
    drawn = statistics.median(it.painted for it in maps)
    usable = statistics.median(it.ready for it in maps)
    weight = max(it.bytes for it in maps) / KIB
    told("inbox.first_paint", first, "s", FIRST_PAINT, reference="its limit", ratio=first / FIRST_PAINT, n=LOADED)
    told("map.first_paint", drawn, "s", FIRST_PAINT, reference="its limit", ratio=drawn / FIRST_PAINT, n=LOADED)
    reference = "all points sent, none drawn"
    told("map.ready", usable, "s", MAP_READY, reference=reference, ratio=usable / every.ready, n=LOADED)
    told("map.sent", weight, "KB", MAP_KB, reference=reference, ratio=weight * KIB / every.bytes, n=LOADED)


@contextmanager
def all_points(points: list[list[float]]) -> Iterator[str]:
    """Serve a page that fetches all points for the browser to cluster; gives its address."""
    packed = gzip.compress(json.dumps(points).encode(), 6)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = packed if self.path.endswith(".json") else ALL_POINTS.encode()
            self.send_response(200)
            if body is packed:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Type", "application/json" if body is packed else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def where(broker: Broker) -> list[list[float]]:
    with psycopg.connect(broker.database_url) as connection:
        rows = connection.execute("SELECT longitude, latitude FROM camera WHERE latitude IS NOT NULL")
        return [[round(x, 5), round(y, 5)] for x, y in rows]


def main() -> None:
    """Fill the desks, ask for them, print the figures."""
    if CHROMIUM is None or not assets.manifest():
        sys.exit("Chromium is not here, or the console is not bundled: nothing was measured")
    script()
    with (
        million() as base,
        desks(base) as (broker, people),
        tempfile.TemporaryDirectory() as logs,
        three_servers(broker, Path(logs), 1, XUELIANG_SECURE_COOKIES="false") as (server,),
    ):
        inboxes(server.url, people)
        with Person(server.url) as person:  # the map is made once, when the first one asks for it
            person.come_in("center-p", PASSWORD)
            begun = time.perf_counter()
            person.client.get("/map", timeout=120).raise_for_status()
            print(f"# the first page of the map after {time.perf_counter() - begun:.1f} s", file=sys.stderr)
        pages(server.url, where(broker))


if __name__ == "__main__":
    main()
