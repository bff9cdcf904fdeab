"""The clocks of sources: their history, and entries by people who compared a picture with the true time."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from broker.domain.errors import Invalid, TooLarge
from broker.domain.oversight.audit import Entry
from broker.domain.people.accounts import Caller
from broker.domain.sources.source_clocks import BY_HAND, ClockOffset, read_off
from broker.services.footage.keeping import keep
from broker.services.requests.paper_contents import media_type_of
from broker.services.sources.source_reach import require_source
from policies.authorizer import Authorizer
from storage.blobs.base import CHUNK_BYTES, BlobStore
from storage.db.unit_of_work import Work


@dataclass(frozen=True)
class Reading:
    """What somebody read off: the instant that a picture of the source shows, the true one, and the picture itself."""

    shown: datetime
    actual: datetime
    picture: bytes = field(repr=False)


class SourceClocks:
    """How far the clocks of sources are ahead. The pictures stay inside: who keeps sources sees no video here."""

    def __init__(self, work: Work, policy: Authorizer, blobs: BlobStore, most_bytes: int) -> None:
        self._work = work
        self._policy = policy
        self._blobs = blobs
        self._most_bytes = most_bytes

    def page(self, caller: Caller, code: str, *, before: int | None, limit: int) -> Sequence[ClockOffset]:
        """Return the history of a source's clock, newest first."""
        with self._work() as work:
            source, _ = require_source(self._policy, work, caller, "source:read", code)
            return work.sources.clock(source.id, before=before, limit=limit)

    def enter(self, caller: Caller, code: str, reading: Reading) -> ClockOffset:
        """Enter how far a clock is ahead, with the picture that shows it; earlier entries stay.

        Raises:
            Invalid: the picture is no whole JPEG or PNG, or the true instant lies ahead.
            TooLarge: the picture is larger than a paper may be.
        """
        with self._work() as work:
            require_source(self._policy, work, caller, "source:clock", code)
            seconds = read_off(reading.shown, reading.actual, work.now)
        if len(reading.picture) > self._most_bytes:
            raise TooLarge("attachment-too-large", pointer="/file", limit=self._most_bytes)
        media_type = media_type_of(reading.picture)
        if not media_type.startswith("image/"):
            raise Invalid("reference-not-a-picture", pointer="/file", allowed="JPEG, PNG")
        blob = self._blobs.put_stream(_chunks(reading.picture))
        with self._work() as work:
            source, permit = require_source(self._policy, work, caller, "source:clock", code)
            stream = f"source_clock/{source.id}"
            work.audit.reserve(stream)
            keep(work, self._blobs, (blob.digest,))
            kept = work.sources.note_clock(
                ClockOffset(
                    source.id, reading.actual, seconds, BY_HAND, permit.actor, blob.digest, reading.shown,
                )
            )  # fmt: skip
            data = {
                "source": code, "seconds": seconds, "shown": reading.shown.isoformat(),
                "at": reading.actual.isoformat(), "reference": blob.digest,
            }  # fmt: skip
            work.audit.append(permit, (Entry(stream, "source:clock:set", data),))
            work.commit(permit)
            return kept


def _chunks(content: bytes) -> Iterable[bytes]:
    return iter(partial(io.BytesIO(content).read, CHUNK_BYTES), b"")
