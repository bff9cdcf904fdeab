"""From the text of a policy to its rows; a word that the program does not know is a fault, told with its place."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from broker.domain.errors import Invalid
from policies.vocabulary import ACTS, FACTS, ROLE_BITS, need_mask

COLUMNS = ("role", "object", "act", "need", "effect")
EFFECTS = ("allow", "deny")
TEXT = "/text"
LONGEST_WORD = 200
MOST_ROWS = 1000
_BOM = "\ufeff"


class Rule(NamedTuple):
    """One row as Casbin has it."""

    role: str
    object: str
    act: str
    need: str
    effect: str


@dataclass(frozen=True)
class Row:
    """A rule with the number of its line; `fixed` when it comes with the program and not from the policy's text."""

    number: int
    rule: Rule
    fixed: bool = False


@cache
def shipped(name: str) -> str:
    """Return a file of this package, as it was when the program first read it."""
    return files("policies").joinpath(name).read_text(encoding="utf-8")


@cache
def fixed_rows() -> tuple[Row, ...]:
    """Return the rows that are part of every policy."""
    rows, faults = read(shipped("fixed.csv"))
    if faults:
        raise faulty(faults)
    return tuple(Row(row.number, row.rule, fixed=True) for row in rows)


@cache
def shipped_rows() -> tuple[Row, ...]:
    """Return the rows of the policy that the program comes with."""
    rows, faults = read(shipped("baseline.csv"))
    if faults:
        raise faulty(faults)
    return tuple(rows)


def faulty(faults: Iterable[Invalid]) -> Invalid:
    """Return the error that holds all faults of a policy."""
    found = tuple(faults)
    first = found[0].facts
    error = Invalid("policy-faulty", pointer=TEXT, count=len(found), row=first["row"])
    error.faults = found
    return error


def read(text: str) -> tuple[list[Row], list[Invalid]]:
    r"""Return the rows that can be read and the faults of those that cannot; comments and blank lines are skipped.

    Lines end at "\n" alone: whatever else a terminal may show as a new line does not end a comment.
    """
    rows: list[Row] = []
    faults: list[Invalid] = []
    for number, line in enumerate(text.removeprefix(_BOM).split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split(",")]
        found = list(_faults(number, cells))
        if found:
            faults += found
        else:
            rows.append(Row(number, Rule(*cells)))
        if len(rows) + len(faults) > MOST_ROWS:
            return rows, [Invalid("policy-too-long", pointer=TEXT, row=number, column="-", most=MOST_ROWS)]
    return rows, faults


def _faults(number: int, cells: list[str]) -> Iterator[Invalid]:
    if len(cells) != len(COLUMNS):
        names = ", ".join(COLUMNS)
        yield Invalid("policy-columns", pointer=TEXT, row=number, column="-", value=len(cells), allowed=names)
        return
    role, obj, act, need, effect = cells
    if role != "*" and role not in ROLE_BITS:
        yield _unknown(number, "role", role, (*ROLE_BITS, "*"))
    if obj != "*" and obj not in ACTS:
        yield _unknown(number, "object", obj, (*ACTS, "*"))
    elif act != "*" and (obj == "*" or act not in ACTS[obj]):
        yield _unknown(number, "act", act, (*sorted(ACTS.get(obj, ())), "*"))
    if need_mask(need) is None:
        strange = next(name for name in need.split("+") if name not in FACTS)
        yield _unknown(number, "need", strange, (*FACTS, "-"))
    if effect not in EFFECTS:
        yield _unknown(number, "effect", effect, EFFECTS)


def _unknown(number: int, column: str, value: str, allowed: Iterable[str]) -> Invalid:
    words = ", ".join(allowed)
    return Invalid(
        "policy-word", pointer=TEXT, row=number, column=column, value=value[:LONGEST_WORD] or "-", allowed=words
    )
