"""How instants and lengths of time are told, and read back from a form."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from broker.web.console.instants import Instants

NOW = datetime(2026, 11, 22, 15, 30, 5, tzinfo=UTC)
CHINESE = Instants(ZoneInfo("Asia/Shanghai"), NOW, "zh_CN")
ENGLISH = Instants(ZoneInfo("Asia/Shanghai"), NOW, "en")


def test_an_instant_is_told_by_the_clock_of_the_house_with_its_offset() -> None:
    assert (CHINESE.clock(NOW), CHINESE.offset(NOW)) == ("2026-11-22 23:30:05", "+08:00")
    assert CHINESE.clock_after(NOW, NOW + timedelta(minutes=29)) == "23:59:05"
    assert CHINESE.clock_after(NOW, NOW + timedelta(minutes=30)) == "2026-11-23 00:00:05"
    west = Instants(ZoneInfo("America/St_Johns"), NOW, "en")
    assert west.offset(NOW) == "-03:30"


@pytest.mark.parametrize(
    ("left", "chinese", "english"),
    [
        (timedelta(days=2, hours=3, minutes=59), "2 天 3 小时", "2 d 3 h"),
        (timedelta(hours=3, minutes=4), "3 小时 4 分", "3 h 4 min"),
        (timedelta(minutes=4, seconds=9), "4 分 9 秒", "4 min 9 s"),
        (timedelta(seconds=1), "0 分 1 秒", "0 min 1 s"),
        (timedelta(), "已到期", "over"),
        (-timedelta(days=1), "已到期", "over"),
    ],
)
def test_time_that_is_left(left: timedelta, chinese: str, english: str) -> None:
    assert (CHINESE.left(NOW + left), ENGLISH.left(NOW + left)) == (chinese, english)


def test_a_field_is_read_as_it_was_shown() -> None:
    assert datetime.fromisoformat(CHINESE.read(CHINESE.field(NOW))) == NOW
    for typed in ("", "yesterday", "2026-13-01T00:00"):
        assert CHINESE.read(typed) == typed
