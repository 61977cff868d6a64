"""From registers to the loss of a clause: visits, checkpoints, sites, clause (rules 3 to 5), with every completion.

Each step passes up the least and greatest loss (and column) while judged, and whether it can be excluded; what is
complete has one loss and no choice. The steps are independent and monotone, so no combination is ever tried.
Never here: points, groups, axes, levels.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from webapp.schemes.inputs import Contents, Filed, Site
from webapp.schemes.leaf import Answer, Given, Leaf
from webapp.schemes.numbers import ONE, ZERO, text_of
from webapp.schemes.ratios import Member, greatest_mean, greatest_pool, least_mean, least_pool

Choices = tuple[tuple[int, int], ...]
EXCLUDED_SAMPLE = (0, 0)
Slots = tuple[tuple[Contents, ...], ...]
"""What one site has for a clause: per checkpoint (or once) the contents of its registers, one per visit."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one register, checkpoint or site may still become.

    `judged`: it can be judged; then `low`..`high` are its ends of loss (None on a matrix without shares) and
    `low_column`..`high_column` those of its column. `optional`: it can be excluded. `open`: not settled yet.
    `choices`: per register of a sample the (failing, checked) it may take; None where any number may come.
    """

    open: bool
    judged: bool
    optional: bool
    low: Fraction | None = None
    high: Fraction | None = None
    low_column: int | None = None
    high_column: int | None = None
    choices: tuple[Choices, ...] | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One clause: its ends of loss while judged, after an override; `combined` is the loss that one replaced."""

    leaf: Leaf
    state: str
    judged: bool
    optional: bool
    low: Fraction | None
    high: Fraction | None
    combined: Fraction | None
    overridden: bool
    sites: Mapping[str, str | None]
    outcomes: Sequence[Outcome] = field(repr=False)

    @property
    def asked(self) -> bool:
        return self.state != "not_asked"

    @property
    def earned(self) -> Fraction | None:
        """Points earned by an answered clause; none on a matrix without shares, which has none."""
        if self.state != "answered":
            return None
        return ZERO if self.low is None else self.leaf.points * (1 - self.low)

    @property
    def column(self) -> int | None:
        """The lowest column that a judged site of an answered matrix reached."""
        return min((o.low_column for o in self.outcomes if o.low_column is not None), default=None)


def figure_of(filed: Filed, sites: Sequence[Site], override: Fraction | None) -> Figure:
    """The figure of one clause over all its asked sites."""
    leaf = filed.leaf
    per_site = _per_site(filed)
    nothing: Slots = ((),) * len(filed.registers)
    known: dict[Slots, Outcome] = {}
    outcomes: list[Outcome] = []
    for at in filed.asked:
        slots = per_site.get(at, nothing)
        outcome = known.get(slots)
        if outcome is None:
            outcome = known[slots] = _site(leaf, slots)
        outcomes.append(outcome)
    if leaf.combine == "weighted":
        tally: Counter[Outcome] = Counter()
        for at, outcome in zip(filed.asked, outcomes, strict=True):
            tally[outcome] += sites[at].weight
    else:
        tally = Counter(outcomes)
    judged = any(outcome.judged for outcome in tally)
    if not outcomes:
        state = "not_asked"
    elif any(outcome.open for outcome in tally):
        state = "open"
    else:
        state = "answered" if judged else "excluded"
    low = high = combined = None
    if judged and leaf.scored:
        low, high = _combined(leaf, tally, settled=state == "answered")
    overridden = override is not None and state == "answered"
    if overridden:
        combined, low, high = low, override, override
    return Figure(
        leaf=leaf,
        state=state,
        judged=judged,
        optional=all(outcome.optional for outcome in tally),
        low=low,
        high=high,
        combined=combined,
        overridden=overridden,
        sites={sites[at].id: outcome.text for at, outcome in zip(filed.asked, outcomes, strict=True)},
        outcomes=tuple(tally),
    )


def _per_site(filed: Filed) -> dict[int, Slots]:
    slots: list[dict[int, tuple[Contents, ...]]] = []
    for register in filed.registers:
        visits: dict[int, tuple[Contents, ...]] = {}
        for (at, _), contents in register.items():
            before = visits.get(at)
            visits[at] = (contents,) if before is None else (*before, contents)
        slots.append(visits)
    if len(slots) == 1:
        return {at: (contents,) for at, contents in slots[0].items()}
    return {at: tuple(visits.get(at, ()) for visits in slots) for at in {at for visits in slots for at in visits}}


def _site(leaf: Leaf, slots: Slots) -> Outcome:
    if not leaf.checkpoints:
        return _visits(leaf, leaf.kind, slots[0])
    parts = [_visits(leaf, point.reader.kind, visits) for point, visits in zip(leaf.checkpoints, slots, strict=True)]
    if leaf.rule == "all":
        low, high = _worst([_any(part) for part in parts])
    else:
        scale = lcm(*(point.weight.denominator for point in leaf.checkpoints))
        weights = [int(point.weight * scale) for point in leaf.checkpoints]
        low, high = _mean(zip(parts, weights, strict=True))
    return _outcome(leaf, parts, low, high)


def _visits(leaf: Leaf, kind: str, registers: Sequence[Contents]) -> Outcome:
    """Rule 3: one site (or checkpoint of it) over its visits; no value at all is as if `open`."""
    if len(registers) == 1 and isinstance(registers[0], Answer):
        return _answered(leaf, kind, registers[0])
    parts = [_register(leaf, kind, contents) for contents in registers or (Given.OPEN,)]
    choices: tuple[Choices, ...] | None = None
    low, high = parts[0].low, parts[0].high
    if kind == "sample":
        if all(part.choices is not None for part in parts):
            choices = tuple(choice for part in parts for choice in part.choices or ())
            members = [(choice, 1) for choice in choices]
            if len(parts) > 1:
                low, high = least_pool(members), greatest_pool(members)
        else:
            low, high = ZERO, ONE
    else:
        low, high = _worst(parts)
    return _outcome(leaf, parts, low, high, choices)


def _answered(leaf: Leaf, kind: str, answer: Answer) -> Outcome:
    """The common case, one visit with one answer, made without a detour: there may be 100,000 of them."""
    loss, column = answer.loss, answer.column
    text = text_of(loss) if column is None else _column(leaf, column)
    choices = (((answer.failing, answer.checked),),) if kind == "sample" else None
    return Outcome(False, True, False, loss, loss, column, column, choices, text)


def _outcome(
    leaf: Leaf,
    parts: Sequence[Outcome],
    low: Fraction | None,
    high: Fraction | None,
    choices: tuple[Choices, ...] | None = None,
) -> Outcome:
    judged = any(part.judged for part in parts)
    unsettled = any(part.open for part in parts)
    low_column = high_column = None
    if leaf.kind == "matrix" and judged:
        low_column, high_column = _columns(parts)
    if unsettled:
        text: str | None = "open"
    elif not judged:
        text = "excluded"
    elif leaf.kind == "matrix":
        text = None if low_column is None else _column(leaf, low_column)
    else:
        text = text_of(low)
    return Outcome(
        open=unsettled,
        judged=judged,
        optional=all(part.optional for part in parts),
        low=low,
        high=high,
        low_column=low_column,
        high_column=high_column,
        choices=choices,
        text=text,
    )


def _column(leaf: Leaf, column: int) -> str | None:
    return leaf.columns[column] if column >= 0 else None


def _register(leaf: Leaf, kind: str, contents: Contents) -> Outcome:
    """What one register may become: any one of its values, and what `open` may become."""
    values = contents if isinstance(contents, frozenset) else (contents,)
    lows: list[Fraction] = []
    columns: list[int] = []
    choices: list[tuple[int, int]] = []
    judged, free, optional = False, False, False
    for value in values:
        if value is Given.EXCLUDED:
            optional = True
            choices.append(EXCLUDED_SAMPLE)
        elif value is Given.OPEN:
            judged = free = True
            optional = optional or leaf.exclusion
            lows += [ZERO, ONE]
            columns += [-1, len(leaf.columns) - 1]
        else:
            judged = True
            choices.append((value.failing, value.checked))
            if value.loss is not None:
                lows.append(value.loss)
            if value.column is not None:
                columns.append(value.column)
    scored = leaf.scored and bool(lows)
    return Outcome(
        open=Given.OPEN in values or isinstance(contents, frozenset),
        judged=judged,
        optional=optional,
        low=min(lows) if scored else None,
        high=max(lows) if scored else None,
        low_column=min(columns, default=None),
        high_column=max(columns, default=None),
        choices=(tuple(choices),) if kind == "sample" and not free else None,
    )


def _worst(parts: Iterable[Outcome]) -> tuple[Fraction | None, Fraction | None]:
    """The ends of the largest loss: what can be excluded goes, but for the one that must stay."""
    judged = [(part.low, part.high, part.optional) for part in parts if part.low is not None]
    if not judged:
        return None, None
    fixed = [low for low, _, optional in judged if low is not None and not optional]
    lows = [low for low, _, _ in judged if low is not None]
    return max(fixed) if fixed else min(lows), max(high for _, high, _ in judged if high is not None)


def _columns(parts: Iterable[Outcome]) -> tuple[int, int]:
    """The ends of the lowest column, likewise with the ends exchanged."""
    lows = [part.low_column for part in parts if part.low_column is not None]
    fixed = [part.high_column for part in parts if part.high_column is not None and not part.optional]
    highs = [part.high_column for part in parts if part.high_column is not None]
    return min(lows), min(fixed) if fixed else max(highs)


def _any(part: Outcome) -> Outcome:
    """The same with a loss of 1 for every loss above 0."""
    if part.low is None or part.high is None:
        return part
    return Outcome(
        open=part.open,
        judged=part.judged,
        optional=part.optional,
        low=ONE if part.low > 0 else ZERO,
        high=ONE if part.high > 0 else ZERO,
    )


def _mean(parts: Iterable[tuple[Outcome, int]]) -> tuple[Fraction | None, Fraction | None]:
    parts = list(parts)
    low = least_mean([Member(p.low, weight, p.optional) for p, weight in parts if p.low is not None])
    if not any(part.open for part, _ in parts):
        return low, low
    return low, greatest_mean([Member(p.high, weight, p.optional) for p, weight in parts if p.high is not None])


def _combined(leaf: Leaf, tally: Mapping[Outcome, int], *, settled: bool) -> tuple[Fraction | None, Fraction | None]:
    """Rule 4: the ends of the clause's loss over the sites that did not exclude; `tally` counts or weighs them."""
    if leaf.combine == "worst":
        return _worst(tally)
    if leaf.combine == "any":
        return _worst([_any(outcome) for outcome in tally])
    if leaf.combine == "pooled" and leaf.kind == "sample" and not leaf.checkpoints:
        if any(outcome.choices is None for outcome in tally):
            return ZERO, ONE
        members = [(choices, times) for outcome, times in tally.items() for choices in outcome.choices or ()]
        low = least_pool(members)
        return low, low if settled else greatest_pool(members)
    return _mean(tally.items())
