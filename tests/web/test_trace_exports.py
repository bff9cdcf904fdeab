"""The trace taken away: what is in the file, that it verifies with nothing else, and that every change of it shows."""

import hashlib
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from cryptography import x509

from broker.bootstrap import Broker, operator
from broker.domain.oversight.trace_search import Sought
from broker.services.oversight.trace_files import content
from broker.services.people.accounts import NewPerson
from storage.packages.authority import FOLDER, ROOT, new_key
from storage.packages.trace_checking import TraceFindings, check_trace
from tests.city import PASSWORD, City
from tests.web.door import Door, Visitor, bad
from tests.web.steps import granted

Record = dict[str, Any]


@pytest.fixture
def told(broker: Broker, city: City, door: Door) -> Any:
    """Walk a request to its grant; there are auditors of the city, a district and a department."""
    for home in ("dh", "dh-cg"):
        new = NewPerson(f"auditor.{home}", f"=审计{home}", home, PASSWORD, (("auditor", home),))
        broker.accounts.add_person(operator("tests"), new)
    return granted(door, city)


def taken(who: Visitor, **query: Any) -> bytes:
    answer = who.send("GET", "/audit/export", params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


def records(file: bytes) -> list[Record]:
    return [json.loads(line) for line in file.splitlines()]


def found_in(file: bytes, folder: Path, *roots: x509.Certificate) -> TraceFindings:
    path = folder / "trace.jsonl"
    path.write_bytes(file)
    return check_trace(path, roots or None)


def slugs(findings: TraceFindings) -> tuple[list[str], list[str]]:
    return [it.slug for it in findings.faults], [it.slug for it in findings.unverified]


def test_an_export_verifies_with_nothing_but_the_file(broker: Broker, door: Door, told: Any, tmp_path: Path) -> None:
    case = told["request"]
    file = taken(door["auditor"], format="jsonl", case=case)
    found = found_in(file, tmp_path)
    assert slugs(found) == ([], ["unsigned"])
    head, *lines, manifest = records(file)
    assert head["sought"] == {"case": case}
    sought = [it for it in lines if it.get("sought")]
    assert {it["case"] for it in sought} == {case}
    assert (found.sought, found.events) == (len(sought), sum(it["type"] == "event" for it in lines))
    assert found.events >= found.sought > 5
    listed = door["auditor"].get("/audit", case=case, limit=200)["items"]
    assert sorted(it["number"] for it in sought) == [it["number"] for it in listed]

    # What docs/trace-exports.md tells to do with common tools.
    before, _, _ = file.rpartition(b'{"type":"manifest"')
    assert hashlib.sha256(before).hexdigest() == manifest["sha256"]
    for it in (it for it in lines if it["type"] == "event"):
        assert hashlib.sha256(b"\0" + it["body"].encode()).hexdigest() == it["leaf"]
        assert json.loads(it["body"])["previous"] == it["previous"]

    new_key(broker.settings.data / FOLDER, "锦川市", datetime.now(UTC))
    root = x509.load_pem_x509_certificate((broker.settings.data / FOLDER / ROOT).read_bytes())
    signed = taken(door["auditor"], format="jsonl", kind="grant")
    assert slugs(found_in(signed, tmp_path, root)) == ([], [])
    assert slugs(found_in(signed, tmp_path)) == ([], ["issuer"])
    every_change_shows(signed, tmp_path, root)
    noted = door["auditor"].get("/audit", kind="trace:exported")["items"]
    assert [(it["data"]["format"], it["data"]["lines"]) for it in noted] == [("jsonl", len(sought)), ("jsonl", 1)]
    bad(door["looker"].send("GET", "/audit/export"), 403, "not-allowed")


def every_change_shows(signed: bytes, folder: Path, root: x509.Certificate) -> None:
    """Change, drop and exchange lines, with and without a manifest that was made to fit."""
    lines = records(signed)
    place = next(number for number, it in enumerate(lines) if it["type"] == "event")
    assert len([it for it in lines if it["type"] == "event"]) > 1 or lines[place]["seq"] == 1

    def case_of_another(it: Record) -> None:
        it["case"] = None

    def actor(it: Record) -> None:
        it["actor"] = "worker"

    def body(it: Record) -> None:
        it["body"] = it["body"].replace('"seq":1', '"seq":1,"x":1')

    def sealed(it: Record) -> None:
        body(it)
        it["leaf"] = hashlib.sha256(b"\0" + it["body"].encode()).hexdigest()

    changes: list[Callable[[Record], None]] = [case_of_another, actor, body]
    for change in changes:
        found = found_in(_changed(signed, place, change), folder, root)
        assert slugs(found)[0] == ["event", "manifest"], change
        fitted = found_in(_changed(signed, place, change, fit=True), folder, root)
        assert slugs(fitted)[0] == ["event", "signature"], change
    assert slugs(found_in(_changed(signed, place, sealed, fit=True), folder, root))[0] == ["signature"]
    rest = signed.splitlines(keepends=True)
    without = b"".join(line for number, line in enumerate(rest) if number != place)
    assert slugs(found_in(without, folder, root))[0] == ["event", "manifest"]
    assert slugs(found_in(b"".join(rest[:-2]), folder, root))[0] == ["cut-off"]
    assert slugs(found_in(b"".join(rest[:-1]), folder, root)) == ([], ["unsigned"])
    for damaged in (signed[:-20], b"".join([*rest[:2], b"[]\n", *rest[2:]]), signed.replace(b'"seq":', b'"sek":')):
        assert slugs(found_in(damaged, folder, root))[0] != []
    for other in (b"", b"{}\n", b"PK\x03\x04", signed.replace(b"xueliang-trace/1", b"xueliang-trace/9")):
        assert found_in(other, folder, root).code != 0


def _changed(file: bytes, place: int, change: Callable[[Record], None], *, fit: bool = False) -> bytes:
    lines = file.splitlines(keepends=True)
    record = json.loads(lines[place])
    change(record)
    lines[place] = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    if fit:
        manifest = json.loads(lines[-2])
        manifest["sha256"] = hashlib.sha256(b"".join(lines[:-2])).hexdigest()
        lines[-2] = json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return b"".join(lines)


def test_tables_are_cut_and_nobody_takes_what_is_beyond_the_reach(
    broker: Broker, door: Door, told: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.services.oversight.trace_exports.STEP", 3)
    taken(door["auditor.dh"])
    csv = taken(door["auditor"], format="csv", person="auditor.dh").decode("utf-8-sig").splitlines()
    assert len(csv) > 2
    assert all('"\'=审计dh"' in line for line in csv[1:-1]), "a name that a spreadsheet would carry out"
    assert csv[-1].startswith('"完：')
    book = openpyxl.load_workbook(io.BytesIO(taken(door["auditor"], format="xlsx", case=told["request"])))
    rows = list(book["留痕"].iter_rows(values_only=True))
    assert len(rows) == len(door["auditor"].get("/audit", case=told["request"], limit=200)["items"]) + 2
    assert {row[7] for row in rows[1:-1]} == {door["asker"].get(f"/access-requests/{told['request']}")["number"]}

    monkeypatch.setattr(broker.trace_exports, "_most", 20)
    answer = door["auditor"].send("GET", "/audit/export", params={"format": "jsonl"})
    first, following = records(answer.content), answer.headers["X-Next-After"]
    assert (first[-1]["next"], first[-1]["sought"]) == (int(following), 20)
    second = records(taken(door["auditor"], format="jsonl", after=following))
    numbers = [{it["number"] for it in file if it["type"] == "event" and it["sought"]} for file in (first, second)]
    assert max(numbers[0]) == int(following) < min(numbers[1])
    assert found_in(answer.content, tmp_path).faults == []

    monkeypatch.setattr(broker.trace_exports, "_most", 5000)
    within, after = set(), 0
    while True:
        page = door["auditor.dh-cg"].get("/audit", limit=200, after=after) if after else None
        page = page or door["auditor.dh-cg"].get("/audit", limit=200)
        within |= {(it["stream"], it["seq"]) for it in page["items"]}
        if not page["next"]:
            break
        after = page["next"]
    file = taken(door["auditor.dh-cg"], format="jsonl")
    found = found_in(file, tmp_path)
    assert {(it["stream"], it["seq"]) for it in records(file) if it["type"] == "event"} >= within
    assert len(within) + 1 >= found.events
    assert (slugs(found), found.partial > 0) == (([], ["partial", "unsigned"]), True)
    own = b"".join(content(broker.trace_exports.export(operator("tests"), Sought(), "jsonl"), "jsonl"))
    assert (found_in(own, tmp_path).partial, slugs(found_in(own, tmp_path))[0]) == (0, [])
