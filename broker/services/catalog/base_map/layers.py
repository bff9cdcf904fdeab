"""The layers of a base map: addresses of their tiles, made from what is configured.

    xyz    addresses with {z}, {x} and {y} (or {-y}, from the south), separated by blanks: one layer over the other
    wmts   the address of a service, and its layers; {layer} in the address is each of them, as 天地图 has it

{key} in an address is the key, which never reaches a browser: such tiles go through the program.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

from broker.domain.errors import Invalid
from broker.services.catalog.map.grid import DEEPEST, Grid

_HOLES = re.compile(r"\{([^{}]*)\}")
_NUMBERS = {"z", "x", "y", "-y"}
MOST_LAYERS = 4


class Kind(StrEnum):
    """How a base map is drawn."""

    NONE = "none"
    RASTER = "raster"
    VECTOR = "vector"


@dataclass(frozen=True)
class Wmts:
    """How a web map tile service is asked (OGC 07-057r7, key-value pairs)."""

    layers: tuple[str, ...] = ()
    matrix_set: str = ""
    style: str = "default"
    format: str = "image/png"


@dataclass(frozen=True)
class Layers:
    """A base map.

    Attributes:
        addresses: of its tiles, with {z}, {x} and {y}; empty where a file has them.
        proxied: whether the program fetches the tiles, not the browser.
        grid: in which the whole map is drawn.
        deepest: the scale of the nearest tiles.
        attribution: what the map says of them.
    """

    kind: Kind = Kind.NONE
    addresses: tuple[str, ...] = ()
    proxied: bool = False
    grid: Grid = Grid.MERCATOR
    deepest: int = DEEPEST
    attribution: str = ""
    changed: int = 0
    """When the file was changed, where one has the tiles."""

    @property
    def edition(self) -> str:
        """What tells these tiles from those of another configuration, for whoever keeps them."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]

    @property
    def origins(self) -> tuple[str, ...]:
        """Where browsers fetch tiles from, beside us."""
        return () if self.proxied else tuple(sorted({_origin(address) for address in self.addresses}))


def addresses_of(told: str, wmts: Wmts | None) -> tuple[str, ...]:
    """Return the addresses of the tiles of each layer.

    Raises:
        Invalid: `map-setting`: one is no address of tiles, or there are none, or too many.
    """
    found = told.split()
    if wmts is not None:
        found = [_asked(address.replace("{layer}", layer), wmts, layer) for address in found for layer in wmts.layers]
    if not 1 <= len(found) <= MOST_LAYERS:
        raise _wrong(f"1-{MOST_LAYERS} layers")
    for address in found:
        _check(address)
    return tuple(found)


def _asked(address: str, wmts: Wmts, layer: str) -> str:
    if "{z}" in address:
        return address  # a service that is asked by its path
    pairs = {
        "SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": layer, "STYLE": wmts.style,
        "TILEMATRIXSET": wmts.matrix_set, "FORMAT": wmts.format,
    }  # fmt: skip
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode(pairs)}&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}"


def _check(address: str) -> None:
    holes = _HOLES.findall(address)
    try:
        parts = urlsplit(address)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise _wrong("no address") from None
    if not fits or not port_fits or _HOLES.search(parts.netloc) or parts.fragment:
        raise _wrong("no address")
    if not {"z", "x"} <= set(holes) or not {"y", "-y"} & set(holes) or set(holes) - _NUMBERS - {"key"}:
        raise _wrong("{z} {x} {y}")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _wrong(reason: str) -> Invalid:
    # the address itself is not told: it may hold a key
    return Invalid("map-setting", pointer="/map_url", name="XUELIANG_MAP_URL", reason=reason)
