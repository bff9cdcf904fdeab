"""One call to a page of the console, with all that its answer is made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from fastapi import Depends, Request, Response

from broker.bootstrap import Broker
from broker.domain.errors import Forbidden
from broker.domain.people.accounts import Caller
from broker.web.console.forms import Form, FormDep, Refusal
from broker.web.console.screen import Screen, ScreenDep
from broker.web.console.stepping_up import stepped_up
from broker.web.deps import BrokerDep, CallerDep, Reading, ReadingDep
from policies import facts
from policies.vocabulary import Fact

Again = Callable[[Refusal], Response]
"""Shows a page anew, with why its form was not carried out."""


@dataclass(frozen=True)
class Visit:
    """Who calls, the form that came along, the services, and the screen for the answer."""

    request: Request
    caller: Caller
    broker: Broker
    reading: Reading
    screen: Screen
    form: Form

    folder: ClassVar[str] = ""
    """Where the templates of the desk lie, below `pages/`: empty, or a name with its slash."""

    @classmethod
    async def of(
        cls, request: Request, caller: CallerDep, broker: BrokerDep, reading: ReadingDep, screen: ScreenDep,
        form: FormDep,
    ) -> Self:  # fmt: skip
        """Return what an answer is made of."""
        return cls(request, caller, broker, reading, screen, form)

    def show(self, template: str, /, *, refused: str = "", refusal: Refusal | None = None, **told: Any) -> Response:
        """Return a page of this desk; `refused` names its form that was not carried out.

        What was typed stands in `form`, where the page is not told of something else under that name.
        """
        return self.screen.show(
            f"pages/{self.folder}{template}.html", status=refusal.status if refusal else 200, refused=refused,
            refusal=refusal, **{"form": self.form, **told},
        )  # fmt: skip

    def may(self, act: str, given: Fact = Fact.NONE) -> bool:
        """Say whether any of the caller's roles may do something at all; the service asks again about the thing.

        `given`: what the thing itself would have to say.
        """
        roles = self.caller.roles(self.broker.clock.now())
        return self.broker.policy.decide(roles, act, facts.of_person(self.caller) | given).allowed

    def require(self, act: str) -> None:
        """Raise Forbidden where none of the caller's roles may do something: for pages that ask no service."""
        if not self.may(act):
            raise Forbidden("not-allowed", act=act)

    def stepped_up(self) -> Caller:
        """Return the caller, with the second factor shown now where the form holds a code.

        Raises:
            Forbidden: `wrong-code`.
        """
        return stepped_up(self.request, self.form, self.caller, self.broker)

    def carry_out(self, act: Callable[[], object], *, to: str | Callable[[], str], said: str, again: Again) -> Response:
        """Carry a form out and send the browser on; a refusal shows the page again, with what was typed."""
        return self.screen.carried_out(act, to=to, said=said, again=again)

    def named(self, family: str, values: Iterable[str]) -> list[tuple[str, str]]:
        """Return what a list to choose from sends and shows: values, and their texts below `family`."""
        return [(str(value), self.screen.t(f"{family}{value}")) for value in values]


VisitDep = Annotated[Visit, Depends(Visit.of)]
