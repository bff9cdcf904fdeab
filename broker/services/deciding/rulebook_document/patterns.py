"""Patterns of case numbers: they compile, read the same in a browser, and cannot keep a process busy.

Python's regular expressions go back and try again, and cannot be stopped meanwhile. How often, is bounded by the number
of ways in which a pattern can cut up a text; it is counted here before a pattern is let in.
"""

import re
from importlib import import_module
from typing import Any

from broker.domain.errors import Invalid
from broker.domain.requests.purpose import Basis

LONGEST_NUMBER = 200
MOST_WAYS = 100_000

_tree = import_module("re._parser")  # the only reader of patterns that is surely Python's own
_ONE_SIGN = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT"})
_UNPORTABLE = re.compile(r"\(\?(?!:)|\\[AZzGhHRQE]|\\[0-9]|[*+?}]\+")
"""Groups with a meaning of their own, references back, possessive repeats: a browser reads them otherwise or not."""


def fault_of(basis: Basis) -> Invalid | None:
    """Return what is wrong with the pattern of a basis; the pointer is relative to the basis."""
    try:
        re.compile(basis.case_pattern)
    except (re.error, RecursionError, OverflowError):
        return Invalid("pattern-broken", pointer="/case_pattern")
    if _UNPORTABLE.search(basis.case_pattern):
        return Invalid("pattern-unportable", pointer="/case_pattern")
    if _ways(_tree.parse(basis.case_pattern)) > MOST_WAYS:
        return Invalid("pattern-slow", pointer="/case_pattern")
    if not basis.fits(basis.case_example):
        return Invalid("pattern-example", pointer="/case_example", pattern=basis.case_pattern)
    return None


def _ways(parts: Any) -> int:
    """Return in how many ways a pattern can cut up a text of the longest number, not counted beyond the bound."""
    ways = 1
    for operation, argument in parts:
        ways *= _ways_of(str(operation), argument)
        if ways > MOST_WAYS:
            return MOST_WAYS + 1
    return ways


def _ways_of(operation: str, argument: Any) -> int:
    if operation in _ONE_SIGN or operation == "AT":
        return 1
    if operation == "SUBPATTERN":
        return _ways(argument[-1])
    if operation == "BRANCH":
        return sum(_ways(branch) for branch in argument[1])
    if operation in _REPEATS:
        least, most, body = argument
        once, ways = _ways(body), 0
        for times in range(int(least), min(int(most), LONGEST_NUMBER) + 1):
            ways += once**times
            if ways > MOST_WAYS:
                break
        return ways
    return MOST_WAYS + 1  # whatever else there is: not counted, not let in
