"""Positions and datums, held against published pairs and against their own inverses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.clients import places
from webapp.clients.places import Point, Position

PAIRS = [  # WGS-84, GCJ-02
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]


@pytest.mark.parametrize("wgs, gcj", PAIRS)
def test_known_points_turn_into_each_other(wgs: tuple[float, float], gcj: tuple[float, float]) -> None:
    assert places.metres(places.wgs84_to_gcj02(Point(*wgs)), Point(*gcj)) < 0.5
    assert places.metres(places.gcj02_to_wgs84(Point(*gcj)), Point(*wgs)) < 0.5


@given(st.floats(18, 53), st.floats(75, 135))
def test_the_inverse_comes_back_to_the_millimetre(lat: float, lon: float) -> None:
    point = Point(lat, lon)
    assert places.metres(places.gcj02_to_wgs84(places.wgs84_to_gcj02(point)), point) < 0.001
    assert places.metres(places.bd09_to_gcj02(places.gcj02_to_bd09(point)), point) < 0.001
    assert (
        places.metres(places.wgs84_to_gcj02(point), point) < 1000
    )  # nowhere nought for long: 44 m at 37° N 97° E, about 350 m on average


def test_outside_china_the_datums_are_one() -> None:
    assert places.wgs84_to_gcj02(Point(48.85, 2.35)) == Point(48.85, 2.35)


@pytest.mark.parametrize(
    "text, read",
    [
        ("30.2741, 120.1551", Position("30.2741", "120.1551", None)),
        ("120.1551,30.2741", Position("30.2741", "120.1551", None)),
        ("３０．２７４１，１２０．１５５１ gcj02", Position("30.2741", "120.1551", "gcj02")),
        ("BD-09 (120.1551;30.2741)", Position("30.2741", "120.1551", "bd09")),
        ("WGS84 30 120", Position("30", "120", "wgs84")),
        ("杭州市文一西路", None),
        ("30.2741", None),
        ("95, 200", None),
        ("1e3, 4", None),
    ],
)
def test_positions_are_read_as_people_copy_them(text: str, read: Position | None) -> None:
    assert places.read_position(text) == read


def test_a_baidu_position_lies_where_gps_says() -> None:
    gps = Point(30.2741, 120.1551)
    baidu = places.gcj02_to_bd09(places.wgs84_to_gcj02(gps))
    found = places.wgs84(repr(baidu.lat), repr(baidu.lon), "bd09")
    assert found is not None
    assert places.metres(found, gps) < 0.001
    assert places.wgs84("", "", None) is None
