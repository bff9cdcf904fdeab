"""Identifiers: UUID version 7 (RFC 9562 section 5.7), so that ids sort by the time they were made."""

import os
import time
from typing import NewType
from uuid import UUID

DepartmentId = NewType("DepartmentId", UUID)
PersonId = NewType("PersonId", UUID)
SourceId = NewType("SourceId", UUID)
CameraId = NewType("CameraId", UUID)
RequestId = NewType("RequestId", UUID)
ItemId = NewType("ItemId", UUID)
LineId = NewType("LineId", UUID)
GrantId = NewType("GrantId", UUID)
RetrievalId = NewType("RetrievalId", UUID)
PackageId = NewType("PackageId", UUID)
EscrowId = NewType("EscrowId", UUID)
AttachmentId = NewType("AttachmentId", UUID)
LockId = NewType("LockId", UUID)
HoldId = NewType("HoldId", UUID)
ImportId = NewType("ImportId", UUID)
ProfileId = NewType("ProfileId", UUID)
PolicyId = NewType("PolicyId", UUID)


_FIXED = 0x7 << 76 | 0x2 << 62
"""The bits that say which kind of UUID it is."""
_OTHERS = ~(0xF << 76 | 0x3 << 62)


def new_id() -> UUID:
    """Return a fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[UUID]:
    """Return so many fresh ids, in ascending order."""
    return [UUID(int=value) for value in new_numbers(count)]


def new_numbers(count: int) -> list[int]:
    """Return the 128 bits of so many fresh ids, in ascending order; where a million are only written down."""
    milliseconds = time.time_ns() // 1_000_000
    begin, chance = (milliseconds & (2**48 - 1)) << 80, os.urandom(10 * count)
    drawn = (begin | int.from_bytes(chance[at : at + 10], "big") for at in range(0, len(chance), 10))
    return sorted(value & _OTHERS | _FIXED for value in drawn)
