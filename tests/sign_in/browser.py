"""A browser with cookies of its own, which goes to the other house and comes back."""

from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.web.door import NOBODY

SESSION, FLOW, DEVICE = "xueliang", "xueliang-oidc", "xueliang-device"
CALLBACK = "/auth/oidc/callback"


class Browser:
    """Keeps cookies, follows nothing by itself."""

    def __init__(self, url: str, cookies: Mapping[str, str] | None = None) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=30, verify=NOBODY)
        for name, value in (cookies or {}).items():
            self.client.cookies.set(name, value, domain="127.0.0.1")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def start(self, **query: str) -> str:
        """Begin, and return where we are sent."""
        answer = self.client.get("/auth/oidc/start", params=query)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def over_there(self, address: str) -> dict[str, str]:
        """Go to the other house and return what we are sent back with."""
        answer = httpx.get(address, trust_env=False, verify=NOBODY)
        assert answer.status_code == 303, answer.text
        back = urlsplit(answer.headers["location"])
        assert back.path == CALLBACK
        return dict(parse_qsl(back.query))

    def back(self, query: Mapping[str, Any] | None = None) -> httpx.Response:
        """Come back."""
        return self.client.get(CALLBACK, params=query, headers={"Accept-Language": "en"})

    def sign_in(self, **query: str) -> httpx.Response:
        """Go there and back."""
        return self.back(self.over_there(self.start(**query)))

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/api/v1{path}", headers={"Accept-Language": "en"})

    def send(self, method: str, path: str, body: object = None, csrf: str = "") -> httpx.Response:
        headers = {"Accept-Language": "en"} | ({"X-CSRF-Token": csrf} if csrf else {})
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def password(self, login: str, password: str, **more: str) -> httpx.Response:
        """Sign in by password."""
        return self.send("POST", "/sessions", {"login": login, "password": password, **more})

    @property
    def signed_in(self) -> bool:
        return SESSION in self.client.cookies

    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self.client.cookies.jar}
