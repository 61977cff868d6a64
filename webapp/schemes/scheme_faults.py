"""What a scheme may say by its form and yet must not: sums, circles, shares, modes, the order of levels. Each fault with its remedy.

Pure. These are the frequent cases in words for a person; the whole of the rules is rules.check_scheme, which has the last word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from webapp.schemes.numbers import number, shown


@dataclass(frozen=True)
class Fault:
    """One thing wrong: `where` in the file, and the words `schemes.fault.<code>` with these facts."""

    where: str
    code: str
    facts: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, where: str, code: str, **facts: str) -> Fault:
        return cls(where, code, tuple(facts.items()))


Scheme = Mapping[str, Any]


def rule_faults(scheme: Scheme) -> Iterator[Fault]:
    """Of a scheme whose form is right."""
    clauses: list[Scheme] = scheme["clauses"]
    for kind, rows in (("clauses", clauses), ("levels", scheme["levels"])):
        for code, times in Counter(row["code"] for row in rows).items():
            if times > 1:
                yield Fault.of(f"{kind} {code}", "code_twice")
    wrong = list(_parents(clauses))
    yield from wrong
    if not wrong:
        yield from _sums(clauses)
    for clause in clauses:
        yield from _shares(clause)
        for mode in clause.get("modes") or ():
            if scheme.get("modes") and mode not in scheme["modes"]:
                yield Fault.of(f"clauses {clause['code']} · modes", "mode", mode=mode, modes=", ".join(scheme["modes"]))
    yield from _levels(scheme)


def _parents(clauses: list[Scheme]) -> Iterator[Fault]:
    known = {clause["code"]: clause for clause in clauses}
    for clause in clauses:
        where, parent = f"clauses {clause['code']} · parent", clause.get("parent")
        if parent is None:
            continue
        if parent not in known:
            yield Fault.of(where, "parent_unknown", parent=parent)
        elif known[parent].get("kind") is not None:
            yield Fault.of(where, "parent_leaf", parent=parent)
        above, seen = parent, set[str]()
        while above in known and above not in seen:
            seen.add(above)
            above = known[above].get("parent")
        if clause["code"] in seen:
            yield Fault.of(where, "circle", parent=parent)


def _sums(clauses: list[Scheme]) -> Iterator[Fault]:
    known, sums = {clause["code"]: clause for clause in clauses}, dict[str, Fraction]()
    for clause in clauses:
        points, above = _points(clause), clause.get("parent")
        while clause.get("kind") is not None and above is not None:
            sums[above] = sums.get(above, Fraction(0)) + points
            above = known[above].get("parent")
    for clause in clauses:
        if clause.get("kind") is None and clause.get("points") is not None:
            given, added = _points(clause), sums.get(clause["code"], Fraction(0))
            if given != added:
                off = "sum_less" if added < given else "sum_more"
                yield Fault.of(
                    f"clauses {clause['code']} · points",
                    off,
                    points=clause["points"],
                    added=_text(added),
                    by=_text(abs(given - added)),
                )


def _shares(clause: Scheme) -> Iterator[Fault]:
    where = f"clauses {clause['code']}"
    critical = clause.get("critical")
    named = [("critical", critical)] if isinstance(critical, str) else []
    named += [(f"grades.{key}", value) for key, value in (clause.get("grades") or {}).items()]
    named += [(f"shares.{key}", value) for key, value in (clause.get("shares") or {}).items()]
    named += [(f"bands[{n}].share", band["share"]) for n, band in enumerate(clause.get("bands") or ())]
    for key, value in named:
        if (number(value) or 0) > 1:
            yield Fault.of(f"{where} · {key}", "share", value=value)


def _levels(scheme: Scheme) -> Iterator[Fault]:
    levels: list[Scheme] = scheme["levels"]
    last = levels[-1]
    for condition in ("min", "max_deductions", "min_group", "min_axis", "matrix", "prerequisite"):
        if last.get(condition) is not None:
            yield Fault.of(f"levels {last['code']} · {condition}", "last_level", condition=condition)
    with_least = [(level["code"], level["min"]) for level in levels if level.get("min") is not None]
    digits = (scheme.get("display") or {}).get("digits")
    for n, (code, least) in enumerate(with_least):
        value = number(least) or Fraction(0)
        if n and value >= (number(with_least[n - 1][1]) or 0):
            yield Fault.of(f"levels {code} · min", "level_order", least=least, above=with_least[n - 1][1])
        if (value * 10 ** int(2 if digits is None else digits)).denominator != 1:
            yield Fault.of(f"levels {code} · min", "level_digits", least=least)


def _points(clause: Scheme) -> Fraction:
    return number(clause.get("points")) or Fraction(0)


def _text(value: Fraction) -> str:
    decimals = shown(value, 3, ()) or ""
    return decimals.rstrip("0").rstrip(".") if (value * 1000).denominator == 1 else str(value)
