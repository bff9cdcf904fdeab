"""Packets taken apart: the packings of the standards, holes, and bytes that nobody would send."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from adapters.rtsp.assembly import Assembler, Picture, Sequence, Ticks
from adapters.rtsp.codecs import CODECS, H264, H265, Codec, PayloadError
from adapters.rtsp.credentials import Credentials, challenge_of
from adapters.rtsp.messages import length_of_body, read_head, written
from adapters.rtsp.ranges import clock_range, read_range
from adapters.rtsp.rtp import Bye, Packet, PacketError, Report, read_control, read_packet
from adapters.rtsp.sdp import Track, read_description
from adapters.rtsp.sound import voice_of
from broker.domain.time import TimeSpan

NTP = 3976283042  # 2026-01-01T19:04:02Z
INSTANT = datetime(2026, 1, 1, 19, 4, 2, 500000, tzinfo=UTC)


def packet(number: int, stamp: int, payload: bytes, *, last: bool = False) -> Packet:
    return Packet(last, 96, number & 0xFFFF, stamp & 0xFFFFFFFF, 7, payload)


def pictures(codec: Codec, packets: list[Packet]) -> list[Picture]:
    assembler = Assembler(codec, Ticks())
    found = [picture for it in packets for picture in assembler.add(it)]
    return [*found, *assembler.last()]


class TestH264:
    def test_single_units_bundles_and_parts_make_one_picture(self) -> None:
        parts = [
            packet(1, 900, bytes([24, 0, 2, 0x67, 1, 0, 2, 0x68, 2])),
            packet(2, 900, bytes([0x06, 5])),
            packet(3, 900, bytes([0x7C, 0x85, 1, 2])),
            packet(4, 900, bytes([0x7C, 0x05, 3])),
            packet(5, 900, bytes([0x7C, 0x45, 4]), last=True),
        ]
        (picture,) = pictures(H264(), parts)
        assert picture.units == [b"\x67\x01", b"\x68\x02", b"\x06\x05", b"\x65\x01\x02\x03\x04"]
        assert not picture.damaged

    @pytest.mark.parametrize("lost", [1, 2, 3, 4])
    def test_a_lost_packet_damages_its_picture_or_the_next(self, lost: int) -> None:
        parts = [
            packet(0, 0, b"\x65\x01", last=True),
            packet(1, 900, bytes([0x7C, 0x85, 1])),
            packet(2, 900, bytes([0x7C, 0x05, 2])),
            packet(3, 900, bytes([0x7C, 0x45, 3]), last=True),
            packet(4, 1800, b"\x61\x01", last=True),
            packet(5, 2700, b"\x61\x01", last=True),
        ]
        found = pictures(H264(), [*parts[:lost], *parts[lost + 1 :]])
        assert not found[0].damaged
        assert any(it.damaged for it in found)
        whole = [(it.ticks, it.units) for it in found if not it.damaged]
        assert all(it in [(p.ticks, p.units) for p in pictures(H264(), parts)] for it in whole)

    @pytest.mark.parametrize(
        "payload",
        [b"\x1c", b"\x7c\x05\x01", b"\x18\x00\xff\x01", b"\x18\x00\x00", b"\x19\x00\x00\x01\x01", b"\x00\x01"],
        ids=[
            "a fragment without flags",
            "a part without its beginning",
            "a bundle too short",
            "an empty unit",
            "STAP-B",
            "nought",
        ],
    )
    def test_what_breaks_the_rules_is_damage(self, payload: bytes) -> None:
        with pytest.raises(PayloadError):
            list(H264().units(payload))

    def test_decoding_begins_at_key_frames_and_recovery_points(self) -> None:
        assert H264().begins([b"\x67", b"\x65\x88"])
        assert H264().begins([b"\x06\x06\x01\xc4\x80", b"\x41\x9a"])
        assert not H264().begins([b"\x06\x06\x01\x40\x80", b"\x41\x9a"])
        assert not H264().restarts([b"\x06\x06\x01\xc4\x80", b"\x41\x9a"])


class TestH265:
    def test_single_units_bundles_and_parts_make_one_picture(self) -> None:
        parts = [
            packet(1, 900, bytes([0x60, 1, 0, 3, 0x40, 1, 9, 0, 3, 0x42, 1, 8])),
            packet(2, 900, bytes([0x44, 1, 7])),
            packet(3, 900, bytes([0x62, 1, 0x93, 1])),
            packet(4, 900, bytes([0x62, 1, 0x53, 2]), last=True),
        ]
        (picture,) = pictures(H265(), parts)
        assert picture.units == [b"\x40\x01\x09", b"\x42\x01\x08", b"\x44\x01\x07", b"\x26\x01\x01\x02"]
        assert not picture.damaged
        assert H265().begins(picture.units)
        assert not H265().restarts(picture.units)

    def test_what_breaks_the_rules_is_damage(self) -> None:
        for payload in (b"\x62\x01", b"\x62\x01\x13\x01", b"\x60\x01\x00\xff\x01", b"\x64\x01\x00"):
            with pytest.raises(PayloadError):
                list(H265().units(payload))


def test_time_stamps_and_numbers_begin_anew() -> None:
    ticks, sequence = Ticks(), Sequence()
    assert [ticks.unrolled(it) for it in ((1 << 32) - 10, 5, (1 << 32) - 1)] == [
        (1 << 32) - 10,
        (1 << 32) + 5,
        (1 << 32) - 1,
    ]
    assert [sequence.broken_by(it) for it in (65534, 65535, 0, 2, 2)] == [False, False, False, True, True]


def test_the_header_of_onvif_tells_the_instant() -> None:
    extension = b"\xab\xac\x00\x03" + NTP.to_bytes(4, "big") + b"\x80\0\0\0" + b"\xb0\x01\0\0"
    data = b"\xb0\xe0\0\1\0\0\0\2\0\0\0\3" + extension + b"abc\0\0\3"
    found = read_packet(data)
    assert (found.instant, found.discontinuity, found.terminal) == (INSTANT, True, True)
    assert (found.payload, found.marker, found.payload_type, found.sequence) == (b"abc", True, 96, 1)


def test_reports_and_farewells_are_read() -> None:
    report = b"\x80\xc8\0\x06" + b"\0\0\0\7" + NTP.to_bytes(4, "big") + b"\x80\0\0\0" + b"\0\0\0\x63" + bytes(8)
    assert read_control(report + b"\x81\xcb\0\1\0\0\0\7") == [Report(7, 99, INSTANT), Bye()]
    unset = report[:8] + bytes(8) + report[16:]
    assert read_control(unset) == [Report(7, 99, None)]
    assert read_control(report[:20]) == []


def test_ranges_are_widened_to_whole_milliseconds_and_read_back() -> None:
    begin = datetime(2026, 1, 1, 19, 4, 3, 360_999, tzinfo=UTC)
    told = clock_range(TimeSpan(begin, begin + timedelta(seconds=1)))
    assert told == "clock=20260101T190403.360Z-20260101T190404.361Z"
    assert read_range(told).begin == begin.replace(microsecond=360_000)
    assert read_range("npt=0:00:10.5-").begin == timedelta(seconds=10.5)
    assert (read_range("npt=now-").unit, read_range("npt=now-").begin) == ("npt", None)
    assert [read_range(it).unit for it in ("smpte=0:10:00-", "clock=yesterday-", "", "clock=20261399T000000Z-")] == [
        ""
    ] * 4


def test_sound_of_aac_is_taken_apart() -> None:
    settings = {"mode": "AAC-hbr", "config": "1408", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}
    voice = voice_of(Track("audio", 97, "MPEG4-GENERIC", 16000, "", settings))
    assert voice is not None
    both = packet(1, 100, b"\0\x20" + (3 << 3).to_bytes(2, "big") + (2 << 3).to_bytes(2, "big") + b"abcde")
    assert [(it.ticks, it.data) for it in voice.pieces(both, Ticks())] == [(100, b"abc"), (1124, b"de")]
    assert list(voice.pieces(packet(1, 100, b"\0\x10\xff\xf8abc"), Ticks())) == []


def test_the_better_challenge_is_answered() -> None:
    offered = ['Basic realm="x"', 'Digest realm="x", nonce="a"', 'Digest realm="x", nonce="b", algorithm=SHA-256']
    chosen = challenge_of(offered)
    assert chosen is not None
    assert chosen.words["nonce"] == "b"
    assert challenge_of(["Negotiate", 'Digest realm="x", algorithm=SHA-512-256, nonce="c"']) is None


def test_a_digest_is_that_of_the_standard() -> None:
    """The example of RFC 2069 with the erratum's response."""
    challenge = challenge_of(
        ['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"']
    )
    assert challenge is not None
    answer = Credentials("Mufasa", SecretStr("CircleOfLife")).answer(challenge, "GET", "/dir/index.html")
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in answer


@given(
    st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 3), st.booleans()), max_size=30),
    st.sampled_from(sorted(CODECS)),
)
def test_whatever_comes_pictures_are_put_together(parts: list[tuple[bytes, int, bool]], name: str) -> None:
    codec = CODECS[name]()
    packets = [packet(number, 900 * stamp, data, last=last) for number, (data, stamp, last) in enumerate(parts)]
    for picture in pictures(codec, packets):
        for unit in filter(None, picture.units):
            codec.kind(unit)
            codec.begins([unit])


@given(st.binary(max_size=200))
def test_whatever_comes_is_a_packet_or_none(data: bytes) -> None:
    with contextlib.suppress(PacketError):
        assert len(read_packet(data).payload) <= len(data)
    read_control(data)


@given(st.binary(max_size=400), st.text(max_size=100))
def test_whatever_comes_is_text_of_rtsp_or_none(data: bytes, text: str) -> None:
    for said in (data, b"RTSP/1.0 200 OK\r\n" + data):
        try:
            length_of_body(read_head(said))
        except ValueError:
            continue
    for body in (data, b"m=video 0 RTP/AVP 96\r\na=" + data, b"m=audio 0 RTP/AVP 8\r\n" + data):
        try:
            description = read_description(body)
        except ValueError:
            continue
        for track in description.tracks:
            track.parameter_sets()
            voice_of(track)
    read_range(text)
    read_range(f"clock={text}")
    read_range(f"npt={text}")
    challenge = challenge_of([f"Digest nonce={text}", text])
    if challenge is not None:
        try:
            said_now = Credentials("a", SecretStr("b")).answer(challenge, "PLAY", "rtsp://x/")
            assert written("PLAY", "rtsp://x/", {"Authorization": said_now}).count(b"\r\n") == 3
        except ValueError:
            pass
