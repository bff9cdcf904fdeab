"""A province of 1,000,000 points in 200 departments, for the benchmarks of the catalogue.

    python -m benchmarks.million FOLDER

fills the folder once; benchmarks that find it in the variable MILLION use it and leave it as it was, or else make one
of their own. Nine points of ten stand in the dense middle of a county, the tenth anywhere in the province. The points
lie in the order in which departments bring their lists, ids are UUIDv7, codes are valid, names are Chinese and made of
some fifty first and second characters of road names: some pairs are in every hundredth name, most in one of thousands.
"""

import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from broker.bootstrap import Broker, open_broker, operator
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Department, DepartmentKind
from broker.services.people.accounts import NewDepartment, NewPerson
from broker.settings import Settings
from storage.db.catalog.sought import sought
from storage.db.tables import camera

POINTS = 1_000_000
COUNTIES = 66  # of three owning departments each, and two of the province: 200
WEST, SOUTH, EAST, NORTH = 118.2, 27.4, 122.4, 31.1
PASSWORD = "correct-horse-battery"  # noqa: S105  # of made-up people
OFFICES = (("ga", "公安分局"), ("cg", "城市管理局"), ("jt", "交通运输局"))
FIRST = (
    "中山人民解放建设文化和平新华长江黄河东风南京北海西湖江滨环城迎宾朝阳光明胜利青年金桥银杏石塘柳林龙井凤起湖墅庆春"
)
SECOND = "安康泰宁福寿喜乐春夏秋冬梅兰竹菊松柏桃李杨槐枫桂荷莲清平远达兴旺盛昌隆富贵吉祥瑞祺和顺德仁义礼智信勇诚谦恭"
ROADS = ("路", "街", "大道", "巷", "弄")
PLACES = (
    "路口",
    "小学",
    "中学",
    "医院",
    "公园",
    "小区",
    "菜市场",
    "公交站",
    "停车场",
    "广场",
    "桥头",
    "派出所",
    "地铁站",
)
SIDES = ("东侧", "西侧", "南侧", "北侧", "入口", "出口", "东北角", "西南角")
KINDS = ("枪机", "球机", "半球", "全景")
TAGS = ("学校周边", "重点路口", "易涝点", "景区")


@dataclass(frozen=True)
class County:
    """One county: its code, where its middle is, how far it spreads (degrees)."""

    code: str
    longitude: float
    latitude: float
    spread: float


@contextmanager
def million(points: int = POINTS) -> Iterator[Broker]:
    """Open the broker over the province: that of the variable MILLION, or one that is made now and thrown away."""
    kept = os.environ.get("MILLION")
    with tempfile.TemporaryDirectory() as fresh:
        place = Path(kept or fresh)
        settings = Settings(data=place, password_memory_kib=64, password_passes=1, workers=1)
        with open_broker(settings) as broker:
            if not (place / "filled").exists():
                fill(broker, points)
                (place / "filled").touch()
            yield broker


def fill(broker: Broker, points: int) -> None:
    """Found departments and two persons, and bring the points in by COPY."""
    counties, owners = found(broker)
    with psycopg.connect(broker.database_url) as connection:
        begun = time.perf_counter()
        # The points of a benchmark need no event each: triggers and foreign keys sleep while they come.
        connection.execute("SET session_replication_role = replica")
        row = connection.execute("SELECT pg_current_xact_id()::text").fetchone()
        assert row is not None
        rows = made(counties, owners, points, str(row[0]))
        names = [name for name in next(rows) if name in camera.c]
        into = SQL("COPY camera ({}) FROM STDIN").format(SQL(", ").join(map(Identifier, names)))
        with connection.cursor().copy(into) as copy:
            for values in rows:
                copy.write_row([values[name] for name in names])
        connection.commit()
        print(f"# {points} points in {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE camera")
        print(f"# with VACUUM ANALYZE {time.perf_counter() - begun:.0f} s", file=sys.stderr)


def found(broker: Broker) -> tuple[list[County], list[tuple[County, Department]]]:
    """Found the tree: the province, its counties, three departments in each and two of the province."""
    me, dice = operator("benchmark"), random.Random(5)  # noqa: S311  # the same province each time
    add = broker.accounts.add_department
    add(me, NewDepartment("p", "江海省", DepartmentKind.GOVERNMENT, "330000", None))
    counties, owners = [], []
    for number in range(COUNTIES):
        code = f"33{1 + number // 6:02d}{2 + number % 6:02d}"
        county = County(
            code, dice.uniform(WEST + 0.3, EAST - 0.3), dice.uniform(SOUTH + 0.3, NORTH - 0.3), dice.uniform(0.02, 0.08)
        )
        counties.append(county)
        add(me, NewDepartment(f"c{code}", f"{code}县", DepartmentKind.GOVERNMENT, code, "p"))
        for short, name in OFFICES:
            office = NewDepartment(f"{short}{code}", f"{code}县{name}", DepartmentKind.DEPARTMENT, code, f"c{code}")
            owners.append((county, add(me, office)))
    for short, name in OFFICES[:2]:
        new = NewDepartment(f"p-{short}", f"省{name}", DepartmentKind.DEPARTMENT, "330000", "p")
        owners.append((counties[0], add(me, new)))
    for login, home in (("asker", owners[0][1].code), ("auditor", "p")):
        role = "auditor" if login == "auditor" else "requester"
        broker.accounts.add_person(me, NewPerson(login, login, home, PASSWORD, ((role, home),)))
    with broker.work() as work:
        permit = broker.policy.require(me, "camera:import", me.roles(work.now))
        for _, owner in owners:
            data = {"file": "synthetic", "owner": owner.code, "balance": {}}
            work.audit.append(permit, (Entry(f"catalogue/{owner.id}", "catalogue:imported", data),))
        work.commit(permit)
    return counties, owners


def made(
    counties: Sequence[County], owners: Sequence[tuple[County, Department]], points: int, transaction: str
) -> Iterator[dict[str, Any]]:
    """Yield an empty row with all names first, then the points, owner by owner."""
    dice = random.Random(7)  # noqa: S311  # the same points each time
    yield dict.fromkeys(one(dice, counties[0], owners[0][1], 0, owners, transaction))
    serials = {county.code: itertools.count() for county in counties}
    each = -(-points // len(owners))
    for number in range(points):
        county, owner = owners[number // each]
        if owner.code.startswith("p-"):
            county = counties[number % len(counties)]
        row = one(dice, county, owner, number, owners, transaction)
        row["gb_code"] = f"{county.code}00{dice.choice(('00', '01', '03'))}1327{next(serials[county.code]):06d}"
        row["sought"] = sought(row["name"], row["address"], row["gb_code"], None)
        yield row


def one(
    dice: random.Random, county: County, owner: Department, number: int, owners: Sequence[tuple[County, Department]],
    transaction: str,
) -> dict[str, Any]:  # fmt: skip
    """Return the columns of one point; its code and text are not filled in yet."""
    if dice.random() < 0.9:  # noqa: PLR2004  # nine of ten
        longitude = dice.gauss(county.longitude, county.spread)
        latitude = dice.gauss(county.latitude, county.spread)
    else:
        longitude, latitude = dice.uniform(WEST, EAST), dice.uniform(SOUTH, NORTH)
    here, there = road(dice), road(dice)
    what = f"与{there}路口" if dice.random() < 0.4 else dice.choice(PLACES)  # noqa: PLR2004  # a share
    shown = dice.random()
    when = 1_760_000_000_000 + number // 10
    return {
        "id": UUID(int=when << 80 | 0x7 << 76 | dice.getrandbits(12) << 64 | 0x2 << 62 | dice.getrandbits(62)),
        "owner_id": owner.id, "gb_code": None, "external_key": None,
        "name": f"{here}{what}{dice.choice(SIDES)}{dice.randrange(1, 40)}号{dice.choice(KINDS)}",
        "division": county.code, "address": f"{county.code}县{here}{dice.randrange(1, 400)}号",
        "latitude": latitude, "longitude": longitude, "direction": dice.choice((None, 1, 2, 3, 4, 5, 6, 7, 8)),
        "point_class": dice.choice((None, 1, 1, 2, 2, 2, 3, 9)), "sensitive": dice.random() < 0.01,  # noqa: PLR2004
        "synthetic": False, "source_id": None, "channel": None, "extra": Jsonb({}), "masks": Jsonb([]),
        "stream": f"catalogue/{owner.id}", "version": 1,
        "record": Jsonb({"manufacturer": dice.choice(("Hikvision", "Dahua", "Uniview"))}), "edition": "2022",
        "status": dice.choices(("on", "off", "unknown"), (90, 8, 2))[0],
        "lifecycle": dice.choices(("in_use", "repair", "removed"), (95, 3, 2))[0],
        "visibility": "internal" if shown < 0.03 else "listed" if shown < 0.05 else "shared",  # noqa: PLR2004
        "shown_to": [dice.choice(owners)[1].id] if 0.03 <= shown < 0.05 else [],  # noqa: PLR2004
        "tags": [dice.choice(TAGS)] if dice.random() < 0.1 else [], "custom": Jsonb({}),  # noqa: PLR2004
        "sought": "", "changed": transaction,
    }  # fmt: skip


def road(dice: random.Random) -> str:
    """Return the name of a road; those of small numbers are used more often."""
    first = FIRST[min(int(dice.expovariate(1 / 12)), len(FIRST) - 1)]
    second = SECOND[min(int(dice.expovariate(1 / 14)), len(SECOND) - 1)]
    return f"{first}{second}{dice.choice(ROADS)}"


if __name__ == "__main__":
    os.environ["MILLION"] = sys.argv[1]
    with million():
        pass
