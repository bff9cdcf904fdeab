"""Names that say nothing are not used: what has no better name has no place of its own yet."""

import ast
import re

from tests.architecture.sources import PACKAGES, named, python_files, tree

EMPTY = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers"}


def words(name: str) -> set[str]:
    """Return the words of a name: `load_utils` and `LoadUtils` both have `utils`."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def test_words_of_names() -> None:
    assert words("load_utils") & words("CacheManager") == set()
    assert "utils" in words("load_utils")
    assert "manager" in words("CacheManager")
    assert "common" in words("storage/common.py")
    assert "manager" not in words("management_unit")


def test_no_name_says_nothing() -> None:
    empty = []
    for path in python_files(*PACKAGES, "tests", "benchmarks"):
        if words(named(path)) & EMPTY:
            empty.append(named(path))
        empty += [
            f"{named(path)}:{node.lineno} {node.name}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and words(node.name) & EMPTY
        ]
    assert empty == []
