"""Text search: what is written down for a point holds the tokens of every part of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.db.catalog.sought import MARK, sought, tokens_of, words

PLACE = sought("重庆路与长江路（东）口Ｋ1024枪机", "某区人民路  18号", "33010200001320000001", "火车站")


@pytest.mark.parametrize(
    "word",
    [
        "重庆",
        "江路",
        "k1024",
        "(东)口",
        "人民路",
        "18号",
        "火车",
        "cqly",
        "zqly",
        "hcz",
        "33010200001320000001",
        "1320000001",
    ],
)
def test_names_addresses_codes_and_initials_are_found(word: str) -> None:
    assert word in PLACE.partition(MARK)[0]
    written = set(PLACE.partition(MARK)[2].split())
    lists = tokens_of(word)
    assert lists
    assert any(written.issuperset(each) for each in lists)


TEXTS = st.text(alphabet=st.sampled_from("人民路口重长Ａａ1０２ K-()\n"), max_size=20)


@given(TEXTS, TEXTS, st.sampled_from([None, "33010200001320000001"]), st.data())
def test_no_part_of_a_text_is_missed_by_the_index(
    name: str, address: str, code: str | None, data: st.DataObject
) -> None:
    written = sought(name, address, code)
    read, _, tokens = written.partition(MARK)
    if not read.strip():
        return
    begin = data.draw(st.integers(0, len(read) - 1))
    for word in words(read[begin : begin + data.draw(st.integers(1, 9))]):
        lists = tokens_of(word)
        assert not lists or any(set(tokens.split()).issuperset(each) for each in lists)
    assert all(len(token) == 4 for token in tokens.split())


def test_words_stand_in_any_order_and_count_once() -> None:
    assert words(" 路口　人民 路口 ＡＢ ") == ["路口", "人民", "ab"]
    assert tokens_of("路") == []
    assert tokens_of("1234") == []
