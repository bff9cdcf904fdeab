"""From a grant to a package without script, with the real worker, and what those who may not do not see."""

import re
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from broker.domain.errors import Unknown
from broker.domain.footage.grants import Condition, Quota
from broker.worker.app import worker_thread
from storage.packages.checking import check
from storage.packages.findings import GOOD
from tests.web.console.page import Page, Person
from tests.web.console.retrieving.conftest import GAP, Studio

CHINA = timedelta(hours=8)


def typed(studio: Studio, **seconds: float) -> dict[str, str]:
    """Return fields for day and time as somebody fills them: seconds after the beginning of the footage."""
    return {name: f"{studio.at(second) + CHINA:%Y-%m-%dT%H:%M:%S}" for name, second in seconds.items()}


def until(person: Person, place: str, word: str) -> Page:
    """Load a page again, as somebody without script does, until it says a word."""
    deadline = time.monotonic() + 60
    while word not in (page := person.get(place)).text:
        assert time.monotonic() < deadline, page.text
        time.sleep(0.2)
    return page


def asks(page: Page, name: str) -> bool:
    """Say whether a part of a page is asked for again and again."""
    (given,) = [given for _, given in page.tags if given.get("id") == name]
    assert given.get("hx-trigger", "live:retrieval from:body, every 3s") == "live:retrieval from:body, every 3s"
    return "hx-trigger" in given


def sources(page: Page, tag: str) -> list[str]:
    return [given["src"] for kind, given in page.tags if kind == tag]


def test_from_a_grant_to_a_clip_a_picture_and_a_package(studio: Studio, tmp_path: Path) -> None:
    grant, looker = studio.grant(), studio.enter("looker")
    place, camera = f"/grants/{grant.id}/retrieve", str(studio.cameras[0])
    assert place in looker.get(f"/grants/{grant.id}").links
    page = looker.get(place)
    assert "200 pictures and 240 minutes are left" in page.text
    assert "at most 4 hours at once" in page.text
    marks = typed(studio, begin=5, end=45)
    ordered = looker.press(page, place, camera=camera, action_="clip", **marks)
    assert "Ordered." in ordered.text
    assert ordered.answer.url.params["begin"] == marks["begin"], "the view stands in the address"
    assert asks(ordered, "orders")
    shot = looker.press(looker.get(place), place, camera=camera, action_="snapshot", **typed(studio, at=8))
    assert asks(shot, "preview")
    assert sources(shot, "img") == []
    with worker_thread(studio.broker, 1):
        seen = until(looker, str(shot.answer.url).removeprefix(studio.url), "Taken at")
        assert not asks(seen, "preview")
        (picture,) = sources(seen, "img")
        assert looker.client.get(picture).content.startswith(b"\xff\xd8")
        until(looker, f"/grants/{grant.id}/retrievals", "Ready")
        done = looker.get(f"/grants/{grant.id}/retrievals")
        while asks(done, "orders"):
            done = looker.get(f"/grants/{grant.id}/retrievals")
        assert "199 pictures and 239 minutes are left" in looker.get(place).text
        results = [given["value"] for _, given in done.tags if given.get("name") == "retrieval"]
        assert len(results) == 2
        ordered = looker.press(done, f"/grants/{grant.id}/packages", retrieval=results)
        assert "The package is being made." in ordered.text
        package = until(looker, ordered.answer.url.path, "Download the package")
    assert not asks(package, "package")
    file = tmp_path / "package.zip"
    file.write_bytes(looker.client.get(next(link for link in package.links if link.endswith("/file"))).content)
    assert check(file, x509.load_pem_x509_certificates(studio.root.read_bytes())).code == GOOD
    verdict = looker.get(f"{package.answer.url.path}/verification")
    assert "Verdict: intact, and signed by who is trusted." in verdict.text
    assert "锦川市公安局" in verdict.text
    digest = studio.broker.packages.page(studio.looker, after=None, limit=1)[0].contents
    assert digest is not None
    spoil(studio, digest.digest)
    assert "it does not hold" in looker.get(f"{package.answer.url.path}/verification").text
    clip = looker.get(f"/retrievals/{results[-1]}")
    assert f"/api/v1/retrievals/{results[-1]}/media?item=1" in clip.links
    assert sources(clip, "video") == [f"/api/v1/retrievals/{results[-1]}/view?item=1"]
    gap = [given for _, given in clip.tags if given.get("data-part") == "missing"]
    assert [datetime.fromisoformat(each["data-begin"]) for each in gap] == [studio.at(GAP[0])]
    assert re.search(r"SHA-256 [0-9a-f]{64}", clip.text)


def spoil(studio: Studio, digest: str) -> None:
    """Change a byte of what the store keeps, as a disk may."""
    (place,) = [path for path in studio.broker.settings.data.rglob(f"*{digest}*") if path.is_file()]
    place.chmod(0o600)
    content = bytearray(place.read_bytes())
    content[len(content) // 2] ^= 1
    place.write_bytes(content)


def test_what_is_wrong_stands_beside_the_form_with_what_was_typed(studio: Studio) -> None:
    grant, looker = studio.grant(), studio.enter("looker", "zh")
    place = f"/grants/{grant.id}/retrieve"
    far = {"at": "1999-01-01T00:00:00"}
    for wrong, status in (
        ({"action_": "clip", "begin": "", "end": ""}, 422),
        ({"action_": "clip", "begin": "yesterday", "end": "today"}, 422),
        ({"action_": "clip", **typed(studio, begin=9, end=5)}, 422),
        ({"action_": "snapshot", **far}, 403),
        ({"action_": "steal"}, 422),
        ({"action_": "snapshot", "camera": "x"}, 422),
    ):
        refused = looker.press(looker.get(place), place, **wrong)
        assert refused.status == status, wrong
        assert [given for tag, given in refused.tags if given.get("role") == "alert"]
        kept = dict(refused.form(place).fields)
        assert all(kept[name] == value for name, value in wrong.items() if name in {"at", "begin", "end"} and value)
    packed = looker.press(looker.get(f"/grants/{grant.id}/retrievals"), f"/grants/{grant.id}/packages")
    assert packed.status == 422
    nothing = looker.press(packed, f"/grants/{grant.id}/packages", retrieval="x")
    assert nothing.status == 422


def test_only_who_is_named_may_look_and_only_as_the_grant_says(studio: Studio) -> None:
    grant = studio.grant(originals=False, conditions=frozenset({Condition.VIEW_ONLY}))
    ready = studio.ready(grant, studio.clip(5, 6))
    looker, other, owner = studio.enter("looker"), studio.enter("looker2"), studio.enter("owner.cg")
    place = f"/grants/{grant.id}"
    compared = f"/compare?retrieval={ready.id}"
    for hidden in (f"{place}/retrieve", f"{place}/retrievals", f"/retrievals/{ready.id}", compared):
        assert other.get(hidden).status == 404, hidden
    sent_on = owner.get(f"{place}/retrieve")
    assert sent_on.answer.url.path == place
    order = {"camera": str(studio.cameras[0]), "action": "snapshot", **typed(studio, at=5)}
    token = dict(sent_on.form("/sign-out").fields)["csrf"]
    refused = owner.send(f"{place}/retrieve", {"csrf": [token]} | {name: [value] for name, value in order.items()})
    assert (refused.status, refused.answer.url.path) == (403, f"{place}/retrieve")
    assert owner.get(f"/retrievals/{ready.id}").status in {403, 404}
    with pytest.raises(Unknown):
        studio.broker.availability.of_grant(studio.city.caller(studio.broker, "looker2"), grant.id, studio.cameras)
    page = looker.get(f"{place}/retrieve")
    assert "marked copies only" in page.text
    assert not [given for _, given in page.tags if given.get("name") == "original"]
    shown = looker.get(f"/retrievals/{ready.id}")
    assert "for viewing only" in shown.text
    assert not [link for link in shown.links if "/media" in link]
    (film,) = sources(shown, "video")
    assert looker.client.get(film).status_code == 200
    assert looker.client.get(f"/api/v1/retrievals/{ready.id}/media").status_code == 403
    packed = looker.press(looker.get(f"{place}/retrievals"), f"{place}/packages", retrieval=str(ready.id))
    assert packed.status == 403
    token = dict(packed.form("/sign-out").fields)["csrf"]
    chosen = looker.send(f"{place}/compare", {"csrf": [token], "retrieval": [str(ready.id)]})
    assert chosen.answer.url.path == "/compare"
    assert len(sources(chosen, "video")) == 1
    assert "Nothing is ticked." in looker.send(f"{place}/compare", {"csrf": [token]}).text
    assert "Tick at most 4" in looker.get("/compare").text
    studio.revoke(grant)
    gone = looker.get(f"/retrievals/{ready.id}")
    assert sources(gone, "video") == []
    assert "Stopped" in gone.text
    assert sources(looker.get(compared), "video") == []
    assert not looker.get(f"{place}/retrieve").has_form(f"{place}/retrieve")


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
