"""The policy at its desk: proposed by one, looked at and put in force by another; its faults told all at once."""

import re

import pytest

from broker.bootstrap import Broker, operator
from broker.services.people.accounts import NewPerson
from policies.reading import shipped
from tests.city import PASSWORD, City
from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person
from tests.web.console.test_sign_in import enrol

BASELINE = shipped("baseline.csv")
LINE = "requester, camera, list, -, allow\n"
OTHER = "investigator, camera, list, -, allow\n"
WIDER = "auditor, camera, show, -, allow\n"
NARROWER = BASELINE.replace(LINE, "").replace(OTHER, "")


@pytest.fixture
def second(broker: Broker, city: City, enter: Enter) -> Person:
    """Another security administrator, who has shown the second factor just now."""
    assert city.departments
    new = NewPerson("secadmin2", "安全员二", "jc", PASSWORD, (("security_administrator", "jc"),))
    broker.accounts.add_person(operator("tests"), new)
    person = enter("secadmin2")
    enrol(person)
    return person


def proposed(person: Person, text: str) -> Page:
    return person.press(person.get("/policies/new"), "/policies/new", text=text, comment="暂不查询目录")


def count_of(page: Page, name: str) -> int:
    (found,) = re.findall(rf'id="{name}-count">(\d+)<', page.answer.text)
    return int(found)


def test_from_proposal_to_force_and_back(enter: Enter, second: Person) -> None:
    first = enter("secadmin")
    page = proposed(first, NARROWER)
    place = page.answer.url.path
    assert "Another security administrator may activate it." in page.text
    assert not page.has_form(f"{place}/activate")
    seen = second.get(place)
    api = first.client.get(f"/api/v1{place}/preview", headers={"Accept": "*/*"}).json()
    assert len(api["closed"]) == 2
    assert (count_of(seen, "opened"), count_of(seen, "closed")) == (len(api["opened"]), len(api["closed"]))
    for row in api["closed"]:
        assert row["act"] in seen.text
        assert f"{row['holders']} {', '.join(row['logins'])}" in seen.text
    own = first.send(f"{place}/activate", {**seen.form(f"{place}/activate").filled({}), "csrf": [csrf_of(first)]})
    assert own.status == 403
    assert enter("asker").client.get("/api/v1/cameras", headers={"Accept": "*/*"}).status_code == 200
    done = second.press(seen, f"{place}/activate")
    assert "The policy is in force everywhere." in done.text
    assert enter("asker").client.get("/api/v1/cameras", headers={"Accept": "*/*"}).status_code == 403
    back = first.get("/policies/new?from=shipped")
    assert dict(back.form("/policies/new").fields)["text"].strip() == BASELINE.strip()
    again = first.press(back, "/policies/new", comment="恢复")
    assert count_of(again, "opened") == 2
    assert done.status == 200


def csrf_of(person: Person) -> str:
    return dict(person.get("/keys").form("/sign-out").fields)["csrf"]


def test_activation_asks_for_the_second_factor_and_what_was_looked_at(enter: Enter, second: Person) -> None:
    first = enter("secadmin")
    place = proposed(first, NARROWER).answer.url.path
    other = proposed(first, BASELINE.replace(LINE, "")).answer.url.path
    late = second.get(place)
    assert second.press(second.get(other), f"{other}/activate").status == 200
    moved = second.press(late, f"{place}/activate")
    assert moved.status == 409
    discarded = second.press(moved, f"{place}/discard", reason="已有新策略")
    assert "was discarded" in discarded.text
    assert not discarded.has_form(f"{place}/activate")


def test_faults_are_told_row_by_row_and_the_text_stays(enter: Enter) -> None:
    person = enter("secadmin")
    text = BASELINE + "auditor, fotage, clip, -, allow\nauditor, footage, clip, -, allow\n"
    page = proposed(person, text)
    assert page.status == 422
    assert "4 things are wrong" in page.text
    assert page.answer.text.count("{") == 0
    fields = dict(page.form("/policies/new").fields)
    assert fields["text"].strip() == text.strip()
    assert fields["comment"] == "暂不查询目录"
    assert proposed(person, "").status == 422
    assert WIDER not in BASELINE


def test_a_file_goes_before_what_is_typed(enter: Enter) -> None:
    person = enter("secadmin")
    page = person.get("/policies/new")
    fields = {name: values[0] for name, values in page.form("/policies/new").filled({"comment": "文件"}).items()}
    files = {"file": ("policy.csv", NARROWER.encode(), "text/csv")}
    headers = {"Origin": person.url, "Sec-Fetch-Site": "same-origin"}
    kept = Page(person.client.post("/policies/new", data=fields, files=files, headers=headers))
    assert count_of(kept, "closed") == 2
    fields["once"] = "another-one"
    broken = {"file": ("policy.csv", b"\xff\xfe\x00", "text/csv")}
    refused = Page(person.client.post("/policies/new", data=fields, files=broken, headers=headers))
    assert refused.status == 422
