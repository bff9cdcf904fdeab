"""Points that lie far outside the division they are said to lie in: a warning, found for many at once.

The borders are coarse, so nothing stays outside for them (see `storage.geography.polygons`).
"""

from collections.abc import Sequence

import numpy as np

from broker.domain.catalog.catalog import PointDraft, RowProblem, Severity
from storage.geography.polygons import TOLERANCE, outside


def far_outside(drafts: Sequence[PointDraft | None]) -> dict[int, RowProblem]:
    """Return a warning for each draft that lies beyond the tolerance, by its place in the sequence."""
    said = [(place, draft) for place, draft in enumerate(drafts) if draft is not None and draft.division]
    points = np.array([(draft.longitude, draft.latitude) for _, draft in said], dtype=np.float64).reshape(-1, 2)
    metres = outside(points, [draft.division for _, draft in said])
    found = {}
    for row in np.flatnonzero(metres > TOLERANCE).tolist():
        place, draft = said[row]
        value = f"{draft.division}: {metres[row]:.0f} m"
        found[place] = RowProblem(
            draft.where, "division", "point-outside-division", value, f"{TOLERANCE:.0f} m", Severity.WARNING
        )
    return found
