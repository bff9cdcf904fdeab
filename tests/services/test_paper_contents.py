"""What a paper is, told by its content: whole and harmless ones pass, whatever else is refused by its name."""

import io
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.domain.errors import Invalid
from broker.domain.requests.attachments import LONGEST_NAME, kept_name
from broker.services.requests.paper_contents import media_type_of
from tests.services.papers import (
    JPEG,
    PROGRESSIVE,
    RESTARTING,
    SIGNATURE,
    chunk,
    encoded,
    packed,
    pdf,
    png,
)

WHOLE = {
    "a small png": (png(), "image/png"),
    "a png of an encoder": (encoded(".png"), "image/png"),
    "a png with words": (png(3, 2, chunk(b"tEXt", b"Title\0x")), "image/png"),
    "a jpeg": (JPEG, "image/jpeg"),
    "a progressive jpeg": (PROGRESSIVE, "image/jpeg"),
    "a jpeg with restarts": (RESTARTING, "image/jpeg"),
    "a jpeg with filling": (JPEG[:-2] + b"\xff\xff\xff\xd9", "image/jpeg"),
    "a pdf": (pdf(), "application/pdf"),
    "a pdf of the second edition": (pdf(version=b"2.0"), "application/pdf"),
    "a pdf without a last line break": (pdf().rstrip(), "application/pdf"),
    "a pdf with an object stream": (pdf(packed(b"4 0 << /Type /Font >>")), "application/pdf"),
    "a pdf with a plain object stream": (pdf(packed(b"4 0 << /Type /Font >>", b"")), "application/pdf"),
    "a pdf that was signed later": (pdf() + pdf()[9:], "application/pdf"),
    "a pdf that goes to a page": (pdf(trailer=b"/OpenAction [3 0 R /Fit]"), "application/pdf"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_paper_is_told_by_its_content(name: str) -> None:
    content, media_type = WHOLE[name]
    assert media_type_of(content) == media_type


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("x.html", "<script>")
    return buffer.getvalue()


SCRIPT = b"<< /S /JavaScript /JS (app.alert(1)) >>"
BOMB = zlib.compress(bytes(80 * 1024 * 1024))
HIDDEN = packed(b"4 0 " + SCRIPT)
HEXED = SCRIPT.hex().encode()

HOSTILE = {
    "nothing": (b"", "attachment-type"),
    "a page": (b"<!DOCTYPE html><script>alert(1)</script>", "attachment-type"),
    "a program": (b"MZ\x90\0" + bytes(100), "attachment-type"),
    "an archive": (archive(), "attachment-type"),
    "a vector picture": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "attachment-type"),
    "a pdf behind a page": (b"<html>" + pdf(), "attachment-type"),
    "a pdf that was cut": (pdf()[:-8], "attachment-damaged"),
    "a pdf of nothing": (b"%PDF-1.7\n", "attachment-damaged"),
    "a pdf whose table lies beyond its end": (b"%PDF-1.7\nstartxref\n99999\n%%EOF", "attachment-damaged"),
    "a pdf of no edition": (pdf(version=b"9.9"), "attachment-damaged"),
    "a pdf and a page": (pdf() + b"<script>alert(1)</script>", "attachment-trailing"),
    "a pdf and an archive": (pdf() + archive(), "attachment-trailing"),
    "a pdf around an archive": (pdf(b"<< >>\nstream\n" + archive() + b"\nendstream"), "attachment-two-things"),
    "a pdf with a script": (pdf(SCRIPT), "attachment-active"),
    "a pdf with a script spelt otherwise": (pdf(SCRIPT.replace(b"/Java", b"/J#61v#61")), "attachment-active"),
    "a pdf with a script in an object stream": (pdf(HIDDEN), "attachment-active"),
    "a pdf that starts a program": (pdf(b"<< /S /Launch /F (cmd.exe) >>"), "attachment-active"),
    "a pdf with a file inside": (pdf(b"<< /Type /EmbeddedFile >>\nstream\nMZ\nendstream"), "attachment-active"),
    "a pdf with a form of xml": (pdf(b"<< /XFA 5 0 R >>"), "attachment-active"),
    "a pdf that sends itself": (pdf(b"<< /S /SubmitForm /F (http://x) >>"), "attachment-active"),
    "a pdf with a password": (pdf(trailer=b"/Encrypt 4 0 R"), "attachment-locked"),
    "a pdf with two filters": (pdf(packed(HEXED, b"/Filter [/ASCIIHexDecode /FlateDecode]")), "attachment-damaged"),
    "a pdf with a filter elsewhere": (pdf(packed(HEXED, b"/Filter 9 0 R")), "attachment-damaged"),
    "a pdf with a string in the way": (
        pdf(packed(HEXED, b"", b"/Filter [/A85] /X (1 0 obj <<)")), "attachment-damaged",
    ),
    "a pdf with a comment in the way": (
        pdf(packed(HEXED, b"", b"/Filter [/A85] %1 0 obj <<\n")), "attachment-damaged",
    ),
    "a pdf with a word spelt otherwise": (pdf(HIDDEN.replace(b"/ObjStm", b"/Obj#53tm")), "attachment-damaged"),
    "a pdf with a broken object stream": (pdf(HIDDEN.replace(b"stream\nx", b"stream\ny")), "attachment-damaged"),
    "a pdf that unpacks without end": (
        pdf(b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >>\nstream\n" + BOMB + b"\nendstream"),
        "attachment-damaged",
    ),
    "a png that was cut": (png()[:-4], "attachment-damaged"),
    "a png of nothing": (SIGNATURE, "attachment-damaged"),
    "a png without its data": (SIGNATURE + png()[8:33] + chunk(b"IEND"), "attachment-damaged"),
    "a png without its head": (SIGNATURE + chunk(b"IDAT") + chunk(b"IEND"), "attachment-damaged"),
    "a png with a second head": (png(3, 2, png()[8:33]), "attachment-damaged"),
    "a png with a flipped bit": (png().replace(b"IDAT", b"IDBT"), "attachment-damaged"),
    "a png of another size than it says": (png().replace(b"\0\0\0\x03", b"\0\0\0\x04", 1), "attachment-damaged"),
    "a png beyond all sizes": (png(width=2**31 - 1), "attachment-damaged"),
    "a png of no height": (png(height=0), "attachment-damaged"),
    "a png with a chunk of its own": (png(3, 2, chunk(b"EVIL", b"x")), "attachment-damaged"),
    "a png and a page": (png() + b"<script>", "attachment-trailing"),
    "a png and an archive": (png() + archive(), "attachment-trailing"),
    "a png around an archive": (png(3, 2, chunk(b"zIPp", archive())), "attachment-two-things"),
    "a jpeg that was cut": (JPEG[:-2], "attachment-damaged"),
    "a jpeg of nothing": (b"\xff\xd8\xff\xd9", "attachment-damaged"),
    "a jpeg that is only a head": (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xd9", "attachment-damaged"),
    "a jpeg with a length beyond its end": (b"\xff\xd8\xff\xe0\xff\xff" + JPEG[4:100], "attachment-damaged"),
    "a jpeg with a length of nothing": (b"\xff\xd8\xff\xe0\0\0" + JPEG[4:], "attachment-damaged"),
    "a jpeg of ff alone": (b"\xff\xd8" + b"\xff" * 100_000, "attachment-damaged"),
    "a jpeg and a page": (JPEG + b"<script>", "attachment-trailing"),
    "two jpegs": (JPEG + JPEG, "attachment-trailing"),
    "a jpeg around an archive": (
        b"\xff\xd8\xff\xfe" + (len(archive()) + 2).to_bytes(2) + archive() + JPEG[2:], "attachment-two-things",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_else_is_refused(name: str) -> None:
    content, slug = HOSTILE[name]
    with pytest.raises(Invalid) as refused:
        media_type_of(content)
    assert refused.value.slug == slug, refused.value
    assert refused.value.pointer == "/file"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*WHOLE.values()]), st.data())
def test_every_cut_is_noticed(whole: tuple[bytes, str], data: st.DataObject) -> None:
    content = whole[0].rstrip()
    place = data.draw(st.integers(0, len(content) - 1))
    if b"%%EOF" in content[:place]:
        return  # a document that was added to is whole up to each of its ends
    with pytest.raises(Invalid):
        media_type_of(content[:place])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([b"%PDF-1.7\n", b"\xff\xd8\xff", SIGNATURE, JPEG[:200], png()[:40]]), st.binary(max_size=300))
def test_no_garbage_is_more_than_refused(begin: bytes, rest: bytes) -> None:
    with pytest.raises(Invalid):
        media_type_of(begin + rest)


@pytest.mark.parametrize(
    ("told", "media_type", "kept"),
    [
        ("调取证据通知书.PDF", "application/pdf", "调取证据通知书.pdf"),
        ("../../etc/passwd.png", "image/png", "passwd.png"),
        ("C:\\Users\\x\\扫描 件(1).JPEG", "image/jpeg", "扫描 件(1).jpeg"),
        ("a\r\nSet-Cookie: x.pdf", "application/pdf", "aSet-Cookie_ x.pdf"),
        ("invoice\u202efdp.pdf", "application/pdf", "invoicefdp.pdf"),
        ("\0.pdf", "application/pdf", "附件.pdf"),
        (".pdf", "application/pdf", "附件.pdf"),
        ("con.pdf", "application/pdf", "_con.pdf"),
        ('<img src="x">.png', "image/png", "_img src=_x__.png"),
        ("e\u0301.pdf", "application/pdf", "é.pdf"),
    ],
)
def test_a_name_that_does_no_harm(told: str, media_type: str, kept: str) -> None:
    assert kept_name(told, media_type) == kept


@pytest.mark.parametrize("told", ["x.exe", "x", "x.png.exe", "", "x.pdf ", "x.pdf."])
def test_a_name_of_something_else(told: str) -> None:
    if told.strip(". ").endswith(".pdf"):
        assert kept_name(told, "application/pdf") == "x.pdf"
    else:
        with pytest.raises(Invalid, match="attachment-suffix"):
            kept_name(told, "application/pdf")


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_no_name_is_long_or_a_path(stem: str) -> None:
    kept = kept_name(f"{stem}.pdf", "application/pdf")
    assert kept.endswith(".pdf")
    assert len(kept.encode()) <= LONGEST_NAME + len("_.pdf")
    assert not set(kept) & set('/\\<>:"|?*\0\r\n')
    assert kept.isprintable() or all(it.isprintable() or it.isspace() for it in kept)
    assert not kept.startswith(".")
