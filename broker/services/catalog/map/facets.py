"""How many points of a selection have what: counted in one pass each, over nothing the viewer may not know of."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from broker.domain.ids import DepartmentId
from broker.services.catalog.map.index import BOUND, CLASS, FOUR_BITS, LIFECYCLE, STATUS
from broker.services.catalog.map.selection import Selection
from storage.db.catalog.map_rows import LIFECYCLES, STATUSES

COUNTY = 10**6  # what a division of twelve figures is divided by to give its county


@dataclass(frozen=True)
class Facets:
    """Counts of the points that answer; `divisions` are counties ("" where none is told), none of them is 0."""

    total: int
    divisions: dict[str, int]
    owners: dict[DepartmentId, int]
    classes: dict[int, int]
    statuses: dict[str, int]
    lifecycles: dict[str, int]
    tags: dict[str, int]
    bound: int


def count(selection: Selection) -> Facets:
    """Return the counts of a selection."""
    index, places = selection.index, np.flatnonzero(selection.mask)
    counties, numbers = np.unique(index.divisions[places] // COUNTY, return_counts=True)
    owners = np.bincount(index.owners[places], minlength=len(index.names.departments)).tolist()
    classes = np.bincount(index.trait(CLASS, FOUR_BITS)[places]).tolist()
    tags: Counter[str] = Counter()
    for number, times in enumerate(np.bincount(index.tags[places]).tolist()):
        tags.update(dict.fromkeys(index.names.tags[number], times))
    departments = (DepartmentId(UUID(bytes=key)) for key in index.names.departments)
    return Facets(
        total=len(places),
        divisions={str(code) if code else "": n for code, n in zip(counties.tolist(), numbers.tolist(), strict=True)},
        owners={key: n for key, n in zip(departments, owners, strict=True) if n},
        classes={point_class: n for point_class, n in enumerate(classes) if n},
        statuses=_named(index.trait(STATUS)[places], STATUSES),
        lifecycles=_named(index.trait(LIFECYCLE)[places], LIFECYCLES),
        tags={tag: n for tag, n in tags.items() if n},
        bound=int(((index.traits[places] & BOUND) > 0).sum()),
    )


def _named(numbers: np.typing.NDArray[np.uint16], names: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(numbers, minlength=len(names)).tolist()
    return {str(name): n for name, n in zip(names, counts, strict=True) if n}
