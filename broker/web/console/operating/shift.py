"""Whoever is on at this desk, with all that an answer is made of."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Response

from adapters.described import Described
from broker.domain.catalog.imports import ImportProfile
from broker.domain.errors import BrokerError, SourceFault, Unknown
from broker.locale import gist
from broker.web.console.forms import Refusal, refusal_of
from broker.web.console.visit import Again, Visit
from broker.web.texts import catalogue

Choice = tuple[str, str]
"""What a list to choose from sends, and what stands there."""

REFUSED = 422


class Shift(Visit):
    """A visit to this desk; its pages name sources, jobs and errors in words."""

    folder = "operating/"

    def show(self, template: str, /, *, refused: str = "", refusal: Refusal | None = None, **told: Any) -> Response:
        """Return a page of this desk; `refused` names its form that was not carried out."""
        return super().show(
            template, refused=refused, refusal=refusal, fault_of=self.sentence, adapter_name=self.adapter_name,
            adapter_about=self.adapter_about, job_name=self.job_name, worded=self.worded, plain=plain, named=named,
            **told,
        )  # fmt: skip

    def adapter_name(self, adapter: Described) -> str:
        """Return what people call a family of sources; one that did not come with the program has its own name."""
        return self.word(f"op-adapter.{adapter.name}", adapter.name)

    def adapter_about(self, adapter: Described) -> str:
        """Return what a family of sources is, in the language of the reader where it came with the program."""
        return self.word(f"op-adapter-about.{adapter.name}", adapter.about)

    def job_name(self, kind: str) -> str:
        """Return what people call a kind of job."""
        return self.word(f"op-job-kind.{kind}", kind)

    def word(self, slug: str, otherwise: str) -> str:
        """Return a text, or something else where there is none."""
        return catalogue(self.screen.language).get(slug, otherwise)

    def worded(self, family: str, values: Iterable[StrEnum]) -> list[Choice]:
        """Return the choices of a list of words, each with its text below `family`."""
        return [(it.value, self.screen.t(f"{family}.{it.value}")) for it in values]

    def sentence(self, slug: str) -> str:
        """Return the sentence of an error of which only the slug is known; what is none of ours is told by its name."""
        return gist(slug, self.screen.language)

    def carry_out(self, act: Callable[[], object], *, to: str | Callable[[], str], said: str, again: Again) -> Response:
        """Carry a form out; a refusal shows the page again, with what was typed.

        A code that nothing has was most often typed wrong, and a source that does not answer is no fault of a page:
        both are told beside the form. Where the thing itself is not there, `again` raises.
        """
        try:
            return super().carry_out(act, to=to, said=said, again=again)
        except (Unknown, SourceFault) as error:
            return again(self.refusal(error))

    def refusal(self, error: BrokerError) -> Refusal:
        """Return what is told of an error beside a form."""
        return replace(refusal_of(error, self.screen.language), status=REFUSED)


def plain(values: Iterable[str]) -> list[Choice]:
    """Return the choices of a list whose values are words already."""
    return [(it, it) for it in values]


def named(profiles: Iterable[ImportProfile]) -> list[Choice]:
    """Return ways of reading to choose from."""
    return [(it.name, it.name) for it in profiles]


ShiftDep = Annotated[Shift, Depends(Shift.of)]
