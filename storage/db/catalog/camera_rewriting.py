"""Many points changed by one verb: one statement for the rows, one for the history, however many there are."""

import json
import re
from collections.abc import Sequence

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from broker.domain.catalog.catalog import Camera
from broker.domain.errors import Conflict
from storage.db.catalog.camera_rows import row_of

REWRITTEN = ("name", "gb_code", "edition", "source_id", "channel", "lifecycle", "sought", "stream", "version")
"""The columns that are written; whatever else differs between a point before and after is a mistake of the caller."""

Pairs = Sequence[tuple[Camera, Camera]]

_CODE = re.compile(r"\(gb_code\)=\((\d{20})\)")


def rewrite(connection: Connection, pairs: Pairs) -> None:
    """Write what points have become, each once; their (stream, version) are the events that say so.

    Raises:
        Conflict: somebody else changed one since it was loaded, or a point has one of the new codes.
    """
    if not pairs:
        return
    rows = [_row(before, after) for before, after in pairs]
    try:
        written = connection.execute(_REWRITE, {"rows": json.dumps(rows)}).rowcount
    except IntegrityError as error:
        taken = _CODE.search(getattr(getattr(error.orig, "diag", None), "message_detail", None) or "")
        if taken is None:
            raise
        raise Conflict("camera-code-taken", code=taken[1]) from None
    if written != len(rows):
        raise Conflict("changed-meanwhile", subject="camera")


def _row(before: Camera, after: Camera) -> dict[str, object]:
    was, now = row_of(before), row_of(after)
    if {name for name, value in now.items() if value != was[name]} - {*REWRITTEN}:
        raise RuntimeError("a point differs in a column that is not written together")
    key = {"id": str(after.id), "old_stream": before.stream, "old_version": before.version}
    told = {name: now[name] for name in REWRITTEN}
    return {**key, **told, "source_id": None if after.source_id is None else str(after.source_id)}


_REWRITE = text("""
    UPDATE camera c SET
        name = told.name, gb_code = told.gb_code, edition = told.edition, source_id = told.source_id,
        channel = told.channel, lifecycle = told.lifecycle, sought = told.sought, stream = told.stream,
        version = told.version
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
        id uuid, old_stream text, old_version integer, name text, gb_code text, edition text, source_id uuid,
        channel text, lifecycle text, sought text, stream text, version integer
    )
    WHERE c.id = told.id AND c.stream = told.old_stream AND c.version = told.old_version
""")
