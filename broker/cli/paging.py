"""Long lists from the services, a page at a time."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

PAGE = 200

Key = TypeVar("Key")
Item = TypeVar("Item")


def every(
    page: Callable[[Key, int], Sequence[Item]], key: Callable[[Item], Key], first: Key, *, limit: int | None = None
) -> Iterator[Item]:
    """Yield all items, or the first `limit`.

    Args:
        page: returns the items after a key, at most so many.
        key: of an item, to go on after it.
        first: the key before the first item.
        limit: how many are wanted.
    """
    return islice(_pages(page, key, first, PAGE if limit is None else min(limit, PAGE)), limit)


def _pages(
    page: Callable[[Key, int], Sequence[Item]], key: Callable[[Item], Key], after: Key, size: int
) -> Iterator[Item]:
    while found := page(after, size):
        yield from found
        if len(found) < size:
            return
        after = key(found[-1])
