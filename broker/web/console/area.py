"""One part of a desk that has several."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Area:
    """A part of a desk: its path, what one must be allowed to come in, and the key that leads there.

    Its texts stand under `<desk>.<name>` and `<desk>.<name>-about`.
    """

    name: str
    path: str
    act: str
    key: str = ""
