"""A source's rhythm, learnt look by look: how often it brings something, at which hours and on which days.

What counts is what is really new to us (``Poll.new_links``), which no wrong date can fake. The times that items carry
only say when within the time since the last look they came, and what happened before the first look. Nothing here
decides when to look again.

The model is a Poisson process whose rate follows the hour of the day and the day of the week (Sia, Cho and Cho 2007
found that to hold for 10,000 feeds), each factor a gamma-Poisson estimate, times how lively the source is just now.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pipeline.model import Rhythm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from pipeline.model import Poll

HOUR, DAY = 3600.0, 86_400.0
TOGETHER = 300.0  # seconds: items that come together are one posting
NEWEST = 50  # items that a first look learns from
MOST = 500  # new items of one look that are told apart
PAST = 400 * DAY  # nothing older is learnt from
MEMORY, LONGEST_MEMORY = 14 * DAY, 365 * DAY
REMEMBERED = 40.0  # postings that the memory of a slow source holds
LIVELY = 8 * HOUR  # memory of how lively a source is just now
LIVELIEST = 6.0
# Weights of what is assumed before anything is seen, in postings (and hours): a source brings two an hour, at any hour.
FIRST_POSTINGS, FIRST_HOURS = 0.5, 0.25
EVEN, AS_USUAL = 1.0, 4.0
DAY_OFF = 1 / 3
COARSE = 14 * DAY  # longer stretches are walked by days


class Rates(NamedTuple):
    """Postings an hour: ``base``, times the factors of the hour (24, UTC) and of the weekday (7, Monday first)."""

    base: float
    hours: tuple[float, ...]
    days: tuple[float, ...]

    def at(self, when: float) -> float:
        """Return the rate at a time."""
        return self.base * self.hours[int(when // HOUR) % 24] * self.days[_weekday(when)]

    def during(self, stretch: _Stretch) -> float:
        """Return the postings due in a stretch."""
        if stretch.hour is not None:
            return stretch.hours * self.at(stretch.middle)
        return stretch.hours * self.base * sum(self.hours) / 24 * self.days[_weekday(stretch.middle)]


class _Stretch(NamedTuple):
    middle: float
    hours: float
    hour: int | None  # None: a whole day


def rhythm(poll: Poll, before: Poll | None, published: Sequence[datetime] = (), *, items: int = 0) -> Rhythm | None:
    """Return what is known of a source's rhythm after ``poll``, whose ``new_links`` counts what was not known before.

    ``published`` holds the times that the items of this look carry, in any order, right or wrong; ``items`` is how
    many it showed. A failed look teaches nothing: the next good one covers its time too.
    """
    known = before.rhythm if before else None
    if poll.failures:
        return known
    now = poll.polled.timestamp()
    stamps = sorted(when.timestamp() for when in published)
    if known is None or known.seen > now:
        return replace(_begun([t for t in stamps if now - PAST <= t <= now][-NEWEST:], now), window=items)
    came = _came(stamps, min(poll.new_links, MOST), known.seen, now)
    learnt = _watched(known, _postings(came), now, memory(known))
    faded = math.exp((known.seen - now) / memory(known))
    learnt = replace(learnt, items=known.items * faded + len(came), window=items or known.window)
    # What another source of the same house brought first is no new link, but a sign of life all the same.
    fresh = [t for t in stamps if known.seen < t <= now] if stamps and stamps[0] != stamps[-1] else []
    return replace(learnt, newest=fresh[-1], silence=0.0) if fresh and not came else learnt


def _begun(stamps: list[float], now: float) -> Rhythm:
    """Learn from what the first look shows: the stretch since its oldest posting."""
    if stamps and sum(t % DAY == 0 for t in stamps) > 0.8 * len(stamps):
        stamps = _spread_over_days(stamps, now)
    postings = _postings(stamps)
    if len(postings) < 3:
        return Rhythm(seen=now)
    start = postings[0]
    pace = (len(postings) - 1) / max(now - start, TOGETHER)
    learnt = _watched(Rhythm(seen=start), postings[1:], now, min(max(REMEMBERED / pace, MEMORY), LONGEST_MEMORY))
    return replace(learnt, items=sum(learnt.hours) * len(stamps) / len(postings))


def _spread_over_days(stamps: list[float], now: float) -> list[float]:
    """Dates without a time of day tell the day only."""
    days: dict[float, int] = {}
    for t in stamps:
        days[t] = days.get(t, 0) + 1
    return sorted(min(day + DAY * (k + 0.5) / n, now) for day, n in days.items() for k in range(n))


def _came(stamps: list[float], new: int, since: float, now: float) -> list[float]:
    """When ``new`` items came, between two looks: by their dates; evenly where these are missing or impossible."""
    dated = [max(t, since) for t in stamps if t <= now][-new:] if new else []
    missing = new - len(dated)
    return sorted(dated + [since + (now - since) * (k + 0.5) / missing for k in range(missing)])


def _postings(times: list[float]) -> list[float]:
    starts: list[float] = []
    for t in times:
        if not starts or t - starts[-1] > TOGETHER:
            starts.append(t)
    return starts


def _watched(known: Rhythm, postings: list[float], now: float, span: float) -> Rhythm:
    """Return ``known`` after watching until ``now``, when ``postings`` came; ``span`` is the length of memory in seconds."""
    fade = math.exp((known.seen - now) / span)
    hours, days = [n * fade for n in known.hours], [n * fade for n in known.days]
    hours_watched, days_watched = [n * fade for n in known.hours_watched], [n * fade for n in known.days_watched]
    for stretch in _stretches(known.seen, now):
        weight = stretch.hours * math.exp((stretch.middle - now) / span)
        days_watched[_weekday(stretch.middle)] += weight
        for hour in range(24) if stretch.hour is None else (stretch.hour,):
            hours_watched[hour] += weight / 24 if stretch.hour is None else weight
    for t in postings:
        weight = math.exp((t - now) / span)
        hours[int(t // HOUR) % 24] += weight
        days[_weekday(t)] += weight
    counted = replace(
        known, hours=tuple(hours), hours_watched=tuple(hours_watched), days=tuple(days), days_watched=tuple(days_watched)
    )  # fmt: skip
    return _lively(counted, known, postings, now)


def _lively(counted: Rhythm, known: Rhythm, postings: list[float], now: float) -> Rhythm:
    """Weigh what came of late against what was due."""
    usual = rates(known if sum(known.hours_watched) else counted)
    fade = math.exp((known.seen - now) / LIVELY)
    recent = known.recent * fade + sum(math.exp((t - now) / LIVELY) for t in postings)
    due = known.recent_due * fade + sum(
        usual.during(s) * math.exp((s.middle - now) / LIVELY) for s in _stretches(known.seen, now)
    )
    last = postings[-1] if postings else known.newest
    pace = rates(counted).base if postings or not known.pace else known.pace
    since = max(last, known.seen)
    before = known if sum(known.hours_watched) else counted
    silence = (0.0 if postings else known.silence) + expected(before, since, now, pace)
    return replace(
        counted, seen=now, newest=last, recent=recent, recent_due=due, pace=pace, silence=silence
    )  # fmt: skip


def memory(known: Rhythm) -> float:
    """Seconds after which a posting weighs 1/e: two weeks, longer where postings are rare."""
    return min(max(REMEMBERED / base(known) * HOUR, MEMORY), LONGEST_MEMORY)


def base(known: Rhythm) -> float:
    """Postings an hour, over all hours."""
    return (sum(known.hours) + FIRST_POSTINGS) / (sum(known.hours_watched) + FIRST_HOURS)


def rates(known: Rhythm) -> Rates:
    """Return how often a source brings something at which time, as usual."""
    rate = base(known)
    hours, watched = _smooth(known.hours), _smooth(known.hours_watched)
    return Rates(rate, _factors(hours, watched, rate), _factors(known.days, known.days_watched, rate))


def liveliness(known: Rhythm) -> float:
    """Return how much more (or less) than usual a source brings just now: a gamma-Poisson estimate around 1."""
    return min((AS_USUAL + known.recent) / (AS_USUAL + max(known.recent_due, known.silence)), LIVELIEST)


def expected(known: Rhythm, start: float, end: float, pace: float) -> float:
    """Return how many postings are due between two times, at ``pace`` an hour and at the source's own hours.

    A silent day makes its weekday look like one off; it counts as a third of a day at least.
    """
    usual = rates(known)
    usual = Rates(pace, usual.hours, tuple(max(factor, DAY_OFF) for factor in usual.days))
    return sum(usual.during(stretch) for stretch in _stretches(start, end))


def _factors(counts: Sequence[float], watched: Sequence[float], rate: float) -> tuple[float, ...]:
    return tuple((n + EVEN) / (rate * w + EVEN) for n, w in zip(counts, watched, strict=True))


def _smooth(ring: tuple[float, ...]) -> tuple[float, ...]:
    """Give a quarter of each hour to either neighbour: nobody posts by the clock for ever."""
    size = len(ring)
    return tuple(ring[i] / 2 + (ring[i - 1] + ring[(i + 1) % size]) / 4 for i in range(size))


def _weekday(when: float) -> int:
    return (int(when // DAY) + 3) % 7  # 1 January 1970 was a Thursday


def _stretches(start: float, end: float) -> Iterator[_Stretch]:
    """Cut a time into pieces that lie within one hour each, or within one day where it is long."""
    size = DAY if end - start > COARSE else HOUR
    while start < end:
        stop = min((start // size + 1) * size, end)
        middle = (start + stop) / 2
        yield _Stretch(middle, (stop - start) / HOUR, None if size == DAY else int(middle // HOUR) % 24)
        start = stop
