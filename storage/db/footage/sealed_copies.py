"""A sealed copy as two columns: what is sealed, and the envelope of its key."""

from dataclasses import replace

from pydantic import TypeAdapter

from broker.domain.footage.escrows import NOTHING, SealedCopy

_COPY = TypeAdapter(SealedCopy)


def copied(copy: SealedCopy) -> dict[str, object] | None:
    """Return what goes into the column; the key has one of its own. None where nothing is sealed."""
    if not copy.files:
        return None
    told: dict[str, object] = _COPY.dump_python(copy, mode="json", exclude={"key"})
    return told


def copy_of(told: object, key: bytes) -> SealedCopy:
    """Return the copy of a row."""
    return NOTHING if told is None else replace(_COPY.validate_python(told), key=bytes(key))
