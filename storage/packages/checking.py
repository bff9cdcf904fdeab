"""The check of a package: nothing added, missing or changed, signed by whom, and the record true to the files.

It needs no server, no data directory and no network. Everything that is wrong is told, not only the first.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import rfc8785
from cryptography import x509

from storage.packages import bag
from storage.packages.findings import Fault, Findings
from storage.packages.opening import Archive, Contents, open_archive, open_folder
from storage.packages.signed import check_signature

FORMAT = "xueliang-evidence/1"
LARGEST_TAG = 64 * 1024 * 1024
_ZIP = b"PK\x03\x04"


def check(path: Path, roots: Sequence[x509.Certificate] | None = None) -> Findings:
    """Check a package, a ZIP or a folder; `roots` are the certificates that are trusted to say who somebody is.

    Raises:
        OSError: it is not there or cannot be read.
    """
    if path.is_dir():
        return _checked(open_folder(path), path.name, roots)
    with path.open("rb") as file:
        return check_file(file, path.name, roots)


def check_file(file: BinaryIO, name: str, roots: Sequence[x509.Certificate] | None = None) -> Findings:
    """Check what may be a package; `name` is what the file is called."""
    if not _is_zip(file):
        return Findings(unverified=[Fault("no-package", name=name)])
    return check_archive(file, name, roots)


def check_archive(file: BinaryIO, name: str, roots: Sequence[x509.Certificate] | None = None) -> Findings:
    """Check a package that is a ZIP, open for reading; `name` is what it is called where it is none."""
    archive = open_archive(file)
    if archive.faults:
        return Findings(archive.name, faults=archive.faults)
    return _checked(archive, name, roots)


def _is_zip(file: BinaryIO) -> bool:
    """Say whether a file begins, or at least ends, as a ZIP does."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    begins = file.read(len(_ZIP)) == _ZIP
    file.seek(max(0, size - 22))
    return begins or file.read(4) == b"PK\x05\x06"


def _checked(contents: Contents, name: str, roots: Sequence[x509.Certificate] | None) -> Findings:
    findings = Findings(faults=list(contents.faults))
    tags = dict(_tags(contents, findings))
    if not {bag.DECLARATION_FILE, bag.TAG_MANIFEST, bag.SIGNATURE} & set(tags):
        return Findings(faults=findings.faults, unverified=[Fault("no-package", name=name)])
    listed = _listed(tags, findings)
    _compare(contents, listed, findings)
    _label(contents, tags, findings)
    _signature(tags, roots, findings)
    _record(tags, listed, contents, findings)
    findings.remarks += [Fault("time"), Fault("log"), Fault("truth")]
    findings.unverified += [Fault("unread", name=name) for name in bag.FOLLOWING if name in contents.sizes]
    return findings


def _tags(contents: Contents, findings: Findings) -> Iterator[tuple[str, bytes]]:
    """Yield the files that say something about the others, whole: they are small."""
    for name, size in contents.sizes.items():
        if name != bag.RECORD and name.startswith(bag.DATA):
            continue
        if size > LARGEST_TAG:
            findings.faults.append(Fault("malformed", name=name))
        else:
            yield name, b"".join(contents.read(name))


def _listed(tags: Mapping[str, bytes], findings: Findings) -> dict[str, dict[str, str]]:
    """Return path -> algorithm -> digest, of all that the manifests list."""
    found: dict[str, dict[str, str]] = {}
    for algorithm, name, needed in (
        (bag.SHA256, bag.TAG_MANIFEST, True),
        (bag.SHA256, bag.MANIFESTS[bag.SHA256], True),
        (bag.SM3, bag.MANIFESTS[bag.SM3], False),
    ):
        if name not in tags:
            findings.faults += [Fault("missing", name=name)] if needed else []
            continue
        try:
            lines = bag.read_manifest(tags[name])
        except ValueError:
            findings.faults.append(Fault("malformed", name=name))
            continue
        if any(path.startswith(bag.DATA) is (name == bag.TAG_MANIFEST) for path in lines):
            findings.faults.append(Fault("malformed", name=name))
        for path, digest in lines.items():
            found.setdefault(path, {})[algorithm] = digest
    _in_both(found, bag.MANIFESTS[bag.SM3] in tags, findings)
    return found


def _in_both(listed: Mapping[str, Mapping[str, str]], sm3: bool, findings: Findings) -> None:
    """Two manifests have to list the same files: else one of them vouches for what the other does not know."""
    algorithms = {bag.SHA256, bag.SM3} if sm3 else {bag.SHA256}
    findings.faults += [
        Fault("disagree", name=path)
        for path, digests in listed.items()
        if path.startswith(bag.DATA) and set(digests) != algorithms
    ]


def _compare(contents: Contents, listed: Mapping[str, Mapping[str, str]], findings: Findings) -> None:
    unlisted = {bag.TAG_MANIFEST, bag.SIGNATURE, *bag.FOLLOWING}
    findings.faults += [Fault("missing", name=path) for path in sorted(listed.keys() - contents.sizes.keys())]
    added = contents.sizes.keys() - listed.keys() - unlisted
    findings.faults += [Fault("added", name=path) for path in sorted(added)]
    for path in sorted(listed.keys() & contents.sizes.keys()):
        digests = {algorithm: bag.new_digest(algorithm) for algorithm in listed[path]}
        for chunk in contents.read(path):
            findings.size += len(chunk)
            for digest in digests.values():
                digest.update(chunk)
        findings.files += 1
        if any(digest.hexdigest() != listed[path][algorithm] for algorithm, digest in digests.items()):
            findings.faults.append(Fault("changed", name=path))


def _label(contents: Contents, tags: Mapping[str, bytes], findings: Findings) -> None:
    if tags.get(bag.DECLARATION_FILE, bag.DECLARATION) != bag.DECLARATION:
        findings.faults.append(Fault("malformed", name=bag.DECLARATION_FILE))
    try:
        told = bag.read_info(tags.get(bag.INFO, b""))
    except ValueError:
        findings.faults.append(Fault("malformed", name=bag.INFO))
        return
    findings.name = told.get("External-Identifier", "")
    data = [size for path, size in contents.sizes.items() if path.startswith(bag.DATA)]
    if told.get("Payload-Oxum") != f"{sum(data)}.{len(data)}":
        findings.faults.append(Fault("oxum", name=bag.INFO))
    if isinstance(contents, Archive) and contents.name != findings.name:
        findings.faults.append(Fault("renamed", name=contents.name))


def _signature(tags: Mapping[str, bytes], roots: Sequence[x509.Certificate] | None, findings: Findings) -> None:
    if bag.SIGNATURE not in tags:
        findings.faults.append(Fault("unsigned"))
        return
    check_signature(bag.SIGNATURE, tags[bag.SIGNATURE], tags.get(bag.TAG_MANIFEST, b""), roots, findings)


def _record(
    tags: Mapping[str, bytes], listed: Mapping[str, Mapping[str, str]], contents: Contents, findings: Findings
) -> None:
    """Hold the record against the files: it has to name each file of footage once, as it is."""
    if bag.RECORD not in tags:
        if bag.RECORD not in listed:
            findings.faults.append(Fault("missing", name=bag.RECORD))
        return
    try:
        record = read_record(tags[bag.RECORD])
        told = [_told(each) for item in record["items"] for each in item["files"]]
        name = record["package"]["name"]
    except (ValueError, KeyError, TypeError, RecursionError):
        findings.faults.append(Fault("malformed", name=bag.RECORD))
        return
    media = sorted(path for path in contents.sizes if path.startswith(bag.MEDIA))
    if sorted(path for path, _, _ in told) != media or name != findings.name:
        findings.faults.append(Fault("record", name=bag.RECORD))
    for path, size, digest in told:
        if path in contents.sizes and (size, digest) != (contents.sizes[path], listed.get(path, {}).get(bag.SHA256)):
            findings.faults.append(Fault("record", name=path))


def read_record(content: bytes) -> Any:
    """Return the record of a package.

    Raises:
        ValueError: it is of another format, or not in the one form (RFC 8785) that a record has.
        KeyError, TypeError, RecursionError: it is some other document.
    """
    record = json.loads(content)
    if record["format"] != FORMAT or rfc8785.dumps(record) != content:
        raise ValueError("format")
    return record


def _told(file: Mapping[str, Any]) -> tuple[str, int, str]:
    path, size, digest = file["path"], file["size"], file["sha256"]
    if not isinstance(path, str) or not isinstance(size, int) or len(digest) != hashlib.sha256().digest_size * 2:
        raise TypeError("file")
    return path, size, digest
