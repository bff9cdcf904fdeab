"""Places of the console that a browser is sent to: only ours, and only such as can be looked at."""

from urllib.parse import urlsplit

from fastapi import Request

START = "/"


def inside(place: str) -> str:
    """Return a place of ours that somebody is sent on to; anything else becomes the start page."""
    plain = place.startswith("/") and not place.startswith("//") and "\\" not in place and place.isprintable()
    return place if plain else START


def here(request: Request) -> str:
    """Return the page that the reader looks at: this one, or the one on which the form stood that was sent."""
    if request.method in {"GET", "HEAD"}:
        query = request.scope["query_string"].decode("latin-1")
        path = str(request.scope["path"])
        return inside(f"{path}?{query}" if query else path)
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return START
    if came.netloc != request.headers.get("host"):
        return START
    return inside(f"{came.path}?{came.query}" if came.query else came.path)
