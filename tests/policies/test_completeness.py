"""Acts and services belong together: what a service asks is a known act, and every known act is asked somewhere."""

import ast
import re
from collections.abc import Iterator

from broker.domain.audit import KINDS
from policies.vocabulary import ACTS
from tests.architecture.sources import called, named, python_files, text_of, tree

ACT = re.compile(r"[a-z_]+:[a-z_]+")
EVERYTHING = {f"{obj}:{act}" for obj, acts in ACTS.items() for act in acts}


def written() -> Iterator[tuple[str, str]]:
    """Yield every text of the services that reads like an act, and the beginning of every one put together."""
    for path in python_files("broker/services"):
        noted = {
            id(arg)
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and called(node) == "note"
            for arg in node.args
        }
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.JoinedStr) and isinstance(first := node.values[0], ast.Constant):
                yield f"{named(path)}:{node.lineno}", f"{first.value}"
            elif (text := text_of(node)) and ACT.fullmatch(text) and id(node) not in noted:
                yield f"{named(path)}:{getattr(node, 'lineno', 0)}", text


def test_what_a_service_asks_is_a_known_act() -> None:
    unknown = {
        place: text
        for place, text in written()
        if ACT.fullmatch(text) and text.partition(":")[0] in ACTS and text not in EVERYTHING | KINDS
    }
    assert unknown == {}


def test_every_act_is_asked_by_a_service() -> None:
    texts = {text for _, text in written()}
    put_together = {act for act in EVERYTHING for text in texts if text.endswith(":") and act.startswith(text)}
    assert EVERYTHING - texts - put_together == UNASKED


UNASKED: set[str] = set()
"""Acts that no service asks yet, each with its reason beside it."""
