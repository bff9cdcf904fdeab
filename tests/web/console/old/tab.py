"""Somebody's window in an old browser: real mouse and real keys, through its developer tools."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from tests.web.console.old.devtools import PATIENCE, Browser
from tests.web.console.old.keys import CONTROL, pressed

PAUSE = 0.02
STEPS = 4
"""Moves of the mouse between the ends of a drag."""

REACH = """(name) => {
    const found = [...document.querySelectorAll(name)].find((it) => it.getClientRects().length);
    if (!found || document.readyState !== 'complete') return null;
    found.scrollIntoView({block: 'center'});
    const {x, y, width, height} = found.getBoundingClientRect();
    return [x, y, width, height];
}"""
HIT = "(name, x, y) => !!(document.elementFromPoint(x, y) || document.body).closest(name)"

Spot = tuple[float, float]
"""Where on a thing: a part of its width and of its height."""


class Tab:
    """One page of somebody who shares no cookies with the others; what goes wrong in it is written down."""

    def __init__(self, browser: Browser, url: str, language: str = "en") -> None:
        """Open it at the address of a console; `language` is what the browser asks for."""
        self._browser = browser
        self.url = url
        self._room = browser.ask("Target.createBrowserContext")["browserContextId"]
        page = browser.ask("Target.createTarget", url="about:blank", browserContextId=self._room)["targetId"]
        self._session: str = browser.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Network.setUserAgentOverride", userAgent=self.run("navigator.userAgent"), acceptLanguage=language)

    def close(self) -> None:
        self._browser.ask("Target.disposeBrowserContext", browserContextId=self._room)

    def ask(self, method: str, **facts: Any) -> dict[str, Any]:
        return self._browser.ask(method, self._session, **facts)

    def run(self, script: str, *given: object) -> Any:
        """Return what an expression comes to, or a function that is given these; promises are waited for."""
        asked = f"({script})({', '.join(map(json.dumps, given))})" if given else script
        answer = self.ask("Runtime.evaluate", expression=asked, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, (asked, answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, script: str, *given: object) -> Any:
        """Wait until an expression holds, and return it; a page that is just leaving has no answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(AssertionError):
                if found := self.run(script, *given):
                    return found
            assert time.monotonic() < deadline, f"never: {script} {given}\n{self.run('document.body.innerText')[:2000]}"
            time.sleep(PAUSE)

    def go(self, place: str) -> None:
        self.run("window.left = true")
        self.ask("Page.navigate", url=f"{self.url}{place}")
        self.until("!window.left && document.readyState === 'complete'")

    def at(self, pattern: str) -> str:
        """Wait for a page whose path is so (a regular expression), and return the path."""
        whole = f"^{pattern}$"
        path: str = self.until(
            "(it) => document.readyState === 'complete' && new RegExp(it).test(location.pathname) && location.pathname",
            whole,
        )
        return path

    def leave(self, selector: str) -> None:
        """Click what leads to another page, and wait for that."""
        self.run("window.left = true")
        self.click(selector)
        self.until("!window.left && document.readyState === 'complete'")

    def size(self, selector: str) -> tuple[float, float]:
        width, height = self.run(
            "(name) => [document.querySelector(name).clientWidth, document.querySelector(name).clientHeight]", selector
        )
        return width, height

    def text(self, selector: str = "main") -> str:
        told: str = self.run("(name) => document.querySelector(name).innerText", selector)
        return told

    def value(self, selector: str) -> str:
        told: str = self.run("(name) => document.querySelector(name).value", selector)
        return told

    def has(self, selector: str) -> bool:
        return bool(self.run("(name) => !!document.querySelector(name)", selector))

    def point(self, selector: str, spot: Spot = (0.5, 0.5)) -> Spot:
        """Return where a thing is in the window, brought into sight, and sure that nothing lies over it."""
        left, top, width, height = self.until(REACH, selector)
        x, y = left + spot[0] * width, top + spot[1] * height
        assert self.run(HIT, selector, x, y), f"something lies over {selector}"
        return x, y

    def click(self, selector: str, spot: Spot = (0.5, 0.5), *, held: int = 0) -> None:
        """Click a thing with the mouse; `held` are the keys held meanwhile."""
        x, y = self.point(selector, spot)
        self.mouse("mouseMoved", (x, y), held=held)
        self.mouse("mousePressed", (x, y), held=held)
        self.mouse("mouseReleased", (x, y), held=held)

    def drag(self, selector: str, begin: Spot, end: Spot) -> None:
        """Press the mouse at one part of a thing, and let it go at another."""
        (x, y), (to_x, to_y) = self.point(selector, begin), self.point(selector, end)
        self.mouse("mouseMoved", (x, y))
        self.mouse("mousePressed", (x, y))
        for step in range(1, STEPS + 1):
            self.mouse("mouseMoved", (x + (to_x - x) * step / STEPS, y + (to_y - y) * step / STEPS), down=True)
        self.mouse("mouseReleased", (to_x, to_y))

    def mouse(self, kind: str, place: Spot, *, down: bool = False, held: int = 0) -> None:
        down = down or kind == "mousePressed"
        button = "none" if kind == "mouseMoved" and not down else "left"
        self.ask(
            "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button=button, buttons=int(down),
            clickCount=int(kind != "mouseMoved"), modifiers=held,
        )  # fmt: skip

    def press(self, *names: str, held: int = 0) -> None:
        """Press keys one after the other."""
        for name in names:
            for event in pressed(name, held):
                self.ask("Input.dispatchKeyEvent", **event)

    def type(self, selector: str, text: str) -> None:
        """Put a text into a field, as an input method does."""
        self.click(selector)
        self.press("a", held=CONTROL)
        self.ask("Input.insertText", text=text)

    def choose(self, selector: str, value: str) -> None:
        """Walk a list of choices by its arrow keys; its label gives it the focus."""
        self.click(f"label[for={selector.lstrip('#')}]")
        listed: list[str] = self.run(
            "(name) => [...document.querySelector(name).options].map((it) => it.value)", selector
        )
        steps = listed.index(value) - listed.index(self.value(selector))
        self.press(*["ArrowDown" if steps > 0 else "ArrowUp"] * abs(steps))
        assert self.value(selector) == value

    def told(self, method: str) -> Iterator[dict[str, Any]]:
        """Yield what the browser has said of this page under a name."""
        for event in self._browser.events:
            if event.get("sessionId") == self._session and event["method"] == method:
                yield event["params"]

    @property
    def faults(self) -> Sequence[str]:
        """What went wrong up to now: errors of scripts, words of the policy, requests to another host."""
        own = (self.url, "data:", "blob:")
        asked = (it["request"]["url"] for it in self.told("Network.requestWillBeSent"))
        return [
            *(json.dumps(it)[:500] for it in self.told("Runtime.exceptionThrown")),
            *(json.dumps(it)[:500] for it in self.told("Log.entryAdded") if it["entry"]["level"] == "error"),
            *(json.dumps(it["args"])[:500] for it in self.told("Runtime.consoleAPICalled") if it["type"] == "error"),
            *(url for url in asked if not url.startswith(own)),
        ]
