"""The adapters against the recorders themselves; what these answered is kept for tests/adapters when they changed.

With XUELIANG_RECORD=FOLDER the answers are written there, to be looked through and to replace those of
tests/adapters/recorded.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.base import SourceAdapter
from adapters.media.testcard import read_codes
from adapters.motioneye import MotionEyeAdapter
from adapters.zoneminder import ZoneMinderAdapter
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.time import TimeSpan
from tests.upstreams.conftest import inside
from tests.upstreams.recording import recording

LOCAL = {"timezone": "Asia/Shanghai", "allow_addresses": ["127.0.0.1"]}
LONG_ENOUGH = timedelta(seconds=75)
RECORD = os.environ.get("XUELIANG_RECORD", "")
Adapters = dict[str, Callable[[str], SourceAdapter]]


@pytest.fixture(scope="module")
def recorders(root: Path, camera: int) -> Iterator[dict[str, str]]:
    """Return the addresses of both recorders, which have recorded for a while."""
    watched = f"rtsp://127.0.0.1:{camera}/live"
    with inside(root, "zoneminder.sh", "8781", watched), inside(root, "motioneye.sh", "8766", str(camera)):
        time.sleep(LONG_ENOUGH.total_seconds())  # recording takes the time that it takes
        yield {"zoneminder": "http://127.0.0.1:8781", "motioneye": "http://127.0.0.1:8766"}


FILES = {"zoneminder": "var/cache/zoneminder/events", "motioneye": "var/lib/motioneye/street"}
ADAPTERS: Adapters = {
    "zoneminder": lambda address: ZoneMinderAdapter.configured(
        {"address": f"{address}/zm", "username": "admin", "password": "admin", **LOCAL}
    ),
    "motioneye": lambda address: MotionEyeAdapter.configured(
        {"address": address, "username": "admin", "password": "only-for-this-test", **LOCAL}
    ),
}


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("name", ADAPTERS)
def test_a_real_recorder_gives_each_picture_once_and_near_its_time(
    name: str, root: Path, recorders: dict[str, str], tmp_path: Path
) -> None:
    kept = recording(recorders[name], Path(RECORD) / f"{name}.json") if RECORD else nullcontext(None)
    with kept as between:
        adapter = ADAPTERS[name](between.address if between else recorders[name])
        assert adapter.probe().ok
        assert "1" in {point.channel for point in adapter.points()}
        now = datetime.now(UTC)
        span = TimeSpan(now - timedelta(seconds=60), now - timedelta(seconds=25))
        assert adapter.coverage("1", span) == (span,)
        (piece,) = adapter.clip(ClipAsk("1", span), tmp_path, lambda _: None).pieces
        shown = [(span.begin + timedelta(seconds=at), code) for at, code in read_codes(tmp_path / piece.file)]
        numbers = [code.number for _, code in shown]
        # Recorders lose a picture now and then: what they have is what must come.
        kept_by_it = [number for number in _stored(root / FILES[name]) if numbers[0] <= number <= numbers[-1]]
        assert numbers == kept_by_it
        assert len(numbers) >= 330
        # Events are stated to the second, cut off; and what a camera sends is on its way for a part of one.
        assert max(abs(claimed - code.instant) for claimed, code in shown) < timedelta(seconds=2)
        (picture,) = adapter.snapshot(SnapshotAsk("1", span.begin), tmp_path).pieces
        assert abs(picture.capture.first - span.begin) < timedelta(seconds=1)


def _stored(folder: Path) -> list[int]:
    """Return the numbers of all pictures in the recorder's own files, but for the one that it is writing."""
    numbers: set[int] = set()
    for file in folder.rglob("*.mp4"):
        with suppress(Exception):
            numbers |= {code.number for _, code in read_codes(file)}
    return sorted(numbers)
