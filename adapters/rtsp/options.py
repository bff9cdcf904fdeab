"""The options of a camera or recorder that speaks RTSP."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from string import Formatter
from typing import Annotated, Self
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, SecretStr, model_validator

from adapters.base import SourceAdapter
from adapters.web.addresses import NetworkText
from adapters.web.options import ZoneName
from broker.domain.time import TimeSpan

_LONGEST = 1000
_FIELDS = {"channel", "begin", "end"}
_FORMAT = re.compile(r"(?:[^%{}]|%[YmdHMSs])*", re.ASCII)


class RangeSyntax(StrEnum):
    """How the server is told which part of a recording to play."""

    CLOCK = "clock"
    NPT = "npt"
    NONE = "none"


def rtsp_address(text: str) -> str:
    """Return the template of an RTSP address.

    Raises:
        ValueError: it is none, or holds a password, or a field that there is not.
    """
    if not text.isprintable() or " " in text or "\\" in text or len(text) > _LONGEST:
        raise ValueError("is no address")
    for _, name, form, conversion in Formatter().parse(text):
        if name is not None and (name not in _FIELDS or conversion or not _FORMAT.fullmatch(form or "")):
            raise ValueError("holds a field other than {channel}, {begin:%Y%m%dT%H%M%S} and {end:...}")
        if name in {"begin", "end"} and not form:
            raise ValueError("{begin} and {end} need a format, such as {begin:%Y%m%dT%H%M%SZ}")
    try:
        parts = urlsplit(filled(text, "1", None, ZoneInfo("UTC")))
        _ = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    if parts.scheme not in {"rtsp", "rtsps"}:
        raise ValueError("must begin with rtsp:// or rtsps://")
    if "@" in parts.netloc:
        raise ValueError("must not hold a name or a password; there are options for them")
    if not parts.hostname or parts.fragment or "{" in urlsplit(text).netloc:
        raise ValueError("holds no host, or a field or a fragment where none may be")
    return text


def filled(template: str, channel: str, span: TimeSpan | None, zone: ZoneInfo) -> str:
    """Return the address of a channel and, where the template says so, of a span; the channel stays one word of it."""
    words = {"channel": quote(channel, safe="")}
    if span is None:
        template = re.sub(r"\{(?:begin|end):[^}]*\}", "", template)
        return template.format_map(words)
    last = span.end if span.end.microsecond == 0 else span.end + timedelta(seconds=1)
    return template.format(begin=span.begin.astimezone(zone), end=last.astimezone(zone), **words)


_Address = Annotated[str, AfterValidator(rtsp_address)]


class RtspOptions(SourceAdapter.Options):
    """Where the streams are, and how recordings are asked for where the server keeps some.

    Attributes:
        url: of what happens now, with `{channel}` in it where there are several.
        channels: the channels, each with what to call it; others do not exist.
        username: asked for by the server, as is `password`.
        replay_url: of recordings, perhaps with `{begin:FORMAT}` and `{end:FORMAT}`; without it nothing but now is had.
        range: how a recording's part is asked for.
        origin: the instant of the beginning of a recording that is played by `npt`.
        timezone: of times in `replay_url`.
        onvif_replay: the server replays as ONVIF says, and as fast as it can.
        range_is_exact: the server's answer is believed even where it only repeats the range it was asked for.
        keeps_hours: how far back recordings reach, where the server does not say it.
        sound: whether sound is kept.
        allow_addresses: networks (CIDR) that may be called although they are this machine's own or link-local.
        answer_seconds: how long an answer may take.
        silence_seconds: after how long without a packet a stream counts as ended.
    """

    url: _Address
    channels: dict[str, str] = Field(min_length=1)
    username: str = Field("", max_length=200)
    password: SecretStr = SecretStr("")
    replay_url: _Address | None = None
    range: RangeSyntax = RangeSyntax.CLOCK
    origin: AwareDatetime | None = None
    timezone: ZoneName = "UTC"
    onvif_replay: bool = False
    range_is_exact: bool = False
    keeps_hours: float | None = Field(None, gt=0, le=24 * 3650)
    sound: bool = True
    allow_addresses: tuple[NetworkText, ...] = Field((), max_length=20)
    answer_seconds: float = Field(10, ge=0.1, le=120)
    silence_seconds: float = Field(6, ge=0.1, le=120)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (
            self.range is RangeSyntax.NPT
            and self.replay_url
            and self.origin is None
            and "{begin:" not in self.replay_url
        ):
            raise ValueError("by npt, either an origin or {begin:...} in replay_url is needed")
        return self

    def begin_of(self, span: TimeSpan) -> datetime | None:
        """Return the instant of the beginning of what `replay_url` names for a span, where it names one."""
        if self.replay_url and "{begin:" in self.replay_url:
            return span.begin.replace(microsecond=0)  # addresses say whole seconds
        return self.origin
