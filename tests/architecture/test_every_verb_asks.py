"""Every public method of a service asks the policy before it commits and before it returns."""

import ast
from textwrap import dedent, indent

import pytest

from tests.architecture.asking import askers, methods_of, service_classes, unasked
from tests.architecture.sources import called, named, python_files, tree

NOTING = {
    "Retrievals": {
        "_refused": "writes down that footage was refused; who was refused may not be kept from that",
        "delivered": "writes down the end of a delivery that `open` has allowed",
        "interrupted": "writes down that such a delivery was cut off",
    },
    "Packages": {
        "_refused": "writes down that footage was refused, as for a single result",
        "delivered": "writes down the end of a delivery that `open` has allowed",
        "interrupted": "writes down that such a delivery was cut off",
    },
}
"""Methods in which a note is enough, with the reason."""

SERVICES = {
    service.name: service for path in python_files("broker/services") for service in service_classes(tree(path))
}
SHARED = askers(tree(path) for path in python_files("broker/services"))


def test_the_services_are_found() -> None:
    nouns = {"AccessRequests", "Accounts", "Audit", "Catalog", "Grants", "RequestItems", "RetrievalRuns", "Retrievals"}
    assert nouns <= SERVICES.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_every_public_method_asks_first(name: str) -> None:
    assert unasked(SERVICES[name], NOTING.get(name, {}), SHARED) == []


def test_what_is_excepted_is_there() -> None:
    for name, methods in NOTING.items():
        assert methods.keys() <= methods_of(SERVICES[name]).keys()


def test_only_the_authorizer_makes_permits() -> None:
    makers = {
        named(path)
        for path in python_files("broker", "policies", "adapters", "storage")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) == "Permit"
    }
    assert makers == {"policies/authorizer.py"}


def test_only_services_commit_a_unit_of_work() -> None:
    """Functions beside the classes get an open unit of work and a permit; the method that asked ends it."""
    outside = [
        f"{named(path)}:{node.lineno}"
        for path in python_files("broker/services")
        for node in _outside_classes(tree(path))
        if isinstance(node, ast.Call) and called(node) == "commit"
    ]
    assert outside == []


def _outside_classes(module: ast.Module) -> list[ast.AST]:
    return [node for top in module.body if not isinstance(top, ast.ClassDef) for node in ast.walk(top)]


MADE_UP = {
    "never": ("return work.load(key)", "returns"),
    "never, and writes": ("work.save(key)\nwork.commit(permit)", "commits"),
    "too late": ("work.commit(permit)\nself._policy.require(caller)", "commits"),
    "after a return": ("if key:\n    return 1\nself._policy.require(caller)", "returns"),
    "in one branch": ("if key:\n    self._policy.require(caller)\nwork.commit(permit)", "commits"),
    "in a loop that may not turn": ("for it in key:\n    self._policy.require(caller)\nwork.commit(permit)", "commits"),
    "in a block that may fail": (
        "try:\n    self._policy.require(caller)\nexcept Forbidden:\n    pass\nwork.commit(permit)",
        "commits",
    ),
    "in a block whose errors are swallowed": (
        "with suppress(Forbidden):\n    self._policy.require(caller)\nwork.commit(permit)",
        "commits",
    ),
    "in half a condition": ("key and self._policy.require(caller)\nwork.commit(permit)", "commits"),
    "in a function for later": ("later = lambda: self._policy.require(caller)\nwork.commit(permit)", "commits"),
    "through a method that does not": ("self._load(work)\nwork.commit(permit)", "commits"),
    "a method commits for it": ("self._write(work)\nself._policy.require(caller)", "commits"),
    "through a function that is handed another policy": ("shared(policy, work)\nwork.commit(permit)", "commits"),
    "through a function nobody vouches for": ("other(self._policy, work)\nwork.commit(permit)", "commits"),
    "only noted": ("permit = self._policy.note(caller, 'x')\nwork.commit(permit)", "commits"),
}


@pytest.mark.parametrize("case", MADE_UP)
def test_a_method_that_does_not_ask_is_caught(case: str) -> None:
    body, fault = MADE_UP[case]
    faults = unasked(_made_up(body), shared={"shared"})
    assert faults
    assert fault in faults[0]


GOOD = {
    "at once": "permit = self._policy.require(caller)\nwork.commit(permit)",
    "through a method that does": "permit = self._ask(caller)\nwork.commit(permit)",
    "in every branch": "if key:\n    self._policy.require(caller)\nelse:\n    self._ask(caller)\nreturn work.load(key)",
    "through a function that is handed the policy": "permit = shared(self._policy, work)\nwork.commit(permit)",
    "or it raises": "if not key:\n    raise Unknown('x')\nself._policy.require(caller)\nreturn work.load(key)",
    "within a block": "with self._work() as work:\n    self._policy.require(caller)\n    work.commit(permit)",
}


@pytest.mark.parametrize("case", GOOD)
def test_a_method_that_asks_is_let_through(case: str) -> None:
    assert unasked(_made_up(GOOD[case]), shared={"shared"}) == []


def test_a_function_vouches_only_if_it_asks_on_every_path() -> None:
    good = "def good(policy, work):\n    permit = policy.require(work)\n    return permit"
    half = "def half(policy, work):\n    if work:\n        return 1\n    return policy.require(work)"
    assert askers([ast.parse(good), ast.parse(half)]) == {"good"}
    assert {"require_center", "require_owner"} <= SHARED


def _made_up(body: str) -> ast.ClassDef:
    text = dedent(
        """
        class MadeUp:
            def verb(self, caller, key, work, permit):
        {body}
            def _ask(self, caller):
                if caller:
                    raise Forbidden("no")
                return self._policy.require(caller)
            def _load(self, work):
                return work.load()
            def _write(self, work):
                work.commit(None)
        """,
    ).format(body=indent(body, " " * 8))
    (service,) = service_classes(ast.parse(text))
    return service
