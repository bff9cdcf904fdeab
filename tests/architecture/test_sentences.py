"""Every slug that may reach a person has one sentence in each language, with placeholders that are always filled."""

import ast
import re
from collections.abc import Mapping
from string import Formatter

import pytest

from broker.cli import texts
from broker.locale import LANGUAGES, catalogue
from tests.architecture import sentences
from tests.architecture.sources import PACKAGES, called, python_files, text_of, tree

TOLD = sentences.all_told()
COMMAND_LINE = ("broker/cli/", "broker/demo/")
"""The command line has a catalogue of its own for what only it says; there an error stands under `error.<slug>`."""


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def sentence(told: sentences.Told, language: str) -> str | None:
    """Return what is said for a slug that was raised in this place."""
    own = texts.catalogue(language).get(f"error.{told.slug}") if told.where.startswith(COMMAND_LINE) else None
    return own or catalogue(language).get(told.slug)


def listed(faults: Mapping[str, object]) -> str:
    return "".join(f"\n{name}: {told}" for name, told in sorted(faults.items()))


def test_the_collector_finds_what_is_there() -> None:
    slugs = {told.slug for told in TOLD}
    assert slugs >= {
        "stale-revision",
        "no-recording",
        "point-secret",
        "missing.not_party",
        "footage-window",
        "grant-ended",
    }
    assert len(slugs) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slug_has_a_sentence(language: str) -> None:
    dumb = {told.slug: told.where for told in TOLD if sentence(told, language) is None}
    assert not dumb, listed(dumb)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language: str) -> None:
    assert [slug for slug, sentence in catalogue(language).items() if not sentence.strip()] == []


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (catalogue(language) for language in LANGUAGES)
    assert sorted(chinese.keys() ^ english.keys()) == []
    differing = {slug for slug in chinese if placeholders(chinese[slug]) != placeholders(english[slug])}
    assert differing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_is_filled_wherever_the_slug_is_raised(language: str) -> None:
    empty = {
        f"{told.where} {told.slug}": sorted(lacking)
        for told in TOLD
        if told.facts is not None
        and (lacking := placeholders(sentence(told, language) or "") - told.facts - sentences.ALWAYS)
    }
    assert not empty, listed(empty)


def test_computed_slugs_are_listed() -> None:
    assert sentences.computing_places() <= set(sentences.COMPUTED)


def test_no_sentence_is_left_over() -> None:
    """A sentence whose slug stands nowhere in the code is one that nobody will ever read."""
    written = {told.slug for told in TOLD}
    for path in python_files(*PACKAGES):
        written |= {text for node in ast.walk(tree(path)) if (text := text_of(node)) is not None}
    families = {
        match[1]
        for path in python_files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and called(node) in {"say", "tell"} and node.args
        if (match := re.match(r"f['\"]([a-z_-]+\.)\{", ast.unparse(node.args[0])))
    }
    left = [slug for slug in catalogue(LANGUAGES[0]) if slug not in written and not slug.startswith(tuple(families))]
    assert left == []
