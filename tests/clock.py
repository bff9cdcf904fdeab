"""A clock that a test turns."""

from datetime import UTC, datetime


class Turned:
    """Stands still until somebody sets `at`."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at
