"""The catalogues: both languages say the same things, and nothing a person sees is without a text."""

import ast
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest

from broker import cli
from broker.cli import help_page
from broker.cli.texts import LANGUAGES, catalogue, explain, known, language, speak, tell
from broker.domain.deciding.policies import PolicyState
from broker.domain.errors import Invalid, SourceFault
from broker.domain.footage.grants import Action, GrantState
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.oversight.audit import KINDS
from broker.domain.people.accounts import ASSIGNABLE
from broker.domain.requests.request_states import ItemState, RequestState
from tests.cli.tree import commands, leaves

FOLDER = Path(cli.__file__).parent
FIRST_CHINESE = "\u4e00"
UNFORMATTED = ("help", "option.")
"""Texts that are shown as they stand: braces in them are braces."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_both_languages_say_the_same_things() -> None:
    chinese, english = (catalogue(language) for language in LANGUAGES)
    assert sorted(chinese.keys() ^ english.keys()) == []
    differing = {
        slug
        for slug in chinese
        if not slug.startswith(UNFORMATTED) and placeholders(chinese[slug]) != placeholders(english[slug])
    }
    assert differing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    assert [slug for slug, text in catalogue(language).items() if not text.strip()] == []


def test_english_is_english_and_chinese_chinese() -> None:
    chinese = {slug for slug, text in catalogue("zh_CN").items() if max(text) < FIRST_CHINESE}
    assert chinese <= {"column.id", "column.digest", "demo.step.none"}
    mixed = {slug for slug, text in catalogue("en").items() if "。" in text or "，" in text}
    assert mixed == set()


def test_every_command_and_option_has_its_text() -> None:
    lacking = []
    for path, command in commands():
        if not known(slug := ".".join(("help", *path))):
            lacking.append(slug)
        slugs = (help_page.option_slug(path, parameter.name) for parameter in command.params)
        lacking += [slug for slug in slugs if not known(slug)]
    assert lacking == []


def test_every_command_shows_an_example() -> None:
    silent = {path for path in leaves() if "\n\n$ " not in tell(".".join(("help", *path)))}
    assert silent == {("logout",)}


@pytest.mark.parametrize("states", [RequestState, ItemState, GrantState, PolicyState, RetrievalState])
def test_every_state_has_its_text(states: type[StrEnum]) -> None:
    assert [state for state in states if not known(f"state.{state}")] == []


def test_every_event_role_and_action_has_its_text() -> None:
    assert [kind for kind in KINDS if not known(f"event.{kind}")] == []
    assert [role for role in ASSIGNABLE if not known(f"role.{role}")] == []
    assert [action for action in Action if not known(f"retrieve.{action}")] == []


def test_every_text_named_in_the_code_is_there() -> None:
    """What is given to `tell`, `line` and `note` as a constant has a text; so has every column of a table."""
    lacking = []
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and (slug := _slug(node)) and not known(slug):
                lacking.append(f"{path.name}:{node.lineno} {slug}")
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COLUMNS":
                lacking += [name for name in ast.literal_eval(node.value) if not known(f"column.{name}")]
    assert lacking == []


def _slug(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    slug = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
    if not isinstance(slug, str):
        return None
    prefix = {"tell": "", "line": "", "note": "", "narrate": "demo.", "step": "demo.step."}.get(name)
    return None if prefix is None else f"{prefix}{slug}"


def test_an_error_is_one_line_in_the_language_chosen() -> None:
    error = Invalid("time-naive", option="--at", value="2026-01-01T08:00", example="2026-01-01T08:00:00+08:00")
    before = language()
    try:
        speak("en")
        assert explain(error).startswith("--at: the time")
        speak("zh_CN")
        assert explain(error).startswith("--at 的时间")
        assert explain(Invalid("stale-revision", given=1, current=2)) != "stale-revision"
    finally:
        speak(before)


def test_an_error_of_a_strange_adapter_is_told_with_its_facts() -> None:
    assert explain(SourceFault("nobody-knows-this", host="nvr")) == "nobody-knows-this host=nvr"


def test_the_servers_own_sentence_wins() -> None:
    assert explain(Invalid("stale-revision", said="read it\n again")) == "read it again"


def test_no_help_is_left_over() -> None:
    pages = {".".join(("help", *path)) for path, _ in commands()}
    options = {help_page.option_slug(path, it.name) for path, command in commands() for it in command.params}
    written = {slug for slug in catalogue("en") if slug == "help" or slug.startswith(("help.", "option."))}
    assert written - pages - options == {"option.help"}
