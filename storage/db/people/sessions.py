"""Sessions and API tokens: only digests of the secrets are stored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from broker.domain.ids import PersonId
from storage.db.tables import api_token, session

EVERYTHING = frozenset({"*"})
"""The scopes of a session."""

_LIVE = """
    SELECT digest, person_id, stepped_up_at, seen_at, opened_by FROM session
    WHERE digest = ANY(%(digests)s) AND expires_at > %(at)s AND seen_at > %(idle_since)s
"""
"""As text: it is asked with every call, and costs a third of a statement that is put together."""


@dataclass(frozen=True)
class Token:
    """An API token as its owner may see it."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    expires_at: datetime
    revoked: bool


@dataclass(frozen=True)
class Credential:
    """A live session or a good token, found by its digest; `seen_at` is known of sessions only."""

    digest: bytes = field(repr=False)
    person_id: PersonId
    via: str
    scopes: frozenset[str]
    stepped_up_at: datetime | None
    seen_at: datetime | None = None
    opened_by: str = "password"


@dataclass(frozen=True)
class LiveSession:
    """A session of a person as its owner may see it.

    `stepped_up_at`: when the second factor was shown in it last; `address` and `browser`: from where and with what it
    was opened, empty where nobody noted that.
    """

    digest: bytes = field(repr=False)
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    stepped_up_at: datetime | None
    address: str = ""
    browser: str = ""


class SessionRepository:
    """Who is signed in, and which tokens are good."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(
        self, digest: bytes, who: PersonId, at: datetime, until: datetime, stepped_up_at: datetime | None = None,
        opened_by: str = "password", *, address: str = "", browser: str = "",
    ) -> None:  # fmt: skip
        row = {
            "digest": digest, "person_id": who, "opened_at": at, "seen_at": at, "expires_at": until,
            "stepped_up_at": stepped_up_at, "opened_by": opened_by, "address": address, "browser": browser,
        }  # fmt: skip
        self._connection.execute(insert(session).values(row))

    def find(self, digest: bytes, at: datetime, idle_since: datetime) -> Credential | None:
        """Return the live session: not expired, and used after `idle_since`."""
        return next(iter(self.find_many([digest], at, idle_since)), None)

    def find_many(self, digests: Collection[bytes], at: datetime, idle_since: datetime) -> list[Credential]:
        """Return those of these sessions that are live."""
        told = {"digests": list(digests), "at": at, "idle_since": idle_since}
        return [
            Credential(
                bytes(row.digest), row.person_id, "session", EVERYTHING, row.stepped_up_at, row.seen_at, row.opened_by
            )
            for row in self._connection.exec_driver_sql(_LIVE, told)
        ]

    def of_person(self, who: PersonId, at: datetime, idle_since: datetime) -> list[LiveSession]:
        """Return the live sessions of a person, the newest first; `keep_newest` bounds how many there are."""
        live = (session.c.person_id == who) & (session.c.expires_at > at) & (session.c.seen_at > idle_since)
        rows = self._connection.execute(select(session).where(live).order_by(session.c.opened_at.desc()))
        return [
            LiveSession(
                row.digest, row.opened_at, row.seen_at, row.expires_at, row.stepped_up_at, row.address, row.browser
            )
            for row in rows
        ]

    def step_up(self, digest: bytes, at: datetime) -> None:
        """Note on the session or token that a second factor was shown; no digest is in both tables."""
        self._connection.execute(update(session).where(session.c.digest == digest).values(stepped_up_at=at))
        self._connection.execute(update(api_token).where(api_token.c.digest == digest).values(stepped_up_at=at))

    def step_down(self, who: PersonId) -> None:
        """Forget, for all sessions and tokens of a person, that a second factor was shown."""
        for table in (session, api_token):
            shown = (table.c.person_id == who) & table.c.stepped_up_at.is_not(None)
            self._connection.execute(update(table).where(shown).values(stepped_up_at=None))

    def touch(self, digest: bytes, at: datetime) -> None:
        """Note that the session is in use."""
        self._connection.execute(update(session).where(session.c.digest == digest).values(seen_at=at))

    def close(self, digest: bytes) -> None:
        self._connection.execute(delete(session).where(session.c.digest == digest))

    def close_all(self, who: PersonId) -> None:
        self._connection.execute(delete(session).where(session.c.person_id == who))

    def keep_newest(self, who: PersonId, count: int) -> None:
        """Close all but the newest `count` sessions of a person."""
        newest = select(session.c.digest).where(session.c.person_id == who)
        newest = newest.order_by(session.c.opened_at.desc()).limit(count)
        self._connection.execute(
            delete(session).where(session.c.person_id == who, session.c.digest.not_in(newest)),
        )

    def add_token(
        self,
        key: UUID,
        who: PersonId,
        name: str,
        digest: bytes,
        scopes: Sequence[str],
        until: datetime,
        stream: str,
        version: int,
        stepped_up_at: datetime | None = None,
    ) -> None:
        row = {
            "id": key, "person_id": who, "name": name, "digest": digest, "scopes": list(scopes),
            "expires_at": until, "stream": stream, "version": version, "stepped_up_at": stepped_up_at,
        }  # fmt: skip
        self._connection.execute(insert(api_token).values(row))

    def find_token(self, digest: bytes, at: datetime) -> Credential | None:
        """Return the token, if it is good."""
        good = select(api_token).where(
            api_token.c.digest == digest,
            api_token.c.expires_at > at,
            api_token.c.revoked_at.is_(None),
        )
        row = self._connection.execute(good).one_or_none()
        if row is None:
            return None
        return Credential(digest, row.person_id, "token", frozenset(row.scopes), row.stepped_up_at)

    def tokens(self, who: PersonId, *, after: UUID | None, limit: int) -> list[Token]:
        rows = select(api_token).where(api_token.c.person_id == who).order_by(api_token.c.id).limit(limit)
        if after is not None:
            rows = rows.where(api_token.c.id > after)
        return [
            Token(row.id, row.name, tuple(row.scopes), row.expires_at, row.revoked_at is not None)
            for row in self._connection.execute(rows)
        ]

    def good_tokens(self, who: PersonId, at: datetime) -> int:
        """Count the tokens of a person that are good."""
        good = (api_token.c.person_id == who) & (api_token.c.expires_at > at) & api_token.c.revoked_at.is_(None)
        return int(self._connection.execute(select(func.count()).select_from(api_token).where(good)).scalar_one())

    def revoke_token(self, key: UUID, who: PersonId, at: datetime, version: int) -> bool:
        """Revoke a token of a person; say whether there was a live one."""
        live = (api_token.c.id == key) & (api_token.c.person_id == who) & api_token.c.revoked_at.is_(None)
        done = self._connection.execute(update(api_token).where(live).values(revoked_at=at, version=version))
        return bool(done.rowcount)
