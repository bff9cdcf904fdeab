"""What a map is told when its page is made: the grid, what lies below the points, and where the points are."""

from broker.bootstrap import Broker
from broker.domain.catalog.places import Box
from broker.domain.errors import Forbidden
from broker.domain.people.accounts import Caller
from broker.services.catalog.base_map.base_maps import EVERYTHING
from broker.web.console.assets import asset

BASE = "/map/base/{z}/{x}/{y}"
OUTLINE = "/map/outline.geojson"


def setup_of(broker: Broker, caller: Caller | None) -> dict[str, object]:
    """Return the setup in the form of `client/src/elements/cam-map/setup.ts`."""
    maps, layers = broker.base_maps, broker.base_maps.layers
    bounds = _bounds(broker, caller)
    urls = list(layers.addresses)
    if layers.proxied:
        urls = [f"{BASE}?layer={number}&of={layers.edition}" for number in range(max(1, len(urls)))]
    return {
        "grid": str(layers.grid),
        "base": {
            "kind": str(layers.kind), "urls": urls, "deepest": layers.deepest, "attribution": layers.attribution,
        },
        "outline": OUTLINE if maps.outlined and asset("map.js") else "",
        "extent": [bounds.west, bounds.south, bounds.east, bounds.north] if bounds else None,
    }  # fmt: skip


def _bounds(broker: Broker, caller: Caller | None) -> Box | None:
    """Return where the points are that somebody sees; nowhere for who may see none."""
    try:
        return broker.finding.bounds(caller, EVERYTHING) if caller else None
    except Forbidden:
        return None
