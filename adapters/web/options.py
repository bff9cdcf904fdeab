"""What sources on web servers have in common: where they are, who we are there and which machines may be called."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr

from adapters.base import SourceAdapter
from adapters.web.addresses import NetworkText, ServerAddress
from adapters.web.client import Patience
from adapters.web.gate import Gate


def zone_name(text: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone") from None
    return text


ZoneName = Annotated[str, AfterValidator(zone_name)]


class WebOptions(SourceAdapter.Options):
    """Options of every source on a web server.

    Attributes:
        address: of the server, with the path where its interface begins.
        username: who we are there; empty where nobody needs to be anybody.
        password: of that user.
        allow_addresses: networks (CIDR) that may be called although they are this machine's own or link-local.
        certificates: path of a file with certificates that are trusted for it besides the usual ones.
        silence_seconds: how long the server may say nothing.
        answer_seconds: how long it may take to answer at all.
    """

    address: ServerAddress
    username: str = Field(default="", max_length=200)
    password: SecretStr = SecretStr("")
    allow_addresses: tuple[NetworkText, ...] = Field(default=(), max_length=20)
    certificates: str | None = None
    silence_seconds: float = Field(default=10, ge=0.2, le=120)
    answer_seconds: float = Field(default=30, ge=0.5, le=600)

    @property
    def gate(self) -> Gate:
        return Gate.opening(self.allow_addresses)

    @property
    def patience(self) -> Patience:
        return Patience(self.silence_seconds, self.answer_seconds)
