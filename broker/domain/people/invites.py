"""An invite: a link, good once, with which somebody who has an account and no password yet chooses the first one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from broker.domain.ids import PersonId

VALID = timedelta(hours=72)


@dataclass(frozen=True)
class Invite:
    """An invite without its token; of that only a digest is stored."""

    id: UUID
    person_id: PersonId
    issued_at: datetime
    until: datetime

    def holds_at(self, at: datetime) -> bool:
        return at < self.until


def path_of(token: str) -> str:
    """Return the page of the console behind a link."""
    return f"/invite/{token}"
