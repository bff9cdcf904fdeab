"""Points that are certainly new: copied straight into the catalogue, once, past the staging table.

Their lines are made by the thread that reads the list, while the database still takes the piece before: what is left
to do between two pieces is one question, which of these codes and keys there are.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from broker.domain.ids import DepartmentId, ImportId
from storage.db.catalog.camera_staging import BODY, EMPTY, Line, Piece, Prepared, array, copy_in

COLUMNS = ("id", "lifecycle", "owner_id", "stream", "version", "import_id", *BODY)

_CODES = text("SELECT gb_code FROM camera WHERE gb_code = ANY(CAST(:codes AS text[]))")
_KEYS = text("SELECT external_key FROM camera WHERE owner_id = :owner AND external_key = ANY(CAST(:keys AS text[]))")
"""Arrays are written down as one text: to make a value of each of ten thousand codes takes as long as the answer."""


class Newcomers:
    """Takes the new points of one list; holds while no camera of the owner is known by its place alone.

    A code and a key that no camera has then mean no camera, and no later row of the list means this one again: codes
    and keys are each unique within a list.
    """

    def __init__(
        self, connection: Connection, owner_id: DepartmentId, event: tuple[str, int], import_id: ImportId | None
    ) -> None:
        """Write points under an event (stream, number) and an import."""
        self._connection = connection
        self._owner = owner_id
        named = EMPTY if import_id is None else import_id.hex
        self._same = f"{owner_id.hex}\t{event[0]}\t{event[1]}\t{named}"
        self._hoped = True

    def prepare(self, lines: Sequence[Line]) -> Prepared:
        """Return what is asked about some lines; and, as long as all came in so far, those lines for COPY.

        For the thread that reads: nothing here touches the connection.
        """
        codes = array([code for code, *_ in lines if code is not None])
        keys = array([key for _, key, *_ in lines if key is not None])
        return Prepared(codes, keys, self._written(lines) if self._hoped and all(it[2] for it in lines) else b"")

    def take(self, piece: Piece) -> Sequence[Line]:
        """Copy what is certainly new and lacks nothing, and return the other lines."""
        known = self._known(piece.prepared)
        self._hoped = not any(known)
        if self._hoped and piece.prepared.lines:
            copy_in(self._connection, "camera", COLUMNS, piece.prepared.lines)
            return ()
        codes, keys = known
        new: list[Line] = []
        others: list[Line] = []
        for line in piece.lines:
            code, key, whole, *_ = line
            (new if whole and code not in codes and key not in keys else others).append(line)
        if new:
            copy_in(self._connection, "camera", COLUMNS, self._written(new))
        return others

    def _known(self, asked: Prepared) -> tuple[set[str], set[str]]:
        codes = self._connection.execute(_CODES, {"codes": asked.codes}).scalars()
        keys = self._connection.execute(_KEYS, {"owner": self._owner, "keys": asked.keys}).scalars()
        return set(codes), set(keys)

    def _written(self, lines: Sequence[Line]) -> bytes:
        same = self._same
        return "".join([
            f"{fresh_id}\t{'in_use' if lifecycle == EMPTY else lifecycle}\t{same}\t{body}\n"
            for _, _, _, _, fresh_id, lifecycle, body in lines
        ]).encode()  # fmt: skip
