"""From the text of a policy to rows: every fault with its place, and no row of a policy that has one."""

import pytest

from broker.locale import explain
from policies.reading import COLUMNS, MOST_ROWS, Row, faulty, fixed_rows, read, shipped, shipped_rows

GOOD = "requester, camera, list, -, allow"


def test_blank_lines_comments_and_a_byte_order_mark_say_nothing() -> None:
    rows, faults = read(f"\ufeff# 注释\n\n   \n  # more\n{GOOD}\n")
    assert faults == []
    assert rows == [Row(5, rows[0].rule)]
    assert tuple(rows[0].rule) == ("requester", "camera", "list", "-", "allow")


def test_only_a_new_line_ends_a_comment() -> None:
    for sign in ("\r", "\x0b", "\x0c", "\x85", "\u2028"):
        assert read(f"# nothing{sign}{GOOD}") == ([], [])


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        ("king, camera, list, -, allow", "role", "king"),
        (", camera, list, -, allow", "role", "-"),
        ("requester, kettle, list, -, allow", "object", "kettle"),
        ("requester, camera, boil, -, allow", "act", "boil"),
        ("requester, *, list, -, allow", "act", "list"),
        ("requester, camera, list, moon, allow", "need", "moon"),
        ("requester, camera, list, -, perhaps", "effect", "perhaps"),
    ],
)
def test_a_strange_word_is_told_with_its_place(line: str, column: str, value: str) -> None:
    rows, faults = read(f"{GOOD}\n{line}")
    assert len(rows) == 1
    (fault,) = [it for it in faults if it.facts["column"] == column]
    assert (fault.slug, fault.pointer, fault.facts["row"]) == ("policy-word", "/text", 2)
    assert fault.facts["value"] == value
    assert "2" in explain(fault, "zh_CN")


def test_a_row_has_five_columns() -> None:
    for line, count in (("requester, camera, list, allow", 4), (f"{GOOD}, allow", 6), ("requester", 1)):
        rows, (fault,) = read(line)
        assert (rows, fault.slug, fault.facts["value"]) == ([], "policy-columns", count)
        assert fault.facts["allowed"] == ", ".join(COLUMNS)


def test_every_fault_of_a_row_is_told() -> None:
    _, faults = read("king, kettle, boil, moon, perhaps")
    assert [fault.facts["column"] for fault in faults] == ["role", "object", "need", "effect"]  # acts are an object's
    error = faulty(faults)
    assert (error.slug, error.facts["count"], error.facts["row"]) == ("policy-faulty", len(faults), 1)
    assert error.faults == tuple(faults)


def test_a_policy_has_an_end() -> None:
    rows, faults = read(f"{GOOD}\n" * MOST_ROWS)
    assert (len(rows), faults) == (MOST_ROWS, [])
    rows, (fault,) = read(f"{GOOD}\n" * (MOST_ROWS + 1))
    assert (fault.slug, fault.facts["most"]) == ("policy-too-long", MOST_ROWS)


def test_what_is_shipped_has_no_fault() -> None:
    assert read(shipped("baseline.csv"))[1] == read(shipped("fixed.csv"))[1] == []
    assert all(row.fixed for row in fixed_rows())
    assert not any(row.fixed for row in shipped_rows())
