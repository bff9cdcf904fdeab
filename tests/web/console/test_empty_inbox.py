"""An inbox with nothing in it says what will come here, and leads to where its reader may go on."""

from tests.web.console.conftest import Enter
from tests.web.console.page import Page

START = "Where to go from here"


def desks(page: Page) -> set[str]:
    return {given["href"] for tag, given in page.tags if tag == "a" and "data-key" in given}


def test_it_leads_on_by_what_one_may_do(hall: Enter) -> None:
    for login, begins in (("auditor", False), ("asker", True), ("secadmin", False)):
        page = hall(login).get("/inbox")
        assert START in page.text, login
        assert page.has_form("/requests/new") is begins, login
        leads = desks(page) - {"/inbox"}
        assert leads, login
        assert all(page.links.count(it) == 2 for it in leads), login  # in the bar, and told of below
    assert "what became of grants" in hall("auditor").get("/inbox").text
