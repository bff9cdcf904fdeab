import csv
import json
from collections.abc import Sequence
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.domain.catalog.catalog import Merged, RowProblem, Severity
from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.check import Checked, Checker
from broker.services.catalog.catalog_files.mapping import resolve
from broker.services.catalog.catalog_files.report import ImportReport, Tally, write_problems_csv, write_problems_json
from broker.services.catalog.catalog_files.rows import Row
from tests.catalog.lists import NESTED, read_list, write_json

PROBLEM = RowProblem("2", "name", "point-name-missing", "=cmd|' /C calc'!A0", "-90…90", Severity.WARNING)


def test_the_balance_of_a_dirty_list(tmp_path: Path) -> None:
    _, report = read_list(write_json(tmp_path, NESTED))
    assert report.balance == "read 7 = inserted 4 + updated 0 + unchanged 0 + quarantined 3 + rejected 0"
    assert report.warnings == 2
    assert [(p.where, p.field, p.reason, p.severity.value) for p in report.problems] == [
        ("/Northshire/Dale/2", "direction", "point-direction-unknown", "warning"),
        ("/Northshire/other/0", "direction", "point-direction-unknown", "warning"),
        ("/Northshire/other/1", "external_key", "point-duplicate", "quarantined"),
        ("/Southshire/Vale/0", "latitude", "point-coordinates-zero", "quarantined"),
        ("/Southshire/Vale/1", "latitude", "point-coordinates-swapped", "quarantined"),
    ]
    assert report.problems[2].allowed == "/Northshire/other/0"


def test_a_lost_row_is_no_report() -> None:
    with pytest.raises(ValueError, match="lost"):
        ImportReport(read=3, inserted=1, updated=0, unchanged=1, rejected=0)

    class Mute(Checker):
        def check_all(self, rows: Sequence[Row]) -> list[Checked]:
            return [Checked(None) for _ in rows]

    with pytest.raises(ValueError, match="no reason"):
        list(Tally().drafts([Row("2")], Mute(resolve(["name", "latitude", "longitude"]))))


def test_a_conflict_in_the_catalogue_is_a_quarantined_row() -> None:
    tally = Tally()
    checker = Checker(resolve(["name", "latitude", "longitude", "direction"]))
    rows = [Row(str(line), {"name": f"p{line}", "latitude": 1, "longitude": 2, "direction": "Any"}) for line in (2, 3)]
    assert len(list(tally.drafts(rows, checker))) == 2
    tally.conflict([(2, RowProblem("3", "gb_code", "point-code-foreign", severity=Severity.QUARANTINED))])
    report = tally.report(Merged(1, 0, 0))
    assert (report.quarantined, report.warnings, len(report.problems)) == (1, 1, 3)


def test_the_problems_as_a_spreadsheet() -> None:
    file = StringIO()
    write_problems_csv([PROBLEM], file)
    assert file.getvalue().startswith("\ufeffwhere,field,severity,reason,value,allowed\r\n")
    (row,) = csv.DictReader(StringIO(file.getvalue().removeprefix("\ufeff")))
    assert (row["value"], row["allowed"], row["severity"]) == ("'=cmd|' /C calc'!A0", "'-90…90", "warning")


def test_the_problems_as_json() -> None:
    file = StringIO()
    write_problems_json([PROBLEM], file)
    assert json.loads(file.getvalue()) == [
        {"where": "2", "field": "name", "severity": "warning", "reason": "point-name-missing",
         "value": "=cmd|' /C calc'!A0", "allowed": "-90…90"},
    ]  # fmt: skip


@given(st.text(alphabet=st.sampled_from("=+-@＝＋\t\r\n \u3000a1'\"")))
def test_no_cell_begins_a_formula(value: str) -> None:
    file = StringIO(newline="")
    write_problems_csv([RowProblem("2", "name", "x", value)], file)
    _, row = csv.reader(StringIO(file.getvalue(), newline=""))
    assert not row[4].lstrip().startswith(("=", "+", "-", "@", "＝", "＋"))
    assert not row[4].startswith(("\t", "\r", "\n"))
    assert row[4].removeprefix("'") == value.removeprefix("'")


cells = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(),
    st.sampled_from(["", "N", "Median", "34020200001320000001", "30.5", "rtsp://u:p@h.x/1", "0", "120.5", "河滨路口"]),
    st.recursive(st.text(), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)),
)  # fmt: skip
FIELDS = ["gb_code", "external_key", "name", "latitude", "longitude", "division", "address", "direction", "secrecy"]
dirty = st.dictionaries(st.sampled_from([*FIELDS, "point_class", "synthetic", "note", "level1"]), cells)
good = st.fixed_dictionaries(
    {"name": st.text(), "latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)},
    optional={"gb_code": cells, "external_key": cells, "direction": cells, "note": cells, "bad\x00name": cells},
)


@settings(deadline=None)  # the first point of a known division has its borders read
@given(st.lists(st.one_of(dirty, good), max_size=12))
def test_no_row_is_ever_lost(listed: list[dict[str, object]]) -> None:
    tally = Tally()
    rows = [Row(f"/{index}", values) for index, values in enumerate(listed)]
    mapping = resolve(["name", "latitude", "longitude", *(set().union(*listed) - {"name", "latitude", "longitude"})])
    drafts = list(tally.drafts(rows, Checker(mapping)))
    report = tally.report(Merged(len(drafts), 0, 0))
    rejected = {problem.where for problem in report.problems if problem.severity is not Severity.WARNING}
    assert report.read == len(listed) == len(drafts) + report.rejected + report.quarantined
    assert {draft.where for draft in drafts} | rejected == {row.where for row in rows}
    for draft in drafts:  # what goes in can be written as UTF-8 and as JSON
        json.dumps([draft.name, draft.address, draft.external_key, dict(draft.extra)], allow_nan=False).encode()
        draft.name.encode()
        assert "\x00" not in draft.name + str(draft.external_key) + repr(draft.extra).replace("\\x00", "\x00")
    keys = [(draft.gb_code, draft.external_key) for draft in drafts]
    assert len(keys) == len(set(keys))


SIGNS = st.text(st.sampled_from('abc,;\t"\n[]{}: 1.-纬'))
LISTS = SIGNS.map(lambda text: f"name,lat,lon\n{text}".encode())


@given(
    st.one_of(st.binary(max_size=300), SIGNS.map(str.encode), LISTS),
    st.sampled_from(["csv", "xlsx", "json", "geojson"]),
)
def test_any_bytes_are_a_list_or_a_clear_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{kind}"
    path.write_bytes(content)
    with suppress(Invalid):
        read_list(path)
