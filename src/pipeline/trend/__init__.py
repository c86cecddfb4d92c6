"""Series -> Trends: what a theme does, with its uncertainty, and what any series does.

``trend`` describes daily counts of independent stories, ``shape`` any numeric series. Figures carry intervals and
a verdict claims only what they show; "cannot tell" is an answer. Reads no store and writes no words: those belong
to the caller and to ``summarise.py``. A new statistic is one function and one line in ``statistics.STATISTICS``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipeline.model import Trend
from pipeline.trend.csvform import as_line, read_csv
from pipeline.trend.series import shape
from pipeline.trend.statistics import STATISTICS, Comparison, Window, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from pipeline.model import Series, Shape

VERSION = 1
WEEKS = 12  # in a sparkline
LEAST = 3  # stories of a burst; fewer are an anecdote

__all__ = ["STATISTICS", "VERSION", "as_line", "read_csv", "shape", "trend"]


def trend(
    series: Series, *, end: date, days: int, before: int, stances: Mapping[str, int], top_sources: Sequence[str]
) -> Trend:
    """Compare the ``days`` up to and with ``end`` with the ``before`` days ahead of them.

    Days outside the series and days of unknown count are left out of both stories and totals. Without totals, or
    without any day known on one side, the verdict is "cannot tell". Raises ValueError for windows without a day.
    """
    if days < 1 or before < 1:
        raise ValueError(f"a trend needs at least one day on each side, not {days} and {before}")
    start = end - timedelta(days=days - 1)
    comparison = Comparison(
        _window(series, start, end), _window(series, start - timedelta(days=before), start - timedelta(days=1))
    )
    now, past, ratio = (STATISTICS[name](comparison) for name in ("share", "share_before", "change"))
    told, lived = ratio.value is not None, _from_first_story(series)
    comparable = comparison.now.total > 0 and comparison.before.total > 0
    return Trend(
        theme=series.theme,
        start=start,
        end=end,
        stories=round(comparison.now.stories),
        total=round(comparison.now.total),
        share=now.value or 0.0,
        low=now.low,
        high=now.high,
        before_stories=round(comparison.before.stories),
        before_total=round(comparison.before.total),
        before_share=past.value or 0.0,
        change=ratio.value,
        change_low=ratio.low if told else None,
        change_high=ratio.high if told else None,
        verdict=verdict(ratio) if comparable else "cannot tell",
        sparkline=_weekly(lived, end),
        shape=_daily(lived, end),
        stances=dict(stances),
        top_sources=tuple(top_sources),
    )


def _window(series: Series, start: date, end: date) -> Window:
    """Take the known days of the series from ``start`` to ``end``, both included."""
    first = max(0, (start - series.start).days)
    last = max(first, (end - series.start).days + 1)
    pairs = [
        (c, t) for c, t in zip(series.counts[first:last], series.totals[first:last], strict=False) if c is not None
    ]
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return Window(table[:, 0], table[:, 1])


def _from_first_story(series: Series) -> Series:
    """Leave out the days before the panel had any story: nothing read is not nothing written."""
    first = next((k for k, total in enumerate(series.totals) if total > 0), 0)
    start = series.start + timedelta(days=first)
    return replace(series, start=start, counts=series.counts[first:], totals=series.totals[first:])


def _weekly(series: Series, end: date) -> tuple[int, ...]:
    """Stories of each of the last WEEKS weeks, oldest first; weeks not wholly within the series are left out."""
    weeks = []
    for back in range(WEEKS - 1, -1, -1):
        last = (end - series.start).days + 1 - 7 * back
        if last >= 7:
            weeks.append(round(sum(c for c in series.counts[last - 7 : last] if c is not None)))
    return tuple(weeks)


def _daily(series: Series, end: date) -> Shape | None:
    counts = series.counts[: max(0, (end - series.start).days + 1)]
    if not counts:
        return None
    found = shape([(series.start + timedelta(days=k)).isoformat() for k in range(len(counts))], counts)
    told = [sum(c or 0 for c in counts[burst.start : burst.end + 1]) for burst in found.bursts]
    return replace(found, bursts=tuple(b for b, stories in zip(found.bursts, told, strict=True) if stories >= LEAST))
