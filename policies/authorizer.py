"""Asks Casbin who may do what, remembers the answers, and says which fact was missing.

The stock enforcer needs about 0.2 ms a question and parses the matcher anew each time, which is neither fast nor
safe across threads on CPython 3.11. There are only some dozens of distinct questions, so each is put to Casbin once,
under a lock, and remembered for the life of the policy. A changed policy is a new `Authorizer`; nothing is edited.
"""

import csv
import hashlib
import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files

import casbin

from broker.domain.accounts import Caller, Role
from broker.domain.errors import Forbidden, Unavailable
from broker.domain.permits import Permit
from policies.vocabulary import ACTS, ROLE_BITS, Fact, has_role, holds, need_mask, role_mask

COLUMNS = 5
REMEMBERED = 65_536

logger = logging.getLogger(__name__)
Rule = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class Decision:
    """The answer; for a refusal `missing` names the facts, or "role", that the closest row would have needed."""

    allowed: bool
    missing: tuple[str, ...] = ()


def read_rules(text: str) -> tuple[Rule, ...]:
    """Read and check policy rows.

    Raises:
        Unavailable: a row has an unknown word or the wrong number of columns, or nothing is allowed at all.
    """
    rules: list[Rule] = []
    for number, row in enumerate(csv.reader(text.splitlines(), skipinitialspace=True), start=1):
        if not row or row[0].startswith("#"):
            continue
        cells = tuple(cell.strip() for cell in row)
        if fault := _fault(cells):
            raise Unavailable("policy-row", row=number, reason=fault)
        rules.append((cells[0], cells[1], cells[2], cells[3], cells[4]))
    if not any(rule[4] == "allow" for rule in rules):
        raise Unavailable("policy-row", row=0, reason="no allow")
    return tuple(rules)


def _fault(cells: Sequence[str]) -> str:
    if len(cells) != COLUMNS:
        return f"{len(cells)} columns"
    role, obj, act, need, effect = cells
    if role != "*" and role not in ROLE_BITS:
        return f"role {role}"
    if obj != "*" and obj not in ACTS:
        return f"object {obj}"
    if act != "*" and (obj == "*" or act not in ACTS[obj]):
        return f"act {act}"
    if need_mask(need) is None:
        return f"need {need}"
    return "" if effect in {"allow", "deny"} else f"effect {effect}"


def build_enforcer(rules: Sequence[Rule]) -> casbin.Enforcer:
    """Return Casbin's own enforcer over the shipped model and the rows."""
    model = casbin.Enforcer.new_model(text=_shipped("model.conf"))
    enforcer = casbin.Enforcer(model)
    enforcer.add_function("has_role", has_role)
    enforcer.add_function("holds", holds)
    enforcer.add_policies([list(rule) for rule in rules])
    return enforcer


def _shipped(name: str) -> str:
    return files("policies").joinpath(name).read_text(encoding="utf-8")


class Authorizer:
    """One immutable policy: its rows, its version, and the answers given so far."""

    def __init__(self, text: str | None = None) -> None:
        """Load the shipped rows, or `text`; raises Unavailable when a row is wrong."""
        source = _shipped("baseline.csv") if text is None else text
        self.rules = read_rules(source)
        self.version = hashlib.sha256((_shipped("model.conf") + source).encode()).hexdigest()[:16]
        self._enforcer = build_enforcer(self.rules)
        self._answers: dict[tuple[int, str, str, int], Decision] = {}
        self._asking = threading.Lock()

    def decide(self, roles: Collection[Role], act: str, facts: Fact = Fact.NONE) -> Decision:
        """Answer whether `roles` with `facts` may do `act` ("object:act"); whatever goes wrong means no."""
        obj, _, verb = act.partition(":")
        question = (role_mask(roles), obj, verb, int(facts))
        answer = self._answers.get(question)
        if answer is None:
            answer = self._ask(question)
            if len(self._answers) < REMEMBERED:
                self._answers[question] = answer
        return answer

    def _ask(self, question: tuple[int, str, str, int]) -> Decision:
        try:
            with self._asking:
                allowed = self._enforcer.enforce(*question) is True
        except Exception:
            logger.exception("the policy could not be asked")
            return Decision(allowed=False, missing=("policy",))
        return Decision(allowed=True) if allowed else Decision(allowed=False, missing=self._missing(question))

    def _missing(self, question: tuple[int, str, str, int]) -> tuple[str, ...]:
        """Name what the closest allowing row would have needed; "role" when no held role has such a row."""
        roles, obj, act, facts = question
        closest: tuple[str, ...] = ("role",)
        for role, row_object, row_act, need, effect in self.rules:
            if row_object not in {obj, "*"} or row_act not in {act, "*"} or not has_role(roles, role):
                continue
            if effect == "deny":
                if holds(facts, need):
                    return (f"denied:{role}" if need == "-" else f"denied:{need}",)
                continue
            lacking = tuple(name for name in need.split("+") if not holds(facts, name))
            if closest == ("role",) or len(lacking) < len(closest):
                closest = lacking
        return closest

    def require(self, caller: Caller, act: str, roles: Collection[Role], facts: Fact = Fact.NONE) -> Permit:
        """Return the permit for an act, or refuse.

        Raises:
            Forbidden: the token's scopes or the policy do not allow it; `missing` says what was lacking.
        """
        if not caller.may_use(act):
            raise Forbidden("token-scope", act=act)
        decision = self.decide(roles, act, facts)
        if not decision.allowed:
            raise Forbidden("not-allowed", missing=decision.missing, act=act)
        return Permit(actor=name_of(caller), act=act, policy=self.version)

    def note(self, caller: Caller, what: str) -> Permit:
        """Return the permit to write down that something was refused or has ended; nobody may be kept from that."""
        return Permit(actor=name_of(caller), act=what, policy=self.version)


def name_of(caller: Caller) -> str:
    """Return how the trace names a caller: the person's id, or the role and name of a caller without an account."""
    return str(caller.person_id) if caller.person_id else f"{caller.via}:{caller.name}"
