"""Points in a division that was merged, split or renamed: a warning that names what took its place."""

from collections.abc import Mapping

from broker.domain.catalog.catalog import PointDraft, RowProblem, Severity
from broker.domain.catalog.divisions import successor_of


def replaced(draft: PointDraft | None, abolished: Mapping[str, str]) -> RowProblem | None:
    """Return the warning for a draft whose division is no longer in force; what it says is kept all the same."""
    if draft is None or not draft.division:
        return None
    now = successor_of(draft.division, abolished)
    if now is None:
        return None
    return RowProblem(draft.where, "division", "point-division-replaced", draft.division, now, Severity.WARNING)
