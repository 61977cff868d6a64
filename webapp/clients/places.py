"""Where a site lies: positions as people copy them from maps, the three datums of China, distances.

Pure. Values are stored as entered with their datum; what is computed here is only ever shown or compared. The Chinese datums are
not published: the formulas are the well-known reconstruction, good to about a metre, inverted by iteration (domain.md, "Field facts").
"""

from __future__ import annotations

import re
import unicodedata
from math import atan2, cos, pi, sin, sqrt
from typing import NamedTuple

DATUMS = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}
_AXIS, _FLATTENED = 6378245.0, 0.00669342162296594323
_DECIMAL = r"([-+]?\d{1,3}(?:\.\d{1,12})?)"
_POSITION = re.compile(rf"{_DECIMAL}\s*[,;\s]\s*{_DECIMAL}")


class Point(NamedTuple):
    """Degrees north and east."""

    lat: float
    lon: float


class Position(NamedTuple):
    """As entered: both numbers as text, and the datum if it was said."""

    lat: str
    lon: str
    datum: str | None


def read_position(text: str) -> Position | None:
    """`30.2741, 120.1551 GCJ-02`, also longitude first (as Chinese maps copy it), full width; None if it cannot be read.

    Within China one of the two is always above 70 degrees and the other below 60, so the order is never in doubt there.
    """
    tidy = unicodedata.normalize("NFKC", text).strip()
    datum = next(
        (code for code, name in DATUMS.items() if name.replace("-", "") in tidy.upper().replace("-", "")), None
    )
    bare = re.sub(r"(?i)(wgs-?84|gcj-?02|bd-?09)", " ", tidy).replace("、", ",").strip(" ,;()")
    match = _POSITION.fullmatch(bare)
    if match is None:
        return None
    first, second = match.groups()
    if 70 <= abs(float(first)) <= 180 and abs(float(second)) <= 60:
        first, second = second, first
    if abs(float(first)) > 90 or abs(float(second)) > 180:
        return None
    return Position(first, second, datum)


def wgs84(lat: str, lon: str, datum: str | None) -> Point | None:
    """The point in the datum of GPS; an unknown datum is taken as GPS and is then wrong by up to 800 m."""
    try:
        point = Point(float(lat), float(lon))
    except ValueError:
        return None
    if datum == "bd09":
        point = bd09_to_gcj02(point)
    return gcj02_to_wgs84(point) if datum in ("gcj02", "bd09") else point


def metres(a: Point, b: Point) -> float:
    """Along the ground, on the ellipsoid of GPS."""
    from geopy.distance import geodesic  # here, because it brings clients of a dozen map services with it

    return float(geodesic(a, b).m)


def wgs84_to_gcj02(point: Point) -> Point:
    if not _in_china(point):
        return point
    x, y = point.lon - 105.0, point.lat - 35.0
    waves = 20 * (sin(6 * x * pi) + sin(2 * x * pi))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + 20 * sin(y * pi) + 40 * sin(y / 3 * pi) + 160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + 20 * sin(x * pi) + 40 * sin(x / 3 * pi) + 150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    angle = point.lat / 180 * pi
    bent = 1 - _FLATTENED * sin(angle) ** 2
    lat = point.lat + north * 180 / (_AXIS * (1 - _FLATTENED) / (bent * sqrt(bent)) * pi)
    return Point(lat, point.lon + east * 180 / (_AXIS / sqrt(bent) * cos(angle) * pi))


def gcj02_to_wgs84(point: Point) -> Point:
    """By iteration: after a few rounds what is left is far below a millimetre."""
    guess = point
    for _ in range(4):
        seen = wgs84_to_gcj02(guess)
        guess = Point(guess.lat + point.lat - seen.lat, guess.lon + point.lon - seen.lon)
    return guess


def gcj02_to_bd09(point: Point) -> Point:
    turn = pi * 3000 / 180
    far = sqrt(point.lon**2 + point.lat**2) + 0.00002 * sin(point.lat * turn)
    angle = atan2(point.lat, point.lon) + 0.000003 * cos(point.lon * turn)
    return Point(far * sin(angle) + 0.006, far * cos(angle) + 0.0065)


def bd09_to_gcj02(point: Point) -> Point:
    guess = Point(point.lat - 0.006, point.lon - 0.0065)
    for _ in range(4):
        seen = gcj02_to_bd09(guess)
        guess = Point(guess.lat + point.lat - seen.lat, guess.lon + point.lon - seen.lon)
    return guess


def _in_china(point: Point) -> bool:
    return 0.8293 <= point.lat <= 55.8271 and 72.004 <= point.lon <= 137.8347
