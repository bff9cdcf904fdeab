"""What stands in the templates: every text in both languages, and nothing that a strict policy of content refuses."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from broker.cli.texts import catalogue as commands
from broker.domain.catalog.catalog import POINT_CLASSES, Direction, Lifecycle, Status, Visibility
from broker.domain.footage.grants import Action, Condition, GrantState
from broker.domain.footage.packages import PackageState
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.people.accounts import Role
from broker.domain.requests.request_states import ItemState, RequestState
from broker.domain.requests.revisions import FIELDS as REVISED
from broker.domain.requests.revisions import PLACE, Turn
from broker.web.console.applying.typed import STEPS
from broker.web.console.deciding.narrowing import TEMPLATES
from broker.web.console.desks import DESKS
from broker.web.texts import LANGUAGES, catalogue
from tests.architecture.sources import ROOT, named, python_files
from tests.web.console.administering.families import ADMINISTERING
from tests.web.console.auditing_texts import AUDITING
from tests.web.console.operating.families import OPERATING

FOLDER = ROOT / "broker" / "web" / "templates"
PAGES = sorted(FOLDER.rglob("*.html"))
CODE = python_files("broker/web/console")
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
KEYS = re.compile(r"<kbd>\w+</kbd>")
TAG = re.compile(r"<[^>]*>", re.DOTALL)
ASKED = re.compile(r"""\bt\(\s*["']([\w. -]+)["']\s*([~,)])""")
SAID = re.compile(r"""(?:screen\.go\([^)]*, |said=)"([a-z-]+)\"""")
ACTS = ("approve", "ratify", "authorize", "supplement", "report")


def values(kind: type[StrEnum]) -> set[str]:
    return {str(it.value) for it in kind}


def told_by_the_command(kind: str) -> set[str]:
    """Return what a check of a package may find: the page of it tells the same as the command."""
    before = f"evidence.{kind}."
    return {slug.removeprefix(before) for slug in commands("en") if slug.startswith(before)}


FAMILIES: dict[str, set[str]] = {
    "desk.": {desk.name for desk in DESKS},
    "desk-about.": {desk.name for desk in DESKS} - {"inbox"},
    "state.": values(RequestState) | values(ItemState) | values(GrantState),
    "role.": values(Role),
    "action.": values(Action),
    "condition.": values(Condition) | {"originals", "longest-side"},
    "outcome.": {"granted", "partially granted", "refused"},
    "act.": set(ACTS),
    "decision.": {"center", "owner", "emergency", "veto"},
    "decision.yes-": {"center", "owner", "emergency", "veto"},
    "decision.go-": {"center", "owner", "emergency", "veto"},
    "verdict.": {"return", "reject", "refuse", "disavow", "veto"},
    "together.": {"yes", "return", "reject"},
    "changes.": values(Turn),
    "changes.field.": {*REVISED, PLACE},
    "template.": {f"{verdict}.{name}" for verdict, names in TEMPLATES.items() for name in names},
    **{f"grant-{what}.": {"suspend", "resume", "revoke"} for what in ("act", "hint")},
    "flash.grant-": {"suspend", "resume", "revoke"},
    "retrieval-state.": values(RetrievalState) | values(PackageState),
    "evidence.fault.": told_by_the_command("fault") | {"more"},
    "evidence.unverified.": told_by_the_command("unverified") | {"foreign"},
    "evidence.remark.": told_by_the_command("remark"),
    "evidence.verdict.": {"good", "broken", "open"},
    "player-over.": {"REVOKED", "SUSPENDED", "EXPIRED", "OTHER"},
    "quota.": {"snapshots", "seconds", "bytes"},
    "camera-status.": values(Status),
    "camera-lifecycle.": values(Lifecycle),
    "camera-visibility.": values(Visibility),
    "camera-direction.": {it.name.lower() for it in Direction},
    "camera-class.": {str(it) for it in POINT_CLASSES},
    **AUDITING,
    **OPERATING,
    "apply.step.": set(STEPS),
    "apply.class-": {str(each) for each in POINT_CLASSES},
    "apply.status-": values(Status),
    "time.": {"day", "hour", "minute", "second", "over"},
    **ADMINISTERING,
}
"""Texts whose slug is put together in a page: its beginning, and every end."""


def said() -> set[str]:
    """Return what pages of ours say after a form was carried out."""
    return {
        found for path in python_files("broker/web/console") for found in SAID.findall(path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there(language: str) -> None:
    known = catalogue(language)
    lacking = set()
    for page in (*PAGES, *CODE):
        for slug, after in ASKED.findall(page.read_text(encoding="utf-8")):
            ends = FAMILIES[slug] if after == "~" else {""}
            lacking |= {f"{named(page)}: {slug}{end}" for end in ends if f"{slug}{end}" not in known}
    assert lacking == set()
    assert {slug for slug in said() if f"flash.{slug}" not in known} == set()
    assert len(said()) > 10


def test_both_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    chinese, english = (catalogue(language) for language in LANGUAGES)
    assert sorted(chinese.keys() ^ english.keys()) == []
    holes = re.compile(r"\{(\w+)\}")
    assert [slug for slug in chinese if set(holes.findall(chinese[slug])) != set(holes.findall(english[slug]))] == []
    assert [slug for slug, text in english.items() if re.search(r"[\u4e00-\u9fff]", text)] == ["frame.other-language"]


def test_no_text_is_left_over() -> None:
    asked = {
        slug if after != "~" else f"{slug}{end}"
        for page in (*PAGES, *CODE)
        for slug, after in ASKED.findall(page.read_text(encoding="utf-8"))
        for end in (FAMILIES[slug] if after == "~" else {""})
    }
    asked |= {f"{family}{end}" for family, ends in FAMILIES.items() for end in ends} | {f"flash.{it}" for it in said()}
    assert sorted(catalogue("en").keys() - asked) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_word_stands_in_a_template_itself(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    bare = TAG.sub(" ", KEYS.sub(" ", JINJA.sub(" ", text)))
    assert re.findall(r"[A-Za-z\u4e00-\u9fff]+", bare) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_nothing_in_a_template_needs_an_unsafe_policy(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert (
        re.findall(
            r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)|hx-on|\|safe(?!\s*\}\}</div>)", text
        )
        == []
    )
    for form in re.findall(r"<form[^>]*method=\"post\"[^>]*>.{0,200}", text, re.DOTALL):
        public = '"/sign-in"' in form or '"/invite/' in form
        assert public or "parts.tokens(" in form, form
