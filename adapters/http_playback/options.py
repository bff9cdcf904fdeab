"""The options of a playback server; the defaults are those of MediaMTX."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from adapters.http_playback.templates import GetTemplate, ListTemplate
from adapters.options import Codes, VendorIds
from adapters.web.options import WebOptions, ZoneName

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_POINTER = re.compile(r"(/[^/]{1,60}){0,6}")
_TIMES = {"rfc3339", "unix", "unix-ms"}
_WHOLE_DAY = ("%Y", "%m", "%d", "%H", "%M", "%S")


def _pointer(text: str) -> str:
    if not _POINTER.fullmatch(text):
        raise ValueError("is no JSON pointer")
    return text


def _time_format(text: str) -> str:
    if text not in _TIMES and not all(part in text for part in _WHOLE_DAY):
        raise ValueError("is rfc3339, unix, unix-ms or a pattern with %Y %m %d %H %M %S")
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("is no header")
    return text


Pointer = Annotated[str, AfterValidator(_pointer)]


class Auth(StrEnum):
    """How requests are signed."""

    NONE = "none"
    BASIC = "basic"
    DIGEST = "digest"
    BEARER = "bearer"


class Surplus(StrEnum):
    """Where the rest lies when more comes than was asked for."""

    REFUSE = "refuse"  # nobody knows; the file is not used
    FRONT = "front"  # the server goes back to a key frame, and its file begins there
    BACK = "back"  # the server goes on to the end of a group of pictures or of a file


class Listing(BaseModel):
    """How recordings are listed.

    Attributes:
        path: asked for, after the address.
        recordings: JSON pointer of the list in the answer.
        start: of the beginning of a recording, in its entry.
        end: of its end; null where there is a duration.
        duration: of its length in seconds.
        milliseconds: whether lengths are in milliseconds.
        channel: of the channel an entry is of, where it says so; entries of others are passed over.
        first_page: the number of the first page, where the path has the field {page}.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: ListTemplate = "/list?path={channel}&start={start}&end={end}"
    recordings: Pointer = ""
    start: Pointer = "/start"
    end: Pointer | None = None
    duration: Pointer | None = "/duration"
    milliseconds: bool = False
    channel: Pointer | None = None
    first_page: int = Field(default=1, ge=0, le=1)

    @model_validator(mode="after")
    def _says_when_it_ends(self) -> Self:
        if self.end is None and self.duration is None:
            raise ValueError("needs end or duration")
        return self


class HttpPlaybackOptions(WebOptions):
    """A server, its channels, and how it is talked with.

    Attributes:
        channels: what the server has, and what to call it: `{"cam1": "学校东门"}`.
        codes: of GB/T 28181, by channel; `vendor_ids` what the maker knows them by.
        listing: how recordings are listed.
        media: the path of a part of a recording.
        times: how instants are written: `rfc3339`, `unix`, `unix-ms`, or a pattern of strftime.
        timezone: of times that state none.
        lead_seconds: how much more is asked for at both ends: servers cut at key frames.
        longest_seconds: no more than this is asked for at once.
        surplus: where the rest lies when more comes than was asked for.
        headers: what headers of media must hold, such as the channel: `{"content-disposition": "{channel}"}`.
        auth: how requests are signed.
        token: for `bearer`.
    """

    channels: dict[str, str] = Field(min_length=1, max_length=10_000)
    codes: Codes = Field(default_factory=dict)
    vendor_ids: VendorIds = Field(default_factory=dict)
    listing: Listing = Listing()
    media: GetTemplate = "/get?path={channel}&start={start}&duration={duration}&format=mp4"
    times: Annotated[str, AfterValidator(_time_format)] = "rfc3339"
    timezone: ZoneName = "UTC"
    lead_seconds: float = Field(default=10, ge=0.5, le=60)
    longest_seconds: float = Field(default=300, ge=10, le=7200)
    surplus: Surplus = Surplus.REFUSE
    headers: dict[Annotated[str, AfterValidator(_header)], str] = Field(default={}, max_length=10)
    auth: Auth = Auth.NONE
    token: SecretStr = SecretStr("")
