"""What the pages of the console say: one catalogue a language, in gettext's format, keyed by slug.

`broker.locale` has the sentences of errors that any door may show; here are headings, labels, buttons and help.
"""

from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

from broker import locale

LANGUAGES = locale.LANGUAGES


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return slug -> text of one language."""
    with files("broker.web.texts").joinpath(f"{language}.po").open("rb") as stream:
        return {str(message.id): str(message.string) for message in read_po(stream) if message.id}


def tell(slug: str, language: str, **facts: object) -> str:
    """Return the text for a slug with its placeholders filled; the slug itself where there is none.

    Raises:
        KeyError: the text has a placeholder that `facts` do not fill: a mistake of ours, that tests shall see.
    """
    text = catalogue(language).get(slug, slug)
    return text.format_map(facts) if facts or "{" in text else text
