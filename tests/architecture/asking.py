"""Walks the methods of a service and finds the paths on which the policy was not asked first.

A path asks with `self._policy.require(...)`, with a method of the class that asks on each of its own paths, or by
handing `self._policy` to a function that several services share and that asks on each of its paths. It may not return
and may not commit before. What raises needs nothing. Conditions count as both ways, loops as no turn at
all, a handler as if nothing in its block had happened: when in doubt, the path has not asked.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

Function = ast.FunctionDef | ast.AsyncFunctionDef
Asked = bool | None
"""Whether the policy has been asked; None where no path comes along any more."""

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_PARTLY = (ast.BoolOp, ast.IfExp, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
"""Expressions of which only the first part is worked out in any case."""


def service_classes(module: ast.Module) -> Iterator[ast.ClassDef]:
    """Yield the public classes that open units of work of their own."""
    for node in module.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            attributes = {it.attr for it in ast.walk(node) if isinstance(it, ast.Attribute)}
            if attributes & {"_work", "_policy"}:
                yield node


def methods_of(service: ast.ClassDef) -> dict[str, Function]:
    """Return the methods of a class by name."""
    return {node.name: node for node in service.body if isinstance(node, Function)}


def askers(modules: Iterable[ast.Module]) -> set[str]:
    """Return the functions whose first argument is `policy` and which ask it on every path that returns."""
    return {
        node.name
        for module in modules
        for node in module.body
        if isinstance(node, Function) and [argument.arg for argument in node.args.args[:1]] == ["policy"]
        if not _Walk({}, (), node.name).faults_of(node)
    }


def unasked(service: ast.ClassDef, noting: Collection[str] = (), shared: Collection[str] = ()) -> list[str]:
    """Return what is wrong with the public methods of a service, one line a fault.

    `noting` names methods in which `self._policy.note(...)` is enough: they only write down what happened. `shared`
    names the functions that ask for a method when they are handed its policy.
    """
    methods = methods_of(service)
    faults: list[str] = []
    for name, method in methods.items():
        if not name.startswith("_"):
            walk = _Walk(methods, noting, name, shared)
            faults += (f"{service.name}.{name}: {fault}" for fault in walk.faults_of(method))
    return faults


@dataclass
class _Walk:
    """One method, with the methods it may call."""

    methods: dict[str, Function]
    noting: Collection[str]
    name: str
    shared: Collection[str] = ()
    faults: list[str] = field(default_factory=list)
    within: tuple[str, ...] = ()
    returns: list[bool] = field(default_factory=list)

    def faults_of(self, method: Function) -> list[str]:
        self.leave(self.block(method.body, asked=False), method)
        return self.faults

    def leave(self, asked: Asked, node: ast.AST) -> None:
        """Note one way out of the method."""
        if asked is None:
            return
        self.returns.append(asked)
        if not asked:
            self.faults.append(f"line {getattr(node, 'lineno', 0)} returns, and the policy was not asked")

    def block(self, body: Sequence[ast.stmt], asked: Asked) -> Asked:
        for statement in body:
            if asked is None:
                return None
            asked = self.statement(statement, asked=asked)
        return asked

    def statement(self, node: ast.stmt, *, asked: bool) -> Asked:
        """Follow one statement; return whether the policy has been asked after it."""
        after: Asked
        match node:
            case ast.Return():
                self.leave(self.expression(node.value, asked=asked), node)
                after = None
            case ast.Raise():
                self.expression(node.exc, asked=asked)
                after = None
            case ast.If() | ast.While():
                after = self.branching(node, asked=asked)
            case ast.For() | ast.AsyncFor():
                turned = self.expression(node.iter, asked=asked)
                self.block(node.body, turned)
                after = self.block(node.orelse, turned)
            case ast.With() | ast.AsyncWith():
                after = self.within_block(node, asked=asked)
            case ast.Try() | ast.TryStar():
                after = self.trying(node, asked=asked)
            case ast.Match():
                chosen = self.expression(node.subject, asked=asked)
                after = reduce(_either, [*(self.block(case.body, chosen) for case in node.cases), chosen])
            case _:
                after = self.expression(node, asked=asked)
        return after

    def within_block(self, node: ast.With | ast.AsyncWith, *, asked: bool) -> Asked:
        now = asked
        for item in node.items:
            now = self.expression(item.context_expr, asked=now)
        after = self.block(node.body, now)
        return _either(after, asked) if _swallows(node) else after

    def branching(self, node: ast.If | ast.While, *, asked: bool) -> Asked:
        asked = self.expression(node.test, asked=asked)
        body = self.block(node.body, asked)
        other = self.block(node.orelse, asked)
        return _either(body, other) if isinstance(node, ast.If) else other

    def trying(self, node: ast.Try | ast.TryStar, *, asked: bool) -> Asked:
        ways = [self.block(node.orelse, self.block(node.body, asked))]
        ways += (self.block(handler.body, asked) for handler in node.handlers)
        after = reduce(_either, ways)
        return self.block(node.finalbody, asked=asked if after is None else after) if node.finalbody else after

    def expression(self, node: ast.AST | None, *, asked: bool) -> bool:
        """Follow the calls in an expression, the inner ones first; what may be left out asks nothing."""
        if node is None or isinstance(node, _LATER):
            return asked
        now = asked
        for place, part in enumerate(_parts(node)):
            after = self.expression(part, asked=now)
            if place == 0 or not isinstance(node, _PARTLY):
                now = after
        return self.call(node, asked=now) if isinstance(node, ast.Call) else now

    def call(self, node: ast.Call, *, asked: bool) -> bool:
        target = ast.unparse(node.func)
        if target in {"self._policy.require", "policy.require"}:
            return True
        if target == "self._policy.note" and self.name in self.noting:
            return True
        if target in self.shared and node.args and ast.unparse(node.args[0]) == "self._policy":
            return True
        if target.endswith(".commit") and not asked:
            self.faults.append(f"line {node.lineno} commits, and the policy was not asked")
        name = target.removeprefix("self.")
        if target != f"self.{name}" or name not in self.methods or name in self.within:
            return asked
        inner = _Walk(self.methods, self.noting, name, self.shared, within=(*self.within, name))
        faults = inner.faults_of(self.methods[name])
        if not asked:
            self.faults += (f"{name}: {fault}" for fault in faults if "commits" in fault)
        return asked or (bool(inner.returns) and all(inner.returns))


def _parts(node: ast.AST) -> list[ast.AST]:
    """Return the parts of an expression in the order in which they are worked out."""
    match node:
        case ast.IfExp():
            return [node.test, node.body, node.orelse]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return [node.generators[0].iter, *node.generators, node.elt]
        case ast.DictComp():
            return [node.generators[0].iter, *node.generators, node.key, node.value]
        case _:
            return [
                it for it in ast.iter_child_nodes(node) if isinstance(it, ast.expr | ast.keyword | ast.comprehension)
            ]


def _swallows(node: ast.With | ast.AsyncWith) -> bool:
    """Say whether the block goes on after an error inside it."""
    return any("suppress(" in ast.unparse(item.context_expr) for item in node.items)


def _either(one: Asked, other: Asked) -> Asked:
    """Join two ways: asked only when it was asked on both that come along."""
    if one is None or other is None:
        return other if one is None else one
    return one and other
