"""What strangers' lists hold: each kind of dirt is told with field and reason, the rest goes in, and nothing is lost.

`recorded/opentrafficcammap.json` is a piece of the list of AidanWelch/OpenTrafficCamMap
(cameras/USA.json at 3622231, MIT).
"""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from broker.bootstrap import Broker, operator
from broker.domain.catalog.coordinates import System
from broker.domain.catalog.visibility import EVERYBODY
from broker.domain.errors import BrokerError
from broker.services.catalog.catalog_files.reading import open_table
from broker.services.catalog.catalog_files.rows import Limits
from tests.catalog.lists import write_text
from tests.catalog.test_imports import code, mine
from tests.city import City

ME = operator("tests")
REAL = json.loads((Path(__file__).parent / "recorded" / "opentrafficcammap.json").read_text(encoding="utf-8"))
ROWS = [row for state in REAL.values() for county in state.values() for row in county]
HEAD = list(dict.fromkeys(key for row in ROWS for key in row))

DIRTY_ROWS: dict[str, tuple[str, str | None, str]] = {  # cells after name, the field, the reason
    "swapped, told the other way round": ("104.01,30.61,,", "latitude", "point-coordinates-swapped"),
    "not a number": ("NaN,104.01,,", "latitude", "point-coordinate-no-number"),
    "without end": ("30.61,-Infinity,,", "longitude", "point-coordinate-no-number"),
    "beyond every number": ("1e999,104.01,,", "latitude", "point-coordinate-no-number"),
    "off the globe": ("30.61,404.01,,", "longitude", "point-coordinate-range"),
    "letters in the code": ("30.61,104.01,9901020O081320000001,", "gb_code", "gb-code-digits"),
    "a code that was rounded": ("30.61,104.01,9.9E+19,", "gb_code", "gb-code-rounded"),
    "more cells than headings": ("30.61,104.01,,,more", "", "point-row-ragged"),
}


def test_one_row_is_wrong_in_each_way_and_the_others_go_in(broker: Broker, city: City, tmp_path: Path) -> None:
    rows = [f"点{place},{cells}" for place, (cells, _, _) in enumerate(DIRTY_ROWS.values())]
    text = "\n".join(["名称,纬度,经度,国标编码,地址", "好点,30.6,104.0,,", *rows, "少格,30.6,104.1"])
    report = broker.imports.import_file(ME, write_text(tmp_path, text), owner="dh-hb")
    assert (report.read, report.inserted) == (len(rows) + 2, 2)
    told = {problem.where: (problem.field, problem.reason) for problem in report.problems}
    for line, (kind, (_, field, reason)) in enumerate(DIRTY_ROWS.items(), start=3):
        assert told[str(line)] == (field, reason), kind
    swapped = next(problem for problem in report.problems if problem.reason == "point-coordinates-swapped")
    assert "30.61" in swapped.value + swapped.allowed
    assert {"好点", "少格"} <= mine(broker, city).keys()


def test_formulas_and_merged_cells_of_a_workbook(broker: Broker, city: City, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for line in (
        ("名称", "纬度", "经度", "地址"),
        ("一", 30.6, 104.0, '=HYPERLINK("http://x.example","y")'),  # never calculated: it has no value
        ("二", "=30+0.6", 104.1, ""),
        ("三", 30.6, 104.2, "合并"),
        ("四", 30.6, 104.3, "没了"),
        ("'=1+1", 30.6, 104.4, "@SUM(A1)"),
    ):
        sheet.append(line)
    sheet.merge_cells("D4:D5")
    path = tmp_path / "a.xlsx"
    book.save(path)
    report = broker.imports.import_file(ME, path, owner="dh-hb")
    assert report.balance == "read 5 = inserted 4 + updated 0 + unchanged 0 + quarantined 1 + rejected 0"
    (problem,) = report.problems
    assert (problem.where, problem.field, problem.reason) == ("3", "latitude", "point-coordinate-missing")
    found = mine(broker, city)
    assert [found[name].address for name in ("一", "三", "四")] == ["", "合并", ""]
    out = tmp_path / "out.csv"
    assert found["=1+1"].address == "@SUM(A1)"
    written = broker.catalog_exports.export(ME, "csv", owner="dh-hb", division=None, coordinates=System.WGS84)
    out.write_bytes(b"".join(written.chunks))
    cells = [cell for row in csv.reader(io.StringIO(out.read_text("utf-8-sig"))) for cell in row]
    assert {"'=1+1", "'@SUM(A1)"} <= set(cells)
    assert not any(cell.startswith(("=", "@", "+")) for cell in cells)


def _bomb(path: Path) -> None:
    """Pack a sheet of ten megabytes of noughts into ten kilobytes."""
    book = Workbook()
    book.worksheets[0].append(["name", "lat", "lon"])
    book.save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b"<worksheet>" + b"0" * 10_000_000)


def _laughing(path: Path) -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    path.write_text(f'<!DOCTYPE x [<!ENTITY l0 "ha">{lines}]><x><Item><Name>&l8;</Name></Item></x>', encoding="utf-8")


def _outside(path: Path) -> None:
    path.write_text('<!DOCTYPE x SYSTEM "file:///etc/passwd"><x><Item><Name>n</Name></Item></x>', encoding="utf-8")


def _entity_in_workbook(path: Path) -> None:
    Workbook().save(path)
    names = load_workbook(path).sheetnames
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert names
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            evil = b'<!DOCTYPE x [<!ENTITY a "b">]>' if name.endswith("sheet1.xml") else b""
            archive.writestr(name, evil + content)


TRICKS: dict[str, tuple[str, Callable[[Path], None] | bytes, str]] = {
    "a zip bomb": ("a.xlsx", _bomb, "list-xlsx-unpacked"),
    "a billion laughs": ("a.xml", _laughing, "list-xml-entity"),
    "a file of the machine": ("a.xml", _outside, "list-xml-entity"),
    "an entity in a workbook": ("a.xlsx", _entity_in_workbook, "list-xlsx-unreadable"),
    "a long line of columns": ("a.csv", b"n," * 2000, "list-too-many-columns"),
    "a heading twice": ("a.csv", "名称,名称,纬度,经度\n一,二,30,104\n".encode(), "list-duplicate-column"),
    "a file too large": ("a.json", b"[" + b" " * 2_000_000 + b"]", "list-too-large"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_are_refused_within_named_limits(tmp_path: Path, trick: str) -> None:
    name, content, slug = TRICKS[trick]
    path = tmp_path / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    limits = Limits(size=1_000_000, unpacked=1_000_000, columns=512)
    with pytest.raises(BrokerError) as refused, open_table(path, limits=limits) as table:
        list(table.rows)
    assert refused.value.slug == slug


def held(broker: Broker, city: City) -> int:
    with broker.work() as work:
        return len(work.cameras.page(viewer=EVERYBODY, owner=city.departments["dh-hb"].id, limit=5000))


CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(
        ["", "NaN", "-Infinity", "1e999", "104.01", "-88.2", "N", "Both Directions", "rtsp://u:p@h/1", "=1+1", code(1),
         code(2), code(3)[:19], "null", "\t", "更衣室", "1", "三类"],
    ),
)  # fmt: skip
MUTATED = st.lists(st.tuples(st.integers(0, len(ROWS) - 1), st.sampled_from([*HEAD, "gb_code", "Secrecy"]), CELLS))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    changes=MUTATED, twice=st.lists(st.integers(0, len(ROWS) - 1), max_size=3), form=st.sampled_from(["csv", "json"])
)
def test_the_balance_of_a_real_list_adds_up_however_it_is_mutated(
    broker: Broker, city: City, tmp_path: Path, changes: list[tuple[int, str, str]], twice: list[int], form: str
) -> None:
    listed = [dict(row) for row in ROWS] + [dict(ROWS[place]) for place in twice]
    for place, column, cell in changes:
        listed[place][column] = cell
    path = tmp_path / f"list.{form}"
    if form == "json":
        path.write_text(json.dumps(listed), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*HEAD, "gb_code", "Secrecy"])
            writer.writeheader()
            writer.writerows(listed)
    before = held(broker, city)
    tried = broker.imports.import_file(ME, path, owner="dh-hb", dry_run=True)
    report = broker.imports.import_file(ME, path, owner="dh-hb")
    assert tried.counts == report.counts, "a dry run says what would be"
    assert report.read == len(listed)
    assert held(broker, city) == before + report.inserted
    outside = {problem.where for problem in report.problems if problem.severity != "warning"}
    assert len(outside) == report.quarantined + report.rejected, "each row that stays outside has its reason"
    again = broker.imports.import_file(ME, path, owner="dh-hb")
    assert (again.inserted, again.updated) == (0, 0)
    assert again.unchanged == report.inserted + report.updated + report.unchanged
    if report.key is not None:
        kept = broker.imports.rows(ME, report.key, fate=None, after=0, limit=100)
        assert len([row for row in kept if row.fate != "warned"]) == report.quarantined + report.rejected
