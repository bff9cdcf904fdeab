"""Who sits at a desk of the administrators."""

from typing import Annotated

from fastapi import Depends

from broker.web.console.visit import Visit


class Seat(Visit):
    """A visit to these desks."""

    folder = "administering/"


SeatDep = Annotated[Seat, Depends(Seat.of)]
