"""The trace: what is written down, in a closed vocabulary, and how an event is bound to the one before it.

Each thing has a stream of its own ("access_request/<id>"); the events of a stream are numbered without a gap, and
each carries the digest of its predecessor. The digest of an event is the leaf hash of RFC 6962 (SHA-256 over a zero
byte and the canonical body), so that a Merkle log over all streams can be laid on top without touching an event.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

FIRST = b"\x00" * 32
"""What the first event of a stream names as its predecessor."""

KINDS = frozenset(
    {
        "department:created",
        "department:edited",
        "department:moved",
        "department:closed",
        "department:reopened",
        "person:created",
        "person:disabled",
        "person:enabled",
        "person:contact:changed",
        "person:password:changed",
        "person:role:assigned",
        "person:role:withdrawn",
        "delegation:set",
        "delegation:ended",
        "absence:noted",
        "absence:ended",
        "person:password:reset",
        "person:second_factor:begun",
        "person:second_factor:confirmed",
        "person:second_factor:removed",
        "person:second_factor:reset",
        "person:second_factor:resealed",
        "person:recovery_codes:issued",
        "person:identity:linked",
        "person:identity:unlinked",
        "person:invite:issued",
        "person:invite:revoked",
        "person:invite:taken",
        "person:token:issued",
        "person:token:revoked",
        "person:session:ended",
        "session:opened",
        "session:refused",
        "session:closed",
        "session:stepped_up",
        "session:step_up_refused",
        "session:recovery_code:used",
        "source:added",
        "source:edited",
        "source:resealed",
        "source:clock:set",
        "health:target:set",
        "maintenance:declared",
        "maintenance:ended",
        "source:clock:measured",
        "webhook:added",
        "webhook:disabled",
        "webhook:resealed",
        "webhook:removed",
        "camera:bound",
        "camera:transferred",
        "camera:marked",
        "camera:masked",
        "camera:edited",
        "camera:coded",
        "camera:shown",
        "camera:pictured",
        "camera:reconciled",
        "camera_field:defined",
        "reconciliation:proposed",
        "reconciliation:accepted",
        "reconciliation:refused",
        "reconciliation:replaced",
        "catalogue:imported",
        "catalogue:restored",
        "import:laid",
        "import:reread",
        "import:discarded",
        "import:ordered",
        "import:started",
        "import:finished",
        "import:failed",
        "import:undone",
        "job:retried",
        "import_profile:saved",
        "import_profile:retired",
        "division:imported",
        "plan:set",
        "rulebook:changed",
        "access_request:drafted",
        "access_request:edited",
        "access_request:submitted",
        "access_request:resubmitted",
        "access_request:returned",
        "access_request:approved",
        "access_request:rejected",
        "access_request:withdrawn",
        "access_request:endorsed",
        "access_request:lapsed",
        "access_request:escalated",
        "request_item:escalated",
        "access_request:closed",
        "access_request:forwarded",
        "access_request:decided",
        "emergency:opened",
        "emergency:ratified",
        "emergency:disavowed",
        "emergency:unratified",
        "request_item:opened",
        "request_item:approved",
        "request_item:authorized",
        "request_item:endorsed",
        "request_item:lapsed",
        "request_item:ratified",
        "request_item:vetoed",
        "request_item:forwarded",
        "request_item:refused",
        "request_item:returned",
        "request_item:voided",
        "grant:issued",
        "grant:revoked",
        "grant:suspended",
        "grant:resumed",
        "grant:exhausted",
        "lock:set",
        "lock:lifted",
        "policy:proposed",
        "policy:activated",
        "policy:retired",
        "policy:discarded",
        "retrieval:refused",
        "retrieval:ordered",
        "retrieval:started",
        "retrieval:postponed",
        "retrieval:ready",
        "retrieval:opened",
        "retrieval:delivered",
        "retrieval:interrupted",
        "retrieval:failed",
        "retrieval:aborted",
        "retrieval:held",
        "retrieval:released",
        "retrieval:purged",
        "package:ordered",
        "package:started",
        "package:ready",
        "package:delivered",
        "package:interrupted",
        "package:failed",
        "package:aborted",
        "package:held",
        "package:released",
        "package:purged",
        "escrow:ordered",
        "escrow:started",
        "escrow:sealed",
        "escrow:released",
        "escrow:resealed",
        "escrow:destroyed",
        "escrow:erased",
        "escrow:failed",
        "register:exported",
        "trace:exported",
        "attachment:added",
        "attachment:removed",
        "attachment:purged",
        "hold:set",
        "hold:lifted",
        "hold:ended",
    },
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened to one stream; `data` holds plain JSON values and never a secret or a frame."""

    stream: str
    kind: str
    data: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown audit kind {self.kind}")


@dataclass(frozen=True)
class Event:
    """An entry as it stands in the log: numbered, dated, with its author, bound to its predecessor.

    `case` is the access request that it is filed under, None for what belongs to none.
    """

    stream: str
    seq: int
    kind: str
    at: datetime
    actor: str
    body: bytes
    previous: bytes
    leaf: bytes
    case: UUID | None = None

    @property
    def data(self) -> dict[str, object]:
        """Return the facts of the event; nothing where the body is no longer one of ours."""
        data = _read(self.body).get("data")
        return data if isinstance(data, dict) else {}


def canonical(body: Mapping[str, object]) -> bytes:
    """Return the body as UTF-8 JSON with sorted keys and no spaces: the same bytes for the same facts."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def leaf_hash(body: bytes) -> bytes:
    """Return SHA-256(0x00 || body), the leaf hash of RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + body).digest()


def seal(
    entry: Entry, *, seq: int, at: datetime, actor: str, policy: str, previous: bytes, case: UUID | None = None
) -> Event:
    """Bind an entry to its place: number, instant, author, policy version, predecessor and access request."""
    body = canonical(
        {
            "stream": entry.stream,
            "seq": seq,
            "kind": entry.kind,
            "at": at.isoformat(timespec="microseconds"),
            "actor": actor,
            "policy": policy,
            "previous": previous.hex(),
            "case": None if case is None else str(case),
            "data": dict(entry.data),
        },
    )
    return Event(
        stream=entry.stream,
        seq=seq,
        kind=entry.kind,
        at=at,
        actor=actor,
        body=body,
        previous=previous,
        leaf=leaf_hash(body),
        case=case,
    )


LENT = frozenset({"retrieval:refused", "person:role:withdrawn"})
"""Kinds that older versions filed under a request although the stream is a person's: nothing told which one."""


def first_fault(events: Iterable[Event], case: UUID | None = None) -> int | None:
    """Return the sequence number of the first event of a stream that does not hold, or None.

    An event holds when its number continues the stream, its body names the digest of its predecessor, its own digest
    is that of its body, and what stands beside the body (kind, instant, author, access request) is what the body says.

    Args:
        events: all of one stream.
        case: the access request that the thing of this stream belongs to, by its own row; for events of older
            versions, whose bodies do not say it.
    """
    previous = FIRST
    for expected, event in enumerate(events, start=1):
        if not holds(event, expected, previous, case):
            return expected
        previous = event.leaf
    return None


def holds(event: Event, expected: int, previous: bytes, case: UUID | None) -> bool:
    """Say whether an event has this number, follows the event of this digest, and is what its body says."""
    body = _read(event.body)
    told = tuple(body.get(name) for name in ("stream", "seq", "kind", "actor", "previous"))
    meant = (event.stream, expected, event.kind, event.actor, previous.hex())
    bound = told == meant and event.previous == previous and event.leaf == leaf_hash(event.body)
    return bound and _dated(body, event.at) and _filed(body, event, case)


def _filed(body: Mapping[str, object], event: Event, case: UUID | None) -> bool:
    """Say whether an event stands under the request that it belongs to."""
    if "case" in body:
        return body["case"] == (None if event.case is None else str(event.case))
    if case is None and event.kind in LENT:
        return True
    return event.case == case


def _read(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:  # somebody wrote over it
        return {}
    return found if isinstance(found, dict) else {}


def _dated(body: Mapping[str, object], at: datetime) -> bool:
    try:
        return datetime.fromisoformat(str(body.get("at"))) == at
    except (ValueError, TypeError):
        return False
