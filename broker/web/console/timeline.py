"""The timeline of a page: over a window of time, per camera, what is recorded, what is missing, what may be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from broker.domain.requests.coverage import MissingReason
from broker.web.api.footage.retrievals import MissingOut
from broker.web.console.instants import DAY
from broker.web.refs import CameraRef
from broker.web.values import SpanOut


@dataclass(frozen=True)
class Channel:
    """One camera on a timeline.

    Attributes:
        camera: which.
        recorded: what is recorded; None where nobody knows, and then `fault` says why.
        missing: what is not, and why.
        allowed: what may be chosen of it; empty: everything in the window.
        ahead: by how many seconds the clock of its source is ahead, as far as is known.
        fault: why it is not known what is recorded, in the reader's language.
    """

    camera: CameraRef
    recorded: Sequence[SpanOut] | None = None
    missing: Sequence[MissingOut] = ()
    allowed: Sequence[SpanOut] = ()
    ahead: float | None = None
    fault: str = ""


@dataclass(frozen=True)
class Timeline:
    """A window of time and the cameras in it; `zone` is the IANA name of the house's time zone."""

    begin: datetime
    end: datetime
    channels: Sequence[Channel]
    zone: str

    @property
    def seconds(self) -> int:
        return int((self.end - self.begin).total_seconds())


def sample(now: datetime, zone: str) -> Timeline:
    """Return made-up channels, for the page that shows what pages are made of."""
    now = now.replace(microsecond=0)

    def span(first: int, last: int) -> SpanOut:
        return SpanOut(begin=now - timedelta(minutes=first), end=now - timedelta(minutes=last))

    gap = MissingOut(**span(70, 50).model_dump(), reason=MissingReason.NO_RECORDING, detail="–")
    cameras = [CameraRef(id=UUID(int=number), name=f"{number}", gb_code=None) for number in (1, 2, 3)]
    return Timeline(
        now - DAY,
        now,
        (
            Channel(cameras[0], (span(1440, 70), span(50, 0)), (gap,), (span(120, 30),), 2.5),
            Channel(cameras[1], (span(1440, 0),), (), (span(120, 30),)),
            Channel(cameras[2]),
        ),
        zone,
    )
