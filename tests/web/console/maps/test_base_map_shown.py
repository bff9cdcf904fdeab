"""Base maps as a browser draws them: of a server in both grids, through the program, of a file; and outlines."""

import re
from collections.abc import Iterator
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
from playwright.sync_api import Browser

from broker.bootstrap import Broker
from broker.web.console import assets
from tests.storage.map_file import written
from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.conftest import Enter
from tests.web.console.maps.earth import MapInWindow
from tests.web.console.maps.house import Settable, plain, settable

pytestmark = IN_A_BROWSER

GREEN = (60, 200, 60)  # blue, green, red
PNG = {"Content-Type": "image/png"}
MERCATOR_TILE, DEGREES_TILE = (10, 807, 420), (10, 807, 168)
"""What holds 104.01° E 30.61° N at scale 10: (lon + 180) / 360, and the Mercator or (90 - lat) / 360, times 2^10."""

WATER = {
    "name": "water",
    "features": [{"geometry": "POLYGON ((0 0, 0 4096, 4096 4096, 4096 0, 0 0))", "properties": {"kind": "lake"}}],
}


@pytest.fixture(scope="module")
def console(busy_broker: Broker) -> Iterator[Settable]:
    with settable(busy_broker) as opened:
        opened.house.answers((200, PNG, plain(GREEN)))
        yield opened


def file_of(path: Path, content: bytes, kind: int) -> Path:
    z, column, row = MERCATOR_TILE
    around = {(z, column + x, row + y): content for x in range(-3, 4) for y in range(-3, 4)}
    path.write_bytes(written(around, kind=kind, tiles_packed=kind == 1))
    return path


def test_every_kind_of_base_map_is_drawn(flat_browser: Browser, console: Settable, tmp_path: Path) -> None:
    house = console.house.url
    xyz: dict[str, object] = {"map_basemap": "xyz", "map_url": f"{house}/{{z}}/{{x}}/{{y}}.png"}
    wmts: dict[str, object] = {
        "map_basemap": "wmts", "map_url": f"{house}/{{layer}}/wmts", "map_layers": "vec", "map_matrix_set": "w"
    }  # fmt: skip
    degrees = {"map_url": f"{house}/{{layer}}?tk={{key}}", "map_matrix_set": "c", "map_grid": "4490", "map_key": "k3y"}
    vector = file_of(tmp_path / "vector", mapbox_vector_tile.encode([WATER]), 1)
    kinds: dict[str, tuple[dict[str, object], str]] = {
        "xyz": (xyz, r"^/10/807/420\.png$"),
        "wmts": (wmts, r"^/vec/wmts\?SERVICE=WMTS.*SET=w&.*TILEMATRIX=10&TILEROW=420&TILECOL=807$"),
        "degrees": ({**wmts, **degrees}, r"^/vec\?tk=k3y&SERVICE.*SET=c&.*TILEMATRIX=10&TILEROW=168&TILECOL=807$"),
        "file": ({"map_basemap": "pmtiles", "map_file": file_of(tmp_path / "raster", plain(GREEN), 2)}, ""),
        "vector": ({"map_basemap": "pmtiles", "map_file": vector}, ""),
    }
    with visiting(flat_browser, console.url) as visit:
        visit.sign_in("looker2")
        for kind, (settings, asked) in kinds.items():
            console.set(**settings, map_attribution="GS(2024)0000")
            console.house.asked.clear()
            shown = MapInWindow(visit.page, 104.01, 30.61, 10.0)
            visit.go(f"/map?at={shown.address}")
            shown.ready()
            colours = shown.picture().reshape(-1, 3)
            drawn = GREEN if kind != "vector" else (0xEF, 0xE0, 0xCF)  # --map-water
            assert np.mean(np.all(np.abs(colours.astype(int) - drawn) < 4, axis=1)) > 0.5, kind
            assert visit.page.locator(".ol-attribution").inner_text() == "GS(2024)0000"
            shown.said("About 7 points in view")
            if asked:
                assert [it for it in console.house.asked if re.search(asked, it)], (kind, console.house.asked)
        elsewhere = [it for it in visit.faults if not it.startswith(house)]
        assert elsewhere == []
        assert visit.faults  # browsers did fetch from the server itself
        visit.faults.clear()


def test_outlines_are_called_schematic(flat_browser: Browser, console: Settable) -> None:
    console.set()
    with visiting(flat_browser, console.url) as visit:
        visit.sign_in("looker2")
        with visit.page.expect_response("**/map/outline.geojson"):
            visit.go("/map?at=104.01,30.61,6.00")
        visit.page.locator(".ol-attribution", has_text="schematic").wait_for()
        shown = MapInWindow(visit.page, 104.01, 30.61, 6.0)
        shown.said("in view")
        line = np.all(np.abs(shown.picture().astype(int) - (0x93, 0x85, 0x7B)) < 40, axis=2)  # --edge-strong
        assert line.sum() > 500


def test_a_page_with_a_map_is_small(hall: Enter) -> None:
    made = assets.manifest()
    files = [Path(assets.FOLDER) / f"{made[name]}.gz" for name in ("app.js", "app.css", "map.js", "map.css")]
    packed = int(hall("asker").client.get("/map/outline.geojson").headers["content-length"])
    assert sum(file.stat().st_size for file in files) + packed < 250_000
