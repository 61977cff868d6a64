"""What a scheme version says about operations of the tablet: does a clause exist, does a value fit it, what stands below a group. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from webapp.schemes.rules import leaves, value_fits


class Rulebook:
    """sync.host.Rulebook for one scheme version (its JSON object)."""

    def __init__(self, scheme: Mapping[str, Any]) -> None:
        self._scheme = scheme
        self._leaves = {leaf["code"]: leaf for leaf in leaves(scheme)}
        self._parents = {clause["code"]: clause.get("parent") for clause in scheme["clauses"]}
        special: Mapping[str, Any] = scheme.get("special") or {}
        self._grounds: dict[str, list[str]] = {
            kind: list(special[kind].get("grounds") or ()) for kind in ("deduction", "bonus") if kind in special
        }

    def fits(self, record: str, rest: str, values: Mapping[str, object]) -> bool:
        """Clause, checkpoint, form of the value; kind and ground of a special; the clause a finding or special names."""
        if record == "result":
            return self._result_fits(rest, values)
        if record == "special":
            return self._special_fits(values)
        if record == "finding":
            return self._clause_known(values.get("clause"))
        return True

    def under(self, clause: str, codes: Collection[str]) -> bool:
        code: str | None = clause
        seen: set[str] = set()
        while code is not None and code not in seen:
            if code in codes:
                return True
            seen.add(code)
            code = self._parents.get(code)
        return False

    def _result_fits(self, rest: str, values: Mapping[str, object]) -> bool:
        clause, _, checkpoint = rest.partition("/")
        leaf = self._leaves.get(clause)
        if leaf is None:
            return False
        points: Any = leaf.get("checkpoints") or ()
        codes = [point["code"] for point in points]
        if checkpoint and checkpoint not in codes:
            return False
        value = values.get("value")
        return value is None or value_fits(self._scheme, clause, checkpoint or None, value)

    def _special_fits(self, values: Mapping[str, object]) -> bool:
        kind, ground = values.get("kind"), values.get("ground")
        grounds = [ground for listed in self._grounds.values() for ground in listed]
        return (
            (kind is None or kind in self._grounds)
            and (ground is None or not grounds or ground in grounds)
            and self._clause_known(values.get("clause"))
        )

    def _clause_known(self, clause: object) -> bool:
        return clause is None or clause in self._parents
