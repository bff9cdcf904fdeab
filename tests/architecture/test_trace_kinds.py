"""The kinds of events: the closed list holds what the code writes, and nothing that it never writes."""

import ast

from broker.domain.oversight.audit import KINDS
from tests.architecture.sources import PACKAGES, called, named, python_files, text_of, tree

LIST = "broker/domain/oversight/audit.py"


def strings() -> set[str]:
    """Return every string constant of the code, without those of the list itself."""
    return {
        text
        for path in python_files(*PACKAGES)
        if named(path) != LIST
        for node in ast.walk(tree(path))
        if (text := text_of(node)) is not None
    }


def test_every_kind_is_written_somewhere() -> None:
    assert sorted(KINDS - strings()) == []


def test_every_written_kind_is_known() -> None:
    unknown = []
    for path in python_files(*PACKAGES):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and called(node) == "Entry" and len(node.args) > 1:
                kind = text_of(node.args[1])
                if kind is not None and kind not in KINDS:
                    unknown.append(f"{named(path)}:{node.lineno} {kind}")
    assert unknown == []
