"""The rows that an import quarantined, to be corrected: their own columns, and before them what is wrong."""

import json
from collections.abc import Callable, Iterator, Sequence

from broker.domain.catalog.imports import OutsideRow
from broker.locale import say
from broker.services.catalog.catalog_files.writing.tables import MEDIA_TYPES, Written, as_csv, as_xlsx

REASONS = {"zh": "隔离原因", "en": "why quarantined"}
"""The column of reasons; a list that is brought in again has it and no field takes it."""

Pages = Callable[..., Sequence[OutsideRow]]


def corrections(headings: Sequence[str], pages: Pages, list_format: str, language: str) -> Written:
    """Return the file; `pages` gives the rows behind a number."""
    reasons = REASONS["zh" if language.startswith("zh") else "en"]
    write = as_xlsx if list_format == "xlsx" else as_csv
    return Written(write([reasons, *headings], _rows(headings, pages, language)), MEDIA_TYPES[list_format])


def _rows(headings: Sequence[str], pages: Pages, language: str) -> Iterator[Sequence[object]]:
    after = 0
    while found := pages(after=after):
        for row in found:
            told = "；".join(
                say(it.reason, language, where=it.where, field=it.field, value=it.value, allowed=it.allowed)
                for it in row.problems
            )
            yield [told, *(_cell((row.cells or {}).get(heading)) for heading in headings)]
        after = found[-1].number


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
