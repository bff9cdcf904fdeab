"""What a problem means: the page behind the `type` of every problem."""

from typing import Annotated

from fastapi import APIRouter, Path

from broker.domain.errors import Unknown
from broker.locale import LANGUAGES, catalogue
from broker.web.routes import StrictRoute
from broker.web.values import Out

router = APIRouter(prefix="/problems", tags=["problems"], route_class=StrictRoute)

Slug = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,80}$")]


class ExplanationOut(Out):
    """The sentence of a problem in each language; braces mark what a case fills in."""

    slug: str
    sentences: dict[str, str]


@router.get("/{slug}")
def explain_problem(slug: Slug) -> ExplanationOut:
    """用中文和英文说明一种问题。Explain a problem in Chinese and in English."""
    sentences = {language.replace("_", "-"): catalogue(language).get(slug, "") for language in LANGUAGES}
    if not all(sentences.values()):
        raise Unknown("unknown-problem", problem=slug)
    return ExplanationOut(slug=slug, sentences=sentences)
