"""Byte ranges (RFC 9110 section 14): one range is answered, a list of several is answered with the whole."""

import re

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the half-open part asked for, (0, size) when none is; None when it lies outside (416)."""
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None or not (match[1] or match[2]) or max(len(match[1]), len(match[2])) > len(str(2**63)):
        return 0, size
    if not match[1]:
        length = min(int(match[2]), size)
        return (size - length, size) if length else None
    begin = int(match[1])
    end = int(match[2]) + 1 if match[2] else size
    if begin >= size or end <= begin:
        return None
    return begin, min(end, size)
