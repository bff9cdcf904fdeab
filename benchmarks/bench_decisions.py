"""`make bench NAME=decisions`: decisions per second on one core, in a city of a million cameras.

1,000,000 cameras, 100,000 grants of about 40 cameras each, 10,000 persons in 200 departments. Persons, roles, grants
and asks are the domain's own objects, the facts are worked out by `policies/facts.py` and the answer is that of the
`Authorizer`. One thing is not as in production: the lines of a grant lie in a sorted array of camera numbers instead of
four million objects, and a person's grants for a camera are found in memory, where the broker asks the database.
"""

import itertools
import os
import random
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from benchmarks.figures import figure, interleaved, seconds
from broker.domain.footage.grants import Action, Grant, Quota, Terms
from broker.domain.footage.media import SnapshotAsk
from broker.domain.footage.retrievals import amount_of
from broker.domain.ids import CameraId, DepartmentId, GrantId, ItemId, PersonId, RequestId
from broker.domain.people.accounts import Assignment, Caller, Role
from broker.domain.time import TimeSpan
from policies import facts
from policies.authorizer import Authorizer
from policies.snapshot import build_enforcer
from policies.vocabulary import Fact, role_mask

CAMERAS, GRANTS, PERSONS, DEPARTMENTS = 1_000_000, 100_000, 10_000, 200
LINES = 40
OWN = 0.8  # of the questions are about a camera of an own grant
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
BATCH, STOCK_BATCH, ROUNDS = 20_000, 200, 7
NEEDED_PER_SECOND = 20_000
ACT = "footage:snapshot"


@dataclass(frozen=True, kw_only=True)
class CompactGrant(Grant):
    """A grant whose lines are a sorted array of camera numbers with one window for all."""

    cameras: "array[int]" = field(default_factory=lambda: array("I"))
    window: TimeSpan

    def windows_of(self, camera: CameraId) -> tuple[TimeSpan, ...]:
        place = bisect_left(self.cameras, camera.int)
        found = place < len(self.cameras) and self.cameras[place] == camera.int
        return (self.window,) if found else ()


@dataclass(frozen=True)
class Question:
    """One person asks for one picture."""

    caller: Caller
    person: PersonId
    camera: CameraId
    ask: SnapshotAsk


class Lookup:
    """Which grants of one person have a camera: all camera numbers in order, beside each the place of its grant."""

    def __init__(self, grants: Sequence[CompactGrant]) -> None:
        pairs = sorted((camera, place) for place, grant in enumerate(grants) for camera in grant.cameras)
        self._cameras = array("I", [camera for camera, _ in pairs])
        self._places = array("H", [place for _, place in pairs])
        self.grants = grants

    def __call__(self, camera: int) -> list[CompactGrant]:
        found, place = [], bisect_left(self._cameras, camera)
        while place < len(self._cameras) and self._cameras[place] == camera:
            found.append(self.grants[self._places[place]])
            place += 1
        return found


class City:
    """The world: who there is, and which grants each person has."""

    def __init__(self) -> None:
        self.chosen = random.Random(20261121)  # noqa: S311  # a fixed sequence, not a secret
        self.owners = array("H", self.chosen.choices(range(DEPARTMENTS), k=CAMERAS))
        self.callers = [self._caller(number) for number in range(PERSONS)]
        grants_of: dict[PersonId, list[CompactGrant]] = {caller.person(): [] for caller in self.callers}
        actions = [frozenset({Action.SNAPSHOT}), frozenset({Action.CLIP}), frozenset(Action)]
        self.terms = [Terms(actions=allowed) for allowed in actions]
        for number in range(GRANTS):
            grant = self._grant(number)
            for person in grant.persons:
                grants_of[person].append(grant)
        self.lookups = {person: Lookup(grants) for person, grants in grants_of.items()}

    def _caller(self, number: int) -> Caller:
        home = number % DEPARTMENTS
        path = f"/city/{home % 20:02}/{home:03}/"
        held = [Role.INVESTIGATOR] if number % 10 else [Role.REQUESTER]
        held += [Role.DEPARTMENT_AUTHORIZER] * (number % 50 == 1)
        key = DepartmentId(UUID(int=home))
        roles = tuple(Assignment(role, key, path) for role in held)
        return Caller(f"p{number}", PersonId(UUID(int=number)), key, path, roles)

    def _grant(self, number: int) -> CompactGrant:
        some = self.chosen.randint(LINES // 2, LINES * 3 // 2)
        begin = NOW - timedelta(days=self.chosen.randint(0, 9))
        owned = sorted({int(self.chosen.random() * CAMERAS) for _ in range(some)})
        persons = {PersonId(UUID(int=self.chosen.randrange(PERSONS))) for _ in range(self.chosen.randint(1, 3))}
        return CompactGrant(
            id=GrantId(UUID(int=number)), item_id=ItemId(UUID(int=number)), request_id=RequestId(UUID(int=number)),
            department_id=DepartmentId(UUID(int=self.owners[owned[0]])), persons=frozenset(persons), lines=(),
            terms=self.terms[number % 3], valid=TimeSpan(begin, begin + timedelta(days=7)),
            used=Quota(self.chosen.randint(0, 220), 0, 0), cameras=array("I", owned),
            window=TimeSpan(NOW - timedelta(days=2), NOW - timedelta(days=1)),
        )  # fmt: skip

    def questions(self, count: int) -> list[Question]:
        """Return questions as a city asks them: most for a camera of an own grant, some for any other."""
        found = []
        for _ in range(count):
            caller = self.chosen.choice(self.callers)
            own = self.lookups[caller.person()].grants
            if own and self.chosen.random() < OWN:
                camera = self.chosen.choice(self.chosen.choice(own).cameras)
            else:
                camera = self.chosen.randrange(CAMERAS)
            moment = NOW - timedelta(hours=self.chosen.randint(20, 50))
            found.append(
                Question(caller, caller.person(), CameraId(UUID(int=camera)), SnapshotAsk(str(camera), moment))
            )
        return found

    def candidates(self, question: Question) -> Sequence[Grant]:
        """Return the person's grants with the camera; any one when there is none, to tell the reason by."""
        lookup = self.lookups[question.person]
        return lookup(question.camera.int) or lookup.grants[:1]


def full(policy: Authorizer, city: City, question: Question) -> bool:
    """Decide as `Retrievals.order` does: roles, candidates, all facts of the best grant, the policy."""
    roles = question.caller.roles_at(question.caller.path, NOW)
    amount = amount_of(question.ask)
    grants = city.candidates(question)
    _, known = facts.best_grant(grants, question.person, question.camera, question.ask, amount, NOW)
    return policy.decide(roles, ACT, known | facts.of_locks(())).allowed


def plain(city: City, question: Question) -> bool:
    """Decide the same in the fewest lines of Python: no policy, no reasons, out at the first thing that is missing."""
    caller, ask = question.caller, question.ask
    if not any(held.role is Role.INVESTIGATOR and held.reaches(caller.path, NOW) for held in caller.assignments):
        return False
    for grant in city.lookups[question.person](question.camera.int):
        if (
            question.person in grant.persons
            and grant.window.holds_instant(ask.instant)
            and grant.valid.begin <= NOW < grant.valid.end
            and Action.SNAPSHOT in grant.terms.actions
            and grant.used.snapshots < grant.terms.quota.snapshots
            and grant.terms.conditions <= facts.KEPT
        ):
            return True
    return False


ALL_OF_A_GRANT = (
    Fact.G_PERSON | Fact.G_CAMERA | Fact.G_ACTION | Fact.G_WINDOW | Fact.G_LIVE | Fact.G_QUOTA | Fact.G_CONDITIONS
).value
LOCKED = (Fact.SUBJECT_LOCKED | Fact.CAMERA_LOCKED | Fact.DEPARTMENT_LOCKED).value
NO_VIDEO = frozenset({Role.OPERATOR, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR})


def plain_rule(roles: frozenset[Role], known: int) -> bool:
    """Say what the rows about snapshots say, when the facts are there already."""
    if roles & NO_VIDEO or known & LOCKED:
        return False
    return Role.INVESTIGATOR in roles and known & ALL_OF_A_GRANT == ALL_OF_A_GRANT


def batches(questions: Sequence[Question], size: int, decide: Callable[[Question], object]) -> Callable[[], None]:
    """Return a call that decides the next `size` questions, round and round."""
    turning = itertools.cycle(questions)

    def call() -> None:
        for question in itertools.islice(turning, size):
            decide(question)

    return call


def bench_full(city: City, policy: Authorizer, questions: Sequence[Question]) -> None:
    whole, short = interleaved(
        ROUNDS,
        batches(questions, BATCH, lambda question: full(policy, city, question)),
        batches(questions, BATCH, lambda question: plain(city, question)),
        clock=time.process_time,
    )
    rate = BATCH / whole
    figure(
        "decisions.full", rate, "decisions/s and core", reference="plain if, no reasons", ratio=short / whole, n=ROUNDS
    )
    assert rate >= NEEDED_PER_SECOND, f"fewer than {NEEDED_PER_SECOND} decisions a second"


def bench_answers(city: City, policy: Authorizer, questions: Sequence[Question]) -> None:
    """The answer alone, when the facts are there: remembered, and by Casbin's own enforcer as it is shipped."""
    asked = []
    for question in questions[:BATCH]:
        roles = question.caller.roles_at(question.caller.path, NOW)
        amount, grants = amount_of(question.ask), city.candidates(question)
        _, known = facts.best_grant(grants, question.person, question.camera, question.ask, amount, NOW)
        asked.append((roles, known, role_mask(roles), known.value))
    stock = build_enforcer(dict.fromkeys(policy.rules))

    def remembered() -> None:
        for roles, known, _, _ in asked:
            policy.decide(roles, ACT, known)

    def ifs() -> None:
        for roles, _, _, known in asked:
            plain_rule(roles, known)

    def casbin() -> None:
        for _, _, mask, known in asked[:STOCK_BATCH]:
            stock.enforce(mask, "footage", "snapshot", known)

    memo, floor, engine = interleaved(ROUNDS, remembered, ifs, casbin, clock=time.process_time)
    each = [memo / len(asked), floor / len(asked), engine / STOCK_BATCH]
    rate = 1 / each[0]
    figure(
        "decisions.remembered", rate, "decisions/s and core", reference="plain if", ratio=each[1] / each[0], n=ROUNDS
    )
    figure(
        "decisions.casbin", 1 / each[2], "decisions/s and core", reference="plain if", ratio=each[1] / each[2], n=ROUNDS
    )


def main() -> None:
    """Make the city, see that policy and plain rule agree, print the figures."""
    made: list[City] = []
    taken = seconds(lambda: made.append(City()))
    (city,) = made
    policy = Authorizer()
    questions = city.questions(100_000)
    sample = questions[:BATCH]
    answers = [full(policy, city, question) for question in sample]
    assert answers == [plain(city, question) for question in sample], "the policy and the plain rule disagree"
    allowed = sum(answers) / len(answers)
    print(f"# {os.cpu_count()} cores, one used; the city made in {taken:.0f} s; {allowed:.0%} of the questions allowed")
    bench_full(city, policy, questions)
    bench_answers(city, policy, questions)


if __name__ == "__main__":
    main()
