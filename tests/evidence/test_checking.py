"""The offline check: whole packages are good, and no byte can be other than it was signed."""

import random
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from storage.packages import zip_writing
from storage.packages.checking import check
from storage.packages.findings import BROKEN, GOOD, OPEN, Findings
from storage.packages.writing import bagged
from storage.packages.zip_writing import member, zip_size, zipped
from tests.evidence.made import CLIPS, NAME, NOW, House, house, label, package, payloads, record


def roots(signer: House) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(signer.root.read_bytes())


def slugs(findings: Findings) -> set[str]:
    return {fault.slug for fault in findings.faults}


def test_a_whole_package_is_good_as_archive_and_as_folder(archive: Path, signer: House, tmp_path: Path) -> None:
    found = check(archive, roots(signer))
    assert (found.code, found.faults, found.unverified) == (GOOD, [], [])
    assert (found.name, found.files) == (NAME, 9)
    assert found.signed_at == NOW
    assert "锦城市公安局" in found.signer
    assert {remark.slug for remark in found.remarks} == {"time", "log", "truth"}
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "out")
    assert check(tmp_path / "out" / NAME, roots(signer)).code == GOOD


def test_without_a_root_nobody_is_vouched_for(archive: Path) -> None:
    found = check(archive)
    assert (found.code, found.faults) == (OPEN, [])
    assert [each.slug for each in found.unverified] == ["issuer"]


def test_every_byte_of_an_archive_counts(packed: bytes, tmp_path: Path) -> None:
    """One bit of every eleventh byte, all through headers, tag files, signature, footage and directory."""
    path, chance = tmp_path / "flipped.zip", random.Random(4)  # noqa: S311
    for place in range(chance.randrange(11), len(packed), 11):
        flipped = bytearray(packed)
        flipped[place] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        assert check(path).code == BROKEN, f"byte {place} of {len(packed)}"


def test_every_truncation_and_every_addition_is_found(packed: bytes, tmp_path: Path) -> None:
    path, chance = tmp_path / "cut.zip", random.Random(5)  # noqa: S311
    for length in {1, 3, len(packed) - 1, *(chance.randrange(4, len(packed)) for _ in range(60))}:
        path.write_bytes(packed[:length])
        assert check(path).code != GOOD, length
        at = chance.randrange(len(packed))
        path.write_bytes(packed[:at] + b"x" + packed[at:])
        assert check(path).code != GOOD, at
    for more in (b"x", b"\0" * 22, packed):
        path.write_bytes(packed + more)
        assert check(path).code == BROKEN


@pytest.fixture
def folder(archive: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "out")
    return tmp_path / "out" / NAME


def test_every_file_of_a_folder_counts(folder: Path) -> None:
    chance = random.Random(6)  # noqa: S311
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole = file.read_bytes()
        for _ in range(12):
            flipped = bytearray(whole)
            flipped[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            file.write_bytes(flipped)
            assert check(folder).code == BROKEN, file.name
        for other in (whole[:-1], whole + b"\n", b""):
            file.write_bytes(other)
            assert check(folder).code == BROKEN, file.name
        file.unlink()
        assert check(folder).code == BROKEN, file.name
        file.write_bytes(whole)
    assert check(folder).code == OPEN


def test_what_is_added_to_a_folder_is_found(folder: Path, tmp_path: Path) -> None:
    for name in ("data/media/003.mp4", "notes.txt", "data/records/evidence2.json"):
        (folder / name).write_text("more", encoding="utf-8")
        assert slugs(check(folder)) >= {"added"}, name
        (folder / name).unlink()
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(CLIPS["data/media/001-a.mp4"])
    clip = folder / "data/media/001-a.mp4"
    clip.unlink()
    clip.symlink_to(outside)
    assert slugs(check(folder)) >= {"link", "missing"}


def test_a_time_stamp_beside_the_signature_is_told_as_unread(folder: Path, signer: House) -> None:
    (folder / "signature.tsr").write_bytes(b"later")
    found = check(folder, roots(signer))
    assert (found.code, [each.slug for each in found.unverified]) == (OPEN, ["unread"])


def repacked(archive: Path, change: Callable[[zipfile.ZipFile, zipfile.ZipFile], None]) -> Path:
    """Write the archive anew with another program's ZIP writer."""
    target = archive.with_name("repacked.zip")
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        change(old, new)
    return target


def test_hostile_archives_are_refused_by_name(archive: Path) -> None:
    def copied(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        for each in old.infolist():
            new.writestr(each, old.read(each))

    def with_name(name: str) -> Callable[[zipfile.ZipFile, zipfile.ZipFile], None]:
        def change(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
            copied(old, new)
            new.writestr(name, b"x")

        return change

    def linked(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        copied(old, new)
        link = zipfile.ZipInfo(f"{NAME}/data/link")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        new.writestr(link, b"/etc/passwd")

    def packed_tight(old: zipfile.ZipFile, new: zipfile.ZipFile) -> None:
        for each in old.infolist():
            new.writestr(each.filename, old.read(each), zipfile.ZIP_DEFLATED)

    for name in (f"{NAME}/../up", "/etc/x", f"{NAME}\\x", f"{NAME}/a\nb", f"{NAME}/录像", f"{NAME}/data/..."):
        assert slugs(check(repacked(archive, with_name(name)))) == {"name"}, name
    assert slugs(check(repacked(archive, with_name(f"{NAME}/BAGIT.txt")))) == {"alike"}
    assert slugs(check(repacked(archive, linked))) == {"link"}
    assert slugs(check(repacked(archive, packed_tight))) == {"compressed"}
    assert slugs(check(repacked(archive, with_name(f"{NAME}/more")))) == {"container"}
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = repacked(archive, with_name(f"{NAME}/bagit.txt"))
    assert slugs(check(twice)) == {"twice"}


def test_an_encrypted_entry_is_refused(packed: bytes, tmp_path: Path) -> None:
    flags = packed.rindex(b"PK\x01\x02") + 8
    path = tmp_path / "encrypted.zip"
    path.write_bytes(packed[:flags] + b"\x01" + packed[flags + 1 :])
    assert slugs(check(path)) == {"encrypted"}


def test_what_is_no_package_is_said_to_be_none(tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("text", b"hello"), ("long", b"x" * 100_000)):
        (tmp_path / name).write_bytes(content)
        found = check(tmp_path / name)
        assert (found.code, [each.slug for each in found.unverified]) == (OPEN, ["no-package"])
    (tmp_path / "folder").mkdir()
    assert check(tmp_path / "folder").code == OPEN


def test_a_package_signed_by_somebody_else_is_not_trusted(signer: House, tmp_path: Path) -> None:
    """Everything fits together, only it was not the house that signed."""
    forger = house(tmp_path / "forger")
    path = tmp_path / "forged.zip"
    path.write_bytes(package(forger))
    assert check(path).code == OPEN
    assert slugs(check(path, roots(signer))) == {"untrusted"}


def test_a_rotated_key_and_the_packages_before_it(tmp_path: Path) -> None:
    first = house(tmp_path / "keys")
    old = tmp_path / "old.zip"
    old.write_bytes(package(first))
    later = house(tmp_path / "keys", NOW + timedelta(days=300), rotate=True)
    assert later.made.retired is not None
    new = tmp_path / "new.zip"
    new.write_bytes(b"".join(zipped(bagged(label(), payloads(), lambda it: later.sign(it, NOW + timedelta(days=301))))))
    assert [check(path, roots(later)).code for path in (old, new)] == [GOOD, GOOD]


def test_a_record_that_tells_otherwise_than_the_files(signer: House, tmp_path: Path) -> None:
    """Signed, every digest right: and still the record and the footage do not belong together."""
    path = tmp_path / "odd.zip"
    for told, slug in (
        (record(items=[]), "record"),
        (record(package={"name": "another"}), "record"),
        (record(format="xueliang-evidence/9"), "malformed"),
        (record() + b"\n", "malformed"),
        (record().replace(b'"size":70', b'"size":71'), "record"),
        (b"[" * 100_000, "malformed"),
        (b"{}", "malformed"),
    ):
        path.write_bytes(package(signer, told=told))
        assert slugs(check(path, roots(signer))) == {slug}, told[:60]


def test_a_package_may_be_larger_than_a_plain_zip_allows(
    signer: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the size is large but the limit small: ZIP64 fields are written, and read by us and by another program."""
    path = tmp_path / "large.zip"
    for limit in (60, 900, 4000):
        monkeypatch.setattr(zip_writing, "LARGE", limit)
        members = bagged(label(), payloads(), signer.sign)
        path.write_bytes(b"".join(zipped(members)))
        assert path.stat().st_size == zip_size([each.entry for each in members])
        assert check(path, roots(signer)).code == GOOD, limit
        with zipfile.ZipFile(path) as opened:
            assert opened.testzip() is None
            assert all(opened.read(f"{NAME}/{name}") == content for name, content in CLIPS.items())
    monkeypatch.undo()
    assert check(path).code == BROKEN, "written otherwise than it would be"


def test_the_archive_is_the_same_bytes_for_the_same_members() -> None:
    members = [member("x/a", b"one"), member("x/b", b"two")]
    assert b"".join(zipped(members)) == b"".join(zipped(members))
