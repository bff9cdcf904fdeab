"""What an ONVIF device offers, as plain values: clock, profiles, recordings, addresses of streams."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from adapters.errors import AdapterError, ImpossibleAnswer
from broker.domain.catalog.gb_code import parse
from broker.domain.errors import Invalid

if TYPE_CHECKING:
    from adapters.onvif.soap import Soap

_MOST_RECORDINGS, _PAGE, _MOST_PAGES = 10_000, 100, 200
_LONGEST_TEXT = 200
_MOST_SCOPES = 100
_TURN_SECONDS, _TURN_STEP = 1.3, 0.08
_SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


@dataclass(frozen=True)
class Profile:
    """A stream that shows what happens now; `lens` names the source of its pictures."""

    token: str
    name: str
    lens: str = ""


@dataclass(frozen=True)
class Recording:
    """What was recorded of one source: from `begin`, to `end` or, where that is None, until now."""

    token: str
    name: str
    begin: datetime
    end: datetime | None


class Device:
    """One device.

    Args:
        soap: asks it.
        host: the device's own, which stands in for whatever host it names in addresses.
        others: hosts that it may name besides.
    """

    def __init__(self, soap: "Soap", host: str, others: tuple[str, ...] = ()) -> None:
        self._soap, self._host, self._others = soap, host, others

    def ahead(self) -> timedelta | None:
        """Return how far its clock is ahead of ours, None where it does not say. Every further question knows it.

        Devices say whole seconds; so it is asked until the second turns.
        """
        first = turned = self._clock()
        began = asked = time.monotonic()
        while first and turned == first and time.monotonic() - began < _TURN_SECONDS:
            time.sleep(_TURN_STEP)
            asked = time.monotonic()
            turned = self._clock()
        # The second turned somewhere between the question before and this answer; the middle of this one is nearest.
        return self._known(turned, timedelta(seconds=(time.monotonic() - asked) / 2))

    def learn_clock(self) -> None:
        """Learn its clock to the second, which is enough for a password that is good for minutes."""
        self._known(self._clock())

    def _known(self, told: datetime | None, since: timedelta = timedelta(0)) -> timedelta | None:
        ahead = told - (datetime.now(UTC) - since) if told else None
        self._soap.set_clock(ahead or timedelta(0))
        return ahead

    def name(self) -> str:
        """Return manufacturer, model and firmware."""
        told = self._soap.call("device", "GetDeviceInformation")
        words = (getattr(told, it, None) for it in ("Manufacturer", "Model", "FirmwareVersion"))
        return " ".join(_text(it) for it in words if it)

    @cached_property
    def identity(self) -> tuple[str | None, str]:
        """The code of GB/T 28181 that one of its scopes ends in, and its serial number, as far as it tells them.

        A recorder has a code too, of another type than a camera: that is none for a channel.
        """
        code, serial = None, ""
        with suppress(AdapterError):
            serial = _text(getattr(self._soap.call("device", "GetDeviceInformation"), "SerialNumber", None))
        with suppress(AdapterError):
            for scope in (self._soap.call("device", "GetScopes") or ())[:_MOST_SCOPES]:
                ends = unquote(_text(getattr(scope, "ScopeItem", ""))).rpartition("/")[2]
                with suppress(Invalid):
                    code = code or str(parse(ends))
        return code, serial

    @property
    def only_channel(self) -> str | None:
        """The channel that is the device itself: its one recording, or the first stream of its one lens."""
        if self.records:
            return next(iter(self.recordings)) if len(self.recordings) == 1 else None
        lenses = {it.lens for it in self.profiles.values()}
        return next(iter(self.profiles)) if len(lenses) == 1 and "" not in lenses else None

    @property
    def records(self) -> bool:
        """Whether its recordings can be searched and replayed."""
        return self._soap.offers("search") and self._soap.offers("replay")

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """Its live streams by token."""
        told = self._soap.call("media", "GetProfiles") or []
        found = (Profile(_text(it.token), _text(it.Name or it.token), _lens(it)) for it in told[:_MOST_RECORDINGS])
        return {it.token: it for it in found if it.token}

    @cached_property
    def recordings(self) -> dict[str, Recording]:
        """Its recordings by token."""
        return {it.token: it for it in self._searched()}

    def stream_address(self, profile: str) -> str:
        """Return the address of a live stream."""
        told = self._soap.call("media", "GetStreamUri", StreamSetup=_SETUP, ProfileToken=profile)
        return self._own(told.Uri, {"rtsp", "rtsps"})

    def picture_address(self, profile: str) -> str:
        """Return the path of the live picture on the device's own web server."""
        told = self._soap.call("media", "GetSnapshotUri", ProfileToken=profile)
        parts = urlsplit(self._own(told.Uri, {"http", "https"}))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def replay_address(self, recording: str) -> str:
        """Return the address at which a recording is replayed."""
        told = self._soap.call("replay", "GetReplayUri", StreamSetup=_SETUP, RecordingToken=recording)
        return self._own(told, {"rtsp", "rtsps"})

    def _clock(self) -> datetime | None:
        told = self._soap.call_unsigned("device", "GetSystemDateAndTime")
        now = getattr(told, "UTCDateTime", None)
        if now is None or now.Date is None or now.Time is None:
            return None
        try:
            date, hour = now.Date, now.Time
            return datetime(date.Year, date.Month, date.Day, hour.Hour, hour.Minute, min(hour.Second, 59), tzinfo=UTC)
        except (TypeError, ValueError, OverflowError):
            return None

    def _searched(self) -> Iterator[Recording]:
        """Search for all recordings, page by page, and tell the device when no more are wanted."""
        search = self._soap.call("search", "FindRecordings", Scope={}, KeepAliveTime="PT30S")
        count = 0
        try:
            for _ in range(_MOST_PAGES):
                arguments = {"SearchToken": search, "MinResults": 1, "MaxResults": _PAGE, "WaitTime": "PT5S"}
                told = self._soap.call("search", "GetRecordingSearchResults", **arguments)
                for it in told.RecordingInformation or ():
                    count += 1
                    recording = self._recording(it)
                    if recording is not None:
                        yield recording
                if told.SearchState == "Completed":
                    return
                if count > _MOST_RECORDINGS:
                    break
            raise ImpossibleAnswer(where=self._soap.where, problem="endless search")
        finally:
            with suppress(AdapterError):  # it ends by itself, later
                self._soap.call("search", "EndSearch", SearchToken=search)

    def _recording(self, told: Any) -> Recording | None:
        """Return a recording; None for one without video or without a beginning."""
        tracks = [it for it in told.Track or () if it.TrackType == "Video"]
        if told.Track and not tracks:
            return None
        begins = [told.EarliestRecording] if told.EarliestRecording else [it.DataFrom for it in tracks]
        ends = [told.LatestRecording] if told.LatestRecording else [it.DataTo for it in tracks]
        begin = min((_utc(it) for it in begins if isinstance(it, datetime)), default=None)
        if begin is None or not told.RecordingToken:
            return None
        end = max((_utc(it) for it in ends if isinstance(it, datetime)), default=None)
        if told.RecordingStatus == "Recording":
            end = None
        name = told.Source.Name if told.Source else ""
        token = _text(told.RecordingToken)
        return Recording(token, _text(name) or token, begin, end)

    def _own(self, address: object, schemes: set[str]) -> str:
        """Return an address that the device told, at the device itself whatever host it names.

        Recorders behind a translation of addresses name hosts that exist only behind it, and one that was taken over
        names whatever it likes. Names and passwords in it are dropped.

        Raises:
            ImpossibleAnswer: it is none.
        """
        text = str(address or "")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            host, port, parts = "", None, urlsplit("")
        if parts.scheme not in schemes or not host or not text.isprintable() or " " in text or len(text) > 1000:  # noqa: PLR2004
            raise ImpossibleAnswer(where=self._soap.where, problem="address")
        host = host if host in self._others else self._host
        place = f"[{host}]" if ":" in host else host
        return urlunsplit((parts.scheme, f"{place}:{port}" if port else place, parts.path, parts.query, ""))


def _lens(profile: Any) -> str:
    return _text(getattr(getattr(profile, "VideoSourceConfiguration", None), "SourceToken", ""))


def _text(told: object) -> str:
    return "".join(it for it in str(told or "")[:_LONGEST_TEXT] if it.isprintable()).strip()


def _utc(instant: datetime) -> datetime:
    """Return the instant in UTC, which is what a device means that says no zone."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
