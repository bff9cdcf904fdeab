"""A motionEye by its recorded answers: movies that overlap by a key frame, and a running one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from adapters.motioneye import MotionEyeAdapter
from broker.domain.time import TimeSpan
from tests.adapters.replayed import Replay
from tests.adapters.replayed_faults import Which, retold
from tests.adapters.web_server import Answering, Call, Reply, serving


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T{text}+00:00")


ASKED = TimeSpan(utc("01:06:58"), utc("01:07:40"))
LATEST = TimeSpan(utc("01:44:50"), utc("01:45:05"))


@contextmanager
def motioneye(answering: Answering, zone: str = "Asia/Shanghai") -> Iterator[MotionEyeAdapter]:
    """Give an adapter for a server that runs as long as the block lasts."""
    with serving(answering) as server:
        options = {"address": server.address, "username": "admin", "password": "s3cret"}
        loopback = {"allow_addresses": ["127.0.0.1"], "timezone": zone, "silence_seconds": 20}
        yield MotionEyeAdapter.configured({**options, **loopback})


def path_of(time: str) -> str:
    """Return the path of the movie that is named by a local time, such as `09-07-14`."""
    return f"/2026-11-22/{time}.mp4"


def of_movie(*times: str) -> Which:
    return lambda call: "/download/" in call.path and call.path.endswith(tuple(path_of(time) for time in times))


def with_movies(answering: Answering, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Answering:
    """Change the movies that are listed."""
    return retold(
        answering,
        lambda call: call.path.startswith("/movie/") and call.path.endswith("/list"),
        lambda told: {**told, "mediaList": change(told["mediaList"])},
    )


def clearing(replay: Replay, time: str) -> Answering:
    """Clear a movie away once it is listed; motionEye says only that something inside it failed."""
    asked = 0

    def cleared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        nonlocal asked
        asked += 1
        return rows if asked == 1 else [row for row in rows if row["path"] != path_of(time)]

    listing, gone = with_movies(replay, cleared), of_movie(time)
    return lambda call: Reply(b"{}", 500) if gone(call) else listing(call)


class Forgetting:
    """The recorded server, which forgets logins after two questions."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self.logins = self.left = 0

    def __call__(self, call: Call) -> Reply:
        if call.path == "/login":
            self.left, self.logins = 2, self.logins + 1
            good = self._replay(call)
            return Reply(good.body, headers={"set-cookie": f'user="{self.logins}"; Path=/; HttpOnly'})
        if not self.left or call.headers.get("cookie") != f'user="{self.logins}"':
            return Reply(b'{"error": "unauthorized", "prompt": true}', 403)
        self.left -= 1
        return self._replay(call)
