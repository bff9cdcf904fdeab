"""Patterns of file names with fields, such as `{channel}/{start:%Y%m%dT%H%M%SZ}.mp4`.

    {channel}        the channel, at least one character of one name, required
    {start:FORMAT}   when it starts; may be spread over folders, `{start:%Y/%m/%d}/{start:%H%M%S}.mp4`
    {end:FORMAT}     when it ends, in the same manner
    {any}            anything within one name; at most twice
    {{ and }}        a brace

FORMAT knows %Y %m %d %H %M %S, %f (fraction of a second, up to 6 digits), %z (Z or +08:00), %s (seconds since 1970),
%Q (milliseconds since 1970) and %%; all else is literal. Without %z, %s or %Q the instant is in the time zone that the
options state. A pattern becomes a regular expression, but nobody writes one: few fields are of open length, and no
two of them touch, so that no name, however made, keeps the matching busy.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from adapters.local_times import readings

_TOKEN = re.compile(r"\{\{|\}\}|\{([a-z]+)(?::([^{}]*))?\}|[^{}]+|[{}]")
_TIME = re.compile(r"\{(start|end):([^{}]*)\}")
_DIRECTIVES = {
    "Y": r"[0-9]{4}",
    "m": r"[0-9]{2}",
    "d": r"[0-9]{2}",
    "H": r"[0-9]{2}",
    "M": r"[0-9]{2}",
    "S": r"[0-9]{2}",
    "f": r"[0-9]{1,6}",
    "z": r"Z|[+-][0-9]{2}:?[0-9]{2}",
    "s": r"[0-9]{8,11}",
    "Q": r"[0-9]{11,14}",
}
_MOST_ANY = 2
_LEAST = {"Y", "m", "d", "H", "M"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PatternError(ValueError):
    """The pattern cannot be read; `part` is the piece of it that is wrong."""

    def __init__(self, part: str) -> None:
        super().__init__(f"cannot read {part!r}")
        self.part = part


@dataclass(frozen=True)
class Named:
    """What a file's name says; a local time in the hour that summer time repeats may be either of two instants."""

    channel: str
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern: `levels` match single names, folder by folder; `whole` matches the path."""

    levels: tuple[re.Pattern[str], ...]
    whole: re.Pattern[str]

    def fits(self, name: str, level: int, channel: str | None) -> bool:
        """Say whether a name may stand at this depth, for this channel or, when None, for any."""
        match = self.levels[level].fullmatch(name)
        return match is not None and (channel is None or match.groupdict().get("channel", channel) == channel)

    def named(self, path: str, zone: tzinfo) -> Named | None:
        """Return what the path says, or None when it does not fit or names an instant that does not exist."""
        match = self.whole.fullmatch(path)
        if match is None:
            return None
        fields = match.groupdict()
        try:
            return Named(fields["channel"], _instants(fields, "start", zone), _instants(fields, "end", zone))
        except (ValueError, OverflowError):
            return None


def compiled(text: str) -> Pattern:
    """Compile a pattern.

    Raises:
        PatternError: an unknown field or directive, no channel, an incomplete instant, or a path that is not relative.
    """
    # A time that is spread over folders may be written as one field or as several.
    text = _TIME.sub(lambda field: "/".join(f"{{{field[1]}:{form}}}" for form in field[2].split("/")), text)
    names = text.split("/")
    for name in names:
        if name in {"", ".", ".."} or name.startswith("-") or not name.isprintable() or "\\" in name:
            raise PatternError(name or "/")
    seen: set[str] = set()
    whole = _regex(text, seen)
    crowded = "{any}{any}" in text or "{channel}{any}" in text or "{any}{channel}" in text
    if crowded or text.count("{any}") > _MOST_ANY:
        raise PatternError("{any}")
    if "channel" not in seen:
        raise PatternError("{channel}")
    for field in ("start", "end"):
        told = {group.removeprefix(f"{field}_") for group in seen if group.startswith(f"{field}_")}
        if told and not (told & {"s", "Q"} or told >= _LEAST):
            raise PatternError(f"{{{field}:}}")
    return Pattern(tuple(re.compile(_regex(name, set())) for name in names), re.compile(whole))


def _regex(text: str, seen: set[str]) -> str:
    """Return the regular expression; a field that comes again must have the same value again."""
    pieces = []
    for token in _TOKEN.finditer(text):
        field, form = token[1], token[2]
        if field in {"start", "end"} and form:
            pieces.append(_time_regex(field, form, seen))
        elif field == "channel" and form is None:
            pieces.append(_group("channel", r"[^/]+", seen))
        elif field == "any" and form is None:
            pieces.append(r"[^/]*")
        elif token[0] in {"{{", "}}"}:
            pieces.append(re.escape(token[0][0]))
        elif field is not None or token[0] in {"{", "}"}:
            raise PatternError(token[0])
        else:
            pieces.append(re.escape(token[0]))
    return "".join(pieces)


def _time_regex(field: str, form: str, seen: set[str]) -> str:
    pieces = []
    for literal, directive in re.findall(r"([^%]+)|%(.?)", form):
        if literal:
            pieces.append(re.escape(literal))
        elif directive == "%":
            pieces.append("%")
        elif directive in _DIRECTIVES:
            pieces.append(_group(f"{field}_{directive}", _DIRECTIVES[directive], seen))
        else:
            raise PatternError(f"%{directive}")
    return "".join(pieces)


def _group(name: str, regex: str, seen: set[str]) -> str:
    if name in seen:
        return f"(?P={name})"
    seen.add(name)
    return f"(?P<{name}>{regex})"


def _instants(fields: dict[str, str], field: str, zone: tzinfo) -> tuple[datetime, ...]:
    told = {name.removeprefix(f"{field}_"): value for name, value in fields.items() if name.startswith(f"{field}_")}
    if not told:
        return ()
    fraction = timedelta(microseconds=int(told.get("f", "0").ljust(6, "0")))
    if "Q" in told:
        return (_EPOCH + timedelta(milliseconds=int(told["Q"])),)
    if "s" in told:
        return (_EPOCH + timedelta(seconds=int(told["s"])) + fraction,)
    year, month, day, hour, minute = (int(told[part]) for part in "YmdHM")
    local = datetime(year, month, day, hour, minute, int(told.get("S", "0")))  # noqa: DTZ001 - given its zone below
    return tuple(it + fraction for it in readings(local, _zone(told.get("z"), zone)))


def _zone(told: str | None, default: tzinfo) -> tzinfo:
    if told is None:
        return default
    if told == "Z":
        return UTC
    digits = told[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if told[0] == "-" else offset)
