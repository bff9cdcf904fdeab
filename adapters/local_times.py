"""Local times of a zone, and what they may mean."""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo


def readings(local: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield what a local time may mean: two instants in the hour that summer time repeats, else one."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    yield first
    if second > first:
        yield second
