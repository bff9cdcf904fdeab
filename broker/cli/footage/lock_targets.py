"""The two doors to locks, and what people write to say whom or what they mean."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from broker.bootstrap import Broker
from broker.cli.client import references
from broker.cli.client.server import Server
from broker.cli.paging import every
from broker.cli.people.departments import departments
from broker.domain.catalog.finding import Question
from broker.domain.errors import Unknown
from broker.domain.footage.locks import Lock, LockKind
from broker.domain.ids import LockId
from broker.domain.people.accounts import Caller
from broker.services.catalog.finding import Wanted

Record = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class LocksOverHttp:
    """Locks as somebody with an account, through the server."""

    server: Server

    def set(self, kind: LockKind, target: str, reason: str) -> Record:
        """Lock; the server answers when it holds everywhere."""
        body = {"kind": kind, "target": self._key(kind, target), "reason": reason}
        found: Record = self.server.post("/locks", body)
        return found

    def lift(self, key: UUID, reason: str) -> Record:
        """Lift a lock."""
        found: Record = self.server.post(f"/locks/{key}/lift", {"reason": reason})
        return found

    def all(self, *, standing: bool) -> Iterator[Record]:
        """Yield locks, newest first."""
        return self.server.pages("/locks", standing="true" if standing else "false")

    def _key(self, kind: LockKind, target: str) -> str:
        if references.is_id(target):
            return target
        if kind is LockKind.CAMERA:
            return str(references.camera(self.server, target)["id"])
        path, name = ("/persons", "login") if kind is LockKind.PERSON else ("/departments", "code")
        return str(_one(kind, target, (each for each in self.server.pages(path) if each[name] == target))["id"])


@dataclass(frozen=True)
class LocksAtTheMachine:
    """Locks as the machine's operator, on the database."""

    broker: Broker
    me: Caller

    def set(self, kind: LockKind, target: str, reason: str) -> Record:
        """Lock; returns when it holds in every process."""
        lock = self.broker.locks.set(self.me, kind, self._key(kind, target), reason)
        return self._record(lock) | {"effective_at": self.broker.clock.now().isoformat()}

    def lift(self, key: UUID, reason: str) -> Record:
        """Lift a lock."""
        return self._record(self.broker.locks.lift(self.me, LockId(key), reason))

    def all(self, *, standing: bool) -> Iterator[Record]:
        """Yield locks, newest first."""

        def page(after: LockId | None, limit: int) -> Sequence[Lock]:
            return self.broker.locks.page(self.me, standing=standing, after=after, limit=limit)

        return map(self._record, every(page, lambda lock: lock.id, None))

    def _key(self, kind: LockKind, target: str) -> UUID:
        if references.is_id(target):
            return UUID(target)
        match kind:
            case LockKind.PERSON:
                return self.broker.accounts.as_person(self.me, target).person.id
            case LockKind.CAMERA:
                wanted = Wanted(Question(text=target))
                found = self.broker.finding.page(self.me, wanted, after=None, limit=200)
                return _one(kind, target, (it for it in found if target in {it.gb_code, it.name})).id
            case LockKind.DEPARTMENT:
                tree = departments(self.broker, self.me)
                return _one(kind, target, (it for it in tree if it.code == target)).id

    def _record(self, lock: Lock) -> dict[str, Any]:
        return {
            "id": str(lock.id), "kind": lock.kind.value, "target": str(lock.target_id), "reason": lock.reason,
            "set_by": {"name": str(lock.set_by)} if lock.set_by else None, "set_at": lock.set_at.isoformat(),
            "lifted_at": lock.lifted_at.isoformat() if lock.lifted_at else None,
        }  # fmt: skip


def _one(kind: LockKind, target: str, found: Iterator[T]) -> T:
    """Return the first that fits; raises Unknown when none does."""
    for each in found:
        return each
    raise Unknown("lock-target-not-found", kind=kind, target=target[:80])
