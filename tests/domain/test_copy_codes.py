"""The code of a copy: it leads back to one retrieval, and a slip of the eye leads nowhere."""

from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.errors import Invalid
from broker.domain.footage.copy_codes import code_of, same_code, tail_of
from broker.domain.ids import RetrievalId, new_id

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
keys = st.uuids().map(RetrievalId)


@given(keys)
def test_a_code_leads_back_to_its_retrieval_however_it_is_written(key: UUID) -> None:
    code = code_of(RetrievalId(key))
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    for written in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), code.replace("0", "O")):
        assert tail_of(written) == key.hex[-12:]
        assert same_code(written, RetrievalId(key))


def test_two_retrievals_have_two_codes() -> None:
    made = [RetrievalId(new_id()) for _ in range(2000)]
    assert len({code_of(key) for key in made}) == len(made)
    assert not same_code(code_of(made[0]), made[1])


def test_every_wrong_letter_and_every_exchange_of_neighbours_is_noticed() -> None:
    code = code_of(RetrievalId(UUID("01930b5e-7a3c-7f6e-8b1a-2f6f5d3c1a00"))).replace("-", "")
    for place, letter in product(range(len(code)), ALPHABET):
        if code[place] != letter:
            with pytest.raises(Invalid, match="copy-code-mistyped"):
                tail_of(code[:place] + letter + code[place + 1 :])
    for place in range(len(code) - 1):
        if code[place] != code[place + 1]:
            with pytest.raises(Invalid):
                tail_of(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@pytest.mark.parametrize("told", ["", "7K3M", "7K3M-9QXT-AB2", "7K3M-9QXT-AB2CC", "7K3M-9QXT-AB!C", "水印"])
def test_what_is_no_code_is_refused(told: str) -> None:
    with pytest.raises(Invalid):
        tail_of(told)
