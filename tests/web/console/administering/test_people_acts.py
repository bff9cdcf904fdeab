"""What is done about accounts at the desk: each act through its form, and what is refused with what was typed kept."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from broker.bootstrap import Broker, operator
from tests.city import PASSWORD, City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.console.test_sign_in import enrol

ZONE = ZoneInfo("Asia/Shanghai")
NEW = {"login": "hb.luo", "name": "罗敏", "department": "dh-hb", "role": "requester", "at": ""}


def csrf_of(person: Person) -> str:
    """Return the token of somebody's forms, to send one that no page has."""
    return dict(person.get("/keys").form("/sign-out").fields)["csrf"]


def in_days(count: int) -> str:
    """Return the day and time in so many days as a field takes it."""
    return (datetime.now(ZONE) + timedelta(days=count)).strftime("%Y-%m-%dT%H:%M")


def opened(person: Person) -> tuple[Page, str]:
    """Open an account at the page for it; return the page of the account and its path."""
    page = person.press(person.get("/people/new"), "/people/new", **NEW)
    return page, page.answer.url.path


def test_from_an_account_to_the_first_sign_in(enter: Enter) -> None:
    person = enter("secadmin")
    page, place = opened(person)
    assert "Issue an invite now." in page.text
    assert "requester" in page.text.lower()
    issued = person.press(page, f"{place}/invite")
    link = next(iter(re.findall(r"http\S+/invite/[\w-]+", issued.text)))
    assert "svg" in {tag for tag, _ in issued.tags}
    assert place in person.get("/people/invites").links
    assert link not in person.get(place).answer.text  # once
    newcomer = enter()
    chosen = newcomer.press(newcomer.get(urlsplit(link).path), urlsplit(link).path, password="four-rivers-meet-here")
    assert chosen.has_form("/sign-out")
    again = enter()
    assert again.sign_in("hb.luo", "four-rivers-meet-here").answer.url.path == "/inbox"
    assert not person.get(place).has_form(f"{place}/invite")
    assert place not in person.get("/people/invites").links


def test_an_invite_is_taken_back(enter: Enter) -> None:
    person = enter("secadmin")
    page, place = opened(person)
    issued = person.press(page, f"{place}/invite")
    link = next(iter(re.findall(r"/invite/[\w-]+", issued.text)))
    gone = person.press(person.get(place), f"{place}/invite/revoke")
    assert "The invite was taken back." in gone.text
    assert enter().get(link).status == 404


@pytest.mark.parametrize(
    ("typed", "status"),
    [({"login": "asker"}, 409), ({"login": "Nobody Like This"}, 422), ({"department": "no.code"}, 422)],
)
def test_a_refused_account_keeps_what_was_typed(hall: Enter, typed: dict[str, str], status: int) -> None:
    person = hall("secadmin")
    page = person.press(person.get("/people/new"), "/people/new", **{**NEW, **typed})
    assert page.status == status
    fields = dict(page.form("/people/new").fields)
    assert {name: fields[name] for name in NEW} == {**NEW, **typed}


def test_roles_are_given_and_taken_and_administrators_stay_apart(enter: Enter, city: City) -> None:
    person = enter("secadmin")
    place = f"/people/{city.persons['looker']}"
    given = person.press(person.get(place), f"{place}/roles", role="requester", department="dh-jt")
    assert "The role was given." in given.text
    assert "/departments/dh-jt" in given.links
    taken = person.press(given, f"{place}/roles/withdraw", role="requester", department="dh-jt")
    assert "/departments/dh-jt" not in taken.links
    auditor = f"/people/{city.persons['auditor']}"
    for role in ("system_administrator", "security_administrator"):
        refused = person.press(person.get(auditor), f"{auditor}/roles", role=role, department="jc")
        assert refused.status == 409
        assert ("role", role) in refused.form(f"{auditor}/roles").fields
        assert "never meet" in refused.text
    nowhere = person.press(person.get(place), f"{place}/roles", role="requester", department="no-such")
    assert nowhere.status in {404, 422}


def test_an_account_is_closed_and_opened_again(enter: Enter, city: City) -> None:
    person, looker = enter("secadmin"), enter("looker")
    place = f"/people/{city.persons['looker']}"
    closed = person.press(person.get(place), f"{place}/disable")
    assert "The account is closed." in closed.text
    assert looker.get("/inbox").answer.url.path == "/sign-in"
    assert looker.sign_in("looker").status == 401
    assert not closed.has_form(f"{place}/disable")
    assert city.persons["looker"].hex in person.get("/people?standing=closed").answer.text.replace("-", "")
    page = person.press(closed, f"{place}/enable")
    assert "open again" in page.text
    assert looker.sign_in("looker").answer.url.path == "/inbox"
    assert person.send(f"{place}/enable", page.form(f"{place}/disable").filled({})).status == 409


def test_nobody_keeps_the_own_account(hall: Enter) -> None:
    person = hall("secadmin")
    listed = person.get("/people?text=secadmin")
    (place,) = [link for link in listed.links if re.fullmatch(r"/people/[0-9a-f-]{36}", link)]
    page = person.get(place)
    for act in ("disable", "roles", "reset-password", "invite"):
        assert not page.has_form(f"{place}/{act}")
        sent = {"csrf": [csrf_of(person)], "role": ["auditor"], "department": ["jc"]}
        assert person.send(f"{place}/{act}", sent).status == 403


def test_a_password_is_handed_out_after_the_second_factor(enter: Enter, broker: Broker, city: City) -> None:
    person = enter("secadmin")
    _, codes = enrol(person)
    with broker.work() as work:  # as if the ten minutes were over
        work.sessions.step_down(city.persons["secadmin"])
        work.commit(broker.policy.note(operator("tests"), "tests"))
    place = f"/people/{city.persons['asker']}"
    asked = person.press(person.get(place), f"{place}/reset-password")
    assert asked.status == 403
    wrong = person.press(asked, f"{place}/reset-password", code="000000")
    assert wrong.status == 403
    handed = person.press(wrong, f"{place}/reset-password", code=codes[0])
    assert handed.status == 200
    (password,) = re.findall(r'id="password">([\w-]+)<', handed.answer.text)
    asker = enter()
    assert asker.sign_in("asker", password).answer.url.path == "/account/password"
    assert password not in person.get(place).answer.text


def test_a_lost_second_factor_is_taken_away(enter: Enter, city: City) -> None:
    enrol(enter("looker"))
    person = enter("secadmin")
    place = f"/people/{city.persons['looker']}"
    page = person.press(person.get(place), f"{place}/reset-second-factor")
    assert "taken away" in page.text
    assert enter().sign_in("looker", PASSWORD).answer.url.path == "/inbox"


def test_a_person_is_locked_and_the_lock_lifted(enter: Enter, city: City) -> None:
    person, looker = enter("secadmin"), enter("looker")
    place = f"/people/{city.persons['looker']}"
    assert "/locks/new?kind=person&name=looker" in person.get(place).links
    page = person.get("/locks/new?kind=person&name=looker")
    empty = person.press(page, "/locks/set", reason=" ")
    assert empty.status == 422
    done = person.press(empty, "/locks/set", reason="账号疑似被盗")
    assert "The lock holds everywhere." in done.text
    assert looker.get("/inbox").status == 403
    (lock,) = [link for link in done.links if re.fullmatch(r"/locks/[0-9a-f-]{36}", link)]
    assert lock in person.get(place).links
    already = person.get("/locks/new?kind=person&name=looker")
    assert lock in already.links
    assert not already.has_form("/locks/set")
    lifted = person.press(person.get(lock), f"{lock}/lift", reason="已核实")
    assert "The lock was lifted." in lifted.text
    assert looker.get("/inbox").status == 200
    assert lock in person.get("/locks?scope=all").links


def test_an_absence_is_noted_and_ended(enter: Enter, city: City) -> None:
    person = enter("secadmin")
    place = f"/people/{city.persons['owner.cg']}"
    wrong = person.press(person.get(place), f"{place}/absences", end="2020-01-01T00:00", note="外出培训")
    assert wrong.status == 422
    assert ("note", "外出培训") in wrong.form(f"{place}/absences").fields
    noted = person.press(wrong, f"{place}/absences", end=in_days(3), delegate="owner.cg2")
    assert "The absence was noted." in noted.text
    lent = person.get("/standing-in")
    (end,) = [form.action for form in lent.forms if form.action.startswith("/standing-in/")]
    assert "The delegation has ended." in person.press(lent, end).text
    away = person.get("/standing-in/absences")
    (back,) = [form.action for form in away.forms if form.action.endswith("/end")]
    assert "is back" in person.press(away, back).text
    auditor = enter("auditor")
    assert auditor.get("/standing-in/absences?scope=over").status == 200
    assert auditor.send(back, {"csrf": [csrf_of(auditor)]}).status == 403


def test_an_identity_is_linked_only_where_there_is_a_house(enter: Enter, city: City) -> None:
    """Without a house in the settings there is no form, and the route says so."""
    person = enter("secadmin")
    place = f"/people/{city.persons['asker']}"
    assert not person.get(place).has_form(f"{place}/identities")
    refused = person.send(f"{place}/identities", {"csrf": [csrf_of(person)], "subject": ["abc"]})
    assert refused.status == 503


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.0 Safari/537.36",
         "Chrome 88, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1 Version/17.1 Mobile Safari/604.1",
         "Safari 17, iOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox 140, Linux"),
        ("curl/8 <script>", "–"),
    ],
)  # fmt: skip
def test_own_sessions_say_from_where_and_with_what(hall: Enter, agent: str, told: str) -> None:
    person = hall()
    person.client.headers["User-Agent"] = agent
    person.come_in("owner.xs")
    page = person.get("/account")
    assert f"127.0.0.1 {told}" in page.text
    assert "537.36" not in page.text
    assert "curl" not in page.text
