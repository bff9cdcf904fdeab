"""What somebody may look after: the page that leads to every desk of the administrators."""

from fastapi import APIRouter, Response

from broker.web.console.administering.areas import ADMINISTRATION, AREAS
from broker.web.console.administering.seat import SeatDep
from broker.web.console.routes import PageRoute

router = APIRouter(prefix=ADMINISTRATION, route_class=PageRoute)


@router.get("")
def show_administration(seat: SeatDep) -> Response:
    """管理：列出可进入的管理事项。What the caller may look after."""
    return seat.show("landing", areas=[area for area in AREAS if seat.may(area.act)])
