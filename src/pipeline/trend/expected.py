"""What a series was expected to show: its season, its level over time, and a complete copy of it to compute with.

The season's length is guessed from the values themselves. Levels are robust: a burst does not raise what was
expected of its own day. Nothing here decides what is unusual; that is ``bursts.py`` and ``changepoints.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

Floats = NDArray[np.float64]

PERIODS = (4, 5, 7, 12, 24, 48, 52, 96, 144, 168, 288)  # quarters, working days, weeks, months, hours, ... 5 minutes
CYCLES = 6  # seasons that a series must hold before one is believed
MEMORY = 0.3  # autocorrelation at the season's length from which a season is believed
COUNTED = 1000  # whole numbers whose median is below this are counts, noisy as counts are
MAD = 1.4826  # median absolute deviation to standard deviation, for a Gaussian


def complete(values: list[float]) -> Floats:
    """Fill the gaps (nan) of a series by straight lines between their neighbours."""
    y = np.array(values, dtype=np.float64)
    known = np.isfinite(y)
    if known.all() or not known.any():
        return np.where(known, y, 0.0)
    return np.interp(np.arange(len(y)), np.flatnonzero(known), y[known])


def counts(y: Floats) -> bool:
    """Whether the values are counts of something: whole, not negative and small."""
    return bool(np.all(y >= 0) and np.all(y == np.round(y)) and np.median(y) < COUNTED)


def spread(residuals: Floats) -> float:
    """Robust standard deviation: by the median, or by the mean deviation where most residuals are zero."""
    centred = np.abs(residuals - np.median(residuals))
    return float(MAD * np.median(centred)) or float(1.2533 * centred.mean())


def calmed(y: Floats, reach: int = 7, limit: float = 6.0) -> Floats:
    """Lone outliers drawn in to ``limit`` robust deviations from the running median of ``reach`` points."""
    middle = median_filter(y, min(reach, len(y)), mode="nearest")
    bound = limit * max(spread(y - middle), 0.02 * float(np.std(y)))
    return np.asarray(middle + np.clip(y - middle, -bound, bound))


def period(y: Floats) -> int | None:
    """Guess the season's length in points, None where the values show none.

    Looks at the autocorrelation of (robustly clipped) deviations from a moving average over one season. Long
    seasons are looked at in cells of a twelfth, so that a daily course shows through the noise of minutes.
    """
    best, strength = None, MEMORY
    for length in PERIODS:
        if len(y) < CYCLES * length:
            break
        cell = max(1, length // 12)
        memory = _memory(y[: len(y) // cell * cell].reshape(-1, cell).mean(axis=1), length // cell)
        if memory > strength:
            # two seasons look like one of double length: the longer must be clearly better
            best, strength = length, max(MEMORY, 1.1 * memory)
    return best


def seasonless(y: Floats, length: int | None) -> Floats:
    """Take the season out of the series; a season that grows with the level is taken out in proportion to it."""
    return y if length is None else y - _season(y, length)


def _season(y: Floats, length: int) -> Floats:
    """Median of each phase over its seven nearest cycles, of deviations from a centred moving average."""
    level = _moving_average(y, length)
    size = level if np.all(y > 0) else np.ones(len(y))
    ratio = (y - level) / size
    season = np.empty(len(y))
    for phase in range(length):
        season[phase::length] = median_filter(ratio[phase::length], 7, mode="nearest")
    return np.asarray(season * size)


def level(y: Floats, window: int) -> Floats:
    """Take the running mean over ``window`` points of values whose peaks are clipped near the running median.

    Works on the square-root scale for clipping (Anscombe), where counts have one noise everywhere. At both ends
    the first and last whole window speaks, so a burst on the newest day does not count twice.
    """
    window = min(window | 1, len(y) if len(y) % 2 else len(y) - 1)
    if window < 3:
        return np.full(len(y), float(np.median(y)))
    half = window // 2
    inner = np.clip(np.arange(len(y)), half, len(y) - half - 1)
    root = 2 * np.sqrt(y + 0.375)
    middle = median_filter(root, window, mode="nearest")[inner]
    ceiling = middle + 2.5 * max(spread(root - middle), 1.0)
    clipped = np.minimum(y, np.maximum((ceiling / 2) ** 2 - 0.375, 0.0))
    return np.asarray(uniform_filter1d(clipped, window, mode="nearest")[inner])


def course(y: Floats, base: Floats, length: int | None) -> Floats:
    """Factor of each point by its phase in the season (1 where there is none), smoothed over neighbouring phases."""
    if length is None:
        return np.ones(len(y))
    phase = np.arange(len(y)) % length
    ratio = np.minimum(y, 3 * base) / np.maximum(base, 1e-9)
    factor = np.array(
        [np.mean(np.sort(ratio[phase == k])[: max(1, int(0.95 * np.sum(phase == k)))]) for k in range(length)]
    )
    factor = uniform_filter1d(factor, max(1, length // 24), mode="wrap")
    return np.asarray(np.maximum(factor / factor.mean(), 0.05)[phase])


def _moving_average(y: Floats, length: int) -> Floats:
    weights = np.ones(length + 1 - length % 2)
    if length % 2 == 0:
        weights[0] = weights[-1] = 0.5
    half = len(weights) // 2
    return np.convolve(np.pad(y, half, mode="edge"), weights / weights.sum(), "valid")


def _memory(y: Floats, lag: int) -> float:
    """Autocorrelation at ``lag`` where it is a peak among its neighbours, else 0."""
    rest = y - _moving_average(y, lag)
    bound = 4 * spread(rest)
    rest = np.clip(rest, -bound, bound)
    power = float(rest @ rest)
    if power <= 0:
        return 0.0
    before, at, after = (float(rest[k:] @ rest[: len(rest) - k]) / power for k in (lag - 1, lag, lag + 1))
    return at if at >= max(before, after) else 0.0
