"""The outbox: notices written in the transaction of the change they tell of, with the job that delivers them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from broker.domain.ids import PersonId, new_id
from broker.domain.notices.notices import Notice, Received, Told
from storage.db.house.jobs import JobQueue
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import notice, notice_recipient, person

MOST_COUNTED = 1000


class OutboxRepository:
    """Notices and the lists of those who receive them."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def add(self, notices: Sequence[Notice]) -> tuple[UUID, ...]:
        """Write notices and queue the one job that delivers them; a notice for nobody is left out."""
        wanted = [(new_id(), each) for each in notices if each.recipients or each.departments]
        if not wanted:
            return ()
        self._connection.execute(
            insert(notice),
            [
                {
                    "id": key, "kind": each.kind, "case_id": each.case, "facts": each.plain(),
                    "departments": sorted(each.departments), "at": self._now,
                }
                for key, each in wanted
            ],
        )  # fmt: skip
        received = [{"notice_id": key, "person_id": who} for key, each in wanted for who in sorted(each.recipients)]
        if received:
            self._connection.execute(insert(notice_recipient), received)
        keys = tuple(key for key, _ in wanted)
        JobQueue(self._connection).deliver_notices(keys)
        return keys

    def load_many(self, keys: Collection[UUID]) -> dict[UUID, Told]:
        rows = self._connection.execute(select(notice).where(notice.c.id.in_(set(keys))))
        return {row.id: _told(row) for row in rows}

    def of_person(self, who: PersonId, *, unread: bool, after: UUID | None, limit: int) -> list[Received]:
        """Return what a person was told, newest first, `after` the id of a notice."""
        rows = select(notice, notice_recipient.c.read_at).join(notice_recipient)
        rows = rows.where(notice_recipient.c.person_id == who)
        if unread:
            rows = rows.where(notice_recipient.c.read_at.is_(None))
        if after is not None:
            rows = rows.where(notice_recipient.c.notice_id < after)
        rows = rows.order_by(notice_recipient.c.notice_id.desc()).limit(limit)
        return [Received(_told(row), row.read_at) for row in self._connection.execute(rows)]

    def unread(self, who: PersonId) -> int:
        """Return how many notices a person has not read; from a thousand on nobody counts any more."""
        own = select(notice_recipient.c.notice_id).where(
            notice_recipient.c.person_id == who, notice_recipient.c.read_at.is_(None)
        )
        found = select(func.count()).select_from(own.limit(MOST_COUNTED).subquery())
        return int(self._connection.execute(found).scalar_one())

    def mark_read(self, who: PersonId, key: UUID) -> bool:
        """Note that a person has read a notice, and say whether it is one of theirs; the first time counts."""
        first = func.coalesce(notice_recipient.c.read_at, self._now)
        done = self._connection.execute(update(notice_recipient).where(_of(key, who)).values(read_at=first))
        return bool(done.rowcount)

    def mark_all_read(self, who: PersonId, newest: UUID) -> None:
        """Note that a person has read a notice and all that came before it."""
        mine = and_(notice_recipient.c.person_id == who, notice_recipient.c.notice_id <= newest)
        unread = notice_recipient.c.read_at.is_(None)
        self._connection.execute(update(notice_recipient).where(mine, unread).values(read_at=self._now))

    def to_mail(self, keys: Collection[UUID]) -> list[tuple[UUID, PersonId]]:
        """Mark who gets these notices by e-mail, and return those that were not marked before."""
        reachable = select(person.c.id).where(person.c.email.is_not(None), person.c.active)
        due = (
            update(notice_recipient)
            .where(
                notice_recipient.c.notice_id.in_(set(keys)),
                notice_recipient.c.mail == "none",
                notice_recipient.c.person_id.in_(reachable),
            )
            .values(mail="waiting")
            .returning(notice_recipient.c.notice_id, notice_recipient.c.person_id)
        )
        return [(row.notice_id, row.person_id) for row in self._connection.execute(due)]

    def mail_attempts(self, key: UUID, who: PersonId) -> int | None:
        """Return how often a mail was tried, holding its row; None when it is not waiting."""
        waiting = select(notice_recipient.c.mail_attempts).where(_of(key, who), notice_recipient.c.mail == "waiting")
        found = self._connection.execute(waiting.with_for_update()).scalar_one_or_none()
        return None if found is None else int(found)

    def mailed(self, key: UUID, who: PersonId, *, state: str, attempts: int, error: str) -> None:
        """Write down what came of an attempt."""
        values = {"mail": state, "mail_attempts": attempts, "mail_at": self._now, "mail_error": error}
        self._connection.execute(update(notice_recipient).where(_of(key, who)).values(values))

    def mail_counts(self) -> dict[str, int]:
        """Return how many mails wait, were refused or are dead."""
        counted = select(notice_recipient.c.mail, func.count().label("mails")).group_by(notice_recipient.c.mail)
        rows = self._connection.execute(counted.where(notice_recipient.c.mail.not_in(("none", "sent"))))
        return {row.mail: int(row.mails) for row in rows}


def _of(key: UUID, who: PersonId) -> ColumnElement[bool]:
    return and_(notice_recipient.c.notice_id == key, notice_recipient.c.person_id == who)


def _told(row: AnyRow) -> Told:
    return Told(id=row.id, kind=row.kind, at=row.at, case=row.case_id, facts=row.facts)
