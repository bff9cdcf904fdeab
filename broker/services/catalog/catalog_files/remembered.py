"""Cells that come again and again are read once: most columns of a list hold a few dozen different texts."""

from collections.abc import Callable
from typing import TypeVar

Read = TypeVar("Read")

MOST = 4096
"""Different texts of a column that are remembered; a column of names or codes gains nothing by more."""


class Remembered(dict[str, Read]):
    """What a reader makes of a text; what it refuses is asked again each time.

    Only texts go in: 1, 1.0 and True are one key and three cells.
    """

    def __init__(self, reader: Callable[[object], Read]) -> None:
        super().__init__()
        self._reader = reader

    def __missing__(self, cell: str) -> Read:
        read = self._reader(cell)
        if len(self) < MOST:
            self[cell] = read
        return read
