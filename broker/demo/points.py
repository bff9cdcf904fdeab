"""Points of a city that does not exist, for demonstrations and trials: 锦川市 with its districts 澜桥区 and 棠溪区.

Nothing here can be taken for a real camera. GB/T 2260 gives no province a number that begins with 99, so every
division code (990100, 990102, 990103) and every camera code that starts with it is free for ever; the coordinates lie
in the sand of the Badain Jaran desert, where there is no street; and every point says that it is synthetic.

The streets form a grid: roads run east-west, streets north-south, a camera hangs on one side of a crossing and looks
at its middle. Crossings near the centre of a district have more cameras than those at its edge.
"""

import csv
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from broker.domain.catalog.catalog import Direction
from broker.domain.catalog.gb_code import Edition, compose

ENOUGH = 2400
SEED = 799

CITY = "990100"
DISTRICTS = {"990102": "澜桥区", "990103": "棠溪区"}
CENTRES = {"990102": (40.105, 102.290), "990103": (40.085, 102.355)}
"""Division -> latitude and longitude of its centre, WGS-84."""

CITY_NAME = "锦川市"
GRID = 0.0035
"""Degrees between two crossings, some 300 to 400 metres."""

SIDE = 0.00018
"""Degrees from the middle of a crossing to the pole of a camera, some 15 to 20 metres."""


@dataclass(frozen=True)
class DemoOwner:
    """A department that owns points; `industry` is the number of GB/T 28181-2022 table E.2 in its camera codes."""

    code: str
    name: str
    name_en: str
    division: str
    industry: str
    share: int


OWNERS = (
    DemoOwner("990100-ga", "锦川市公安局", "Jinchuan Public Security Bureau", CITY, "00", 30),
    DemoOwner("990100-jt", "锦川市交通运输局", "Jinchuan Transport Bureau", CITY, "04", 18),
    DemoOwner("990100-hb", "锦川市生态环境局", "Jinchuan Environment Bureau", CITY, "09", 6),
    DemoOwner("990102-cg", "澜桥区城市管理局", "Lanqiao Urban Management Bureau", "990102", "08", 20),
    DemoOwner("990102-jy", "澜桥区教育局", "Lanqiao Education Bureau", "990102", "11", 8),
    DemoOwner("990103-cg", "棠溪区城市管理局", "Tangxi Urban Management Bureau", "990103", "08", 18),
)
"""Who owns the points, with shares of a hundred; a city-wide department has cameras in both districts."""

ROADS = {
    "990102": (
        *("锦河路", "澜桥大道", "望江路", "青石路", "云锦路", "书院路", "临江路"),
        *("朝晖路", "枫林路", "织锦路", "采莲路", "弦歌路", "渔浦路", "清风路"),
    ),
    "990103": (
        *("棠溪大道", "春水路", "松涛路", "长亭路", "古渡路", "花岭路", "银杏路"),
        *("滨湖路", "学府路", "桑园路", "麦香路", "橘洲路", "听泉路", "白鹭路"),
    ),
}
STREETS = {
    "990102": (
        *("中山街", "西市街", "盐市街", "槐荫街", "钟楼街", "太平街", "桂花街"),
        *("染坊街", "南浦街", "文庙街", "灯市街", "药王街", "铜井街", "鼓楼街"),
    ),
    "990103": (
        *("新民街", "梨园街", "双井街", "石牌街", "集贤街", "水磨街", "杏坛街"),
        *("竹林街", "凤鸣街", "前进街", "茶亭街", "陶坊街", "望月街", "东园街"),
    ),
}
SIDES = (
    ("东侧", 0, 1, Direction.WEST),
    ("西侧", 0, -1, Direction.EAST),
    ("南侧", -1, 0, Direction.NORTH),
    ("北侧", 1, 0, Direction.SOUTH),
    ("东南角", -1, 1, Direction.NORTHWEST),
    ("东北角", 1, 1, Direction.SOUTHWEST),
    ("西南角", -1, -1, Direction.NORTHEAST),
    ("西北角", 1, -1, Direction.SOUTHEAST),
    ("东进口", 0, 2, Direction.EAST),
    ("西进口", 0, -2, Direction.WEST),
    ("南进口", -2, 0, Direction.SOUTH),
    ("北进口", 2, 0, Direction.NORTH),
)
"""Where at a crossing: its name, steps of SIDE north and east, where the camera looks."""


@dataclass(frozen=True)
class DemoPoint:
    """One made-up point; coordinates are WGS-84 degrees."""

    owner: str
    gb_code: str
    name: str
    division: str
    address: str
    latitude: float
    longitude: float
    direction: Direction
    point_class: int


def demo_points(count: int = ENOUGH, seed: int = SEED) -> list[DemoPoint]:
    """Return `count` points, the same for the same seed, no two with the same name or code.

    Raises:
        ValueError: more points are asked for than the made-up streets have places.
    """
    chance = random.Random(seed)  # noqa: S311  # made-up streets need no secret
    places = [
        (division, row, column, side)
        for division in DISTRICTS
        for row in range(len(ROADS[division]))
        for column in range(len(STREETS[division]))
        for side in range(len(SIDES))
    ]
    if count > len(places):
        raise ValueError(f"there are {len(places)} places")
    # The nearer to the centre, the earlier in the list: the square of a chance pulls crossings inwards.
    places.sort(key=lambda place: chance.random() ** 2 * (1 + _from_centre(place)))
    return [_point(serial, place, chance) for serial, place in enumerate(places[:count], start=1)]


def write_csv(points: Iterable[DemoPoint], path: Path) -> None:
    """Write points as a spreadsheet with Chinese headings, the way a department would hand them in."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("国标编码", "设备名称", "行政区划", "安装地址", "经度", "纬度", "朝向", "点位类型", "所属部门", "合成数据")
        )
        writer.writerows(
            (
                p.gb_code,
                p.name,
                p.division,
                p.address,
                p.longitude,
                p.latitude,
                int(p.direction),
                p.point_class,
                p.owner,
                1,
            )
            for p in points
        )


def write_geojson(points: Iterable[DemoPoint], path: Path) -> None:
    """Write points as a GeoJSON FeatureCollection (RFC 7946)."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [point.longitude, point.latitude]},
            "properties": {
                "gb_code": point.gb_code,
                "name": point.name,
                "division": point.division,
                "address": point.address,
                "direction": point.direction.name.lower(),
                "point_class": point.point_class,
                "owner": point.owner,
                "synthetic": True,
            },
        }
        for point in points
    ]
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, ensure_ascii=False, indent=1), encoding="utf-8")


def write_lists(points: Sequence[DemoPoint], folder: Path) -> dict[str, Path]:
    """Write one CSV file a department into an existing folder and return them by department code."""
    files = {owner.code: folder / f"{owner.code}.csv" for owner in OWNERS}
    for code, path in files.items():
        write_csv([point for point in points if point.owner == code], path)
    return files


Place = tuple[str, int, int, int]


def _from_centre(place: Place) -> float:
    division, row, column, _ = place
    middle = (len(ROADS[division]) - 1) / 2
    return abs(row - middle) + abs(column - middle)


def _point(serial: int, place: Place, chance: random.Random) -> DemoPoint:
    division, row, column, number = place
    side, north, east, direction = SIDES[number]
    fitting = [owner for owner in OWNERS if owner.division in {CITY, division}]
    owner = chance.choices(fitting, weights=[owner.share for owner in fitting])[0]
    latitude, longitude = CENTRES[division]
    middle = (len(ROADS[division]) - 1) / 2
    road, street = ROADS[division][row], STREETS[division][column]
    code = compose(
        division, serial, industry=owner.industry, type_=chance.choice(("131", "132")), edition=Edition.Y2022
    )
    return DemoPoint(
        owner=owner.code,
        gb_code=str(code),
        name=f"{road}与{street}口{side}",
        division=division,
        address=f"{CITY_NAME}{DISTRICTS[division]}{road}{street}口{side}监控杆",
        latitude=round(latitude + (row - middle) * GRID + north * SIDE + chance.gauss(0, SIDE / 6), 6),
        longitude=round(longitude + (column - middle) * GRID + east * SIDE + chance.gauss(0, SIDE / 6), 6),
        direction=direction,
        point_class=chance.choices((1, 2, 3), weights=(6, 3, 1))[0],
    )
