"""The words of a notice in one language, from its kind and its facts."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from broker.domain.errors import Invalid
from broker.domain.notices.notices import INSTANTS, Told
from broker.locale import LANGUAGES, say

CHINA = "Asia/Shanghai"


@dataclass(frozen=True)
class Wording:
    """What a person reads: a subject of one line, and a sentence or two."""

    subject: str
    body: str


def worded(notice: Told, language: str, zone: tzinfo) -> Wording:
    """Return the words of a notice; instants are shown in the city's time, with their offset."""
    facts = {name: _shown(name, value, zone) for name, value in notice.facts.items()}
    return Wording(
        subject=say(f"notice.{notice.kind}.subject", language, **facts),
        body=say(f"notice.{notice.kind}.body", language, **facts),
    )


def subjects(notice: Told, zone: tzinfo) -> dict[str, str]:
    """Return the subject in every language, for systems that pass it on to people."""
    return {language: worded(notice, language, zone).subject for language in LANGUAGES}


def read_zone(name: str) -> tzinfo:
    """Return a time zone; a machine without a time zone database still knows China's.

    Raises:
        Invalid: the machine knows no zone of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if name == CHINA:
            return timezone(timedelta(hours=8), "CST")
        raise Invalid("setting-zone", pointer="/timezone", value=name[:80]) from None


def _shown(name: str, value: str | int, zone: tzinfo) -> str:
    if name not in INSTANTS:
        return str(value)
    moment = datetime.fromisoformat(str(value)).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M} ({moment:%z})"
