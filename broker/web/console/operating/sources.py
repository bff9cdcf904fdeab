"""Sources: which there are and how they are, added and changed by the form of their adapter, asked how they are."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Response

from adapters.described import Described
from broker.services.sources.sources import Shown, SourceNow
from broker.web.api.sources.source_history import ClockOut, SpellOut
from broker.web.api.sources.sources import SourceCode, SourceEditIn, SourceIn, SourceOut, below, shown
from broker.web.console.forms import Form, Refusal, checked
from broker.web.console.operating.departments import departments_for
from broker.web.console.operating.option_fields import fields_of, typed
from broker.web.console.operating.shift import Shift, ShiftDep
from broker.web.console.routes import OncePageRoute
from broker.web.deps import Reading
from broker.web.paging import ByText
from broker.web.values import CODE, Out

SOURCES = "/sources"

router = APIRouter(prefix=SOURCES, route_class=OncePageRoute)
adapters = APIRouter(prefix="/adapters", route_class=OncePageRoute)

AdapterName = Annotated[str, Path(pattern=CODE)]


class SourceRow(Out):
    """A source with how it is now."""

    source: SourceOut
    spell: SpellOut | None
    clock: ClockOut | None
    busy: int

    @classmethod
    def all(cls, found: Sequence[SourceNow], reading: Reading) -> "list[SourceRow]":
        told = shown([it.source for it in found], reading)
        return [
            cls(
                source=source, spell=SpellOut.of(it.spell) if it.spell else None,
                clock=ClockOut.of(it.offset) if it.offset else None, busy=it.busy,
            )
            for it, source in zip(found, told, strict=True)
        ]  # fmt: skip


@router.get("")
def list_sources(shift: ShiftDep, window: ByText) -> Response:
    """按编码列出接入源及其状态。List sources by code with how they are."""
    found = shift.broker.sources.overview(shift.caller, after=window.after or "", limit=window.wanted)
    page = window.page(found, lambda it: it.source.code, lambda rows: SourceRow.all(rows, shift.reading))
    return shift.show("sources", page=page, first=window.after is None, may_add=shift.may("source:add"))


@adapters.get("")
def choose_adapter(shift: ShiftDep) -> Response:
    """添加接入源的第一步：选择适配器。The first step to a new source: which adapter reaches it."""
    names = shift.broker.sources.adapters(shift.caller)
    return shift.show("adapters", adapters=[shift.broker.sources.adapter(shift.caller, it) for it in names])


@adapters.get("/{name}")
def new_source(name: AdapterName, shift: ShiftDep) -> Response:
    """添加接入源：填写适配器的选项。The form of a new source, made from the schema of its adapter."""
    return _form(shift, shift.broker.sources.adapter(shift.caller, name), None)


def _form(shift: Shift, adapter: Described, found: Shown | None, refusal: Refusal | None = None) -> Response:
    """Show the form of a source; without one, that of a new one."""
    options: Mapping[str, object] = found.options if found else {}
    sealed = found.source.secrets if found else ()
    fields = fields_of(adapter, shift.screen.language, options, sealed, shift.form)
    source = shown([found.source], shift.reading)[0] if found else None
    return shift.show(
        "source_form", adapter=adapter, fields=fields, source=source, departments=departments_for(shift),
        refusal=refusal,
    )  # fmt: skip


def _said(form: Form) -> dict[str, object]:
    """Return what the form says beside the options; a field that is empty is left out."""
    told = {name: form.one(name) for name in ("name", "department", "sessions", "keeps_days")}
    return {name: value for name, value in told.items() if value}


@adapters.post("/{name}")
def add_source(name: AdapterName, shift: ShiftDep) -> Response:
    """添加接入源，此时不连接。Add a source; it is not asked yet."""
    family = shift.broker.sources.adapter(shift.caller, name)

    def act() -> None:
        options = {key: it for key, it in typed(family, (), shift.form).items() if it is not None}
        told = {**_said(shift.form), "code": shift.form.one("code"), "adapter": name, "options": options}
        with below("/options"):
            shift.broker.sources.add(shift.caller, checked(SourceIn, told).new())

    to = f"{SOURCES}/{shift.form.one('code')}"
    return shift.carry_out(act, to=to, said="source-added", again=lambda it: _form(shift, family, None, it))


@router.get("/{code}/edit")
def edit_source(code: SourceCode, shift: ShiftDep) -> Response:
    """修改接入源。Change a source."""
    found = shift.broker.sources.read(shift.caller, code)
    return _form(shift, shift.broker.sources.adapter(shift.caller, found.source.adapter), found)


@router.post("/{code}/edit")
def save_source(code: SourceCode, shift: ShiftDep) -> Response:
    """保存对接入源的修改；机密留空则保持不变。Save a change; a secret that is left empty stays."""
    found = shift.broker.sources.read(shift.caller, code)
    family = shift.broker.sources.adapter(shift.caller, found.source.adapter)

    def act() -> None:
        told = {
            **_said(shift.form), "keeps_days": shift.form.one("keeps_days") or 0, "version": shift.form.one("version"),
            "options": typed(family, found.source.secrets, shift.form),
        }  # fmt: skip
        with below("/options"):
            shift.broker.sources.edit(shift.caller, code, checked(SourceEditIn, told).edit())

    return shift.carry_out(
        act, to=f"{SOURCES}/{code}", said="source-edited", again=lambda it: _form(shift, family, found, it)
    )
