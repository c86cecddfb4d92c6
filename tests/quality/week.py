"""A simulated week of 1,000 feeds, looked at by the rules of `pipeline.collect` under a clock of its own: `make bench`.

    python tests/quality/week.py [--feeds 1000] [--days 7] [--seed 1] [--tick 60]

Rows: a fixed interval of 15 minutes; the rule that Tideline had first; today's rule; and today's rule where the daemon
starts a crawl every 15 minutes only. All begin knowing nothing, as after an installation. A look takes place at the
first tick after it is due; an item counts as stored five seconds and one second an item after the look that found it.
Delays are those of all items of the week, also of feeds that failed in it. Lost are items that left the feed unseen; of these, "healthy" counts those that stood
for longer than the floor in a feed that did not fail: a feed that shows 10 and brings 13 in a quarter of an hour loses
some to anyone who asks every 15 minutes.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from pipeline import collect  # noqa: E402
from pipeline.model import Poll  # noqa: E402
from quality.feeds import DAY, MINUTE, START, Feed, feeds  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Rule = Callable[[Poll, Poll | None, Sequence[datetime], int], Poll]

FLOOR, CEILING = 900.0, DAY
HOURLY = 24.0  # items a day
SAVING, A_PAGE = 5.0, 1.0  # seconds from a look to its first page, and for each


@dataclass
class Watch:
    """What looking at one feed came to."""

    feed: Feed
    polls: int = 0
    delays: list[float] = field(default_factory=list)
    lost: int = 0
    avoidable: int = 0
    minutes: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Result:
    """One row of the table; delays in minutes."""

    delay: float
    delay_p90: float
    feed_delay: float
    delay_by_gap: float
    polls_per_item: float
    polls_per_day: float
    lost: int
    lost_healthy: int
    peak: int


# ------------------------------------------------------------------ rules
def fixed(poll: Poll, before: Poll | None, published: Sequence[datetime], items: int) -> Poll:
    """Every fifteen minutes, whatever comes."""
    return replace(poll, next_due=poll.polled + timedelta(seconds=FLOOR))


def learnt(poll: Poll, before: Poll | None, published: Sequence[datetime], items: int) -> Poll:
    """Today's rule."""
    poll = replace(poll, rhythm=collect.rhythm(poll, before, published, items=items))
    return replace(poll, next_due=collect.next_look(poll, floor=FLOOR, ceiling=CEILING))


def first_rule(poll: Poll, before: Poll | None, published: Sequence[datetime], items: int) -> Poll:
    """The rule that Tideline had first: half of the mean gap of the newest twenty, an eighth of the silence."""
    if poll.status == 404:
        seconds = CEILING
    elif poll.failures:
        seconds = FLOOR * 2 ** min(poll.failures, 20)
    else:
        seconds = _newest_twenty(poll, published) or _shrinking(poll, before)
    return replace(poll, next_due=poll.polled + timedelta(seconds=min(max(seconds, FLOOR), CEILING)))


def _newest_twenty(poll: Poll, published: Sequence[datetime]) -> float | None:
    known = sorted((when for when in set(published) if when <= poll.polled), reverse=True)[:20]
    if len(known) < 3:
        return None
    gap = (known[0] - known[-1]).total_seconds() / (len(known) - 1)
    return max(gap / 2, (poll.polled - known[0]).total_seconds() / 8)


def _shrinking(poll: Poll, before: Poll | None) -> float:
    if before is None or before.failures:
        return FLOOR
    last = (before.next_due - before.polled).total_seconds()
    return last * 5 / 4 if not before.new_links else last * 2 / 3


# ------------------------------------------------------------------ the week
def watched(feed: Feed, rule: Rule, days: float, tick: float) -> Watch:
    """Look at one feed for ``days`` and then until all of its items of that time are found."""
    watch, end, now = Watch(feed), START + days * DAY, START
    wanted = feed.brought(START, end)
    seen, before = wanted.start, None
    while now < end or (seen < wanted.stop and now < end + 7 * DAY):
        status = feed.status(now)
        if now < end:
            watch.polls += 1
            watch.minutes[int((now - START) // MINUTE)] += 1
        new = range(0)
        if status == 200:
            shown = feed.shown(now)
            new = range(max(seen, shown.start), max(seen, shown.stop))
            lost = range(seen, min(shown.start, wanted.stop))
            watch.lost += len(lost)
            watch.avoidable += sum(feed.stood(item) > FLOOR * 1.05 + tick for item in lost)
            _note(watch, new, wanted, now)
            seen = max(seen, shown.stop)
        before = rule(_poll(feed, before, now, status, len(new)), before, _published(feed, now, status), feed.window)
        now = math.ceil((before.next_due.timestamp() - START) / tick) * tick + START
    return watch


def _note(watch: Watch, new: range, wanted: range, now: float) -> None:
    for place, item in enumerate(new, 1):
        if item < wanted.stop:
            watch.delays.append(now + SAVING + A_PAGE * place - watch.feed.items[item])


def _poll(feed: Feed, before: Poll | None, now: float, status: int, new: int) -> Poll:
    when = datetime.fromtimestamp(now, UTC)
    failures = 0 if status == 200 else (before.failures if before else 0) + 1
    return Poll(feed.key, when, status, when, failures=failures, new_links=new)


def _published(feed: Feed, now: float, status: int) -> list[datetime]:
    return [datetime.fromtimestamp(t, UTC) for t in feed.dated(now)] if status == 200 else []


def result(watches: Sequence[Watch], days: float) -> Result:
    """Sum up. Peak is polls a minute after the first day, since at first all feeds are new at once."""
    fast = [w for w in watches if w.feed.rate >= HOURLY and w.delays]
    delays = sorted(delay for w in fast for delay in w.delays)
    minutes: Counter[int] = Counter()
    for w in watches:
        minutes.update({m: n for m, n in w.minutes.items() if m >= 1440})
    polls, items = sum(w.polls for w in watches), sum(len(w.delays) + w.lost for w in watches)
    healthy = [w for w in watches if w.feed.outage[0] == math.inf]
    return Result(
        median(delays) / MINUTE,
        delays[int(len(delays) * 0.9)] / MINUTE,
        median(median(w.delays) for w in fast) / MINUTE,
        median(median(w.delays) / (DAY / w.feed.rate) for w in watches if w.delays),
        polls / items,
        polls / len(watches) / days,
        sum(w.lost for w in watches),
        sum(w.avoidable for w in healthy),
        max(minutes.values(), default=0),
    )


def by_rate(watches: Sequence[Watch]) -> list[tuple[str, int, float, float, float]]:
    """For classes of feeds by their rate: name, feeds, polls a new item, median delay in minutes, delay by mean gap."""
    rows = []
    for low, high in ((24.0, 1e9), (6.0, 24.0), (1.0, 6.0), (1 / 7, 1.0), (0.0, 1 / 7)):
        some = [w for w in watches if low <= w.feed.rate < high and w.delays]
        if some:
            items = sum(len(w.delays) for w in some)
            name = f"{low:.2g} a day and more" if high > 1e6 else f"{low:.2g} to {high:.2g} a day"
            gaps = median(median(w.delays) / (DAY / w.feed.rate) for w in some)
            delay = median(d for w in some for d in w.delays) / MINUTE
            rows.append((name, len(some), sum(w.polls for w in some) / items, delay, gaps))
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tick", type=float, default=60)
    options = parser.parse_args()
    made = feeds(options.feeds, options.days, random.Random(options.seed))
    print(
        f"{len(made)} feeds, {options.days:g} days, {sum(len(f.brought(START, START + options.days * DAY)) for f in made)} items"
    )
    print(f"{'rule':<26}{'delay*':>8}{'p90*':>8}{'feeds*':>8}{'by gap':>8}{'polls/item':>12}{'polls/day':>11}{'lost':>6}{'healthy':>9}{'peak/min':>10}")  # fmt: skip
    rows: list[tuple[str, Rule, float]] = [
        ("every 15 minutes", fixed, options.tick),
        ("first rule", first_rule, options.tick),
        ("today's rule", learnt, options.tick),
        ("today's, crawl every 900 s", learnt, 900.0),
    ]
    kept: list[Watch] = []
    for name, rule, tick in rows:
        watches = [watched(feed, rule, options.days, tick) for feed in made]
        r = result(watches, options.days)
        print(f"{name:<26}{r.delay:8.1f}{r.delay_p90:8.1f}{r.feed_delay:8.1f}{r.delay_by_gap:8.2f}{r.polls_per_item:12.2f}{r.polls_per_day:11.1f}{r.lost:6}{r.lost_healthy:9}{r.peak:10}", flush=True)  # fmt: skip
        kept = watches if name == "today's rule" else kept
    print("* minutes, feeds that bring 24 items a day or more: all their items (median, 9 of 10), median of the feeds")
    print(f"\n{'by rate, today':<26}{'feeds':>8}{'polls/item':>12}{'delay':>8}{'by gap':>8}")
    for name, count, polls, delay, gap in by_rate(kept):
        print(f"{name:<26}{count:8}{polls:12.2f}{delay:8.1f}{gap:8.2f}")


if __name__ == "__main__":
    main()
