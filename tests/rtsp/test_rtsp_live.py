"""What a camera shows now, from GStreamer's RTSP server in the time it takes."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from adapters.errors import NoRecording, SourceRefusesEntry, UnknownChannel
from adapters.media.testcard import read_codes
from adapters.rtsp import RtspAdapter
from broker.domain.footage.media import ClipAsk, SnapshotAsk
from broker.domain.time import TimeSpan
from tests.rtsp.conftest import BEGIN
from tests.rtsp.upstream import PASSWORD, Upstream


def adapter(upstream: Upstream, mount: str, **options: object) -> RtspAdapter:
    usual: dict[str, object] = {"url": upstream.url(mount), "channels": {"cam1": ""}, "allow_addresses": ["127.0.0.1"]}
    return RtspAdapter.configured({**usual, **options})


def test_a_clip_of_now_takes_the_time_it_lasts(upstream: Upstream, tmp_path: Path) -> None:
    begin = datetime.now(UTC)
    span = TimeSpan(begin, begin + timedelta(seconds=2))
    (piece,) = adapter(upstream, "live").clip(ClipAsk("cam1", span), tmp_path, lambda _: None).pieces
    codes = [code.number for _, code in read_codes(tmp_path / piece.file)]
    assert codes == list(range(codes[0], codes[0] + len(codes)))
    assert len(codes) >= 10
    assert span.begin <= piece.capture.first <= piece.capture.last < span.end


def test_a_picture_of_now_says_when_it_was_taken(upstream: Upstream, tmp_path: Path) -> None:
    asked = datetime.now(UTC)
    (piece,) = adapter(upstream, "live").snapshot(SnapshotAsk("cam1", asked), tmp_path).pieces
    assert len(read_codes(tmp_path / piece.file)) == 1
    assert asked - timedelta(seconds=1) < piece.capture.first < datetime.now(UTC)


def test_the_clock_of_a_camera_is_known_by_its_reports(upstream: Upstream) -> None:
    probe = adapter(upstream, "live").probe()
    assert probe.ahead_by == "rtcp"
    assert probe.ahead is not None
    assert abs(probe.ahead) < 1


def test_what_lies_back_cannot_be_had_from_a_camera(upstream: Upstream, tmp_path: Path) -> None:
    span = TimeSpan(BEGIN, BEGIN + timedelta(seconds=5))
    with pytest.raises(NoRecording):
        adapter(upstream, "live").clip(ClipAsk("cam1", span), tmp_path, lambda _: None)
    with pytest.raises(NoRecording):
        adapter(upstream, "live").snapshot(SnapshotAsk("cam1", BEGIN), tmp_path)


def test_a_camera_that_is_not_there_is_told(upstream: Upstream, tmp_path: Path) -> None:
    with pytest.raises(UnknownChannel):
        adapter(upstream, "nowhere").snapshot(SnapshotAsk("cam1", datetime.now(UTC)), tmp_path)


def test_digest_opens_and_a_wrong_word_does_not(upstream: Upstream) -> None:
    known = {"username": "viewer", "password": PASSWORD}
    assert adapter(upstream, "private", **known).probe().ok
    for who in ({}, {**known, "password": "another"}):
        with pytest.raises(SourceRefusesEntry) as caught:
            adapter(upstream, "private", **who).probe()
        assert "another" not in f"{caught.value!r}"


def test_npt_is_played_from_the_key_frame_before(upstream: Upstream, tmp_path: Path) -> None:
    """GStreamer answers with the range that it really plays; without ONVIF it plays in the time it takes."""
    source = adapter(
        upstream, "live", replay_url=upstream.url("vod"), range="npt", origin=BEGIN.isoformat(), silence_seconds=1
    )
    span = TimeSpan(BEGIN + timedelta(seconds=4.3), BEGIN + timedelta(seconds=5.1))
    (piece,) = source.clip(ClipAsk("cam1", span), tmp_path, lambda _: None).pieces
    assert [code.number for _, code in read_codes(tmp_path / piece.file)] == list(range(43, 51))


def test_sound_stays_beside_the_pictures(upstream: Upstream, tmp_path: Path) -> None:
    begin = datetime.now(UTC)
    span = TimeSpan(begin, begin + timedelta(seconds=1))
    source = adapter(upstream, "sound")
    for stretch in source._footage("cam1", span, tmp_path, lambda _: None):
        with os.fdopen(stretch.open(), "rb") as file, av.open(file, "r") as container:
            (sound,) = container.streams.audio
            assert sound.codec_context.name == "pcm_alaw"
            samples = sum(int(packet.size) for packet in container.demux(sound))
            assert samples >= 0.8 * 8000
            return
    pytest.fail("no file came")
