"""What may be told of many requests together: counts and medians, and nothing where so few would tell of persons."""

from dataclasses import dataclass

LEAST = 10
"""A cell that counts fewer than this is withheld: from so few, a single case could be read."""


@dataclass(frozen=True)
class Cell:
    """One figure of a table: `of` says what is counted, `count` None is withheld; `value` goes with the count."""

    of: tuple[str, ...]
    count: int | None
    value: float | None = None

    @property
    def withheld(self) -> bool:
        return self.count is None


def cell(of: tuple[str, ...], count: int, value: float | None = None) -> Cell:
    """Return a cell, withheld where it counts some but fewer than ten; nought tells of nobody."""
    if 0 < count < LEAST:
        return Cell(of, None)
    return Cell(of, count, value)


@dataclass(frozen=True)
class Statistics:
    """The tables of one period.

    Attributes:
        waiting: (stage, age) of what is open now.
        overdue: (stage) of what is open now and should have been decided by now.
        times: (stage, department code) with the median hours from its beginning to its end.
        refusals: (stage, what became of it), and ("look", reason) of looks that were refused.
        sharing: (department code) with the share of lines that it authorized among those it was asked for.
        emergencies: what became of them.
        quota: (department code, kind) with the part of the granted quota that was used.
    """

    waiting: tuple[Cell, ...]
    overdue: tuple[Cell, ...]
    times: tuple[Cell, ...]
    refusals: tuple[Cell, ...]
    sharing: tuple[Cell, ...]
    emergencies: tuple[Cell, ...]
    quota: tuple[Cell, ...]
