"""How a source is doing, in one word, since when, and why: judged by its last look and by its own rhythm and volume.

Decides nothing about when to look again. A feed that can be read though it is malformed is healthy, with a remark.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.collect.interval import trouble_class
from pipeline.collect.learning import DAY, HOUR, expected
from pipeline.collect.volume import jump
from pipeline.model import Health

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pipeline.model import HealthState, Poll, Rhythm

LATE = timedelta(hours=1)
QUIET = timedelta(days=14)  # where no rhythm is known
FALSE_ALARMS = 0.05  # a source-year: how often a source that goes on as ever may be called quiet
UNEVEN = 8.0  # shape of the gamma mixture of rates: people are less even than a Poisson process
KNOWN = 3.0  # postings from which on a rhythm is one
GONE_AFTER = {404: (4, timedelta(days=3)), 410: (2, timedelta(days=1))}  # looks, and the time they must span


def health(
    poll: Poll | None,
    now: datetime,
    *,
    before: Health | None = None,
    last_new: datetime | None = None,
    last_ok: datetime | None = None,
    volume: Sequence[tuple[date, int]] = (),
) -> Health:
    """Say how a source is doing at ``now``; ``before`` is what was said last time, whose ``since`` goes on.

    ``last_new`` is when it last brought a new link, ``last_ok`` when it last could be read. ``volume`` holds its new
    items a day, oldest first, the last day being the present one. What went wrong at the last look comes first,
    then whether our own next look is overdue (late), then what it brings: too much (drowning), nothing (quiet).
    """
    found = _found(poll, now, before, last_new, last_ok, volume)
    return Health(found.state, before.since, found.why) if before and before.state == found.state else found


def _found(
    poll: Poll | None,
    now: datetime,
    before: Health | None,
    last_new: datetime | None,
    last_ok: datetime | None,
    volume: Sequence[tuple[date, int]],
) -> Health:
    if poll is None:
        return Health("new", now, "not looked at yet")
    if poll.failures:
        in_trouble = before is not None and before.state in ("failing", "gone")
        return _trouble(poll, before.since if before and in_trouble else last_ok or poll.polled)
    if now - poll.next_due > max(LATE, poll.next_due - poll.polled):
        why = f"our own look is overdue by {_span(now - poll.next_due)}: is the crawl running?"
        return Health("late", poll.next_due, why)
    return _drowning(volume, now) or _quiet(poll, now, last_new) or _healthy(poll)


def _trouble(poll: Poll, since: datetime) -> Health:
    kind = trouble_class(poll)
    said = _said(poll)
    if kind == "forbidden":
        return Health("forbidden", since, f"the site keeps us out: {said}")
    if kind == "gone":
        return _gone(poll, since, said)
    times = "the last look" if poll.failures == 1 else f"the last {poll.failures} looks"
    return Health("failing", since, f"{times} failed: {said}")


def _gone(poll: Poll, since: datetime, said: str) -> Health:
    """A missing feed may be a deployment under way; only looks over days make it gone."""
    looks, span = GONE_AFTER[410 if poll.status == 410 else 404]
    state: HealthState = "gone" if poll.failures >= looks and poll.polled - since >= span else "failing"
    waited = f"{poll.failures} looks over {_span(poll.polled - since)}" if poll.polled > since else "one look"
    return Health(state, since, f"not there any more: {said}, {waited}")


def _drowning(volume: Sequence[tuple[date, int]], now: datetime) -> Health | None:
    found = jump(volume)
    if found is None:
        return None
    many = f"{found.items:,} new items today; usual are {found.usual:,.0f} a day, {found.most:,} at most"
    return Health("drowning", now, many)


def _quiet(poll: Poll, now: datetime, last_new: datetime | None) -> Health | None:
    known = poll.rhythm
    if known is None or sum(known.hours) < KNOWN:
        if last_new is None or now - last_new <= QUIET:
            return None
        return Health("quiet", last_new, f"nothing new for {_span(now - last_new)}")
    if known.silence + expected(known, known.seen, now.timestamp(), known.pace) <= _longest_silence(known):
        return None
    since = last_new or poll.polled - timedelta(seconds=known.seen - known.newest)
    usual = timedelta(hours=1 / known.pace)
    why = f"nothing new for {_span(now - since)}; it used to bring something every {_span(usual)}"
    return Health("quiet", since, why)


def _longest_silence(known: Rhythm) -> float:
    """Postings due in a silence that a source in good health has with probability FALSE_ALARMS in a year.

    Each gap is one trial. The number of postings due until the next one is exponential with a rate that is itself
    gamma-distributed (a Lomax distribution), which leaves room for holidays and moods.
    """
    gaps = max(known.pace * 365 * DAY / HOUR, 1.0)
    return float(UNEVEN * ((FALSE_ALARMS / gaps) ** (-1 / UNEVEN) - 1))


def _healthy(poll: Poll) -> Health:
    return Health("healthy", poll.polled, f"readable, with a remark: {poll.error}" if poll.error else "")


def _said(poll: Poll) -> str:
    status = f"HTTP {poll.status}" if poll.status and not 200 <= poll.status < 300 else ""
    error = poll.error or ""
    return ", ".join(x for x in (error, status if status not in error else "") if x) or "no answer"


def _span(length: timedelta) -> str:
    """Return a length of time in words: "9 days", "5 hours", "20 minutes"."""
    seconds = length.total_seconds()
    for name, unit, most in (("minute", 60.0, 90 * 60.0), ("hour", HOUR, 48 * HOUR), ("day", DAY, 60 * DAY)):
        if seconds < most:
            n = max(round(seconds / unit), 1)
            return f"{n} {name}{'' if n == 1 else 's'}"
    return f"{round(seconds / (30.4 * DAY))} months"
