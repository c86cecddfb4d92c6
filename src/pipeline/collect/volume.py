"""How much a source brings a day: where its volume changed for good, and whether it jumps today. Knows no hours.

Counts of a source are small, uneven and weekly, so changes are sought as steps of a negative binomial mean with a
factor a weekday: the best single step by its likelihood ratio (binary segmentation; Scott and Knott 1974), again on
either side. The general change points of trends are Gaussian, which daily counts of 0, 1 and 2 are not.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

from pipeline.model import VolumeChange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

SHORTEST = 7  # days on either side of a change
SAME = timedelta(days=3)  # a change found again nearby is the one known before
CERTAIN = 22.0  # likelihood ratio (twice the logarithm, by the dispersion) from which on a step is one
BETTER = 6.0  # by which a step must beat steady growth
LEAST_RATIO = 1.4  # smaller changes of level are no news to anyone
SPIKE, ODD = 3.0, 5.0  # a day above three times its fortnight's median and five counts as an outlier
HISTORY = 14  # days that a jump is compared with, at least
JUMP, FAR = 4.0, 6.0  # times the usual day, and standard deviations above it
SPARE = 10  # items more than four times the usual
MEDIAN_OF_SQUARE = 0.455  # of a normal variate
CHANCE = 1.5  # weeks seem that uneven by chance alone
LITTLE = 1e-9
ODD_DAYS = 0.15  # of the history: earlier jumps are not the usual


class Jump(NamedTuple):
    """Today's count beside the usual day and the busiest one, outliers apart."""

    items: int
    usual: float
    most: int


class _Day(NamedTuple):
    day: date
    items: float
    due: float  # what its weekday brings at a level of 1 a day


class _Uneven(NamedTuple):
    shape: float  # of the gamma mixture of a day's rate; variance is mean + mean squared by shape
    spells: float  # how much more uneven weeks are than independent days would make them, at least 1


class _Step(NamedTuple):
    at: int
    ratio: float


# ------------------------------------------------------------------ changes for good
def volume_changes(days: Sequence[tuple[date, int]], known: Sequence[VolumeChange] = ()) -> tuple[VolumeChange, ...]:
    """Return where the volume of one source changed, in order: those ``known`` before, which stay, and new ones.

    ``days`` holds whole days and their new items, oldest first, half a year or so; the first is left out, because a
    first look brings a backlog. A change within three days of a known one is the same: it keeps the known day and
    gets the new figures.
    """
    weekly = _weekly(days[1:])
    uneven = _unevenness(weekly)
    cuts = sorted(_steps(weekly, 0, len(weekly), uneven), key=lambda step: step.at)
    edges = [0, *(step.at for step in cuts), len(weekly)]
    found = [
        VolumeChange(weekly[at].day, _level(weekly[lo:at]), _level(weekly[at:hi]), _probability(step, len(weekly)))
        for lo, at, hi, step in zip(edges, edges[1:], edges[2:], cuts, strict=False)
    ]
    return _merged(known, found)


def _merged(known: Sequence[VolumeChange], found: Sequence[VolumeChange]) -> tuple[VolumeChange, ...]:
    kept = {change.day: change for change in known}
    for new in found:
        day = min((d for d in kept if abs(d - new.day) <= SAME), key=lambda d: abs(d - new.day), default=new.day)
        kept[day] = replace(new, day=day)
    return tuple(kept[day] for day in sorted(kept))


def _weekly(days: Sequence[tuple[date, int]]) -> list[_Day]:
    """Trim outliers, and say what each weekday brings beside the others; few weeks tell little of that."""
    counts = [min(n, SPIKE * median(x for _, x in days[max(i - 7, 0) : i + 8]) + ODD) for i, (_, n) in enumerate(days)]
    total = sum(counts)
    if not total:
        return []
    usual = total / len(days)
    factors = []
    for weekday in range(7):
        same = [n for (day, _), n in zip(days, counts, strict=True) if day.weekday() == weekday]
        factors.append((sum(same) + ODD) / (usual * len(same) + ODD))
    return [_Day(day, n, factors[day.weekday()]) for (day, _), n in zip(days, counts, strict=True)]


def _unevenness(days: Sequence[_Day]) -> _Uneven:
    """Estimate how uneven days are within their fortnight, and how much more uneven weeks are than such days make them.

    Weeks show what days hide: news comes in spells. Medians, so that a step itself hardly counts.
    """
    moods = [_mood(days[i : i + 14]) for i in range(0, max(len(days) - 13, 1), 14)]
    mood = max(1.2 * median(moods), 1e-6)  # the median of a skewed estimate is low
    weeks = [sum(d.items for d in days[i : i + 7]) for i in range(0, len(days) - 6, 7)]
    usual = [(b - a) ** 2 / max((a + b) * (1 + mood * (a + b) / 14), 1.0) for a, b in pairwise(weeks)]
    spells = median(usual) / MEDIAN_OF_SQUARE if len(usual) > 3 else 1.0
    return _Uneven(1 / mood, max(spells / CHANCE, 1.0))


def _mood(days: Sequence[_Day]) -> float:
    """Variance beyond that of a Poisson process, by the squared mean."""
    due = [day.due * _level(days) for day in days]
    excess = sum((d.items - m) ** 2 * 14 / 13 - m for d, m in zip(days, due, strict=True))
    return excess / max(sum(m * m for m in due), LITTLE)


def _level(days: Sequence[_Day]) -> float:
    return sum(d.items for d in days) / max(sum(d.due for d in days), 1e-9)


def _steps(days: Sequence[_Day], lo: int, hi: int, uneven: _Uneven) -> list[_Step]:
    """Find the steps within ``days[lo:hi]``, the clearest first."""
    best = _best_step(days, lo, hi, uneven)
    if best is None or best.ratio < CERTAIN:
        return []
    left, right = _level(days[lo : best.at]), _level(days[best.at : hi])
    small = max(left, right) < LEAST_RATIO * min(left, right)
    if small or best.ratio < _growth(days[lo:hi], uneven) + BETTER:
        return []
    return [best, *_steps(days, lo, best.at, uneven), *_steps(days, best.at, hi, uneven)]


def _best_step(days: Sequence[_Day], lo: int, hi: int, uneven: _Uneven) -> _Step | None:
    left, right = _Sums(), _Sums()
    for day in days[lo:hi]:
        right.add(day, 1)
    whole, best = right.fit(uneven), None
    for at in range(lo + 1, hi - SHORTEST + 1):
        left.add(days[at - 1], 1)
        right.add(days[at - 1], -1)
        if at - lo < SHORTEST:
            continue
        ratio = 2 * (left.fit(uneven) + right.fit(uneven) - whole) / uneven.spells
        if best is None or ratio > best.ratio:
            best = _Step(at, ratio)
    return best


class _Sums:
    """Items and days of a stretch by weekday, and how well its best level fits them."""

    def __init__(self) -> None:
        self.items, self.days, self.due = [0.0] * 7, [0] * 7, [1.0] * 7

    def add(self, day: _Day, sign: int) -> None:
        weekday = day.day.weekday()
        self.items[weekday] += sign * day.items
        self.days[weekday] += sign
        self.due[weekday] = day.due

    def fit(self, uneven: _Uneven) -> float:
        """Log-likelihood of the negative binomial, without what is common to all levels."""
        shape = uneven.shape
        level = sum(self.items) / max(sum(n * due for n, due in zip(self.days, self.due, strict=True)), 1e-9)
        total = 0.0
        for items, days, due in zip(self.items, self.days, self.due, strict=True):
            mean = level * due
            if items > LITTLE:
                total += items * math.log(mean / (mean + shape))
            total -= shape * days * math.log1p(mean / shape)
        return total


def _growth(days: Sequence[_Day], uneven: _Uneven) -> float:
    """Likelihood ratio of growth (or decay) by the same part every day, by Newton's method in its rate."""
    middle = len(days) / 2
    times = [(i - middle) / len(days) for i in range(len(days))]
    n, slope = sum(d.items for d in days), 0.0
    pull = sum(d.items * t for d, t in zip(days, times, strict=True))
    for _ in range(12):
        weights = [d.due * math.exp(slope * t) for d, t in zip(days, times, strict=True)]
        total = sum(weights)
        mean = sum(w * t for w, t in zip(weights, times, strict=True)) / total
        spread = sum(w * (t - mean) ** 2 for w, t in zip(weights, times, strict=True)) / total
        slope = min(max(slope + (pull - n * mean) / max(n * spread, 1e-9), -20.0), 20.0)
    grown = sum(d.due * math.exp(slope * t) for d, t in zip(days, times, strict=True))
    dispersion = uneven.spells * (1 + n / len(days) / uneven.shape)
    return 2 / dispersion * (slope * pull - n * math.log(grown / sum(d.due for d in days)))


def _probability(step: _Step, days: int) -> float:
    """Chance that there is a step: its likelihood by BIC, against one step in two source-years before looking."""
    odds = (step.ratio - math.log(days)) / 2 + math.log(1 / 730)
    return round(1 / (1 + math.exp(-min(odds, 30.0))), 3)


# ------------------------------------------------------------------ today
def jump(days: Sequence[tuple[date, int]]) -> Jump | None:
    """Return today's count (the last of ``days``) where it is far above the usual, None where it is not.

    The usual is that of workdays or of weekends, whichever today is, without the busiest seventh. After a few days
    on a new level, this is the usual, and a change of volume. Fewer than two weeks of history tell nothing.
    """
    if len(days) <= HISTORY + 1:
        return None
    today, count = days[-1]
    past = days[1:-1]
    alike = [n for day, n in past if (day.weekday() < 5) == (today.weekday() < 5)]
    counts = sorted(alike if len(alike) >= 5 else [n for _, n in past])
    most = counts[int((len(counts) - 1) * (1 - ODD_DAYS))]
    usual = fmean(min(n, most) for n in counts)
    uneven = max(fmean((min(n, most) - usual) ** 2 for n in counts) / max(usual, 0.1), 1.0)
    far = 2 * (math.sqrt(count + 0.375) - math.sqrt(usual + 0.375)) / math.sqrt(uneven)
    jumped = count > JUMP * max(usual, most / 2) + SPARE and far > FAR
    return Jump(count, usual, most) if jumped else None
