"""What an endpoint asks for by type: the caller, the services, and how answers are shown to this reader."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from broker.bootstrap import Broker
from broker.domain.ids import CameraId, DepartmentId, PersonId
from broker.domain.people.accounts import Caller
from broker.domain.time import Clock
from broker.services.people.names import Known, Names
from broker.web import language
from broker.web.auth import signed_in


async def broker_of(request: Request) -> Broker:
    """Return the services the application was built over."""
    broker: Broker = request.app.state.broker
    return broker


async def language_of(request: Request) -> str:
    """Return the catalogue for the reader's language."""
    return language.language_of(request)


CallerDep = Annotated[Caller, Depends(signed_in)]
BrokerDep = Annotated[Broker, Depends(broker_of)]
Language = Annotated[str, Depends(language_of)]


@dataclass(frozen=True)
class Reading:
    """Who reads an answer, and in which language."""

    caller: Caller
    names: Names
    language: str
    clock: Clock

    @property
    def now(self) -> datetime:
        """The instant of the answer, which is later than what it tells of."""
        return self.clock.now()

    def known(
        self, *,
        departments: Collection[DepartmentId] = (),
        persons: Collection[PersonId] = (),
        cameras: Collection[CameraId] = (),
    ) -> Known:  # fmt: skip
        """Return the names behind ids of an answer this caller was given."""
        return self.names.of(self.caller, departments=departments, persons=persons, cameras=cameras)


async def reading_of(caller: CallerDep, broker: BrokerDep, language: Language) -> Reading:
    """Return how answers are shown to this caller."""
    return Reading(caller, broker.names, language, broker.clock)


ReadingDep = Annotated[Reading, Depends(reading_of)]
