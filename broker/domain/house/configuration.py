"""A setting as it is shown: what it is, and where it was read."""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a setting was read."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    FILE = "file"
    GIVEN = "given"  # on the command line, or by who put the program together


@dataclass(frozen=True)
class Setting:
    """One setting; `value` is None where nothing is set. Of a secret it says at most that there is one: `***`."""

    variable: str
    value: str | None
    origin: Origin
    secret: bool
    description: str
