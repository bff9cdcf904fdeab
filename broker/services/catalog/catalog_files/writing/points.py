"""A point as the cells of a list: one table of columns for all five formats."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from broker.domain.catalog.camera_record import RECORD_FIELDS, RecordField, Value, written
from broker.domain.catalog.catalog import Camera
from broker.domain.catalog.coordinates import System, from_wgs84
from broker.services.catalog.catalog_files.aliases import ALIASES
from broker.services.catalog.catalog_files.forbidden_places import SPEAKING, forbidden_place
from broker.services.catalog.catalog_files.own_fields import NO_FIELDS, OwnFields
from broker.services.catalog.catalog_files.writing.tables import MEDIA_TYPES, Written, as_csv, as_xlsx

FORMATS = ("csv", "xlsx", "json", "geojson", "xml")


class Column(NamedTuple):
    """One column: the field it feeds, its element in the XML of the standard, and its cell."""

    key: str
    element: str
    cell: Callable[[Camera], object]

    @property
    def heading(self) -> str:
        return ALIASES[self.key][0] if self.key in ALIASES else self.key


Columns = Sequence[Column]


def _recorded(field: RecordField) -> Callable[[Camera], object]:
    def cell(camera: Camera) -> object:
        value = camera.record.get(field.key)
        return None if value is None else written(_value(value))

    return cell


def _owned(key: str) -> Callable[[Camera], object]:
    def cell(camera: Camera) -> object:
        value = camera.custom.get(key)
        return None if value is None else written(_value(value))

    return cell


def _value(value: object) -> Value:
    if isinstance(value, list):
        return [str(part) for part in value]
    return value if isinstance(value, str | int | float) else str(value)


def _looked_at(camera: Camera) -> object:
    told = (camera.name, camera.record.get("common_name"), camera.record.get("place_type"))
    return 1 if forbidden_place(told[: len(SPEAKING)]) else None


COLUMNS = (
    Column("gb_code", "DeviceID", lambda it: it.gb_code),
    Column("external_key", "external_key", lambda it: it.external_key),
    Column("name", "Name", lambda it: it.name),
    Column("division", "CivilCode", lambda it: it.division),
    Column("address", "Address", lambda it: it.address),
    Column("longitude", "Longitude", lambda it: it.longitude),
    Column("latitude", "Latitude", lambda it: it.latitude),
    Column("direction", "DirectionType", lambda it: None if it.direction is None else int(it.direction)),
    Column("point_class", "PointType", lambda it: it.point_class),
    Column("edition", "edition", lambda it: None if it.edition is None else it.edition.value),
    Column("lifecycle", "lifecycle", lambda it: it.lifecycle.value),
    Column("tags", "tags", lambda it: ";".join(it.tags)),
    Column("sensitive", "sensitive", lambda it: 1 if it.sensitive else None),
    Column("synthetic", "synthetic", lambda it: 1 if it.synthetic else None),
    Column("place_checked", "place_checked", _looked_at),
    Column("ignored", "Status", lambda it: {"on": "ON", "off": "OFF"}.get(it.status.value)),
    Column("extra", "extra", lambda it: json.dumps(dict(it.extra), ensure_ascii=False) if it.extra else None),
    *(
        Column(key, field.elements[0] if field.elements and field.elements[0][0].isupper() else key, _recorded(field))
        for key, field in RECORD_FIELDS.items()
    ),
)


def exported(points: Iterable[Camera], list_format: str, system: System, own: OwnFields = NO_FIELDS) -> Written:
    """Return the list as a file of a format, places in a system of coordinates; it is written while it is taken."""
    write = {"csv": _csv, "xlsx": _xlsx, "json": _json, "geojson": _geojson, "xml": _xml}[list_format]
    columns = (*COLUMNS, *(Column(target, target, _owned(field.key)) for target, field in own.fields.items()))
    return Written(write(columns, _placed(columns, points, system)), MEDIA_TYPES[list_format])


def _placed(columns: Columns, points: Iterable[Camera], system: System) -> Iterator[list[object]]:
    latitude, longitude = (
        place for key in ("latitude", "longitude") for place, it in enumerate(COLUMNS) if it.key == key
    )
    for point in points:
        cells = [column.cell(point) for column in columns]
        if system is not System.WGS84:
            cells[latitude], cells[longitude] = from_wgs84(point.latitude, point.longitude, system)
        yield cells


def _csv(columns: Columns, rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    return as_csv([column.heading for column in columns], rows)


def _xlsx(columns: Columns, rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    return as_xlsx([column.heading for column in columns], rows)


def _filled(columns: Columns, row: Sequence[object]) -> dict[str, object]:
    """Return what is filled in of a point; what only a watch sets is told to spreadsheets alone."""
    return {
        column.key: cell
        for column, cell in zip(columns, row, strict=True)
        if cell not in {None, ""} and column.key != "ignored"
    }


def _json(columns: Columns, rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    yield from _joined(b"[\n", (_filled(columns, row) for row in rows), b"\n]\n")


def _geojson(columns: Columns, rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    features = (_feature(_filled(columns, row)) for row in rows)
    yield from _joined(b'{"type": "FeatureCollection", "features": [\n', features, b"\n]}\n")


def _feature(told: dict[str, object]) -> dict[str, object]:
    place = [told.pop("longitude", 0.0), told.pop("latitude", 0.0)]
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": told}


def _joined(begin: bytes, documents: Iterable[object], end: bytes) -> Iterator[bytes]:
    yield begin
    for place, document in enumerate(documents):
        yield (",\n" if place else "").encode() + json.dumps(document, ensure_ascii=False).encode()
    yield end


def _xml(columns: Columns, rows: Iterator[Sequence[object]]) -> Iterator[bytes]:
    """Yield a catalogue as a device answers it; what the standard has no element for stands under our own name."""
    yield '<?xml version="1.0" encoding="GB18030"?>\n<Response>\n<CmdType>Catalog</CmdType>\n<DeviceList>\n'.encode(
        "gb18030"
    )
    for row in rows:
        item: list[str] = []
        info: list[str] = []
        for column, cell in zip(columns, row, strict=True):
            if cell is None or cell == "":
                continue
            part = f"<{column.element}>{escape(str(cell))}</{column.element}>"
            (info if _in_info(column) else item).append(part)
        block = f"<Info>{''.join(info)}</Info>" if info else ""
        yield f"<Item>{''.join(item)}<Secrecy>0</Secrecy>{block}</Item>\n".encode("gb18030")
    yield b"</DeviceList>\n</Response>\n"


def _in_info(column: Column) -> bool:
    field = RECORD_FIELDS.get(column.key)
    return column.key in {"direction", "point_class"} or (field is not None and field.clause.endswith("Info"))
