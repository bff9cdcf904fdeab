"""What is another one in the next version of the rulebook, place by place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One place where two documents differ; a route, basis or matter is named by its code. None: not there."""

    place: str
    before: object
    after: object


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Difference, ...]:
    """Return all places in which two documents differ, in the order of the documents."""
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    places = [*new, *(place for place in old if place not in new)]
    return tuple(
        Difference(place, old.get(place), new.get(place)) for place in places if old.get(place) != new.get(place)
    )


def _leaves(value: object, place: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, f"{place}/{name}")
    elif isinstance(value, list) and all(isinstance(entry, Mapping) and "code" in entry for entry in value):
        yield place, [entry["code"] for entry in value]  # their order decides
        for entry in value:
            yield from _leaves(
                {name: part for name, part in entry.items() if name != "code"}, f"{place}/{entry['code']}"
            )
    else:
        yield place, value
