"""Files handed in at the console, as a browser without script sends them."""

from tests.web.console.page import Page, Person

HEADINGS = ("编码", "点", "北", "东", "备注")
ROWS = "编码,点,北,东,备注\n99010201081320000091,桥头,30.6,104.0,a\n9901,坏编码,30.6,104.0,b\n,涉密,x,,c\n"
FEEDS = ("gb_code", "name", "latitude", "longitude", "")
CHOSEN: dict[str, str | list[str]] = {f"column.{number}": field for number, field in enumerate(FEEDS)}


def upload(person: Person, page: Page, action: str, content: bytes, name: str = "点位.csv", **typed: str) -> Page:
    """Fill a form in that brings a file, and send it."""
    fields = page.form(action).filled(typed)
    fields.pop("file", None)
    answer = person.client.post(
        action, data=fields, files={"file": (name, content)},
        headers={"Origin": person.url, "Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    return Page(answer)


def handed_in(person: Person, content: bytes, name: str = "点位.csv", owner: str = "dh-cg", **typed: str) -> Page:
    return upload(person, person.get("/imports/new"), "/imports/new", content, name, owner=owner, **typed)


def place(page: Page) -> str:
    """Return the path of the page that was come to."""
    return str(page.answer.url.path)
