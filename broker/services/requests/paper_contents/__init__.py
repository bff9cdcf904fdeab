"""What a paper really is, told by its content alone: the container is walked from its first byte to its last.

Nothing is decoded and nothing is carried out here. A file passes only when it is one thing and nothing else: whoever
opens it later, with whatever program, opens what was checked.
"""

import io
import zipfile

from broker.domain.errors import Invalid
from broker.services.requests.paper_contents.jpeg import check_jpeg
from broker.services.requests.paper_contents.pdf import check_pdf
from broker.services.requests.paper_contents.png import check_png

_READERS = (
    (b"%PDF-", "application/pdf", check_pdf),
    (b"\xff\xd8\xff", "image/jpeg", check_jpeg),
    (b"\x89PNG\r\n\x1a\n", "image/png", check_png),
)
ALLOWED = "PDF, JPEG, PNG"


def media_type_of(content: bytes) -> str:
    """Return the media type of a whole and harmless PDF, JPEG or PNG.

    Raises:
        Invalid: `attachment-type` for anything else, `attachment-damaged` for a file that is cut off or broken,
            `attachment-trailing` for one with something behind its end, `attachment-two-things` for one that is an
            archive too, and for a PDF `attachment-active` or `attachment-locked`.
    """
    for begin, media_type, check in _READERS:
        if content.startswith(begin):
            check(content)
            if zipfile.is_zipfile(io.BytesIO(content)):
                raise Invalid("attachment-two-things", pointer="/file", media_type=media_type)
            return media_type
    raise Invalid("attachment-type", pointer="/file", allowed=ALLOWED)
