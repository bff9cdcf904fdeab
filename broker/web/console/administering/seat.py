"""Who sits at a desk of the administrators."""

from typing import Annotated

from fastapi import Depends

from broker.web.console.visit import Visit

CHOICES = 200
"""How many departments a field for one offers; any other code may be typed all the same."""


class Seat(Visit):
    """A visit to these desks."""

    folder = "administering/"

    def departments(self) -> list[tuple[str, str]]:
        """Return code and name of the first open departments of the tree, for a field that takes a code."""
        found = self.broker.accounts.departments(self.caller, after="", limit=CHOICES)
        english = self.screen.language == "en"
        return [(it.code, it.name_en if english and it.name_en else it.name) for it in found if not it.closed]


SeatDep = Annotated[Seat, Depends(Seat.of)]
