"""The format of sealed streams: what was sealed comes out, anything else does not."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from storage.sealed_streams import KEY_BYTES, TAG_BYTES, Damaged, open_stream, seal_stream

KEY = bytes(range(KEY_BYTES))
PLACE = "escrow/1/1"
BITS = 16
CHUNK = 1 << BITS
HEAD = 8

sizes = st.sampled_from([0, 1, 255, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1000])
cuts = st.sampled_from([999, 4096, CHUNK - 1, CHUNK, CHUNK + TAG_BYTES, 3 * CHUNK])
few = settings(max_examples=40)


def content_of(size: int) -> bytes:
    return bytes(range(251)) * (size // 251) + bytes(size % 251)


def sealed(content: bytes, key: bytes = KEY, place: str = PLACE) -> bytes:
    return b"".join(seal_stream([content], key, place, BITS))


def opened(stream: bytes, key: bytes = KEY, place: str = PLACE) -> bytes:
    return b"".join(open_stream([stream], key, place))


def chunks(stream: bytes) -> list[bytes]:
    """Return the head and the sealed chunks."""
    size = CHUNK + TAG_BYTES
    return [stream[:HEAD], *(stream[at : at + size] for at in range(HEAD, len(stream), size))]


@few
@given(sizes, cuts, cuts)
def test_what_was_sealed_comes_out_however_it_is_cut(size: int, cut: int, again: int) -> None:
    content = content_of(size)
    pieces = [content[at : at + cut] for at in range(0, len(content), cut)]
    stream = b"".join(seal_stream(pieces, KEY, PLACE, BITS))
    assert stream == sealed(content)
    assert (
        b"".join(open_stream((stream[at : at + again] for at in range(0, len(stream), again)), KEY, PLACE)) == content
    )


@few
@given(sizes, st.data())
def test_a_stream_that_ends_early_does_not_open(size: int, data: st.DataObject) -> None:
    content = content_of(size)
    stream = sealed(content)
    ends = [*range(HEAD, len(stream), CHUNK + TAG_BYTES), len(stream) - 1, len(stream) - TAG_BYTES]
    end = data.draw(st.sampled_from(ends) | st.integers(0, len(stream) - 1))
    with pytest.raises(Damaged):
        opened(stream[:end])


@few
@given(sizes, st.data())
def test_a_changed_bit_anywhere_is_found(size: int, data: st.DataObject) -> None:
    content = content_of(size)
    stream = bytearray(sealed(content))
    stream[data.draw(st.integers(0, len(stream) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Damaged):
        opened(bytes(stream))


@few
@given(sizes, st.binary(min_size=1, max_size=40))
def test_nothing_can_be_added(size: int, more: bytes) -> None:
    content = content_of(size)
    stream = sealed(content)
    for longer in (stream + more, stream + chunks(stream)[-1], stream + bytes(CHUNK + TAG_BYTES)):
        with pytest.raises(Damaged):
            opened(longer)


@few
@given(sizes, st.data())
def test_chunks_cannot_be_moved_left_out_or_doubled(size: int, data: st.DataObject) -> None:
    content = content_of(size)
    head, *rest = chunks(sealed(content))
    order = data.draw(st.lists(st.integers(0, len(rest) - 1), max_size=len(rest) + 1))
    assume(order != list(range(len(rest))))
    with pytest.raises(Damaged):
        opened(head + b"".join(rest[at] for at in order))


@few
@given(sizes)
def test_another_key_or_place_opens_nothing(size: int) -> None:
    content = content_of(size)
    stream = sealed(content)
    for key, place in ((bytes(KEY_BYTES), PLACE), (KEY, "escrow/1/2"), (KEY, "escrow/2/1")):
        with pytest.raises(Damaged):
            opened(stream, key, place)
    assert sealed(content, place="escrow/1/2")[HEAD:] != stream[HEAD:]


def test_nothing_is_told_before_it_is_proved() -> None:
    """Of a stream that is damaged in its second chunk the first one comes out, and then the error."""
    stream = bytearray(sealed(bytes(3 * CHUNK)))
    stream[HEAD + CHUNK + TAG_BYTES + 5] ^= 1
    opening = open_stream([bytes(stream)], KEY, PLACE)
    assert next(opening) == bytes(CHUNK)
    with pytest.raises(Damaged, match="chunk 1"):
        next(opening)


def test_odd_sizes_of_keys_and_chunks_are_refused() -> None:
    for key, bits in ((b"short", BITS), (KEY, 15), (KEY, 21)):
        with pytest.raises(ValueError, match=r"key|chunks"):
            list(seal_stream([b""], key, PLACE, bits))
