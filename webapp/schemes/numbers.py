"""Exact numbers: how they are written, read and added. "Exact arithmetic only" of the scoring contract.

A number travels as text ("3", "0.5", "20/9") and is a `Fraction` inside; an integer is a JSON number.
Never here: floating point, rounding but for `shown`, anything that knows what a clause is.
"""

import re
import sys
from collections.abc import Iterable
from fractions import Fraction
from math import gcd

# A mean over 1,000 sites has thousands of digits; Python refuses to print more than 4,300 unless told.
sys.set_int_max_str_digits(0)

LARGEST_INTEGER = 2**53 - 1
LONGEST_NUMBER = 40
ZERO = Fraction(0)
ONE = Fraction(1)

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+)|/([1-9][0-9]*))?")


def number(text: object) -> Fraction | None:
    """The number that a number text stands for, or None if it is none ("1e3", "+1", ".5", "01", 3)."""
    if not isinstance(text, str) or len(text) > LONGEST_NUMBER:
        return None
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, decimals, below = match.groups()
    if decimals is not None:
        value = Fraction(int(whole + decimals), 10 ** len(decimals))
    else:
        value = Fraction(int(whole), int(below or 1))
    return -value if sign else value


def decimal(text: object) -> Fraction | None:
    """As `number`, but "1/3" is none: measured values, survey means and weights keep small denominators."""
    return None if isinstance(text, str) and "/" in text else number(text)


def share(text: object) -> Fraction | None:
    """A number from 0 to 1, or None."""
    value = number(text)
    return value if value is not None and 0 <= value <= 1 else None


def integer(value: object) -> int | None:
    """A JSON number with an integer value (9.0 is 9, true is not 1) of at most 2^53 - 1 in size, or None."""
    if type(value) is int:
        return value if -LARGEST_INTEGER <= value <= LARGEST_INTEGER else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    whole = int(value)
    return whole if -LARGEST_INTEGER <= whole <= LARGEST_INTEGER else None


def text_of(value: Fraction | None) -> str | None:
    """Lowest terms, `p` or `p/q`, never decimals; None stays None."""
    return None if value is None else str(value)


def added(parts: Iterable[tuple[Fraction, int]]) -> Fraction:
    """Σ value x times. One sum per denominator, then pairwise: no gcd of huge integers before the last step."""
    per_denominator: dict[int, int] = {}
    for value, times in parts:
        below = value.denominator
        per_denominator[below] = per_denominator.get(below, 0) + value.numerator * times
    sums = [(above, below) for below, above in sorted(per_denominator.items())]
    while len(sums) > 1:
        pairs = [_plus(sums[at], sums[at + 1]) for at in range(0, len(sums) - 1, 2)]
        sums = pairs + sums[len(sums) - len(sums) % 2 :]
    return Fraction(*sums[0]) if sums else ZERO


def _plus(above: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    (n, d), (m, e) = above, other
    common = gcd(d, e)
    return n * (e // common) + m * (d // common), d // common * e


def shown(value: Fraction | None, digits: int, marks: Iterable[Fraction]) -> str | None:
    """Half up to `digits` decimals, but never up to a mark (the least score of a level) that is not reached."""
    if value is None:
        return None
    scale = 10**digits
    scaled = value * scale
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    if any(value < mark <= Fraction(units, scale) for mark in marks):
        units = scaled.numerator // scaled.denominator
    whole, rest = divmod(abs(units), scale)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{rest:0{digits}d}" if digits else f"{sign}{whole}"
