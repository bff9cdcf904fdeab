"""`xueliang retrieve` on a real recording: orders, files, digests, and a download that goes on where it broke."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.media.testcard import read_codes, write_recording
from broker.bootstrap import Broker, operator
from broker.cli.client import download as downloading
from broker.services.sources.sources import NewSource
from tests.city import CAMERAS
from tests.cli.conftest import Desk

CODE = CAMERAS["dh-cg"][0]
BEGIN = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@pytest.fixture
def granted(broker: Broker, desk: Desk, tmp_path: Path) -> str:
    """Record a minute, bind the camera to it, and have it granted; returns the grant."""
    write_recording(tmp_path / "recordings", "cam-01", BEGIN, 1)
    me = operator("tests")
    options = {"folder": str(tmp_path / "recordings")}
    broker.sources.add(me, NewSource("rec", "录像机", "local_files", options, "dh-cg"))
    broker.catalog.bind(me, CODE, "rec", "cam-01")
    span = f"{BEGIN.isoformat()}/{(BEGIN + timedelta(seconds=50)).isoformat()}"
    why = (
        "--basis",
        "administrative",
        "--matter",
        "environment",
        "--case",
        "东环罚〔2026〕12号",
        "--reason",
        "夜间倾倒渣土，需核对车辆进出时间",
        "--investigator",
        "looker",
        "--submit",
    )
    number = desk.json("asker", "request", "new", *why, "--camera", f"{CODE}={span}")["number"]
    desk.json("center.dh", "request", "approve", number)
    return str(desk.json("owner.cg", "request", "authorize", number)["id"])


def clip(desk: Desk, *more: str) -> Any:
    begin = (BEGIN + timedelta(seconds=5.4)).isoformat()
    return desk.json("looker", "retrieve", "clip", CODE, "--from", begin, "--seconds", "20", *more)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_snapshot_and_a_clip(granted: str, desk: Desk) -> None:
    assert granted
    at = (BEGIN + timedelta(seconds=7.33)).isoformat()
    picture = desk.json("looker", "retrieve", "snapshot", CODE, "--at", at)
    file = Path(picture["files"][0])
    assert file.name == f"{CODE}-20261120T220007+0800.jpg"
    assert digest(file) == picture["result"]["items"][0]["digest"]
    assert read_codes(file)[0][1].instant == BEGIN + timedelta(seconds=7.2)
    taken = clip(desk, "-o", "scene.mp4")
    codes = [code.instant for _, code in read_codes(Path("scene.mp4"))]
    assert digest(Path("scene.mp4")) == taken["result"]["items"][0]["digest"]
    assert (codes[0], len(codes)) == (BEGIN + timedelta(seconds=5.4), 100)
    rows = desk.json("looker", "retrieve", "list")
    assert [row["state"] for row in rows] == ["DELIVERED", "DELIVERED"]


def test_what_is_there_already_is_not_fetched_and_not_overwritten(granted: str, desk: Desk) -> None:
    assert granted
    taken = clip(desk, "-o", "scene.mp4")
    again = desk.json("looker", "retrieve", "download", taken["id"], "-o", "scene.mp4")
    assert again["files"] == ["scene.mp4"]
    Path("scene.mp4").write_bytes(b"something else")
    ended = desk("looker", "retrieve", "download", taken["id"], "-o", "scene.mp4")
    assert ended.code == 5
    assert Path("scene.mp4").read_bytes() == b"something else"
    desk.json("looker", "retrieve", "download", taken["id"], "-o", "scene.mp4", "--force")
    assert digest(Path("scene.mp4")) == taken["result"]["items"][0]["digest"]


def test_an_order_is_fetched_later(granted: str, desk: Desk) -> None:
    assert granted
    ordered = clip(desk, "--no-wait")
    fetched = desk.json("looker", "retrieve", "download", ordered["id"])
    assert digest(Path(fetched["files"][0])) == fetched["result"]["items"][0]["digest"]


def test_outside_the_window(granted: str, desk: Desk) -> None:
    assert granted
    at = (BEGIN + timedelta(seconds=50)).isoformat()
    ended = desk("looker", "retrieve", "snapshot", CODE, "--at", at)
    assert (ended.code, ended.out) == (4, "")
    assert "window" in ended.err
    assert desk("looker2", "retrieve", "snapshot", CODE, "--at", BEGIN.isoformat()).code == 4


def test_a_span_of_which_nothing_is_recorded(granted: str, desk: Desk, tmp_path: Path) -> None:
    assert granted
    for file in (tmp_path / "recordings" / "cam-01").iterdir():
        file.unlink()
    ended = desk("looker", "retrieve", "snapshot", CODE, "--at", BEGIN.isoformat())
    assert (ended.code, ended.err.count("Traceback")) == (7, 0)


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Break every download after its first 64 KiB, and note the ranges asked for."""
    asked: list[str] = []
    whole = httpx.Response.iter_raw

    def broken(self: httpx.Response, chunk_size: int | None = None) -> Iterator[bytes]:
        if self.is_error or not self.request.url.path.endswith("/media"):
            yield from whole(self, chunk_size)
            return
        asked.append(self.request.headers.get("range", ""))
        yield next(whole(self, chunk_size))
        raise httpx.ReadError("the line is gone")

    monkeypatch.setattr(httpx.Response, "iter_raw", broken)
    monkeypatch.setattr(downloading, "PAUSE", 0)
    return asked


def test_a_download_goes_on_where_it_broke(granted: str, desk: Desk, breaking: list[str]) -> None:
    assert granted
    taken = clip(desk, "-o", "scene.mp4")
    assert digest(Path("scene.mp4")) == taken["result"]["items"][0]["digest"]
    assert len(breaking) > 2
    assert breaking[:3] == ["", "bytes=65536-", "bytes=131072-"]
    assert not Path("scene.mp4.part").exists()


def test_what_came_of_a_revoked_grant_is_removed(granted: str, desk: Desk, breaking: list[str]) -> None:
    ordered = clip(desk, "--no-wait")
    desk.json("looker", "retrieve", "download", ordered["id"], "-o", "first.mp4")
    Path("scene.mp4.part").write_bytes(Path("first.mp4").read_bytes()[:70_000])
    desk.json("owner.cg", "grant", "revoke", granted, "--reason", "案件已结")
    ended = desk("looker", "retrieve", "download", ordered["id"], "-o", "scene.mp4")
    assert ended.code == 4, ended.err
    assert breaking
    assert not Path("scene.mp4").exists()
    assert not Path("scene.mp4.part").exists()


def test_a_damaged_part_is_found_by_its_digest(granted: str, desk: Desk) -> None:
    assert granted
    taken = clip(desk, "-o", "first.mp4")
    Path("scene.mp4.part").write_bytes(b"x" * 1000)
    ended = desk("looker", "retrieve", "download", taken["id"], "-o", "scene.mp4")
    assert ended.code == 8
    assert not Path("scene.mp4.part").exists()
    assert desk("looker", "retrieve", "download", taken["id"], "-o", "scene.mp4").code == 0
