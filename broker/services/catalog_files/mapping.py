"""Which column feeds which field: by what departments usually call it, or as somebody says by hand."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from broker.domain.errors import Invalid
from broker.services.catalog_files.cells import shown

ALIASES: Mapping[str, tuple[str, ...]] = {
    "gb_code": ("国标编码", "国标编号", "国标ID", "设备编码", "gb_code", "GBID", "DeviceID", "sbbm"),
    "external_key": (
        *("external_id", "external_key", "点位编号", "设备编号", "编号"),
        *("id", "uuid", "guid", "objectid", "url"),
    ),
    "name": (
        *("名称", "设备名称", "点位名称", "监控点名称", "摄像机名称", "点位"),
        *("name", "device_name", "camera_name", "sbmc", "title", "description"),
    ),
    "latitude": ("纬度", "latitude", "lat", "wd", "y"),
    "longitude": ("经度", "longitude", "lon", "lng", "long", "jd", "x"),
    "division": ("行政区划", "行政区划代码", "行政区划编码", "行政区域", "CivilCode", "division", "xzqy"),
    "address": ("安装地址", "地址", "安装位置", "address", "azdz"),
    "direction": ("朝向", "方向", "监视方位", "direction", "DirectionType", "facing", "jsfw"),
    "point_class": ("点位类型", "监控点位类型", "点位类别", "PointType", "point_class", "jkdwlx"),
    "secrecy": ("Secrecy", "保密属性", "是否涉密", "涉密"),
    "sensitive": ("sensitive", "敏感点位", "是否敏感", "敏感"),
    "synthetic": ("synthetic", "合成数据", "模拟数据"),
}
"""Names of columns, the most telling first: Chinese, GB/T 28181-2022 A.2.1.9, 一机一档, plain English."""

FIELDS = tuple(ALIASES)
NEEDED = ("name", "latitude", "longitude")
OTHER_DATUM = re.compile(r"gcj|bd-?09|火星|百度|高德|mercator|cgcs2000.{0,4}(?:高斯|平面)")
"""A heading that names coordinates which are not degrees of WGS-84 must not be taken for them."""

NAMED_COLUMNS = 40
"""How many columns an error names."""


@dataclass(frozen=True)
class ColumnMapping:
    """field -> column; a field that no column feeds is absent."""

    columns: Mapping[str, str]

    def cell(self, values: Mapping[str, object], field: str) -> object:
        """Return the cell that feeds the field, None where the row or the list has none."""
        return values.get(self.columns.get(field, ""))

    @property
    def taken(self) -> frozenset[str]:
        return frozenset(self.columns.values())


def parse_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Read FIELD=COLUMN pairs; the column may hold further equals signs.

    Raises:
        Invalid: `list-map-syntax` with `value`; `list-map-twice` with `field`.
    """
    said: dict[str, str] = {}
    for pair in pairs:
        field, equals, column = (part.strip() for part in pair.partition("="))
        if not (field and equals and column):
            raise Invalid("list-map-syntax", value=shown(pair))
        if field in said:
            raise Invalid("list-map-twice", field=field)
        said[field] = column
    return said


def resolve(columns: Sequence[str], explicit: Mapping[str, str] | None = None) -> ColumnMapping:
    """Decide for every field which column feeds it; what is said by hand wins and takes its column from the guessing.

    Raises:
        Invalid: `list-map-field` with `field` and `allowed`; `list-map-column` with `column` and `allowed`;
            `list-column-missing` with `field`, `columns` and `aliases`: name and place must come from somewhere.
    """
    said = dict(explicit or {})
    named = ", ".join(map(shown, columns[:NAMED_COLUMNS]))
    for field, column in said.items():
        if field not in ALIASES:
            raise Invalid("list-map-field", field=field, allowed=", ".join(FIELDS))
        if column not in columns:
            raise Invalid("list-map-column", column=shown(column), allowed=named)
    free = {_plain(column): column for column in reversed(columns) if column not in said.values()}
    found = {field: feeding for field in FIELDS if (feeding := said.get(field) or _guess(field, free))}
    for field in NEEDED:
        if field not in found:
            raise Invalid("list-column-missing", field=field, columns=named, aliases=", ".join(ALIASES[field]))
    return ColumnMapping(found)


def _guess(field: str, free: Mapping[str, str]) -> str | None:
    return next((free[plain] for alias in ALIASES[field] if (plain := _plain(alias)) in free), None)


def _plain(column: str) -> str:
    """Return a heading without what does not tell headings apart: case, width, blanks, marks, a note in brackets."""
    text = unicodedata.normalize("NFKC", column).casefold()
    if OTHER_DATUM.search(text):
        return text
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]|[\s_*:.-]", "", text)
