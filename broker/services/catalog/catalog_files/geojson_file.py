"""GeoJSON (RFC 7946): a FeatureCollection of Points, longitude before latitude, WGS-84."""

from collections.abc import Iterator
from typing import Any

from broker.domain.catalog.catalog import RowProblem
from broker.domain.errors import Invalid
from broker.services.catalog.catalog_files.cells import shown
from broker.services.catalog.catalog_files.json_file import bounded_columns, pointer
from broker.services.catalog.catalog_files.rows import Limits, Row, Table

WGS_84 = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")
"""Names of WGS-84, and of CGCS2000, which equals it within centimetres."""


def is_feature_collection(document: object) -> bool:
    """Say whether a JSON document is a GeoJSON FeatureCollection, whatever its file is called."""
    return isinstance(document, dict) and document.get("type") == "FeatureCollection"


def geojson_table(document: object, limits: Limits) -> Table:
    """Return a row a feature: its properties, with longitude and latitude from the geometry.

    Raises:
        Invalid: `list-geojson-shape` with `place`; `list-crs` with `crs` for coordinates that are not WGS-84.
        TooLarge: `list-too-many-columns`.
    """
    if not isinstance(document, dict) or not is_feature_collection(document):
        raise Invalid("list-geojson-shape", place="/type", allowed="FeatureCollection")
    features = document.get("features")
    if not isinstance(features, list):
        raise Invalid("list-geojson-shape", place="/features", allowed="[…]")
    _check_crs(document.get("crs"))
    if not features:
        raise Invalid("list-empty")
    rows = [_row(pointer("features", index), feature) for index, feature in enumerate(features)]
    columns = dict.fromkeys(column for row in rows for column in row.values)
    return Table(bounded_columns(columns, limits), iter(rows))


def _check_crs(crs: object) -> None:
    """Refuse another reference system, which GeoJSON of 2008 could name: metres or GCJ-02 would land elsewhere."""
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name")) if isinstance(properties, dict) else ""
    if not name.upper().endswith(WGS_84):
        raise Invalid("list-crs", crs=shown(name or crs), allowed="WGS-84, CGCS2000")


def _row(where: str, feature: Any) -> Row:
    if not isinstance(feature, dict):
        return _broken(where, feature)
    properties = feature.get("properties") or {}
    geometry = feature.get("geometry")
    if not isinstance(properties, dict):
        return _broken(where, properties)
    values = dict(_identity(feature, properties)) | {
        f"properties.{name}" if name in {"longitude", "latitude"} else name: value for name, value in properties.items()
    }
    if geometry is None:  # RFC 7946 section 3.2: an unlocated feature
        return Row(where, values)
    place = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if not isinstance(place, list) or len(place) < len(("longitude", "latitude")):
        kind = geometry.get("type") if isinstance(geometry, dict) else geometry
        return Row(where, values, RowProblem(where, "", "point-row-no-point", shown(kind), "Point"))
    return Row(where, values | {"longitude": place[0], "latitude": place[1]})


def _identity(feature: dict[str, object], properties: dict[str, object]) -> Iterator[tuple[str, object]]:
    if feature.get("id") is not None and "id" not in properties:
        yield "id", feature["id"]


def _broken(where: str, value: object) -> Row:
    return Row(where, fault=RowProblem(where, "", "point-row-no-object", shown(value), "{…}"))
