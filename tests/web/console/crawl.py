"""Goes through the console as somebody would: from page to page, along the links that are shown."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urldefrag

from fastapi.routing import APIRoute

from broker.web.console.wiring import ROUTERS
from tests.web.console.page import Page, Person, own_links

BEGIN = ("/", "/account", "/keys", "/components")
PAGES = [
    route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "GET" in (route.methods or ())
]


class Found(NamedTuple):
    """A page that somebody came to: the route that made it, its address, and what it shows."""

    route: str
    place: str
    page: Page


def route_of(place: str) -> str:
    """Return the path of the route that answers at an address; empty where it is none of the console's."""
    path = place.partition("?")[0]
    return next((route.path for route in PAGES if route.path_regex.match(path)), "")


@dataclass(frozen=True)
class Crawl:
    """How far to go: so many pages of each route, beginning where a person would."""

    each: int = 2
    begin: Sequence[str] = BEGIN

    def of(self, person: Person) -> Iterator[Found]:
        """Yield every page that this person is led to; what is no page (a file, a stream) is not asked for twice."""
        seen, taken = set(self.begin), Counter[str]()
        ahead = deque(self.begin)
        while ahead:
            place = ahead.popleft()
            route = route_of(place)
            taken[route] += 1
            if not route or taken[route] > self.each:
                continue
            with person.client.stream("GET", place) as answer:
                if "text/html" not in answer.headers.get("content-type", ""):
                    continue
                answer.read()
                page = Page(answer)
            yield Found(route, place, page)
            for link in own_links(page):
                to = urldefrag(link).url
                if to not in seen:
                    seen.add(to)
                    ahead.append(to)
