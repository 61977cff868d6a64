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
    optional = [member for member in members if member.optional]
    fixed = [member for member in members if not member.optional]
    above, below = constant + _worth(fixed), _weight(fixed)
    total = below + _weight(optional)
    if not total:
        return None
    ratio = (above + _worth(optional)) / total
    while optional:
        kept = [member for member in optional if member.value < ratio]
        if not kept and not below:  # everybody would go: the one whose staying costs least stays
            last = min(optional, key=lambda member: (member.value - ratio) * member.weight)
            kept = [last._replace(times=1)]
        better = (above + _worth(kept)) / (below + _weight(kept))
        if better >= ratio:
            break
        ratio = better
    return ratio


def _worth(members: Sequence[Member]) -> Fraction:
    return added((member.value, member.weight * member.times) for member in members)


def _weight(members: Sequence[Member]) -> int:
    return sum(member.weight * member.times for member in members)


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
