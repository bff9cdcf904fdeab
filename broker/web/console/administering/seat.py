"""Who sits at a desk of the administrators, with all that an answer is made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from broker.bootstrap import Broker
from broker.domain.people.accounts import Caller
from broker.web.console.forms import Form, FormDep, Refusal
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep

Again = Callable[[str, Refusal], Response]
"""Shows a page anew: the name of its form that was not carried out, and why."""


@dataclass(frozen=True)
class Seat:
    """One call: who makes it, the form it brings, the services, and the screen for the answer."""

    request: Request
    caller: Caller
    broker: Broker
    reading: Reading
    screen: Screen
    form: Form

    def show(self, template: str, /, *, refused: str = "", refusal: Refusal | None = None, **facts: Any) -> Response:
        """Return a page of these desks; `refused` names its form that was not carried out."""
        return self.screen.show(
            f"pages/administering/{template}.html", status=refusal.status if refusal else 200, form=self.form,
            refused=refused, refusal=refusal, **facts,
        )  # fmt: skip

    def named(self, family: str, values: Iterable[str]) -> list[tuple[str, str]]:
        """Return values of a list with their texts, which stand under `family` and the value."""
        return [(str(value), self.screen.t(f"{family}{value}")) for value in values]

    def stepped_up(self) -> Caller:
        """Return the caller, with the second factor shown now where the form holds a code."""
        return stepped_up(self.request, self.form, self.caller, self.broker)

    def carry_out(self, act: Callable[[], object], name: str, *, to: str, said: str, again: Again) -> Response:
        """Carry the form `name` of a page out; a refusal shows the page again, with what was typed."""
        return self.screen.carried_out(act, to=to, said=said, again=lambda refusal: again(name, refusal))


async def seat_of(
    request: Request, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep, form: FormDep
) -> Seat:
    """Return what an answer is made of."""
    return Seat(request, caller, broker, reading, screen, form)


SeatDep = Annotated[Seat, Depends(seat_of)]
