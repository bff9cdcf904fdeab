"""Sources at the console: added by the form of their adapter, asked, changed, stopped; of what is secret nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from broker.bootstrap import Broker
from broker.services.sources.source_secrets import SourceSecrets
from broker.web.console.operating.areas import BELOW, OPERATING
from tests.city import City
from tests.services.papers import JPEG
from tests.web.console.conftest import Enter
from tests.web.console.operating.lists import place, upload
from tests.web.console.page import Page, own_links

SECRET = "canary-" + "9f3b"


def fields(page: Page, action: str) -> dict[str, str]:
    return dict(page.form(action).fields)


def test_a_source_is_added_asked_changed_and_stopped(enter: Enter, broker: Broker, city: City, tmp_path: Path) -> None:
    keeper = enter("sysadmin")
    assert "/adapters/local_files" in keeper.get("/adapters").links
    page = keeper.get("/adapters/local_files")
    new: dict[str, str | list[str]] = {"code": "hall", "name": "大厅", "department": "dh-cg", "option.timezone": "Mars"}
    wrong = keeper.press(page, "/adapters/local_files", **new, **{"option.folder": str(tmp_path)})
    assert wrong.status == 422
    assert fields(wrong, "/adapters/local_files")["option.timezone"] == "Mars"
    assert "/options/timezone" in wrong.text
    lost = keeper.press(wrong, "/adapters/local_files", **{"option.timezone": "Asia/Shanghai", "department": "nowhere"})
    assert (lost.status, "nowhere" in lost.text) == (422, True)
    added = keeper.press(lost, "/adapters/local_files", department="dh-cg")
    assert place(added) == "/sources/hall"
    assert "not asked yet" in added.text

    empty = keeper.press(added, "/sources/hall/probe")
    assert "It answers, and is of no use." in empty.text
    (tmp_path / "cam-1").mkdir()
    (tmp_path / "cam-1" / "20200101T000000Z.mp4").write_bytes(b"long ago")
    asked = keeper.press(empty, "/sources/hall/probe")
    assert "It answers and works." in asked.text
    assert "cam-1" in asked.text
    assert "give clips" in asked.text

    form = keeper.get("/sources/hall/edit")
    assert fields(form, "/sources/hall/edit")["option.folder"] == str(tmp_path)
    gone = {"option.folder": str(tmp_path / "gone"), "option.names": "cam-1 = 门口\ncam-2 = 后院", "keeps_days": "30"}
    changed = keeper.press(form, "/sources/hall/edit", **gone)
    assert "The source is changed." in changed.text
    assert broker.sources.read(city.caller(broker, "sysadmin"), "hall").options["names"] == {
        "cam-1": "门口", "cam-2": "后院"
    }  # fmt: skip
    broken = keeper.press(changed, "/sources/hall/probe")
    assert "It gave no answer." in broken.text
    stale = keeper.press(form, "/sources/hall/edit", once="another")
    assert stale.status in {409, 422}, "somebody else was first"

    assert "The source is stopped." in keeper.press(broken, "/sources/hall/stop").text
    listed = keeper.get("/sources")
    assert "stopped" in listed.text
    assert "0 / 1" in listed.text
    assert "The source goes on." in keeper.press(keeper.get("/sources/hall"), "/sources/hall/start").text
    history = keeper.get("/sources/hall/history")
    assert {"offline", "of no use", "online"} & set(history.text.split()) or "of no use" in history.text
    assert ("svg", "band") in {(tag, given.get("class", "")) for tag, given in history.tags}


def test_the_clock_is_set_by_a_picture(enter: Enter, tmp_path: Path) -> None:
    keeper = enter("sysadmin")
    page = keeper.get("/adapters/local_files")
    options = {"option.folder": str(tmp_path)}
    keeper.press(page, "/adapters/local_files", code="hall", name="大厅", department="dh-cg", **options)
    owner, clock = enter("owner.cg"), "/sources/hall/clock"
    actual = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    told = {"shown": f"{actual + timedelta(seconds=95):%Y-%m-%dT%H:%M:%S}", "actual": f"{actual:%Y-%m-%dT%H:%M:%S}"}
    wrong = upload(owner, owner.get(clock), clock, b"not a picture", "osd.jpg", **told)
    assert wrong.status == 422
    assert fields(wrong, clock)["shown"] == told["shown"]
    assert "95.0 s ahead" in upload(owner, wrong, clock, JPEG, "osd.jpg", **told).text
    assert owner.get("/sources").status == 403, "an owner knows the own sources, and no list of all"
    assert "95.0 s ahead" in owner.get("/sources/hall").text
    assert enter("owner.jt").get("/sources/hall").status == 404


def test_a_secret_is_in_no_page(enter: Enter, broker: Broker) -> None:
    keeper = enter("sysadmin")
    page = keeper.get("/adapters/onvif")
    typed = {"option.address": "https://192.0.2.7", "option.username": "reader", "option.password": SECRET}
    refused = keeper.press(page, "/adapters/onvif", code="gate", name="大门", department="nowhere", **typed)
    assert refused.status == 422
    assert SECRET not in refused.answer.text, "a secret is typed anew"
    keeper.press(refused, "/adapters/onvif", department="dh-cg", **{"option.password": SECRET})
    form = keeper.get("/sources/gate/edit")
    assert "Set; leave empty to keep it." in form.text
    keeper.press(form, "/sources/gate/edit", name="大门二")
    assert kept(broker)["password"] == SECRET
    keeper.press(keeper.get("/sources/gate"), "/sources/gate/stop")
    seen, ahead = set[str](), ["/operating", "/sources/gate/edit", "/adapters/onvif", "/jobs?state=todo"]
    while ahead:
        link = ahead.pop()
        if link in seen or not link.startswith((OPERATING, *BELOW)):
            continue
        seen.add(link)
        told = keeper.get(link)
        assert SECRET not in told.answer.text, link
        ahead += [each.partition("#")[0] for each in own_links(told)]
    assert {"/sources/gate", "/sources/gate/history", "/sources/gate/clock", "/sources"} <= seen
    dropped = keeper.press(keeper.get("/sources/gate/edit"), "/sources/gate/edit", **{"drop.password": "yes"})
    assert dropped.status == 200
    assert "password" not in kept(broker)


def kept(broker: Broker) -> dict[str, object]:
    with broker.work() as work:
        return SourceSecrets(broker.secrets).options_of(work.sources.by_code("gate"), even_stopped=True)
