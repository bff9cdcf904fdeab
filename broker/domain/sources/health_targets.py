"""What a department or a source is to reach: the share of the watched time in which its points are there."""

from dataclasses import dataclass, replace
from uuid import UUID

from broker.domain.errors import Invalid
from broker.domain.ids import DepartmentId, SourceId
from broker.domain.oversight.audit import Entry

WHOLE = 1000


@dataclass(frozen=True)
class Target:
    """The target of one department (it holds for all below that have none of their own) or of one source.

    `per_mille` nought: none any more; that of the department above holds again.
    """

    id: UUID
    department_id: DepartmentId | None
    source_id: SourceId | None
    per_mille: int
    version: int = 0

    @property
    def stream(self) -> str:
        return f"health_target/{self.id}"

    @property
    def subject(self) -> UUID:
        """The department or the source."""
        found = self.department_id or self.source_id
        if found is None:
            raise ValueError("a target is that of something")
        return found


def aimed(before: Target, per_mille: int, called: str) -> tuple[Target, tuple[Entry, ...]]:
    """Return the target after somebody set it; `called` names its subject in the trace.

    Raises:
        Invalid: it is no share of the whole.
    """
    if not 0 <= per_mille <= WHOLE:
        raise Invalid("target-out-of-range", pointer="/per_mille", most=WHOLE)
    after = replace(before, per_mille=per_mille, version=before.version + 1)
    data = {"subject": called, "per_mille": per_mille, "before": before.per_mille}
    return after, (Entry(after.stream, "health:target:set", data),)
