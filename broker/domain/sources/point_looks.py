"""A look at a point: what is asked of its source, and the figures that come back. No picture does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.domain.time import TimeSpan


@dataclass(frozen=True)
class LookAsk:
    """What is recorded on `channel` within `span`, and, with `pictures`, how two of its newest pictures compare.

    `ahead` is how far the clock of the source is ahead of the true time; all instants here are true ones.
    """

    channel: str
    span: TimeSpan
    pictures: bool = True
    ahead: timedelta = timedelta(0)


@dataclass(frozen=True)
class Look:
    """What came of it.

    Attributes:
        channel: which one.
        recorded: what is recorded within the span; None: the source does not say.
        picture_at: the instant of the newest picture; None: there was none, or nobody was to look.
        dark: the share of that picture that is as good as black; None: as above.
        moved: the share of it that differs from one shortly before; None: there was only one.
        drift: by how much brightness differs between the two, on average, of 255.
        fault: the slug of the error that came instead of an answer; empty: none.
    """

    channel: str
    recorded: tuple[TimeSpan, ...] | None = None
    picture_at: datetime | None = None
    dark: float | None = None
    moved: float | None = None
    drift: float | None = None
    fault: str = ""
