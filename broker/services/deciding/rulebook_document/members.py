"""One object of a document: members are taken by name, faults are collected, what nobody took is refused."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from broker.domain.errors import Invalid

CODE = r"[a-z0-9][a-z0-9-]{0,39}"
LONGEST_LIST = 500

T = TypeVar("T")


class Members:
    """Reads the members of one JSON object; a fault leaves the default in place, so that reading can go on.

    A member without a default has to be there. Faults carry the JSON pointer (RFC 6901) from the top of the document.
    """

    def __init__(self, value: object, pointer: str, faults: list[Invalid]) -> None:
        self.pointer = pointer
        self.faults = faults
        self._values: dict[str, object] = value if isinstance(value, dict) else {}
        self._taken: set[str] = set()
        self._is_object = isinstance(value, dict)
        if not self._is_object:
            self.fault("field-type", expected="object")

    def fault(self, slug: str, below: str = "", **facts: Any) -> None:
        """Note what is wrong here, or with the member at `below`."""
        self.faults.append(Invalid(slug, pointer=self.pointer + below, **facts))

    def close(self) -> None:
        """Refuse the members nobody asked for."""
        for name in self._values.keys() - self._taken:
            self.fault("field-unknown", "/" + name.replace("~", "~0").replace("/", "~1"))

    def take(self, name: str, *, needed: bool = False) -> object:
        """Return a member as it stands, None where it is absent; absence of a needed one is a fault."""
        self._taken.add(name)
        if needed and name not in self._values and self._is_object:
            self.fault("field-missing", f"/{name}")
        return self._values.get(name)

    def has(self, name: str) -> bool:
        return name in self._values

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number."""
        value = self.take(name)
        if not self.has(name):
            return default
        if type(value) is not int:
            self.fault("field-type", f"/{name}", expected="integer")
            return default
        return int(self._bounded(name, value, default, least, most))

    def share(self, name: str, default: float) -> float:
        """Return a part of a whole, above 0 and at most 1."""
        value = self.take(name)
        if not self.has(name):
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault("field-type", f"/{name}", expected="number")
            return default
        return self._bounded(name, float(value), default, 0.01, 1)

    def _bounded(self, name: str, value: float, default: float, least: float, most: float) -> float:
        if value < least:
            self.fault("number-too-small", f"/{name}", least=least)
        elif value > most or value != value:  # noqa: PLR0124  # only NaN differs from itself
            self.fault("number-too-large", f"/{name}", most=most)
        else:
            return value
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        found = self.maybe(name)
        return default if found is None else found

    def maybe(self, name: str) -> bool | None:
        """Return true, false, or null where nothing is said."""
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            self.fault("field-type", f"/{name}", expected="boolean")
            return None
        return value

    def text(self, name: str, *, most: int, least: int = 1, pattern: str = "") -> str:
        """Return a text, which has to be there; blanks around it are refused, not dropped."""
        value = self.take(name, needed=True)
        if value is None and not self.has(name):
            return ""
        return _text(value, f"/{name}", self, least=least, most=most, pattern=pattern)

    def words(self, name: str, *, most: int, longest: int = 40, least: int = 0) -> tuple[str, ...]:
        """Return a list of texts without repetition, in its order."""
        found = list(self.each(name, lambda value, below: _text(value, below, self, least=1, most=longest), most=most))
        for word in sorted({word for word in found if found.count(word) > 1}):
            self.fault("list-entry-twice", f"/{name}", value=word)
        if len(found) < least:
            self.fault("list-too-short", f"/{name}", least=least)
        return tuple(found)

    def choices(self, name: str, allowed: Sequence[str], default: Collection[str]) -> frozenset[str]:
        """Return some words of a closed list."""
        if not self.has(name):
            self.take(name)
            return frozenset(default)
        found = self.words(name, most=len(allowed))
        for word in found:
            if word not in allowed:
                self.fault("field-choice", f"/{name}", allowed=", ".join(allowed))
        return frozenset(word for word in found if word in allowed)

    def each(self, name: str, read: Callable[[object, str], T], *, most: int = LONGEST_LIST) -> Iterator[T]:
        """Yield what `read` makes of each entry of a list, handing it the entry's pointer below this object."""
        value = self.take(name)
        if not self.has(name):
            return
        if not isinstance(value, list):
            self.fault("field-type", f"/{name}", expected="array")
            return
        if len(value) > most:
            self.fault("list-too-long", f"/{name}", most=most)
            return
        for place, entry in enumerate(value):
            yield read(entry, f"/{name}/{place}")

    @contextmanager
    def within(self, name: str) -> "Iterator[Members]":
        """Read the object at a member; an absent one reads as empty, so that all its defaults hold."""
        value = self.take(name)
        with opened(value if self.has(name) else {}, f"{self.pointer}/{name}", self.faults) as inner:
            yield inner


@contextmanager
def opened(value: object, pointer: str, faults: list[Invalid]) -> Iterator[Members]:
    """Read one object to its end."""
    members = Members(value, pointer, faults)
    yield members
    members.close()


def faulty(faults: Sequence[Invalid]) -> Invalid:
    """Return the refusal of a whole document, with everything that is wrong in it."""
    error = Invalid("rulebook-invalid", pointer=faults[0].pointer, count=len(faults))
    error.faults = tuple(faults)
    return error


def _text(value: object, below: str, members: Members, *, least: int, most: int, pattern: str = "") -> str:
    if not isinstance(value, str):
        members.fault("field-type", below, expected="string")
    elif len(value) < least:
        members.fault("text-too-short", below, least=least)
    elif len(value) > most:
        members.fault("text-too-long", below, most=most)
    elif value != value.strip() or not value.isprintable():
        members.fault("text-blanks", below)
    elif pattern and not re.fullmatch(pattern, value):
        members.fault("field-pattern", below, pattern=pattern)
    else:
        return value
    return ""
