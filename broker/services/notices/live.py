"""What pages that stay open are told: read from the database for all who look on at once, by whichever process."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from broker.domain.ids import PersonId
from broker.domain.people.accounts import Caller, Role
from broker.services.people.sign_in import IDLE, NOBODY, PASSWORD
from broker.services.requests.inbox import hats
from policies import facts
from policies.authorizer import Authorizer
from storage.db.notices.live import Step, Unread
from storage.db.people.callers import Standing
from storage.db.people.sessions import Credential
from storage.db.requests.inbox import Hat
from storage.db.requests.inbox_counts import Reach
from storage.db.unit_of_work import UnitOfWork, Work

PARTS = {
    "inbox": "inbox:list",
    "notice": "notice:list",
    "retrieval": "retrieval:list",
    "request": "access_request:list",
}
"""What can be told, and the act that one must be allowed for it."""

EVERY = timedelta(seconds=15)
"""How often all is looked at anew where nothing seems to have moved: deadlines pass without an event."""

SETTLING = timedelta(seconds=3)
"""For how long after an event all is looked at: one that was written before it may be committed after it."""


class Watcher(NamedTuple):
    """Somebody with an open page: by which session, and what the policy lets them be told."""

    session: bytes
    caller: Caller
    parts: frozenset[str]

    @property
    def person(self) -> PersonId:
        return self.caller.person()


class Seen(NamedTuple):
    """What one person is told: how much waits, what is unread, how own retrievals and requests stand."""

    waiting: int = 0
    unread: Unread = Unread(0, None)
    retrievals: tuple[Step, ...] = ()
    requests: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Look:
    """One look for all: what each person is told, and how far the trace had come."""

    at: datetime
    event: int = 0
    moved_at: datetime | None = None
    whole_at: datetime | None = None
    seen: Mapping[PersonId, Seen] = field(default_factory=dict)


class Live:
    """Looks at what moved; nothing here counts as use of a session."""

    def __init__(self, work: Work, policy: Authorizer) -> None:
        self._work = work
        self._policy = policy

    def watchers(self, sessions: Collection[bytes]) -> dict[bytes, Watcher]:
        """Return who is behind these sessions (digests); one that has ended, or may do nothing yet, is absent."""
        with self._work() as work:
            self._policy.require(NOBODY, "session:open", ())
            found = work.sessions.find_many(sessions, work.now, work.now - IDLE)
            standing = work.callers.load_many({it.person_id for it in found}, work.now)
            callers = [_caller(it, standing[it.person_id]) for it in found if _open(it, standing[it.person_id])]
            return {each.credential: watching(self._policy, each, work.now) for each in callers}

    def counts(self, caller: Caller) -> dict[str, int]:
        """Return how much waits for the caller and how many notices are unread, each where it may be told."""
        with self._work() as work:
            self._policy.require(caller, "notice:list", caller.roles(work.now), facts.of_person(caller))
            parts = watching(self._policy, caller, work.now).parts
            waiting = _waiting(work, [caller]).get(caller.person(), 0)
            found = {"inbox": waiting, "notice": work.outbox.unread(caller.person())}
            return {part: count for part, count in found.items() if part in parts}

    def look(self, watchers: Collection[Watcher], before: Look | None = None) -> Look:
        """Return what these are told now; what cannot have moved since the look before is taken from that."""
        with self._work() as work:
            self._policy.require(NOBODY, "session:open", ())
            old = before or Look(work.now)
            persons = {each.person: each for each in watchers}  # several pages of somebody are looked at once
            event = work.live.newest_event()
            moved_at = old.moved_at if event == old.event else work.now
            whole = (
                old.whole_at is None or work.now - old.whole_at >= EVERY
                or (moved_at is not None and work.now - moved_at <= SETTLING)
            )  # fmt: skip
            stale = [each for who, each in persons.items() if whole or who not in old.seen]
            seen = {**{who: old.seen[who] for who in persons if who in old.seen}, **_looked_at(work, stale)}
            unread = work.live.notices([who for who, each in persons.items() if "notice" in each.parts])
            running = [who for who, it in seen.items() if any(step.running for step in it.retrievals)]
            going = work.live.retrievals(running) if running and not whole else {}
            told = {
                who: it._replace(unread=unread.get(who, it.unread), retrievals=going.get(who, it.retrievals))
                for who, it in seen.items()
            }
            return Look(work.now, event, moved_at, work.now if whole else old.whole_at, told)


def watching(policy: Authorizer, caller: Caller, now: datetime) -> Watcher:
    """Return somebody with an open page, and what the policy lets them be told."""
    roles, known = caller.roles(now), facts.of_person(caller)
    parts = {part for part, act in PARTS.items() if policy.decide(roles, act, known).allowed}
    return Watcher(caller.credential, caller, frozenset(parts))


def _looked_at(work: UnitOfWork, watchers: Sequence[Watcher]) -> dict[PersonId, Seen]:
    """Return all but the notices, for those whose view is not known or may have changed."""
    if not watchers:
        return {}

    def who(part: str) -> list[PersonId]:
        return [each.person for each in watchers if part in each.parts]

    waiting = _waiting(work, [each.caller for each in watchers if "inbox" in each.parts])
    retrievals, requests = work.live.retrievals(who("retrieval")), work.live.requests(who("request"))
    return {
        key: Seen(waiting.get(key, 0), retrievals=retrievals.get(key, ()), requests=requests.get(key, ()))
        for key in (each.person for each in watchers)
    }


def _waiting(work: UnitOfWork, callers: Sequence[Caller]) -> dict[PersonId, int]:
    return work.inbox_counts.of(
        [caller.person() for caller in callers], now=work.now,
        centers=_reaches(callers, Role.CENTER_APPROVER, work.now),
        owners=_reaches(callers, Role.DEPARTMENT_AUTHORIZER, work.now),
    )  # fmt: skip


def _reaches(callers: Sequence[Caller], role: Role, now: datetime) -> list[Reach]:
    return [
        Reach(caller.person(), _other(hat, caller.person()), path)
        for caller in callers
        for hat in hats(caller, role, now)
        for path in hat.paths
    ]


def _other(hat: Hat, person: PersonId) -> PersonId:
    """Return whom somebody counts for under a hat; the person where it is worn in own right."""
    return next(iter(hat.persons - {person}), person)


def _open(found: Credential, standing: Standing) -> bool:
    """Say whether a session is of use: what must first be stepped up, or needs a password first, is told nothing."""
    waiting = standing.second_factor and found.opened_by != PASSWORD and found.stepped_up_at is None
    return standing.active and not (standing.locked or standing.one_time or waiting)


def _caller(found: Credential, standing: Standing) -> Caller:
    return Caller(
        name=standing.name, person_id=found.person_id, department_id=standing.department_id, path=standing.path,
        assignments=standing.assignments, credential=found.digest, second_factor=standing.second_factor,
    )  # fmt: skip
