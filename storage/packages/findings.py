"""What a check of a package found: what is wrong with it, and what could not be verified."""

from dataclasses import dataclass, field
from datetime import datetime

GOOD, BROKEN, OPEN = 0, 1, 2
"""How a check ends, as exit codes: all holds, something does not, something could not be verified."""


@dataclass(frozen=True, init=False)
class Fault:
    """One thing that is wrong or open; the slug names its sentence, the facts fill it."""

    slug: str
    facts: dict[str, str]

    def __init__(self, slug: str, **facts: str) -> None:
        object.__setattr__(self, "slug", slug)
        object.__setattr__(self, "facts", facts)


@dataclass
class Findings:
    """The result of a check.

    Attributes:
        name: what the package calls itself, by its label.
        files: how many files were held against their digests, and their bytes in `size`.
        signer: who signed, as the certificate says; empty where there is no good signature.
        signed_at: when, as the signer says.
        faults: what does not hold. One is enough.
        unverified: what a person would expect to be verified and was not.
        remarks: what no check of this kind can show.
    """

    name: str = ""
    files: int = 0
    size: int = 0
    signer: str = ""
    signed_at: datetime | None = None
    faults: list[Fault] = field(default_factory=list)
    unverified: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)

    @property
    def code(self) -> int:
        """How the check ends."""
        if self.faults:
            return BROKEN
        return OPEN if self.unverified else GOOD
