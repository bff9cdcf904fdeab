"""The wizard by a person without script, from a blank request to one that is handed in."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from broker.bootstrap import Broker, operator
from broker.domain.sources.recordings import spoken
from broker.domain.time import TimeSpan
from tests.city import City
from tests.services.papers import pdf
from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.door import Door
from tests.web.steps import bind, draft, granted, submitted

MATTER = {
    "basis": "administrative", "matter": "environment", "case_number": "东环罚〔2026〕12号",
    "reason": "夜间倾倒渣土，需核对车辆进出时间",
}  # fmt: skip
HOUSE = ZoneInfo("Asia/Shanghai")
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).astimezone(HOUSE).strftime("%Y-%m-%d")
WHEN = datetime.fromisoformat(f"{YESTERDAY}T10:00").replace(tzinfo=HOUSE)
HOUR = timedelta(hours=1)
BEGIN, END = f"{YESTERDAY}T10:00", f"{YESTERDAY}T11:30"


def begun(asker: Person) -> tuple[str, Page]:
    """Begin a request; return where its wizard stands, and the first page."""
    page = asker.press(asker.get("/requests"), "/requests/new")
    path = page.answer.url.path
    assert path.endswith("/apply/matter"), page.text
    return path.removesuffix("/matter"), page


def step(page: Page) -> str:
    return page.answer.url.path.rpartition("/")[2]


def test_from_blank_to_submitted(enter: Enter, plain_door: Door, city: City) -> None:
    asker = enter("asker")
    base, page = begun(asker)
    page = asker.press(page, f"{base}/matter", **MATTER, do="cameras")
    assert step(page) == "cameras", page.text
    first, second, third = (str(camera.id) for camera in city.cameras_of("dh-cg"))
    page = asker.send(f"{base}/cameras", ticking(page, camera=[first, second], do="times"))
    assert step(page) == "times", page.text
    page = asker.press(page, f"{base}/times", begin=BEGIN, end=END, do="terms")
    assert step(page) == "terms", page.text
    page = asker.press(page, f"{base}/terms", investigator="looker", action_=["clip"], valid_days="3", do="check")
    assert step(page) == "check", page.text
    assert "Nothing is missing" in page.text, page.text
    assert "东河区综治中心" in page.text
    page = asker.press(page, f"{base}/check")
    key = page.answer.url.path.rpartition("/")[2]
    request = plain_door["asker"].get(f"/access-requests/{key}")
    assert request["state"] == "CENTER_REVIEW"
    assert [line["camera"]["id"] for line in request["lines"]] == sorted([first, second])
    assert request["purpose"] == MATTER
    assert request["terms"]["actions"] == ["clip"]
    assert request["terms"]["valid_days"] == 3
    assert [it["login"] for it in request["investigators"]] == ["looker"]
    assert third not in str(request)
    assert "handed in or has ended" in asker.get(f"{base}/matter").text


def test_bad_input_of_every_step_is_told_beside_its_field_and_kept(enter: Enter) -> None:
    asker = enter("asker")
    base, page = begun(asker)
    wrong = {
        **MATTER,
        "case_number": "whatever",
        "reason": "工作需要",
        "longitude": "east",
        "place": "桥头",
        "urgent": "yes",
    }
    page = asker.press(page, f"{base}/matter", **wrong, do="cameras")
    assert page.status == 422
    assert marked(page) == {"longitude", "latitude"}
    page = asker.press(page, f"{base}/matter", longitude="", latitude="", place="", do="cameras")
    assert page.status == 422
    assert marked(page) == {"case_number", "reason"}
    again = asker.get(f"{base}/matter").form(f"{base}/matter").filled({})
    assert (again["case_number"], again["reason"], again["urgent"]) == (["whatever"], ["工作需要"], ["yes"])

    page = asker.press(
        asker.get(f"{base}/cameras"), f"{base}/cameras", do="around", longitude="104", latitude="", metres="x"
    )
    page = asker.send(f"{base}/cameras", around(page, longitude="104.5", latitude="north", metres="100"))
    assert (page.status, marked(page)) == (422, {"latitude"})
    assert around(page)["longitude"] == ["104.5"]
    page = asker.send(f"{base}/cameras", around(page, latitude="1", metres="100"))
    assert page.status == 422
    assert "no points there" in page.text

    page = asker.press(asker.get(f"{base}/times"), f"{base}/times", begin="soon", end="", do="terms")
    assert page.status == 422
    assert marked(page) == {"end"}
    page = asker.press(page, f"{base}/times", begin="soon", end=END, do="terms")
    assert (page.status, marked(page)) == (422, {"begin"})
    assert page.form(f"{base}/times").filled({})["begin"] == ["soon"]
    assert asker.press(page, f"{base}/times", begin=END, end=BEGIN, do="terms").status == 422

    bad: dict[str, str | list[str]] = {"valid_days": "soon", "minutes": "-3", "gigabytes": "many"}
    bad |= {"action_": [], "investigator": []}
    page = asker.press(asker.get(f"{base}/terms"), f"{base}/terms", **bad, do="check")
    assert (page.status, marked(page)) == (422, {"valid_days", "minutes", "gigabytes"})
    assert "investigator" in page.text
    assert page.form(f"{base}/terms").filled({})["gigabytes"] == ["many"]
    page = asker.press(page, f"{base}/terms", valid_days="2", minutes="1.5", gigabytes="1", do="check")
    assert page.status == 422
    assert "Choose at least one action" in page.text

    page = asker.get(f"{base}/check")
    assert {f"{base}/matter", f"{base}/terms"} <= set(page.links)
    refused = asker.press(page, f"{base}/check")
    assert refused.status == 422


def test_what_is_typed_is_kept_while_it_is_typed(enter: Enter) -> None:
    asker = enter("asker")
    base, page = begun(asker)
    fields = page.form(f"{base}/matter").filled({"reason": "half a sentence", "basis": "nonsense"})
    assert asker.send(f"{base}/matter/typed", fields).status == 204
    kept = asker.get(f"{base}/matter").form(f"{base}/matter").filled({})
    assert kept["reason"] == ["half a sentence"]
    for step_, name, typed in (("times", "begin", "2026-11"), ("terms", "valid_days", "x")):
        fields = asker.get(f"{base}/{step_}").form(f"{base}/{step_}").filled({name: typed})
        assert asker.send(f"{base}/{step_}/typed", fields).status == 204
        assert asker.get(f"{base}/{step_}").form(f"{base}/{step_}").filled({})[name] == [typed]
    long = page.form(f"{base}/matter").filled({"reason": "x" * 9000})
    page = asker.send(f"{base}/matter", long)
    assert (page.status, page.form(f"{base}/matter").filled({})["reason"]) == (422, ["x" * 9000])


def test_list_and_map_share_one_selection(enter: Enter, city: City) -> None:
    asker = enter("asker")
    base, _ = begun(asker)
    place = f"{base}/cameras"
    one, two, three = (str(camera.id) for camera in city.cameras_of("dh-cg"))
    page = asker.send(f"{place}?text=dh-cg", ticking(asker.get(f"{place}?text=dh-cg"), camera=[one]))
    assert picked(page) == {one}
    tokens = {"csrf": ticking(page)["csrf"]}

    def click(**sent: str) -> Page:
        return asker.send(place, {**tokens, "do": ["map"], **{name: [value] for name, value in sent.items()}})

    assert picked(click(camera=two)) == {one, two}
    assert picked(click(camera=one)) == {two}
    area = '{"type": "circle", "centre": [104.02, 30.62], "metres": 50}'
    assert picked(click(area=area)) >= {two, three}
    drawn = asker.client.get(f"{place}.geojson").json()
    assert {it["id"] for it in drawn["features"]} == picked(asker.get(f"{place}?picked=true"))
    assert click(area="{").status == 422
    assert "no points there" in click(area='{"type": "box", "bounds": [1, 1, 2, 2]}').text
    everything = asker.send(place, around(asker.get(place), longitude="104", latitude="30.6", metres="90000"))
    assert len(picked(everything)) == 7
    page = asker.get(f"{place}?text=dh-cg")
    assert picked(asker.send(f"{place}?text=dh-cg", ticking(page, do="not-page"))) == set()
    assert len(picked(asker.get(f"{place}?picked=true"))) == 4
    assert len(picked(asker.send(f"{place}?text=dh-cg", ticking(page, do="page")))) == 3
    assert "7 points picked" in asker.send(place, ticking(asker.get(place), do="found")).text
    assert "0 points picked" in asker.send(place, ticking(page, do="none")).text
    assert asker.get(f"{place}?text=&division=&class=&status=on").answer.url.query == b"status=on"
    assert click(camera="01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00").status == 422
    assert click(camera="x").status == 422


def test_a_point_may_have_spans_of_its_own(enter: Enter, plain_door: Door, city: City) -> None:
    asker = enter("asker")
    base, _ = begun(asker)
    one, two = (str(camera.id) for camera in city.cameras_of("dh-jt"))
    asker.send(f"{base}/cameras", ticking(asker.get(f"{base}/cameras"), camera=[one, two]))
    asker.press(asker.get(f"{base}/times"), f"{base}/times", begin=BEGIN, end=END)
    place = f"{base}/times?camera={one}"
    page = asker.press(asker.get(place), place, begin=[BEGIN, f"{YESTERDAY}T15:00"], end=[END, ""], do="times")
    assert (page.status, marked(page)) == (422, {"end"})
    page = asker.press(page, place, begin=[f"{YESTERDAY}T15:00:30", ""], end=[f"{YESTERDAY}T16:00", ""], do="times")
    assert (page.status, page.answer.url.path) == (200, f"{base}/times")
    assert f"{YESTERDAY} 15:00:30" in page.text
    assert "As all points" in page.text
    asker.press(asker.get(f"{base}/matter"), f"{base}/matter", **MATTER)
    page = asker.press(asker.get(f"{base}/terms"), f"{base}/terms", investigator="looker", do="check")
    key = asker.press(page, f"{base}/check").answer.url.path.rpartition("/")[2]
    lines = plain_door["asker"].get(f"/access-requests/{key}")["lines"]
    seconds = {line["camera"]["id"]: span_seconds(line) for line in lines}
    assert seconds == {one: 3570.0, two: 5400.0}
    assert asker.get(f"{base}/times?camera={UUID(int=5)}").status == 200  # handed in: sent to the request


def test_a_stranger_neither_sees_nor_changes_a_draft(enter: Enter, city: City) -> None:
    asker = enter("asker")
    base, _ = begun(asker)
    camera = str(city.cameras_of("dh-cg")[0].id)
    for login in ("stranger", "owner.cg", "center.dh"):
        other = enter(login)
        csrf = other.get("/account").form("/sign-out").filled({})["csrf"]
        for path in ("matter", "cameras", "times", "terms", "check", "cameras.geojson"):
            assert other.get(f"{base}/{path}").status == 404, path
        for path in ("matter", "matter/typed", "cameras", "times", "times/typed", "terms", "terms/typed", "check"):
            sent = {"csrf": csrf, "reason": ["mine"], "camera": [camera], "begin": ["x"], "do": ["map"]}
            assert other.send(f"{base}/{path}", sent).status == 404, path
    assert asker.get(f"{base}/matter").form(f"{base}/matter").filled({})["reason"] == [""]
    assert picked(asker.get(f"{base}/cameras")) == set()
    assert not enter("center.dh").get("/requests").has_form("/requests/new")


def test_a_return_is_answered_in_the_wizard(enter: Enter, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city, "dh-cg")
    base = f"/requests/{request['id']}/apply"
    body = {
        "revision": 1,
        "comment": "补充案号",
        "remarks": {"/purpose/case_number": "文号不全", "/lines/0/end": "太长"},
    }
    plain_door["center.dh"].post(f"/access-requests/{request['id']}/return", body)
    asker = enter("asker")
    assert f"{base}/matter" in asker.get(f"/requests/{request['id']}").links
    page = asker.get(f"{base}/matter")
    assert "补充案号" in page.text
    assert "文号不全" in page.text
    page = asker.press(page, f"{base}/matter", case_number="东环罚〔2026〕13号", do="check")
    assert "Nothing is missing" in page.text, page.text
    asker.press(page, f"{base}/check")
    found = plain_door["asker"].get(f"/access-requests/{request['id']}")
    assert (found["state"], found["revision"]) == ("CENTER_REVIEW", 2)
    assert found["purpose"]["case_number"] == "东环罚〔2026〕13号"
    assert found["lines"] == request["lines"]


def test_a_grant_is_renewed_and_a_request_made_again(enter: Enter, plain_door: Door, city: City) -> None:
    grant = granted(plain_door, city)
    asker = enter("asker")
    page = asker.get(f"/requests/{grant['request']}")
    renewal = asker.press(page, f"/grants/{grant['id']}/renew")
    base = renewal.answer.url.path.removesuffix("/matter")
    assert "renews a grant" in renewal.text
    page = asker.get(f"{base}/check")
    assert "Nothing is missing" in page.text, page.text
    page = asker.press(asker.get(f"{base}/terms"), f"{base}/terms", valid_days="30", do="check")
    assert f"{base}/terms" in [link for link in page.links if "Mend" in page.text and link.endswith("/terms")]
    assert not asker.get(f"/requests/{grant['request']}").has_form(f"/grants/{grant['id']}/renew")
    again = asker.press(asker.get(f"/requests/{grant['request']}"), f"/requests/{grant['request']}/again")
    base = again.answer.url.path.removesuffix("/matter")
    assert "renews a grant" not in again.text
    assert len(picked(asker.get(f"{base}/cameras?picked=true"))) == 3
    assert enter("looker").send(f"/grants/{grant['id']}/renew", {}).status in {401, 403, 422}


def test_the_page_of_a_request_sends_what_was_typed(enter: Enter, plain_door: Door, broker: Broker, city: City) -> None:
    """Not what was handed over last: the one button and the other mean the same."""
    for typed, events in (({}, ["drafted", "submitted"]), ({"urgent": "yes"}, ["drafted", "edited", "submitted"])):
        request = draft(plain_door, city, "dh-cg", "dh-jt")
        place, asker = f"/requests/{request['id']}", enter("asker")
        if typed:
            fields = asker.get(f"{place}/apply/matter").form(f"{place}/apply/matter").filled(typed)
            assert asker.send(f"{place}/apply/matter/typed", fields).status == 204
        asker.press(asker.get(place), f"{place}/submit")
        assert plain_door["asker"].get(f"/access-requests/{request['id']}")["urgent"] is bool(typed)
        with broker.work() as work:
            kinds = [event.kind for event in work.audit.stream(f"access_request/{request['id']}")]
        assert kinds == [f"access_request:{kind}" for kind in events]


def test_what_a_source_has_stands_beside_the_times(
    enter: Enter, plain_door: Door, broker: Broker, city: City, tmp_path: Path
) -> None:
    bind(broker, city, str(tmp_path))
    camera = broker.finding.named(operator("tests"), [city.cameras_of("dh-cg")[0].id])[0]
    asked, recorded = TimeSpan(WHEN - 3 * HOUR, WHEN + 6 * HOUR), TimeSpan(WHEN, WHEN + HOUR)
    with broker.work() as work:
        answer = spoken(asked, (recorded,), work.now)
        assert answer is not None
        work.recordings.keep([(camera, answer)])
        work.commit(broker.policy.note(operator("tests"), "tests"))
    request = draft(plain_door, city, "dh-cg")
    place = f"/requests/{request['id']}/apply/times"
    asker = enter("asker")
    page = asker.press(asker.get(place), place, begin=BEGIN, end=END, do="times")
    parts = [given for _, given in page.tags if given.get("data-part")]
    assert [it["data-begin"] for it in parts if it["data-part"] == "recorded"] == [WHEN.astimezone(UTC).isoformat()]
    assert len([it for it in parts if it["data-part"] == "missing"]) == 2
    assert page.text.count("Not asked yet") == 2
    page = asker.press(page, place, do="ask")
    assert page.text.count("Not asked yet") == 0
    assert page.text.count("The source has no channel") == 2


def test_papers_are_attached_and_taken_back(enter: Enter) -> None:
    asker = enter("asker")
    base, page = begun(asker)
    fields = page.form(f"{base}/papers").filled({})
    headers = {"Origin": asker.url, "Sec-Fetch-Site": "same-origin"}

    def attach(name: str, content: bytes) -> Page:
        files = {"file": (name, content)}
        data = {name: value for name, value in fields.items() if name != "file"} | {"once": [str(uuid4())]}
        return Page(asker.client.post(f"{base}/papers", data=data, files=files, headers=headers))

    assert attach("x.exe", b"MZ").status == 422
    page = attach("令.pdf", pdf())
    assert "令.pdf" in page.text
    (removal,) = [form.action for form in page.forms if form.action.endswith("/remove")]
    page = asker.press(page, removal)
    assert "令.pdf" not in page.text


def test_who_has_a_request_now_and_for_how_long(enter: Enter, plain_door: Door, city: City) -> None:
    submitted(plain_door, city, "dh-cg")
    listed = enter("asker").get("/requests").text
    assert "东河区综治中心" in listed
    assert re.search(r"for \d+ min \d+ s", listed)


def marked(page: Page) -> set[str]:
    """Return the fields that are marked as wrong."""
    return {given["name"] for _, given in page.tags if given.get("aria-invalid") == "true"}


def picked(page: Page) -> set[str]:
    """Return the points that are ticked on a page."""
    return {
        given["value"]
        for tag, given in page.tags
        if tag == "input" and given.get("name") == "camera" and "checked" in given
    }


def around(page: Page, **typed: str) -> dict[str, list[str]]:
    """Return what the form for a spot and a radius sends."""
    (form,) = [it for it in page.forms if ("do", "around") in it.fields]
    return form.filled(typed)


def ticking(page: Page, **typed: str | list[str]) -> dict[str, list[str]]:
    """Return what the list of points sends."""
    (form,) = [it for it in page.forms if "listed" in {name for name, _ in it.fields}]
    return form.filled(typed)


def span_seconds(line: Mapping[str, str]) -> float:
    return (datetime.fromisoformat(line["end"]) - datetime.fromisoformat(line["begin"])).total_seconds()
