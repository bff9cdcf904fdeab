"""One immutable policy: its rows, its version, Casbin's enforcer over them, and the answers given so far.

The stock enforcer needs about 0.2 ms a question and parses the matcher anew each time, which is neither fast nor
safe across threads on CPython 3.11. There are only some hundreds of distinct questions, so each is put to Casbin once,
under a lock, and remembered for the life of the snapshot. Nothing here is ever edited. Each object has an enforcer of
its own over the rows that can speak of it, since Casbin looks at every row it has.
"""

import hashlib
import logging
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import casbin

from broker.domain.errors import Invalid
from broker.domain.people.accounts import Role
from policies.constitution import breaches
from policies.reading import TEXT, Row, Rule, faulty, fixed_rows, read, shipped
from policies.vocabulary import ACTS, Fact, has_role, holds, role_mask

REMEMBERED = 65_536
_ASKING = threading.Lock()  # of the whole process: two enforcers that parse at once disturb each other on CPython 3.11

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decision:
    """The answer; for a refusal `missing` names the facts, or "role", that the closest row would have needed."""

    allowed: bool
    missing: tuple[str, ...] = ()


ALLOWED = Decision(allowed=True)
Question = tuple[Collection[Role], str, int]


@lru_cache(maxsize=8)
def read_rows(text: str) -> tuple[Row, ...]:
    """Read the rows of a policy that may come in force.

    Raises:
        Invalid: a word is unknown, a row would break what no policy may, or nothing is allowed; with all faults.
    """
    rows, faults = read(text)
    for row in rows:
        faults += breaches(row)
    if not any(row.rule.effect == "allow" for row in rows):
        faults.append(Invalid("policy-empty", pointer=TEXT, row=0, column="-"))
    if faults:
        raise faulty(faults)
    return tuple(rows)


def build_enforcer(rules: Iterable[Rule]) -> casbin.Enforcer:
    """Return Casbin's own enforcer over the shipped model and the rows."""
    model = casbin.Enforcer.new_model(text=shipped("model.conf"))
    enforcer = casbin.Enforcer(model)
    enforcer.add_function("has_role", has_role)
    enforcer.add_function("holds", holds)
    enforcer.add_policies([list(rule) for rule in rules])
    return enforcer


def version_of(text: str) -> str:
    """Return what the trace calls a policy: a digest of its rows, of the fixed ones and of the model."""
    return hashlib.sha256("\n".join((shipped("model.conf"), shipped("fixed.csv"), text)).encode()).hexdigest()[:16]


class Snapshot:
    """A policy as it stands; it answers and remembers, and never changes."""

    def __init__(self, text: str, rows: Sequence[Row]) -> None:
        self.text = text
        self.rows = (*rows, *fixed_rows())
        self.rules = tuple(row.rule for row in self.rows)
        self.version = version_of(text)
        self._enforcers: dict[str, casbin.Enforcer] = {}
        self._answers: dict[Question, Decision] = {}

    def decide(self, roles: Collection[Role], act: str, facts: Fact) -> Decision:
        """Answer whether `roles` with `facts` may do `act` ("object:act"); whatever goes wrong means no."""
        question = (roles if type(roles) is frozenset else frozenset(roles), act, facts + 0)
        answer = self._answers.get(question)
        return self._ask(question) if answer is None else answer

    def _ask(self, question: Question) -> Decision:
        roles, act, facts = question
        obj, _, verb = act.partition(":")
        mask = role_mask(roles)
        try:
            with _ASKING:
                allowed = self._enforcer(obj).enforce(mask, obj, verb, facts) is True
        except Exception:
            logger.exception("the policy could not be asked")
            return Decision(allowed=False, missing=("policy",))  # not remembered: the next one may be answered
        answer = ALLOWED if allowed else Decision(allowed=False, missing=self._missing(mask, obj, verb, facts))
        if len(self._answers) < REMEMBERED:
            self._answers[question] = answer
        return answer

    def _enforcer(self, obj: str) -> casbin.Enforcer:
        known = obj if obj in ACTS else "*"
        if known not in self._enforcers:
            rules = [rule for rule in self.rules if rule.object in {known, "*"}]
            self._enforcers[known] = build_enforcer(dict.fromkeys(rules))  # Casbin takes no batch with a row twice
        return self._enforcers[known]

    def _missing(self, roles: int, obj: str, act: str, facts: int) -> tuple[str, ...]:
        """Name what the closest allowing row would have needed; "role" when no held role has such a row."""
        closest: tuple[str, ...] = ("role",)
        for rule in self.rules:
            if rule.object not in {obj, "*"} or rule.act not in {act, "*"} or not has_role(roles, rule.role):
                continue
            if rule.effect == "deny":
                if holds(facts, rule.need):
                    return (f"denied:{rule.role}" if rule.need == "-" else f"denied:{rule.need}",)
                continue
            lacking = tuple(name for name in rule.need.split("+") if not holds(facts, name))
            if closest == ("role",) or len(lacking) < len(closest):
                closest = lacking
        return closest


def build(text: str) -> Snapshot:
    """Return the policy of a text; raises Invalid with all faults when it may not come in force."""
    return Snapshot(text, read_rows(text))


def baseline() -> Snapshot:
    """Return the policy that the program comes with."""
    return build(shipped("baseline.csv"))


def shut() -> Snapshot:
    """Return the policy for when the one in force cannot be read: only the fixed rows, which lead to another one."""
    return Snapshot("", ())
