"""The errors that the readers share."""

from broker.domain.errors import Invalid


def damaged(kind: str, position: int) -> Invalid:
    """Return the error of a file that does not hold together at a byte."""
    return Invalid("attachment-damaged", pointer="/file", kind=kind, position=position)


def trailing(kind: str, count: int) -> Invalid:
    """Return the error of a file that goes on behind its end."""
    return Invalid("attachment-trailing", pointer="/file", kind=kind, count=count)
