"""What the house is set to: every setting, what it is, and where that was read."""

from fastapi import APIRouter, Response

from broker.web.console.administering.seat import SeatDep
from broker.web.console.routes import PageRoute

router = APIRouter(prefix="/settings", route_class=PageRoute)


@router.get("")
def show_settings(seat: SeatDep) -> Response:
    """全部设置及来源，只读。Every setting and its origin; they are changed outside."""
    return seat.show("settings", settings=seat.broker.settings_shown.all(seat.caller))
