"""Who could do what under one policy that they could not under another: exact, and in the fewest words.

A question is a set of roles and facts. One policy allows what the other refuses in some sets of questions; each set
begins at a smallest question, and every larger one that no row denies belongs to it. A smallest one is either the
need of an allowing row, or that need joined with the need of a row that denied it before, so only those are tried.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from policies.reading import Row, Rule
from policies.vocabulary import ACTS, FACTS, ROLE_BITS, need_mask

_ROLES_AT = 64  # roles and facts in one number: facts below, roles above
_OPPOSITES = tuple(
    (FACTS[name] | FACTS[f"not_{name[3:]}"]).value
    for name in FACTS
    if name.startswith("is_") and f"not_{name[3:]}" in FACTS
)


@dataclass(frozen=True)
class Opening:
    """An act that opens: who holds all `roles` (none: anybody) may do it as soon as all `facts` are true."""

    roles: tuple[str, ...]
    act: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class _Need:
    mask: int
    allow: bool


def openings(before: Iterable[Rule], after: Iterable[Rule]) -> list[Opening]:
    """Return what is allowed after and was not before, act by act, the smallest questions only."""
    old, new = list(before), list(after)
    found = []
    for obj, verbs in ACTS.items():
        for verb in sorted(verbs):
            masks = _opened(_needs(old, obj, verb), _needs(new, obj, verb))
            found += [_opening(mask, f"{obj}:{verb}") for mask in masks]
    return found


def _needs(rules: Sequence[Rule], obj: str, verb: str) -> list[_Need]:
    needs = dict[_Need, None]()
    for rule in rules:
        if rule.object in {obj, "*"} and rule.act in {verb, "*"}:
            role = 0 if rule.role == "*" else ROLE_BITS[rule.role]
            mask = role << _ROLES_AT | (need_mask(rule.need) or 0)
            needs[_Need(mask, allow=rule.effect == "allow")] = None
    return list(needs)


def _opened(old: Sequence[_Need], new: Sequence[_Need]) -> list[int]:
    opened = sorted(
        {mask for mask in _candidates(old, new) if _possible(mask) and _allows(new, mask) and not _allows(old, mask)},
        key=lambda mask: (mask.bit_count(), mask),
    )
    smallest: list[int] = []
    for mask in opened:
        if not any(mask & less == less for less in smallest):
            smallest.append(mask)
    return smallest


def _candidates(old: Sequence[_Need], new: Sequence[_Need]) -> Iterator[int]:
    for need in new:
        if need.allow:
            yield need.mask
            yield from (need.mask | denial.mask for denial in old if not denial.allow)


def _allows(needs: Sequence[_Need], question: int) -> bool:
    met = [need.allow for need in needs if question & need.mask == need.mask]
    return bool(met) and all(met)


def _possible(question: int) -> bool:
    return not any(question & both == both for both in _OPPOSITES)


def _opening(question: int, act: str) -> Opening:
    roles = tuple(name for name, bit in ROLE_BITS.items() if question >> _ROLES_AT & bit)
    return Opening(roles, act, tuple(name for name, fact in FACTS.items() if question & fact))


@dataclass(frozen=True)
class Way:
    """What one row says about an act for one role: allowed with these facts, or denied with them."""

    row: Row
    facts: tuple[str, ...]


def ways(rows: Iterable[Row], role: str, act: str) -> list[Way]:
    """Return the rows that speak of a role and an act, those that deny first."""
    obj, _, verb = act.partition(":")
    found = []
    for row in rows:
        rule = row.rule
        if rule.object in {obj, "*"} and rule.act in {verb, "*"} and rule.role in {role, "*"}:
            found.append(Way(row, () if rule.need == "-" else tuple(rule.need.split("+"))))
    return sorted(found, key=lambda way: (way.row.rule.effect == "allow", way.row.fixed, way.row.number))
