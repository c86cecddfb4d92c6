"""What can be measured of a window against the time before: one pure function a statistic, listed in STATISTICS.

Each takes a Comparison and returns an Estimate with a 95 % interval. Shares are of independent stories, so a busy
panel does not look like a busy theme. Intervals are Jeffreys' (Brown, Cai and DasGupta 2001), widened where days
scatter more than chance alone would have them (quasi-binomial). Says nothing about single days: see ``series.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.stats import beta, norm, t

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COVERAGE = 0.95
STEADY = 1.25  # a ratio whose whole interval lies within 1/STEADY and STEADY is no change worth the name
GRID = 200  # quantiles of each share by which the interval of their ratio is found
FEWEST_EXPECTED = 0.5  # days expecting less than this tell nothing of over-dispersion

Verdict = Literal["rising", "falling", "steady", "cannot tell"]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Stories a day with the theme, and all stories of the same days; arrays of one shape, gaps left out."""

    counts: Floats
    totals: Floats

    @property
    def stories(self) -> float:
        """Stories with the theme."""
        return float(self.counts.sum())

    @property
    def total(self) -> float:
        """All stories."""
        return float(self.totals.sum())


@dataclass(frozen=True, slots=True)
class Comparison:
    """The window that is described and the time before that it is compared with."""

    now: Window
    before: Window


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure (None where there is nothing to divide by) and its 95 % interval."""

    value: float | None
    low: float
    high: float


def share(comparison: Comparison) -> Estimate:
    """Divide stories of the theme by all stories of the window."""
    return _share(comparison.now, dispersion(comparison))


def share_before(comparison: Comparison) -> Estimate:
    """Give the same for the time before."""
    return _share(comparison.before, dispersion(comparison))


def change(comparison: Comparison) -> Estimate:
    """Ratio of the share to the share before; its interval by the two posteriors' quantiles, without drawing lots.

    Without any story before there is no ratio, yet its interval says what can be excluded.
    """
    extra = dispersion(comparison)
    ratios = np.divide.outer(_quantiles(comparison.now, extra), _quantiles(comparison.before, extra))
    low, high = np.quantile(ratios, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    now, before = _ratio(comparison.now), _ratio(comparison.before)
    if not now:
        low = 0.0
    return Estimate(now / before if now is not None and before else None, float(low), float(high))


STATISTICS: Mapping[str, Callable[[Comparison], Estimate]] = {
    "share": share,
    "share_before": share_before,
    "change": change,
}


def verdict(ratio: Estimate) -> Verdict:
    """Claim what the interval of the change allows, and no more."""
    if ratio.low > 1:
        return "rising"
    if ratio.high < 1:
        return "falling"
    return "steady" if ratio.low >= 1 / STEADY and ratio.high <= STEADY else "cannot tell"


def dispersion(comparison: Comparison) -> float:
    """By what factor days scatter more than a binomial with each window's own share; at least 1.

    Pearson's statistic by its degrees of freedom, corrected for sparse counts as Fletcher (2012) does, and widened
    as Student's t is, because a factor learnt from a month of days is itself unsure.
    """
    pearson, skew, days = 0.0, 0.0, 0
    for window in (comparison.now, comparison.before):
        rate = _ratio(window)
        if not rate or rate >= 1:
            continue
        mean = window.totals * rate
        seen = mean >= FEWEST_EXPECTED
        mean, counts = mean[seen], window.counts[seen]
        variance = mean * (1 - rate)
        pearson += float(np.sum((counts - mean) ** 2 / variance))
        skew += float(np.sum((1 - 2 * rate) * (counts - mean) / variance))
        days += max(0, int(seen.sum()) - 1)
    if days < 3:
        return 1.0
    factor = pearson / days / max(0.5, 1 + skew / days)
    unsure = float(t.ppf((1 + COVERAGE) / 2, days) / norm.ppf((1 + COVERAGE) / 2)) ** 2
    return max(1.0, factor * unsure)


def _share(window: Window, extra: float) -> Estimate:
    value = _ratio(window)
    low, high = beta.ppf([(1 - COVERAGE) / 2, (1 + COVERAGE) / 2], *_posterior(window, extra))
    if not window.stories:
        low = 0.0
    if window.stories >= window.total:
        high = 1.0
    return Estimate(value, float(low), float(high))


def _quantiles(window: Window, extra: float) -> Floats:
    return np.asarray(beta.ppf((np.arange(GRID) + 0.5) / GRID, *_posterior(window, extra)))


def _posterior(window: Window, extra: float) -> tuple[float, float]:
    """Jeffreys' posterior of the share; over-dispersed days count for fewer stories than they are."""
    stories = min(window.stories, window.total)
    return stories / extra + 0.5, (window.total - stories) / extra + 0.5


def _ratio(window: Window) -> float | None:
    return min(1.0, window.stories / window.total) if window.total > 0 else None
