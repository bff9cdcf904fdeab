"""A form is carried out for whoever it was shown to, from a page of ours, once."""

from uuid import uuid4

import pytest

from broker.bootstrap import Broker
from tests.city import City
from tests.web.console.conftest import Enter
from tests.web.door import Door
from tests.web.steps import draft, submitted

FORGED = [
    ({"csrf": ["0" * 64]}, {}),
    ({"csrf": []}, {}),
    ({"csrf": ["ü"]}, {}),
    ({}, {"Origin": "https://evil.example"}),
    ({}, {"Origin": "null"}),
    ({}, {"Sec-Fetch-Site": "cross-site"}),
    ({}, {"Sec-Fetch-Site": "same-site"}),
    ({}, {"Content-Type": "text/plain"}),
    ({}, {"Content-Type": "application/json"}),
]


@pytest.mark.parametrize(("fields", "headers"), FORGED)
def test_a_forged_form_is_refused(hall: Enter, fields: dict[str, list[str]], headers: dict[str, str]) -> None:
    person = hall("asker")
    form = person.get("/inbox").form("/sign-out").filled(fields)
    assert person.send("/account/sessions/end-others", form, **headers).status in {403, 422}
    assert person.get("/inbox").has_form("/sign-out")


def test_the_token_of_somebody_else_is_refused(hall: Enter) -> None:
    theirs = hall("looker").get("/inbox").form("/sign-out").filled({})
    person = hall("asker")
    assert person.send("/sign-out", theirs).status == 403
    assert person.get("/inbox").has_form("/sign-out")


def test_a_form_that_is_sent_again_does_nothing_twice(
    enter: Enter, plain_door: Door, city: City, broker: Broker
) -> None:
    request = submitted(plain_door, city, "dh-cg")
    person = enter("center.dh")
    place = f"/requests/{request['id']}"
    form = person.get(f"{place}/decision").form(f"{place}/approve").filled({"comment": "ok"})
    assert "Approved." in person.send(f"{place}/approve", form).text
    again = person.send(f"{place}/approve", form)
    assert (again.status, again.answer.url.path) == (200, "/inbox")
    changed = person.send(f"{place}/approve", {**form, "comment": ["another one"]})
    assert changed.status == 422
    late = person.send(f"{place}/approve", {**form, "once": [str(uuid4())]})
    assert late.status == 409  # decided meanwhile: the request itself, and why
    assert not late.has_form(f"{place}/approve")
    approvals = [entry for entry in _trace(broker, request["id"]) if entry.endswith(":approved")]
    assert len(approvals) == 1


def _trace(broker: Broker, request: str) -> list[str]:
    with broker.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT kind FROM audit_event WHERE stream = %(stream)s ORDER BY seq",
            {"stream": f"access_request/{request}"},
        )
        return [row[0] for row in rows]


def test_a_refused_form_keeps_what_was_typed_and_may_be_sent_again(enter: Enter, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city, "dh-cg")
    person = enter("center.dh")
    place = f"/requests/{request['id']}"
    page = person.get(f"{place}/decision")
    refused = person.press(page, f"{place}/reject", reason="")
    assert refused.status == 422
    assert [given for tag, given in refused.tags if given.get("aria-invalid")]
    typed = person.press(page, f"{place}/approve", valid_days="900", comment="because of the river")
    assert typed.status == 422
    assert ("comment", "because of the river") in typed.form(f"{place}/approve").fields
    assert ("valid_days", "900") in typed.form(f"{place}/approve").fields
    form = page.form(f"{place}/reject").filled({"reason": "", "template": "purpose"})
    assert person.send(f"{place}/reject", {**form, "revision": ["7"]}).status == 409
    assert "Rejected." in person.send(f"{place}/reject", form).text  # the same token: nothing was done before


def test_text_is_shown_and_never_run(enter: Enter, plain_door: Door, city: City) -> None:
    request = submitted(plain_door, city, "dh-cg")
    center, asker = enter("center.dh"), enter("asker")
    place = f"/requests/{request['id']}"
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    center.press(center.get(f"{place}/decision"), f"{place}/return", reason=evil)
    page = asker.get(place)
    assert evil in page.text
    assert "alert(1)" not in [given.get("src", "") for tag, given in page.tags if tag == "script"]
    assert "<script>alert" not in page.answer.text
    assert "img" not in {tag for tag, _ in page.tags}


def test_a_draft_is_submitted_and_withdrawn(enter: Enter, plain_door: Door, city: City) -> None:
    request = draft(plain_door, city, "dh-cg")
    person = enter("asker")
    place = f"/requests/{request['id']}"
    sent = person.press(person.get(place), f"{place}/submit")
    assert "with the center" in sent.text
    assert not sent.has_form(f"{place}/submit")
    assert person.press(sent, f"{place}/withdraw", reason=" ").status == 422
    gone = person.press(sent, f"{place}/withdraw", reason="no longer needed")
    assert "withdrawn" in gone.text
    assert not gone.has_form(f"{place}/withdraw")
