"""Acts and services belong together: what a service asks is a known act, and every known act is asked somewhere."""

import ast
import re
from collections.abc import Iterator

from policies.vocabulary import ACTS
from tests.architecture.sources import called, named, python_files, text_of, tree

ACT = re.compile(r"[a-z_]+:[a-z_]+")
EVERYTHING = {f"{obj}:{act}" for obj, acts in ACTS.items() for act in acts}


def written() -> Iterator[str]:
    """Yield every text of the services, and the beginning of every one put together; what is only noted is no act."""
    for path in python_files("broker/services"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.JoinedStr) and isinstance(first := node.values[0], ast.Constant):
                yield str(first.value)
            elif text := text_of(node):
                yield text


def asked() -> Iterator[tuple[str, str]]:
    """Yield the acts that are handed to what asks the policy, with their places."""
    for path in python_files("broker/services"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and called(node) in {"require", "decide", "_require", "_ask"}:
                for text in filter(None, map(text_of, node.args)):
                    if ACT.fullmatch(text):
                        yield f"{named(path)}:{node.lineno}", text


def test_what_a_service_asks_is_a_known_act() -> None:
    found = dict(asked())
    assert len(found) > 50
    assert {place: act for place, act in found.items() if act not in EVERYTHING} == {}


def test_every_act_is_asked_by_a_service() -> None:
    texts = set(written())
    put_together = {act for act in EVERYTHING for text in texts if text.endswith(":") and act.startswith(text)}
    assert EVERYTHING - texts - put_together == UNASKED


UNASKED: set[str] = set()
"""Acts that no service asks yet, each with its reason beside it."""
