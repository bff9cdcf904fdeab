"""What an adapter raises, turned into what may leave it."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.errors import (
    AdapterBroken,
    AdapterError,
    NoSpace,
    OutOfMemory,
    RecordingVanished,
    SourceTimeout,
    SourceUnreachable,
)

_NO_MEMORY = ("failed to map segment", "allocate memory", "can't start new thread", "Insufficient memory")
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def only_adapter_errors(adapter: str) -> Iterator[None]:
    """Let AdapterErrors pass and turn every other exception into one; the cause stays chained for the log.

    The text of a foreign exception is left out on purpose: libraries put addresses with passwords into it.

    Raises:
        AdapterError: whatever happened, as the class that says it best.
    """
    try:
        yield
    except AdapterError:
        raise
    except OSError as error:
        raise system_error(error) from error
    except Exception as error:
        if lacks_memory(error):
            raise OutOfMemory from error
        raise AdapterBroken(adapter=adapter, problem=type(error).__name__) from error


def lacks_memory(error: Exception) -> bool:
    """Say whether the error is want of memory, also where the loader or the thread library words it its own way."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY)


def system_error(error: OSError) -> AdapterError:
    """Return the AdapterError for an error of the operating system."""
    where = str(error.filename or (os.strerror(error.errno) if error.errno else type(error).__name__))
    if error.errno in _DISK_FULL:
        return NoSpace()
    if error.errno == errno.ENOMEM:
        return OutOfMemory()
    if isinstance(error, TimeoutError):
        return SourceTimeout()
    if isinstance(error, FileNotFoundError):
        return RecordingVanished(file=where)
    return SourceUnreachable(where=where)
