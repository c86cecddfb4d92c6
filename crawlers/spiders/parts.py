"""What the readers of conference pages share: text of an element in lines, addresses, lengths of time."""

from __future__ import annotations

import re
from datetime import timedelta

from crawlers.addresses import clean
from crawlers.spiders.feed import LONGEST_TITLE
from crawlers.spiders.feed import plain as plain

__all__ = ["LONGEST_TEXT", "LONGEST_TITLE", "address", "duration", "plain"]

LONGEST_TEXT = 10_000
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


def address(value: object, base: str) -> str | None:
    """Return an address as seen from ``base``; None for none, or for the page itself."""
    if not isinstance(value, str) or not value.strip() or value.strip().startswith("#"):
        return None
    found = clean(value, base)
    return found if found != clean(base) else None


def duration(text: str) -> timedelta | None:
    """Read an ISO 8601 length of days, hours and minutes."""
    match = DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (int(group or 0) for group in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
