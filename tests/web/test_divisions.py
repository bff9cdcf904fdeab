"""Divisions over HTTP."""

from tests.web.door import Door, bad, good


def test_divisions_are_looked_up_page_by_page(lobby: Door) -> None:
    first = lobby["asker"].get("/divisions", within="33", level="city", limit=5)
    assert [it["name"] for it in first["items"]][:2] == ["杭州市", "宁波市"]
    rest = lobby["asker"].get("/divisions", within="33", level="city", limit=50, after=first["next"])
    assert (len(rest["items"]), rest["next"]) == (6, None)
    one = lobby["asker"].get("/divisions/330106")
    assert (one["name"], [it["code"] for it in one["lineage"]]) == ("西湖区", ["330000", "330100"])
    bad(lobby["asker"].send("GET", "/divisions/33010x"), 422, "division-malformed")
    bad(lobby["asker"].send("GET", "/divisions/990102"), 404, "unknown-division")


def test_a_list_is_brought_in(door: Door) -> None:
    files = {"file": ("towns.csv", "code,name\n330106001,北山街道\n3301060,坏\n".encode(), "text/csv")}
    told = good(door["sysadmin"].send("POST", "/divisions/import", files=files))
    assert (told["read"], told["added"], told["rejected"]) == (2, 1, 1)
    assert told["faults"][0]["line"] == 3
    assert "3301060" in told["faults"][0]["detail"]
    assert door["asker"].get("/divisions/330106001")["parent"] == "330106"
    bad(door["asker"].send("POST", "/divisions/import", files=files), 403, "not-allowed")
