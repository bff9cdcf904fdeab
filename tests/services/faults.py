"""A database that fails at a chosen statement, and a picture of everything a transition writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from tests.proofs import FULL

WRITTEN = (
    "access_request", "request_item", "request_line", "request_person", "access_grant", "grant_person", "retrieval",
    "audit_event", "notice", "notice_recipient", "access_register", "access_outcome", "revocation", "lock",
    "role_assignment", "procrastinate_jobs", "deadline",
)  # fmt: skip
"""The tables that a transition may touch; the job engine's among them."""

STRIDE = 1 if FULL else 7


class InjectedError(OperationalError):
    """The database went away in the middle of a transaction."""

    def __init__(self) -> None:
        super().__init__("injected", None, Exception("injected"))


@dataclass
class Meter:
    """Counts the statements of a call, and breaks the one that is asked for."""

    seen: int = 0
    breaks: int = 0


@contextmanager
def failing(engine: Engine, at: int = 0) -> Iterator[Meter]:
    """Count the statements within the block; the `at`-th fails before the database sees it (0: none does)."""
    meter = Meter()

    def before(*_: object) -> None:
        meter.seen += 1
        if meter.seen == at:
            meter.breaks += 1
            raise InjectedError

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield meter
    finally:
        event.remove(engine, "before_cursor_execute", before)


def picture(connection: Connection) -> dict[str, tuple[int, int]]:
    """Return of each table how many rows it has and the newest transaction that wrote one of those."""
    statement = " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(max(xmin::text::bigint), 0) FROM {table}"  # noqa: S608  # names of our own
        for table in WRITTEN
    )
    found = {row[0]: (row[1], row[2]) for row in connection.exec_driver_sql(statement)}
    connection.rollback()
    return found


def broken_everywhere(engine: Engine, connection: Connection, act: Callable[[], object], together: set[str]) -> None:
    """Break `act` at its statements in turn, then let it happen; `together` are the tables it has to change.

    Every run of the suite breaks it at each third statement, `make proofs` at each. A statement after the commit may
    fail too: then all of it has to be there.

    Raises:
        AssertionError: a broken try left a part behind, or the whole one did not change what it has to.
    """
    before = picture(connection)
    at, changed = 1 - STRIDE, set[str]()
    while not changed:
        at += STRIDE
        with failing(engine, at) as meter:
            try:
                act()
            except Exception:
                if not meter.breaks:
                    raise
        after = picture(connection)
        changed = {table for table in before if after[table] != before[table]}
        if not meter.breaks:
            assert changed, "nothing happened"
        assert not changed or together <= changed, f"statement {at} failed and left only {sorted(changed)}"
    assert at > 1, "the act ran no statement"
