"""Packages that somebody was handed: told as the command tells, apart from the program, and kept nowhere."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from broker.bootstrap import Broker
from broker.domain.errors import Unavailable
from broker.services.footage.handed_packages import AT_ONCE, HandedPackages
from broker.web.app import create_app
from storage.packages.authority import FOLDER
from tests.city import City
from tests.evidence.made import CLIPS, NAME, house, package
from tests.web.console.conftest import without_tls
from tests.web.console.page import Page, Person
from tests.web.door import API, Door, bad, good, serving

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def packed(busy_broker: Broker) -> bytes:
    """Give a package that this house signed."""
    return package(house(busy_broker.settings.data / FOLDER))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Give one that another house signed."""
    return package(house(tmp_path_factory.mktemp("elsewhere")))


@pytest.fixture(scope="module")
def counter(busy_broker: Broker) -> Iterator[Door]:
    with serving(create_app(without_tls(busy_broker))) as url, Door(url) as opened:
        yield opened


def brought(door: Door, content: bytes, login: str = "auditor", name: str = "package.zip") -> httpx.Response:
    files = {"file": (name, content, "application/zip")}
    return door[login].send("POST", "/packages/verification", files=files)


def left_behind() -> set[str]:
    """Return what lies in the room where checks are made."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("xueliang-check-*")}


def test_a_package_is_told_as_the_command_tells_it(counter: Door, packed: bytes, foreign: bytes) -> None:
    before = left_behind()
    found = good(brought(counter, packed))
    assert (found["verdict"], found["name"], found["files"]) == ("good", NAME, len(CLIPS) + 6)
    assert "锦城市公安局" in found["signer"]
    told = good(brought(counter, packed.replace(b"first clip", b"worst clip", 1)))
    assert (told["verdict"], [it["slug"] for it in told["faults"]]) == ("broken", ["changed"])
    assert "data/media/001-a.mp4 was changed" in told["faults"][0]["en"]
    assert "data/media/001-a.mp4" in told["faults"][0]["zh"]
    other = good(brought(counter, foreign))
    assert (other["verdict"], [it["slug"] for it in other["unverified"]]) == ("open", ["foreign"])
    for junk, slug in ((b"", "no-package"), (b"PK\x03\x04" + bytes(900), "container")):
        told = good(brought(counter, junk, "owner.cg", name="../../etc/passwd"))
        assert [it["slug"] for it in told["faults"] + told["unverified"]] == [slug]
    bad(brought(counter, packed, "sysadmin"), 403, "not-allowed")
    assert left_behind() <= before


def test_a_name_that_is_none_and_a_directory_that_is_huge_do_no_harm(counter: Door, packed: bytes) -> None:
    hostile = packed.replace(b"data/media/001-a.mp4", b"../../../../../etc/\x1b")
    assert len(hostile) == len(packed)
    told = good(brought(counter, hostile))
    assert told["verdict"] == "broken"
    assert all("\x1b" not in it["en"] for it in told["faults"])
    many = bytearray(packed)
    many[-12:-6] = b"\xff\xff\xff\xff\xff\x7f"  # a directory of gigabytes
    assert good(brought(counter, bytes(many)))["verdict"] == "broken"


def test_one_page_takes_the_file_and_tells_the_verdict(
    busy_broker: Broker, counter: Door, packed: bytes, foreign: bytes
) -> None:
    with Person(counter.url, "en") as auditor, Person(counter.url, "zh") as looker, Person(counter.url) as stranger:
        auditor.come_in("auditor")
        looker.come_in("looker")
        stranger.come_in("sysadmin")
        page = _bring(auditor, packed)
        assert "intact, and signed by who is trusted" in page.text
        assert "不能说明" in page.text or "未附" in page.text, "the other language stands beside it"
        assert [tag for tag, _ in page.tags if tag in {"video", "img", "clip-player"}] == []
        page = _bring(looker, foreign)
        assert "不是由本单位的根证书签发" in page.text
        assert "/evidence" in looker.get("/packages").links
        assert "/evidence" in auditor.get("/trace/verification").links
        empty = auditor.client.post(
            "/evidence", data=_tokens(auditor), files={"file": ("", b"", "application/zip")},
            headers={"Origin": auditor.url},
        )  # fmt: skip
        assert (empty.status_code, 'id="fault-file"' in empty.text) == (422, True)
        assert stranger.get("/evidence").status == 403
        # Refused before the file is taken in.
        answer = stranger.client.post(
            "/evidence", files={"file": ("a.zip", bytes(MEBIBYTE), "application/zip")}, headers={"Origin": auditor.url}
        )
        assert answer.status_code == 403
    busy = busy_broker.handed_packages
    for _ in range(AT_ONCE):
        assert busy._turns.acquire(blocking=False)
    try:
        bad(brought(counter, packed), 429, "package-checks-busy")
    finally:
        busy._turns.release(AT_ONCE)


def _bring(person: Person, content: bytes) -> Page:
    answer = person.client.post(
        "/evidence", data=_tokens(person), files={"file": ("a.zip", content, "application/zip")},
        headers={"Origin": person.url},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text[:1000]
    return Page(answer)


def _tokens(person: Person) -> dict[str, Any]:
    return dict(person.get("/evidence").form("/evidence").fields)


def test_what_is_too_large_or_takes_too_long_is_ended(
    busy_broker: Broker, city: City, packed: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small = replace(busy_broker, settings=busy_broker.settings.model_copy(update={"verify_mb": 1, "upload_mb": 8}))
    with serving(create_app(small)) as url, Door(url) as door:
        bad(brought(door, bytes(3 * MEBIBYTE)), 413, "body-too-large")
        assert good(brought(door, packed))["verdict"] == "good"
        answer = door.client.post(f"{API}/packages/verification", content=b"x" * 100)
        assert answer.status_code == 401
    monkeypatch.setattr("broker.services.footage.handed_packages.SECONDS", 0.01)
    checks = HandedPackages(busy_broker.work, busy_broker.policy, tmp_path / "none.pem")
    (tmp_path / "package.zip").write_bytes(packed)
    auditor = city.caller(busy_broker, "auditor")
    with (tmp_path / "package.zip").open("rb") as file, pytest.raises(Unavailable, match="package-check-stopped"):
        checks.check(auditor, file)
