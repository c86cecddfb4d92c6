"""Which points are far above expectation, with the false-discovery rate controlled over the whole series.

Counts are negative binomial around what was expected, other values Gaussian; where the series is long enough to
show how heavy its own upper tail is, that tail replaces the textbook's. Says nothing about why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, false_discovery_control, nbinom, norm, poisson

from pipeline.model import Burst
from pipeline.trend.expected import spread

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

Q = 0.05  # of the points reported, at most this share is false
Q_TAIL = 0.01  # the same where a series' own tail was continued beyond what it shows: a guess, so asked for more
TAIL_FROM = 400  # points from which a series shows its own tail
TAIL = (0.95, 0.99)  # the part of it that is looked at; beyond it lie the bursts themselves
PARTNER = 0.2  # a point less unusual than this has no part in a pair: its neighbour alone is
KEPT = 0.95  # share of points, the least surprising, that tell how noisy counts are
TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    """How values scatter around ``expected`` when nothing happens; arrays of one shape.

    ``dispersion`` is the negative binomial's variance factor (variance = mean * (1 + dispersion * mean)) for
    counts, None for other values, which have the standard deviation ``sigma``.
    """

    expected: Floats
    sigma: float
    dispersion: float | None

    def tail(self, values: Floats) -> Floats:
        """Probability of a value at least this large."""
        if self.dispersion is None:
            return np.asarray(norm.sf(values, self.expected, self.sigma))
        if self.dispersion < 1e-6:
            return np.asarray(poisson.sf(values - 1, self.expected))
        return np.asarray(nbinom.sf(values - 1, *self._shape()))

    def band(self, coverage: float = 0.95) -> tuple[Floats, Floats]:
        """Lower and upper bound of the central interval of a value."""
        low, high = (1 - coverage) / 2, (1 + coverage) / 2
        if self.dispersion is None:
            reach = float(norm.ppf(high)) * self.sigma
            return self.expected - reach, self.expected + reach
        if self.dispersion < 1e-6:
            return np.asarray(poisson.ppf(low, self.expected)), np.asarray(poisson.ppf(high, self.expected))
        return np.asarray(nbinom.ppf(low, *self._shape())), np.asarray(nbinom.ppf(high, *self._shape()))

    def deviations(self, values: Floats) -> Floats:
        """How many standard deviations each value lies above expectation."""
        if self.dispersion is None:
            return (values - self.expected) / self.sigma
        return (values - self.expected) / np.sqrt(self.expected * (1 + self.dispersion * self.expected))

    def _shape(self) -> tuple[float, Floats]:
        assert self.dispersion is not None
        return 1 / self.dispersion, 1 / (1 + self.dispersion * self.expected)


def counted(values: Floats, expected: Floats) -> Null:
    """Fit the null of counts: dispersion by moments over the KEPT points, made up for what the rest would add."""
    # where most days have nothing the level is zero, yet one story in a while is what such a series does
    expected = np.maximum(expected, max(0.02, min(1.0, float(values.mean()))))
    pull = (values - expected) ** 2 / expected
    kept = pull <= np.quantile(pull, KEPT)
    shrink = float(chi2.cdf(chi2.ppf(KEPT, 1), 3)) / KEPT  # mean of a chi-square cut at its KEPT quantile
    excess = (values[kept] - expected[kept]) ** 2 / shrink - expected[kept]
    unsure = 1 + 2 * float(np.sqrt(2 / len(values)))  # a short series may have shown less scatter than it has
    return Null(expected, 1.0, unsure * max(0.0, float(excess.sum() / (expected[kept] ** 2).sum())))


def measured(values: Floats, expected: Floats) -> Null:
    """Fit the null of values that are no counts; the scale is robust, and never below rounding."""
    rest = values - expected
    return Null(expected, max(spread(rest), 1e-9 * float(np.abs(values).max(initial=1.0))), None)


def bursts(values: Floats, null: Null, known: Mask, *, join: int = 1) -> tuple[Burst, ...]:
    """Find runs of points whose excess survives Benjamini and Hochberg at Q; runs up to ``join`` apart are one.

    ``score`` is the largest number of standard deviations above expectation, ``q`` the smallest adjusted p.
    """
    long = known.sum() >= TAIL_FROM
    chance = np.where(known, null.tail(values), 1.0)
    chance = _own_tail(chance, known) if long else _with_pairs(chance, null, values, known)
    adjusted = false_discovery_control(np.clip(chance, TINY, 1.0))
    score = null.deviations(values)
    runs = _runs(np.flatnonzero(adjusted <= (Q_TAIL if long else Q)), join)
    return tuple(
        Burst(lo, hi, round(float(score[lo : hi + 1].max()), 2), float(f"{adjusted[lo : hi + 1].min():.3g}"))
        for lo, hi in runs
    )


def _with_pairs(chance: Floats, null: Null, values: Floats, known: Mask) -> Floats:
    """Probabilities by single points and by pairs of neighbours, whichever says more, paid for by a factor of two.

    Two days of three times the usual say far more together than either does alone.
    """
    if null.dispersion is None or len(values) < 2:
        return chance
    pair = Null(null.expected[1:] + null.expected[:-1], null.sigma, null.dispersion / 2)
    both = np.where(known[1:] & known[:-1], pair.tail(values[1:] + values[:-1]), 1.0)
    pairs = np.minimum(np.append(both, 1.0), np.append(1.0, both))
    least = np.where(chance <= PARTNER, np.minimum(chance, pairs), chance)
    return np.where(known, np.minimum(2 * least, 1.0), 1.0)


def _own_tail(chance: Floats, known: Mask) -> Floats:
    """Probabilities corrected by the upper TAIL that the series itself shows.

    Surprise, -log p, is exponential with mean 1 under the null; a series whose surprises grow faster than that has
    a heavier tail than assumed, which is then continued at its own rate. Corrections only make claims weaker.
    """
    surprise = -np.log(np.maximum(chance, TINY))
    start, end = np.quantile(surprise[known], TAIL)
    rate = max(1.0, float(end - start) / float(np.log((1 - TAIL[0]) / (1 - TAIL[1]))))
    own = (1 - TAIL[0]) * np.exp(-(surprise - start) / rate)
    return np.where(surprise > start, np.maximum(own, chance), chance)


def _runs(places: NDArray[np.int_], join: int) -> list[tuple[int, int]]:
    if len(places) == 0:
        return []
    cuts = np.flatnonzero(np.diff(places) > join) + 1
    return [(int(part[0]), int(part[-1])) for part in np.split(places, cuts)]
