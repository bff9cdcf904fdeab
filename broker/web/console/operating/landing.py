"""What somebody may run and keep: the page that leads to every part of this desk."""

from fastapi import APIRouter, Response

from broker.web.console.operating.areas import AREAS, OPERATING, Area
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import PageRoute

router = APIRouter(prefix=OPERATING, route_class=PageRoute)


@router.get("")
def show_operating(shift: ShiftDep) -> Response:
    """接入与目录：列出可进入的事项。What the caller may run and keep."""
    return shift.show("landing", areas=open_to(shift))


def open_to(shift: Shift) -> list[Area]:
    """Return the parts that a caller may come in to; the policy says so."""
    return [area for area in AREAS if shift.may(area.act)]
