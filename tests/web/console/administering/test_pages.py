"""Who sees which desk of the administrators, and what each page holds."""

import re

import pytest

from tests.web.console.conftest import Enter
from tests.web.console.page import Page, own_links
from tests.web.console.test_frame import held

FOR_ALL = {"/departments", "/divisions", "/rulebook", "/standing-in"}
LANDING: dict[str, set[str]] = {
    "sysadmin": FOR_ALL | {"/webhooks", "/camera-fields", "/plan-targets", "/settings"},
    "secadmin": FOR_ALL | {"/people", "/people/invites", "/policies", "/locks"},
    "auditor": FOR_ALL | {"/policies", "/locks", "/camera-fields", "/plan-targets", "/settings"},
    "owner.cg": FOR_ALL | {"/locks", "/camera-fields", "/plan-targets"},
}
EVERY = set().union(*LANDING.values())


def areas(page: Page) -> set[str]:
    return {given["href"] for tag, given in page.tags if tag == "a" and "data-row" in given}


@pytest.mark.parametrize("login", LANDING)
def test_the_landing_lists_what_one_may_and_the_rest_is_refused(hall: Enter, login: str) -> None:
    person = hall(login)
    landing = person.get("/administration")
    held(landing)
    assert areas(landing) == LANDING[login]
    assert "/administration" in landing.links
    for place in EVERY:
        page = person.get(place)
        held(page)
        assert page.status == (200 if place in LANDING[login] else 403), place
        current = [given["href"] for tag, given in page.tags if tag == "a" and given.get("aria-current") == "page"]
        assert current == ["/administration"] or page.status == 403


def test_who_keeps_nothing_has_no_such_desk(hall: Enter) -> None:
    page = hall("asker").get("/inbox")
    assert "/administration" not in page.links
    assert areas(hall("asker").get("/administration")) <= FOR_ALL | {"/camera-fields"}


def test_the_tree_goes_down_level_by_level_and_is_searched(hall: Enter) -> None:
    person = hall("sysadmin", "zh")
    page = person.get("/departments")
    assert {"/departments/jc", "/departments/dh", "/departments/jc-ga"} <= set(own_links(page))
    assert "/departments/dh-hb" not in page.links  # two levels at once
    assert "details" in {tag for tag, _ in page.tags}
    below = person.get("/departments/dh")
    assert "/departments/dh-hb" in below.links
    assert "/departments/jc" in below.links  # the way up
    found = person.get("/departments?text=生态")
    assert [link for link in found.links if link.startswith("/departments/")] == ["/departments/dh-hb"]
    first = person.get("/departments/dh?limit=2")
    following = next(link for link in first.links if "after=" in link)
    assert "/departments/dh-jt" in person.get(f"{following}&limit=50").links
    assert person.get("/departments/nowhere").status == 404


def test_divisions_are_found(hall: Enter) -> None:
    person = hall("asker", "zh")
    page = person.get("/divisions?text=杭州市&level=city")
    (found,) = [link for link in page.links if link.startswith("/divisions/") and link != "/divisions/import"]
    one = person.get(found)
    assert "浙江省" in one.text
    assert not page.has_form("/divisions/import")
    assert "/divisions/import" not in page.links
    assert person.get("/divisions/import").status == 403
    assert "/divisions/import" in hall("sysadmin").get("/divisions").links
    wrong = person.get("/divisions?within=33x")
    assert wrong.status in {200, 422}
    assert dict(wrong.form("/divisions").fields)["within"] == "33x"


def test_people_are_narrowed(hall: Enter) -> None:
    person = hall("secadmin")

    def logins(query: str) -> set[str]:
        page = person.get(f"/people?{query}")
        assert page.status == 200
        return {word for word in page.text.split() if word in {"asker", "looker", "owner.cg", "stranger", "secadmin"}}

    assert logins("") == {"asker", "looker", "owner.cg", "stranger", "secadmin"}
    assert logins("department=dh") == {"asker", "looker", "owner.cg"}
    assert logins("role=requester") == {"asker", "stranger"}
    assert logins("text=OWNER.c") == {"owner.cg"}
    assert logins("standing=invited") == logins("standing=closed") == logins("department=nowhere") == set()
    first = person.get("/people?limit=3")
    following = next(link for link in first.links if "after=" in link)
    assert not rows(first) & rows(person.get(following))
    assert len(rows(first)) == 3


def rows(page: Page) -> set[str]:
    return {link for link in page.links if re.fullmatch(r"/people/[0-9a-f-]{36}", link)}


def test_the_rules_are_readable(hall: Enter) -> None:
    page = hall("asker", "zh").get("/rulebook")
    assert "敏感点位双人授权" in page.text
    pictures = [given["aria-label"] for tag, given in page.tags if tag == "svg"]
    assert "综治中心审批 2 人 · 24 小时" in pictures[0]
    assert "综治中心" not in pictures[5]  # the own cameras go without the center
    assert not page.has_form("/rulebook/new")
    assert "/rulebook/new?from=0" not in page.links
    assert hall("asker").get("/rulebook/new").status == 403
    assert "/rulebook/new?from=0" in hall("sysadmin").get("/rulebook").links
    assert "第 0 版" in hall("asker", "zh").get("/rulebook/versions/0").text


def test_an_act_is_explained(hall: Enter) -> None:
    person = hall("auditor")
    page = person.get("/policies/explain?role=center_approver&act=access_request:approve")
    assert "not_party" in page.text
    wrong = person.get("/policies/explain?role=auditor&act=camera:eat")
    assert "camera:list" in wrong.text
    assert not any(link.startswith("/policies/new") for link in person.get("/policies").links)
    assert person.get("/policies/new").status == 403
