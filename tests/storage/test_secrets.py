"""Sealing: what is stored tells nothing, opens only where it belongs, and only under the key that sealed it."""

import stat
import threading
from pathlib import Path

import pytest

from broker.domain.errors import Unavailable
from storage.secrets import FORMAT, KEY_BYTES, NAME_BYTES, NONCE_BYTES, SecretBox

PLACE = "second_factor/1/sealed"


def box(folder: Path, *, make: bool = True) -> SecretBox:
    return SecretBox(folder / "secret.key", make=make)


def refused(sealed: bytes, by: SecretBox, place: str = PLACE) -> str:
    with pytest.raises(Unavailable) as told:
        by.open(sealed, place)
    return told.value.slug


def test_what_was_sealed_opens_and_does_not_show(tmp_path: Path) -> None:
    for plain in (b"", b"a secret of some length", bytes(range(256))):
        sealed = box(tmp_path).seal(plain, PLACE)
        assert box(tmp_path).open(sealed, PLACE) == plain
        assert not plain or plain not in sealed
        assert sealed != box(tmp_path).seal(plain, PLACE)


def test_the_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "not there yet"
    first = box(folder)
    assert not folder.exists(), "nothing is made before it is needed"
    sealed = first.seal(b"x", PLACE)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(bytes.fromhex(file.read_text().strip())) == KEY_BYTES
    assert str(file) in repr(first)
    assert file.read_text().strip() not in repr(vars(box(folder)))
    box(folder).seal(b"y", PLACE)
    assert box(folder).open(sealed, PLACE) == b"x"


def test_many_that_begin_at_once_agree_on_one_key(tmp_path: Path) -> None:
    sealed: list[bytes] = []
    start = threading.Barrier(8)

    def begin() -> None:
        mine = box(tmp_path)
        start.wait()
        sealed.append(mine.seal(b"x", PLACE))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [box(tmp_path).open(it, PLACE) for it in sealed] == [b"x"] * 8
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_an_envelope_opens_only_where_it_belongs(tmp_path: Path) -> None:
    sealed = box(tmp_path).seal(b"x", PLACE)
    assert refused(sealed, box(tmp_path), "second_factor/2/sealed") == "secret-damaged"


def test_every_byte_of_an_envelope_counts(tmp_path: Path) -> None:
    sealed = box(tmp_path).seal(b"secret", PLACE)
    for place in range(len(sealed)):
        spoilt = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        named = len(FORMAT) <= place < len(FORMAT) + NAME_BYTES
        assert refused(spoilt, box(tmp_path)) == ("secret-key-wrong" if named else "secret-damaged"), place
    for length in range(len(sealed)):
        assert refused(sealed[:length], box(tmp_path)) in {"secret-damaged", "secret-key-wrong"}


def test_another_key_does_not_open_and_says_which_is_wanted(tmp_path: Path) -> None:
    sealed = box(tmp_path).seal(b"x", PLACE)
    file = tmp_path / "secret.key"
    kept = file.read_text()
    file.write_text("00" * KEY_BYTES)
    with pytest.raises(Unavailable) as told:
        box(tmp_path).open(sealed, PLACE)
    assert told.value.facts == {"file": str(file), "key": sealed[1 : 1 + NAME_BYTES].hex()}
    assert told.value.slug == "secret-key-wrong"
    file.write_text(kept)
    assert box(tmp_path).open(sealed, PLACE) == b"x"


def test_a_new_key_above_the_old_one_seals_and_the_old_one_opens(tmp_path: Path) -> None:
    running = box(tmp_path)
    before = running.seal(b"old", PLACE)
    file = tmp_path / "secret.key"
    file.write_text(f"{'ab' * KEY_BYTES}\n{file.read_text()}")
    after = box(tmp_path).seal(b"new", PLACE)
    assert after[:5] != before[:5]
    assert running.open(after, PLACE) == b"new", "a process that runs reads the file again for a key it does not know"
    assert (box(tmp_path).open(before, PLACE), len(before)) == (b"old", len(FORMAT) + NAME_BYTES + NONCE_BYTES + 3 + 16)


@pytest.mark.parametrize("text", ["", "zz", "ab" * 16, "ab" * 33, f"{'ab' * 32} {'ab' * 4}", "密钥"])
def test_a_file_that_is_no_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.key").write_text(text, encoding="utf-8")
    with pytest.raises(Unavailable, match="secret-key-malformed"):
        box(tmp_path).seal(b"x", PLACE)


def test_a_file_that_was_named_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="secret-key-missing"):
        box(tmp_path, make=False).seal(b"x", PLACE)
    assert list(tmp_path.iterdir()) == []


def test_what_was_sealed_is_not_opened_by_making_a_key(tmp_path: Path) -> None:
    sealed = box(tmp_path).seal(b"x", PLACE)
    (tmp_path / "secret.key").unlink()
    assert refused(sealed, box(tmp_path)) == "secret-key-missing"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unavailable, match="secret-key-unusable"):
        SecretBox(tmp_path / "file" / "secret.key", make=True).seal(b"x", PLACE)
    with pytest.raises(Unavailable, match="secret-key-unusable"):
        SecretBox(tmp_path, make=True).seal(b"x", PLACE)
