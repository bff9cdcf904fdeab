"""The log of commands that run and end: warnings and stack traces go to a file, the person gets one line."""

import logging
import secrets
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

from broker.cli.environment import state_folder
from broker.cli.texts import tell

LOG = "xueliang.log"
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"

logger = logging.getLogger(__name__)


class QuietFileHandler(logging.FileHandler):
    """A log that comes to be with its first line; where it cannot be written, there is rather none than no command."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True)
        self.setFormatter(logging.Formatter(_FORM))

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return super()._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or let it be."""
        with suppress(OSError):
            super().emit(record)


def log_to_file(path: Path, level: int = logging.WARNING) -> None:
    """Send everything that is logged to a file."""
    root = logging.getLogger()
    root.handlers[:] = [QuietFileHandler(path)]
    root.setLevel(level)


def quiet() -> None:
    """Keep the terminal of a command for its result: what is logged goes to the person's own log."""
    log_to_file(state_folder() / LOG)


def report(error: Exception) -> str:
    """Write the trace to the log and return the line for the person, with the id that stands in both."""
    key = secrets.token_hex(4)
    if not logging.getLogger().handlers:
        quiet()
    logger.error("error %s of %s", key, " ".join(sys.argv[:3]), exc_info=error)
    places = [
        handler.baseFilename for handler in logging.getLogger().handlers if isinstance(handler, logging.FileHandler)
    ]
    return tell("error.internal", id=key, kind=type(error).__name__, log=places[0] if places else "stderr")
