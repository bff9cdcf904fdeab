"""What the acts of the demonstration hand on to each other."""

from dataclasses import dataclass, field
from typing import Any

from broker.demo.city import Stock
from broker.demo.footage import Footage
from broker.demo.plan import Plan

Record = dict[str, Any]


@dataclass
class Case:
    """One case: its cameras and footage, and what became of it so far.

    `cameras`, `request` and `grant` are records as the server shows them.
    """

    stock: Stock
    footage: Footage
    plan: Plan
    cameras: list[Record] = field(default_factory=list)
    request: Record = field(default_factory=dict)
    grant: Record = field(default_factory=dict)
