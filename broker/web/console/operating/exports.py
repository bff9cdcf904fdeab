"""The catalogue as a file: which part of it, in which system of coordinates, and a link for each format."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from broker.domain.catalog.coordinates import System
from broker.services.catalog.catalog_files.reading import FORMATS
from broker.web.console.operating.departments import departments_for
from broker.web.console.operating.shift import ShiftDep
from broker.web.console.routes import PageRoute

router = APIRouter(prefix="/exports", route_class=PageRoute)

Part = Annotated[str, Query(max_length=40)]
Coordinates = Annotated[System, Query()]


@router.get("")
def show_export(
    shift: ShiftDep, owner: Part = "", division: Part = "", coordinates: Coordinates = System.WGS84
) -> Response:
    """导出可见的点位目录。Take the catalogue, as far as one may see it, as a file."""
    shift.require("camera:list")
    asked = {name: value for name, value in (("owner", owner), ("division", division)) if value}
    links = {
        it: "/api/v1/cameras/export?" + urlencode({**asked, "coordinates": coordinates.value, "format": it})
        for it in FORMATS
    }
    return shift.show(
        "export", owner=owner, division=division, coordinates=coordinates, systems=System, links=links,
        departments=departments_for(shift), may_import=shift.may("camera:import"),
    )  # fmt: skip
