"""The desk of the city's own fields of the camera record: defined, changed and retired without code."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from broker.domain.catalog.camera_fields import KEY
from broker.domain.catalog.camera_record import FieldKind
from broker.domain.errors import Invalid, Unknown
from broker.web.api.catalog.camera_fields import CameraFieldIn, CameraFieldOut
from broker.web.console.administering.seat import Seat, SeatDep
from broker.web.console.forms import Form, Refusal, checked
from broker.web.console.routes import OncePageRoute

FIELDS = "/camera-fields"
PARTS = 3  # of a line of codes: the code, what it means in Chinese, and in English
BAR = "|"

router = APIRouter(prefix=FIELDS, route_class=OncePageRoute)

Key = Annotated[str, Path(pattern=KEY)]


@router.get("")
def list_fields(seat: SeatDep) -> Response:
    """本市自定义的点位档案字段。The fields of a camera record that the city defined."""
    return _list(seat)


def _list(seat: Seat, refused: str = "", refusal: Refusal | None = None) -> Response:
    own = [CameraFieldOut.own(field) for field in seat.broker.camera_fields.all(seat.caller)]
    return seat.show(
        "camera_fields", refused=refused, refusal=refusal, fields=own,
        kinds_told=seat.named("adm-field-kind.", FieldKind), may=seat.may("camera_field:define"),
    )  # fmt: skip


@router.post("")
def define_field(seat: SeatDep) -> Response:
    """定义本市自定义字段。Define a field of the city."""

    def act() -> None:
        key = seat.form.one("key")
        if any(field.key == key for field in seat.broker.camera_fields.all(seat.caller)):
            raise Invalid("code-taken", pointer="/key", code=key[:40])
        body = checked(CameraFieldIn, read_field(seat.form))
        seat.broker.camera_fields.define(seat.caller, body.wanted(key))

    return seat.carry_out(act, to=FIELDS, said="field-defined", again=lambda why: _list(seat, "define", why))


@router.get("/{field}")
def show_field(field: Key, seat: SeatDep) -> Response:
    """一个自定义字段。One field of the city."""
    return _page(seat, field)


def _page(seat: Seat, key: str, refused: str = "", refusal: Refusal | None = None) -> Response:
    own = seat.broker.camera_fields.all(seat.caller)
    found = next((field for field in own if field.key == key), None)
    if found is None:
        raise Unknown("unknown-camera-field", key=key)
    it = CameraFieldOut.own(found)
    lines = "\n".join(f" {BAR} ".join((each.code, each.zh, each.en)) for each in it.allowed)
    return seat.show(
        "camera_field", refused=refused, refusal=refusal, it=it, allowed=lines,
        may=seat.may("camera_field:define"),
    )  # fmt: skip


@router.post("/{field}")
def change_field(field: Key, seat: SeatDep) -> Response:
    """修改自定义字段。Change what is said about a field."""

    def act() -> None:
        own = {it.key: it for it in seat.broker.camera_fields.all(seat.caller)}
        if field not in own:
            raise Unknown("unknown-camera-field", key=field)
        body = checked(CameraFieldIn, {**read_field(seat.form), "kind": own[field].kind.value})
        seat.broker.camera_fields.define(seat.caller, body.wanted(field))

    return seat.carry_out(act, to=FIELDS, said="field-defined", again=lambda why: _page(seat, field, "change", why))


def read_field(form: Form) -> dict[str, object]:
    """Return a field as the API takes it; codes come one a line: code | 中文 | English."""
    lines = [line for line in form.one("allowed").split("\n") if line.strip()]
    allowed = [dict(zip(("code", "zh", "en"), _cells(line), strict=True)) for line in lines]
    told = {name: form.one(name) for name in ("zh", "en", "kind")}
    return {**told, "allowed": allowed, "mandatory": bool(form.one("mandatory")), "retired": bool(form.one("retired"))}


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in line.split(BAR)][:PARTS]
    return [*cells, *("" for _ in range(PARTS - len(cells)))]
