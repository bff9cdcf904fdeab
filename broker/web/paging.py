"""Lists a page at a time: the cursor names the last thing seen, so nothing is skipped when something is added."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query

from broker.domain.errors import Invalid
from broker.web.bodies import UNSTORABLE
from broker.web.values import Out

MOST = 200
LONGEST_CURSOR = 1000
_BIGGEST = 2**63 - 1

Row = TypeVar("Row")
Key = TypeVar("Key", UUID, str, int)
Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most. 每页条数。")]
After = Annotated[
    str | None,
    Query(max_length=LONGEST_CURSOR, description="`next` of the page before. 上一页的 `next`。"),
]


class Page(Out, Generic[Item]):
    """One page of a list; `next` is null on the last one."""

    items: list[Item]
    next: str | None


@dataclass(frozen=True)
class Window(Generic[Key]):
    """Where a page begins and how long it is."""

    after: Key | None
    limit: int

    @property
    def wanted(self) -> int:
        """One row more than is shown, to know whether there is a next page."""
        return self.limit + 1

    def page(
        self, rows: Sequence[Row], key: Callable[[Row], Key], show: Callable[[Sequence[Row]], Sequence[Item]]
    ) -> Page[Item]:
        """Return the page of at most `limit` rows, each as `show` shows it."""
        shown = rows[: self.limit]
        following = encode(key(shown[-1])) if len(rows) > self.limit else None
        return Page(items=list(show(shown)), next=following)


def encode(key: UUID | str | int) -> str:
    """Return the cursor of a key; opaque, so that nobody builds upon what is in it."""
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    """Return the key behind a cursor.

    Raises:
        Invalid: it is none of ours.
    """
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if not key or UNSTORABLE.search(key):
        raise bad_cursor()
    return key


def bad_cursor() -> Invalid:
    """Return the error of a cursor that did not come from here."""
    return Invalid("cursor-invalid", pointer="#query/after")


async def _by_id(limit: Limit = 50, after: After = None) -> Window[UUID]:
    try:
        return Window(None if after is None else UUID(decode(after)), limit)
    except ValueError:
        raise bad_cursor() from None


async def _by_text(limit: Limit = 50, after: After = None) -> Window[str]:
    return Window(None if after is None else decode(after), limit)


async def _by_number(limit: Limit = 50, after: After = None) -> Window[int]:
    key = "0" if after is None else decode(after)
    if not (key.isascii() and key.isdigit()) or len(key) > len(str(_BIGGEST)) or int(key) > _BIGGEST:
        raise bad_cursor()
    return Window(int(key), limit)


async def _many_by_number(limit: Limit = MOST, after: After = None) -> Window[int]:
    return await _by_number(limit, after)


ById = Annotated[Window[UUID], Depends(_by_id)]
ByText = Annotated[Window[str], Depends(_by_text)]
ByNumber = Annotated[Window[int], Depends(_by_number)]
ManyByNumber = Annotated[Window[int], Depends(_many_by_number)]
