"""The catalogue of GB/T 28181 as XML: items in `DeviceList`, their Info block laid open, read as a stream.

Devices send GB2312 or GB18030, named so or not. A document type is refused, and with it every entity: no device writes
one, and one can be made to fill the memory. Items of nodes that are no cameras (areas, groups, systems) are no points.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.parsers import expat  # without DTDs and entities, the very thing the rule warns of

from broker.domain.errors import Invalid, TooLarge
from broker.services.catalog.catalog_files.rows import Limits, Row, Table

CHUNK = 64 * 1024
LONGEST_CELL = 64 * 1024
DEEPEST = 8
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]*\?>""")
_ENCODINGS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "utf-8": "utf-8", "utf8": "utf-8"}
_NO_POINT = re.compile(r"\d{2}|\d{4}|\d{6}|\d{8}|\d{10}(?:11[1-9]|12[0-9]|13[03-9]|14[0-9]|2\d\d)\d{7}")
"""Codes of nodes of the tree that are no cameras: administrative areas, recorders, systems, groups."""


@contextmanager
def open_xml(path: Path, limits: Limits) -> Iterator[Table]:
    """Open a catalogue; the columns are those of all items, found in a first pass.

    Raises:
        Invalid: `list-xml-syntax` with `line` and `column`, `list-xml-entity`, `list-encoding`, `list-empty`.
        TooLarge: `list-too-many-columns`, `list-xml-depth`.
    """
    columns: dict[str, None] = {}
    for _, item in _items(path):
        columns.update(dict.fromkeys(item))
        if len(columns) > limits.columns:
            raise TooLarge("list-too-many-columns", limit=limits.columns)
    if not columns:
        raise Invalid("list-empty")
    yield Table(tuple(columns), _rows(path))


def _rows(path: Path) -> Iterator[Row]:
    for number, item in _items(path):
        yield Row(f"Item {number}", dict(item))


def _items(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each camera by its number among the items."""
    reader = _Reader()
    number = 0
    with path.open("rb") as file:
        for text in _texts(file):
            reader.feed(text)
            for item in reader.taken():
                number += 1
                if not _NO_POINT.fullmatch(item.get("DeviceID", "")):
                    yield number, item
        reader.feed("", last=True)


def _texts(file: IO[bytes]) -> Iterator[str]:
    """Yield the document as text; its own word for the encoding goes before a guess."""
    head = file.read(CHUNK)
    said = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    encoding = _ENCODINGS.get(said[1].decode().lower() if said else "utf-8")
    if encoding is None:
        raise Invalid("list-encoding", line=1, offset=0)
    file.seek(0)
    decoders = [encoding, "gb18030"] if said is None or encoding == "utf-8" else [encoding]
    for place, name in enumerate(decoders):
        try:
            _decode_whole(file, name)
        except UnicodeDecodeError as error:
            if place == len(decoders) - 1:
                raise Invalid("list-encoding", line=1, offset=error.start) from None
        else:
            break
    file.seek(0)
    with open(file.fileno(), encoding=name if name != "utf-8" else "utf-8-sig", closefd=False, newline="") as text:
        first = text.read(CHUNK)
        yield re.sub(r"^\s*<\?xml[^>]*\?>", "", first, count=1)  # its encoding is no longer true
        while chunk := text.read(CHUNK):
            yield chunk


def _decode_whole(file: IO[bytes], name: str) -> None:
    file.seek(0)
    with open(file.fileno(), encoding=name, closefd=False, newline="") as text:
        while text.read(CHUNK):
            pass
    file.seek(0)


class _Reader:
    """Puts the items together while the parser walks through the document."""

    def __init__(self) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._write
        self._parser = parser
        self._open: list[str] = []
        self._item: dict[str, str] | None = None
        self._text: list[str] = []
        self._size = 0
        self._found: list[dict[str, str]] = []

    def feed(self, text: str, *, last: bool = False) -> None:
        try:
            self._parser.Parse(text.encode("utf-8", "surrogatepass"), last)
        except expat.ExpatError as error:
            told = expat.errors.messages.get(error.code, "")
            raise Invalid("list-xml-syntax", line=error.lineno, column=error.offset, detail=told) from None

    def taken(self) -> list[dict[str, str]]:
        found, self._found = self._found, []
        return found

    def _refuse(self, *_: object) -> None:
        raise Invalid("list-xml-entity")

    def _begin(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._open) > DEEPEST:
            raise TooLarge("list-xml-depth", limit=DEEPEST)
        local = name.rpartition(":")[2]
        self._open.append(local)
        if local == "Item" and self._item is None:
            self._item = {}
        self._text.clear()
        self._size = 0

    def _write(self, text: str) -> None:
        self._size += len(text)
        if self._size > LONGEST_CELL:
            raise TooLarge("list-cell-too-long", limit=LONGEST_CELL)
        self._text.append(text)

    def _end(self, _name: str) -> None:
        local = self._open.pop()
        if self._item is None:
            return
        if local == "Item":
            self._found.append(self._item)
            self._item = None
        elif text := "".join(self._text).strip():
            self._item.setdefault(local, text)
        self._text.clear()
