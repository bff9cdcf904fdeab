"""The map of cameras: a page of its own, and beside the map the list of the same points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from broker.domain.ids import CameraId
from broker.services.catalog.base_map.base_maps import EVERYTHING
from broker.web.api.catalog.camera_finding import FacetsOut, OwnerCount
from broker.web.api.catalog.cameras import shown
from broker.web.camera_query import WantedDep
from broker.web.console.maps.areas import shapes_text
from broker.web.console.maps.lean import LeanPageRoute
from broker.web.console.visit import Visit, VisitDep
from broker.web.paging import ById

MAP = "/map"
MOST_CHOICES = 200
OF_THE_PAGE = frozenset({"at", "after", "limit"})
AREAS = ("box", "polygon", "circle", "line", "width")

router = APIRouter(route_class=LeanPageRoute)

At = Annotated[str, Query(pattern=r"^-?\d{1,3}(\.\d{1,6})?,-?\d{1,2}(\.\d{1,6})?,\d{1,2}(\.\d{1,2})?$", max_length=40)]


@dataclass(frozen=True)
class Choices:
    """What the form offers, each with how many points have it; the most frequent first where there are too many."""

    divisions: Sequence[tuple[str, str, int]]
    owners: Sequence[OwnerCount]
    classes: Sequence[tuple[str, int]]
    statuses: Sequence[tuple[str, int]]


@router.get(MAP)
def show_map(visit: VisitDep, window: ById, wanted: WantedDep, at: At = "") -> Response:
    """点位地图与同样点位的列表。The map of cameras, and the list of the same ones."""
    after = None if window.after is None else CameraId(window.after)
    found = visit.broker.finding.page(visit.caller, wanted, after=after, limit=window.wanted)
    asked = {name: value for name, value in visit.request.query_params.items() if name not in OF_THE_PAGE}
    return visit.show(
        "maps/browse", page=window.page(found, lambda it: it.id, lambda rows: shown(rows, visit.reading)),
        total=visit.broker.finding.facets(visit.caller, wanted).total, choices=_choices(visit), asked=asked,
        areas=AREAS, query=urlencode(asked), listing=urlencode({**asked, **({"at": at} if at else {})}), at=at,
        plain=urlencode({name: value for name, value in asked.items() if name not in AREAS}),
        shapes=shapes_text(wanted.question.places), first=window.after is None,
    )  # fmt: skip


def _choices(visit: Visit) -> Choices:
    facets = FacetsOut.of(visit.broker.finding.facets(visit.caller, EVERYTHING), visit.reading)
    codes = sorted((code for code in facets.divisions if code), key=lambda it: -facets.divisions[it])[:MOST_CHOICES]
    names = visit.broker.divisions.named(visit.caller, codes)
    return Choices(
        divisions=[(code, names.get(code, code), facets.divisions[code]) for code in sorted(codes)],
        owners=facets.owners[:MOST_CHOICES],
        classes=sorted((key, count) for key, count in facets.classes.items() if key),
        statuses=sorted(facets.statuses.items()),
    )
