"""Lists over HTTP: looked at, handed in, followed, corrected, taken back, and the catalogue as a file."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from broker.bootstrap import Broker
from broker.domain.ids import ImportId
from tests.web.door import Door, bad, good

ROWS = "编码,点,北,东,备注\n99010201081320000091,桥头,30.6,104.0,a\n9901,坏编码,30.6,104.0,b\n,涉密,x,,c\n"
MAP = {"gb_code": "编码", "name": "点", "latitude": "北", "longitude": "东"}
LOOKED_AT: tuple[tuple[str, str, object], ...] = (
    ("GET", "/preview", None), ("PUT", "/reading", {"mapping": MAP}),
    ("POST", "/start", {}), ("POST", "/discard", None),
)  # fmt: skip
"""What is done about a list that lies there."""

OTHERS = ("asker", "owner.cg", "stranger", "center.dh")


def send(door: Door, path: str, content: str = ROWS, login: str = "sysadmin", **data: Any) -> httpx.Response:
    files = {"file": ("点位.csv", content.encode(), "text/csv")}
    return door[login].send("POST", path, data={"owner": "dh-cg", **data}, files=files)


def test_a_list_is_looked_at_and_its_way_of_reading_is_kept(door: Door) -> None:
    me = door["sysadmin"]
    unread = good(send(door, "/imports/preview"))
    assert (unread["fault"]["slug"], unread["rows"]) == ("list-column-missing", [])
    assert "name" in unread["fault"]["detail"]
    pairs = [f"{field}={column}" for field, column in MAP.items()]
    shown = good(send(door, "/imports/preview", map=pairs, rows=2))
    assert (shown["kept"]["state"], shown["fault"], shown["tried"]) == ("PREVIEW", None, [])
    assert (shown["columns"], shown["mapping"], shown["suggested"]) == (["编码", "点", "北", "东", "备注"], MAP, None)
    assert [row["place"] for row in shown["rows"]] == ["2", "3"]
    assert shown["rows"][0]["values"]["extra"] == {"备注": "a"}
    (problem,) = shown["rows"][1]["problems"]
    assert (problem["field"], problem["reason"], shown["rows"][1]["values"]) == ("gb_code", "gb-code-length", None)
    body = {"name": "城管", "mapping": MAP, "headings": shown["columns"], "coordinates": "gcj02"}
    saved = good(me.send("PUT", "/import-profiles", body))
    assert good(me.send("PUT", "/import-profiles", {**body, "coordinates": "wgs84"}))["id"] == saved["id"]
    assert me.get("/import-profiles")["items"] == [{**saved, "coordinates": "wgs84"}]
    again = good(send(door, "/imports/preview", profile="城管"))
    assert (again["suggested"]["name"], again["mapping"]) == ("城管", MAP)
    assert me.get("/cameras", text="桥头")["items"] == []
    assert me.send("DELETE", f"/import-profiles/{saved['id']}").status_code == 204
    bad(send(door, "/imports/preview", profile="城管"), 404, "unknown-import-profile")
    bad(me.send("PUT", "/import-profiles", body), 409, "import-profile-retired")


def test_a_list_that_lies_there_is_read_otherwise_tried_and_begun(door: Door, broker: Broker) -> None:
    me = door["sysadmin"]
    key = good(send(door, "/imports/preview"))["kept"]["id"]
    here = f"/imports/{key}"
    bad(me.send("POST", f"{here}/start", {}), 422, "list-column-missing")
    told = good(me.send("PUT", f"{here}/reading", {"mapping": MAP, "coordinates": "gcj02"}))
    assert (told["mapping"], told["coordinates"], told["state"]) == (MAP, "gcj02", "PREVIEW")
    assert [row["place"] for row in me.get(f"{here}/preview", rows=1)["rows"]] == ["2"]
    tried = good(me.send("POST", f"{here}/start", {"dry_run": True}))
    assert (tried["dry_run"], tried["state"], tried["id"] == key) == (True, "QUEUED", False)
    broker.import_runs.run(ImportId(UUID(tried["id"])))
    (known,) = me.get(f"{here}/preview")["tried"]
    assert (known["id"], known["inserted"], known["quarantined"]) == (tried["id"], 1, 2)
    for login in OTHERS:
        for method, below, body in LOOKED_AT:
            bad(door[login].send(method, here + below, body), 404, "unknown-import")
    answer = me.send("POST", f"{here}/start", {})
    assert (answer.status_code, good(answer)["state"]) == (202, "QUEUED")
    for method, below, body in LOOKED_AT:
        bad(me.send(method, here + below, body), 409, "import-no-preview")
    other = good(send(door, "/imports/preview"))["kept"]["id"]
    assert good(me.send("POST", f"/imports/{other}/discard"))["state"] == "DISCARDED"


def test_an_import_is_followed_corrected_and_taken_back(door: Door, broker: Broker) -> None:
    me = door["sysadmin"]
    pairs = [f"{field}={column}" for field, column in MAP.items()]
    bad(send(door, "/imports"), 422, "list-column-missing")  # at once, not when a worker comes to it
    answer = send(door, "/imports", map=pairs)
    ordered = good(answer)
    assert (answer.status_code, ordered["state"], ordered["read"]) == (202, "QUEUED", 0)
    here = f"/imports/{ordered['id']}"
    bad(me.send("POST", f"{here}/undo"), 409, "import-not-undoable")
    broker.import_runs.run(ImportId(UUID(ordered["id"])))
    done = me.get(here)
    counts = ("read", "inserted", "updated", "unchanged", "quarantined", "rejected")
    assert [done[name] for name in counts] == [3, 1, 0, 0, 2, 0]
    assert (done["state"], done["done"], done["error"]) == ("DONE", 3, None)
    assert [it["id"] for it in me.get("/imports", owner="dh-cg", limit=1)["items"]] == [ordered["id"]]
    first = me.get(f"{here}/rows", limit=1)
    assert (first["items"][0]["number"], first["items"][0]["cells"]["点"], first["next"]) == (2, "坏编码", 2)
    second = me.get(f"{here}/rows", after=first["next"], fate="quarantined")
    assert [problem["reason"] for problem in second["items"][0]["problems"]] == [
        "point-coordinate-no-number", "point-coordinate-missing",
    ]  # fmt: skip
    assert me.get(f"{here}/rows", fate="rejected") == {"items": [], "next": None}
    file = me.send("GET", f"{here}/correction")
    assert file.headers["content-disposition"] == 'attachment; filename="correction.csv"'
    assert file.headers["cache-control"] == "no-store"
    text = file.content.decode("utf-8-sig")
    assert text.startswith("why quarantined,")
    assert me.send("GET", f"{here}/correction", params={"format": "xlsx"}).content[:2] == b"PK"
    better = (
        text.replace(",9901", ",").replace(",x,", ",30.7,").replace("涉密,", "站前,").replace(",,30.7", ",104.2,30.7")
    )
    corrected = good(send(door, "/cameras/import", better, map=pairs))
    assert (corrected["inserted"], corrected["quarantined"]) == (2, 0), better
    assert good(me.send("POST", f"{here}/undo"))["state"] == "UNDONE"
    assert me.get("/cameras", text="桥头")["items"] == []
    bad(me.send("POST", f"{here}/undo"), 409, "import-not-undoable")
    assert len(me.get("/cameras", text="坏编码")["items"]) == 1, "what another import brought stays"
    for login in OTHERS:
        bad(door[login].send("GET", here), 404, "unknown-import")
        for below in ("/rows", "/correction"):
            bad(door[login].send("GET", here + below), 404, "unknown-import")
        bad(door[login].send("POST", f"{here}/undo"), 404, "unknown-import")
        bad(door[login].send("GET", "/imports", params={"owner": "dh-cg"}), 403, "not-allowed")


def test_a_list_is_handed_in_once_a_key(door: Door) -> None:
    files = {"file": ("x.csv", b"name,latitude,longitude\na,30.6,104.0\n", "text/csv")}
    told = {"data": {"owner": "dh-cg"}, "files": files, "headers": {"Idempotency-Key": "one"}}
    first, second = (good(door["sysadmin"].send("POST", "/imports", **told)) for _ in range(2))
    assert first["id"] == second["id"]


def test_only_who_may_import_gets_as_far_as_the_file(lobby: Door) -> None:
    for login in OTHERS:
        for path in ("/imports", "/imports/preview"):
            bad(send(lobby, path, login=login), 403, "not-allowed")
        bad(lobby[login].send("GET", "/import-profiles"), 403, "not-allowed")
        bad(lobby[login].send("PUT", "/import-profiles", {"name": "x", "mapping": {}}), 403, "not-allowed")
    for path, method in (("", "GET"), ("/rows", "GET"), ("/correction", "GET"), ("/undo", "POST")):
        bad(lobby["sysadmin"].send(method, f"/imports/{uuid4()}{path}"), 404, "unknown-import")
    bad(send(lobby, "/imports", owner="nowhere"), 404, "unknown-department")
    bad(send(lobby, "/imports", ""), 422, "list-empty")
    for mapping in ({"custom.none": "x"}, {"colour": "x"}):
        body = {"name": "x", "mapping": mapping}
        bad(lobby["sysadmin"].send("PUT", "/import-profiles", body), 422, "list-map-field")
    bad(
        lobby["sysadmin"].send("PUT", "/import-profiles", {"name": "x", "mapping": {"a b": "x"}}),
        422,
        "request-invalid",
    )


@pytest.mark.parametrize(
    ("list_format", "kind", "begin"),
    [
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbf"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("json", "application/json", b"["),
        ("geojson", "application/geo+json", b'{"type": "FeatureCollection"'),
        ("xml", "application/xml", b'<?xml version="1.0" encoding="GB18030"?>'),
    ],
)
def test_the_catalogue_is_taken_as_a_file(lobby: Door, list_format: str, kind: str, begin: bytes) -> None:
    asked = {"format": list_format, "owner": "dh-cg"}
    answer = lobby["asker"].send("GET", "/cameras/export", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.headers["content-disposition"] == f'attachment; filename="cameras.{list_format}"'
    assert answer.content.startswith(begin)
    if list_format != "xlsx":
        assert answer.content.count(b"990102010813200000") == 3


def test_an_export_is_refused_as_a_list_is(lobby: Door) -> None:
    bad(lobby["asker"].send("GET", "/cameras/export", params={"format": "exe"}), 422, "request-invalid")
    bad(lobby["asker"].send("GET", "/cameras/export", params={"owner": "nowhere"}), 404, "unknown-department")
    bad(lobby.anybody.send("GET", "/cameras/export"), 401, "sign-in-needed")
