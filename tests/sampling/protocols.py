"""Builds protocols as the house would write them, for vectors and for attacks on tools/redraw.py."""

from __future__ import annotations

from typing import Any

from webapp.sampling import rules
from webapp.sampling.rules import Outlet, Rule

BODY = "5c1f0e6a7b2101932f5e8d1c7a309b1e" * 2


def protocol(
    listed: list[Outlet],
    rule: Rule,
    *,
    draws: list[dict[str, Any]],
) -> dict[str, Any]:
    """`draws`: {"picks": {code: reason}, "size", "size_reason", "client", "body", "reason", "replace": [places of visited]}."""
    frame = rules.frame(listed)
    made = []
    for at, asked in enumerate(draws):
        picks = asked.get("picks", {})
        size = asked.get("size", rules.size(len(frame), rule))
        body, client = asked.get("body", BODY), asked.get("client", "")
        drawn = rules.draw(frame, size, picks, body, client)
        visited, swaps = [*picks, *(one.code for one in drawn.drawn)], []
        sampled = list(visited)
        for place in asked.get("replace", []):
            out = visited[place % len(visited)]
            came = rules.replacement(frame, drawn.seed, sampled, [(swap["out"], swap["in"]) for swap in swaps], out)
            swaps.append({"out": out, "in": came, "reason": "closed", "by": "pan", "at": "2026-11-24T01:00:00Z"})
            visited[visited.index(out)] = came
        made.append(
            {
                "drawn_at": "2026-11-23T02:20:00Z",
                "by": "pan",
                "reason": asked.get("reason", None if at == 0 else "the list of the province was wrong"),
                "nonces": {"body": body, "client": client},
                "seed": drawn.seed,
                "size": size,
                "size_reason": asked.get("size_reason"),
                "picks": [{"code": code, "reason": why} for code, why in picks.items()],
                "drawn": [{"code": one.code, "strata": list(one.strata), "rank": one.rank} for one in drawn.drawn],
                "replacements": swaps,
            }
        )
    return {
        "format": 1,
        "evaluation": "2026-0147",
        "frozen_at": "2026-11-23T02:11:12Z",
        "frozen_by": "pan",
        "rule": rules.written_rule(rule),
        "outlets": [{"code": one.code, "strata": list(one.strata)} for one in frame],
        "list_sha256": rules.list_sha256(frame),
        "draws": made,
    }
