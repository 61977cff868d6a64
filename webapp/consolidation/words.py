"""How a value, a score, a level is said on a page, in the person's language. No rule lives here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from webapp.consolidation.matrix import Cell, Row, State
from webapp.consolidation.rules import JsonObject
from webapp.schemes.numbers import shown
from webapp.texts import t, words

MINUS = "−"


def points(value: Fraction | str | None, digits: int = 2) -> str:
    """2.67; a negative one with the real minus sign."""
    text = shown(None if value is None else Fraction(value), digits, ())
    return "" if text is None else text.replace("-", MINUS)


def plain(value: Fraction | str | None) -> str:
    """3, 2.5, 8/3: as short as it is exact."""
    if value is None:
        return ""
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    ten = next((digits for digits in range(1, 5) if 10**digits % exact.denominator == 0), None)
    return str(exact) if ten is None else points(exact, ten)


def span(low: Fraction, high: Fraction, digits: int = 2) -> str:
    """2.67 or 0.00–0.50."""
    return points(low, digits) if low == high else f"{points(low, digits)}–{points(high, digits)}"


def said(value: Any) -> str:
    """A result's value in words: 符合, 9 查 4 不符, 删减 …; any other value as it is."""
    if not isinstance(value, dict):
        if isinstance(value, bool):
            return t("frame.yes" if value else "frame.no")
        if isinstance(value, list):
            return t("consolidation.comma").join(said(each) for each in value)
        return t("frame.none") if value in (None, "") else str(value)
    if value.get("excluded"):
        return t("consolidation.excluded")
    if value.get("open"):
        return t("consolidation.missing")
    if "met" in value:
        return t("consolidation.met" if value["met"] else "consolidation.not_met")
    if "checked" in value:
        return t("consolidation.sampled", checked=value["checked"], failing=value["failing"])
    for key in ("grade", "step", "value", "reached", "mean"):
        if key in value:
            return t("consolidation.none_reached") if value[key] is None else str(value[key]).replace("-", MINUS)
    return str(value)


def field_name(record: str, field: str) -> str:
    """What a field of a record is called; a field that no page names keeps its own name."""
    key = f"consolidation.field_{record}_{field}"
    return field if (text := t(key)) == key else text


def left_reason(reason: str) -> str:
    """Why something was left at submission: the tablet's chip in words, or what was typed."""
    key = f"field.left.{reason or 'unnamed'}"
    return reason if (text := t(key)) == key else text


def cell_text(cell: Cell, clause: JsonObject) -> str:
    """The figure in the matrix; "" where an icon says it."""
    if cell.state is State.disputed:
        return (
            "·".join(short(value) for value in cell.values)
            if all("checked" in value for value in cell.values)
            else t("consolidation.disputed")
        )
    if cell.state is not State.answered:
        return ""
    if clause.get("checkpoints"):
        return percent(cell.loss or Fraction(0)) if cell.loss not in (0, 1) else ""
    if cell.checked:
        return f"{cell.failing}/{cell.checked}"
    if clause["kind"] == "met":
        return ""
    return "·".join(sorted({short(value) for value in cell.values}))


def short(value: JsonObject) -> str:
    return f"{value['failing']}/{value['checked']}" if "checked" in value else said(value)


def percent(share: Fraction) -> str:
    return f"{points(share * 100, 0)}%"


def pooled(row: Row) -> str:
    """What the sites gave together: 2/18, 1/4 sites; 未定 while open."""
    if row.state == "open":
        return t("consolidation.undecided")
    if row.state != "answered":
        return t("consolidation.excluded") if row.state == "excluded" else ""
    if row.checked:
        return f"{row.failing}/{row.checked}"
    judged = [cell for cell in row.cells.values() if cell.state is State.answered]
    return f"{sum(bool(cell.loss) for cell in judged)}/{len(judged)}"


def level_title(scheme: JsonObject, code: str | None) -> str:
    return next((words(level["title"]) for level in scheme["levels"] if level["code"] == code), code or "")


def level_words(scheme: JsonObject, score: JsonObject) -> str:
    """四星; 三星或四星; 达标至四星."""
    if score["level"] is not None:
        return level_title(scheme, score["level"])
    possible: Sequence[str] = score["levels_possible"]
    if not possible:
        return ""
    best, least = level_title(scheme, possible[0]), level_title(scheme, possible[-1])
    if len(possible) == 1:
        return best
    return t("consolidation.level_or" if len(possible) == 2 else "consolidation.level_to", least=least, best=best)


def nothing_answered(given: Iterable[JsonObject]) -> bool:
    return all(result.get("open") for result in given)


def score_words(score: JsonObject, results: Iterable[JsonObject]) -> str:
    """90.91; at least 87.68, at most 92.24; no score yet. Never 0 for nothing."""
    if nothing_answered(results):
        return t("consolidation.no_score")
    if score["complete"]:
        return points_text(score["shown"]) if score["shown"] is not None else t("consolidation.nothing_judged")
    least, most = score["shown_bounds"]
    return (
        t("consolidation.no_total")
        if least is None
        else t("consolidation.bounds", least=points_text(least), most=points_text(most))
    )


def points_text(text: str) -> str:
    return text.replace("-", MINUS)


def own_words(own: JsonObject) -> str:
    """A site's own figure: 93.33 or 93.33–95.61."""
    least, most = own["shown_bounds"]
    if least is None:
        return t("consolidation.no_figure")
    return points_text(least) if least == most else f"{points_text(least)}–{points_text(most)}"
