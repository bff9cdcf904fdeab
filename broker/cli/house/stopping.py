"""An orderly end: the first SIGTERM or Ctrl+C leaves every block the program is in, later ones wait for that."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(BaseException):
    """Raised by the handler of a signal; no `except Exception` on the way out swallows it."""


@contextmanager
def until_stopped() -> Iterator[None]:
    """Run the block until it ends or a signal ends it; both are a good end."""
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    except Stopped:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # the database is being shut down now: nothing may tear that off
    raise Stopped
