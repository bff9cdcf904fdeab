"""Around every step of the wizard: whose draft it is, how far it is written, what a return asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Response

from broker.bootstrap import Broker
from broker.domain.errors import Conflict
from broker.domain.ids import RequestId
from broker.domain.people.accounts import Caller
from broker.domain.requests.access_requests import AccessRequest
from broker.domain.requests.sketches import Sketch
from broker.web.api.requests.request_views import rows
from broker.web.console.applying.typed import STEPS, step_of
from broker.web.console.forms import Form, Refusal
from broker.web.console.requester import REQUESTS
from broker.web.console.screen import Screen
from broker.web.console.visit import Visit
from broker.web.deps import Reading


@dataclass(frozen=True)
class Desk:
    """One step for one reader; everything a page of the wizard is made from."""

    visit: Visit
    key: UUID
    step: str

    @property
    def screen(self) -> Screen:
        return self.visit.screen

    @property
    def broker(self) -> Broker:
        return self.visit.broker

    @property
    def caller(self) -> Caller:
        return self.visit.caller

    @property
    def reading(self) -> Reading:
        return self.visit.reading

    @property
    def base(self) -> str:
        return f"{REQUESTS}/{self.key}/apply"

    @property
    def place(self) -> str:
        return f"{self.base}/{self.step}"

    @property
    def request(self) -> RequestId:
        return RequestId(self.key)

    def opened(self) -> tuple[AccessRequest, Sketch]:
        """Return the request and its sketch; raises Conflict where it is not written any more."""
        return self.broker.sketches.open(self.caller, self.request)

    def after(self, form: Form) -> str:
        """Return where the browser goes from here: to the step that its button names, else it stays."""
        chosen = form.one("do")
        return f"{self.base}/{chosen}" if chosen in STEPS else self.place

    def show(self, request: AccessRequest, sketch: Sketch, refusal: Refusal | None = None, **facts: Any) -> Response:
        """Return the page of the step."""
        at = STEPS.index(self.step)
        return self.visit.show(
            f"applying/{self.step}", refusal=refusal, desk=self,
            it=rows([request], self.reading)[0], comment=request.comment, renews=request.renews is not None,
            sketch=sketch, steps=STEPS, onward=STEPS[at + 1] if at + 1 < len(STEPS) else "",
            remarks=remarks_of(request), **facts,
        )  # fmt: skip

    def elsewhere(self) -> Response:
        """Send the browser to the request itself, which was handed in or has ended meanwhile."""
        return self.screen.go(f"{REQUESTS}/{self.key}", "not-written-any-more")

    def try_open(self) -> tuple[AccessRequest, Sketch] | None:
        """Return the request and its sketch, or None where it is not written any more."""
        try:
            return self.opened()
        except Conflict:
            return None


def remarks_of(request: AccessRequest) -> Mapping[str, Sequence[str]]:
    """Return what a return asks to be mended, by step."""
    found: dict[str, list[str]] = {}
    for pointer, remark in request.remarks.items():
        found.setdefault(step_of(pointer), []).append(remark)
    return found


def typed_in(form: Form, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return what was typed into the fields of a step; a box that is not ticked is not sent, and counts as empty."""
    return {name: form.all(name) for name in names}
