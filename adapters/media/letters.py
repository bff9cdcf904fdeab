"""Words as pixels, drawn with the font that OpenCV carries; no letter is lost without a word.

The font has the Chinese characters of U+4E00-9FA5, and draws a question mark for what it lacks, such as the rare
characters of some names. A name that is wrong in evidence is worse than one that is ugly: such a letter is written as
its code point, 张[U+4DAE].
"""

import unicodedata
from functools import lru_cache

import cv2
import numpy as np

from adapters.errors import MarkFailed
from adapters.media.planes import Pixels

_FONT, _WEIGHT = "sans", 600
_PROBE_SIZE = 24
_LETTERS_KEPT = 4096


def legible(text: str) -> str:
    """Return the text with every letter that cannot be drawn as its code point, and every space a plain one."""
    return "".join(_legible(letter) for letter in unicodedata.normalize("NFC", text))


def drawn(text: str, size: int) -> Pixels:
    """Return one line of letters, 0 where there is none and 255 where there is, cut to what is drawn.

    Args:
        text: what `legible` returned.
        size: the height of a Chinese character in pixels.

    Raises:
        MarkFailed: there is nothing to see.
    """
    ink = _drawn(text, size)
    if ink is None:
        raise MarkFailed(problem="no letters")
    return ink


@lru_cache(maxsize=_LETTERS_KEPT)
def _legible(letter: str) -> str:
    if letter.isspace():
        return " "
    ink = _drawn(letter, _PROBE_SIZE)
    lacking = _drawn("?", _PROBE_SIZE)
    if ink is None or (letter != "?" and lacking is not None and np.array_equal(ink, lacking)):
        return f"[U+{ord(letter):04X}]"
    return letter


def _drawn(text: str, size: int) -> Pixels | None:
    ground = np.zeros((4 * size, (len(text) + 4) * 2 * size), np.uint8)
    cv2.putText(ground, text, (size, 2 * size), (255,), cv2.FontFace(_FONT), size, _WEIGHT)
    rows, columns = np.nonzero(ground)
    if not rows.size:
        return None
    return ground[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
