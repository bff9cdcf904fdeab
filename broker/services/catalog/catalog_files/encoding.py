"""Which encoding a text file is in: UTF-8 with or without mark, or GB18030, and nothing on a guess."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from broker.domain.errors import Invalid

CHUNK = 1024 * 1024
COMMON_SHARE = 0.5
"""Share of the letters beyond ASCII that must stand in GB 2312 for bytes to be taken for Chinese text.

Nearly every pair of bytes is some letter of GB18030, also those of a Western text; but only Chinese text consists
mostly of the 7,445 common ones.
"""


def detect_encoding(path: Path) -> str:
    """Return "utf-8-sig" or "gb18030", whichever reads the whole file without a fault.

    Raises:
        Invalid: `list-encoding` with the line (from 1) and the byte (from 0) where UTF-8 ends.
    """
    fault = _first_fault(path)
    if fault is None:
        return "utf-8-sig"
    if not _reads_as_chinese(path):
        line, offset = fault
        raise Invalid("list-encoding", line=line, offset=offset)
    return "gb18030"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _first_fault(path: Path) -> tuple[int, int] | None:
    """Return (line, offset) of the first byte that is no UTF-8, or None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, offset, pending = 1, 0, 0
    for chunk in _chunks(path):
        start = _fault_in(chunk, decoder, pending)
        if start is not None:
            return line + chunk[: max(start, 0)].count(b"\n"), offset + start
        pending = len(decoder.getstate()[0])
        line += chunk.count(b"\n")
        offset += len(chunk)
    return (line, offset - pending) if pending else None


def _fault_in(chunk: bytes, decoder: codecs.IncrementalDecoder, pending: int) -> int | None:
    """Return where the chunk stops being text; below 0 within the `pending` bytes of a letter begun before it."""
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        return error.start - pending
    nul = chunk.find(b"\x00")  # UTF-16 of plain letters reads as UTF-8 with a zero after each
    return None if nul < 0 else nul


def _reads_as_chinese(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("gb18030")()
    foreign = common = 0
    try:
        for chunk in _chunks(path):
            text = decoder.decode(chunk)
            if "\x00" in text:
                return False
            plain = len(text.encode("ascii", "ignore"))
            foreign += len(text) - plain
            common += (len(text.encode("gb2312", "ignore")) - plain) // 2
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return common >= COMMON_SHARE * foreign
