"""What an import did, for a person and for a program."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from broker import locale
from broker.cli import screen
from broker.cli.texts import language, tell
from broker.domain.catalog.catalog import RowProblem
from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.report import ImportReport, write_problems_csv, write_problems_json

SHOWN = 10


def as_record(found: ImportReport, *, dry_run: bool) -> dict[str, object]:
    """Return the whole report as plain values."""
    return {
        "dry_run": dry_run,
        "read": found.read,
        "inserted": found.inserted,
        "updated": found.updated,
        "unchanged": found.unchanged,
        "id": None if found.key is None else str(found.key),
        "quarantined": found.quarantined,
        "rejected": found.rejected,
        "reasons": dict(found.reasons),
        "warnings": found.warnings,
        "dropped": dict(found.dropped),
        "problems": [asdict(problem) for problem in found.problems],
    }


def show_report(found: ImportReport, file: Path | None, *, dry_run: bool) -> None:
    """Print the balance and the first problems."""
    names = ("read", "inserted", "updated", "unchanged", "quarantined", "rejected", "warnings")
    counts = {name: getattr(found, name) for name in names}
    screen.line("import.dry-run" if dry_run else "import.balance", **counts)
    for problem in found.problems[:SHOWN]:
        screen.plain(f"  {_sentence(problem)}")
    if len(found.problems) > SHOWN:
        screen.line("import.more", count=len(found.problems) - SHOWN)
    for column, count in found.dropped.items():
        screen.line("import.dropped", column=column, count=count)
    if found.key is not None:
        screen.line("import.key", key=found.key)
    if file is not None:
        screen.line("import.report", file=file)


def write_report(found: ImportReport, file: Path) -> None:
    """Write every problem to a file: JSON when its name ends in .json, else a spreadsheet.

    Raises:
        Invalid: the file cannot be written.
    """
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            write = write_problems_json if file.suffix.lower() == ".json" else write_problems_csv
            write(found.problems, stream)
    except OSError as error:
        raise Invalid("file-unwritable", file=str(file), reason=error.strerror or "") from None


def save(file: Path, chunks: Iterable[bytes]) -> None:
    """Write a file as it comes; raises Invalid when it cannot be written."""
    try:
        with file.open("wb") as target:
            target.writelines(chunks)
    except OSError as error:
        raise Invalid("file-unwritable", file=str(file), reason=error.strerror or "") from None
    screen.line("import.saved", file=file)


def _sentence(problem: RowProblem) -> str:
    reason = locale.say(problem.reason, language(), value=problem.value, allowed=problem.allowed, field=problem.field)
    return tell(
        f"import.{problem.severity}",
        where=problem.where,
        field=problem.field,
        reason=reason,
        value=problem.value or "-",
    )
