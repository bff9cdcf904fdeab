"""What a body is by its first bytes; names and types that servers give are not believed."""

ENOUGH = 512
_MATROSKA, _FLV, _ASF = b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"
_BOXES = {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"free", b"skip", b"wide"}
_PROGRAM_STREAM = b"\x00\x00\x01\xba"
_PACKET = 188  # of an MPEG transport stream
_SYNC = 0x47
_TELLING = 40


def is_video(head: bytes) -> bool:
    """Say whether a body that begins so may be a video file."""
    if head[4:8] in _BOXES or head.startswith((_MATROSKA, _FLV, _ASF, _PROGRAM_STREAM)):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return True
    return len(head) > _PACKET and head[0] == _SYNC and head[_PACKET] == _SYNC


def is_picture(head: bytes) -> bool:
    """Say whether a body that begins so may be a JPEG or a PNG."""
    return head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def is_page(head: bytes) -> bool:
    """Say whether this is a web page, which is what servers send to those whom they want to log in."""
    return head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html", b"<head", b"<script"))


def kind(content_type: str, head: bytes) -> str:
    """Name what came, in few letters and without anything of the content but its first bytes."""
    told = content_type.split(";", maxsplit=1)[0].strip().lower()
    if told and told.isascii() and told.isprintable() and len(told) <= _TELLING:
        return told
    return "text/html" if is_page(head) else f"0x{head[:8].hex()}"
