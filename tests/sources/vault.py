"""A source behind a password; runs in the sandbox. What it tells lies in a folder that a test can change."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr

from adapters.base import SourceAdapter
from adapters.errors import SourceUnreachable
from broker.domain.footage.media import Point, Probe
from broker.domain.time import TimeSpan


class VaultAdapter(SourceAdapter):
    """Tells what `vault.json` in its folder says, to whoever has the password."""

    name = "vault"

    class Options(SourceAdapter.Options):
        folder: str
        password: SecretStr
        pin: str | None = Field(default=None, json_schema_extra={"writeOnly": True})
        address: str = ""

    options: Options

    def _probe(self) -> Probe:
        found = self._read()
        ahead = found.get("ahead")
        by = "http-date" if ahead is not None else ""
        return Probe(ok=found.get("ok", True), detail="told", points=1, ahead=ahead, ahead_by=by)

    def _points(self) -> Iterable[Point]:
        return [Point("01", "金库")]

    def _coverage(self, channel: str, span: TimeSpan) -> Iterable[TimeSpan]:  # noqa: ARG002 - a hook's signature
        found = self._read()
        file = Path(self.options.folder) / "asked"
        file.write_text(str(int(file.read_text() or "0") + 1 if file.exists() else 1))
        return [
            TimeSpan(datetime.fromisoformat(begin), datetime.fromisoformat(begin) + timedelta(seconds=seconds))
            for begin, seconds in found.get("recorded", ())
        ]

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((Path(self.options.folder) / "vault.json").read_text())
        except FileNotFoundError:
            raise SourceUnreachable(where=self.options.folder) from None
        if found["password"] != self.options.password.get_secret_value():
            return {"ok": False}
        return found
