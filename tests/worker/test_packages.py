"""Evidence packages from order to verdict: real worker, real footage, over HTTP, checked by us and by other tools."""

import hashlib
import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import bagit
import httpx
import pytest
from cryptography import x509

from adapters.key_frames import KeyFrames
from broker.bootstrap import operator
from broker.domain.errors import Conflict, Forbidden, Invalid, Unavailable, Unknown
from broker.domain.footage.locks import LockKind
from broker.domain.footage.media import Ask, ClipAsk, SnapshotAsk
from broker.domain.footage.packages import EvidencePackage, PackageState
from broker.domain.footage.retrievals import Retrieval
from broker.domain.ids import PackageId, RetrievalId
from broker.domain.oversight.register import LookAct, Sought
from broker.domain.time import TimeSpan
from broker.web.app import create_app
from broker.worker.app import worker_thread
from storage.db.oversight.register import RegisterVisibility
from storage.packages.authority import FOLDER, Made, new_key
from storage.packages.checking import check
from storage.packages.findings import GOOD
from tests.web.door import API, Door, bad, serving
from tests.worker.conftest import Bench

REVOKE_AFTER = 16 * 1024
OPENSSL = shutil.which("openssl")


@pytest.fixture
def made(bench: Bench) -> Made:
    return new_key(bench.broker.settings.data / FOLDER, "锦城市公安局", datetime.now(UTC))


def retrieved(bench: Bench, ask: Ask) -> Retrieval:
    order = bench.broker.retrievals.order(bench.looker, bench.camera, ask)
    bench.broker.runs.run(order.id)
    return bench.broker.retrievals.read(bench.looker, order.id)


@pytest.fixture
def results(bench: Bench) -> list[Retrieval]:
    begin = bench.footage.span.begin + timedelta(seconds=5)
    clip = retrieved(bench, ClipAsk("", TimeSpan(begin, begin + timedelta(seconds=4))))
    return [clip, retrieved(bench, SnapshotAsk("", begin))]


@pytest.fixture
def door(bench: Bench) -> Iterator[Door]:
    with serving(create_app(bench.broker), lifespan="on") as url, Door(url) as opened:
        yield opened


def wait(bench: Bench, key: PackageId, until: Callable[[EvidencePackage], bool]) -> EvidencePackage:
    deadline = time.monotonic() + 60
    while not until(found := bench.broker.packages.read(bench.looker, key)):
        assert time.monotonic() < deadline, (found.state, found.error, found.error_facts)
        time.sleep(0.05)
    return found


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the child that decodes; the test through the door has it."""
    monkeypatch.setattr(KeyFrames, "take", lambda *_: ())


def built(bench: Bench, results: list[Retrieval]) -> EvidencePackage:
    ordered = bench.broker.packages.order(bench.looker, [each.id for each in results])
    bench.broker.package_runs.run(ordered.id)
    return bench.broker.packages.read(bench.looker, ordered.id)


def roots(made: Made) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(made.root.read_bytes())


def lines(bench: Bench) -> list[Any]:
    visible = RegisterVisibility(bench.looker.person_id, centers=(), owners=(), readers=())
    with bench.broker.work() as work:
        return list(work.register.page(visible, Sought(), after=0, limit=100))


def test_a_package_through_the_door(
    bench: Bench, made: Made, results: list[Retrieval], door: Door, tmp_path: Path
) -> None:
    looker = door["looker"]
    with worker_thread(bench.broker, 1):
        body = {"retrievals": [str(each.id) for each in results]}
        ordered = looker.post("/packages", body)
        assert (ordered["state"], ordered["file"]) == ("QUEUED", None)
        ready = wait(bench, PackageId(UUID(ordered["id"])), lambda found: found.state is PackageState.READY)
    told = looker.get(f"/packages/{ready.id}")
    answer = looker.send("GET", f"/packages/{ready.id}/file")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert hashlib.sha256(answer.content).hexdigest() == told["file"]["digest"]
    assert ready.contents is not None
    assert len(answer.content) == told["file"]["size"] == ready.size
    assert "锦城市公安局" in told["file"]["signer"]
    path = tmp_path / f"{ready.name}.zip"
    path.write_bytes(answer.content)
    found = check(path, roots(made))
    assert (found.code, found.faults, found.name) == (GOOD, [], ready.name)
    holds_the_footage(path, ready, results, bench)
    others_agree(path, ready, made, tmp_path)
    wait(bench, ready.id, lambda it: it.state is PackageState.DELIVERED)
    entered = [line for line in lines(bench) if line.act is LookAct.DELIVER]
    assert [line.retrieval_id for line in entered] == [each.id for each in results]
    shares = [share.end - share.begin for share in ready.contents.shares]
    assert [line.outcome.sent for line in entered] == shares
    assert all(share > each.size for share, each in zip(shares, results, strict=True))
    assert bench.broker.grants.read(bench.looker, bench.grant.id).used.bytes == ready.size
    kinds = [event.kind for event in _events(bench)][-6:]
    assert kinds == [
        "package:ordered", "package:started", "package:ready", "retrieval:opened", "retrieval:opened",
        "package:delivered",
    ]  # fmt: skip


def _events(bench: Bench) -> list[Any]:
    with bench.broker.work() as work:
        return [event for _, event in work.audit.page(case=bench.grant.request_id, limit=200)]


def holds_the_footage(path: Path, package: EvidencePackage, results: list[Retrieval], bench: Bench) -> None:
    """The files are those of the retrievals, and the record says what they are."""
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        record = json.loads(opened.read(f"{package.name}/data/records/evidence.json"))
        names = set(opened.namelist())
        for told, result in zip(record["items"], results, strict=True):
            (file,) = told["files"]
            content = opened.read(f"{package.name}/{file['path']}")
            assert hashlib.sha256(content).hexdigest() == file["sha256"] == result.items[0].digest
            assert (told["retrieval"], told["action"]) == (str(result.id), result.action)
            assert file["frames"] == result.items[0].capture.frames
    assert {f"{package.name}/{name}" for name in ("data/contact-sheet.jpg", "data/records/report.pdf")} <= names
    assert record["request"]["case_number"] == "东环罚〔2026〕12号"
    assert record["request"]["place"] == {"longitude": 104.01, "latitude": 30.61, "name": "桥头"}
    assert record["recipient"]["login"] == "looker"
    assert record["request"]["basis"]["name"] != record["request"]["basis"]["code"]
    with bench.broker.work() as work:
        for head in record["audit"]:
            event = work.audit.stream(head["stream"])[head["seq"] - 1]
            assert event.leaf.hex() == head["leaf"]
    assert {f"retrieval/{each.id}" for each in results} <= {head["stream"] for head in record["audit"]}


def others_agree(path: Path, package: EvidencePackage, made: Made, folder: Path) -> None:
    """`sha256sum`, a BagIt validator and OpenSSL accept what was unpacked by another program."""
    with zipfile.ZipFile(path) as opened:
        opened.extractall(folder)
    bag = folder / package.name
    assert bagit.Bag(str(bag)).validate() is True
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--strict", "-c", manifest], cwd=bag, check=True, capture_output=True)  # noqa: S607
    if OPENSSL is None:
        return
    signed = ("-in", "signature.p7s", "-content", "tagmanifest-sha256.txt", "-CAfile", str(made.root))
    command = [OPENSSL, "cms", "-verify", "-binary", "-inform", "DER", *signed, "-out", "/dev/null"]
    subprocess.run(command, cwd=bag, check=True, capture_output=True)


@pytest.mark.usefixtures("no_pictures")
def test_parts_join_to_the_whole_and_are_noted_for_what_they_hold(
    bench: Bench, made: Made, results: list[Retrieval], door: Door
) -> None:
    assert made.key.exists()
    package = built(bench, results)
    unknown_to_others(door, package, results)
    assert package.contents is not None
    first, second = package.contents.shares
    looker, path = door["looker"], f"/packages/{package.id}/file"
    head = looker.send("HEAD", path)
    assert (head.status_code, head.headers["content-length"]) == (200, str(package.size))
    begin = looker.send("GET", path, headers={"Range": f"bytes=0-{first.begin + 9}"})
    rest = looker.send("GET", path, headers={"Range": f"bytes={first.begin + 10}-"})
    assert (begin.status_code, rest.status_code) == (206, 206)
    assert hashlib.sha256(begin.content + rest.content).hexdigest() == package.contents.digest
    wait(bench, package.id, lambda found: found.state is PackageState.DELIVERED)
    sent = [line.outcome.sent for line in lines(bench) if line.act is LookAct.DELIVER]
    assert sent == [10, 0, first.end - first.begin - 10, second.end - second.begin]


@pytest.mark.usefixtures("no_pictures")
def test_only_ones_own_finished_results_and_only_with_a_key(bench: Bench, results: list[Retrieval], door: Door) -> None:
    order = bench.broker.packages.order
    key = results[0].id
    for wrong in ([], [key, key]):
        with pytest.raises(Invalid, match="package-retrievals"):
            order(bench.looker, wrong)
    absent = RetrievalId(PackageId(results[0].grant_id))  # an id of something else
    with pytest.raises(Unknown, match="unknown-retrieval"):
        order(bench.looker, [key, absent])
    waiting = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    with pytest.raises(Conflict, match="no-result"):
        order(bench.looker, [key, waiting.id])
    package = built(bench, results)
    assert (package.state, package.error) == (PackageState.FAILED, "evidence-key-missing")
    told = door["looker"].get(f"/packages/{package.id}")
    assert "evidence key new" in told["error"]["detail"]
    bad(door["looker"].send("GET", f"/packages/{package.id}/file"), 409, "no-package")


def unknown_to_others(door: Door, package: EvidencePackage, results: list[Retrieval]) -> None:
    for login in ("looker2", "asker", "owner.cg", "auditor", "sysadmin"):
        for path in (f"/packages/{package.id}", f"/packages/{package.id}/file"):
            assert door[login].send("GET", path).status_code in {403, 404}
    bad(door["looker2"].send("POST", "/packages", {"retrievals": [str(results[0].id)]}), 404, "unknown-retrieval")
    assert httpx.get(f"{door.url}{API}/packages/{package.id}/file", trust_env=False).status_code == 401
    assert door["looker2"].get("/packages")["items"] == []
    assert [each["id"] for each in door["looker"].get("/packages")["items"]] == [str(package.id)]


@pytest.mark.usefixtures("no_pictures")
def test_a_revocation_ends_what_waits_and_what_is_ready(bench: Bench, made: Made, results: list[Retrieval]) -> None:
    assert made.key.exists()
    ready = built(bench, results)
    waiting = bench.broker.packages.order(bench.looker, [results[0].id])
    bench.broker.grants.revoke(bench.owner, bench.grant.id, "不再需要")
    for key in (ready.id, waiting.id):
        found = bench.broker.packages.read(bench.looker, key)
        assert (found.state, found.error) == (PackageState.ABORTED, "grant-revoked")
    assert bench.broker.package_runs.run(waiting.id) is PackageState.ABORTED
    with pytest.raises(Forbidden, match="footage-live"):
        bench.broker.packages.open(bench.looker, ready.id, ready.size)
    with pytest.raises(Forbidden, match="footage-live"):
        bench.broker.packages.order(bench.looker, [results[0].id])
    refused = [line for line in lines(bench) if line.refusal == "footage-live"]
    assert len(refused) == 3, "a line for each retrieval that was refused"


@pytest.mark.usefixtures("no_pictures")
def test_a_revocation_cuts_a_package_that_flows(
    bench: Bench, made: Made, results: list[Retrieval], door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made.key.exists()
    package = built(bench, results)
    chunks = bench.broker.blobs.read

    def slowly(digest: str, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
        for chunk in chunks(digest, begin, end):
            for place in range(0, len(chunk), 2048):
                time.sleep(0.005)
                yield chunk[place : place + 2048]

    monkeypatch.setattr(type(bench.broker.blobs), "read", lambda _self, *arguments: slowly(*arguments))
    received: list[int] = [0]
    url, headers = f"{API}/packages/{package.id}/file", door["looker"].headers
    with pytest.raises(httpx.ReadError):
        read_until_cut(bench, door, url, headers, received)
    assert received[-1] < package.size
    stopped = wait(bench, package.id, lambda found: found.state is PackageState.ABORTED)
    assert stopped.error == "grant-revoked"
    deadline = time.monotonic() + 5
    while any(line.act is LookAct.DELIVER and line.outcome is None for line in lines(bench)):
        assert time.monotonic() < deadline


def read_until_cut(bench: Bench, door: Door, url: str, headers: dict[str, str], received: list[int]) -> None:
    """Read a package, and revoke its grant after the first bytes of footage."""
    with door.client.stream("GET", url, headers=headers) as answer:
        for part in answer.iter_raw():
            received.append(received[-1] + len(part))
            if received[-2] <= REVOKE_AFTER < received[-1]:
                bench.broker.grants.revoke(bench.owner, bench.grant.id, "撤销")


@pytest.mark.usefixtures("no_pictures")
def test_a_late_attempt_hands_in_nothing(bench: Bench, made: Made, results: list[Retrieval]) -> None:
    assert made.key.exists()
    ordered = bench.broker.packages.order(bench.looker, [each.id for each in results])
    zombie = bench.broker.package_runs._begin(ordered.id)
    assert zombie is not None
    assert bench.broker.package_runs.run(ordered.id) is PackageState.READY
    first = bench.broker.packages.read(bench.looker, ordered.id)
    assert first.attempt == 2
    assert bench.broker.package_runs._end(zombie.package, lambda *_: pytest.fail("it may not")) is PackageState.READY
    assert bench.broker.package_runs.run(ordered.id) is PackageState.READY
    assert bench.broker.packages.read(bench.looker, ordered.id) == first


@pytest.mark.usefixtures("no_pictures")
def test_a_lock_keeps_a_package_back_and_changed_footage_is_never_signed(
    bench: Bench, made: Made, results: list[Retrieval]
) -> None:
    assert made.key.exists()
    digest = results[0].items[0].digest
    stored = bench.broker.settings.data / "blobs" / digest[:2] / digest
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.write_bytes(content)
    ordered = bench.broker.packages.order(bench.looker, [each.id for each in results])
    with pytest.raises(Unavailable, match="blob-damaged"):
        bench.broker.package_runs.run(ordered.id)
    assert bench.broker.packages.read(bench.looker, ordered.id).state is PackageState.BUILDING
    package = bench.broker.packages.order(bench.looker, [results[1].id])
    assert bench.broker.package_runs.run(package.id) is PackageState.READY
    assert bench.looker.person_id is not None
    bench.broker.locks.set(operator("tests"), LockKind.PERSON, bench.looker.person_id, "离职")
    with bench.broker.work() as work:
        assert work.packages.load(package.id).error == "person-locked"
