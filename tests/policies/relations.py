"""How somebody stands to a thing, in the domain's words: what the oracle is asked about."""

from dataclasses import dataclass
from enum import Enum, auto


class Place(Enum):
    """Where the thing lies, seen from the department in which the roles are held."""

    OWN = auto()
    BELOW = auto()
    ABOVE = auto()
    ELSEWHERE = auto()


class Part(Enum):
    """What somebody has to do with a request."""

    NOTHING = auto()
    REQUESTER = auto()
    INVESTIGATOR = auto()
    APPROVER = auto()  # has decided on it for the center


class Factor(Enum):
    """The second factor: there is none, it was shown long ago, it was shown just now."""

    NONE = auto()
    STALE = auto()
    FRESH = auto()


class Target(Enum):
    """What is locked."""

    PERSON = auto()
    CAMERA = auto()
    DEPARTMENT = auto()


class Life(Enum):
    """How a grant stands at this moment."""

    SCHEDULED = auto()
    ACTIVE = auto()
    SUSPENDED = auto()
    EXHAUSTED = auto()
    EXPIRED = auto()
    REVOKED = auto()


@dataclass(frozen=True)
class Permit:
    """One grant, seen from one question: does it name the person, the camera, what is asked, and is enough left."""

    person: bool = True
    camera: bool = True
    action: bool = True
    window: bool = True
    quota: bool = True
    life: Life = Life.ACTIVE
    view_only: bool = False
    redaction: bool = False


@dataclass(frozen=True)
class Relation:
    """How the caller stands to the thing.

    `person`: has an account, so is neither the operator at the machine nor the worker. `home`: asks in the name of the
    own department. `oneself`: the account, delegation, absence, retrieval or locked person is the caller's own.
    `stands_for` is the part of the person whose office the caller has been lent; None for an office of one's own.
    """

    person: bool = True
    place: Place = Place.OWN
    home: bool = True
    oneself: bool = False
    part: Part = Part.NOTHING
    stands_for: Part | None = None
    factor: Factor = Factor.NONE
    proposed: bool = False
    target: Target = Target.PERSON
    permit: Permit | None = None
    locked: frozenset[Target] = frozenset()

    @property
    def party(self) -> bool:
        """Asked or would look, in person or through whom one stands for."""
        return bool({self.part, self.stands_for} & {Part.REQUESTER, Part.INVESTIGATOR})

    @property
    def approved(self) -> bool:
        return Part.APPROVER in {self.part, self.stands_for}
