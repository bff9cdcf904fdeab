"""The small parts of the cut: units, bits, ids, and the order of decoding."""

import os
import random
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.video.stream import VideoStream

from adapters.errors import MediaWithoutPictures
from adapters.media.decoding import footage
from adapters.media.originals import cut
from adapters.media.smartcut import avc, hevc
from adapters.media.smartcut.account import Account
from adapters.media.smartcut.bits import Bits, closed, golomb
from adapters.media.smartcut.coding import Look
from adapters.media.smartcut.nal import DamagedUnitError, joined, payload, unit, units
from adapters.media.smartcut.pace import Pace
from adapters.media.stretches import Stretch
from adapters.media.testcard import read_codes
from tests.adapters.coded import Coded, film
from tests.adapters.recordings import at, span

LOOK = Look(256, 144, "yuv420p", 0, (2, 2, 2), None, Fraction(25))


@pytest.mark.parametrize("number", [0, 1, 2, 7, 15, 30, 255, 70000])
def test_exp_golomb_is_read_as_it_was_written(number: int) -> None:
    bits = Bits(closed("101" + golomb(number) + "1100"))
    assert (bits.take(3), bits.golomb(), bits.rest()) == (5, number, "1100")


def test_start_codes_are_kept_out_of_units() -> None:
    dice = random.Random(3)  # noqa: S311 - the same bytes each time
    for _ in range(200):
        content = bytes(dice.choice((0, 0, 1, 2, 3, 9)) for _ in range(40)) + b"\x80"
        assert payload(unit(content)) == content
        assert not any(b"\0\0" + bytes((n,)) in unit(content) for n in range(3))


def test_both_ways_of_putting_units_in_a_row() -> None:
    parts = [b"\x67abc", b"\x68d", b"\x65" + bytes(range(1, 200))]
    assert units(joined(parts), 4) == parts
    assert units(b"\0\0\0\1" + parts[0] + b"\0\0\1" + parts[1] + b"\0\0\0\1" + parts[2], 0) == parts


@pytest.mark.parametrize(
    "spoilt",
    [
        b"",
        joined([b"\x65abcdef"])[:-1],
        joined([b"\x65abcdef"]) + b"\0",
        joined([b"\x65ab\0\0\0cdef"]),
        joined([b"\x65ab" + bytes(400)]),
        joined([b""]),
    ],
)
def test_damage_is_seen(spoilt: bytes) -> None:
    with pytest.raises(DamagedUnitError):
        units(spoilt, 4)


def test_decoding_times_rise_and_never_come_after_showing() -> None:
    dice = random.Random(5)  # noqa: S311 - the same order each time
    pace, given = Pace[int](), list[tuple[int, int | None]]()
    ticks = [number * 3600 for number in range(400)]
    for begin in range(0, 400, 8):  # groups in the order of decoding, each another way
        group = ticks[begin : begin + 8]
        order = [group[0], *dice.sample(group[1:], 7)] if begin % 16 else group
        for tick in order:
            given += [(item, decoded) for item, decoded, _ in pace.add(tick, tick, at(tick / 90000))]
    given += [(item, decoded) for item, decoded, _ in pace.rest()]
    assert sorted(item for item, _ in given) == ticks
    decoded = [when for _, when in given if when is not None]
    assert len(decoded) == len(ticks)
    assert all(earlier < later for earlier, later in pairwise(decoded))
    assert all(when is not None and when <= item for item, when in given)


def test_pictures_without_room_between_them_are_told() -> None:
    pace = Pace[int]()
    answers = []
    for tick in (0, 1, 5, 4, 3, 2, 6, 10, 9, 8, 7):
        answers += [decoded for _, decoded, _ in pace.add(tick, tick, at(tick))]
    assert None not in [*answers, *(decoded for _, decoded, _ in pace.rest())]
    crowded = Pace[int]()
    told = [decoded for tick in (0, 1) for _, decoded, _ in crowded.add(tick, tick, at(tick))]
    for tick in range(30, 0, -1):
        told += [decoded for _, decoded, _ in crowded.add(tick + 1, tick + 1, at(tick))]
    assert None in [*told, *(decoded for _, decoded, _ in crowded.rest())]


@pytest.mark.parametrize(("codec", "kind"), [("libx264", avc), ("libx265", hevc)])
def test_the_header_of_a_track_is_read_as_it_was_written(codec: str, kind: object, tmp_path: Path) -> None:
    source = film(tmp_path, Coded(codec=codec, options={"preset": "ultrafast"}), seconds=0.5)
    with av.open(str(source.path)) as container:
        stream = container.streams.video[0]
        assert isinstance(stream, VideoStream)
        record = bytes(stream.codec_context.extradata or b"")
    coding_of, sets_of = (avc.Avc.of, avc.sets_of) if kind is avc else (hevc.Hevc.of, hevc.sets_of)
    size, sets = sets_of(record)
    coding = coding_of(LOOK, sets)
    assert coding is not None
    assert size == 4
    renamed = [coding.renamed(part) for part in coding.sets]
    both = coding.record(renamed)
    assert sorted(sets_of(both)[1]) == sorted([*coding.sets, *renamed])
    assert sorted(sets_of(coding.record(()))[1]) == sorted(coding.sets)
    if kind is hevc:
        assert not set(renamed) & set(coding.sets)
        # Their own ids are taken now, so that the next ones are others again.
        again = coding_of(LOOK, [*coding.sets, *renamed])
        assert again is not None
        assert not {again.renamed(part) for part in coding.sets} & {*renamed, *coding.sets}


def test_a_header_that_is_cut_off_is_no_header(tmp_path: Path) -> None:
    assert avc.Avc.of(LOOK, []) is None
    assert hevc.Hevc.of(LOOK, [b"\x40\x01"]) is None
    source = film(tmp_path, Coded(options={"preset": "ultrafast"}), seconds=2)
    content = source.path.read_bytes()
    place = content.find(b"avcC")
    source.path.write_bytes(content[: place + 9] + b"\xff" + content[place + 10 :])  # thirty-one sets, says the count
    with pytest.raises(MediaWithoutPictures):
        cut([source.stretch(span(0.5, 1.5))], span(0.5, 1.5), tmp_path, lambda _: None, sound=True)


def test_parameters_that_change_within_a_file_begin_a_new_one(tmp_path: Path) -> None:
    first = film(tmp_path, Coded("a.ts", options={"preset": "ultrafast", "x264-params": "keyint=10:bframes=0"}), 0, 2)
    second = film(
        tmp_path,
        Coded("b.ts", options={"preset": "ultrafast", "x264-params": "keyint=10:ref=4"}, size=(320, 180)),
        0,
        2,
    )
    whole = tmp_path / "whole.ts"
    # A recorder goes on in the same file after its settings were changed.
    with av.open(str(whole), "w") as container:
        with av.open(str(first.path)) as given:
            stream = container.add_stream_from_template(given.streams.video[0])
        for number, path in enumerate((first.path, second.path)):
            with av.open(str(path)) as given:
                video = given.streams.video[0]
                shift = (video.start_time or 0) - number * 180_000
                for packet in given.demux(video):
                    if packet.size and packet.pts is not None and packet.dts is not None:
                        packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, stream
                        container.mux(packet)
    wanted = span(0.5, 3.5)
    stretch = Stretch("whole.ts", at(0), wanted, lambda: os.open(whole, os.O_RDONLY))
    pieces = cut([stretch], wanted, tmp_path, lambda _: None, sound=True)
    assert [(piece.capture.width, piece.capture.height) for piece in pieces] == [(256, 144), (320, 180)]
    numbers = [[code.number for _, code in read_codes(tmp_path / piece.file)] for piece in pieces]
    assert numbers == [
        [code.number for code in first.within(span(0.5, 2))],
        [code.number for code in second.within(span(0, 1.5))],
    ]


def test_a_hole_is_told_and_a_quiet_camera_is_not() -> None:
    account = Account(at(0), lambda _: None)
    account.expect(span(0, 60))
    for second in (*range(20), *range(40, 60)):
        account.add(at(second))
    assert account.obtained() == (span(0, 20), span(40, 60))
    slow = Account(at(0), lambda _: None)
    slow.expect(span(0, 60))
    for second in range(0, 60, 6):
        slow.add(at(second))
    assert slow.obtained() == (span(0, 60),)


def test_the_packets_of_a_file_begin_with_the_key_frame_before(tmp_path: Path) -> None:
    source = film(tmp_path, Coded(options={"preset": "ultrafast", "x264-params": "keyint=10:scenecut=0"}))
    with footage(source.stretch(source.span)) as footage_:
        first = next(footage_.packets(at(2.55)))
        assert first.is_keyframe
        assert timedelta(0) <= at(2.55) - footage_.instant(first.pts or 0) < timedelta(seconds=1)
