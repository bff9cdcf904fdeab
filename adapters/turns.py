"""Turns at the processors: of many fetches that wait for their sources at once, only a few may code pictures.

A turn is the lock of a file, so it is shared by all processes of a machine and given back by the kernel when its holder
dies.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_LOOK_AGAIN = 0.1
_SAY_AGAIN = 5.0


@contextmanager
def turn(files: Sequence[str], patience: float, alive: Callable[[], None]) -> Iterator[bool]:
    """Hold the lock of one of the files for the block.

    Args:
        files: as many as may work at once; made when they are not there. None: no limit.
        patience: after so many seconds the block is entered all the same, for one that hangs must not stop the rest.
        alive: called every few seconds while waiting.

    Returns:
        Whether a lock is held.
    """
    held, until, said = _try(files), time.monotonic() + patience, time.monotonic()
    while held is None and files and time.monotonic() < until:
        time.sleep(_LOOK_AGAIN)
        if time.monotonic() - said > _SAY_AGAIN:
            alive()
            said = time.monotonic()
        held = _try(files)
    try:
        yield held is not None
    finally:
        if held is not None:
            os.close(held)


def _try(files: Sequence[str]) -> int | None:
    for file in files:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return descriptor
    return None
