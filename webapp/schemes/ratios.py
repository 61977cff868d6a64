"""The least and greatest that a ratio Σn ÷ Σd can be, when each member chooses: exact, by Dinkelbach's rounds.

A round asks, at the ratio reached so far, what each member would choose to push Σ(n - ratio·d) further; when
nothing moves the ratio is the end. Every round stands on a real choice with Σd > 0.
Never here: what the members are (visits, checkpoints, sites, clauses, axes).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from webapp.schemes.numbers import ZERO, added


class Member(NamedTuple):
    """`times` equal members of a weighted mean: each worth `value`, or out of the mean if it is `optional`."""

    value: Fraction
    weight: int
    optional: bool
    times: int = 1


def least_mean(members: Sequence[Member], constant: Fraction = ZERO) -> Fraction | None:
    """The least (constant + Σ weight·value) ÷ Σ weight with at least one weight in it; None if there is none."""
    members = [member for member in members if member.weight and member.times]
    total = sum(member.weight * member.times for member in members)
    if not total:
        return None
    ratio = (constant + added((m.value, m.weight * m.times) for m in members)) / total
    if not any(member.optional for member in members):
        return ratio
    while True:
        kept = [m for m in members if not m.optional or m.value < ratio]
        if not kept:  # everybody would go: the one whose staying costs least stays
            last = min(members, key=lambda m: (m.value - ratio) * m.weight)
            kept = [last._replace(times=1)]
        total = sum(m.weight * m.times for m in kept)
        better = (constant + added((m.value, m.weight * m.times) for m in kept)) / total
        if better >= ratio:
            return ratio
        ratio = better


def greatest_mean(members: Sequence[Member], constant: Fraction = ZERO) -> Fraction | None:
    """The greatest such mean."""
    mirrored = least_mean([m._replace(value=-m.value) for m in members], -constant)
    return None if mirrored is None else -mirrored


def least_pool(members: Sequence[tuple[Sequence[tuple[int, int]], int]]) -> Fraction | None:
    """The least Σn ÷ Σd where each member, so many times, chooses one of its (n, d); (0, 0) = excluded."""
    chosen = [(max(choices, key=lambda choice: choice[1]), times) for choices, times in members]
    while True:
        above = sum(n * times for (n, _), times in chosen)
        below = sum(d * times for (_, d), times in chosen)
        if not below:
            return None
        better = [(min(choices, key=lambda c: c[0] * below - above * c[1]), times) for choices, times in members]
        gain = sum((n * below - above * d) * times for (n, d), times in better)
        # A gain below 0 needs a d above 0, as no n is negative: the next round stands on a real choice.
        if gain >= 0:
            return Fraction(above, below)
        chosen = better


def greatest_pool(members: Sequence[tuple[Sequence[tuple[int, int]], int]]) -> Fraction | None:
    """The greatest such ratio of samples: failing becomes passing and the other way round."""
    passing = [([(d - n, d) for n, d in choices], times) for choices, times in members]
    least = least_pool(passing)
    return None if least is None else 1 - least
