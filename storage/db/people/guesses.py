"""Who failed to sign in lately, and from which addresses a login was used before."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from storage.db.tables import known_address, sign_in_failure


class GuessRepository:
    """What bounds guessing; kept in the database that all processes share."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def failed(self, login: str, address: str, place: str, at: datetime, forget: datetime) -> None:
        """Note a failure, and drop what is older than `forget` and no longer counts."""
        self._connection.execute(delete(sign_in_failure).where(sign_in_failure.c.at <= forget))
        new = insert(sign_in_failure).values(login=login, address=address, place=place, at=at)
        self._connection.execute(new)

    def failures(self, login: str, places: tuple[str, ...], address: str, since: datetime) -> tuple[int, int]:
        """Return how often the login failed in these places, and how often the address did, since."""
        here = (sign_in_failure.c.login == login) & sign_in_failure.c.place.in_(places)
        counted = select(
            func.count().filter(here),
            func.count().filter(sign_in_failure.c.address == address),
        ).where(
            or_(sign_in_failure.c.login == login, sign_in_failure.c.address == address),
            sign_in_failure.c.at > since,
        )
        by_login, by_address = self._connection.execute(counted).one()
        return int(by_login), int(by_address)

    def forget(self, login: str, places: tuple[str, ...] | None = None) -> None:
        """Forget the failures of a login: in these places, or in all."""
        gone = sign_in_failure.c.login == login
        if places is not None:
            gone &= sign_in_failure.c.place.in_(places)
        self._connection.execute(delete(sign_in_failure).where(gone))

    def knows(self, login: str, address: str, since: datetime) -> bool:
        """Say whether the login was used from this address since."""
        found = select(known_address.c.login).where(
            known_address.c.login == login, known_address.c.address == address, known_address.c.seen_at > since
        )
        return self._connection.execute(found).one_or_none() is not None

    def know(self, login: str, address: str, at: datetime, forget: datetime) -> None:
        """Note from where a login was used, and forget where it was not used any more."""
        old = (known_address.c.login == login) & (known_address.c.seen_at <= forget)
        self._connection.execute(delete(known_address).where(old))
        new = insert(known_address).values(login=login, address=address, seen_at=at)
        keys = [known_address.c.login, known_address.c.address]
        self._connection.execute(new.on_conflict_do_update(index_elements=keys, set_={"seen_at": at}))
