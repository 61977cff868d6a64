"""The protocol of a frozen list and its draws (sampling.md, "Protocol"): writing it, and drawing it again with this house's rules.

Pure. tools/redraw.py does the second part without this house; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.sampling import rules
from webapp.sampling.rules import Outlet, SamplingError

FORMAT = 1


def outlets_of(protocol: Mapping[str, Any]) -> list[Outlet]:
    return [Outlet(one["code"], tuple(one["strata"])) for one in protocol["outlets"]]


def differences(protocol: Mapping[str, Any]) -> list[str]:
    """What differs when every draw and replacement is repeated; nothing when it is the same."""
    listed, found = outlets_of(protocol), []
    try:
        if rules.list_sha256(listed) != protocol["list_sha256"]:
            found.append("list_sha256")
        rule = rules.read_rule(protocol["rule"])
        for at, made in enumerate(protocol["draws"], 1):
            found += [f"draw {at}: {what}" for what in _of_draw(listed, rule, made, first=at == 1)]
    except SamplingError as error:
        found.append(f"{error.code} {error.facts}")
    return found


def _of_draw(listed: Sequence[Outlet], rule: rules.Rule, made: Mapping[str, Any], *, first: bool) -> list[str]:
    picks = {pick["code"]: pick["reason"] for pick in made["picks"]}
    rules.check_draw(listed, rule, made["size"], made["size_reason"] or "", picks)
    drawn = rules.draw(listed, made["size"], picks, made["nonces"]["body"], made["nonces"]["client"])
    found = [] if first or (made["reason"] or "").strip() else ["reason"]
    if len(picks) != len(made["picks"]):
        found.append("picks")
    if drawn.seed != made["seed"]:
        found.append("seed")
    if [{"code": one.code, "strata": list(one.strata), "rank": one.rank} for one in drawn.drawn] != list(made["drawn"]):
        found.append("drawn")
    sampled, swaps = [*picks, *(one.code for one in drawn.drawn)], list[tuple[str, str]]()
    for swap in made["replacements"]:
        came = rules.replacement(listed, drawn.seed, sampled, swaps, swap["out"])
        if came != swap["in"] or not swap["reason"].strip():
            found.append(f"replacement of {swap['out']}")
        swaps.append((swap["out"], came))
    return found
