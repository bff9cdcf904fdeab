"""A page as a person without script sees it: text, links, forms with what stands in them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

import httpx

from tests.city import PASSWORD
from tests.web.door import NOBODY

VOID = {"input", "meta", "link", "br", "hr", "img"}
TICKED = {"checkbox", "radio"}
HTML = {"Accept": "text/html,application/xhtml+xml"}


@dataclass
class FormOfPage:
    """A form as it stands in a page."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, values: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
        """Return what a browser would send, with `values` typed over what stands there."""
        sent: dict[str, list[str]] = {}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        for name, typed in values.items():
            sent[name] = [typed] if isinstance(typed, str) else typed
        return sent


class Page(HTMLParser):
    """One answer, read."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(convert_charrefs=True)
        self.answer = answer
        self.forms: list[FormOfPage] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self._elsewhere: dict[str, list[tuple[str, str]]] = {}
        self._by_id: dict[str, FormOfPage] = {}
        self._in_form: FormOfPage | None = None
        self._select: tuple[str, str | None] | None = None
        self._area: str | None = None
        self.feed(answer.text)
        for name, fields in self._elsewhere.items():
            self._by_id[name].fields += fields

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, action: str) -> FormOfPage:
        """Return the form with this action; None of that name is a mistake of the page."""
        found = [each for each in self.forms if each.action == action]
        assert found, f"no form for {action}, only {[each.action for each in self.forms]}\n{self.text[:1000]}"
        return found[0]

    def has_form(self, action: str) -> bool:
        return any(each.action == action for each in self.forms)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._in_form = FormOfPage(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._in_form)
            self._by_id[given.get("id", "")] = self._in_form
        elif "form" in given and "name" in given and "disabled" not in given:
            if given.get("type") not in TICKED or "checked" in given:
                self._elsewhere.setdefault(given["form"], []).append((given["name"], given.get("value", "")))
        elif self._in_form and "name" in given and "disabled" not in given:
            self._field(tag, given)
        elif tag == "option" and self._select and "selected" in given:
            self._select = (self._select[0], given.get("value", ""))

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self._in_form
        if tag == "input" and (given.get("type") not in TICKED or "checked" in given):
            self._in_form.fields.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select = (given["name"], "")
        elif tag == "textarea":
            self._area = given["name"]
            self._in_form.fields.append((given["name"], ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag == "form":
            self._in_form = None
        elif tag == "select" and self._select and self._in_form:
            self._in_form.fields.append((self._select[0], self._select[1] or ""))
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area and self._in_form:
            self._in_form.fields[-1] = (self._area, data)
        if not {"script", "style"} & set(self._open):
            self.words.append(data)


class Person:
    """Somebody with a browser of their own, without script."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.client = httpx.Client(
            base_url=url, headers={**HTML, "Accept-Language": language}, follow_redirects=True, trust_env=False,
            timeout=30, verify=NOBODY,
        )  # fmt: skip
        self.url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str) -> Page:
        return Page(self.client.get(path))

    def send(self, path: str, fields: Mapping[str, list[str]], **headers: str) -> Page:
        sent = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", **headers}
        return Page(self.client.post(path, data=dict(fields), headers=sent))

    def press(self, page: Page, action: str, **typed: str | list[str]) -> Page:
        """Fill a form of a page and send it."""
        values = {name.removesuffix("_"): value for name, value in typed.items()}
        return self.send(action, page.form(action).filled(values))

    def come_in(self, login: str, password: str = PASSWORD) -> None:
        """Sign in without looking at the pages on the way."""
        answer = self.client.post(
            "/sign-in",
            data={"login": login, "password": password},
            headers={"Origin": self.url},
            follow_redirects=False,
        )
        assert answer.status_code == 303, answer.text

    def sign_in(self, login: str, password: str = PASSWORD) -> Page:
        return self.press(self.get("/sign-in"), "/sign-in", login=login, password=password)


def own_links(page: Page) -> Iterator[str]:
    """Yield the links that stay in the console."""
    return (link for link in page.links if link.startswith("/") and not link.startswith(("/api/", "/docs", "/assets")))
