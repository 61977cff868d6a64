"""What a scheme version says without a score: whether it is valid, who is asked what, whether a value fits. Pure.

Implements "Scheme version" and rule 1 of the scoring contract; the arithmetic is scoring.py's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from webapp.schemes.leaf import Given, read_leaf
from webapp.schemes.reading import ScoringError, read_scheme

__all__ = ["ScoringError", "asked", "check_scheme", "checklist", "leaves", "value_fits"]


def check_scheme(scheme: object) -> None:
    """Nothing, or ScoringError("scheme-invalid", where=…)."""
    read_scheme(scheme)


def leaves(scheme: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The clauses that are judged, in the order of the scheme."""
    return [clause for clause in scheme["clauses"] if clause.get("kind") is not None]


def asked(scheme: Mapping[str, Any], clause: str, site: Mapping[str, Any]) -> bool:
    """Whether this clause asks this site: {kind, type?, modes?}, modes absent = every mode."""
    leaf = _leaf(scheme, clause)
    modes: Sequence[str] | None = site.get("modes")
    return leaf.asks(kind=site["kind"], type=site.get("type"), modes=None if modes is None else frozenset(modes))


def checklist(scheme: Mapping[str, Any], site: Mapping[str, Any], modes: Iterable[str]) -> list[str]:
    """The clauses of a visit with these modes at this site ({kind, type?}), in the order of the scheme."""
    read, own = read_scheme(scheme), frozenset(modes)
    return [leaf.code for leaf in read.leaves if leaf.asks(kind=site["kind"], type=site.get("type"), modes=own)]


def value_fits(scheme: Mapping[str, Any], clause: str, checkpoint: str | None, value: object) -> bool:
    """Whether the tablet's value (exactly the keys of one form) is one of this clause or checkpoint."""
    if not isinstance(value, Mapping):
        return False
    leaf = _leaf(scheme, clause)
    readers = {point.code: point.reader for point in leaf.checkpoints}
    if checkpoint is None and readers:
        return leaf.reader.read(value) is Given.EXCLUDED
    if checkpoint is not None and checkpoint not in readers:
        return False
    return readers.get(checkpoint or "", leaf.reader).read(value) is not None


def _leaf(scheme: Mapping[str, Any], clause: str) -> Any:
    row = next(row for row in leaves(scheme) if row["code"] == clause)
    modes: Collection[str] | None = scheme.get("modes")
    return read_leaf(row, clause, modes=None if modes is None else list(modes), exclusion=scheme.get("exclusion") != "forbidden")


