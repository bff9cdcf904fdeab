"""Every question to the policy is put inside a unit of work, which has just come to the policy in force."""

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture.asking import service_classes
from tests.architecture.sources import named, python_files, tree

ASKING = frozenset({"self._policy.require", "self._policy.decide", "self._policy.snapshot"})
HELD = frozenset({"_permit"})
"""Methods without a unit of work of their own; every call of them is held to the rule instead."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def outside(service: ast.ClassDef) -> list[str]:
    """Return the places where a method asks, or calls one that does, with no unit of work open."""
    return [
        f"{service.name}.{method.name}:{getattr(node, 'lineno', 0)}"
        for method in service.body
        if isinstance(method, Function) and method.name not in HELD and not _is_given_work(method)
        for node in _outside_units(method)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ASKING | {f"self.{name}" for name in HELD}
        if not _is_handed_on(node, method)
    ]


def _is_given_work(method: Function) -> bool:
    return any(each.arg == "work" for each in (*method.args.args, *method.args.kwonlyargs))


def _is_handed_on(node: ast.Attribute, method: Function) -> bool:
    """Say whether the method is only named, to be called by somebody else."""
    called = {id(call.func) for call in ast.walk(method) if isinstance(call, ast.Call)}
    return node.attr in HELD and id(node) not in called


def _outside_units(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is not inside `with self._work()`."""
    yield node
    if isinstance(node, ast.With) and any(ast.unparse(it.context_expr) == "self._work()" for it in node.items):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_units(child)


@pytest.mark.parametrize("path", python_files("broker/services"), ids=named)
def test_the_policy_is_asked_inside_a_unit_of_work(path: Path) -> None:
    assert [place for service in service_classes(tree(path)) for place in outside(service)] == []


MADE_UP = {
    "before the unit": "permit = self._policy.require(caller)\nwith self._work() as work:\n    work.commit(permit)",
    "after the unit": "with self._work() as work:\n    pass\nself._policy.decide(caller)",
    "through a method": "permit = self._permit()\nwith self._work() as work:\n    work.commit(permit)",
}
GOOD = {
    "inside": "with self._work() as work:\n    self._policy.require(caller)",
    "inside, through a method": "with self._work() as work:\n    self._permit()",
    "handed on": "watch = Watch(self._permit)",
}


def made_up(body: str) -> ast.ClassDef:
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    (service,) = service_classes(ast.parse(dedent(f"class MadeUp:\n    def verb(self, caller):\n{lines}\n") + _REST))
    return service


_REST = "    def _permit(self):\n        return self._policy.require(None)\n"


@pytest.mark.parametrize("case", MADE_UP)
def test_a_question_outside_is_caught(case: str) -> None:
    assert len(outside(made_up(MADE_UP[case]))) == 1


@pytest.mark.parametrize("case", GOOD)
def test_a_question_inside_is_let_through(case: str) -> None:
    assert outside(made_up(GOOD[case])) == []
