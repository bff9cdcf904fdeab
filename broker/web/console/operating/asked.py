"""What the address of a page asks for, where a form sends every field, also those that were left empty."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BeforeValidator

from broker.web.api.sources.point_health import USUAL_DAYS
from broker.web.deps import BrokerDep


def _filled(value: object) -> object:
    return None if value == "" else value


Filled = BeforeValidator(_filled)
"""A field that was left empty asks nothing."""

First = Annotated[date | None, Filled, Query(alias="from")]
Last = Annotated[date | None, Filled, Query(alias="to")]


async def days_of(broker: BrokerDep, first: First = None, last: Last = None) -> tuple[date, date]:
    """Return the days that are asked for, [begin, end), as the city counts them; the last 30 where nothing is said."""
    day = min(last or broker.clock.now().astimezone(broker.zone).date(), date.max - timedelta(days=1))
    begin = first or date.fromordinal(max(1, day.toordinal() - USUAL_DAYS + 1))
    return begin, day + timedelta(days=1)


Days = Annotated[tuple[date, date], Depends(days_of)]
