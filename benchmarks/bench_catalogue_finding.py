"""`make bench NAME=catalogue_finding`: finding among 1,000,000 points, each beside the plain way in the same run.

The plain way is the same question as a LIKE over three columns, or as comparisons of the coordinates of every row, in
the order of ids, by a database that may use no index. For a tile it is to write down the points in it, which a browser
would then have to cluster. Times are of the wall; `cpu` is what this process and its server process of the database
worked for one call: it says the same on a machine that others use.
"""

import json
import math
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import select, text

from benchmarks.browsers import rate
from benchmarks.figures import figure
from benchmarks.million import FIRST, PASSWORD, SECOND, million
from broker.bootstrap import Broker
from broker.domain.catalog import places
from broker.domain.catalog.finding import Question
from broker.domain.people.accounts import Caller
from broker.services.catalog.finding import Finding, Wanted
from broker.services.catalog.map.grid import Grid
from broker.services.catalog.map.index import build
from broker.services.people.sign_in import caller_of
from broker.web.app import create_app
from storage.db.tables import camera

TIMES, PLAIN, TILES, PAGE = 200, 3, 1_500, 50
NOWHERE = ("魑魅", "龘龘", "狮虎", "魑魅魍魉", "龘龘龘龘", "狮虎猪猫")
KM = 1000 / places.DEGREE


@dataclass(frozen=True)
class Ground:
    """The broker over the province, somebody who looks, and where points are."""

    broker: Broker
    caller: Caller
    spots: list[Any]
    dice: random.Random

    def spot(self) -> Any:
        return self.dice.choice(self.spots)

    def pair(self) -> str:
        return self.dice.choice(FIRST) + self.dice.choice(SECOND)

    def box(self, kilometres: float) -> places.Box:
        here, half = self.spot(), kilometres / 2 * KM
        aside = half / math.cos(math.radians(here.latitude))
        return places.box(here.longitude - aside, here.latitude - half, here.longitude + aside, here.latitude + half)

    def polygon(self) -> places.Polygon:
        here = self.spot()
        turns = [(k * math.tau / 12, self.dice.uniform(0.4, 1.0) * KM) for k in range(12)]
        return places.polygon([(here.longitude + r * math.cos(a), here.latitude + r * math.sin(a)) for a, r in turns])

    def road(self) -> places.Corridor:
        here, aside = self.spot(), self.dice.uniform
        line = [(here.longitude + step * KM, here.latitude + aside(-0.5, 0.5) * KM) for step in range(5)]
        return places.corridor(line, 50)

    def combined(self) -> Wanted:
        here, half = self.spot(), 5 * KM
        around = places.box(here.longitude - half, here.latitude - half, here.longitude + half, here.latitude + half)
        word = self.dice.choice(("路口", "中山", self.pair()))
        question = Question(text=word, division=here.division, owners=frozenset({here.owner_id}), places=(around,))
        return Wanted(question)


def p99(taken: list[float]) -> float:
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * 0.99))]


def timed(call: Callable[[], object], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return taken


def worked(ground: Ground, call: Callable[[], object], times: int) -> list[float]:
    """Return the seconds of processors for each call: of this process, and of the one that serves it the database."""
    with ground.broker.engine.connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    spent = Path(f"/proc/{pid}/schedstat")

    def now() -> float:
        return time.process_time() + int(spent.read_text().split()[0]) / 1e9

    taken = []
    for _ in range(times):
        begun = now()
        call()
        taken.append(now() - begun)
    return taken


def told(name: str, taken: list[float], reference: str, plain: float) -> None:
    """Print median and 99th hundredth in milliseconds; the ratio is that of the medians."""
    middle = statistics.median(taken)
    ratio = middle / plain if plain else 0.0
    figure(f"catalogue.{name}.p50", middle * 1000, "ms", reference=reference, ratio=ratio, n=len(taken))
    figure(f"catalogue.{name}.p99", p99(taken) * 1000, "ms", reference=reference, ratio=ratio, n=len(taken))


def plainly(ground: Ground, condition: str, **values: object) -> float:
    """Return the median seconds of a page by a statement without any of the indexes."""

    def ask() -> None:
        with ground.broker.engine.connect() as connection:
            for way in ("bitmapscan", "indexscan", "indexonlyscan"):
                connection.execute(text(f"SET LOCAL enable_{way} = off"))
            statement = f"SELECT id FROM camera WHERE {condition} ORDER BY id LIMIT 51"  # noqa: S608  # written below
            connection.execute(text(statement), values).all()

    return statistics.median(timed(ask, PLAIN))


LIKE = "(name LIKE :like OR address LIKE :like OR gb_code LIKE :like)"
NEAR = "longitude BETWEEN :west AND :east AND latitude BETWEEN :south AND :north"


def pages(ground: Ground) -> None:
    boxed = plainly(ground, NEAR, west=120.1, east=120.12, south=30.1, north=30.12)
    liked = plainly(ground, LIKE, like=f"%{NOWHERE[0]}%")
    both = plainly(ground, f"{LIKE} AND {NEAR}", like="%路口%", west=120.1, east=120.2, south=30.1, north=30.2)
    scan, like = "comparing every row", "LIKE"
    asked: list[tuple[str, Callable[[], Wanted], str, float]] = [
        ("box_2km", lambda: Wanted(Question(places=(ground.box(2),))), scan, boxed),
        ("box_50km", lambda: Wanted(Question(places=(ground.box(50),))), scan, boxed),
        ("circle_1km", lambda: Wanted(Question(places=(_circle(ground),))), scan, boxed),
        ("polygon_12", lambda: Wanted(Question(places=(ground.polygon(),))), scan, boxed),
        ("road_50m", lambda: Wanted(Question(places=(ground.road(),))), scan, boxed),
        ("text_2", lambda: Wanted(Question(text=ground.pair())), like, liked),
        ("text_2_common", lambda: Wanted(Question(text=ground.dice.choice(("路口", "小区", "中山")))), like, liked),
        ("text_2_none", lambda: Wanted(Question(text=ground.dice.choice(NOWHERE[:3]))), like, liked),
        ("text_4", lambda: Wanted(Question(text=f"{ground.pair()}大道")), like, liked),
        ("text_4_none", lambda: Wanted(Question(text=ground.dice.choice(NOWHERE[3:]))), like, liked),
        ("initials", lambda: Wanted(Question(text=ground.dice.choice(("zslxx", "rmlyl", "jslgc")))), like, liked),
        ("combined", ground.combined, "LIKE and comparing", both),
    ]
    for name, make, reference, plain in asked:

        def ask(make: Callable[[], Wanted] = make) -> None:
            ground.broker.finding.page(ground.caller, make(), after=None, limit=PAGE + 1)

        timed(ask, 5)
        told(name, timed(ask, TIMES), reference, plain)
        work = p99(worked(ground, ask, TIMES))
        figure(f"catalogue.{name}.cpu.p99", work * 1000, "ms", reference=reference, ratio=work / plain, n=TIMES)


def _circle(ground: Ground) -> places.Circle:
    here = ground.spot()
    return places.circle(here.longitude, here.latitude, 1000)


def paging(ground: Ground) -> None:
    """Compare page 10,000 with page 1, and with OFFSET."""
    with ground.broker.engine.connect() as connection:
        far = select(camera.c.id).order_by(camera.c.id).offset(10_000 * PAGE).limit(1)
        begun = time.perf_counter()
        after = connection.execute(far).scalar_one()
        offset = time.perf_counter() - begun
    find = ground.broker.finding
    first = timed(lambda: find.page(ground.caller, Wanted(Question()), after=None, limit=PAGE + 1), TIMES)
    late = timed(lambda: find.page(ground.caller, Wanted(Question()), after=after, limit=PAGE + 1), TIMES)
    told("page_1", first, "OFFSET 500000", offset)
    told("page_10000", late, "page 1", statistics.median(first))
    near = timed(lambda: find.nearest(ground.caller, Wanted(Question()), _at(ground), 20), TIMES)
    told("nearest_20", near, "page 1", statistics.median(first))


def _at(ground: Ground) -> places.Spot:
    here = ground.spot()
    return here.longitude, here.latitude


def index(ground: Ground) -> None:
    def whole() -> None:
        with ground.broker.work() as work:
            build(work.map_rows.read(), work.map_rows.departments())

    spent = statistics.median(worked(ground, whole, PLAIN))
    with ground.broker.work() as work:
        begun = time.perf_counter()
        rows = work.map_rows.read()
        read = time.perf_counter() - begun
        begun = time.perf_counter()
        made = build(rows, work.map_rows.departments())
        built = time.perf_counter() - begun
    _ = made.square, made.by_degrees
    size = (made.size + sum(it.nbytes for it in (*made.square, *made.by_degrees))) / 1e6
    figure("catalogue.map.read", read, "s", reference="index build", ratio=read / built, n=1)
    figure("catalogue.map.build", built, "s", reference="reading the rows", ratio=built / read, n=1)
    figure("catalogue.map.cpu", spent, "s", reference="2 s", ratio=spent / 2, n=PLAIN)
    figure("catalogue.map.memory", size, "MB", reference="150 MB", ratio=size / 150, n=1)


def counts(ground: Ground) -> None:
    districts = [f"33{1 + n // 6:02d}{2 + n % 6:02d}" for n in range(66)]

    def ask() -> None:
        finding = ground.dice.choice(districts)
        ground.broker.finding.facets(ground.caller, Wanted(Question(division=finding)))

    def plain() -> None:
        with ground.broker.engine.connect() as connection:
            grouped = (
                "SELECT status, point_class, owner_id, count(*) FROM camera WHERE division = :code GROUP BY 1, 2, 3"
            )
            connection.execute(text(grouped), {"code": ground.dice.choice(districts)}).all()

    ask()
    told("facets_district", timed(ask, TIMES), "GROUP BY", statistics.median(timed(plain, 10)))


def numbers(ground: Ground, z: int) -> tuple[int, int, int]:
    here = ground.spot()
    sine = math.sin(math.radians(here.latitude))
    down = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return z, int((here.longitude + 180) / 360 * 2**z), int(down * 2**z)


def spread(z: int, x: int, y: int) -> dict[str, float]:
    """Return the borders of a tile in degrees."""

    def latitude(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z))))

    west, east = x / 2**z * 360 - 180, (x + 1) / 2**z * 360 - 180
    return {"west": west, "east": east, "north": latitude(y), "south": latitude(y + 1)}


def sent(ground: Ground, z: int) -> float:
    """Return the seconds until the points of a tile are written down as GeoJSON, for a browser to cluster them."""
    begun = time.perf_counter()
    with ground.broker.engine.connect() as connection:
        for way in ("bitmapscan", "indexscan", "indexonlyscan"):
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
        statement = f"SELECT id, longitude, latitude, status FROM camera WHERE {NEAR}"  # noqa: S608  # written above
        rows = connection.execute(text(statement), spread(*numbers(ground, z)))
        json.dumps([{"id": str(row[0]), "at": [row[1], row[2]], "status": row[3]} for row in rows])
    return time.perf_counter() - begun


def tiles(ground: Ground) -> None:
    """Draw tiles, each anew: out of what the process remembers of this viewer and question, but of no other tile."""
    everything = Wanted(Question())
    fresh = Finding(ground.broker.work, ground.broker.policy)
    fresh.view(ground.caller, everything).tile(Grid.MERCATOR, 0, 0, 0)
    for z in (0, 3, 6, 8, 9, 10, 12, 14, 16, 18):

        def draw(z: int = z) -> None:
            fresh._tiles._kept.clear()  # noqa: SLF001  # each is drawn anew
            fresh.view(ground.caller, everything).tile(Grid.MERCATOR, *numbers(ground, z))

        timed(draw, 5)
        told(f"tile_z{z}", timed(draw, TIMES), "its points for the browser to cluster", sent(ground, z))


@contextmanager
def served(broker: Broker) -> Iterator[str]:
    config = uvicorn.Config(create_app(broker), host="127.0.0.1", port=0, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def over_http(ground: Ground) -> None:
    """Count tiles a second of one worker, asked by eight browsers in a process of their own: drawn anew, and again."""
    with served(ground.broker) as url, httpx.Client(base_url=url, trust_env=False) as client:
        answer = client.post("/api/v1/sessions", json={"login": "asker", "password": PASSWORD})
        cookie, port = answer.headers["set-cookie"].partition(";")[0], int(url.rpartition(":")[2])
        paths = [f"/api/v1/map/tiles/{z}/{x}/{y}.mvt" for z, x, y in
                 (numbers(ground, ground.dice.choice((8, 10, 12, 14, 16))) for _ in range(TILES))]  # fmt: skip
        rate(port, cookie, [*paths[:20], *["/health/live"] * 20])
        ground.broker.finding._tiles._kept.clear()  # noqa: SLF001  # all are drawn anew
        cold, warm, live = (rate(port, cookie, these) for these in (paths, paths, ["/health/live"] * TILES))
    figure("catalogue.tiles.http.cold", cold, "tiles/s", reference="GET /health/live", ratio=cold / live, n=TILES)
    figure("catalogue.tiles.http.warm", warm, "tiles/s", reference="GET /health/live", ratio=warm / live, n=TILES)


def main() -> None:
    with million() as broker:
        with broker.work() as work:
            caller = caller_of(work, work.persons.by_login("asker").id)
        columns = (camera.c.longitude, camera.c.latitude, camera.c.division, camera.c.owner_id)
        with broker.engine.connect() as connection:
            spots = list(connection.execute(select(*columns).where(text("random() < 0.005"))))
        ground = Ground(broker, caller, spots, random.Random(9))  # noqa: S311  # the same questions each time
        for part in (pages, paging, index, counts, tiles, over_http):
            part(ground)


if __name__ == "__main__":
    main()
