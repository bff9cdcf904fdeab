"""Finding points over HTTP: parameters are read, tiles are marked, packed and not sent twice."""

import time

import mapbox_vector_tile
import pytest

from broker.bootstrap import Broker, operator
from broker.domain.catalog.catalog import Visibility
from tests.city import City
from tests.web.door import Door

TILE = "/map/tiles/0/0/0.mvt"
SEVEN = "103,29,105,32"


def test_a_question_is_answered_as_list_counts_and_map(lobby: Door) -> None:
    asker = lobby["asker"]
    listed = asker.get("/cameras", text="路口 dh-cg", box=SEVEN)["items"]
    assert len(listed) == 3
    counts = asker.get("/cameras/facets", text="路口 dh-cg", box=SEVEN)
    assert counts["total"] == 3
    assert counts["owners"] == [{"owner": listed[0]["owner"], "count": 3}]
    drawn = asker.get("/cameras.geojson", text="路口 dh-cg", limit=2)
    assert [len(drawn["features"]), drawn["complete"]] == [2, False]
    near = asker.get("/cameras/nearest", near="104.00,30.60", department="dh", limit=2)["items"]
    assert near[0]["metres"] <= near[1]["metres"]


def test_a_tile_is_packed_marked_and_not_sent_twice(lobby: Door) -> None:
    asker = lobby["asker"]
    plain = asker.send("GET", TILE, headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert len(mapbox_vector_tile.decode(plain.content)["points"]["features"]) == 7
    packed = asker.send("GET", TILE, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    again = asker.send("GET", TILE, headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert asker.send("GET", TILE, params={"text": "dh-jt"}).headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ({"box": "1,2,3"}, "bad-place"),
        ({"circle": "1,2,nan"}, "bad-place"),
        ({"polygon": "0,0;1,1"}, "bad-place"),
        ({"class": "4"}, "malformed"),
        ({"recorded_from": "2026-01-01T00:00:00Z"}, "recorded-half"),
        ({"owner": "nobody"}, "unknown-department"),
    ],
)
def test_what_cannot_be_asked_is_refused(lobby: Door, query: dict[str, str], slug: str) -> None:
    answer = lobby["asker"].send("GET", "/cameras", params=query)
    assert answer.status_code in {404, 422}
    assert slug in answer.json()["type"]


def test_who_has_signed_out_gets_no_tile_although_the_question_is_known(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.services.catalog.map.following.FRESH", 60.0)
    now = time.monotonic()
    asker = door["asker"]
    query = "?text=%E8%B7%AF%E5%8F%A3"
    first = asker.send("GET", TILE + query)
    assert first.content
    assert asker.send("GET", TILE + query).content == first.content
    assert door.anybody.send("GET", TILE + query).status_code == 401
    left = door.sign_in("asker")
    other = {"Cookie": left.headers["set-cookie"].partition(";")[0]}
    door.client.cookies.clear()
    assert door.anybody.send("GET", TILE + query, headers=other).content == first.content
    csrf = {"X-CSRF-Token": left.json()["csrf"]}
    assert door.anybody.send("DELETE", "/sessions", headers=other | csrf).is_success
    assert door.anybody.send("GET", TILE + query, headers=other).content == first.content  # until the view is over
    monkeypatch.setattr("broker.web.api.catalog.map_tiles.time.monotonic", lambda: now + 120)
    assert door.anybody.send("GET", TILE + query, headers=other).status_code == 401
    monkeypatch.undo()
    assert door.anybody.send("GET", TILE + query, headers={"Authorization": "Bearer xlt_nothing"}).status_code == 401
    assert asker.send("GET", "/map/tiles/0/1/0.mvt" + query).json()["slug"] == "no-such-tile"
    assert asker.send("GET", TILE + query + "&token=1").json()["slug"] == "token-in-url"


def test_a_tile_is_that_of_the_rights_of_the_moment(
    door: Door, broker: Broker, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.services.catalog.map.following.FRESH", 0.0)
    point = city.cameras_of("dh-cg")[0]
    asker, plain, who = door["asker"], {"Accept-Encoding": "identity"}, city.persons["asker"]

    def shown() -> set[str]:
        content = asker.send("GET", TILE, headers=plain).content
        return {it["properties"]["id"] for it in mapbox_vector_tile.decode(content)["points"]["features"]}

    assert str(point.id) in shown()
    me = operator("tests")
    broker.camera_records.show_to(me, point.id, Visibility.INTERNAL, [], None)
    assert str(point.id) not in shown()
    broker.accounts.assign(me, who, "requester", "dh-cg")
    assert str(point.id) in shown()
    broker.accounts.withdraw(me, who, "requester", "dh-cg")
    assert str(point.id) not in shown()
    broker.accounts.withdraw(me, who, "requester", "dh-hb")
    assert asker.send("GET", TILE, headers=plain).status_code == 403
