"""Lists at the console: from the upload to the balance, what stayed outside, taken back; and hostile files."""

import io
import struct
import zipfile
from datetime import timedelta
from uuid import UUID

import pytest

from broker.bootstrap import Broker
from broker.domain.ids import ImportId
from broker.services.catalog import import_previews
from tests.web.console.conftest import Enter
from tests.web.console.operating.lists import CHOSEN, ROWS, handed_in, place, upload
from tests.web.console.page import Page, Person
from tests.web.door import Door


def run(broker: Broker, page: Page) -> None:
    """Be the worker that brings in what a page shows."""
    broker.import_runs.run(ImportId(UUID(place(page).rpartition("/")[2])))


def balance(page: Page) -> list[int]:
    figures = page.text.partition("Balance")[2].split()
    return [int(it) for it in figures if it.isdigit()][:6]


def test_a_list_from_the_upload_to_its_end(enter: Enter, broker: Broker, plain_door: Door) -> None:
    keeper = enter("sysadmin")
    look = handed_in(keeper, ROWS.encode())
    here = place(look)
    assert "桥头" in look.text  # of the columns there are examples, even where nothing can be read yet
    assert "cannot be read so" in look.text
    refused = keeper.press(look, f"{here}/start")
    assert refused.status == 422
    look = keeper.press(look, f"{here}/reading", **CHOSEN, coordinates="wgs84")
    assert "Read again so." in look.text
    assert "30.600000, 104.000000" in look.text
    assert "stays outside" in look.text
    look = keeper.press(look, f"{here}/profile", name="城管")
    assert "城管" in keeper.get("/import-profiles").text
    trial = keeper.press(look, f"{here}/try")
    assert place(trial) != here
    assert 'hx-trigger="every 2s"' in trial.answer.text
    run(broker, trial)
    trial = keeper.get(place(trial))
    assert balance(trial) == [3, 1, 0, 0, 2, 0]
    assert plain_door["sysadmin"].get("/cameras", text="桥头")["items"] == []
    assert not trial.has_form(f"{place(trial)}/undo")
    assert place(trial) in keeper.get(here).links, "the list lies there as before, and tells of its trials"

    begun = keeper.press(keeper.get(here), f"{here}/start")
    assert place(begun) == here
    run(broker, begun)
    done = keeper.get(here)
    assert (balance(done), "hx-trigger" in done.answer.text) == ([3, 1, 0, 0, 2, 0], False)
    assert len(plain_door["sysadmin"].get("/cameras", text="桥头")["items"]) == 1
    by_reason = next(link for link in done.links if "reason=gb-code-length" in link)
    assert "坏编码" in keeper.get(by_reason).answer.text
    assert "涉密" not in keeper.get(by_reason).answer.text
    assert "There are no such rows." in keeper.get(f"{here}?fate=rejected").text

    file = keeper.client.get(next(link for link in done.links if "format=csv" in link)).content.decode("utf-8-sig")
    better = (
        file.replace(",9901", ",").replace(",x,", ",30.7,").replace("涉密,", "站前,").replace(",,30.7", ",104.2,30.7")
    )
    again = next(link for link in done.links if link.startswith("/imports/new?from="))
    look = upload(keeper, keeper.get(again), again, better.encode())
    assert "cannot be read so" not in look.text, "read as the list before it was"
    begun = keeper.press(look, f"{place(look)}/start")
    run(broker, begun)
    assert balance(keeper.get(place(begun)))[0:2] == [2, 2]
    taken_back(keeper, plain_door, here)
    listed = keeper.get("/imports")
    assert {place(begun), here, place(trial)} <= set(listed.links)
    assert here in keeper.get("/imports?state=UNDONE").links
    assert place(begun) not in keeper.get("/imports?state=UNDONE").links


def taken_back(keeper: Person, door: Door, here: str) -> None:
    undone = keeper.press(keeper.get(here), f"{here}/undo")
    assert undone.status == 422
    undone = keeper.press(undone, f"{here}/undo", sure="yes")
    assert "taken back" in undone.text
    assert door["sysadmin"].get("/cameras", text="桥头")["items"] == []
    assert len(door["sysadmin"].get("/cameras", text="坏编码")["items"]) == 1


def test_a_kept_way_is_suggested_and_a_list_is_put_away(
    enter: Enter, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = enter("sysadmin")
    look = handed_in(keeper, ROWS.encode())
    look = keeper.press(look, f"{place(look)}/reading", **CHOSEN, coordinates="gcj02")
    keeper.press(look, f"{place(look)}/profile", name="城管")
    second = handed_in(keeper, ROWS.encode())
    assert "Its headings are like those of 城管." in second.text
    here = place(second)
    using = [form for form in second.forms if form.action == f"{here}/reading" and "profile" in dict(form.fields)]
    read = keeper.send(f"{here}/reading", using[0].filled({}))
    assert "30.602" in read.text, "the place is turned from GCJ-02"
    gone = keeper.press(read, f"{here}/discard")
    assert "put away" in gone.text
    assert not keeper.get(here).has_form(f"{here}/start")
    monkeypatch.setattr(import_previews, "LEFT_LYING", timedelta(0))
    assert broker.import_previews.tick() == 1, "the first one was left lying"
    assert keeper.get("/imports?state=PREVIEW").text.count("点位.csv") == 0
    profile = keeper.get("/import-profiles")
    (retire,) = [form.action for form in profile.forms if form.action.endswith("/retire")]
    assert "城管" not in keeper.press(profile, retire).text


def bomb() -> bytes:
    """Return a workbook that says it comes to two gigabytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    content = bytearray(packed.getvalue())
    listed = content.index(b"PK\x01\x02")
    content[listed + 24 : listed + 28] = struct.pack("<I", 2_000_000_000)
    return bytes(content)


HOSTILE = {
    "empty.csv": b"",
    "strange.csv": b"name,latitude,longitude\n\xff\xfe\x00\x81\x00,1,2\n",
    "huge.csv": b"name,latitude,longitude\n" + b"x" * 2_000_000 + b",30.6,104.0\n",
    "quoted.csv": b'name,latitude,longitude\n"' + b"x," * 500_000,
    "deep.json": b"[" * 100_000,
    "bomb.xlsx": bomb(),
    "text.xlsx": b"name,latitude,longitude\n",
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    "program.exe": b"MZ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_told_plainly(hall: Enter, name: str) -> None:
    keeper = hall("sysadmin")
    page = handed_in(keeper, HOSTILE[name], name)
    assert page.status in {200, 413, 422}, page.text
    if page.status == 200:  # it can be opened; what is wrong with it is told where its rows would be
        assert "cannot be read so" in page.text or "stays outside" in page.text, page.text
    else:
        assert page.has_form("/imports/new"), page.text
        assert ("owner", "dh-cg") in page.form("/imports/new").fields, "what was typed is kept"


def test_what_is_missing_is_told_beside_the_form(hall: Enter) -> None:
    keeper = hall("sysadmin")
    page = keeper.get("/imports/new")
    fields = page.form("/imports/new").filled({"owner": "dh-cg"})
    fields.pop("file", None)
    refused = keeper.send("/imports/new", fields)
    assert (refused.status, "This field is missing." in refused.text) == (422, True)
    unknown = handed_in(keeper, ROWS.encode(), owner="nowhere")
    assert (unknown.status, ("owner", "nowhere") in unknown.form("/imports/new").fields) == (422, True)


def test_nobody_elses_file_is_taken_in(hall: Enter) -> None:
    stranger = hall()
    files = {"file": ("x.csv", ROWS.encode())}
    answer = stranger.client.post("/imports/new", files=files, headers={"Origin": stranger.url}, follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in")
    keeper = hall("sysadmin")
    forged = keeper.client.post("/imports/new", files=files, headers={"Origin": "https://evil.example"})
    assert forged.status_code == 403
