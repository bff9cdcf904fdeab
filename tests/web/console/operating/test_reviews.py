"""What a source lists beside the catalogue, reviewed at the console: many lines at once, one by one, held back."""

from pathlib import Path

from broker.bootstrap import Broker, operator
from broker.services.sources.sources import NewSource
from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.console.operating.lists import place
from tests.web.door import Door

CHANNELS = ("cam-0", "cam-1", "cam-2", "cam-3")


def listing(broker: Broker, folder: Path, city: City) -> str:
    """Bind a point to one channel, and let the source call it otherwise and have three more; returns its page."""
    for name in CHANNELS:
        (folder / name).mkdir()
        (folder / name / "20200101T000000Z.mp4").write_bytes(b"long ago")
    me = operator("tests")
    options = {"folder": str(folder), "names": {"cam-0": "改名的点"}}
    broker.sources.add(me, NewSource("archive", "归档", "local_files", options, "dh-cg", 2))
    broker.catalog.bind(me, city.cameras_of("dh-cg")[0].gb_code or "", "archive", "cam-0")
    return "/sources/archive/reconciliations"


def test_a_review_is_decided(enter: Enter, plain_door: Door, broker: Broker, city: City, tmp_path: Path) -> None:
    here = listing(broker, tmp_path, city)
    keeper, owner = enter("sysadmin"), enter("owner.cg")
    assert "dh-cg路口0" in keeper.get("/sources/archive").text, "the point on its channel"
    review = keeper.press(keeper.get(here), here)
    base = place(review)
    assert base in owner.get("/reconciliations").links
    assert enter("owner.jt").get(base).status == 404
    assert "改名的点" in review.text

    page = owner.get(base)
    unnamed = owner.press(page, f"{base}/decide", decision="accept")
    assert unnamed.status == 422, "neither kinds nor lines"
    tried = owner.send(f"{base}/try", page.form(f"{base}/decide").filled({"kind": ["new", "changed"]}))
    assert "What it would do" in tried.text
    assert "Stay open" in tried.text, "new points need a place"
    assert owner.get(base).text.count("Accept") == page.text.count("Accept"), "nothing was decided"

    told = owner.press(page, f"{base}/decide", kind=["changed", "new"], decision="accept")
    assert "Decided" in told.text
    assert plain_door["owner.cg"].get("/cameras", text="改名的点")["items"]
    lines = [form.action for form in owner.get(base).forms if form.action.endswith("/accept")]
    assert len(lines) == 3
    first = lines[0]
    lacking = owner.press(owner.get(base), first)
    assert lacking.status == 422
    accepted = owner.press(lacking, first, latitude="30.61", longitude="104.01")
    assert "as the source says" in accepted.text
    assert "stays as it is" in owner.press(accepted, lines[1].replace("/accept", "/refuse")).text
    far = {"latitude": "95", "longitude": "104"}
    assert owner.press(owner.get(base), f"{base}/decide", kind="new", decision="accept", **far).status == 422
    last = owner.press(owner.get(base), f"{base}/decide", kind="new", latitude="30.6", longitude="104")
    assert "done" in last.text
    assert "accepted" in owner.get(f"{base}?all=true").text
    assert owner.get("/reconciliations").text.count("archive") == 0
    again = owner.press(page, f"{base}/decide", kind="new", decision="refuse")
    assert again.status == 409, "it waits no longer"


def test_a_source_that_does_not_answer_is_told_beside_the_button(enter: Enter, broker: Broker, tmp_path: Path) -> None:
    options = {"folder": str(tmp_path / "gone")}
    broker.sources.add(operator("tests"), NewSource("archive", "归档", "local_files", options, "dh-cg", 2))
    keeper, here = enter("sysadmin"), "/sources/archive/reconciliations"
    told = keeper.press(keeper.get(here), here)
    assert told.status == 422
    assert told.has_form(here)
    assert enter("owner.cg").get(here).has_form(here) is False, "an owner reviews and does not ask"
