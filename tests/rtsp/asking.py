"""How tests ask the stand-in for recorded spans."""

from datetime import UTC, datetime, timedelta

from adapters.rtsp import RtspAdapter
from broker.domain.time import TimeSpan
from tests.rtsp.stand_in import Camera

BEGIN = datetime(2026, 1, 1, 19, 4, tzinfo=UTC)
SECRET = "s3cret-words"


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def span(begin: float, end: float) -> TimeSpan:
    return TimeSpan(at(begin), at(end))


def adapter(camera: Camera, **options: object) -> RtspAdapter:
    usual: dict[str, object] = {
        "url": camera.url(),
        "replay_url": camera.url(),
        "channels": {"cam1": ""},
        "onvif_replay": True,
        "username": "viewer",
        "password": SECRET,
        "allow_addresses": ["127.0.0.1/32"],
        "silence_seconds": 0.3,
        "answer_seconds": 1,
        "keeps_hours": 24 * 3650,
    }
    return RtspAdapter.configured({**usual, **options})
