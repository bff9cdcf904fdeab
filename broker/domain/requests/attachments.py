"""Papers attached to a request: what may be attached, under which name, and until when it can be taken back."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from broker.domain.errors import Conflict, Invalid
from broker.domain.ids import AttachmentId, PersonId, RequestId
from broker.domain.oversight.audit import Entry
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.request_states import RequestState

BEING_WRITTEN = frozenset({RequestState.DRAFT, RequestState.RETURNED})
"""Only then: who decides must find the papers that were handed in."""

SUFFIXES: dict[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
}
LONGEST_NAME = 200  # bytes: names on disk have 255, and downloads add to them
NAMELESS = "附件"

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class Attachment:
    """One paper; the bytes lie in the blob store under `digest`."""

    id: AttachmentId
    request_id: RequestId
    name: str
    media_type: str
    size: int
    digest: str
    uploaded_by: PersonId
    at: datetime
    removed_at: datetime | None = None
    purged_at: datetime | None = None
    version: int = 0

    @property
    def stream(self) -> str:
        return f"attachment/{self.id}"


@dataclass(frozen=True)
class AttachmentChange:
    """A paper after a step, with what is to be written in the trace."""

    after: Attachment
    entries: tuple[Entry, ...]


def check_open(request: AccessRequest) -> None:
    """Refuse a change of the papers of a request that was handed in.

    Raises:
        Conflict: the request is neither a draft nor returned.
    """
    if request.state not in BEING_WRITTEN:
        raise Conflict("attachments-closed", state=request.state)


def check_room(held: int, most: int) -> None:
    """Refuse one more paper than a request may have.

    Raises:
        Conflict: the request has as many as it may.
    """
    if held >= most:
        raise Conflict("attachments-full", most=most)


def attach(attachment: Attachment) -> AttachmentChange:
    """Return the first version of a paper."""
    after = replace(attachment, version=1)
    data = {
        "request": str(after.request_id), "name": after.name, "media_type": after.media_type, "size": after.size,
        "digest": after.digest,
    }  # fmt: skip
    return AttachmentChange(after, (Entry(after.stream, "attachment:added", data),))


def remove(attachment: Attachment, at: datetime) -> AttachmentChange:
    """Take a paper back; its row and its events stay."""
    after = replace(attachment, removed_at=at, version=attachment.version + 1)
    return AttachmentChange(after, (Entry(after.stream, "attachment:removed", {"digest": after.digest}),))


def purge(attachment: Attachment, at: datetime) -> AttachmentChange:
    """Give up the bytes of a paper that was taken back.

    Raises:
        Conflict: it was not, or its bytes are gone already.
    """
    if attachment.removed_at is None or attachment.purged_at is not None:
        raise Conflict("changed-meanwhile", subject="attachment")
    after = replace(attachment, purged_at=at, version=attachment.version + 1)
    return AttachmentChange(after, (Entry(after.stream, "attachment:purged", {"digests": [after.digest]}),))


def kept_name(told: str, media_type: str) -> str:
    """Return a harmless file name from what a client says: no folders, nothing unseen, not too long.

    Raises:
        Invalid: the suffix is not one of this type of content.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", told))[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign) not in _UNSHOWN)
    stem, dot, suffix = _FORBIDDEN.sub("_", seen).rstrip(". ").rpartition(".")
    if f"{dot}{suffix}".lower() not in SUFFIXES[media_type]:
        allowed = ", ".join(SUFFIXES[media_type])
        raise Invalid("attachment-suffix", pointer="/file", name=seen[:80], media_type=media_type, allowed=allowed)
    while len(stem.encode()) > LONGEST_NAME:
        stem = stem[:-1]
    stem = stem.strip(". ") or NAMELESS
    return f"{'_' if _DEVICE.fullmatch(stem) else ''}{stem}.{suffix.lower()}"
