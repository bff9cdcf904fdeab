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


def new_id() -> UUID:
    """Return a fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
