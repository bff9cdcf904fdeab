"""Secrets at rest: sealed with AES-256-GCM under a key that is kept outside the database.

An envelope is one byte of format, four bytes that name the key, a nonce of twelve bytes, and the text with its tag.
The head of the envelope and the context (which column of which row) are bound to the text, so an envelope copied to
another row does not open there.
"""

import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.domain.errors import Unavailable

KEY_BYTES = 32
FORMAT = b"\x01"
NAME_BYTES = 4
NONCE_BYTES = 12
_HEAD = len(FORMAT) + NAME_BYTES


class SecretBox:
    """Seals and opens; the key is read when it is first needed.

    The file holds keys of 64 hexadecimal digits, one a line. The first one seals, all of them open: a new key is put
    above the old ones. The methods may be called from several threads, and several processes may share the file.
    """

    def __init__(self, file: Path, *, make: bool) -> None:
        """Nothing is read yet; with `make`, the first seal makes a file that is missing, for its owner alone."""
        self._file = file
        self._make = make
        self._keys: dict[bytes, bytes] = {}

    def __repr__(self) -> str:
        return f"SecretBox({str(self._file)!r})"

    def seal(self, plain: bytes, context: str) -> bytes:
        """Return the envelope of a secret; `context` says where it is stored, "table/id/column".

        Raises:
            Unavailable: the key file is missing, unreadable, unwritable or malformed.
        """
        name, key = next(iter(self._known(make=self._make).items()))
        nonce = secrets.token_bytes(NONCE_BYTES)
        head = FORMAT + name
        return head + nonce + AESGCM(key).encrypt(nonce, plain, head + context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return the secret that was sealed for this context.

        Raises:
            Unavailable: `secret-key-wrong`, the key is not in the file; `secret-damaged`, the envelope is not what was
                sealed, or was sealed for another place; or what `seal` raises.
        """
        name = sealed[len(FORMAT) : _HEAD]
        if sealed[: len(FORMAT)] != FORMAT or len(sealed) < _HEAD + NONCE_BYTES:
            raise Unavailable("secret-damaged", place=context)
        if name not in self._known():
            self._keys = {}  # another process may have put a new key into the file
            if name not in self._known():
                raise Unavailable("secret-key-wrong", file=str(self._file), key=name.hex())
        nonce, text = sealed[_HEAD : _HEAD + NONCE_BYTES], sealed[_HEAD + NONCE_BYTES :]
        try:
            return AESGCM(self._known()[name]).decrypt(nonce, text, sealed[:_HEAD] + context.encode())
        except InvalidTag:
            raise Unavailable("secret-damaged", place=context) from None

    def is_current(self, sealed: bytes) -> bool:
        """Say whether an envelope was sealed under the key that seals now; it is not opened for that.

        Raises:
            Unavailable: as for `seal`.
        """
        return sealed[len(FORMAT) : _HEAD] == next(iter(self._known(make=self._make)))

    def _known(self, *, make: bool = False) -> dict[bytes, bytes]:
        """Return the keys by name, the one that seals first."""
        known = self._keys
        if not known:
            try:
                if make and not self._file.exists():
                    _make_key(self._file)
                known = self._keys = _read_keys(self._file)
            except FileNotFoundError:
                raise Unavailable("secret-key-missing", file=str(self._file)) from None
            except OSError as error:
                raise Unavailable("secret-key-unusable", file=str(self._file), reason=error.strerror or "") from error
        return known


def name_of(key: bytes) -> bytes:
    """Return how an envelope names its key: the beginning of a digest, which tells nothing about the key."""
    return hashlib.sha256(b"xueliang key:" + key).digest()[:NAME_BYTES]


def _read_keys(file: Path) -> dict[bytes, bytes]:
    try:
        keys = [bytes.fromhex(line) for line in file.read_text(encoding="ascii").split()]
    except ValueError:
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise Unavailable("secret-key-malformed", file=str(file))
    return {name_of(key): key for key in keys}


def _make_key(file: Path) -> None:
    """Make the file in one step: of two processes that try, one wins and both read the same key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as temporary:
            temporary.write(f"{secrets.token_hex(KEY_BYTES)}\n")
            temporary.flush()
            os.fsync(temporary.fileno())
        with suppress(FileExistsError):
            os.link(path, file)
    finally:
        Path(path).unlink()
