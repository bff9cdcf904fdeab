"""The glossary has every state, role and action of the program."""

from enum import StrEnum

import pytest

from broker.domain.footage.grants import Action, GrantState
from broker.domain.footage.retrievals import RetrievalState
from broker.domain.people.accounts import DepartmentKind, Role
from broker.domain.requests.request_states import ItemState, RequestState
from tests.architecture.sources import ROOT
from tests.docs.pages import read

WORDS = (RequestState, ItemState, GrantState, RetrievalState, Role, DepartmentKind, Action)


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_every_word_is_explained(words: type[StrEnum]) -> None:
    glossary = read(ROOT / "docs" / "glossary.md")
    assert [word.value for word in words if f"`{word.value}`" not in glossary] == []


def test_every_row_has_both_languages() -> None:
    rows = [line.split("|")[1:3] for line in read(ROOT / "docs" / "glossary.md").splitlines() if line.startswith("| ")]
    for chinese, english in rows:
        assert chinese.strip()
        assert english.strip()
