"""The fields of the record that the city defined, in the database: at most a hundred."""

from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from broker.domain.catalog.camera_fields import CustomField
from broker.domain.catalog.camera_record import FieldKind, Word
from broker.domain.errors import Conflict
from storage.db.tables import camera_field

_ONE_DEFINITION_AT_A_TIME = 0x6669656C64
"""Key of the advisory lock: the bytes spell "field"."""


class CameraFieldRepository:
    """Reads and writes the definitions; a field is never deleted."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> dict[str, CustomField]:
        """Return every field by key, retired ones too."""
        rows = self._connection.execute(select(camera_field).order_by(camera_field.c.key))
        return {row.key: _field(row) for row in rows}

    def hold(self) -> None:
        """Let nobody else define a field until the transaction ends."""
        self._connection.execute(select(func.pg_advisory_xact_lock(_ONE_DEFINITION_AT_A_TIME)))

    def save(self, before: CustomField | None, after: CustomField) -> None:
        """Write a definition.

        Raises:
            Conflict: somebody else changed it since it was read.
        """
        row = {
            "zh": after.zh,
            "en": after.en,
            "kind": after.kind,
            "allowed": [[code, word.zh, word.en] for code, word in after.allowed.items()],
            "mandatory": after.mandatory,
            "retired": after.retired,
            "stream": after.stream,
            "version": after.version,
        }
        if before is None:
            self._connection.execute(insert(camera_field).values(key=after.key, **row))
            return
        same = (camera_field.c.key == before.key) & (camera_field.c.version == before.version)
        if self._connection.execute(update(camera_field).where(same).values(row)).rowcount == 0:
            raise Conflict("changed-meanwhile", subject="camera_field")


def _field(row: Any) -> CustomField:
    return CustomField(
        key=row.key, zh=row.zh, en=row.en, kind=FieldKind(row.kind),
        allowed={code: Word(zh, en) for code, zh, en in row.allowed},
        mandatory=row.mandatory, retired=row.retired, version=row.version,
    )  # fmt: skip
