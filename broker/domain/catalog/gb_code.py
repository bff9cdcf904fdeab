"""The 20-digit code of a device, GB/T 28181-2022 annex E.1 (GB/T 28181-2016 annex D.1), taken apart and put together.

    digits   1-8    9-10      11-13   14       15-20
    group    place  industry  type    network  serial
    example  340202 00  00    132     0        000001

The place is the GB/T 2260 code of province, city and county (two digits each, 00 where not used) and two digits for
the unit that takes the device in. The numbers of the industry changed between the editions (43 is a smelter in 2016
and a power company in 2022), so a code is only read together with its edition; without one, a number that either
edition gives is taken. Rule B of 2016 (18 digits) was withdrawn in 2022 and is not read.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from broker.domain.errors import Invalid

CAMERA_TYPES = frozenset({"131", "132"})
"""131 camera, 132 network camera: what a point of the catalogue may be."""

LENGTH = 20
RULE_A = re.compile(r"[0-9]{20}")
LARGEST_SERIAL = 999_999


class Edition(StrEnum):
    """The edition of GB/T 28181 that a code was given under."""

    Y2016 = "2016"
    Y2022 = "2022"


def _numbers(*spans: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{number:02d}" for first, last in spans for number in range(first, last + 1))


INDUSTRIES = {
    Edition.Y2016: _numbers((0, 11), (40, 55), (80, 99)),
    Edition.Y2022: _numbers((0, 14), (40, 59), (90, 99)),
}
"""Industry numbers that are not reserved (2016: table D.2, 2022: table E.2)."""

_INDUSTRY_TEXT = {
    Edition.Y2016: "00-11, 40-55, 80-99",
    Edition.Y2022: "00-14, 40-59, 90-99",
    None: "00-14, 40-59, 80-99",
}


@dataclass(frozen=True)
class GbCode:
    """A code group by group, each group as its digits; str() gives the 20 digits back."""

    division: str
    industry: str
    type: str
    network: str
    serial: str
    edition: Edition | None = None

    def __str__(self) -> str:
        return f"{self.division}{self.industry}{self.type}{self.network}{self.serial}"

    @property
    def civil_code(self) -> str:
        """The county of the place as GB/T 2260 writes it, six digits."""
        return self.division[:6]


def parse(text: str, *, edition: Edition | None = None, types: AbstractSet[str] | None = CAMERA_TYPES) -> GbCode:
    """Take a code apart and check each group.

    Args:
        text: twenty ASCII digits; blanks around them are not part of the code.
        edition: the edition the code was given under; None takes the industry numbers of both.
        types: the types allowed, None for any.

    Raises:
        Invalid: `gb-code-length`, `gb-code-digits` or the slug of the first group that does not hold
            (`gb-code-division`, `-industry`, `-type`, `-network`), with `group`, `value`, `length` (of the
            value) and `allowed`.
    """
    digits = text.strip()
    if len(digits) != LENGTH:
        raise _refusal("length", digits, str(LENGTH))
    if not RULE_A.fullmatch(digits):
        raise _refusal("digits", digits, "0-9")
    code = GbCode(digits[:8], digits[8:10], digits[10:13], digits[13], digits[14:], edition)
    _check_division(code.division)
    _check_industry(code.industry, edition)
    if types is not None and code.type not in types:
        raise _refusal("type", code.type, ", ".join(sorted(types)))
    if code.network == "9":  # reserved in both editions
        raise _refusal("network", code.network, "0-8")
    return code


def compose(
    division: str,
    serial: int,
    *,
    industry: str = "00",
    type_: str = "132",
    network: str = "0",
    edition: Edition | None = None,
) -> GbCode:
    """Put a code together: a place of 6 or 8 digits (6 are filled up with 00) and a number from 0 to 999999.

    Raises:
        Invalid: as `parse`, and `gb-code-serial` for a number that six digits cannot hold.
    """
    if not 0 <= serial <= LARGEST_SERIAL:
        raise _refusal("serial", str(serial), f"0-{LARGEST_SERIAL}")
    place = f"{division}00" if len(division) == len("340202") else division
    return parse(f"{place}{industry}{type_}{network}{serial:06d}", edition=edition, types=None)


def _check_division(division: str) -> None:
    province, city, county = division[:2], division[2:4], division[4:6]
    if province < "10":
        raise _refusal("division", division, "10-99 + 6")
    if city == "00" and county != "00":  # GB/T 2260 gives no county that lies in no city
        raise _refusal("division", division, f"{province}01-{province}99 + 4, {province}0000 + 2")


def _check_industry(industry: str, edition: Edition | None) -> None:
    known = INDUSTRIES[edition] if edition else INDUSTRIES[Edition.Y2016] | INDUSTRIES[Edition.Y2022]
    if industry not in known:
        raise _refusal("industry", industry, _INDUSTRY_TEXT[edition])


def _refusal(group: str, value: str, allowed: str) -> Invalid:
    return Invalid(
        f"gb-code-{group}", pointer="/gb_code", group=group, value=value[:40], length=len(value), allowed=allowed
    )
