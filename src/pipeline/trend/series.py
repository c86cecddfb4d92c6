"""The shape of any numeric series: what was expected at each point, bursts above it, and changes of regime.

Joins ``expected.py``, ``bursts.py`` and ``changepoints.py``; knows nothing of themes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.model import Changepoint, Point, Shape
from pipeline.trend import bursts, changepoints, expected

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 29  # points, at least, over which the level of counts is taken: four weeks of days
DAY = 24  # seasons from this length are days of hours or minutes: bursts half a day apart are one
SHORTEST = 3  # known points from which there is something to say


def shape(dates: Sequence[str], values: Sequence[float | None]) -> Shape:
    """Describe a series; ``values`` may be counts or not, None is a gap; a season is guessed from them.

    Raises ValueError where ``dates`` and ``values`` differ in length. Takes about a second for 15,000 points.
    """
    if len(dates) != len(values):
        raise ValueError(f"{len(dates)} dates for {len(values)} values")
    gappy = [math.nan if v is None else float(v) for v in values]
    known = np.isfinite(np.array(gappy))
    if known.sum() < SHORTEST:
        return Shape(tuple(_silent(d, v) for d, v in zip(dates, values, strict=True)), (), ())
    y = expected.complete(gappy)
    season = expected.period(y)
    found = changepoints.breaks(expected.calmed(expected.seasonless(y, season)))
    null = _null(y, season, tuple(b.index for b in found))
    low, high = null.band()
    points = tuple(
        Point(d, v, _tidy(e), _tidy(a), _tidy(b))
        for d, v, e, a, b in zip(dates, values, null.expected, low, high, strict=True)
    )
    runs = bursts.bursts(y, null, known, join=season // 2 if season and season >= DAY else 1)
    return Shape(points, runs, tuple(Changepoint(b.index, dates[b.index], b.probability) for b in found))


def _null(y: expected.Floats, season: int | None, starts: tuple[int, ...]) -> bursts.Null:
    if expected.counts(y[np.isfinite(y)]):
        base = expected.level(y, max(WINDOW, 2 * (season or len(y) // 50) + 1))
        return bursts.counted(y, base * expected.course(y, base, season))
    plain = expected.calmed(expected.seasonless(y, season))
    return bursts.measured(y, changepoints.fitted(plain, starts) + (y - expected.seasonless(y, season)))


def _tidy(number: float) -> float:
    """Six significant digits: more would pretend to a precision that no expectation has."""
    return float(f"{number:.6g}")


def _silent(day: str, value: float | None) -> Point:
    """Give a point of which nothing can be expected."""
    own = value if value is not None else 0.0
    return Point(day, value, own, own, own)
