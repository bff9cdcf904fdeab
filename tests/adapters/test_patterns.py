"""File names are read as the pattern says, in the zone that the options say."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.local_files.patterns import PatternError, compiled

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 12, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "path", "start"),
    [
        ("{channel}/{start:%Y%m%dT%H%M%SZ}.mp4", "cam1/20260301T123005Z.mp4", NOON - timedelta(hours=8)),
        ("{channel}_{start:%Y-%m-%d_%H-%M-%S%z}.mkv", "cam1_2026-03-01_20-30-05+0800.mkv", NOON),
        ("{channel}_{start:%Y-%m-%d_%H-%M-%S%z}.mkv", "cam1_2026-03-01_07-30-05-05:00.mkv", NOON),
        ("{channel}_{start:%Y-%m-%d %H.%M.%S%z}.mkv", "cam1_2026-03-01 12.30.05Z.mkv", NOON),
        ("{start:%Y/%m/%d}/{channel}/{start:%H%M%S}.ts", "2026/03/01/cam1/203005.ts", NOON),
        (
            "{start:%Y%m%d}/{channel}-{start:%Y%m%d%H%M}.ts",
            "20260301/cam1-202603012030.ts",
            NOON - timedelta(seconds=5),
        ),
        ("{channel}.{start:%s}.mp4", "cam1.1772368205.mp4", NOON),
        ("{channel}.{start:%Q}.mp4", "cam1.1772368205250.mp4", NOON + timedelta(milliseconds=250)),
        ("{channel}@{start:%Y%m%d%H%M%S.%f}.mp4", "cam1@20260301203005.5.mp4", NOON + timedelta(milliseconds=500)),
        ("{any}/{channel}/{start:%Y%m%dT%H%M%S}{any}.mp4", "x/cam1/20260301T203005_b.mp4", NOON),
        ("{{{channel}}}100%{start:%%%s}", "{cam1}100%%1772368205", NOON),
    ],
)
def test_names_are_read(pattern: str, path: str, start: datetime) -> None:
    named = compiled(pattern).named(path, SHANGHAI)
    assert named is not None
    assert (named.channel, named.starts, named.ends) == ("cam1", (start,), ())


def test_an_end_and_a_chinese_channel() -> None:
    named = compiled("{channel}/{start:%s}-{end:%s}.mp4").named("人民路 北/1772368205-1772368265.mp4", UTC)
    assert named is not None
    assert (named.channel, named.ends) == ("人民路 北", (NOON + timedelta(minutes=1),))


@pytest.mark.parametrize(
    "path",
    [
        "cam1/20261301T123005Z.mp4",  # a thirteenth month
        "cam1/20260301T123005Z.mp4x",
        "cam1/x/20260301T123005Z.mp4",
        "20260301T123005Z.mp4",
        "cam1/２０２６0301T123005Z.mp4",
    ],
)
def test_other_names_do_not_fit(path: str) -> None:
    assert compiled("{channel}/{start:%Y%m%dT%H%M%SZ}.mp4").named(path, UTC) is None


def test_a_field_that_comes_twice_says_the_same_twice() -> None:
    pattern = compiled("{channel}/{channel}-{start:%s}.mp4")
    assert pattern.named("a/a-1772368205.mp4", UTC)
    assert pattern.named("a/b-1772368205.mp4", UTC) is None


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("{start:%s}.mp4", "{channel}"),
        ("{chanel}/{start:%s}.mp4", "{chanel}"),
        ("{channel:x}/{start:%s}.mp4", "{channel:x}"),
        ("{channel}/{start}.mp4", "{start}"),
        ("{channel}/{start:%Y%m%d}.mp4", "{start:}"),
        ("{channel}/{start:%q}.mp4", "%q"),
        ("{channel}/{start:%s%}.mp4", "%"),
        ("{channel}/{start:%s.mp4", "{"),
        ("/{channel}.mp4", "/"),
        ("../{channel}.mp4", ".."),
        ("{channel}//x.mp4", "/"),
        ("-{channel}.mp4", "-{channel}.mp4"),
        ("", "/"),
        ("{channel}{any}.mp4", "{any}"),
        ("{any}-{any}-{any}-{channel}.mp4", "{any}"),
    ],
)
def test_what_cannot_be_read_is_named(pattern: str, part: str) -> None:
    with pytest.raises(PatternError) as caught:
        compiled(pattern)
    assert caught.value.part == part


@pytest.mark.parametrize("name", ["a" * 251 + ".mp4", "a-" * 125 + ".mp", "-" * 250])
def test_no_name_keeps_the_matching_busy(name: str) -> None:
    pattern = compiled("{any}-{channel}-{any}x.mp4")
    started = time.process_time()
    assert pattern.named(name, UTC) is None
    assert time.process_time() - started < 2
