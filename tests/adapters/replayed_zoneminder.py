"""A ZoneMinder by its recorded answers: four events that overlap, and a running one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from adapters.zoneminder import ZoneMinderAdapter
from broker.domain.time import TimeSpan
from tests.adapters.replayed import Replay
from tests.adapters.replayed_faults import Which, retold
from tests.adapters.web_server import Answering, Call, Reply, serving


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T{text}+00:00")


ASKED = TimeSpan(utc("01:05:14"), utc("01:06:10"))
LATEST = TimeSpan(utc("01:44:36"), utc("01:45:06"))


@contextmanager
def zoneminder(answering: Answering) -> Iterator[ZoneMinderAdapter]:
    """Give an adapter for a server that runs as long as the block lasts."""
    with serving(answering) as server:
        options = {"address": f"{server.address}/zm", "username": "admin", "password": "admin"}
        loopback = {"allow_addresses": ["127.0.0.1"], "timezone": "Asia/Shanghai", "silence_seconds": 20}
        yield ZoneMinderAdapter.configured({**options, **loopback})


def of_event(*numbers: int) -> Which:
    return lambda call: call.query.get("eid") in {str(number) for number in numbers}


def with_events(answering: Answering, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Answering:
    """Change the events that are listed; each is given and taken without what ZoneMinder packs it in."""

    def changed(told: dict[str, Any]) -> dict[str, Any]:
        return {**told, "events": [{"Event": row} for row in change([row["Event"] for row in told["events"]])]}

    return retold(answering, lambda call: "/events/" in call.path, changed)


class Moody:
    """The recorded server, which forgets logins after some questions."""

    def __init__(self, replay: Replay, answers: int, refusal: Reply) -> None:
        self.replay, self.answers, self.refusal = replay, answers, refusal
        self.logins = self.left = 0

    def __call__(self, call: Call) -> Reply:
        if call.path.endswith("login.json"):
            self.logins, self.left = self.logins + 1, self.answers
            return self.replay(call)
        if call.query.get("token") != "xxxx" or not self.left:
            return self.refusal
        self.left -= 1
        return self.replay(call)
