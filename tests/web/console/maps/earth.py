"""Where things stand in a window: degrees and pixels of a map in web Mercator, worked out apart from the map itself."""

import json
import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page

EARTH = 6_371_008.8
WORLD = 256  # pixels of the world at scale 0


@dataclass(frozen=True)
class MapInWindow:
    """The one map of a page, in a known view."""

    page: Page
    longitude: float
    latitude: float
    zoom: float

    @property
    def view(self) -> Locator:
        return self.page.locator(".map-view")

    @property
    def address(self) -> str:
        return f"{self.longitude},{self.latitude},{self.zoom}"

    def ready(self) -> None:
        self.page.wait_for_selector("cam-map[data-ready]")

    def pixel(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Return where a place stands in the window."""
        box = self.view.bounding_box()
        assert box is not None
        right, down = beside((self.longitude, self.latitude), (longitude, latitude), self.zoom)
        return box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 + down

    def click(self, longitude: float, latitude: float) -> None:
        self.page.mouse.click(*self.pixel(longitude, latitude))

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*self.pixel(*begin))
        self.page.mouse.down()
        self.page.mouse.move(*self.pixel(*end), steps=3)
        self.page.mouse.up()

    def tool(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def said(self, sentence: str) -> None:
        """Wait until the live region says so."""
        self.page.locator(".map-said", has_text=sentence).wait_for()

    def picture(self) -> NDArray[np.uint8]:
        """Return what is drawn: rows, columns, blue green red."""
        taken = self.view.screenshot(caret="initial")  # else it leaves styles on the fields of the page
        shot = cv2.imdecode(np.frombuffer(taken, np.uint8), cv2.IMREAD_COLOR)
        assert shot is not None
        return np.asarray(shot, np.uint8)


def beside(middle: tuple[float, float], place: tuple[float, float], zoom: float) -> tuple[float, float]:
    """Return how many pixels a place stands to the right of the middle of a map, and below it."""
    size = WORLD * 2**zoom
    return (place[0] - middle[0]) / 360 * size, (_north(middle[1]) - _north(place[1])) * size


def _north(latitude: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return how far two places are, on the sphere."""
    (a, b), (c, d) = (map(math.radians, each) for each in (one, other))
    half = math.sin((d - b) / 2) ** 2 + math.cos(b) * math.cos(d) * math.sin((c - a) / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(half))


def sent(page: Page) -> list[dict[str, Any]]:
    """Return what the map has filled in since `listen`, with the area read."""
    told: list[dict[str, str]] = page.evaluate("window.sent")
    return [{**each, "area": json.loads(each["area"]) if each["area"] else None} for each in told]


def listen(page: Page) -> None:
    """Have the page's form take a point and an area, and write down what is sent instead of sending it."""
    page.evaluate(
        """() => {
          const form = document.getElementById("find");
          for (const name of ["camera", "area"]) {
            const field = form.appendChild(document.createElement("input"));
            field.type = "hidden";
            field.name = name;
          }
          window.sent = [];
          form.addEventListener("submit", (event) => {
            event.preventDefault();
            const told = {camera: "", area: ""};
            for (const it of form.elements) if (it.name && !it.disabled) told[it.name] = it.value;
            window.sent.push(told);
          });
        }"""
    )
