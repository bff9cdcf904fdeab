"""Second factors and recovery codes: secrets are sealed before they come here, of codes there are only digests."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from broker.domain.ids import PersonId
from broker.domain.people.second_factor import Factor
from storage.db.tables import recovery_code, second_factor

AnyRow = Row[tuple[object, ...]]

_IN_USE = second_factor.c.removed_at.is_(None)
_ENROLLED = _IN_USE & second_factor.c.confirmed_at.is_not(None)


class SecondFactorRepository:
    """Who has enrolled, and what is left of the recovery codes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def enrolled(self, who: PersonId) -> bool:
        """Say whether the person has a second factor that was confirmed."""
        found = select(second_factor.c.id).where(second_factor.c.person_id == who, _ENROLLED)
        return self._connection.execute(found).one_or_none() is not None

    def of(self, who: PersonId, *, lock: bool = False) -> Factor | None:
        """Return the factor of a person, confirmed or still waiting for it; locked, a code counts once."""
        found = select(second_factor).where(second_factor.c.person_id == who, _IN_USE)
        row = self._connection.execute(found.with_for_update() if lock else found).one_or_none()
        return None if row is None else _factor(row)

    def in_use(self, *, after: UUID | None, limit: int) -> list[Factor]:
        """Return the factors that were not removed, by id, held until the transaction ends."""
        rows = select(second_factor).where(_IN_USE)
        if after is not None:
            rows = rows.where(second_factor.c.id > after)
        rows = rows.order_by(second_factor.c.id).limit(limit).with_for_update()
        return [_factor(row) for row in self._connection.execute(rows)]

    def reseal(self, factor: Factor, sealed: bytes, version: int) -> None:
        """Replace the envelope of a factor's secret."""
        this = update(second_factor).where(second_factor.c.id == factor.id)
        self._connection.execute(this.values(sealed=sealed, version=version))

    def begin(self, new: Factor, stream: str, version: int) -> None:
        self._connection.execute(
            insert(second_factor).values(
                id=new.id, person_id=new.person_id, sealed=new.sealed, begun_at=new.begun_at, last_step=new.last_step,
                stream=stream, version=version,
            ),
        )  # fmt: skip

    def confirm(self, factor: Factor, at: datetime, version: int) -> None:
        done = update(second_factor).where(second_factor.c.id == factor.id)
        self._connection.execute(done.values(confirmed_at=at, version=version))

    def used_step(self, factor: Factor, step: int) -> None:
        """Note that the code of this step, and every earlier one, is no longer good."""
        self._connection.execute(
            update(second_factor).where(second_factor.c.id == factor.id).values(last_step=step),
        )

    def remove(self, factor: Factor, at: datetime, version: int) -> None:
        """End a factor and erase its secret and its recovery codes."""
        done = update(second_factor).where(second_factor.c.id == factor.id)
        self._connection.execute(done.values(removed_at=at, sealed=b"", version=version))
        self._connection.execute(delete(recovery_code).where(recovery_code.c.factor_id == factor.id))

    def replace_codes(self, factor: Factor, digests: Iterable[bytes]) -> None:
        """Take the recovery codes of a factor away and put others in their place."""
        self._connection.execute(delete(recovery_code).where(recovery_code.c.factor_id == factor.id))
        rows = [{"digest": digest, "factor_id": factor.id} for digest in digests]
        self._connection.execute(insert(recovery_code), rows)

    def use_code(self, factor: Factor, digest: bytes, at: datetime) -> bool:
        """Use a recovery code up; say whether it was there and unused."""
        unused = (recovery_code.c.digest == digest) & recovery_code.c.used_at.is_(None)
        mine = unused & (recovery_code.c.factor_id == factor.id)
        return bool(self._connection.execute(update(recovery_code).where(mine).values(used_at=at)).rowcount)

    def codes_left(self, factor: Factor) -> int:
        left = select(func.count()).where(recovery_code.c.factor_id == factor.id, recovery_code.c.used_at.is_(None))
        return int(self._connection.execute(left).scalar_one())


def _factor(row: AnyRow) -> Factor:
    return Factor(
        id=row.id, person_id=row.person_id, sealed=bytes(row.sealed), begun_at=row.begun_at,
        confirmed_at=row.confirmed_at, last_step=row.last_step,
    )  # fmt: skip
