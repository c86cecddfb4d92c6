"""When to look at a source again, and how a source is doing: decided from the state of its polls.

Pure: nothing is fetched here, and the clock is an argument. Fetching lives in the package ``crawlers``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.model import Poll

Health = Literal["new", "healthy", "late", "quiet", "failing", "forbidden", "gone"]

GONE = (404, 410)
FORBIDDEN = (401, 402, 403, 451)
NEWEST = 20  # items of a feed that tell its present rhythm
ATTEMPTS = 3  # tries of one address before it is given up
ATTEMPTS_WHEN_ASKED_TO_WAIT = 10  # a busy site says nothing about the page
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
LATE = timedelta(hours=1)
QUIET = timedelta(days=14)


def next_look(
    poll: Poll,
    before: Poll | None = None,
    published: Sequence[datetime] = (),
    *,
    floor: float,
    ceiling: float,
    retry_at: datetime | None = None,
) -> datetime:
    """Return when to look again after ``poll``: between ``floor`` and ``ceiling`` seconds, later if asked to wait.

    ``published`` holds the times that the items of this look carry, in any order. Where they show a rhythm, the
    interval is half of the mean gap between the newest twenty, or an eighth of the present silence if that is
    longer. Without times the last interval shrinks by a third while looks bring new links, else grows by a quarter.
    Every failure in a row doubles the floor; what is gone is looked at once a ceiling.
    """
    if poll.status in GONE:
        seconds = ceiling
    elif poll.failures:
        seconds = floor * 2 ** min(poll.failures, 20)
    else:
        seconds = _rhythm(poll, published) or _learnt(poll, before, floor)
    due = poll.polled + timedelta(seconds=min(max(seconds, floor), max(ceiling, floor)))
    return max(due, retry_at) if retry_at else due


def _rhythm(poll: Poll, published: Sequence[datetime]) -> float | None:
    """Seconds between two looks that the items' own times ask for; None where fewer than three tell."""
    known = sorted((when for when in set(published) if when <= poll.polled), reverse=True)[:NEWEST]
    if len(known) < 3:
        return None
    gap = (known[0] - known[-1]).total_seconds() / (len(known) - 1)
    silence = (poll.polled - known[0]).total_seconds()
    return max(gap / 2, silence / 8)


def _learnt(poll: Poll, before: Poll | None, floor: float) -> float:
    """Seconds learnt from the looks before; how many links of ``poll`` are new is known only once it is saved."""
    if before is None or before.failures:
        return floor
    last = (before.next_due - before.polled).total_seconds()
    return last * 5 / 4 if poll.status == 304 or not before.new_links else last * 2 / 3


def retry(attempts: int, now: datetime, *, later: bool, wait_until: datetime | None = None) -> datetime | None:
    """Return when to try one address again after ``attempts`` earlier failures, None to give it up.

    ``later`` says whether another try can help; ``wait_until`` is what the site itself asked for.
    """
    allowed = ATTEMPTS_WHEN_ASKED_TO_WAIT if wait_until else ATTEMPTS
    if not later or attempts + 1 >= allowed:
        return None
    pause = now + RETRY_AFTER[min(attempts, len(RETRY_AFTER) - 1)]
    return max(pause, wait_until) if wait_until else pause


def health(
    poll: Poll | None, now: datetime, *, last_new: datetime | None = None, quiet_after: timedelta = QUIET
) -> Health:
    """Say in one word how a source is doing at ``now``.

    ``last_new`` is when it last brought a new link; without it nothing can be called quiet.
    ``late`` means that our own look is overdue by more than an hour and more than its interval.
    """
    if poll is None:
        return "new"
    if poll.status in GONE:
        return "gone"
    if poll.status in FORBIDDEN or (poll.error or "").startswith("disallowed"):
        return "forbidden"
    if poll.failures:
        return "failing"
    if now - poll.next_due > max(LATE, poll.next_due - poll.polled):
        return "late"
    if last_new is not None and now - last_new > quiet_after:
        return "quiet"
    return "healthy"
