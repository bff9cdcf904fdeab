"""What the pages of the console say: one folder a language, in it one catalogue a desk, in gettext's format, by slug.

`broker.locale` has the sentences of errors that any door may show; here are headings, labels, buttons and help.
"""

from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

from broker import locale

LANGUAGES = locale.LANGUAGES


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return slug -> text of one language.

    Raises:
        ValueError: two desks have a text under one slug: a mistake of ours, that tests shall see.
    """
    texts: dict[str, str] = {}
    folder = files("broker.web.texts").joinpath(language)
    for desk in sorted((it for it in folder.iterdir() if it.name.endswith(".po")), key=lambda it: it.name):
        with desk.open("rb") as stream:
            told = {str(message.id): str(message.string) for message in read_po(stream) if message.id}
        if twice := told.keys() & texts.keys():
            raise ValueError(f"{desk.name}: {sorted(twice)} stand in another catalogue too")
        texts |= told
    return texts


def tell(slug: str, language: str, **facts: object) -> str:
    """Return the text for a slug with its placeholders filled; the slug itself where there is none.

    Raises:
        KeyError: the text has a placeholder that `facts` do not fill: a mistake of ours, that tests shall see.
    """
    text = catalogue(language).get(slug, slug)
    return text.format_map(facts) if facts or "{" in text else text
