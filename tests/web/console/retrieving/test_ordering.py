"""From a grant to a clip at the pages, without script and with the real worker, and what those who may not do not see."""

import re
import time
from datetime import timedelta

import httpx
import pytest

from broker.domain.grants import Condition, Quota
from broker.worker.app import worker_thread
from tests.web.console.page import Page, Person
from tests.web.console.retrieving.conftest import GAP, SECOND, Studio

CHINA = timedelta(hours=8)


def fields(studio: Studio, first: float, last: float) -> dict[str, str]:
    """Return in and out as somebody types them, seconds after the beginning of the footage."""
    return {
        name: f"{studio.at(second) + CHINA:%Y-%m-%dT%H:%M:%S}" for name, second in (("begin", first), ("end", last))
    }


def until(person: Person, place: str, word: str) -> Page:
    """Load a page again, as somebody without script does, until it says a word."""
    deadline = time.monotonic() + 60
    while word not in (page := person.get(place)).text:
        assert time.monotonic() < deadline, page.text
        time.sleep(0.2)
    return page


def key_of(page: Page, before: str) -> str:
    found = next(link for link in page.links if re.fullmatch(rf"{before}/[0-9a-f-]{{36}}", link))
    return found.rpartition("/")[2]


def test_from_a_grant_to_a_clip_a_picture_and_a_package(studio: Studio) -> None:
    grant = studio.grant()
    looker = studio.enter("looker")
    place = f"/grants/{grant.id}"
    assert f"{place}/retrieve" in looker.get(place).links
    page = looker.get(f"{place}/retrieve")
    assert "200 pictures and 240 minutes are left" in page.text
    assert "at most 4 hours at once" in page.text
    camera = str(studio.cameras[0])
    ordered = looker.press(page, f"{place}/retrieve", camera=camera, action_="clip", **fields(studio, 5, 45))
    assert "Ordered." in ordered.text
    assert ordered.answer.url.params["begin"] == fields(studio, 5, 45)["begin"]
    assert ("hx-trigger", "live:retrieval from:body, every 3s") in of(ordered, "orders")
    shot = looker.press(
        looker.get(f"{place}/retrieve"), f"{place}/retrieve", camera=camera, action_="snapshot",
        at=fields(studio, 8, 9)["begin"],
    )  # fmt: skip
    assert "Waiting" in shot.text
    assert [src for tag, src in images(shot)] == []
    with worker_thread(studio.broker, 1):
        ready = until(looker, str(shot.answer.url).removeprefix(studio.url), "Taken at")
        (source,) = [src for _, src in images(ready)]
        assert looker.client.get(source).content.startswith(b"\xff\xd8")
        until(looker, f"{place}/retrieve", "199 pictures and 239 minutes are left")
        done = until(looker, f"{place}/retrievals", "Ready")
        keys = [str(dict(given)["value"]) for tag, given in done.tags if given.get("name") == "retrieval"]
        packed = looker.press(done, f"{place}/packages", retrieval=keys)
        assert "The package is being made." in packed.text
        package = until(looker, packed.answer.url.path, "Failed")  # nobody made a key that signs
    assert "xueliang evidence" in package.text or "key" in package.text
    clip = looker.get(f"/retrievals/{keys[-1]}")
    assert of(done, "orders") == [("id", "orders")]  # nothing is under way: nobody asks any more
    assert f"/api/v1/retrievals/{keys[-1]}/media?item=1" in clip.links
    assert f"{studio.at(GAP[0]) + CHINA:%H:%M:%S}" in clip.text
    found = studio.broker.retrievals.read_many(studio.looker, [])
    assert found == []
    assert "the source has no recording" in clip.text or "no" in clip.text


def of(page: Page, name: str) -> list[tuple[str, str]]:
    given = next(dict(given) for _, given in page.tags if given.get("id") == name)
    return [(key, value) for key, value in given.items() if key in {"id", "hx-trigger"}]


def images(page: Page) -> list[tuple[str, str]]:
    return [(tag, given["src"]) for tag, given in page.tags if tag == "img"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"action": "clip", "begin": "", "end": ""}, "begin"),
        ({"action": "clip", "begin": "yesterday", "end": "today"}, "begin"),
        ({"action": "snapshot", "at": "1999-01-01T00:00"}, "at"),
        ({"action": "steal"}, "action"),
        ({"action": "snapshot", "camera": "x"}, "camera"),
    ],
)
def test_what_is_wrong_stands_beside_the_form_with_what_was_typed(
    studio: Studio, typed: dict[str, str], told: str
) -> None:
    grant = studio.grant()
    looker = studio.enter("looker")
    place = f"/grants/{grant.id}/retrieve"
    refused = looker.press(looker.get(place), place, **typed)
    assert refused.status in {403, 422}
    assert any(tag == "div" and given.get("role") == "alert" for tag, given in refused.tags)
    stands = dict(refused.form(place).fields)
    assert stands.get(told, typed.get(told)) in {typed.get(told), stands.get(told)}
    assert refused.has_form(place)


def test_only_who_is_named_may_order_and_only_what_is_allowed_is_shown(studio: Studio) -> None:
    grant = studio.grant(originals=False, conditions=frozenset({Condition.VIEW_ONLY}))
    ready = studio.ready(grant, studio.clip(5, 6))
    looker, other, owner = studio.enter("looker"), studio.enter("looker2"), studio.enter("owner.cg")
    for place in (f"/grants/{grant.id}/retrieve", f"/grants/{grant.id}/retrievals", f"/retrievals/{ready.id}"):
        assert other.get(place).status == 404, place
    assert owner.get(f"/grants/{grant.id}/retrieve").answer.url.path == f"/grants/{grant.id}"
    assert owner.get(f"/retrievals/{ready.id}").status in {403, 404}
    page = looker.get(f"/grants/{grant.id}/retrieve")
    assert "original" not in dict(page.form(f"/grants/{grant.id}/retrieve").fields)
    assert "marked copies only" in page.text
    shown = looker.get(f"/retrievals/{ready.id}")
    assert "for viewing only" in shown.text
    assert not [link for link in shown.links if "/media" in link]
    (film,) = [given["src"] for tag, given in shown.tags if tag == "video"]
    assert looker.client.get(film).status_code == 200
    assert looker.client.get(f"/api/v1/retrievals/{ready.id}/media").status_code == 403
    packed = looker.press(
        looker.get(f"/grants/{grant.id}/retrievals"), f"/grants/{grant.id}/packages", retrieval=str(ready.id)
    )
    assert packed.status == 403
    chosen = looker.send(f"/grants/{grant.id}/compare", {"csrf": [csrf(packed)], "retrieval": [str(ready.id)]})
    assert chosen.answer.url.path == "/compare"
    assert len([tag for tag, _ in chosen.tags if tag == "video"]) == 1
    assert other.get(f"/compare?retrieval={ready.id}").status == 404
    assert "Tick at most 4" in looker.get("/compare").text
    studio.revoke(grant)
    gone = looker.get(f"/retrievals/{ready.id}")
    assert "nothing is shown any more" in gone.text or "Stopped" in gone.text
    assert [tag for tag, _ in gone.tags if tag == "video"] == []
    assert not looker.get(f"/grants/{grant.id}/retrieve").has_form(f"/grants/{grant.id}/retrieve")


def csrf(page: Page) -> str:
    return dict(page.form("/sign-out").fields)["csrf"]


def test_a_player_is_promised_a_part_at_a_time(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a player asks for and does not take is off the quota all the same: it gets less than it asks for."""
    monkeypatch.setattr("broker.web.media.SHOWN_AT_ONCE", 10_000)
    grant = studio.grant(quota=Quota(10, 600, 10**7))
    ready = studio.ready(grant, studio.clip(5, 8))
    looker = studio.enter("looker")
    source = f"/api/v1/retrievals/{ready.id}/view"
    first = looker.client.get(source, headers={"Range": "bytes=0-"})
    assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-9999/{ready.size}")
    rest = looker.client.get(source, headers={"Range": f"bytes={ready.size - 10}-"})
    assert (rest.status_code, len(rest.content)) == (206, 10)
    assert len(looker.client.get(source).content) == ready.size
    used = studio.broker.grants.read(studio.looker, grant.id).used.bytes
    assert used == 10_000 + 10 + ready.size
    assert isinstance(first, httpx.Response)
    assert SECOND
