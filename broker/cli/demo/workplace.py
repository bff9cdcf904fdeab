"""The folder of the demonstration: its data made anew each time, its recordings and results beside it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from broker.domain.errors import Conflict, Unavailable
from storage.db.embedded.embedded import running_dsn

_MARK = ".xueliang-demo"


@dataclass(frozen=True)
class Workplace:
    """Where everything of the demonstration lies."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def footage(self) -> Path:
        return self.folder / "footage"

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def people(self) -> Path:
        return self.folder / "people.txt"

    @property
    def log(self) -> Path:
        return self.folder / "demo.log"

    def clear(self) -> None:
        """Make the folder ready for a run; recordings of an earlier run stay.

        Raises:
            Conflict: the folder holds something else, or a server still works on its data.
            Unavailable: the folder cannot be written.
        """
        mark = self.folder / _MARK
        if self.folder.exists() and not mark.exists() and any(self.folder.iterdir()):
            raise Conflict("demo-folder-foreign", folder=str(self.folder))
        if running_dsn(self.data / "postgres") is not None:
            raise Conflict("demo-in-use", folder=str(self.data))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            mark.touch()
            for old in (self.data, self.results):
                if old.exists():
                    shutil.rmtree(old)
            for file in (self.people, self.log):
                file.unlink(missing_ok=True)
            self.results.mkdir()
        except OSError as error:
            raise Unavailable("demo-folder-unwritable", folder=str(self.folder), detail=error.strerror or "") from error

    def keep_passwords(self, lines: list[str]) -> None:
        """Write down who there is and with which password, for their owner's eyes."""
        self.people.touch(mode=0o600)
        self.people.write_text("\n".join(lines) + "\n", encoding="utf-8")
