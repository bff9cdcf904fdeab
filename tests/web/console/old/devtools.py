"""A browser driven by the words of its own developer tools, over a pipe: for those that Playwright does not know."""

import fcntl
import json
import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

FLAGS = [
    "--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-3d-apis", "--disable-dev-shm-usage",
    "--disable-sync", "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--window-size=1280,900", "--remote-debugging-pipe",
]  # fmt: skip
READS, WRITES = 3, 4
"""The descriptors that `--remote-debugging-pipe` means."""

PATIENCE = 60.0
PAUSE = 0.02
HIGH = 20


class Browser:
    """A browser that runs until it is left."""

    def __init__(self, program: Path, profile: Path) -> None:
        self._program = program
        self._profile = profile
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        hears, self._write = os.pipe()
        self._read, says = os.pipe()
        # out of the way of the two that the browser wants
        given = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, HIGH) for one in (hears, says)]
        quiet = os.open(os.devnull, os.O_RDWR)
        self._pid = os.posix_spawn(
            self._program,
            [str(self._program), *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            {**os.environ, "LANGUAGE": "en"},
            file_actions=[
                *((os.POSIX_SPAWN_DUP2, quiet, number) for number in (0, 1, 2)),
                (os.POSIX_SPAWN_DUP2, given[0], READS),
                (os.POSIX_SPAWN_DUP2, given[1], WRITES),
            ],
            setpgroup=0,
        )
        for one in (hears, says, quiet, *given):
            os.close(one)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._read)
        os.close(self._write)

    def ask(self, method: str, session: str | None = None, **facts: Any) -> dict[str, Any]:
        """Say one thing and return the answer; what the browser tells meanwhile is kept in `events`."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": facts, **({"sessionId": session} if session else {})}
        os.write(self._write, json.dumps(told).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        answer: dict[str, Any] | None = None
        while answer is None:
            for heard in self._heard(deadline):
                if heard.get("id") == self._number:
                    assert "error" not in heard, (method, heard["error"])
                    answer = heard["result"]
                else:
                    self.events.append(heard)
        return answer

    def _heard(self, deadline: float) -> list[dict[str, Any]]:
        ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, "the browser says nothing"
        part = os.read(self._read, 1 << 16)
        assert part, "the browser has ended"
        *whole, self._rest = (self._rest + part).split(b"\0")
        return [json.loads(one) for one in whole]


class Tab:
    """One page of somebody who shares no cookies with the others; what goes wrong in it is written down."""

    def __init__(self, browser: Browser, url: str) -> None:
        """Open it, in English, at the address of a console."""
        self._browser = browser
        self.url = url
        room = browser.ask("Target.createBrowserContext")["browserContextId"]
        page = browser.ask("Target.createTarget", url="about:blank", browserContextId=room)["targetId"]
        self._session: str = browser.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._ask(f"{domain}.enable")
        self._ask("Network.setUserAgentOverride", userAgent=self.run("navigator.userAgent"), acceptLanguage="en")

    def _ask(self, method: str, **facts: Any) -> dict[str, Any]:
        return self._browser.ask(method, self._session, **facts)

    def run(self, script: str) -> Any:
        """Return what an expression of the page comes to; a promise is waited for."""
        answer = self._ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, (script, answer["exceptionDetails"])
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression holds; a page that is just leaving has no answer."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with suppress(AssertionError):
                if self.run(script):
                    return
            assert time.monotonic() < deadline, f"never: {script}\n{self.run('document.body.innerText')[:2000]}"
            time.sleep(PAUSE)

    def go(self, place: str) -> None:
        self.run("window.left = true")
        self._ask("Page.navigate", url=f"{self.url}{place}")
        self.until("!window.left && document.readyState === 'complete'")

    def at(self, begin: str) -> None:
        """Wait for a page whose path begins so."""
        self.until(f"location.pathname.startsWith({json.dumps(begin)}) && document.readyState === 'complete'")

    def text(self, selector: str = "main") -> str:
        told: str = self.run(f"document.querySelector({json.dumps(selector)}).innerText")
        return told

    def click(self, selector: str, right: float = 0.5, down: float = 0.5) -> None:
        """Click a thing with the mouse, at a part of its width and height."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, selector, right, down)

    def press(self, name: str) -> None:
        """Click the button, the link or the label that says this."""
        named = "[...document.querySelectorAll('a[href], button, label, summary')].filter(it => it.offsetParent)"
        self.until(f"!!(window.found = {named}.find(it => it.innerText.trim() === {json.dumps(name)}))")
        self.run("window.found.setAttribute('data-pressed', '')")
        self.click("[data-pressed]")

    def mouse(self, kind: str, selector: str, right: float, down: float) -> None:
        name = json.dumps(selector)
        self.until(f"!!document.querySelector({name})")
        self.run(f"document.querySelector({name}).scrollIntoView({{block: 'nearest'}})")
        box = self.run(f"document.querySelector({name}).getBoundingClientRect().toJSON()")
        x, y = box["x"] + right * box["width"], box["y"] + down * box["height"]
        self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def type(self, selector: str, text: str) -> None:
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self._ask("Input.insertText", text=text)

    def choose(self, selector: str, value: str) -> None:
        """Choose of a list, as the keyboard would."""
        name = json.dumps(selector)
        self.run(f"document.querySelector({name}).value = {json.dumps(value)}")
        self.run(f"document.querySelector({name}).dispatchEvent(new Event('change', {{bubbles: true}}))")

    @property
    def faults(self) -> list[str]:
        """What went wrong up to now: errors of scripts, words of the policy, requests to another host."""
        found = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            what, facts = event["method"], event["params"]
            if what == "Runtime.exceptionThrown" or (what == "Log.entryAdded" and facts["entry"]["level"] == "error"):
                found.append(json.dumps(facts)[:500])
            elif what == "Runtime.consoleAPICalled" and facts["type"] == "error":
                found.append(json.dumps(facts["args"])[:500])
            elif what == "Network.requestWillBeSent" and not facts["request"]["url"].startswith(
                (self.url, "data:", "blob:")
            ):
                found.append(facts["request"]["url"])
        return found
