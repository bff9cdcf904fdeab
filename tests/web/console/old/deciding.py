"""The parts of the center and of an owner: what waits is opened and decided on."""

from tests.city import PASSWORD
from tests.web.console.old.conftest import CENTER, House
from tests.web.console.old.tab import Tab

LINE = """(name) => [...document.querySelectorAll('input[name=line]')]
    .find((it) => it.labels[0].innerText.includes(name)).id"""


def come_in(tab: Tab, login: str, house: House) -> None:
    tab.go("/sign-in")
    tab.type("#field-login", login)
    tab.type("#field-password", PASSWORD)
    tab.press("Enter")
    if login == CENTER:
        tab.type("#field-code", house.recovery.pop())
        tab.press("Enter")
    tab.at("/inbox")


def approve(tab: Tab, request: str, house: House) -> None:
    """Approve; the code of the second factor is one of some time ago, and asked for on the way."""
    house.stale()
    tab.click(f"a[data-row][href*='{request}']")
    tab.at(f"/requests/{request}/decision")
    tab.until("!!document.querySelector('cam-map[data-ready]')")
    tab.type("#comment", "同意，限查看")
    tab.click("#yes button[data-key=a]")
    tab.type("#yes #field-code", house.pocket.code())
    assert tab.value("#comment") == "同意，限查看"
    tab.click("#yes button[data-key=a]")
    tab.at("/inbox")
    assert tab.has(".flash")


def authorize(tab: Tab, request: str, struck: str) -> None:
    """Authorize all points but the one of this name; what waits first is opened by keyboard."""
    tab.press("j", "Enter")
    tab.at(f"/requests/{request}/items/[^/]+")
    tab.click(f"#{tab.run(LINE, struck)}")
    tab.click("#yes button[data-key=a]")
    tab.at("/inbox")
    assert tab.has(".flash")
