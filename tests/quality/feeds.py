"""A thousand made feeds for `week.py`, seeded: when each brings its items, what it shows, and when it fails.

What is taken from studies of real feeds (Liu, Ramasubramanian and Sirer 2005; Sia, Cho and Cho 2007; Urbansky and others
2011, on 10,000 feeds and more): rates are spread over four orders of magnitude with a long tail, so a fifth of the
feeds brings most of the items; postings follow the hour and the weekday; besides the steady ones there are feeds that
bring everything at once, in spells, or hardly ever; most show 10 to 50 items; many have no dates or useless ones.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

DAY, HOUR, MINUTE = 86_400.0, 3600.0, 60.0
START = 1_772_409_600.0  # Monday, 2 March 2026, 00:00 UTC
AWAKE = {  # weight of each hour of the local day
    "newsroom": (1, 1, 1, 1, 2, 5, 10, 14, 15, 15, 14, 13, 12, 12, 13, 14, 14, 12, 9, 7, 6, 5, 3, 2),
    "office": (0, 0, 0, 0, 0, 0, 1, 3, 9, 14, 15, 12, 8, 10, 14, 13, 9, 5, 2, 1, 1, 0, 0, 0),
    "community": (6, 5, 4, 4, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10, 11, 11, 11, 11, 11, 10, 10, 9, 8),
}
WEEK = {
    "newsroom": (1.15, 1.15, 1.15, 1.15, 1.1, 0.65, 0.65),
    "office": (1.35, 1.4, 1.4, 1.4, 1.2, 0.15, 0.1),
    "community": (1.05, 1.05, 1.05, 1.05, 1.0, 0.9, 0.9),
}
SPAWNING, BROOD = 0.15, 2.0  # a share of the items is followed by others within the next minutes


@dataclass
class Feed:
    """One made feed: its items' times in order, how many it shows at once, how it dates them, and its outage."""

    key: str
    kind: str
    rate: float
    window: int
    dates: str
    items: list[float] = field(default_factory=list)
    outage: tuple[float, float] = (math.inf, math.inf)
    gone: float = math.inf

    def shown(self, now: float) -> range:
        """Indices of the items that the feed shows at a time."""
        newest = bisect_right(self.items, now)
        return range(max(newest - self.window, 0), newest)

    def stood(self, item: int) -> float:
        """Seconds for which an item was shown."""
        after = item + self.window
        return self.items[after] - self.items[item] if after < len(self.items) else math.inf

    def dated(self, now: float) -> list[float]:
        """The dates that its items carry at a time, right or wrong."""
        if self.dates == "none":
            return []
        if self.dates == "now":
            return [now] * len(self.shown(now))
        times = [self.items[i] for i in self.shown(now)]
        return [t - t % DAY for t in times] if self.dates == "day" else times

    def status(self, now: float) -> int:
        """The HTTP status at a time."""
        if now >= self.gone:
            return 404
        return 503 if self.outage[0] <= now < self.outage[1] else 200

    def brought(self, start: float, end: float) -> range:
        """Indices of the items that came in a time."""
        return range(bisect_left(self.items, start), bisect_left(self.items, end))


def feeds(count: int, days: float, rng: random.Random) -> list[Feed]:
    """Make feeds that live from long before START until some days after ``days``."""
    return [_feed(f"feed-{n}", days, rng) for n in range(count)]


def _feed(key: str, days: float, rng: random.Random) -> Feed:
    rate = 0.0
    while not 1 / 30 <= rate <= 200:
        rate = rng.lognormvariate(math.log(4), 1.9)
    kind = rng.choices(("newsroom", "office", "community", "batch"), (45, 30, 15, 10))[0]
    window = rng.choices((10, 20, 50), (25, 45, 30))[0]
    wanted = 1.5 * rate if kind == "batch" else rate / 8  # who brings many shows at least three hours of them
    while window < wanted:
        window = 50 if window < 50 else window * 2
    dates = rng.choices(("right", "none", "day", "now"), (86, 8, 4, 2))[0]
    feed = Feed(key, kind, rate, window, dates)
    fate = rng.random()
    if fate < 0.03:
        begin = START + rng.random() * days * DAY
        feed.outage = (begin, begin + rng.uniform(2, 12) * HOUR)
    elif fate < 0.04:
        feed.gone = START + rng.random() * days * DAY
    begin = START - min(max(1.5 * window / rate, 7), 400) * DAY
    make = _batches if kind == "batch" else _postings
    feed.items = sorted(t for t in make(feed, begin, START + (days + 8) * DAY, rng) if t < feed.gone)
    return feed


def _postings(feed: Feed, begin: float, end: float, rng: random.Random) -> list[float]:
    zone = rng.choice((-8, -5, -5, 0, 1, 1, 2, 5.5, 8, 9)) * HOUR
    hours = AWAKE[feed.kind]
    out: list[float] = []
    day = begin - begin % DAY
    while day < end:
        mood = rng.gammavariate(5, 1 / 5)
        mean = feed.rate * WEEK[feed.kind][int(day // DAY + 3) % 7] * mood / (1 + SPAWNING * BROOD)
        for hour in rng.choices(range(24), hours, k=poisson(mean, rng)):
            out += _brood(day + (hour + rng.random()) * HOUR - zone, rng)
        day += DAY
    return [t for t in out if begin <= t < end]


def _brood(first: float, rng: random.Random) -> list[float]:
    if rng.random() > SPAWNING:
        return [first]
    return [first, *(first + rng.expovariate(1 / (15 * MINUTE)) for _ in range(1 + poisson(BROOD - 1, rng)))]


def _batches(feed: Feed, begin: float, end: float, rng: random.Random) -> list[float]:
    """All of a day at once, at a fixed time give or take ten minutes; of a week, where a feed brings little."""
    every = DAY if feed.rate >= 1 else 7 * DAY
    at = begin - begin % DAY + rng.random() * DAY
    out: list[float] = []
    while at < end:
        moment = at + rng.gauss(0, 10 * MINUTE)
        out += [moment + rng.random() * MINUTE for _ in range(min(poisson(feed.rate * every / DAY, rng), feed.window))]
        at += every
    return [t for t in out if begin <= t < end]


def poisson(mean: float, rng: random.Random) -> int:
    """Draw a Poisson variate (Knuth), a rounded normal one for large means."""
    if mean > 50:
        return max(round(rng.gauss(mean, math.sqrt(mean))), 0)
    n, product, least = 0, rng.random(), math.exp(-mean)
    while product > least:
        n, product = n + 1, product * rng.random()
    return n
