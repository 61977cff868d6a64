"""The draw that anyone can repeat (sampling.md, "The rule"): pure functions on codes, strata and two nonces.

Here live frame, size, picks' bound, shares of the strata, seed, ranks, replacements. Integers only. Who may draw, and when, is
said in acts; nothing here knows a database, a clock or chance. tools/redraw.py is written apart from this file on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import isqrt

CLIENT_NONCE_MOST = 64
_NUMBER = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+)|/([1-9][0-9]*))?")
_NONCE = re.compile(r"[0-9a-f]{64}")


class SamplingError(ValueError):
    """What cannot be drawn: a code of the catalogue of problems and its facts."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Row:
    """A line of a table of sizes: from so many outlets to so many, that size."""

    first: int
    last: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a scheme samples. `coefficient` is number text ("0.6", "3/5") or a table of sizes."""

    version: str
    coefficient: str | tuple[Row, ...]
    least: int = 1
    random_share: str = "0.25"
    strata: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outlet:
    code: str
    strata: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """One outlet of the random part, with the rank that brought it in."""

    code: str
    strata: tuple[str, ...]
    rank: str


@dataclass(frozen=True)
class Draw:
    seed: str
    drawn: tuple[Drawn, ...]


def rule_of(scheme: Mapping[str, object], kind: str, *, mystery: bool) -> Rule:
    """The rule that a scheme version has for this kind of evaluation. A kind it does not name asks for `least` outlets."""
    sampling = scheme.get("sampling")
    said = sampling.get("mystery") if isinstance(sampling, Mapping) and mystery else sampling
    if not isinstance(said, Mapping):
        raise SamplingError("sampling-rule-missing")
    given = {"least": 1, "random_share": "0.25", "strata": []} | {k: v for k, v in said.items() if v is not None}
    return read_rule(
        {
            "version": f"{scheme.get('code')} {scheme.get('version')}",
            "coefficient": given.get("coefficient" if mystery else kind, "0"),
            "least": given["least"],
            "random_share": given["random_share"],
            "strata": given["strata"],
        }
    )


def read_rule(said: Mapping[str, object]) -> Rule:
    """A rule in the form of the protocol."""
    coefficient, least, strata = said.get("coefficient"), said.get("least"), said.get("strata")
    share, version = said.get("random_share"), said.get("version")
    if not (
        isinstance(least, int) and isinstance(share, str) and isinstance(version, str) and isinstance(strata, Sequence)
    ):
        raise SamplingError("sampling-rule-unfit", where="sampling")
    p, q = ratio(share)
    if p > q or isinstance(strata, str):
        raise SamplingError("sampling-rule-unfit", where="random_share")
    table: str | tuple[Row, ...]
    if isinstance(coefficient, str):
        ratio(coefficient)
        table = coefficient
    elif isinstance(coefficient, Sequence):
        table = tuple(Row(row["from"], row["to"], row["size"]) for row in coefficient)
    else:
        raise SamplingError("sampling-rule-unfit", where="coefficient")
    return Rule(
        version=version, coefficient=table, least=least, random_share=share, strata=tuple(str(name) for name in strata)
    )


def written_rule(rule: Rule) -> dict[str, object]:
    """The rule in the form of the protocol."""
    table: object = rule.coefficient
    if not isinstance(rule.coefficient, str):
        table = [{"from": row.first, "to": row.last, "size": row.size} for row in rule.coefficient]
    return {
        "version": rule.version,
        "coefficient": table,
        "least": rule.least,
        "random_share": rule.random_share,
        "strata": list(rule.strata),
    }


def frame(outlets: Iterable[Outlet]) -> tuple[Outlet, ...]:
    """The list as it is frozen: sorted by code point, each code once, no tab or line feed, as many strata everywhere."""
    listed = sorted(outlets, key=lambda outlet: outlet.code)
    for before, outlet in zip((None, *listed), listed, strict=False):
        if not outlet.code or any("\t" in text or "\n" in text for text in (outlet.code, *outlet.strata)):
            raise SamplingError("outlet-code-unfit", outlet=outlet.code)
        if before is not None and before.code == outlet.code:
            raise SamplingError("outlet-code-twice", outlet=outlet.code)
        if len(outlet.strata) != len(listed[0].strata):
            raise SamplingError("outlet-strata-unfit", outlet=outlet.code)
    return tuple(listed)


def list_sha256(outlets: Iterable[Outlet]) -> str:
    """SHA-256 of the lines `code TAB stratum … LF` of the frame."""
    return _digest("".join("\t".join((outlet.code, *outlet.strata)) + "\n" for outlet in frame(outlets)))


def ratio(text: str) -> tuple[int, int]:
    """Number text as p, q: "0.6" is (6, 10); not negative, at most 40 characters."""
    match = _NUMBER.fullmatch(text) if len(text) <= 40 else None
    if match is None:
        raise SamplingError("sampling-rule-unfit", where=text)
    whole, digits, below = match.groups()
    if below:
        return int(whole), int(below)
    return int(whole + (digits or "")), 10 ** len(digits or "")


def size(outlets: int, rule: Rule) -> int:
    """k: the smallest integer with k·k·q·q ≥ p·p·N, or the table's size; at least `least`, at most N."""
    if outlets == 0:
        return 0
    if isinstance(rule.coefficient, str):
        p, q = ratio(rule.coefficient)
        ruled = isqrt(p * p * outlets) // q
        if ruled * ruled * q * q < p * p * outlets:
            ruled += 1
    else:
        row = next((row for row in rule.coefficient if row.first <= outlets <= row.last), None)
        if row is None:
            raise SamplingError("sampling-table-short", outlets=outlets)
        ruled = row.size
    return min(outlets, max(ruled, rule.least))


def most_picks(size: int, rule: Rule) -> int:
    """How many of `size` people may choose: size − ⌈random_share · size⌉."""
    p, q = ratio(rule.random_share)
    return max(0, size + -p * size // q)


def shares(sizes: Mapping[tuple[str, ...], int], drawn: int) -> dict[tuple[str, ...], int]:
    """How many of `drawn` fall to each stratum: in proportion, the rest by largest remainder, equal ones in strata order."""
    strata, total = sorted(sizes), sum(sizes.values())
    if drawn > total:
        raise SamplingError("sample-too-large", size=drawn, most=total)
    given = {stratum: drawn * sizes[stratum] // total for stratum in strata} if total else {}
    by_remainder = sorted(strata, key=lambda stratum: -(drawn * sizes[stratum] % total)) if total else []
    for stratum in by_remainder[: drawn - sum(given.values())]:
        given[stratum] += 1
    return given


def seed(list_sha256: str, body_nonce: str, client_nonce: str) -> str:
    return _digest(f"{list_sha256}|{body_nonce}|{client_nonce}")


def rank(seed: str, code: str) -> str:
    return _digest(f"{seed}|{code}")


def check_draw(
    outlets: Iterable[Outlet], rule: Rule, size_wanted: int, size_reason: str, picks: Mapping[str, str]
) -> None:
    """Refuse a draw that sampling.md refuses: too small, larger without a reason, too many picks, a pick without reason or frame.

    `picks` maps code to reason.
    """
    listed = {outlet.code for outlet in frame(outlets)}
    ruled = size(len(listed), rule)
    if size_wanted < ruled:
        raise SamplingError("sample-too-small", size=size_wanted, least=ruled)
    if size_wanted > len(listed):
        raise SamplingError("sample-too-large", size=size_wanted, most=len(listed))
    if size_wanted > ruled and not size_reason.strip():
        raise SamplingError("sample-size-reason", size=size_wanted, least=ruled)
    for code, reason in picks.items():
        if code not in listed:
            raise SamplingError("pick-unknown", outlet=code)
        if not reason.strip():
            raise SamplingError("pick-reason", outlet=code)
    if len(picks) > most_picks(size_wanted, rule):
        raise SamplingError("picks-too-many", picks=len(picks), most=most_picks(size_wanted, rule))


def draw(outlets: Iterable[Outlet], size: int, picks: Collection[str], body_nonce: str, client_nonce: str) -> Draw:
    """The random part: size − picks outlets by stratum and rank. Ordered by strata, then rank."""
    if not _NONCE.fullmatch(body_nonce) or len(client_nonce) > CLIENT_NONCE_MOST:
        raise SamplingError("nonce-unfit", most=CLIENT_NONCE_MOST)
    listed = frame(outlets)
    sown = seed(list_sha256(listed), body_nonce, client_nonce)
    rest: dict[tuple[str, ...], list[Drawn]] = {}
    for outlet in listed:
        if outlet.code not in picks:
            rest.setdefault(outlet.strata, []).append(Drawn(outlet.code, outlet.strata, rank(sown, outlet.code)))
    given = shares({stratum: len(members) for stratum, members in rest.items()}, size - len(picks))
    return Draw(
        sown, tuple(one for stratum, n in given.items() for one in sorted(rest[stratum], key=lambda one: one.rank)[:n])
    )


def replacement(
    outlets: Iterable[Outlet], seed: str, sampled: Collection[str], swaps: Sequence[tuple[str, str]], out: str
) -> str:
    """The outlet that comes in for `out`: the next rank of its stratum, else of all strata, among those never taken before.

    `sampled` are the codes of picks and drawn, `swaps` the replacements so far as (out, in), in order.
    """
    visited, used = set(sampled), set(sampled)
    for gone, came in swaps:
        visited = visited - {gone} | {came}
        used.add(came)
    if out not in visited:
        raise SamplingError("replace-not-sampled", outlet=out)
    listed = frame(outlets)
    stratum = next(outlet.strata for outlet in listed if outlet.code == out)
    free = [outlet for outlet in listed if outlet.code not in used]
    alike = [outlet for outlet in free if outlet.strata == stratum]
    if not free:
        raise SamplingError("replace-none-left", outlet=out)
    return min((rank(seed, outlet.code), outlet.code) for outlet in alike or free)[1]


def _digest(text: str) -> str:
    try:
        return sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        raise SamplingError("outlet-code-unfit", outlet=ascii(text[:40])) from None
