"""Pages of ours that a browser is sent on to, by links and forms that somebody else may have written."""

START = "/"


def local_path(place: str) -> str:
    """Return a page of ours to go on to; whatever could lead elsewhere becomes the start page."""
    plain = place.startswith("/") and place[1:2] != "/" and "\\" not in place
    return place if plain and place.isprintable() and place.isascii() else START
