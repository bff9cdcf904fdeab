"""Days on which the broker's own house fails in the middle of a fetch: nothing half is seen, and it goes on."""

import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import read_codes
from broker.domain.media import ClipAsk
from broker.domain.retrievals import RetrievalState
from broker.domain.time import TimeSpan
from broker.worker.app import worker_thread
from tests.worker.conftest import FPS, Bench


@pytest.fixture
def tight(bench: Bench) -> Iterator[Path]:
    """Put the place where results are made on a disk of its own, with room for nothing."""
    place = bench.broker.settings.data / "fetching"
    place.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("the right to mount a small disk is not here")
    yield place
    subprocess.run(["/bin/umount", "-l", str(place)], check=True)


def test_a_full_disk_is_waited_for(bench: Bench, tight: Path, tmp_path: Path) -> None:
    begin = bench.footage.span.begin + timedelta(seconds=7)
    span = TimeSpan(begin, begin + timedelta(seconds=20))
    with worker_thread(bench.broker, 1):
        order = bench.broker.retrievals.order(bench.looker, bench.camera, ClipAsk("", span))
        waiting = bench.wait(order.id, lambda found: found.attempt >= 2)
        assert waiting.state in {RetrievalState.QUEUED, RetrievalState.FETCHING}
        assert waiting.items == ()
        subprocess.run(["/bin/mount", "-o", "remount,size=64m", str(tight)], check=True)
        done = bench.ended(order.id)
    assert done.state is RetrievalState.READY
    (item,) = done.items
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"".join(bench.broker.blobs.read(item.digest)))
    assert len(read_codes(clip)) == 20 * FPS == item.capture.frames
    assert list(tight.iterdir()) == []
    assert bench.broker.grants.read(bench.looker, bench.grant.id).used.seconds == 20
