"""Many points: clusters say how many they are, and open up; what is picked and what is asked for is drawn over them."""

from pathlib import Path

import numpy as np
from playwright.sync_api import Browser

from broker.bootstrap import Broker, operator
from broker.domain.catalog.places import Circle
from broker.web.console.maps.areas import shapes_text
from tests.city import City
from tests.web.console.browsing import IN_A_BROWSER, visiting
from tests.web.console.maps.earth import MapInWindow
from tests.web.door import Door
from tests.web.steps import submitted

pytestmark = IN_A_BROWSER

MANY = 400
ACCENT, CLOSE = (0x7A, 0x4B, 0x1F), 8
"""Blue, green, red of the token, and how far a browser may round them."""


def test_clusters_count_and_open_up(
    flat_browser: Browser, plain_door: Door, broker: Broker, city: City, tmp_path: Path
) -> None:
    rows = [f"9901020108132{place:07d},路口{place},{30.5 + place // 20 / 500:.4f},{104.1 + place % 20 / 500:.4f}"
            for place in range(100, 100 + MANY)]  # fmt: skip
    (tmp_path / "many.csv").write_text("\n".join(["gb_code,name,latitude,longitude", *rows]), encoding="utf-8")
    broker.imports.import_file(operator("tests"), tmp_path / "many.csv", owner="dh-cg")
    key = submitted(plain_door, city)["id"]
    with visiting(flat_browser, plain_door.url) as visit:
        visit.sign_in("asker")
        shown = MapInWindow(visit.page, 104.119, 30.529, 9.0)
        visit.go(f"/map?at={shown.address}")
        shown.ready()
        shown.said(f"About {MANY + 7} points in view")
        assert visit.page.locator("#found-title").inner_text() == f"{MANY + 7} points"
        accent = np.all(np.abs(shown.picture().astype(int) - ACCENT) < CLOSE, axis=2)
        assert accent.sum() > 300  # a cluster is larger than a point
        box = shown.view.bounding_box()
        assert box is not None
        rows_of, columns = np.nonzero(accent)
        visit.page.mouse.click(box["x"] + float(np.median(columns)), box["y"] + float(np.median(rows_of)))
        visit.page.wait_for_function("() => /,11[.]00$/.test(document.querySelector('#find [name=at]').value)")
        shown.said("points in view")

        before = shown.picture()
        change = "([name, text]) => document.querySelector('cam-map').setAttribute(name, text)"
        visit.page.evaluate(change, ["data-shapes", shapes_text([Circle(104.119, 30.529, 3000.0)])])
        with visit.page.expect_response("**/cameras.geojson"):
            visit.page.evaluate(change, ["data-picked", f"/requests/{key}/cameras.geojson"])
        with visit.page.expect_response("**/cameras.geojson"):
            visit.page.evaluate("document.dispatchEvent(new Event('cameras-picked'))")
        changed = np.any(before != shown.picture(), axis=2)
        assert changed.sum() > 1000  # the circle, from edge to edge
