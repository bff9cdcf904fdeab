"""Why footage is needed: a statutory basis and a kind of matter from lists, a case number, a reason in words.

Order 799 (公共安全视频图像信息系统管理条例) article 20 asks every request for its basis and its purpose.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from broker.domain.errors import Invalid


@dataclass(frozen=True)
class Basis:
    """One statutory basis; `case_pattern` is what the number of a case or notice looks like under it."""

    code: str
    name: str
    name_en: str
    law: str
    case_pattern: str
    case_example: str

    def fits(self, case_number: str) -> bool:
        return re.fullmatch(self.case_pattern, case_number) is not None


@dataclass(frozen=True)
class Matter:
    """One kind of matter."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True)
class Purpose:
    """Why footage is needed; basis and matter are codes of the rulebook. All of it is said, or nothing yet (UNSAID)."""

    basis: str
    matter: str
    case_number: str
    reason: str

    def __post_init__(self) -> None:
        if any((self.basis, self.matter, self.case_number, self.reason)):
            for fault in self.blanks():
                raise fault

    def blanks(self) -> Iterator[Invalid]:
        """Yield which parts are not said."""
        for name in ("basis", "matter", "case_number", "reason"):
            if not getattr(self, name).strip():
                yield Invalid("field-empty", pointer=f"/purpose/{name}")


UNSAID = Purpose("", "", "", "")
"""The purpose of a draft that was just begun: it cannot be submitted."""


@dataclass(frozen=True)
class PurposeRules:
    """What a purpose has to keep to; a reason made of nothing but `hollow` words (in lower case) says nothing."""

    bases: tuple[Basis, ...]
    matters: tuple[Matter, ...]
    hollow: tuple[str, ...]
    shortest_reason: int

    def basis(self, code: str) -> Basis:
        """Return the basis of that code.

        Raises:
            Invalid: the list has none; the error names those it has.
        """
        for basis in self.bases:
            if basis.code == code:
                return basis
        raise Invalid(
            "unknown-basis", pointer="/purpose/basis", basis=code, allowed=", ".join(b.code for b in self.bases)
        )

    def check(self, purpose: Purpose) -> None:
        """Refuse a purpose that is not on the lists, has a number of another form, or says nothing.

        Raises:
            Invalid: `pointer` names the field, the facts what is allowed.
        """
        for fault in self.faults(purpose):
            raise fault

    def faults(self, purpose: Purpose) -> Iterator[Invalid]:
        """Yield all that is wrong with a purpose; the form of a number is not asked under an unknown basis."""
        if purpose == UNSAID:
            yield from purpose.blanks()
            return
        try:
            basis = self.basis(purpose.basis)
        except Invalid as unknown:
            yield unknown
        else:
            if not basis.fits(purpose.case_number.strip()):
                yield Invalid(
                    "case-number-form", pointer="/purpose/case_number", basis=basis.code, example=basis.case_example
                )
        known = [matter.code for matter in self.matters]
        if purpose.matter not in known:
            yield Invalid("unknown-matter", pointer="/purpose/matter", matter=purpose.matter, allowed=", ".join(known))
        said = re.sub(r"[\W_]+", "", purpose.reason).casefold()
        if len(said) < self.shortest_reason:
            yield Invalid("reason-short", pointer="/purpose/reason", shortest=self.shortest_reason)
        elif len(set(said)) < self.shortest_reason // 2 or made_of(self.hollow, said):
            yield Invalid("reason-hollow", pointer="/purpose/reason")


def made_of(words: tuple[str, ...], text: str) -> bool:
    """Say whether a text is a chain of the words and nothing else.

    Place by place, so that its time grows with the text and not with the ways to cut it up: a pattern of the same words
    could keep a process busy for years.
    """
    ends = {0}
    for place in range(len(text)):
        if place in ends:
            ends.update(place + len(word) for word in words if text.startswith(word, place))
    return len(text) in ends
