"""GStreamer's RTSP server, started for tests: by the Python of the system, which has the bindings."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

_PYTHON = "/usr/bin/python3"
_SERVER = Path(__file__).with_name("gst_server.py")
_ELEMENTS = "qtdemux h264parse rtph264pay rtponviftimestamp alawenc rtppcmapay"
_LOOK = f"""
import gi
for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
raise SystemExit(0 if all(map(Gst.ElementFactory.find, "{_ELEMENTS}".split())) else 1)
"""
PASSWORD = "s3cret-words"


@dataclass(frozen=True)
class Upstream:
    """Where the server listens: what is open to all, and what is not."""

    port: int
    guarded: int

    def url(self, mount: str) -> str:
        return f"rtsp://127.0.0.1:{self.guarded if mount == 'private' else self.port}/{mount}"


@contextmanager
def gstreamer(recording: Path, begin: datetime) -> Iterator[Upstream]:
    """Serve a recording whose first picture is of `begin`; skip the test where the server is not installed."""
    try:
        looked = subprocess.run([_PYTHON, "-W", "ignore", "-c", _LOOK], capture_output=True, timeout=60, check=False)
    except OSError:
        looked = None
    if looked is None or looked.returncode:
        pytest.skip("GStreamer's RTSP server is not here")
    command = [_PYTHON, "-W", "ignore", str(_SERVER), str(recording), begin.astimezone(UTC).isoformat()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            yield Upstream(*(int(port) for port in server.stdout.readline().split()))
        finally:
            server.stdin.close()
            server.kill()
