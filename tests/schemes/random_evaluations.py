"""Random valid evaluations in the form of a vector file, by seed: small ones to enumerate, wide ones to compare."""

import random
from typing import Any

KINDS = ["met", "sample", "scale", "ladder", "measured", "matrix", "survey"]
COMBINES = ["pooled", "mean", "weighted", "worst", "any"]
CODES = ["A", "A.1", "A.2", "B", "B.1", "7", "__proto__", "constructor", "售后", "Z"]
SITES = ["hq", "o1", "7", "__proto__", "toString", "o2", "网点"]
SHARES = ["0", "0.25", "1/3", "0.5", "0.75", "1"]

Row = dict[str, Any]


def random_evaluation(seed: int, *, small: bool) -> Row:
    """`small`: few enough completions to try them all."""
    rng = random.Random(seed)
    scheme = _scheme(rng, small)
    sites = _sites(rng, small)
    leaves = [clause for clause in scheme["clauses"] if "kind" in clause]
    results: list[Row] = []
    unsettled = 3 if small else 10**6
    for clause in leaves:
        for site in sites:
            for checkpoint in clause.get("checkpoints") or [None]:
                fate = rng.random()
                if fate < 0.1 and unsettled > 0:
                    unsettled -= 1
                    continue
                visits = ["", "v2"] if rng.random() < (0.15 if small else 0.3) else ["v1"]
                for visit in visits:
                    values = [_value(rng, clause, checkpoint)]
                    if rng.random() < 0.25 and unsettled > 0:
                        unsettled -= 1
                        values.append(_value(rng, clause, checkpoint))
                    for value in values:
                        if value.get("open"):
                            if unsettled <= 0:
                                continue
                            unsettled -= 1
                        row = {"site": site["id"], "clause": clause["code"], **value}
                        if visit:
                            row["visit"] = visit
                        if checkpoint is not None:
                            row["checkpoint"] = checkpoint["code"]
                        if "excluded" in value and checkpoint is not None and rng.random() < 0.5:
                            del row["checkpoint"]
                        results.append(row)
    rng.shuffle(results)
    specials = [
        {"kind": kind, "id": f"s{rng.randrange(3)}"}
        for kind in ("deduction", "bonus")
        if kind in scheme.get("special", {})
        for _ in range(rng.randrange(3))
    ]
    scored = [clause["code"] for clause in leaves if clause["kind"] != "matrix" or "shares" in clause]
    overrides = [{"clause": rng.choice(scored), "loss": rng.choice(SHARES), "reason": "…"}] if scored else []
    return {
        "scheme": scheme,
        "sites": sites,
        "results": results,
        "specials": specials,
        "overrides": overrides if rng.random() < 0.2 else [],
        "held": {"top": rng.randrange(20)},
    }


def _scheme(rng: random.Random, small: bool) -> Row:
    codes = rng.sample(CODES, rng.randint(1, 3) if small else rng.randint(3, 8))
    leaves = [_leaf(rng, code, small) for code in codes]
    clauses: list[Row] = []
    groups = ["G", "G.1"] if rng.random() < 0.7 else []
    for leaf in leaves:
        if groups and rng.random() < 0.7:
            leaf["parent"] = rng.choice(groups)
        clauses.append(leaf)
    if groups:
        clauses.append({"code": "G"})
        clauses.insert(0, {"code": "G.1", "parent": "G"})
    scheme: Row = {"clauses": clauses, "exclusion": rng.choice(["renormalise", "zero", "forbidden", "renormalise"])}
    if rng.random() < 0.3:
        scheme["axes"] = _axes(rng, codes)
    if rng.random() < 0.5:
        scheme["special"] = {
            "order": "after" if "axes" in scheme else rng.choice(["after", "before"]),
            "deduction": {"points": rng.choice(["1", "0.5", "2"])},
            "bonus": {"points": "1", "most": rng.randrange(3)},
        }
    if rng.random() < 0.3:
        scheme["cap"] = rng.choice([["0", "90"], ["10", "100"], ["-50", "200"]])
    if rng.random() < 0.3:
        scheme["total"] = rng.choice(["100", "5", "1000/3"])
    if rng.random() < 0.5:
        scheme["display"] = {"digits": rng.randint(0, 4)}
    scheme["levels"] = _levels(rng, scheme, groups)
    return scheme


def _axes(rng: random.Random, codes: list[str]) -> list[Row]:
    cut = rng.randint(1, len(codes))
    parts = [part for part in (codes[:cut], codes[cut:]) if part]
    axes = [{"code": f"axis{at}", "clauses": part} for at, part in enumerate(parts)]
    if rng.random() < 0.6:
        axes = [{**axis, "weight": rng.choice(["0.4", "1", "2/3"])} for axis in axes]
    return axes


def _levels(rng: random.Random, scheme: Row, groups: list[str]) -> list[Row]:
    axes = scheme.get("axes", [])
    columns = [clause["columns"] for clause in scheme["clauses"] if clause.get("kind") == "matrix"]
    levels: list[Row] = []
    for code, least in (("top", "90"), ("good", "60"), ("fair", "30")):
        row: Row = {"code": code}
        if all("weight" in axis for axis in axes) and rng.random() < 0.7:
            row["min"] = least
        if rng.random() < 0.3:
            row["max_deductions"] = rng.randrange(3)
        if rng.random() < 0.4:
            row["min_group"] = {rng.choice([*groups, "*"]): rng.choice(SHARES)}
        if axes and rng.random() < 0.5:
            row["min_axis"] = {rng.choice([axes[0]["code"], "*"]): rng.choice(["40", "60"])}
        if rng.random() < 0.4:
            row["no_critical_failed"] = True
        if columns and rng.random() < 0.5:
            row["matrix"] = rng.choice(columns[0])
        if rng.random() < 0.2:
            row["prerequisite"] = {"level": "top", "months": 10, "warn": rng.random() < 0.5}
        levels.append(row)
    return [*levels, {"code": "none"}]


def _leaf(rng: random.Random, code: str, small: bool) -> Row:
    kind = rng.choice(KINDS)
    leaf: Row = {"code": code, "kind": kind, "points": rng.choice(["1", "2", "9", "0.5", "10/3", "0"])}
    leaf["where"] = rng.choice(["both", "both", "outlet", "hq", {"types": ["store", "depot"]}])
    leaf["combine"] = rng.choice(COMBINES)
    if rng.random() < 0.3:
        leaf["critical"] = rng.choice([True, "0.5", "1"])
    if rng.random() < 0.2:
        leaf["exclusion"] = False
    if rng.random() < 0.2:
        leaf["modes"] = rng.choice([["A"], ["B"], ["A", "B"]])
    if kind == "scale":
        leaf["grades"] = {"A": "1", "__proto__": "0.6", "C": "0.1"}
    elif kind == "ladder":
        leaf["steps"] = [0, -1, -3]
    elif kind == "measured":
        leaf["bands"] = [
            {"from": "1.0", "to": "1.3", "share": "1"},
            {"to": "1.0", "share": "0.4"},
            {"from": "1.2", "to": "2", "share": "1/3"},
        ]
    elif kind == "survey":
        leaf["worst"], leaf["best"] = rng.choice([("1", "5"), ("10", "0"), ("1/3", "4")])
    elif kind == "matrix":
        leaf["columns"] = ["1", "2", "3"]
        if rng.random() < 0.5:
            leaf["shares"] = {"3": "1", "1": "0.2", "2": "0.2"}
        else:
            leaf.pop("critical", None)
            leaf.pop("points")
    elif rng.random() < 0.35:
        leaf["rule"] = rng.choice(["all", "share"])
        leaf["checkpoints"] = [
            {"code": name, "kind": rng.choice(["met", "sample"]), "weight": rng.choice(["1", "2", "0.3"])}
            for name in (["a", "__proto__"] if small else ["a", "7", "__proto__"])
        ]
    return leaf


def _sites(rng: random.Random, small: bool) -> list[Row]:
    sites: list[Row] = []
    for id in rng.sample(SITES, rng.randint(1, 2) if small else rng.randint(0, 6)):
        site: Row = {"id": id, "kind": "hq" if id == "hq" else "outlet"}
        if rng.random() < 0.5:
            site["type"] = rng.choice(["store", "shop"])
        if rng.random() < 0.5:
            site["weight"] = rng.choice(["12", "0.5", "3.25"])
        if rng.random() < 0.3:
            site["modes"] = rng.choice([["A"], [], ["B", "C"]])
        sites.append(site)
    return sites


def _value(rng: random.Random, clause: Row, checkpoint: Row | None) -> Row:
    fate = rng.random()
    if fate < 0.18:
        return {"excluded": True, "reason": rng.choice(["x", "y"])}
    if fate < 0.24:
        return {"open": True}
    kind = (checkpoint or clause)["kind"]
    if kind == "met":
        return {"met": rng.random() < 0.6}
    if kind == "sample":
        checked = rng.choice([1, 2, 3, 9, 6.0])
        return {"checked": checked, "failing": rng.randint(0, int(checked))}
    if kind == "scale":
        return {"grade": rng.choice(["A", "__proto__", "C"])}
    if kind == "ladder":
        return {"step": rng.choice([0, -1, -3, -0.0, -1.0])}
    if kind == "measured":
        return {"value": rng.choice(["1.3", "1.30", "1.0", "0.99", "1.25", "2", "-1"])}
    if kind == "matrix":
        return {"reached": rng.choice([None, "1", "2", "3"])}
    return {"mean": rng.choice(["4.2", "1", "0.5", "3", "11", "4.20"]), "n": 55}
