"""Papers made for tests: small and whole, put together byte by byte, to be spoilt at will."""

import struct
import zlib

import cv2
import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 3, height: int = 2, *more: bytes) -> bytes:
    """Return a grey picture, with `more` chunks before its data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(b"".join(b"\0" + b"\x80" * 3 for _ in range(2)))
    return SIGNATURE + header + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND")


def encoded(suffix: str, *options: int) -> bytes:
    """Return a picture as a real encoder writes it."""
    picture = np.random.default_rng(7).integers(0, 255, (64, 96, 3), np.uint8)
    done, content = cv2.imencode(suffix, picture, list(options))
    assert done
    return content.tobytes()


JPEG = encoded(".jpg")
PROGRESSIVE = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTING = encoded(".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 2)


def pdf(*objects: bytes, version: bytes = b"1.7", trailer: bytes = b"") -> bytes:
    """Return a document of one blank page, and `objects` beside it."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        *objects,
    ]
    content = b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, part in enumerate(parts, start=1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(parts) + 1, trailer)
    return content + b"startxref\n%d\n%%%%EOF\n" % table


def packed(text: bytes, filters: bytes = b"/Filter /FlateDecode", before: bytes = b"") -> bytes:
    """Return an object stream that holds `text`."""
    data = zlib.compress(text) if filters else text
    head = b"<< %s /Type /ObjStm /N 1 /First 4 /Length %d %s >>" % (before, len(data), filters)
    return head + b"\nstream\n" + data + b"\nendstream"
