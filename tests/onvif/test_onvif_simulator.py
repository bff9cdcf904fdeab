"""A live camera: the ONVIF simulator `ipycam`, its SOAP, its snapshot, and its RTSP where ffmpeg is there."""

import importlib.util
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.errors import NoRecording, SourceRefusesEntry
from adapters.onvif import OnvifAdapter
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.time import TimeSpan
from tests.rtsp.conftest import BEGIN
from tests.rtsp.upstream import PASSWORD

_CAMERA = Path(__file__).with_name("ipycam_camera.py")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start the simulator; it takes no port 0, so two free ones are picked for it."""
    if importlib.util.find_spec("ipycam") is None:
        pytest.skip("the ONVIF simulator ipycam is not here")
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [str(it.getsockname()[1]) for it in (one, other)]
    command = [sys.executable, "-W", "ignore", str(_CAMERA), *ports]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as camera:
        assert camera.stdout is not None
        assert camera.stdin is not None
        try:
            assert camera.stdout.readline() == b"ready\n"
            yield f"http://127.0.0.1:{ports[0]}"
        finally:
            camera.stdin.close()
            camera.kill()


def adapter(address: str, password: str = PASSWORD) -> OnvifAdapter:
    who = {"username": "viewer", "password": password}
    return OnvifAdapter.configured({"address": address, **who, "allow_addresses": ["127.0.0.1"]})


def test_it_is_found_with_its_profiles_and_its_clock(address: str) -> None:
    probe = adapter(address).probe()
    assert (probe.ok, probe.points, probe.ahead_by) == (True, 2, "onvif")
    assert probe.ahead is not None
    assert abs(probe.ahead) < 1
    assert [it.name for it in adapter(address).points()] == ["MainStream", "SubStream"]


def test_a_wrong_password_is_told(address: str) -> None:
    with pytest.raises(SourceRefusesEntry):
        adapter(address, "another").points()


def test_its_picture_of_now_comes_by_its_snapshot_address(address: str, tmp_path: Path) -> None:
    asked = datetime.now(UTC)
    (piece,) = adapter(address).snapshot(SnapshotAsk("Profile_Main", asked), tmp_path).pieces
    assert (piece.capture.width, piece.capture.height) == (320, 180)
    assert asked <= piece.capture.first <= datetime.now(UTC)


def test_its_stream_of_now_comes_by_rtsp(address: str, tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg, with which the simulator ipycam encodes, is not here")
    begin = datetime.now(UTC)
    span = TimeSpan(begin, begin + timedelta(seconds=3))
    fetched = adapter(address).clip(ClipAsk("Profile_Main", span), tmp_path, lambda _: None)
    assert sum(piece.capture.frames for piece in fetched.pieces) >= 10


def test_it_keeps_nothing(address: str, tmp_path: Path) -> None:
    span = TimeSpan(BEGIN, BEGIN + timedelta(seconds=5))
    assert adapter(address).coverage("Profile_Main", span) == ()
    with pytest.raises(NoRecording):
        adapter(address).clip(ClipAsk("Profile_Main", span), tmp_path, lambda _: None)
