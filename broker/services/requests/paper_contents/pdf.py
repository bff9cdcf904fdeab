"""PDF (ISO 32000): header, trailer, and no word of anything that acts when the file is opened.

A PDF has no walk from front to back: readers jump by its tables, and each by its own. So nothing is followed here.
The words of what is refused are looked for in every byte of the file, and in every object stream, the one place where
a word of the structure can stand compressed. An object stream that does not begin in the plain way is refused.
This keeps out what is made to act by ordinary means; it is no search for viruses.
"""

import re
import zlib

from broker.domain.errors import Invalid
from broker.services.requests.paper_contents.faults import damaged, trailing

HEAD = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\s%]")
EOF = b"%%EOF"
TAIL = re.compile(rb"startxref\s{1,9}(\d{1,12})\s{1,9}%%EOF")
TAIL_BYTES = 64  # startxref, a number and the end need fewer
BLANK = b"\x00\t\n\x0c\r "
MOST_UNPACKED = 64 * 1024 * 1024


def _words(*names: str) -> bytes:
    """Return the pattern of some names, each character as it is or as #xx, which means the same."""

    def sign(character: str) -> str:
        return f"(?:{character}|(?i:#{ord(character):02x}))"

    return f"/(?:{'|'.join(''.join(map(sign, name)) for name in names)})(?![A-Za-z0-9])".encode()


ACTIVE = re.compile(
    _words("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "SubmitForm", "ImportData", "XFA"),
)
LOCKED = re.compile(_words("Encrypt"))
OBJECT_STREAM = re.compile(_words("ObjStm"))
# The whole dictionary is spelled out, at the beginning of a line: a string or a comment in it could hide what it says.
OBJECT_STREAM_HEAD = re.compile(
    rb"[\r\n]\d{1,10}\s{1,4}\d{1,5}\s{1,4}obj\s{0,4}<<"
    rb"(?:\s++|/(?:Type|ObjStm|N|First|Length|Filter|FlateDecode|Extends)(?![A-Za-z0-9])|[\[\]]|\d++|R\b)*+"
    rb">>\s{0,4}stream\r?\n",
)


def check_pdf(content: bytes) -> None:
    """Look at both ends and for the words of what is refused.

    Raises:
        Invalid: the file is cut off or damaged, goes on behind its end, is locked by a password or a certificate,
            or holds scripts, programs to start, forms that send themselves, or other files.
    """
    if not HEAD.match(content):
        raise damaged("PDF", 0)
    end = content.rfind(EOF)
    if end < 0:
        raise damaged("PDF", len(content))
    behind = content[end + len(EOF) :].strip(BLANK)
    if behind:
        raise trailing("PDF", len(behind))
    tail = list(TAIL.finditer(content, max(0, end - TAIL_BYTES)))
    if not tail or tail[-1].end() != end + len(EOF) or not 0 < int(tail[-1][1]) < end:
        raise damaged("PDF", end)
    _refuse_words(content)
    left = MOST_UNPACKED
    named = len(OBJECT_STREAM.findall(content))
    heads = list(OBJECT_STREAM_HEAD.finditer(content)) if named else []
    if sum(len(OBJECT_STREAM.findall(head[0])) for head in heads) != named:
        raise damaged("PDF", content.find(b"ObjStm"))
    for head in heads:
        objects = _unpacked(content, head, left)
        left -= len(objects)
        _refuse_words(objects)


def _refuse_words(text: bytes) -> None:
    if LOCKED.search(text):
        raise Invalid("attachment-locked", pointer="/file")
    found = ACTIVE.search(text)
    if found:
        name = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code[1], 16)]), found[0])
        raise Invalid("attachment-active", pointer="/file", word=name.decode("ascii", "replace"))


def _unpacked(content: bytes, head: re.Match[bytes], most: int) -> bytes:
    """Return what an object stream holds."""
    filters = head[0].count(b"/FlateDecode")
    end = content.find(b"endstream", head.end())
    if end < 0 or filters > 1 or head[0].count(b"/Filter") != filters:
        raise damaged("PDF", head.start())
    data = content[head.end() : end]
    if not filters:
        return data
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(data, most + 1)
    except zlib.error:
        raise damaged("PDF", head.start()) from None
    if len(text) > most or not unpacking.eof or unpacking.unused_data.strip(BLANK):
        raise damaged("PDF", head.start())
    return text
