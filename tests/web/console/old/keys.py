"""Keys as the developer tools of a browser name them."""

from collections.abc import Iterator
from typing import Any

CONTROL, SHIFT = 2, 8

NAMED = {
    "Tab": 9, "Enter": 13, "Escape": 27, "Space": 32, "PageUp": 33, "PageDown": 34, "End": 35, "Home": 36,
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
}  # fmt: skip
CODES = {"[": 219, "]": 221, ",": 188, ".": 190}
TEXTS = {"Enter": "\r", "Space": " "}


def pressed(name: str, held: int = 0) -> Iterator[dict[str, Any]]:
    """Yield the events of a key that goes down and up: a name of above, or what it types."""
    text = TEXTS.get(name, "" if name in NAMED else name)
    code = NAMED.get(name) or CODES.get(name) or ord(name.upper()[0])
    key = " " if name == "Space" else name
    it = {"key": key, "windowsVirtualKeyCode": code, "modifiers": held}
    if held & CONTROL:
        yield {"type": "rawKeyDown", **it}
    else:
        yield {"type": "keyDown" if text else "rawKeyDown", "text": text, **it}
    yield {"type": "keyUp", **it}
