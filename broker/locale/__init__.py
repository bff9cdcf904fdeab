"""The sentences people read: one catalogue a language, keyed by slug, in gettext's format for translators' tools."""

import re
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

from broker.domain.errors import BrokerError

LANGUAGES = ("zh_CN", "en")
DEFAULT = "zh_CN"
_HOLE = re.compile(r"\{\w+\}")


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return slug -> sentence of one language."""
    with files("broker.locale").joinpath(f"{language}.po").open("rb") as stream:
        return {str(message.id): str(message.string) for message in read_po(stream) if message.id}


def say(slug: str, language: str = DEFAULT, **facts: object) -> str:
    """Return the sentence for a slug with its placeholders filled; the slug itself where there is none."""
    sentence = catalogue(language).get(slug)
    if sentence is None:
        return slug
    return sentence.format_map(_Facts(facts))


def explain(error: BrokerError, language: str = DEFAULT) -> str:
    """Return the sentence of an error, with its facts."""
    lacking = ", ".join(say(f"missing.{name}", language) for name in error.missing)
    return say(error.slug, language, missing=lacking, pointer=error.pointer, **error.facts)


def gist(slug: str, language: str = DEFAULT) -> str:
    """Return the sentence of an error whose facts nobody kept, an ellipsis for each; nothing where there was none."""
    return _HOLE.sub("…", say(slug, language)) if slug else ""


def choose(accepted: str | None) -> str:
    """Return the catalogue for an Accept-Language header (RFC 9110 section 12.5.4); Chinese where nothing fits."""
    wanted: list[tuple[float, str]] = []
    for part in (accepted or "").split(","):
        tag, _, weight = part.strip().lower().partition(";q=")
        fitting = {"zh": "zh_CN", "en": "en"}.get(tag[:2])
        if fitting:
            wanted.append((_quality(weight), fitting))
    best = max(wanted, key=lambda choice: choice[0], default=(0.0, DEFAULT))
    return best[1] if best[0] > 0 else DEFAULT


def _quality(weight: str) -> float:
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0


class _Facts(dict[str, object]):
    """A missing fact leaves its name in the sentence instead of breaking it."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
