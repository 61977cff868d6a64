"""What a scheme asks, of whom, and which values fit: the door of this room for every later one.

Pure: plain JSON values in, plain values out. The scheme must have passed `check_scheme`, save where it says otherwise.
Never here: a score (scoring.py), the text of a scheme for people.
"""

from collections.abc import Collection, Mapping

from webapp.schemes.inputs import plain_exclusion
from webapp.schemes.leaf import VALUE_KEYS, read_leaf
from webapp.schemes.reading import ScoringError, read_scheme

__all__ = ["ScoringError", "asked", "check_scheme", "checklist", "leaf", "leaves", "may_exclude", "value_fits"]

Row = Mapping[str, object]


def check_scheme(scheme: object) -> None:
    """Nothing if the scorer can use the scheme, else ScoringError("scheme-invalid", where=…)."""
    read_scheme(scheme)


def leaves(scheme: Row) -> list[Row]:
    """The clauses that are judged, in the order of the scheme."""
    clauses = scheme["clauses"]
    return [row for row in clauses if row.get("kind") is not None] if isinstance(clauses, list) else []


def leaf(scheme: Row, code: object) -> Row | None:
    """The leaf of that code, or None."""
    return next((row for row in leaves(scheme) if row["code"] == code), None)


def asked(scheme: Row, clause: str | Row, site: Row) -> bool:
    """Rule 1: whether the clause (a code, or its row) asks the site (`kind`, perhaps `type` and `modes`)."""
    row = clause if isinstance(clause, Mapping) else leaf(scheme, clause)
    if row is None:
        return False
    modes = site.get("modes")
    return _asks_place(row, site) and _shares_mode(row, modes if isinstance(modes, Collection) else None)


def checklist(scheme: Row, site: Row, modes: Collection[str] | None) -> list[str]:
    """The codes of the clauses that a visit to the site in these modes looks at (None: in every mode)."""
    return [str(row["code"]) for row in leaves(scheme) if _asks_place(row, site) and _shares_mode(row, modes)]


def value_fits(scheme: Row, clause: object, checkpoint: object, value: object) -> bool:
    """Whether the value has exactly the keys of one form of the clause (or checkpoint), and says what it may.

    An exclusion that is not allowed fits: it is refused where it is entered (`may_exclude`), or scored with a warning.
    """
    row = leaf(scheme, clause)
    if row is None or not isinstance(value, Mapping) or not value.keys() <= VALUE_KEYS:
        return False
    read = read_leaf(row, str(row["code"]), modes=None, exclusion=True)
    reader = read.reader
    if read.checkpoints and checkpoint is None:
        return len(value) == 1 and plain_exclusion(value)
    if read.checkpoints or checkpoint is not None:
        points = {point.code: point.reader for point in read.checkpoints}
        if not isinstance(checkpoint, str) or checkpoint not in points:
            return False
        reader = points[checkpoint]
    exact = set(value) in (set(reader.form), {"excluded"}, {"open"})
    return exact and reader.read(value) is not None


def may_exclude(scheme: Row, clause: str | Row) -> bool:
    """Rule 2: whether an exclusion of the clause may be entered."""
    row = clause if isinstance(clause, Mapping) else leaf(scheme, clause)
    return row is not None and scheme.get("exclusion") != "forbidden" and row.get("exclusion") is not False


def _asks_place(row: Row, site: Row) -> bool:
    where = row["where"]
    if isinstance(where, Mapping):
        types = where["types"]
        return isinstance(types, list) and site.get("type") is not None and site.get("type") in types
    return where == "both" or where == site["kind"]


def _shares_mode(row: Row, modes: Collection[str] | None) -> bool:
    own = row.get("modes")
    return modes is None or not isinstance(own, list) or not set(own).isdisjoint(modes)
