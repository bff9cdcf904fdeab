"""One tile of a base map."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BaseTile:
    """Its bytes and what they are; `packed` ones are gzipped."""

    content: bytes
    media_type: str
    packed: bool = False
