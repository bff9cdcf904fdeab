"""Departments to choose from, where a form asks for one by its code."""

from collections.abc import Sequence

from broker.web.api.people.departments import DepartmentOut
from broker.web.console.operating.shift import Shift

MOST = 500
"""How many a browser is given to suggest; every other code can be typed all the same."""


def departments_for(shift: Shift) -> Sequence[DepartmentOut]:
    """Return the open departments in the order of the tree, as far as a list of suggestions bears."""
    found = shift.broker.accounts.departments(shift.caller, after="", limit=MOST)
    return [DepartmentOut.of(it) for it in found if not it.closed]
