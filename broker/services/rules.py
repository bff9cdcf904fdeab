"""The rulebook in force, and the one a request began with."""

from broker.domain.rulebook import Rulebook
from broker.domain.shipped_rules import SHIPPED
from storage.db.unit_of_work import UnitOfWork


def rules_in_force(work: UnitOfWork) -> Rulebook:
    """Return the rules that a request submitted now goes by."""
    return SHIPPED


def rules_of(work: UnitOfWork, version: int) -> Rulebook:
    """Return the rules of a version: a running request keeps those it began with."""
    return SHIPPED
