"""The scoring contract once more, by brute force: every completion is tried, nothing is clever.

Written from the contract's text, not from the engine, and sharing nothing with it. `open` takes the grid 0, 1/2, 1.
An open sample makes the loss of its site (or checkpoint) free, and that of its clause when pooled.
"""

from fractions import Fraction as F
from itertools import product
from typing import Any

GRID = [F(0), F(1, 2), F(1)]
Row = dict[str, Any]


def completions(vector: Row) -> list[Row]:
    """Every complete outcome: score, axes, groups, per clause loss, sites' losses and columns."""
    scheme, sites = vector["scheme"], {site["id"]: site for site in vector["sites"]}
    leaves = [clause for clause in scheme["clauses"] if "kind" in clause]
    per_clause = [_clause_completions(scheme, clause, sites, vector["results"]) for clause in leaves]
    overrides = {row["clause"]: F(row["loss"]) for row in vector["overrides"]}
    for clause, outcomes in zip(leaves, per_clause, strict=True):
        if clause["code"] in overrides and not is_open(scheme, clause, sites, vector["results"]):
            for outcome in outcomes:
                if outcome["state"] == "judged":
                    outcome["loss"] = overrides[clause["code"]]
    return [_whole(vector, leaves, combination) for combination in product(*per_clause)]


def count_of(vector: Row) -> int:
    scheme, sites = vector["scheme"], {site["id"]: site for site in vector["sites"]}
    total = 1
    for clause in scheme["clauses"]:
        if "kind" in clause:
            total *= len(_clause_completions(scheme, clause, sites, vector["results"]))
    return total


def is_open(scheme: Row, clause: Row, sites: dict[str, Row], results: list[Row]) -> bool:
    for site in sites.values():
        if not asked(clause, site):
            continue
        for checkpoint in clause.get("checkpoints") or [None]:
            registers = _registers(scheme, clause, checkpoint, site, results)
            if not registers or any(len(values) > 1 or values[0] == "open" for values in registers.values()):
                return True
    return False


def asked(clause: Row, site: Row) -> bool:
    where = clause["where"]
    if isinstance(where, dict):
        if site.get("type") not in where["types"]:
            return False
    elif where not in ("both", site["kind"]):
        return False
    return not ("modes" in clause and "modes" in site and not set(clause["modes"]) & set(site["modes"]))


def may_exclude(scheme: Row, clause: Row) -> bool:
    return scheme.get("exclusion") != "forbidden" and clause.get("exclusion", True)


def _registers(scheme: Row, clause: Row, checkpoint: Row | None, site: Row, results: list[Row]) -> dict[str, list[Any]]:
    registers: dict[str, list[Any]] = {}
    for row in results:
        if row["clause"] != clause["code"] or row["site"] != site["id"]:
            continue
        if checkpoint is not None and row.get("checkpoint") not in (None, checkpoint["code"]):
            continue
        value = _value(clause, (checkpoint or clause)["kind"], row)
        if value == "excluded" and not may_exclude(scheme, clause):
            continue
        values = registers.setdefault(row.get("visit", ""), [])
        if value not in values:
            values.append(value)
    return registers


def _value(clause: Row, kind: str, row: Row) -> Any:
    """ "open", "excluded" or (kind, what was said)."""
    if row.get("excluded"):
        return "excluded"
    if row.get("open"):
        return "open"
    if kind == "sample":
        return ("sample", int(row["failing"]), int(row["checked"]))
    if kind == "met":
        return ("met", row["met"])
    if kind == "scale":
        return ("scale", row["grade"])
    if kind == "ladder":
        return ("ladder", int(row["step"]))
    if kind == "measured":
        return ("measured", F(row["value"]))
    if kind == "matrix":
        return ("matrix", row["reached"])
    return ("survey", F(row["mean"]))


def _judged(clause: Row, value: Any) -> Row:
    """What one value is at its visit: loss, column, sample."""
    kind, said = value[0], value[1]
    if kind == "met":
        return {"loss": F(0 if said else 1)}
    if kind == "sample":
        return {"loss": F(said, value[2]), "sample": (said, value[2])}
    if kind == "scale":
        return {"loss": 1 - F(clause["grades"][said])}
    if kind == "ladder":
        return {"loss": F(said, clause["steps"][-1])}
    if kind == "survey":
        share = (said - F(clause["worst"])) / (F(clause["best"]) - F(clause["worst"]))
        return {"loss": 1 - max(F(0), min(F(1), share))}
    if kind == "matrix":
        column = -1 if said is None else clause["columns"].index(said)
        shares = clause.get("shares")
        return {"loss": (F(1) if said is None else 1 - F(shares[said])) if shares else None, "column": column}
    for band in clause["bands"]:
        if ("from" not in band or F(band["from"]) <= said) and ("to" not in band or said < F(band["to"])):
            return {"loss": 1 - F(band["share"])}
    return {"loss": F(1)}


def _register_options(scheme: Row, clause: Row, kind: str, values: list[Any]) -> list[Any]:
    """Everything that a register may become: None is excluded."""
    options: list[Any] = []
    for value in values:
        if value == "excluded":
            options.append(None)
        elif value == "open":
            if kind == "matrix":
                losses = GRID if "shares" in clause else [None]
                options += [
                    {"loss": loss, "column": column} for loss in losses for column in range(-1, len(clause["columns"]))
                ]
            elif kind == "sample":
                options += [{"loss": loss, "free": True} for loss in GRID]
            else:
                options += [{"loss": loss} for loss in GRID]
            if may_exclude(scheme, clause):
                options.append(None)
        else:
            options.append(_judged(clause, value))
    return options


def _visits(scheme: Row, clause: Row, checkpoint: Row | None, site: Row, results: list[Row]) -> list[Any]:
    """Every completion of one site or checkpoint: None is excluded."""
    kind = (checkpoint or clause)["kind"]
    registers = _registers(scheme, clause, checkpoint, site, results) or {"": ["open"]}
    options = [_register_options(scheme, clause, kind, values) for values in registers.values()]
    found: list[Any] = []
    for combination in product(*options):
        judged = [value for value in combination if value is not None]
        if not judged:
            found.append(None)
        elif kind == "sample":
            free = [value["loss"] for value in judged if value.get("free")]
            if free:
                # The numbers of an open sample are anybody's: the site's loss is whatever the grid says.
                found.append({"loss": free[0], "free": True})
            else:
                failing, checked = (sum(value["sample"][at] for value in judged) for at in (0, 1))
                found.append({"loss": F(failing, checked), "sample": (failing, checked)})
        else:
            losses = [value["loss"] for value in judged if value["loss"] is not None]
            columns = [value["column"] for value in judged if "column" in value]
            found.append({"loss": max(losses) if losses else None, "column": min(columns) if columns else None})
    return _distinct(found)


def _site(scheme: Row, clause: Row, site: Row, results: list[Row]) -> list[Any]:
    if not clause.get("checkpoints"):
        return _visits(scheme, clause, None, site, results)
    points = clause["checkpoints"]
    found: list[Any] = []
    for combination in product(*(_visits(scheme, clause, point, site, results) for point in points)):
        pairs = [(F(point["weight"]), value["loss"]) for point, value in zip(points, combination, strict=True) if value]
        if not pairs:
            found.append(None)
        elif clause["rule"] == "all":
            found.append({"loss": F(any(loss > 0 for _, loss in pairs))})
        else:
            found.append({"loss": sum(w * loss for w, loss in pairs) / sum(w for w, _ in pairs)})
    return _distinct(found)


def _clause_completions(scheme: Row, clause: Row, sites: dict[str, Row], results: list[Row]) -> list[Row]:
    own = [site for site in sites.values() if asked(clause, site)]
    if not own:
        return [{"state": "not_asked", "loss": None, "sites": []}]
    found: list[Row] = []
    for combination in product(*(_site(scheme, clause, site, results) for site in own)):
        judged = [(F(site.get("weight", "1")), value) for site, value in zip(own, combination, strict=True) if value]
        if not judged:
            found.append({"state": "excluded", "loss": None, "sites": []})
            continue
        values = [value for _, value in judged]
        for loss in _combined(clause, judged):
            found.append({"state": "judged", "loss": loss, "sites": values})
    return _distinct(found)


def _combined(clause: Row, judged: list[tuple[F, Row]]) -> list[Any]:
    losses = [value["loss"] for _, value in judged]
    if losses[0] is None:
        return [None]
    combine = clause.get("combine", "pooled")
    if combine == "worst":
        return [max(losses)]
    if combine == "any":
        return [F(any(loss > 0 for loss in losses))]
    if combine == "weighted":
        return [sum(w * v["loss"] for w, v in judged) / sum(w for w, _ in judged)]
    if combine == "pooled" and clause["kind"] == "sample" and not clause.get("checkpoints"):
        if any(value.get("free") for _, value in judged):
            return GRID
        return [F(sum(v["sample"][0] for _, v in judged), sum(v["sample"][1] for _, v in judged))]
    return [sum(losses) / len(losses)]


def _whole(vector: Row, leaves: list[Row], combination: tuple[Row, ...]) -> Row:
    scheme = vector["scheme"]
    total = F(scheme.get("total", "100"))
    zero = scheme.get("exclusion") == "zero"
    outcomes = {clause["code"]: outcome for clause, outcome in zip(leaves, combination, strict=True)}
    worth = {clause["code"]: F(clause.get("points", "0")) for clause in leaves}

    def sums(codes: list[str]) -> tuple[F, F]:
        earned, base = F(0), F(0)
        for code in codes:
            outcome = outcomes[code]
            if outcome["state"] == "judged" and outcome["loss"] is not None:
                earned += worth[code] * (1 - outcome["loss"])
                base += worth[code]
            elif outcome["state"] == "excluded" and zero:
                base += worth[code]
        return earned, base

    special = scheme.get("special", {})
    counted = {
        kind: len({row["id"] for row in vector["specials"] if row["kind"] == kind}) for kind in ("deduction", "bonus")
    }
    delta = F(0)
    if "bonus" in special:
        delta += F(special["bonus"]["points"]) * min(counted["bonus"], special["bonus"]["most"])
    if "deduction" in special:
        delta -= F(special["deduction"]["points"]) * counted["deduction"]
    before = special.get("order") == "before"
    nothing = all(outcome["state"] != "judged" for outcome in combination)
    axes: dict[str, Any] = {}
    score: Any = None
    if "axes" in scheme:
        for axis in scheme["axes"]:
            earned, base = sums(axis["clauses"])
            axes[axis["code"]] = earned / base * total if base else None
        pairs = [
            (F(a["weight"]), axes[a["code"]]) for a in scheme["axes"] if "weight" in a and axes[a["code"]] is not None
        ]
        if pairs:
            score = sum(w * value for w, value in pairs) / sum(w for w, _ in pairs)
    else:
        earned, base = sums(list(worth))
        if base:
            score = (earned + (delta if before else 0)) / base * total
    if nothing:
        score = None
    if score is not None:
        low, high = (F(end) for end in scheme.get("cap", ["0", str(total)]))
        score = min(high, max(low, score + (0 if before else delta)))
    groups: dict[str, Any] = {}
    for group in scheme["clauses"]:
        if "kind" not in group:
            earned, base = sums([clause["code"] for clause in leaves if _below(scheme, clause, group["code"])])
            groups[group["code"]] = earned / base if base else None
    return {
        "score": score,
        "axes": axes,
        "groups": groups,
        "nothing": nothing,
        "outcomes": outcomes,
        "deductions": counted["deduction"],
    }


def _below(scheme: Row, clause: Row, group: str) -> bool:
    parent = clause.get("parent")
    while parent is not None:
        if parent == group:
            return True
        parent = next(row for row in scheme["clauses"] if row["code"] == parent).get("parent")
    return False


def conditions(scheme: Row, level: Row, held: dict[str, int], whole: Row) -> dict[tuple[str, str], bool]:
    """Each condition of a row, of each group, axis and clause by itself, in one completion."""
    found: dict[tuple[str, str], bool] = {}
    if "min" in level:
        found["min", ""] = whole["score"] is not None and whole["score"] >= F(level["min"])
    if "max_deductions" in level:
        found["max_deductions", ""] = whole["deductions"] <= level["max_deductions"]
    for key, figures in (("min_group", whole["groups"]), ("min_axis", whole["axes"])):
        table = level.get(key, {})
        for code, figure in figures.items():
            top = key == "min_axis" or "parent" not in next(c for c in scheme["clauses"] if c["code"] == code)
            mark = table.get(code) or (table.get("*") if top else None)
            if mark is not None:
                found[key, code] = figure is None or figure >= F(mark)
    judged = [clause for clause in scheme["clauses"] if "kind" in clause]
    judged = [clause for clause in judged if whole["outcomes"][clause["code"]]["state"] != "not_asked"]
    for clause in judged:
        sites = whole["outcomes"][clause["code"]]["sites"]
        if level.get("no_critical_failed") and clause.get("critical"):
            most = F(0) if clause["critical"] is True else F(clause["critical"])
            found["no_critical_failed", clause["code"]] = all(site["loss"] <= most for site in sites)
    for clause in judged:
        sites = whole["outcomes"][clause["code"]]["sites"]
        if level.get("matrix") and clause["kind"] == "matrix":
            least = clause["columns"].index(level["matrix"])
            found["matrix", clause["code"]] = all(site["column"] >= least for site in sites)
    if "prerequisite" in level:
        asked_for = level["prerequisite"]
        found["prerequisite", asked_for["level"]] = bool(
            asked_for.get("warn") or held.get(asked_for["level"], 0) >= asked_for["months"]
        )
    return found


def level_of(scheme: Row, held: dict[str, int], whole: Row) -> str:
    if whole["nothing"]:
        return scheme["levels"][-1]["code"]
    return next(row["code"] for row in scheme["levels"] if all(conditions(scheme, row, held, whole).values()))


def levels_possible(scheme: Row, held: dict[str, int], wholes: list[Row], complete: bool) -> list[str]:
    if complete:
        return [level_of(scheme, held, wholes[0])]
    listed: list[str] = []
    for row in scheme["levels"]:
        each = [conditions(scheme, row, held, whole) for whole in wholes]
        if all(any(one[key] for one in each) for key in each[0]):
            listed.append(row["code"])
        if all(all(one.values()) for one in each) and not any(whole["nothing"] for whole in wholes):
            break
    return listed


def ends(figures: list[Any]) -> list[str | None]:
    known = [figure for figure in figures if figure is not None]
    return [str(min(known)), str(max(known))] if known else [None, None]


def _distinct(rows: list[Any]) -> list[Any]:
    seen: dict[str, Any] = {}
    for row in rows:
        seen.setdefault(repr(row), row)
    return list(seen.values())
