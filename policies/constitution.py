"""What no policy may do: give footage without a grant, let a party decide, or take away the way to the next policy.

A policy may narrow (ask for more facts, name fewer roles, deny) and re-distribute (name other roles). The measure is
the policy that the program comes with: a row may ask for more than every shipped row of the same act, never for less.
"""

from collections.abc import Iterator
from functools import cache, reduce

from broker.domain.errors import Invalid
from broker.domain.people.accounts import ADMINISTRATORS, ASSIGNABLE, Role
from policies.reading import TEXT, Row, Rule, fixed_rows, shipped_rows
from policies.vocabulary import ACTS, FACTS, need_mask

KEEPING = frozenset({"person", "delegation"})
"""Objects whose acts stay with the roles that the shipped policy names: who gives roles could take any other act."""

GUARDING = frozenset({"not_party"})
"""A fact that marks an act as a decision; the facts of a grant (g_…) mark an act as footage."""


def breaches(row: Row) -> Iterator[Invalid]:
    """Yield what a row of a policy's text would break."""
    rule = row.rule
    acts = acts_of(rule)
    if spoken := sorted(acts & fixed_acts()):
        yield _fault_fixed(row, spoken)
        return
    if rule.effect == "deny":
        return
    closed = sorted(act for act in acts if floor_of(act) is None)
    if closed:
        yield Invalid(
            "policy-closed-act", pointer=TEXT, row=row.number, column="act", value=rule.act, allowed=", ".join(closed)
        )
    lacking = set[str]()
    for act in acts:
        lacking |= (floor_of(act) or frozenset()) - facts_of(rule)
    if lacking:
        needed = "+".join(name for name in FACTS if name in lacking)
        yield Invalid("policy-needs-more", pointer=TEXT, row=row.number, column="need", value=rule.need, allowed=needed)
    permitted = [roles for act in acts if (roles := roles_of(act)) is not None]
    if permitted and rule.role not in (fitting := reduce(frozenset.intersection, permitted)):
        names = ", ".join(sorted(fitting))
        yield Invalid("policy-role-barred", pointer=TEXT, row=row.number, column="role", value=rule.role, allowed=names)


def _fault_fixed(row: Row, spoken: list[str]) -> Invalid:
    whole = row.rule.object == "*"
    free = sorted(name for name in ACTS if not any(f"{name}:{act}" in fixed_acts() for act in ACTS[name]))
    return Invalid(
        "policy-fixed", pointer=TEXT, row=row.number, column="object" if whole else "act",
        value=row.rule.object if whole else ", ".join(spoken), allowed=", ".join(free),
    )  # fmt: skip


def acts_of(rule: Rule) -> frozenset[str]:
    """Return every act ("object:act") a row speaks of, its wildcards spelt out."""
    objects = ACTS if rule.object == "*" else (rule.object,)
    return frozenset(f"{obj}:{act}" for obj in objects for act in ACTS[obj] if rule.act in {act, "*"})


def facts_of(rule: Rule) -> frozenset[str]:
    """Return the facts a row needs."""
    mask = need_mask(rule.need) or 0
    return frozenset(name for name, fact in FACTS.items() if mask & fact)


@cache
def fixed_acts() -> frozenset[str]:
    """Return the acts whose allowing rows are fixed: no policy speaks of them, neither to allow nor to deny."""
    return frozenset().union(*(acts_of(row.rule) for row in fixed_rows() if row.rule.effect == "allow"))


@cache
def _shipped(act: str) -> tuple[Rule, ...]:
    return tuple(row.rule for row in shipped_rows() if row.rule.effect == "allow" and act in acts_of(row.rule))


@cache
def floor_of(act: str) -> frozenset[str] | None:
    """Return the facts that every shipped row of an act needs; None for an act that is closed to all."""
    rules = _shipped(act)
    return reduce(frozenset.intersection, map(facts_of, rules)) if rules else None


@cache
def roles_of(act: str) -> frozenset[str] | None:
    """Return the roles that may be given an act; None when any may.

    Footage and decisions are for those who neither administer nor audit, and for who has them already.
    """
    named = frozenset(rule.role for rule in _shipped(act))
    if act.partition(":")[0] in KEEPING:
        return named
    floor = floor_of(act) or frozenset()
    if floor & GUARDING or any(name.startswith("g_") for name in floor):
        return named | {role.value for role in ASSIGNABLE - ADMINISTRATORS - {Role.OPERATOR, Role.WORKER}}
    return None
