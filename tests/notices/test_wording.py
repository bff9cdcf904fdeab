"""Every kind of notice is worded in both languages, from its own facts alone."""

from datetime import UTC, datetime
from string import Formatter
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from broker.domain.errors import Invalid
from broker.domain.notices.notices import INSTANTS, NOTICES, Told
from broker.locale import LANGUAGES, catalogue
from broker.services.notices.couriers.wording import read_zone, subjects, worded

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
LONGEST_SUBJECT = 60
CHINESE = range(0x4E00, 0x9FFF)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NOTICES)
def test_every_kind_has_subject_and_body(kind: str, language: str) -> None:
    for part in ("subject", "body"):
        sentence = catalogue(language).get(f"notice.{kind}.{part}")
        assert sentence, (kind, part)
        assert {name for _, name, _, _ in Formatter().parse(sentence) if name} <= NOTICES[kind]
        assert any(ord(sign) in CHINESE for sign in sentence) is (language == "zh_CN")


@pytest.mark.parametrize("kind", NOTICES)
def test_the_words_hold_every_fact_and_no_placeholder(kind: str) -> None:
    facts = {name: NOW.isoformat() if name in INSTANTS else f"<{name}>" for name in NOTICES[kind]}
    told = Told(UUID(int=1), kind, NOW, None, facts)
    for language in LANGUAGES:
        words = worded(told, language, ZONE)
        said = f"{words.subject} {words.body}"
        assert "{" not in said
        assert all((str(facts[name]) in said) or name in INSTANTS for name in facts)
        assert ("2026-11-21 08:00 (+0800)" in said) is bool(INSTANTS & facts.keys())
        assert len(words.subject) < LONGEST_SUBJECT
    assert subjects(told, ZONE).keys() == set(LANGUAGES)


def test_no_sentence_speaks_of_a_kind_that_is_not_there() -> None:
    written = {
        slug.removeprefix("notice.").rpartition(".")[0] for slug in catalogue("en") if slug.startswith("notice.")
    }
    assert written - {""} == set(NOTICES)


def test_a_zone_that_is_none() -> None:
    assert read_zone("Asia/Urumqi") is not None
    for name in ("Mars/Base", "../../etc/passwd", ""):
        with pytest.raises(Invalid, match="setting-zone"):
            read_zone(name)
