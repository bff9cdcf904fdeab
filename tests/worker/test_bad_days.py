"""Days on which the broker's own house fails in the middle of a fetch: nothing half is seen, and it goes on."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.media.testcard import read_code, read_codes
from broker.bootstrap import operator
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.time import TimeSpan
from broker.worker.app import worker_thread
from tests.worker.conftest import FPS, Bench
from tests.worker.pictures import luma, stored


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


def test_a_camera_that_is_renamed_meanwhile_stays_the_same_camera(bench: Bench, tmp_path: Path) -> None:
    order = bench.broker.retrievals.order(bench.looker, bench.camera, SnapshotAsk("", bench.footage.span.begin))
    before = bench.broker.catalog.read(bench.looker, bench.camera)
    me, listed = operator("tests"), tmp_path / "renamed.csv"
    rows = "gb_code,name,latitude,longitude\n{},环城路卡口（改名）,30.60,104.00\n"
    listed.write_text(rows.format(before.gb_code), encoding="utf-8")
    bench.broker.imports.import_file(me, listed, owner="dh-cg")
    bench.broker.catalog.bind(me, before.gb_code or "", "nvr", "east")
    with _channel_called(bench, "east"):
        assert bench.broker.runs.run(order.id) is RetrievalState.READY
    after = bench.broker.catalog.read(bench.looker, bench.camera)
    assert (after.name, after.id) == ("环城路卡口（改名）", before.id)
    done = bench.broker.retrievals.read(bench.looker, order.id)
    assert read_code(luma(stored(bench, done.items[0].digest, tmp_path / "it.jpg"))).instant == bench.footage.span.begin


def test_a_camera_that_its_source_knows_by_another_name_gives_no_other_footage(bench: Bench) -> None:
    ask = SnapshotAsk("", bench.footage.span.begin)
    order = bench.broker.retrievals.order(bench.looker, bench.camera, ask)
    with _channel_called(bench, "east"):
        assert bench.broker.runs.run(order.id) is RetrievalState.FAILED
    failed = bench.broker.retrievals.read(bench.looker, order.id)
    assert (failed.error, failed.error_facts, failed.items) == ("unknown-channel", {"channel": "01"}, ())
    again = bench.broker.retrievals.order(bench.looker, bench.camera, ask)
    assert bench.broker.runs.run(again.id) is RetrievalState.READY


@contextmanager
def _channel_called(bench: Bench, name: str) -> Iterator[None]:
    channel = bench.footage.folder / "01"
    channel.rename(channel.with_name(name))
    try:
        yield
    finally:
        channel.with_name(name).rename(channel)
