#!/usr/bin/env python3
"""Repeats each draw and replacement of a sampling protocol: redraw.py PROTOCOL.json says "same", or what differs."""

import json
import re
import sys
from fractions import Fraction
from hashlib import sha256
from pathlib import Path


def redraw(protocol):
    ratio = re.compile(r"(?=.{1,40}$)(0|[1-9][0-9]*)(\.[0-9]+|/[1-9][0-9]*)?").fullmatch
    digest = lambda text: sha256(text.encode()).hexdigest()  # noqa: E731
    rule, outlets = protocol["rule"], {outlet["code"]: outlet["strata"] for outlet in protocol["outlets"]}
    yield "format", [protocol["format"], type(protocol["draws"]), len(protocol["outlets"])], [1, list, len(outlets)]
    for code, strata in outlets.items():
        tidy = all(type(text) is str and not re.search("[\t\n]", text) for text in [code, *strata]) and code
        yield f"outlet {code!a}", tidy and type(strata) is list and len(strata), len(rule["strata"])
    listed = digest("".join("\t".join([code, *outlets[code]]) + "\n" for code in sorted(outlets)))
    yield "list_sha256", protocol["list_sha256"], listed
    for at, draw in enumerate(protocol["draws"], 1):
        k, n, size, picks = draw["size"], len(outlets), rule["coefficient"], [one["code"] for one in draw["picks"]]
        if type(size) is list:
            size = next(row["size"] for row in size if row["from"] <= n <= row["to"]) if n else 0
        else:
            size = next(k for k in range(n + 1) if k == n or k * k >= Fraction(ratio(size)[0]) ** 2 * n)
        size = min(n, max(size, rule["least"]))
        yield f"draw {at}: size", k, k if type(k) is int and (size < k <= n and draw["size_reason"]) else size
        by_lot = -(-k * Fraction(ratio(rule["random_share"])[0]) // 1)
        fair = len({*picks}) == len(picks) <= k - by_lot and {*picks} <= {*outlets}
        yield f"draw {at}: picks are other outlets of the list, at most {k - by_lot}", fair, True
        reasons = [one["reason"] for one in [draw][: at - 1] + draw["picks"] + draw["replacements"]]
        yield f"draw {at}: reasons given", all(type(reason) is str and reason.strip() for reason in reasons), True
        body, client, rest = draw["nonces"]["body"], draw["nonces"]["client"], {}
        seed, form = digest(f"{listed}|{body}|{client}"), bool(re.fullmatch("[0-9a-f]{64}", body)) and len(client) <= 64
        yield f"draw {at}: form of the nonces, seed", [form, draw["seed"]], [True, seed]
        rank = {code: digest(f"{seed}|{code}") for code in outlets}
        for code in sorted({*outlets} - {*picks}, key=rank.get):
            rest.setdefault(tuple(outlets[code]), []).append(code)
        m, r = k - len(picks), n - len(picks)
        left = m - sum(m * len(codes) // r for codes in rest.values())
        more = sorted(rest, key=lambda strata: (-(m * len(rest[strata]) % r), strata))[:left]
        drawn = [c for strata in sorted(rest) for c in rest[strata][: m * len(rest[strata]) // r + (strata in more)]]
        said = [[one["code"], one["strata"], one["rank"]] for one in draw["drawn"]]
        yield f"draw {at}: drawn", said, [[code, outlets[code], rank[code]] for code in drawn]
        used = visited = {*picks, *drawn}
        for swap in draw["replacements"]:
            alike = {code for code in outlets if outlets[code] == outlets[swap["out"]]} - used
            following = min(alike or {*outlets} - used, key=rank.get, default=None) if swap["out"] in visited else None
            yield f"draw {at}: in place of {swap['out']!a}", swap["in"] is not None and swap["in"], following
            used, visited = used | {following}, visited - {swap["out"]} | {following}


try:
    wrong = [one for one in redraw(json.loads(Path(sys.argv[1]).read_bytes())) if ascii(one[1]) != ascii(one[2])]
    print("\n".join(f"{what} is {said!a}, should be {should!a}" for what, said, should in wrong) or "same")
except Exception as error:
    wrong = [print(f"not a protocol: {type(error).__name__}, {str(error)!a}")]
sys.exit(bool(wrong))
