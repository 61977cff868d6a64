"""One leaf of a scheme: its parameters, and the values that a reviewer may give it.

Here lives what a clause kind is: its table, the form of its value, the loss of one value. Kinds are a closed list.
Never here: sites and visits, the sum of anything. Implements the table of clause kinds of the scoring contract.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NoReturn

from webapp.schemes.numbers import ONE, ZERO, decimal, integer, number, share


class CheckFailed(Exception):
    """Something in the scheme is against the contract; the text says where."""


class Given(StrEnum):
    """The two values that every clause kind knows besides an answer."""

    OPEN = "open"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One answer, interned per clause: two answers are equal when they are the same object.

    `loss` is None on a matrix without shares; `column` counts from 0, -1 is "not even the first".
    """

    loss: Fraction | None
    failing: int = 0
    checked: int = 0
    column: int | None = None


Value = Answer | Given

FORMS: Mapping[str, tuple[str, ...]] = {
    "met": ("met",),
    "sample": ("checked", "failing"),
    "scale": ("grade",),
    "ladder": ("step",),
    "measured": ("value",),
    "matrix": ("reached",),
    "survey": ("mean",),
}
VALUE_KEYS = frozenset(key for form in FORMS.values() for key in form) | {"excluded", "open"}
COMBINES = ("pooled", "mean", "weighted", "worst", "any")
MOST_CHECKED = 9999


@dataclass(frozen=True, slots=True)
class Band:
    start: Fraction | None
    stop: Fraction | None
    loss: Fraction


class Reader:
    """Reads the values of one clause or checkpoint and interns the answers."""

    def __init__(self, kind: str, row: Mapping[str, object] | None = None, where: str = "") -> None:
        row = row or {}
        self.kind = kind
        self.form = frozenset(FORMS[kind])
        self.columns: tuple[str, ...] = ()
        self.scored = True
        self._answers: dict[object, Answer] = {}
        self._texts: dict[object, Answer | None] = {}
        self._losses: dict[object, Fraction | None] = {}
        self._bands: list[Band] = []
        self._worst, self._best = ZERO, ONE
        if kind == "scale":
            grades = table(row.get("grades"), f"{where} grades")
            self._losses = {grade: 1 - _share(text, f"{where} grades") for grade, text in grades.items()}
        elif kind == "ladder":
            self._losses = _steps(row.get("steps"), f"{where} steps")
        elif kind == "measured":
            self._bands = _bands(row.get("bands"), f"{where} bands")
        elif kind == "survey":
            worst, best = number(row.get("worst")), number(row.get("best"))
            if worst is None or best is None or worst == best:
                raise CheckFailed(f"{where} worst, best")
            self._worst, self._best = worst, best
        elif kind == "matrix":
            self._matrix(row, where)

    def read(self, given: Mapping[str, object]) -> Value | None:
        """The value, or None if it is invalid: the keys of exactly one form of the kind, and what they may say."""
        keys = given.keys() & VALUE_KEYS
        if keys != self.form:
            keys = {key for key in keys if given[key] is not None or (key == "reached" and self.kind == "matrix")}
            if keys == {"excluded"}:
                return Given.EXCLUDED if given["excluded"] is True else None
            if keys == {"open"}:
                return Given.OPEN if given["open"] is True else None
            if keys != self.form:
                return None
        if self.kind == "met":
            met = given["met"]
            return self._answer(met, ZERO if met else ONE) if isinstance(met, bool) else None
        if self.kind == "sample":
            return self._sample(integer(given["checked"]), integer(given["failing"]))
        if self.kind == "ladder":
            step = integer(given["step"])
            return self._answer(step, self._losses[step]) if step in self._losses else None
        text = given[FORMS[self.kind][0]]
        if self.kind == "matrix" and text is None:
            return self._answer(None, ONE if self.scored else None, -1)
        if not isinstance(text, str):
            return None
        if text not in self._texts:
            self._texts[text] = self._worded(text)
        return self._texts[text]

    def _answer(self, key: object, loss: Fraction | None, column: int | None = None) -> Answer:
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = Answer(loss, column=column)
        return answer

    def _sample(self, checked: int | None, failing: int | None) -> Answer | None:
        if checked is None or failing is None:
            return None
        answer = self._answers.get((checked, failing))
        if answer is None and 1 <= checked <= MOST_CHECKED and 0 <= failing <= checked:
            answer = self._answers[checked, failing] = Answer(Fraction(failing, checked), failing, checked)
        return answer

    def _worded(self, text: str) -> Answer | None:
        """The answer of a kind whose value is a text: a word of the clause's table, or a decimal."""
        if self.kind in ("scale", "matrix"):
            if text not in self._losses:
                return None
            return self._answer(text, self._losses[text], self.columns.index(text) if self.columns else None)
        value = decimal(text)
        if value is None:
            return None
        if self.kind == "survey":
            loss = 1 - (value - self._worst) / (self._best - self._worst)
            return self._answer(value, min(ONE, max(ZERO, loss)))
        for band in self._bands:
            if (band.start is None or band.start <= value) and (band.stop is None or value < band.stop):
                return self._answer(value, band.loss)
        return self._answer(value, ONE)

    def _matrix(self, row: Mapping[str, object], where: str) -> None:
        self.columns = tuple(texts(row.get("columns"), f"{where} columns"))
        if len(set(self.columns)) != len(self.columns):
            raise CheckFailed(f"{where} columns")
        if row.get("shares") is None:
            self.scored = False
            self._losses = dict.fromkeys(self.columns)
            return
        shares = table(row["shares"], f"{where} shares")
        if shares.keys() != set(self.columns):
            raise CheckFailed(f"{where} shares")
        losses = [1 - _share(shares[column], f"{where} shares") for column in self.columns]
        if losses != sorted(losses, reverse=True):
            raise CheckFailed(f"{where} shares")
        self._losses = dict(zip(self.columns, losses, strict=True))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    code: str
    weight: Fraction
    reader: Reader


@dataclass(frozen=True, slots=True)
class Leaf:
    """A clause that is judged. `critical`: the loss above which it fails, or None. `types`: who is asked by type."""

    code: str
    kind: str
    points: Fraction
    where: str
    types: frozenset[str]
    modes: frozenset[str] | None
    combine: str
    critical: Fraction | None
    exclusion: bool
    reader: Reader
    checkpoints: tuple[Checkpoint, ...]
    rule: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        return self.reader.columns

    @property
    def scored(self) -> bool:
        """A matrix without shares is a gate alone."""
        return self.reader.scored

    def asks(self, *, kind: str, type: str | None, modes: frozenset[str] | None) -> bool:
        """Rule 1: whether a site of that kind, type and modes of its visits (None: every mode) is asked."""
        if self.modes is not None and modes is not None and not self.modes & modes:
            return False
        return self.where in (kind, "both") or type in self.types


def read_leaf(row: Mapping[str, object], code: str, *, modes: list[str] | None, exclusion: bool) -> Leaf:
    """The leaf behind a clause row with a kind; `modes`: those of the scheme, `exclusion`: what its rule allows."""
    where = f"clauses {code}"
    kind = named(row, "kind", tuple(FORMS), None, where)
    reader = Reader(kind, row, where)
    own = texts(row["modes"], f"{where} modes") if row.get("modes") is not None else None
    if own is not None and modes is not None and not set(own) <= set(modes):
        _fail(f"{where} modes")
    place, types = _where(row.get("where"), where)
    rule = named(row, "rule", ("all", "share"), "", where)
    checkpoints = _checkpoints(row["checkpoints"], where) if row.get("checkpoints") is not None else ()
    if checkpoints and (kind not in ("met", "sample") or not rule):
        _fail(f"{where} checkpoints")
    points = number(row["points"]) if row.get("points") is not None else None
    if row.get("points") is None and not reader.scored:
        points = ZERO
    critical = _critical(row.get("critical"), where)
    if points is None or points < 0 or (not reader.scored and (points != 0 or critical is not None)):
        _fail(f"{where} points")
    return Leaf(
        code=code,
        kind=kind,
        points=points,
        where=place,
        types=types,
        modes=None if own is None else frozenset(own),
        combine=named(row, "combine", COMBINES, "pooled", where),
        critical=critical,
        exclusion=_flag(row.get("exclusion"), True, f"{where} exclusion") and exclusion,
        reader=reader,
        checkpoints=checkpoints,
        rule=rule or None,
    )


def named(row: Mapping[str, object], key: str, words: tuple[str, ...], default: str | None, where: str) -> str:
    """One of the words, or the default where it is absent."""
    word = row.get(key)
    if word is None and default is not None:
        return default
    if not isinstance(word, str) or word not in words:
        _fail(f"{where} {key}")
    return word


def texts(raw: object, where: str) -> list[str]:
    """A list of at least one text."""
    if not isinstance(raw, list) or not raw or not all(isinstance(text, str) for text in raw):
        _fail(where)
    return raw


def table(raw: object, where: str) -> dict[str, object]:
    """An object of at least one entry; an entry that is null is none."""
    entries = {key: value for key, value in raw.items() if value is not None} if isinstance(raw, Mapping) else {}
    if not entries:
        _fail(where)
    return entries


def _fail(where: str) -> NoReturn:
    raise CheckFailed(where)


def _share(text: object, where: str) -> Fraction:
    value = share(text)
    if value is None:
        _fail(where)
    return value


def _flag(raw: object, default: bool, where: str) -> bool:
    if raw is None:
        return default
    if not isinstance(raw, bool):
        _fail(where)
    return raw


def _critical(raw: object, where: str) -> Fraction | None:
    if raw is None or raw is False:
        return None
    return ZERO if raw is True else _share(raw, f"{where} critical")


def _where(raw: object, where: str) -> tuple[str, frozenset[str]]:
    if isinstance(raw, Mapping):
        return "", frozenset(texts(raw.get("types"), f"{where} where"))
    if not isinstance(raw, str) or raw not in ("hq", "outlet", "both"):
        _fail(f"{where} where")
    return raw, frozenset()


def _steps(raw: object, where: str) -> dict[object, Fraction | None]:
    steps = [integer(step) for step in raw] if isinstance(raw, list) else []
    whole = [step for step in steps if step is not None]
    if len(whole) != len(steps) or len(whole) < 2 or whole[0] != 0 or whole != sorted(set(whole), reverse=True):
        _fail(where)
    return {step: Fraction(step, whole[-1]) for step in whole}


def _bands(raw: object, where: str) -> list[Band]:
    if not isinstance(raw, list) or not raw:
        _fail(where)
    bands = []
    for row in raw:
        if not isinstance(row, Mapping):
            _fail(where)
        start, stop = number(row.get("from")), number(row.get("to"))
        missing = (row.get("from") is not None and start is None) or (row.get("to") is not None and stop is None)
        if missing or (start is not None and stop is not None and start >= stop):
            _fail(where)
        bands.append(Band(start, stop, 1 - _share(row.get("share"), where)))
    return bands


def _checkpoints(raw: object, where: str) -> tuple[Checkpoint, ...]:
    where = f"{where} checkpoints"
    if not isinstance(raw, list) or not raw:
        _fail(where)
    checkpoints: list[Checkpoint] = []
    for row in raw:
        code = row.get("code") if isinstance(row, Mapping) else None
        if not isinstance(code, str) or not code or any(code == point.code for point in checkpoints):
            _fail(where)
        weight = decimal(row["weight"]) if row.get("weight") is not None else ONE
        if weight is None or weight <= 0:
            _fail(where)
        checkpoints.append(Checkpoint(code, weight, Reader(named(row, "kind", ("met", "sample"), None, where))))
    return tuple(checkpoints)
