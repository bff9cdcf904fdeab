"""Sessions and API tokens of somebody else: seen and ended one by one, at the desk and by programs."""

from tests.city import City
from tests.web.console.administering.test_people_acts import csrf_of
from tests.web.console.conftest import Enter
from tests.web.door import Door


def test_one_session_and_one_token_end_and_the_others_stay(enter: Enter, plain_door: Door, city: City) -> None:
    plain_door["looker"].post("/me/tokens", {"name": "nightly", "scopes": ["camera"], "valid_days": 1})
    first, second, keeper = enter("looker"), enter("looker"), enter("secadmin")
    place = f"/people/{city.persons['looker']}"
    known = plain_door["secadmin"].send("GET", f"/persons/{city.persons['looker']}/sessions").json()["sessions"]
    assert "1 API tokens" in keeper.get(place).text
    page = keeper.get(f"{place}/access")
    assert "nightly" in page.text
    newest = known[0]["name"]
    ended = keeper.press(page, f"{place}/sessions/{newest}/end")
    assert "The session has ended." in ended.text
    assert second.get("/inbox").answer.url.path == "/sign-in"
    assert first.get("/grants").answer.url.path == "/grants"
    assert keeper.send(f"{place}/sessions/{newest}/end", {"csrf": [csrf_of(keeper)]}).status == 404
    (token,) = plain_door["secadmin"].send("GET", f"/persons/{city.persons['looker']}/tokens").json()["items"]
    revoked = keeper.press(ended, f"{place}/tokens/{token['id']}/revoke")
    assert "Revoked" in revoked.text
    told = enter("auditor").get("/trace?kind=person:session:ended")
    assert "Session ended by an administrator" in told.text
    assert keeper.get(f"/people/{city.persons['secadmin']}/access").status == 200
    assert not keeper.get(f"/people/{city.persons['secadmin']}/access").has_form(
        f"/people/{city.persons['secadmin']}/sessions/{newest}/end"
    )


def test_programs_end_one_too_and_only_who_keeps_accounts(plain_door: Door, city: City) -> None:
    place = f"/persons/{city.persons['looker']}"
    plain_door["looker"].send("GET", "/me")
    keeper = plain_door["secadmin"]
    sessions = keeper.send("GET", f"{place}/sessions").json()["sessions"]
    assert plain_door["sysadmin"].send("GET", f"{place}/sessions").status_code == 403
    assert plain_door["sysadmin"].send("DELETE", f"{place}/sessions/{sessions[0]['name']}").status_code == 403
    assert keeper.send("DELETE", f"{place}/sessions/{sessions[0]['name']}").status_code == 204
    left = {it["name"] for it in keeper.send("GET", f"{place}/sessions").json()["sessions"]}
    assert left == {it["name"] for it in sessions[1:]}
