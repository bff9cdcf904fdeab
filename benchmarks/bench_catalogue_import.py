"""`make bench NAME=catalogue`: a list of a million points with full validation, through the service, into PostgreSQL.

The list has 23 columns, 14 of them of the camera record; every cell is checked. The reference is what costs least: the
same lines by COPY into a table without keys, checks, indexes, triggers and history.
"""

import csv
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.figures import figure
from broker.bootstrap import build, operator
from broker.domain.people.accounts import DepartmentKind
from broker.domain.time import SystemClock
from broker.services.people.accounts import NewDepartment
from broker.settings import Settings
from storage.db import schema
from storage.db.embedded.embedded import EmbeddedServer
from storage.db.engine import open_engine

ROWS = 1_000_000
HEADINGS = (
    *(
        "设备编码",
        "设备名称",
        "行政区域",
        "监控点位类型",
        "安装地址",
        "经度",
        "纬度",
        "监视方位",
        "设备厂商",
        "设备型号",
    ),
    *("IPV4", "端口", "MAC地址", "摄像机类型", "补光属性", "编码格式", "安装时间", "管理单位", "管理单位联系方式"),
    *("录像保存天数", "设备状态", "点位俗称", "备注"),
)
ROADS = ("中山路", "人民路", "解放大道", "文一西路", "建国北路", "滨江大道", "科技园路", "长江路", "和平街", "新华路")
PLACES = ("路口", "东门", "西门", "小学门口", "公交站", "停车场入口", "桥头", "地铁站A口", "市场北门", "卡口")


def lines(count: int) -> Iterator[list[object]]:
    chance = random.Random(5)  # noqa: S311  # made-up streets need no secret
    for number in range(count):
        district, road = number % 20 + 1, chance.choice(ROADS)
        house = chance.randrange(1, 2000)
        address = ".".join(str(number >> shift & 255) for shift in (16, 8, 0))
        mac = "-".join(f"{number * 7919 >> shift & 255:02X}" for shift in (40, 32, 24, 16, 8, 0))
        yield [
            f"9901{district:02d}0008132{number:07d}", f"{road}{house}号{chance.choice(PLACES)}{number % 97}",
            f"9901{district:02d}", number % 3 + 1, f"示范市第{district}区{road}{house}号",
            f"{104 + chance.random() * 2:.6f}", f"{30 + chance.random() * 2:.6f}", number % 8 + 1,
            ("海康威视", "大华", "宇视")[number % 3], f"DS-2CD{number % 50}", f"10.{address}", 5060, mac,
            number % 4 + 1, number % 3 + 1, 4 if number % 2 else 2,
            f"20{10 + number % 15}-0{number % 9 + 1}-1{number % 9}T08:00:00", f"示范市第{district}区综治中心",
            f"028-8{number:07d}", 30 + number % 3 * 30, 1, f"{road}口", f"批次{number % 13}",
        ]  # fmt: skip


def write(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(lines(count))


def bare_copy(url: str, path: Path) -> float:
    columns = ", ".join(f"c{number} text" for number in range(len(HEADINGS)))
    with psycopg.connect(url, autocommit=True) as connection, path.open("rb") as file:
        connection.execute(f"CREATE TABLE bare ({columns})".encode())
        begun = time.perf_counter()
        with connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
            while chunk := file.read(1024 * 1024):
                copy.write(chunk)
        taken = time.perf_counter() - begun
        connection.execute("DROP TABLE bare")
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-import-") as folder:
        place = Path(folder)
        path = place / "list.csv"
        write(path, ROWS)
        with EmbeddedServer(place / "postgres") as server:
            server.start()
            url = server.dsn()
            schema.upgrade(url)
            plain = bare_copy(url, path)
            engine = open_engine(url, pool=4)
            broker = build(Settings(data=place / "data"), url, engine, SystemClock())
            me = operator("benchmark")
            broker.accounts.add_department(
                me,
                NewDepartment(
                    code="city", name="示范市", kind=DepartmentKind.GOVERNMENT, division="990100", parent=None
                ),
            )
            broker.accounts.add_department(
                me,
                NewDepartment(
                    code="owner", name="示范局", kind=DepartmentKind.DEPARTMENT, division="990100", parent="city"
                ),
            )
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            for name, expected in (("first", "inserted"), ("again", "unchanged")):
                begun = time.perf_counter()
                report = broker.imports.import_file(me, path, owner="owner")
                taken = time.perf_counter() - begun
                assert getattr(report, expected) == ROWS, report.balance
                figure(
                    f"catalogue.import.{name}", ROWS / taken, "rows/s", reference="COPY, no checks",
                    ratio=plain / taken, n=1,
                )  # fmt: skip
            most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            figure("catalogue.import.memory", most, "MB", reference="before", ratio=most / before, n=1)
            engine.dispose()


if __name__ == "__main__":
    main()
