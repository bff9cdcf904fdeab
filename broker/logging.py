"""Log lines on standard error: one structured line an event, with the id of the request that caused it."""

import logging
import sys
from collections.abc import Mapping, MutableMapping

import structlog

NOISY = {
    "procrastinate": logging.WARNING,
    "alembic": logging.WARNING,
    "casbin": logging.ERROR,
    "uvicorn.access": logging.WARNING,
}


def configure_logging(level: str, form: str) -> None:
    """Set up logging for the whole process; `form` is "text" or "json"."""
    renderer = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The default prints the values of local variables too: callers, headers, tokens.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _escape, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in NOISY.items():
        logging.getLogger(name).setLevel(max(least, logging.getLevelName(level)))


def _escape(_logger: object, _method: str, event: MutableMapping[str, object]) -> Mapping[str, object]:
    """Escape control characters, so that no text from outside can forge a line."""
    return {
        name: "".join(c if c.isprintable() or (c == "\n" and name == "exception") else repr(c)[1:-1] for c in value)
        if isinstance(value, str)
        else value
        for name, value in event.items()
    }
