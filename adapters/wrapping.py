"""What an adapter raises, turned into what may leave it."""

import errno
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
    except MemoryError as error:
        raise OutOfMemory from error
    except OSError as error:
        raise system_error(error) from error
    except Exception as error:
        raise AdapterBroken(adapter=adapter, problem=type(error).__name__) from error


def system_error(error: OSError) -> AdapterError:
    """Return the AdapterError for an error of the operating system."""
    where = str(error.filename or error.strerror or type(error).__name__)
    if error.errno in _DISK_FULL:
        return NoSpace()
    if error.errno == errno.ENOMEM:
        return OutOfMemory()
    if isinstance(error, TimeoutError):
        return SourceTimeout()
    if isinstance(error, FileNotFoundError):
        return RecordingVanished(file=where)
    return SourceUnreachable(where=where)
