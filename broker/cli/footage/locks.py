"""`xueliang lock`: shut a person, a camera or a department at once, as who watches over them or as the operator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Annotated, Any, Protocol
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.client.credentials import signed_in
from broker.cli.footage.lock_targets import LocksAtTheMachine, LocksOverHttp
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.texts import tell
from broker.domain.footage.locks import LockKind

COLUMNS = ("id", "kind", "target", "reason", "set_by", "set_at", "lifted_at")

Operator = Annotated[bool, Option("--operator")]
Reason = Annotated[str, Option("--reason")]
Key = Annotated[UUID, Argument(metavar="ID")]
Record = Mapping[str, Any]

app = Noun()


class Doing(Protocol):
    """What can be done with locks, by whichever door."""

    def set(self, kind: LockKind, target: str, reason: str) -> Record: ...
    def lift(self, key: UUID, reason: str) -> Record: ...
    def all(self, *, standing: bool) -> Iterator[Record]: ...


@app.verb("set")
def set_lock(
    kind: Annotated[LockKind, Argument(metavar="person|camera|department")],
    target: Annotated[str, Argument(metavar="LOGIN|CAMERA|CODE")],
    *,
    reason: Reason,
    operator: Operator = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Lock at once; done when it holds everywhere."""
    with _door(data, operator=operator) as doing:
        _tell(doing.set(kind, target, reason), as_json=as_json)


@app.verb("lift")
def lift(
    lock: Key, *, reason: Reason, operator: Operator = False, data: Data = None, as_json: Json = False
) -> None:  # fmt: skip
    """Lift a lock; what it ended stays ended."""
    with _door(data, operator=operator) as doing:
        _tell(doing.lift(lock, reason), as_json=as_json)


@app.verb("list")
def list_locks(
    *,
    everything: Annotated[bool, Option("--all")] = False,
    limit: Limit = 50,
    operator: Operator = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show locks, newest first."""
    with _door(data, operator=operator) as doing:
        found = list(islice(doing.all(standing=not everything), limit))
    screen.rows(COLUMNS, found if as_json else map(_row, found), as_json=as_json)


@contextmanager
def _door(data: Any, *, operator: bool) -> Iterator[Doing]:
    if operator:
        with at_the_machine(data) as (broker, me):
            yield LocksAtTheMachine(broker, me)
    else:
        with signed_in() as server:
            yield LocksOverHttp(server)


def _tell(lock: Record, *, as_json: bool) -> None:
    screen.fields(lock if as_json else _row(lock), as_json=as_json)


def _row(lock: Record) -> dict[str, object]:
    """Return a lock in one row."""
    named = lock.get("person") or lock.get("camera") or lock.get("department") or {}
    row: dict[str, object] = {
        "id": lock["id"],
        "kind": tell(f"lock.{lock['kind']}"),
        "target": named.get("name") or lock["target"],
        "reason": lock["reason"],
        "set_by": lock["set_by"]["name"] if lock["set_by"] else tell("lock.operator"),
        "set_at": shown(lock["set_at"]),
        "lifted_at": shown(lock["lifted_at"]) if lock["lifted_at"] else None,
    }
    if lock.get("effective_at"):
        row["effective_at"] = shown(lock["effective_at"])
    return row
