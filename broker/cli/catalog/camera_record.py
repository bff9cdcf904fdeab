"""The verbs of one point's record: show, edit, give a code, say who sees it, its history, the fields there are."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from typer import Argument, Option

from broker.cli import screen
from broker.cli.grammar import Json, Limit, Noun
from broker.cli.instants import shown
from broker.cli.machine import Data, at_the_machine
from broker.cli.texts import explain, language
from broker.domain.catalog.camera_edits import KEPT, CameraEdit
from broker.domain.catalog.camera_fields import CustomField
from broker.domain.catalog.camera_record import RECORD_FIELDS, FieldKind, RecordField, Word, written
from broker.domain.catalog.catalog import Camera, Lifecycle, Visibility
from broker.domain.catalog.code_giving import CodeAsk
from broker.domain.catalog.gb_code import Edition
from broker.domain.errors import Invalid
from broker.domain.ids import ImportId
from broker.services.catalog.camera_codes import Among, Coded

Code = Annotated[str, Argument(metavar="GB-CODE")]

app = Noun()


@app.verb("show")
def show(gb_code: Code, *, data: Data = None, as_json: Json = False) -> None:
    """Show a point with its whole record."""
    with at_the_machine(data) as (broker, me):
        detail = broker.camera_records.read(me, broker.catalog.find(me, gb_code).id)
    camera = detail.camera
    told = _head(camera) | {"lacking": list(detail.lacking), "gaps": list(detail.gaps)}
    if detail.division_now is not None:
        told["division_now"] = f"{detail.division_now.code} {detail.division_now.name}"
    if as_json:
        screen.document(told | {"record": dict(camera.record), "custom": dict(camera.custom)})
        return
    screen.fields(told, as_json=False)
    rules = {**RECORD_FIELDS, **{key: field.rule for key, field in detail.fields.items()}}
    for key, value in {**camera.record, **camera.custom}.items():
        screen.plain(f"  {key}\t{_called(rules[key])}\t{_meaning(rules[key], value)}")


@app.verb("edit")
def edit(
    gb_code: Code,
    *,
    values: Annotated[list[str] | None, Option("--set", metavar="FIELD=VALUE")] = None,
    cleared: Annotated[list[str] | None, Option("--unset", metavar="FIELD")] = None,
    name: Annotated[str | None, Option("--name")] = None,
    address: Annotated[str | None, Option("--address")] = None,
    lifecycle: Annotated[Lifecycle | None, Option("--lifecycle")] = None,
    tags: Annotated[list[str] | None, Option("--tag")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Change the record of a point; what is not named stays."""
    said: dict[str, str | None] = dict(_pair(pair) for pair in values or ())
    said |= dict.fromkeys(cleared or ())
    change = CameraEdit(
        name=KEPT if name is None else name,
        address=KEPT if address is None else address,
        lifecycle=KEPT if lifecycle is None else lifecycle,
        tags=KEPT if tags is None else tuple(tag for tag in tags if tag),
        record={key: value for key, value in said.items() if key in RECORD_FIELDS} or None,
        custom={key: value for key, value in said.items() if key not in RECORD_FIELDS} or None,
    )
    with at_the_machine(data) as (broker, me):
        camera = broker.camera_records.edit(me, broker.catalog.find(me, gb_code).id, change)
    screen.fields(_head(camera), as_json=as_json)


@app.verb("code")
def give_code(
    owner: Annotated[str, Option("--owner", metavar="CODE")],
    key: Annotated[str, Option("--key")],
    *,
    division: Annotated[str | None, Option("--division", metavar="DIGITS")] = None,
    industry: Annotated[str, Option("--industry", metavar="NN")] = "00",
    device: Annotated[str, Option("--type", metavar="131|132")] = "132",
    network: Annotated[str, Option("--network", metavar="N")] = "0",
    edition: Annotated[Edition, Option("--edition")] = Edition.Y2022,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give a point that has no code the next free one; it is named by its owner and the key of its list."""
    with at_the_machine(data) as (broker, me):
        found = broker.camera_records.by_key(me, owner, key)
        ask = CodeAsk(division, industry, device, network, edition)
        camera = broker.camera_records.give_code(me, found.id, ask)
    screen.fields(_head(camera), as_json=as_json)


@app.verb("codes")
def give_codes(
    *,
    owner: Annotated[str | None, Option("--owner", metavar="CODE")] = None,
    batch: Annotated[UUID | None, Option("--import", metavar="ID")] = None,
    division: Annotated[str | None, Option("--division", metavar="DIGITS")] = None,
    industry: Annotated[str, Option("--industry", metavar="NN")] = "00",
    device: Annotated[str, Option("--type", metavar="131|132")] = "132",
    network: Annotated[str, Option("--network", metavar="N")] = "0",
    edition: Annotated[Edition, Option("--edition")] = Edition.Y2022,
    dry_run: Annotated[bool, Option("--dry-run")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give all points of a department, or of an import, that have no code the next free ones."""
    ask = CodeAsk(division, industry, device, network, edition)
    among = Among(owner, None if batch is None else ImportId(batch))
    with at_the_machine(data) as (broker, me):
        turns = [broker.camera_codes.give_all(me, among, ask, dry_run=dry_run)]
        while turns[-1].beyond:  # each turn is one transaction
            following = replace(among, after=turns[-1].last)
            turns.append(broker.camera_codes.give_all(me, following, ask, dry_run=dry_run))
    _show_codes(turns, dry_run=dry_run, as_json=as_json)


def _show_codes(turns: Sequence[Coded], *, dry_run: bool, as_json: bool) -> None:
    told = {"dry_run": dry_run, "matched": sum(it.matched for it in turns), "coded": sum(it.coded for it in turns)}
    places = [{"place": place, "serials": serials} for it in turns for place, serials in it.places.items()]
    uncoded = [
        {"points": it.points, "first": ", ".join(point.name for point in it.first), "reason": explain(it.reason)}
        for turn in turns
        for it in turn.uncoded
    ]
    if as_json:
        screen.document(told | {"places": places, "uncoded": uncoded})
        return
    screen.fields(told, as_json=False)
    screen.rows(("place", "serials"), places, as_json=False)
    if uncoded:
        screen.rows(("points", "first", "reason"), uncoded, as_json=False)


@app.verb("visibility")
def visibility(
    gb_code: Code,
    seen: Annotated[Visibility, Argument(metavar="shared|listed|internal")],
    *,
    departments: Annotated[list[str] | None, Option("--to", metavar="DEPARTMENT")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Say who may know of a point at all."""
    with at_the_machine(data) as (broker, me):
        found = broker.catalog.find(me, gb_code)
        camera = broker.camera_records.show_to(me, found.id, seen, departments or (), None)
    screen.fields(_head(camera), as_json=as_json)


@app.verb("history")
def history(gb_code: Code, *, limit: Limit = 50, data: Data = None, as_json: Json = False) -> None:
    """Show what changed about a point, the newest first."""
    with at_the_machine(data) as (broker, me):
        found = broker.camera_records.history(me, broker.catalog.find(me, gb_code).id, before=None, limit=limit)
    records = [
        {"at": shown(line.at), "actor": line.actor, "before": _plain(line.before), "after": _plain(line.after)}
        for line in found
    ]
    screen.rows(("at", "actor", "before", "after"), records, as_json=as_json)


@app.verb("fields")
def fields(*, data: Data = None, as_json: Json = False) -> None:
    """List the fields of a record: those of the standards and those of the city."""
    with at_the_machine(data) as (broker, me):
        own = broker.camera_fields.all(me)
    rules: list[RecordField] = [*RECORD_FIELDS.values(), *(field.rule for field in own if not field.retired)]
    records = [
        {"field": rule.key, "name": _called(rule), "kind": rule.kind.value, "standard": rule.standard.value,
         "allowed": rule.told}
        for rule in rules
    ]  # fmt: skip
    screen.rows(("field", "name", "kind", "standard", "allowed"), records, as_json=as_json)


@app.verb("define-field")
def define_field(
    key: Annotated[str, Argument(metavar="KEY")],
    *,
    name: Annotated[str, Option("--name")],
    name_en: Annotated[str, Option("--name-en")],
    kind: Annotated[FieldKind, Option("--kind")] = FieldKind.TEXT,
    allowed: Annotated[list[str] | None, Option("--allow", metavar="CODE=MEANING[|ENGLISH]")] = None,
    mandatory: Annotated[bool, Option("--mandatory")] = False,
    retired: Annotated[bool, Option("--retired")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Define a field of the city, or change what is said about it."""
    words = {}
    for pair in allowed or ():
        code, meaning = _pair(pair)
        zh, _, en = meaning.partition("|")
        words[code] = Word(zh, en or zh)
    wanted = CustomField(key, name, name_en, kind, words, mandatory, retired)
    with at_the_machine(data) as (broker, me):
        defined = broker.camera_fields.define(me, wanted)
    told = {"field": defined.key, "name": defined.zh, "kind": defined.kind.value, "allowed": defined.rule.told}
    screen.fields(told | {"retired": defined.retired}, as_json=as_json)


def _head(camera: Camera) -> dict[str, Any]:
    return {
        "gb_code": camera.gb_code, "name": camera.name, "lifecycle": camera.lifecycle.value,
        "visibility": camera.visibility.value, "tags": list(camera.tags), "revision": camera.version,
    }  # fmt: skip


def _pair(pair: str) -> tuple[str, str]:
    name, sign, value = pair.partition("=")
    if not sign or not name:
        raise Invalid("option-malformed", value=name[:40])
    return name, value


def _called(rule: RecordField) -> str:
    return rule.zh if language() == "zh_CN" else rule.en


def _meaning(rule: RecordField, value: Any) -> str:
    """Return a value as a person reads it: codes with what they mean."""
    codes = value if isinstance(value, list) else [value]
    if not rule.allowed:
        return written(value)
    zh = language() == "zh_CN"
    known = ((code, rule.allowed.get(code)) for code in codes)
    return " / ".join(f"{code} {(word.zh if zh else word.en)}" if word else str(code) for code, word in known)


def _plain(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False)
