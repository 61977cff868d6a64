"""The columns of a site as people enter them, in a sheet or on a page: headings, and reading one row of texts.

Pure. One reader for both ways in, so a page accepts what a sheet accepts. Errors stop, each with the remedy's code; warnings never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from webapp.clients import rules
from webapp.clients.places import read_position

COLUMNS = (
    "code",
    "kind",
    "name",
    "province",
    "city",
    "address",
    "ownership",
    "type",
    "people",
    "contact",
    "phone",
    "position",
)
REQUIRED = ("code", "kind", "name")
MOST = {"code": rules.CODE_MOST, "name": 200, "city": 100, "address": 400, "type": 60, "contact": 100, "phone": 100}

# heading in Chinese, in English, and further headings that mean the same
HEADINGS: dict[str, tuple[str, ...]] = {
    "code": ("代码", "code", "网点代码", "编号", "场所代码", "site code", "outlet code"),
    "kind": ("类别", "kind", "场所类别", "总部/网点"),
    "name": ("名称", "name", "网点名称", "场所名称", "site name", "outlet name"),
    "province": ("省代码", "province code", "行政区划代码", "province"),
    "city": ("城市", "city", "市"),
    "address": ("地址", "address", "详细地址"),
    "ownership": ("性质", "ownership", "自建/委托", "经营性质"),
    "type": ("类型", "type", "服务类型", "网点类型"),
    "people": ("人数", "people", "服务人员数", "人员数", "staff"),
    "contact": ("联系人", "contact", "contact person"),
    "phone": ("电话", "phone", "联系电话", "telephone"),
    "position": ("位置", "position", "经纬度", "坐标", "coordinates"),
}
KINDS = {
    "hq": "hq",
    "总部": "hq",
    "headquarters": "hq",
    "head office": "hq",
    "outlet": "outlet",
    "网点": "outlet",
    "服务网点": "outlet",
}
OWNERSHIPS = {
    "own": "own",
    "自建": "own",
    "直营": "own",
    "自营": "own",
    "contracted": "contracted",
    "委托": "contracted",
    "加盟": "contracted",
    "授权": "contracted",
}


class Fault(NamedTuple):
    """What is wrong or odd in one column: the code of its words, and what stands there now."""

    column: str
    code: str
    found: str
    facts: Mapping[str, object] = {}


class Read(NamedTuple):
    """The columns of the table, and what was found on the way."""

    values: dict[str, Any]
    errors: list[Fault]
    warnings: list[Fault]


def column_of(heading: str) -> str | None:
    """The column that a heading names, in either language; a star or a remark in brackets does not matter."""
    tidy = rules.matching(heading.replace("*", "").split("(")[0].split("（")[0])
    return next((column for column, names in HEADINGS.items() if tidy in names), None)


def read(texts: Mapping[str, str]) -> Read:
    """`texts` by column; absent is empty."""
    given = {column: texts.get(column, "").strip() for column in COLUMNS}
    errors, warnings = [], []
    for column in REQUIRED:
        if not given[column]:
            errors.append(Fault(column, f"{column}-missing", ""))
    if given["code"] and not rules.site_code_fits(given["code"]):
        errors.append(Fault("code", "code-unfit", given["code"][:60], {"most": rules.CODE_MOST}))
    for column, most in MOST.items():
        if column != "code" and len(given[column]) > most:
            errors.append(Fault(column, "too-long", given[column][:40] + "…", {"most": most}))
    kind = KINDS.get(rules.matching(given["kind"]))
    if given["kind"] and kind is None:
        errors.append(Fault("kind", "kind-unknown", given["kind"][:60]))
    ownership = OWNERSHIPS.get(rules.matching(given["ownership"]))
    if given["ownership"] and ownership is None:
        errors.append(Fault("ownership", "ownership-unknown", given["ownership"][:60]))
    if not rules.province_fits(given["province"]):
        errors.append(Fault("province", "province-unfit", given["province"][:60]))
    elif given["province"] and not rules.province_known(given["province"]):
        warnings.append(Fault("province", "province-odd", given["province"]))
    people = _whole(given["people"])
    if given["people"] and people is None:
        errors.append(Fault("people", "people-unfit", given["people"][:60]))
    position = read_position(given["position"]) if given["position"] else None
    if given["position"] and position is None:
        errors.append(Fault("position", "position-unfit", given["position"][:60]))
    if position is not None and position.datum is None:
        warnings.append(Fault("position", "position-datum", given["position"]))
    if given["phone"] and not rules.phone_looks_right(given["phone"]):
        warnings.append(Fault("phone", "phone-odd", given["phone"][:60]))
    if kind == "outlet":
        warnings += [Fault(column, "stratum-empty", "") for column in ("province", "ownership") if not given[column]]
    values: dict[str, Any] = {column: given[column] for column in ("code", "name", "province", "city", "address")}
    values |= {"kind": kind, "ownership": ownership, "type": given["type"], "people": people}
    values |= {"contact": given["contact"], "phone": given["phone"]}
    lat, lon, datum = position or ("", "", None)
    return Read(values | {"lat": lat, "lon": lon, "datum": datum}, errors, warnings)


def texts_of(values: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    """The way back: a site's values as a row that `read` reads again. `words` gives hq, outlet, own and contracted in a language."""
    place = f"{values['lat']}, {values['lon']}" if values["lat"] else ""
    datum = {"wgs84": " WGS-84", "gcj02": " GCJ-02", "bd09": " BD-09"}.get(values["datum"] or "", "") if place else ""
    people = values["people"]
    return {column: values[column] for column in COLUMNS if column in values} | {
        "kind": words[values["kind"]],
        "ownership": words[values["ownership"]] if values["ownership"] else "",
        "people": "" if people is None else str(people),
        "position": place + datum,
    }


def _whole(text: str) -> int | None:
    tidy = rules.matching(text)
    return int(tidy) if tidy.isascii() and tidy.isdecimal() and len(tidy) <= 7 else None
