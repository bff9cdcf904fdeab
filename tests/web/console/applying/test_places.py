"""The place of the incident in the wizard without script, points around it, and how many a request takes."""

from tests.city import City
from tests.web.console.applying.test_wizard import MATTER, begun, marked, picked, ticking
from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.door import Door
from tests.web.steps import draft

PLACE = {"longitude": "104.02", "latitude": "30.62", "place": "桥头"}


def acting(page: Page, do: str, **typed: str) -> dict[str, list[str]]:
    """Return what the form sends that does this."""
    (form,) = [it for it in page.forms if ("do", do) in it.fields]
    return form.filled(typed)


def at_most(door: Door, cameras: int, emergency: int) -> None:
    """Have the rules let a request, and an emergency, ask for so many points."""
    now = door["sysadmin"].get("/rulebook")
    document = now["document"]
    document["limits"]["cameras"], document["emergency"]["cameras"] = cameras, emergency
    change = {"document": document, "comment": "试行", "replaces": now["version"]}
    door["sysadmin"].post("/rulebook", change)


def stated(asker: Person, base: str) -> Page:
    return asker.press(asker.get(f"{base}/matter"), f"{base}/matter", **MATTER, **PLACE, do="cameras")


def test_points_around_the_stated_place_are_picked(enter: Enter, city: City) -> None:
    asker = enter("asker")
    base, page = begun(asker)
    assert ("cam-map", "field-longitude field-latitude field-place") in {
        (tag, given.get("data-spot")) for tag, given in page.tags
    }
    place = f"{base}/cameras"
    page = asker.get(place)
    assert "No place of the incident is set yet" in page.text
    forged = {"csrf": ticking(page)["csrf"], "do": ["near"], "radius": ["300"]}
    assert asker.send(place, forged).status == 422
    page = stated(asker, base)
    assert "桥头" in page.text
    (shown,) = [given for tag, given in page.tags if tag == "cam-map"]
    assert (shown["data-place"], shown["data-place-name"]) == ("104.02,30.62", "桥头")
    assert "0 m" in page.text  # how far each is, in the list
    page = asker.send(place, acting(page, "near", radius="no"))
    assert (page.status, marked(page)) == (422, {"radius"})
    page = asker.send(place, acting(page, "near", radius="50"))
    here = {str(it.id) for it in city.cameras.values() if (it.longitude, it.latitude) == (104.02, 30.62)}
    assert here
    assert picked(asker.get(f"{place}?picked=true")) == here


def test_more_than_a_request_takes_is_refused_and_nothing_is_lost(enter: Enter, plain_door: Door, city: City) -> None:
    asker = enter("asker")
    base, _ = begun(asker)
    stated(asker, base)
    at_most(plain_door, 2, 2)
    place = f"{base}/cameras"
    one, two, three = (str(camera.id) for camera in city.cameras_of("dh-cg"))
    page = asker.send(place, ticking(asker.get(place), camera=[one, two]))
    assert "2 points picked of at most 2" in page.text
    assert "No more can be picked" in page.text
    refused = asker.send(place, ticking(page, camera=[one, two, three]))
    assert refused.status == 422
    assert "at most 2 points; this would make 3" in refused.text
    assert picked(refused) == {one, two, three}  # as they were ticked, to be changed
    everything = '{"type": "circle", "centre": [104.02, 30.62], "metres": 90000}'
    csrf = ticking(page)["csrf"]
    for sent in (
        {"do": ["map"], "area": [everything]}, {"do": ["map"], "camera": [three]}, {"do": ["found"]},
        {"do": ["near"], "radius": ["90000"]},
    ):  # fmt: skip
        answer = asker.send(place, {"csrf": csrf, **sent})
        assert answer.status == 422, sent
        assert "what is picked stays" in answer.text
    assert picked(asker.get(f"{place}?picked=true")) == {one, two}


def test_what_was_picked_under_older_rules_may_stay(enter: Enter, plain_door: Door, city: City) -> None:
    request = draft(plain_door, city, "dh-cg")
    at_most(plain_door, 2, 2)
    asker, place = enter("asker"), f"/requests/{request['id']}/apply/cameras"
    page = asker.get(f"{place}?picked=true")
    assert "1 too many" in page.text
    one, *_ = sorted(picked(page))
    assert picked(asker.send(f"{place}?picked=true", ticking(page, camera=[one]))) == {one}
