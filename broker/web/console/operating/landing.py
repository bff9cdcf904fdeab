"""What somebody may run and keep: the page that leads to every part of this desk."""

from fastapi import APIRouter, Response

from broker.web.console.operating.areas import AREAS, OPERATING
from broker.web.console.operating.shift import ShiftDep
from broker.web.console.routes import PageRoute

router = APIRouter(prefix=OPERATING, route_class=PageRoute)


@router.get("")
def show_operating(shift: ShiftDep) -> Response:
    """接入与目录：列出可进入的事项。What the caller may run and keep."""
    return shift.show("landing", areas=[area for area in AREAS if shift.may(area.act)])
