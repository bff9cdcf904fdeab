"""What the command line itself takes from the environment or `.env`: language, server, token, time zone."""

from datetime import timedelta, timezone, tzinfo
from functools import cache
from os import environ
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from broker.domain.errors import Invalid

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_ZONE = "Asia/Shanghai"
_LOCALES = ("LC_ALL", "LC_MESSAGES", "LANG")


class Environment(BaseSettings):
    """Settings of the person at the keyboard; those of the broker are in `broker.settings`."""

    model_config = SettingsConfigDict(env_prefix="XUELIANG_", env_file=".env", extra="ignore", frozen=True)

    language: str = ""
    url: str = ""
    token: SecretStr | None = None
    timezone: str = DEFAULT_ZONE


@cache
def environment() -> Environment:
    """Return the settings, read once a run."""
    return Environment()


def wanted_language() -> str:
    """Return the language asked for: XUELIANG_LANGUAGE, else the locale of the session, else Chinese."""
    chosen = environment().language or next((environ[name] for name in _LOCALES if environ.get(name)), "")
    return "en" if chosen.lower().startswith("en") else "zh_CN"


def zone() -> tzinfo:
    """Return the time zone in which instants are shown; a machine without a time zone database still knows China's.

    Raises:
        Invalid: the machine knows no zone of the name that is set.
    """
    name = environment().timezone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if name == DEFAULT_ZONE:
            return timezone(timedelta(hours=8), "CST")
        raise Invalid("time-zone", pointer="/timezone", value=name[:80]) from None


def config_folder() -> Path:
    """Return where a person's own configuration lies (XDG base directories)."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def state_folder() -> Path:
    """Return where the log of this person's commands lies."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def _xdg(variable: str, fallback: str) -> Path:
    return Path(environ.get(variable) or Path.home() / fallback) / "xueliang"
