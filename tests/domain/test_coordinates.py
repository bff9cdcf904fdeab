"""Places in the three systems, held to values that others published."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.domain.catalog.coordinates import System, from_wgs84, offset_there, to_wgs84

LATITUDES = st.floats(1.0, 55.0)
LONGITUDES = st.floats(73.0, 137.0)


def test_gcj02_as_coord_convert_and_gcoord_make_it() -> None:
    assert from_wgs84(39.908, 116.397, System.GCJ02) == (39.90940335390724, 116.40324337854781)


def test_the_examples_of_coordtransform() -> None:
    gcj = from_wgs84(39.915, 116.404, System.GCJ02)
    assert gcj == pytest.approx((39.91640428150164, 116.41024449916938), abs=1e-12)
    baidu = from_wgs84(*to_wgs84(39.915, 116.404, System.GCJ02), System.BD09)
    assert baidu == pytest.approx((39.92133699351021, 116.41036949371029), abs=1e-9)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_the_cities_of_eviltransform(here: tuple[float, float], there: tuple[float, float]) -> None:
    # its axis is that of WGS-84, not of Krassowski: half a metre at most
    assert from_wgs84(*here, System.GCJ02) == pytest.approx(there, abs=5e-6)


@given(LATITUDES, LONGITUDES, st.sampled_from(System))
def test_there_and_back(latitude: float, longitude: float, system: System) -> None:
    told = from_wgs84(latitude, longitude, system)
    assert to_wgs84(*told, system) == pytest.approx((latitude, longitude), abs=1e-8)


def test_abroad_nothing_is_shifted() -> None:
    assert not offset_there(48.85, 2.35)
    assert from_wgs84(48.85, 2.35, System.GCJ02) == (48.85, 2.35)
    assert to_wgs84(48.85, 2.35, System.GCJ02) == (48.85, 2.35)
