"""What a second pair of eyes would find in a policy: every fault of a text, each with its row and column."""

from collections.abc import Iterator, Sequence

from broker.domain.errors import Invalid
from broker.domain.people.accounts import Role
from policies.constitution import breaches, facts_of
from policies.reading import TEXT, Row, Rule, fixed_rows, read


def lint(text: str) -> tuple[Invalid, ...]:
    """Return all faults, in the order of the rows; what concerns no single row stands at row 0.

    Unknown words and breaches keep a policy from coming in force at all; the rest (a row twice, a row that can never
    matter, a role without any row) is refused when it is proposed, since it is not what somebody meant.
    """
    rows, faults = read(text)
    for row in rows:
        faults += breaches(row)
    faults += _impossible(rows)
    faults += _idle(rows)
    faults += _forgotten(rows)
    return tuple(sorted(faults, key=_row_of))


def _row_of(fault: Invalid) -> int:
    row = fault.facts["row"]
    return row if isinstance(row, int) else 0


def _impossible(rows: Sequence[Row]) -> Iterator[Invalid]:
    """Yield rows that need two faces of one fact."""
    for row in rows:
        needed = facts_of(row.rule)
        for name in sorted(needed):
            other = name.replace("is_", "not_", 1)
            if name.startswith("is_") and other in needed:
                pair = f"{name}+{other}"
                yield Invalid(
                    "policy-contradiction", pointer=TEXT, row=row.number, column="need", value=pair,
                    allowed=f"{name}, {other}",
                )  # fmt: skip


def _idle(rows: Sequence[Row]) -> Iterator[Invalid]:
    """Yield rows that stand twice, and rows that another row makes pointless."""
    first: dict[Rule, int] = {}
    for row in rows:
        if row.rule in first:
            yield Invalid(
                "policy-duplicate", pointer=TEXT, row=row.number, column="-", value=first[row.rule], allowed="-"
            )
        first.setdefault(row.rule, row.number)
    distinct = [row for row in rows if first[row.rule] == row.number]
    for row in distinct:
        if stronger := next((it for it in (*fixed_rows(), *distinct) if _silences(it, row)), None):
            told = ", ".join(stronger.rule)
            yield Invalid("policy-unreachable", pointer=TEXT, row=row.number, column="-", value=told, allowed="-")


def _silences(one: Row, other: Row) -> bool:
    """Say whether `one` answers every question of `other`: it denies them, or it says the same of more."""
    if one is other or not _covers(one.rule, other.rule):
        return False
    if one.rule.effect != other.rule.effect:
        return one.rule.effect == "deny"
    return one.fixed or not _covers(other.rule, one.rule) or one.number < other.number


def _covers(one: Rule, other: Rule) -> bool:
    wide = (one.role, one.object, one.act)
    narrow = (other.role, other.object, other.act)
    words = all(a in {"*", b} for a, b in zip(wide, narrow, strict=True))
    return words and facts_of(one) <= facts_of(other)


def _forgotten(rows: Sequence[Row]) -> Iterator[Invalid]:
    named = {row.rule.role for row in rows if row.rule.effect == "allow"}
    for role in Role:
        if role.value not in named:
            yield Invalid("policy-role-forgotten", pointer=TEXT, row=0, column="role", value=role.value, allowed="-")
