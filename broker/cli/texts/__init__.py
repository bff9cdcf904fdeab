"""What the command line says, in the language of the person: one catalogue a language, in gettext's format.

`broker.locale` has the sentences of errors that any door may show; here are help, headings, and the demonstration.
"""

from contextvars import ContextVar
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

from broker import locale
from broker.domain.errors import BrokerError

LANGUAGES = locale.LANGUAGES

_language: ContextVar[str] = ContextVar("language", default=locale.DEFAULT)


def speak(language: str) -> None:
    """Choose the language for all that follows in this thread of work."""
    _language.set(language if language in LANGUAGES else locale.DEFAULT)


def language() -> str:
    """Return the language chosen."""
    return _language.get()


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return slug -> text of one language."""
    with files("broker.cli.texts").joinpath(f"{language}.po").open("rb") as stream:
        return {str(message.id): str(message.string) for message in read_po(stream) if message.id}


def known(slug: str) -> bool:
    """Say whether there is a text for the slug."""
    return slug in catalogue(language())


def tell(slug: str, **facts: object) -> str:
    """Return the text for a slug with its placeholders filled; the slug itself where there is none."""
    text = catalogue(language()).get(slug, slug)
    return text.format_map(_Facts(facts)) if facts else text


def explain(error: BrokerError) -> str:
    """Return one line for an error: the server's own sentence, this catalogue's, or that of `broker.locale`."""
    said = error.facts.get("said")
    if said:
        return " ".join(str(said).split())
    if known(f"error.{error.slug}"):
        sentence = tell(f"error.{error.slug}", pointer=error.pointer, **error.facts)
    else:
        sentence = locale.explain(error, language())
    if sentence == error.slug:  # a source family of somebody else brings slugs of its own
        sentence = str(error)
    return " ".join(sentence.split())


class _Facts(dict[str, object]):
    """A missing fact leaves its name in the text instead of breaking it."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
