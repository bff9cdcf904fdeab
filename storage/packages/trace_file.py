"""An export of the trace that can be verified years later, with nothing but the file (docs/trace-exports.md).

One JSON document a line: a head; then, stream by stream, a line that tells how long the stream is, and its events, each
with the very bytes that its digest is taken of; then a manifest with the digest of all lines before it; then, where the
house has a key, a signature over the manifest.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from broker.domain.oversight.audit import Event
from broker.domain.oversight.trace_search import Traced

FORMAT = "xueliang-trace/1"
MEDIA_TYPE = "application/jsonl; charset=utf-8"
HASH = "SHA-256(0x00 || body)"
HEAD, STREAM, EVENT, MANIFEST, SIGNATURE = "head", "stream", "event", "manifest", "signature"
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Stretch:
    """One stream of an export: its name, how many events it has in all, and how many of them follow."""

    stream: str
    length: int
    events: int


Part = Stretch | tuple[Traced, bool]
"""A stream, or an event of the stream before with whether it was sought."""


def written(
    head: Mapping[str, object], parts: Iterable[Part], following: int | None, sign: Callable[[bytes], bytes] | None
) -> Iterator[bytes]:
    """Yield the file chunk by chunk.

    Args:
        head: who took the export, when, and what was sought.
        parts: each stream before its events.
        following: the number after which the next file begins, None where this one holds all.
        sign: makes the detached signature over the manifest; None where the house has no key.
    """
    digest, counted = hashlib.sha256(), {"streams": 0, "events": 0, "sought": 0}
    waiting = [_line({"type": HEAD, "format": FORMAT, "hash": HASH, **head})]
    size = 0
    for part in parts:
        if isinstance(part, Stretch):
            counted["streams"] += 1
            record = {"type": STREAM, "stream": part.stream, "length": part.length, "events": part.events}
            waiting.append(_line(record))
        else:
            traced, sought = part
            counted["events"] += 1
            counted["sought"] += sought
            waiting.append(_line({**_of(traced.event), "number": traced.number, "sought": sought}))
        size += len(waiting[-1])
        if size >= CHUNK:
            yield _hashed(digest, waiting)
            waiting, size = [], 0
    yield _hashed(digest, waiting)
    manifest = _line({"type": MANIFEST, **counted, "next": following, "sha256": digest.hexdigest()})
    yield manifest
    if sign is not None:
        made = base64.b64encode(sign(manifest.rstrip(b"\n"))).decode()
        yield _line({"type": SIGNATURE, "signature": made})


def _of(event: Event) -> dict[str, object]:
    return {
        "type": EVENT,
        "stream": event.stream,
        "seq": event.seq,
        "kind": event.kind,
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": event.actor,
        "case": None if event.case is None else str(event.case),
        "previous": event.previous.hex(),
        "leaf": event.leaf.hex(),
        **_body(event.body),
    }


def _body(body: bytes) -> dict[str, str]:
    """Return the body as text; one that is no text any more, since somebody wrote over it, as base64."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _line(record: Mapping[str, object]) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _hashed(digest: "hashlib._Hash", lines: Iterable[bytes]) -> bytes:
    chunk = b"".join(lines)
    digest.update(chunk)
    return chunk
