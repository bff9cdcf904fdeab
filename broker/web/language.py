"""In which language a reader is answered: the one chosen in the console, else what the browser or program asks for."""

from fastapi import Request

from broker.locale import LANGUAGES, choose

COOKIE = "xueliang-language"
TAGS = {"zh_CN": "zh-CN", "en": "en"}
"""What a catalogue is called in HTTP and HTML (RFC 5646)."""


def language_of(request: Request) -> str:
    """Return the catalogue for the reader's language."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else choose(request.headers.get("accept-language"))
