"""When to look at a source again, and when to try a page again. Fetches nothing and reads no clock."""

from __future__ import annotations

import math
import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.collect.learning import HOUR, Rates, liveliness, rates

if TYPE_CHECKING:
    from pipeline.model import Poll, Rhythm

GONE = (404, 410)
FORBIDDEN = (401, 402, 403, 451)
SHARE = 0.25  # postings that are due by the next look, in the source's own hours
HALF = 0.5  # of the mean gap between two postings, by the clock: no look is further away
PATIENCE = 2.0  # times less lively than usual: a quiet night is not yet a source that fell silent
YOUNG = 72.0  # hours of watching before which its sleep is not trusted
LEAST_FLOOR = 120.0
HIGHEST_FLOOR = 3600.0  # what a feed says of its lifetime is believed up to an hour
BREAKING = 3.0  # times the busiest usual hour: how fast news may come while we are not looking
SPREAD = 0.05  # of an interval, so that sources don't come all at once
SPREAD_AFTER_FAILURE = 0.25
FIRST_WAIT = {"gone": 1 / 8, "forbidden": 1 / 4}  # of the ceiling, after the first such answer
ATTEMPTS = 3  # tries of one address before it is given up
ATTEMPTS_WHEN_ASKED_TO_WAIT = 10  # a busy site says nothing about the page
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


def next_look(
    poll: Poll,
    *,
    floor: float,
    ceiling: float,
    allowed_floor: float | None = None,
    retry_at: datetime | None = None,
) -> datetime:
    """Return when to look again after ``poll``: between ``floor`` and ``ceiling`` seconds, later if asked to wait.

    The next look is due when a quarter of a posting is, by the source's own hours and days, and within half of its
    mean gap in any case; later where it has fallen silent, sooner where it is lively. ``allowed_floor`` takes the place of ``floor`` after good looks.
    Failures wait longer with each in a row: what is gone or forbidden begins at hours, what is temporary at the
    floor. A part of each interval is drawn by lot from the source's key, so that sources don't come all at once.
    """
    least = floor if poll.failures or allowed_floor is None else allowed_floor
    most = max(ceiling, least)
    seconds = _after_failure(poll, floor, ceiling) if poll.failures else _by_rhythm(poll.rhythm, most) or least
    due = poll.polled + timedelta(seconds=_spread(poll, min(max(seconds, least), most), least, most))
    return max(due, retry_at) if retry_at else due


def trouble_class(poll: Poll) -> str:
    """Return what the last look ended in: "gone", "forbidden" or "temporary"; "" for a good one."""
    if not poll.failures:
        return ""
    if poll.status in GONE:
        return "gone"
    if poll.status in FORBIDDEN or (poll.error or "").startswith("disallowed"):
        return "forbidden"
    return "temporary"


def shortest_interval(
    *,
    default: float,
    setting: float | None = None,
    ttl: float | None = None,
    update_interval: float | None = None,
    max_age: float | None = None,
    crawl_delay: float | None = None,
) -> float:
    """Return the floor that a source allows, in seconds; all arguments are seconds too.

    ``setting`` is its operator's or our user's word and wins, from two minutes up. Else the most careful of what the
    feed (``ttl``) and its server (Cache-Control ``max_age``) call its lifetime, between two minutes and an hour.
    ``update_interval`` (sy:updatePeriod by sy:updateFrequency) can only lower the default: common software writes
    "hourly" into every feed unasked. Robots' ``crawl_delay`` holds in any case.
    """
    said = [x for x in (ttl, max_age) if x and x > 0]
    said += [x for x in (update_interval,) if x and 0 < x < default]
    floor = min(max([*said, LEAST_FLOOR]), HIGHEST_FLOOR) if said else default
    if setting:
        floor = max(setting, LEAST_FLOOR)
    return max(floor, crawl_delay or 0.0)


def _after_failure(poll: Poll, floor: float, ceiling: float) -> float:
    first = FIRST_WAIT.get(trouble_class(poll), 0.0) * ceiling or floor
    return ceiling if poll.status == 410 else float(first * 2 ** min(poll.failures - 1, 20))


def _by_rhythm(known: Rhythm | None, most: float) -> float | None:
    if known is None:
        return None
    usual, lively = rates(known), liveliness(known)
    now = usual._replace(base=usual.base * lively)
    half_a_gap = HALF / (usual.base * min(PATIENCE * lively, 1.0)) * HOUR
    young = HOUR if sum(known.hours_watched) < YOUNG else most
    share = SHARE / math.sqrt(_together(known))  # who brings much at once is worth more looks at that hour
    return min(_until_due(now, known.seen, share, most), half_a_gap, young, _until_half_full(known, usual))


def _until_due(rate: Rates, start: float, share: float, most: float) -> float:
    """Seconds until ``share`` postings are due."""
    at, due = start, 0.0
    while at - start < most:
        stop = (at // HOUR + 1) * HOUR
        now = rate.at(at)
        coming = now * (stop - at) / HOUR
        if due + coming >= share:
            return at - start + (share - due) / now * HOUR
        at, due = stop, due + coming
    return most


def _until_half_full(known: Rhythm, usual: Rates) -> float:
    """Seconds in which breaking news could push half of what a source shows out of its window, unseen by us."""
    if not known.window:
        return float("inf")
    postings = max(known.window / _together(known) / 2, 2.0)
    busiest = usual.base * max(usual.hours) * max(usual.days)
    return postings / (BREAKING * busiest) * HOUR


def _together(known: Rhythm) -> float:
    """Items of a posting, on average."""
    return max(known.items / max(sum(known.hours), 1.0), 1.0)


def _spread(poll: Poll, seconds: float, least: float, most: float) -> float:
    """Lengthen an interval by lot, or shorten it where it is the longest allowed."""
    lot = zlib.crc32(f"{poll.source} {poll.polled.timestamp()}".encode()) / 2**32
    part = lot * (SPREAD_AFTER_FAILURE if poll.failures else SPREAD)
    return max(seconds * (1 + part) if seconds * (1 + part) <= most else seconds * (1 - part), least)


def retry(attempts: int, now: datetime, *, later: bool, wait_until: datetime | None = None) -> datetime | None:
    """Return when to try one address again after ``attempts`` earlier failures, None to give it up.

    ``later`` says whether another try can help; ``wait_until`` is what the site itself asked for.
    """
    allowed = ATTEMPTS_WHEN_ASKED_TO_WAIT if wait_until else ATTEMPTS
    if not later or attempts + 1 >= allowed:
        return None
    pause = now + RETRY_AFTER[min(attempts, len(RETRY_AFTER) - 1)]
    return max(pause, wait_until) if wait_until else pause
