"""The check of an export of the trace: it needs no server, no database and no network, and reads line by line."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from cryptography import x509

from broker.domain.oversight.audit import FIRST, Event, holds
from storage.packages.findings import Fault, Findings
from storage.packages.signed import check_signature
from storage.packages.trace_file import EVENT, FORMAT, HEAD, MANIFEST, SIGNATURE, STREAM

LONGEST_LINE = 8 * 1024 * 1024
MOST_FAULTS = 100


class MalformedTraceError(ValueError):
    """A line is not what an export writes at this place."""


@dataclass
class TraceFindings(Findings):
    """What the check of an export found; `name` tells when it was taken.

    Attributes:
        streams: how many streams it holds, and their events in `events`.
        sought: how many of them were sought; the others are there so that the chains close.
        partial: how many streams it holds a part of: of the rest the reader who took it may not know.
    """

    streams: int = 0
    events: int = 0
    sought: int = 0
    partial: int = 0


def check_trace(path: Path, roots: Sequence[x509.Certificate] | None = None) -> TraceFindings:
    """Check an export; `roots` are the certificates that are trusted to say who somebody is.

    Raises:
        OSError: it is not there or cannot be read.
    """
    findings = TraceFindings()
    with path.open("rb") as file:
        reading = _Reading(file)
        try:
            _check(reading, roots, findings)
        except (MalformedTraceError, KeyError, TypeError, ValueError, RecursionError, OverflowError):
            findings.faults.append(Fault("line", number=str(reading.number)))
    findings.remarks += [Fault("behind"), Fault("rewritten")]
    return findings


@dataclass
class _Reading:
    """The lines of a file as they come; `digest` grows with every line that is behind the next one."""

    file: BinaryIO
    number: int = 0
    line: bytes = b""
    digest: Any = field(default_factory=hashlib.sha256)
    """Of all lines before this one."""

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the lines as documents.

        Raises:
            MalformedTraceError: a line is too long or no document.
        """
        while line := self.file.readline(LONGEST_LINE):
            self.digest.update(self.line)
            self.number, self.line = self.number + 1, line
            record = json.loads(line) if line.endswith(b"\n") else None
            if not isinstance(record, dict):
                raise MalformedTraceError
            yield record


def _check(reading: _Reading, roots: Sequence[x509.Certificate] | None, findings: TraceFindings) -> None:
    records = reading.records()
    head = next(records, {})
    if head.get("type") != HEAD or head.get("format") != FORMAT:
        findings.unverified.append(Fault("no-export"))
        return
    findings.name = str(head["exported_at"])
    manifest = _streams(records, findings)
    if manifest is None:
        findings.faults.append(Fault("cut-off"))
        return
    signed, told = reading.line.rstrip(b"\n"), reading.digest.hexdigest()
    counted = (findings.streams, findings.events, findings.sought)
    if manifest["sha256"] != told or counted != tuple(manifest[name] for name in ("streams", "events", "sought")):
        findings.faults.append(Fault("manifest"))
    if manifest["next"] is not None:
        findings.remarks.append(Fault("continued", after=str(int(manifest["next"]))))
    if findings.partial:
        findings.unverified.append(Fault("partial", streams=str(findings.partial)))
    _signature(records, signed, roots, findings)


def _streams(records: Iterator[dict[str, Any]], findings: TraceFindings) -> dict[str, Any] | None:
    """Check stream after stream, and return the manifest behind the last; None where the file ends before it."""
    stream: dict[str, Any] | None = None
    for kind, group in groupby(records, lambda record: record["type"]):
        for record in group if kind != EVENT else ():
            if stream is not None:
                _chain(stream, iter(()), findings)
            if kind == MANIFEST:
                return record
            if kind != STREAM:
                raise MalformedTraceError
            stream = record
        if kind == EVENT:
            if stream is None:
                raise MalformedTraceError
            _chain(stream, group, findings)
            stream = None
    return None


def _chain(stream: dict[str, Any], records: Iterator[dict[str, Any]], findings: TraceFindings) -> None:
    """Check the events of one stream, as many as its line says."""
    name, whole = str(stream["stream"]), stream["length"] == stream["events"]
    findings.streams += 1
    findings.partial += not whole
    fault, count, previous, last = None, 0, FIRST, 0
    for record in records:
        event = _event(record)
        count += 1
        findings.events += 1
        findings.sought += record["sought"] is True
        expected = count if whole else max(event.seq, last + 1)
        before = previous if whole else event.previous
        if fault is None and not (event.stream == name and holds(event, expected, before, _case(event))):
            fault = expected
        previous, last = event.leaf, event.seq
    if fault is None and count != stream["events"]:
        fault = count + 1
    if fault is not None and len(findings.faults) < MOST_FAULTS:
        findings.faults.append(Fault("event", stream=name[:200], seq=str(fault)))


def _case(event: Event) -> UUID | None:
    """Return what an event of an older version, whose body does not say its request, is filed under.

    Only the stream of a request says it by its name; of the others the file is believed, since it holds no other rows.
    """
    thing, _, key = event.stream.partition("/")
    return UUID(key) if thing == "access_request" else event.case


def _event(record: dict[str, Any]) -> Event:
    body = (
        base64.b64decode(record["body_base64"], validate=True) if "body_base64" in record else record["body"].encode()
    )
    case = record["case"]
    return Event(
        stream=str(record["stream"]), seq=int(record["seq"]), kind=str(record["kind"]),
        at=datetime.fromisoformat(record["at"]), actor=str(record["actor"]), body=body,
        previous=bytes.fromhex(record["previous"]), leaf=bytes.fromhex(record["leaf"]),
        case=None if case is None else UUID(case),
    )  # fmt: skip


def _signature(
    records: Iterator[dict[str, Any]], manifest: bytes, roots: Sequence[x509.Certificate] | None,
    findings: TraceFindings,
) -> None:  # fmt: skip
    record = next(records, None)
    if record is None:
        findings.unverified.append(Fault("unsigned"))
        return
    try:
        if record["type"] != SIGNATURE or next(records, None) is not None:
            raise MalformedTraceError
        encoded = base64.b64decode(record["signature"], validate=True)
    except (binascii.Error, KeyError, TypeError) as error:
        raise MalformedTraceError from error
    check_signature(SIGNATURE, encoded, manifest, roots, findings)
