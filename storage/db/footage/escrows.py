"""Sealed copies: what is sealed for which request; the streams themselves lie in the blob store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, insert, select, update

from broker.domain.errors import Conflict, Unknown
from broker.domain.footage.escrows import HOLDING, STILL, Escrow, EscrowState
from broker.domain.footage.grants import GrantState
from broker.domain.ids import CameraId, EscrowId, RequestId
from broker.domain.requests.request_states import DEAD, RequestState
from broker.domain.time import TimeSpan
from storage.db.footage.haste import in_haste
from storage.db.footage.sealed_copies import copied, copy_of
from storage.db.requests.request_rows import AnyRow
from storage.db.tables import access_grant, access_request, escrow, request_line


class EscrowRepository:
    """Loads and stores sealed copies; a change is stored only over the version it was made from."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, key: EscrowId, *, lock: bool = False) -> Escrow:
        """Raises Unknown when there is none."""
        if lock:
            in_haste(self._connection)
        wanted = select(escrow).where(escrow.c.id == key)
        found = self._all(wanted.with_for_update() if lock else wanted)
        if not found:
            raise Unknown("unknown-escrow", escrow=key)
        return found[0]

    def of_request(self, key: RequestId, *, still: bool = False, lock: bool = False) -> list[Escrow]:
        """Return the copies of a request, oldest first; `still` leaves out those that have ended."""
        rows = select(escrow).where(escrow.c.request_id == key).order_by(escrow.c.id)
        if still:
            rows = rows.where(escrow.c.state.in_(STILL))
        return self._all(rows.with_for_update() if lock else rows)

    def sealed(self, request: RequestId, camera: CameraId) -> list[Escrow]:
        """Return what is sealed of a camera for a request, newest first."""
        own = (escrow.c.request_id == request) & (escrow.c.camera_id == camera) & escrow.c.state.in_(HOLDING)
        return self._all(select(escrow).where(own).order_by(escrow.c.id.desc()))

    def add(self, new: Sequence[Escrow]) -> None:
        """Store new ones, none at all too."""
        if new:
            self._connection.execute(insert(escrow), [_fixed(it) | _changing(it) for it in new])

    def save(self, before: Escrow, after: Escrow) -> None:
        """Store a change.

        Raises:
            Conflict: somebody else changed it since `before` was read.
        """
        same = (escrow.c.id == after.id) & (escrow.c.version == before.version)
        if self._connection.execute(update(escrow).where(same).values(_changing(after))).rowcount != 1:
            raise Conflict("changed-meanwhile", subject="escrow")

    def wanted(self, key: EscrowId, attempt: int) -> bool:
        """Say whether the attempt is still the one that may hand in a copy."""
        current = (escrow.c.id == key) & (escrow.c.attempt == attempt) & (escrow.c.state == EscrowState.SEALING)
        return self._connection.execute(select(exists().where(current))).scalar_one()

    def groundless(self, now: datetime, limit: int) -> list[RequestId]:
        """Return requests with a copy for which nobody can decide any more and no grant stands."""
        waits = [state for state in RequestState if state not in DEAD | {RequestState.DECIDED}]
        stands = (
            select(access_grant.c.id)
            .join(request_line, request_line.c.item_id == access_grant.c.item_id)
            .where(
                access_grant.c.request_id == escrow.c.request_id,
                access_grant.c.state.in_([GrantState.ISSUED, GrantState.SUSPENDED]),
                access_grant.c.valid_until > now,
                request_line.c.camera_id == escrow.c.camera_id,
                request_line.c.authorized_begin.is_not(None),
            )
        )
        rows = (
            select(escrow.c.request_id)
            .join(access_request, access_request.c.id == escrow.c.request_id)
            .where(
                escrow.c.state.in_(STILL),
                access_request.c.state.not_in([*waits, RequestState.RETURNED]),
                ~exists(stands),
            )
            .distinct()
            .limit(limit)
        )
        return [RequestId(key) for key in self._connection.execute(rows).scalars()]

    def unerased(self, limit: int) -> list[Escrow]:
        """Return destroyed copies whose bytes are still in the store."""
        left = (escrow.c.state == EscrowState.DESTROYED) & escrow.c.copy.is_not(None)
        return self._all(select(escrow).where(left).order_by(escrow.c.id).limit(limit))

    def page(self, *, after: EscrowId | None, limit: int) -> list[Escrow]:
        """Return sealed copies that have a key, by id, held until commit."""
        rows = select(escrow).where(escrow.c.state.in_(HOLDING)).order_by(escrow.c.id).limit(limit)
        return self._all((rows if after is None else rows.where(escrow.c.id > after)).with_for_update())

    def _all(self, rows: Select[Any]) -> list[Escrow]:
        return [_escrow(row) for row in self._connection.execute(rows)]


def _fixed(of: Escrow) -> dict[str, object]:
    return {
        "id": of.id, "request_id": of.request_id, "camera_id": of.camera_id, "source_id": of.source_id,
        "span_begin": of.span.begin, "span_end": of.span.end, "overwritten_at": of.overwritten_at,
        "made_at": of.made_at, "stream": of.stream,
    }  # fmt: skip


def _changing(of: Escrow) -> dict[str, object]:
    return {
        "state": of.state, "attempt": of.attempt, "copy": copied(of.copy), "sealed_key": of.copy.key,
        "reason": of.reason, "sealed_at": of.sealed_at, "ended_at": of.ended_at, "version": of.version,
    }  # fmt: skip


def _escrow(row: AnyRow) -> Escrow:
    return Escrow(
        id=row.id, request_id=row.request_id, camera_id=row.camera_id, source_id=row.source_id,
        span=TimeSpan(row.span_begin, row.span_end), overwritten_at=row.overwritten_at, state=EscrowState(row.state),
        attempt=row.attempt, copy=copy_of(row.copy, row.sealed_key), reason=row.reason, made_at=row.made_at,
        sealed_at=row.sealed_at, ended_at=row.ended_at, version=row.version,
    )  # fmt: skip
