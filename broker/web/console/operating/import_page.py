"""The page of an import: a preview while the list lies there, then how far it has come and what became of its rows."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

from fastapi import Response

from broker.domain.catalog.coordinates import System
from broker.domain.catalog.imports import WAITING, CatalogImport, Fate, ImportState
from broker.domain.ids import ImportId
from broker.locale import explain
from broker.services.people.names import Known
from broker.web.api.catalog.import_previews import PreviewRowOut
from broker.web.api.catalog.imports import ImportRowOut, KeptImportOut
from broker.web.console.forms import Refusal
from broker.web.console.operating.import_columns import columns_of, targets
from broker.web.console.operating.shift import Shift
from broker.web.refs import DepartmentRef
from broker.web.values import Out

ROWS = 50
LOOKED_AT = 20
MOST_PROFILES = 200


class ImportRow(Out):
    """An import with the department it is for."""

    it: KeptImportOut
    owner: DepartmentRef

    @classmethod
    def of(cls, found: CatalogImport, known: Known, language: str) -> Self:
        return cls(it=KeptImportOut.of(found, language), owner=DepartmentRef.named(found.owner_id, known))

    @classmethod
    def all(cls, found: Sequence[CatalogImport], shift: Shift) -> list[Self]:
        known = shift.reading.known(departments={it.owner_id for it in found})
        return [cls.of(it, known, shift.screen.language) for it in found]


def import_page(
    shift: Shift, key: UUID, *, fate: Fate | None = None, reason: str = "", after: int = 0, refused: str = "",
    refusal: Refusal | None = None,
) -> Response:  # fmt: skip
    """Show an import; `fate`, `reason` and `after` say which of its rows."""
    service = shift.broker.imports
    row = ImportRow.all([service.read(shift.caller, ImportId(key))], shift)[0]
    if row.it.state is ImportState.PREVIEW:
        return _preview(shift, row, refused, refusal)
    found = service.rows(shift.caller, ImportId(key), fate=fate, after=after, limit=ROWS + 1, reason=reason)
    rows = [ImportRowOut.of(it, shift.screen.language) for it in found[:ROWS]]
    return shift.show(
        "import", row=row, it=row.it, rows=rows, following=rows[-1].number if len(found) > ROWS else None, fate=fate,
        reason=reason, fates=Fate, first=not after, refused=refused, refusal=refusal, waits=row.it.state in WAITING,
        reasons={slug: (count, shift.sentence(slug)) for slug, count in row.it.reasons.items()},
    )  # fmt: skip


def _preview(shift: Shift, row: ImportRow, refused: str, refusal: Refusal | None) -> Response:
    language = shift.screen.language
    found = shift.broker.import_previews.look(shift.caller, ImportId(row.it.id), rows=LOOKED_AT)
    rows = [PreviewRowOut.of(it, language) for it in found.rows]
    return shift.show(
        "import_look", row=row, it=row.it, columns=columns_of(found), targets=targets(found.own, language), rows=rows,
        fault=explain(found.fault, language) if found.fault else "", suggested=found.profile, systems=System,
        strict=found.found.reading.strict, tried=[KeptImportOut.of(it, language) for it in found.tried],
        profiles=shift.broker.import_profiles.page(shift.caller, after="", limit=MOST_PROFILES), refused=refused,
        refusal=refusal,
    )  # fmt: skip
