"""What a device may answer, by our stand-in: nothing it says leads elsewhere, and nothing it says hangs."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from adapters.errors import (
    AdapterError,
    AddressRefused,
    ImpossibleAnswer,
    SourceFailed,
    SourceRedirects,
    SourceRefusesEntry,
)
from adapters.onvif import OnvifAdapter
from broker.domain.footage.media import ClipAsk
from broker.domain.time import TimeSpan
from tests.onvif.stand_in import Recorder
from tests.rtsp.conftest import BEGIN, RECORDED
from tests.rtsp.upstream import PASSWORD

_ENVELOPE = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>{body}</s:Body></s:Envelope>"
FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:ter='http://www.onvif.org/ver10/error'>"
    "{code}</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang='en'>no</s:Text></s:Reason></s:Fault>"
)


def adapter(address: str, **options: object) -> OnvifAdapter:
    usual: dict[str, object] = {
        "address": address,
        "username": "viewer",
        "password": PASSWORD,
        "allow_addresses": ["127.0.0.1/32"],
        "silence_seconds": 1,
        "answer_seconds": 2,
    }
    return OnvifAdapter.configured({**usual, **options})


def said(body: str) -> bytes:
    return _ENVELOPE.format(body=body).encode()


def test_a_recorder_is_searched_and_its_clock_is_measured(address: str, recorder: Recorder) -> None:
    recorder.ahead = timedelta(seconds=40)
    source = adapter(address)
    probe = source.probe()
    assert (probe.ok, probe.points, probe.detail) == (True, 1, "Example NVR-1 1.0 recordings=yes")
    assert probe.ahead is not None
    assert abs(probe.ahead - 40) <= 0.3
    assert [(it.channel, it.name) for it in source.points()] == [("rec-1", "学校东门")]
    assert recorder.asked.count("EndSearch") == 1


CODE = "99010201081320000001"


@pytest.mark.parametrize(
    ("scopes", "code"),
    [
        ([f"onvif://www.onvif.org/name/{CODE}"], CODE),
        (["onvif://www.onvif.org/hardware/NVR-1", f"onvif://www.onvif.org/location/gb/{CODE}"], CODE),
        (["onvif://www.onvif.org/name/99010201081180000001"], None),  # a recorder's own
        (["onvif://www.onvif.org/name/00010201081320000001"], None),  # no such division
        ([], None),
    ],
)
def test_a_device_of_one_channel_tells_its_code_and_its_number(
    address: str, recorder: Recorder, scopes: list[str], code: str | None
) -> None:
    recorder.scopes = scopes
    (point,) = adapter(address).points()
    assert (point.gb_code, point.vendor_id) == (code, "SN-1")


def test_a_device_that_tells_neither_lists_its_channels(address: str, recorder: Recorder) -> None:
    fault = said(FAULT.format(code="ter:ActionNotSupported"))
    recorder.raw |= {"GetScopes": (500, fault), "GetDeviceInformation": (500, fault)}
    (point,) = adapter(address).points()
    assert (point.channel, point.gb_code, point.vendor_id) == ("rec-1", None, None)


def test_passwords_are_good_by_the_clock_of_the_device(address: str, recorder: Recorder) -> None:
    recorder.ahead = timedelta(hours=3)
    adapter(address).points()
    body = next(body for name, body in zip(recorder.asked, recorder.bodies, strict=True) if name == "FindRecordings")
    assert PASSWORD.encode() not in body
    token = {it.tag.rpartition("}")[2]: it.text or "" for it in ET.fromstring(body).iter()}  # noqa: S314 - our own
    proof = base64.b64decode(token["Nonce"]) + token["Created"].encode() + PASSWORD.encode()
    assert token["Password"] == base64.b64encode(hashlib.sha1(proof, usedforsecurity=False).digest()).decode()
    assert token["Created"][:13] == f"{recorder.now():%Y-%m-%dT%H}"


def test_the_time_is_asked_for_without_a_password(address: str, recorder: Recorder) -> None:
    adapter(address).points()
    assert recorder.asked[0] == "GetSystemDateAndTime"
    assert b"UsernameToken" not in recorder.bodies[0]


def test_hosts_that_a_device_names_are_not_called(address: str, recorder: Recorder, tmp_path: Path) -> None:
    """The stand-in names 192.0.2.77 everywhere; the recording comes from its own host all the same."""
    span = TimeSpan(BEGIN + timedelta(seconds=2), BEGIN + timedelta(seconds=4))
    assert "192.0.2.77" in recorder.replay_url
    assert adapter(address).clip(ClipAsk("rec-1", span), tmp_path, lambda _: None).missing == ()


def test_a_host_that_is_allowed_still_passes_the_gate(address: str, recorder: Recorder, tmp_path: Path) -> None:
    recorder.replay_url = "rtsp://169.254.169.254/latest"
    source = adapter(address, media_hosts=["169.254.169.254"])
    with pytest.raises(AddressRefused):
        source.clip(ClipAsk("rec-1", RECORDED), tmp_path, lambda _: None)


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1/x", "file:///etc/passwd", "rtsp://", "", "rtsp://a b/", "rtsp://[x/"]
)
def test_an_address_that_is_none_is_refused(uri: str, address: str, recorder: Recorder, tmp_path: Path) -> None:
    recorder.replay_url = uri
    with pytest.raises(ImpossibleAnswer):
        adapter(address).clip(ClipAsk("rec-1", RECORDED), tmp_path, lambda _: None)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + said("&a;"), ImpossibleAnswer),
        (200, b"<html>Please log in</html>", ImpossibleAnswer),
        (200, b"\xff\xfe not xml", ImpossibleAnswer),
        (200, said(""), ImpossibleAnswer),
        (200, said("<a/>" * 1_200_000), ImpossibleAnswer),
        (200, said("<a>" * 100_000 + "</a>" * 100_000), ImpossibleAnswer),
        (302, b"elsewhere", SourceRedirects),
        (401, b"who?", SourceRefusesEntry),
        (400, said(FAULT.format(code="ter:NotAuthorized")), SourceRefusesEntry),
        (500, said(FAULT.format(code="ter:Action")), SourceFailed),
    ],
    ids=["DTD", "a page", "no XML", "nothing", "endless", "deep", "redirect", "401", "not authorized", "fault"],
)
def test_bad_soap_is_an_error_like_others(
    status: int, body: bytes, error: type[AdapterError], address: str, recorder: Recorder
) -> None:
    recorder.raw["GetServices"] = (status, body)
    with pytest.raises(error) as caught:
        adapter(address).points()
    assert PASSWORD not in f"{caught.value!r}{caught.value}"


def test_a_search_that_never_ends_is_given_up(
    address: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.onvif.device._MOST_PAGES", 5)
    recorder.state = "Searching"
    with pytest.raises(ImpossibleAnswer):
        adapter(address).points()
    assert recorder.asked[-1] == "EndSearch"


def test_the_device_itself_passes_the_gate(address: str, recorder: Recorder) -> None:
    with pytest.raises(AddressRefused):
        adapter(address, allow_addresses=[]).points()
    assert recorder.asked == []
