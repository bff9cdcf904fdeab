"""What a dashboard is about: days, a department, a division; the same fields on each of its pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query
from pydantic import Field, StringConstraints

from broker.bootstrap import Broker
from broker.domain.oversight.measures import By, Measure
from broker.services.oversight.measures import Question
from broker.web.api.oversight.measures import asked_in
from broker.web.console.screen import Screen
from broker.web.console.searching import Answer, answer, typed_in
from broker.web.values import Code, In

Found = TypeVar("Found")

Day = Annotated[str, Query(max_length=40)]
Text = Annotated[str, Query(max_length=40)]


class Asked(In):
    """What the form asks for; `by` and `measure` are those of the table of places."""

    first: date | None = Field(None, alias="from")
    last: date | None = Field(None, alias="to")
    department: Code | None = None
    division: Annotated[str, StringConstraints(max_length=12)] | None = None
    by: By = By.CHILDREN
    measure: Measure = Measure.AVAILABILITY

    def question(self, broker: Broker, by: By) -> Question:
        """Return the question of the API with these days and places."""
        return asked_in(broker, self.first, self.last, self.department, self.division, by=by)


@dataclass(frozen=True)
class Typed:
    """The fields as they came, without the blank ones."""

    fields: dict[str, str]

    @property
    def query(self) -> str:
        """The fields as an address has them."""
        return urlencode(self.fields)

    def answered(self, screen: Screen, look: Callable[[Asked], Found]) -> Answer[Found]:
        """Check the fields and look; what is wrong with them is told beside the form."""
        return answer(screen, self.fields, Asked, look, instants=())


async def typed_of(
    first: Annotated[str, Query(max_length=40, alias="from")] = "",
    last: Annotated[str, Query(max_length=40, alias="to")] = "",
    department: Text = "", division: Text = "", by: Text = "", measure: Text = "",
) -> Typed:  # fmt: skip
    """Return what was typed."""
    return Typed(typed_in(from_=first, to=last, department=department, division=division, by=by, measure=measure))


TypedDep = Annotated[Typed, Depends(typed_of)]
