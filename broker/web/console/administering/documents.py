"""Long texts of a form: typed into it, or brought as a file."""

from starlette.datastructures import UploadFile

from broker.domain.errors import Invalid, TooLarge
from broker.web.bodies import check_text
from broker.web.console.forms import Form

LARGEST = 1024 * 1024


def text_of(form: Form, upload: UploadFile | None, name: str) -> str:
    """Return the file of a form as text, else what stands in the field `name`.

    Raises:
        TooLarge: the file has more than a mebibyte.
        Invalid: it is no text.
    """
    if upload is None:
        return next(iter(form.all(name)), "")
    content = upload.file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TooLarge("body-too-large", pointer="/file", limit=LARGEST)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Invalid("json-encoding", pointer="/file", position=error.start) from None
    check_text(text, "/file")
    return text
