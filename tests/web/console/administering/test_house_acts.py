"""What the system administrator does at the desks: departments, divisions, rules, webhooks, fields, targets."""

import json
import re

import pytest

from tests.web.console.conftest import Enter
from tests.web.console.page import Page, Person

NODE = {"code": "dh-yj", "name": "东河区应急管理局", "name_en": "", "kind": "department", "division": "990102"}


def upload(person: Person, action: str, page: Page, name: str, content: bytes, **typed: str) -> Page:
    """Send a form with a file, as a browser would."""
    fields = {key: values[0] for key, values in page.form(action).filled(typed).items() if key != "file"}
    headers = {"Origin": person.url, "Sec-Fetch-Site": "same-origin"}
    files = {"file": (name, content, "text/csv")}
    return Page(person.client.post(action, data=fields, files=files, headers=headers))


def test_a_department_is_added_and_called_otherwise(enter: Enter) -> None:
    person = enter("sysadmin")
    page = person.press(person.get("/departments/dh"), "/departments/dh/add", **NODE)
    assert "The department was added." in page.text
    assert "/departments/dh-yj" in page.links
    taken = person.press(page, "/departments/dh/add", **{**NODE, "name": "另一个"})
    assert taken.status == 409
    assert ("name", "另一个") in taken.form("/departments/dh/add").fields
    wrong = person.press(page, "/departments/dh/add", **{**NODE, "code": "a b", "division": "x"})
    assert wrong.status == 422
    place = "/departments/dh-yj"
    at_first = person.get(place)
    edited = person.press(person.get(place), f"{place}/edit", name="东河区应急局", name_en="Donghe Emergency Bureau")
    assert "Donghe Emergency Bureau" in edited.text
    stale = person.press(at_first, f"{place}/edit", name="又一个名字")
    assert stale.status == 409
    assert ("name", "又一个名字") in stale.form(f"{place}/edit").fields
    empty = person.press(edited, f"{place}/edit", name=" ")
    assert empty.status == 422


def test_a_list_of_divisions_is_checked_then_brought_in(enter: Enter) -> None:
    person = enter("sysadmin")
    page = person.get("/divisions/import")
    rows = "code,name\n330102001,试验街道\n330102001001,试验社区\n9x,错\n".encode()
    checked = upload(person, "/divisions/import", page, "towns.csv", rows, how="check")
    assert "Checked, nothing written" in checked.text
    assert "Rows that stay outside" in checked.text
    done = upload(person, "/divisions/import", checked, "towns.csv", rows, how="import")
    assert "Brought in" in done.text
    assert "试验" in person.get("/divisions?within=330102001").text
    broken = upload(person, "/divisions/import", done, "towns.csv", b"\xff\xfe\x00\x01", how="import")
    assert broken.status == 422
    none = person.press(done, "/divisions/import", how="import")
    assert none.status == 422


def test_the_next_rules_are_checked_then_published(enter: Enter) -> None:
    person = enter("sysadmin")
    page = person.get("/rulebook/new?from=0")
    document = json.loads(dict(page.form("/rulebook/check").fields)["document"])
    document["limits"]["cameras"] = "many"
    document["routes"][0]["center_approvals"] = 7
    text = json.dumps(document, ensure_ascii=False, indent=1)
    faulty = person.press(page, "/rulebook/check", document=text)
    assert faulty.status == 422
    assert "/limits/cameras" in faulty.text
    assert "/routes/0/center_approvals" in faulty.text
    assert dict(faulty.form("/rulebook/check").fields)["document"].strip() == text
    assert not faulty.has_form("/rulebook/new")
    assert person.press(page, "/rulebook/check", document="{").status == 422
    document["limits"]["cameras"] = 60
    document["routes"][0]["center_approvals"] = 2
    good = person.press(faulty, "/rulebook/check", document=json.dumps(document, ensure_ascii=False))
    assert "1 changes" in good.text
    assert "/limits/cameras" in good.text
    blank = person.press(good, "/rulebook/new", comment=" ")
    assert blank.status == 422
    done = person.press(blank, "/rulebook/new", comment="每份申请可到六十个点位")
    assert "in force" in done.text
    assert "Rules, version 1" in done.text
    assert "/rulebook/versions/1" in person.get("/rulebook/versions").links
    late = person.press(good, "/rulebook/new", comment="晚了一步")
    assert late.status == 409
    assert ("comment", "晚了一步") in late.form("/rulebook/new").fields
    assert "/rulebook/new?from=0" in person.get("/rulebook/versions/0").links  # the way back


def test_a_webhook_is_added_tried_and_removed(enter: Enter) -> None:
    person = enter("sysadmin")
    page = person.get("/webhooks")
    refused = person.press(page, "/webhooks", department="dh-hb", url="http://127.0.0.1:9/x", kind="grant.issued")
    assert refused.status == 422
    assert dict(refused.form("/webhooks").fields)["url"] == "http://127.0.0.1:9/x"
    assert ("kind", "grant.issued") in refused.form("/webhooks").fields
    added = person.press(refused, "/webhooks", url="https://9.9.9.9/notices")
    (secret,) = re.findall(r"whsec_[\w+/=]+", added.text)
    (place,) = [link for link in added.links if re.fullmatch(r"/webhooks/[0-9a-f-]{36}", link)]
    one = person.get(place)
    assert secret not in one.answer.text
    assert "grant.issued" in one.text
    removed = person.press(one, f"{place}/remove")
    assert "The webhook was removed." in removed.text
    assert place not in removed.links


def test_a_field_of_the_city_is_defined_and_retired(enter: Enter) -> None:
    person = enter("sysadmin")
    page = person.get("/camera-fields")
    codes = "a | 甲 | A\nb | 乙 | B"
    wrong = person.press(page, "/camera-fields", key="Grid", zh="网格", en="Grid", kind="code", allowed=codes)
    assert wrong.status == 422
    assert dict(wrong.form("/camera-fields").fields)["allowed"].strip() == codes
    done = person.press(wrong, "/camera-fields", key="grid")
    assert "The field was saved." in done.text
    twice = person.press(done, "/camera-fields", key="grid", zh="网格", en="Grid", kind="text")
    assert twice.status == 422
    one = person.get("/camera-fields/grid")
    assert "甲" in enter("sysadmin", "zh").get("/camera-fields/grid").text
    fields = dict(one.form("/camera-fields/grid").fields)
    assert fields["allowed"].strip() == codes
    retired = person.press(one, "/camera-fields/grid", retired="yes", en="Grid cell")
    assert "Retired" in retired.text
    assert "Grid cell" in retired.text
    assert person.get("/camera-fields/nothing").status == 404


def test_a_target_is_set_and_taken_back(enter: Enter) -> None:
    person = enter("sysadmin")
    page = person.get("/plan-targets?year=2027")
    wrong = person.press(page, "/plan-targets/set", indicator="coverage.plan", department="dh-cg", value="many")
    assert wrong.status == 422
    assert dict(wrong.form("/plan-targets/set").fields)["value"] == "many"
    both = person.press(wrong, "/plan-targets/set", division="330102", value="12")
    assert both.status == 422
    done = person.press(wrong, "/plan-targets/set", value="12")
    assert "The target was set." in done.text
    assert str(done.answer.url).endswith("year=2027")
    back = person.press(done, "/plan-targets/set")
    assert "taken back" in back.text
    assert "Nothing is planned" in back.text


@pytest.mark.parametrize("login", ["owner.cg", "center.dh"])
def test_who_decides_locks_the_cameras_of_a_department(enter: Enter, login: str) -> None:
    person = enter(login)
    assert "/locks/new?kind=department&name=dh-cg" in person.get("/departments/dh-cg").links
    elsewhere = person.get("/locks/new?kind=department&name=xs-ga")
    assert not elsewhere.has_form("/locks/set")
    assert "You may not lock this." in elsewhere.text
    assert person.get("/locks/new?kind=person&name=secadmin").has_form("/locks/set") is False
    done = person.press(person.get("/locks/new?kind=department&name=dh-cg"), "/locks/set", reason="画面外泄")
    assert "The lock holds everywhere." in done.text
    assert "Locked" in person.get("/departments/dh-cg").text
