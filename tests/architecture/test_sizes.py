"""Files and functions stay small enough to be read in one go."""

import ast
from statistics import median

from tests.architecture.sources import PACKAGES, named, python_files, tree

LONGEST_FILE = 400
MEDIAN_FILE = 120
LONGEST_FUNCTION = 60
LONGER = {
    "storage/db/migrations/versions/0001_people_and_cameras.py:upgrade": "a list of tables, written once, never edited",
    "storage/db/migrations/versions/0002_requests_and_grants.py:upgrade": "as above",
}
"""Functions that may be longer, with the reason."""

LINES = {
    named(path): len(path.read_text(encoding="utf-8").splitlines())
    for path in python_files(*PACKAGES, "tests", "benchmarks")
    if path.stat().st_size
}


def test_no_file_is_too_long() -> None:
    assert {name: count for name, count in LINES.items() if count > LONGEST_FILE} == {}


def test_the_median_file_is_short() -> None:
    assert median(LINES.values()) <= MEDIAN_FILE


def test_no_function_is_too_long() -> None:
    long = {
        f"{named(path)}:{node.name}"
        for path in python_files(*PACKAGES, "tests", "benchmarks")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }
    assert long == set(LONGER)
