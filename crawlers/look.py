"""What one look at a source sees (``Sight``) and what it yields (``Look``): the values between fetching and reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model import Edition, Link, Poll, Rejection, Source

ITEMS = 500  # links taken from one feed or listing: the newest stand first
SITEMAP_LINKS = 5_000  # links taken from one sitemap


@dataclass(frozen=True, slots=True)
class Sight:
    """A fetched feed, sitemap or listing: whose it is, its address after redirects, and its decompressed body.

    ``parts`` is the number of files that the look reads, where it is one of an index.
    """

    source: Source
    address: str
    body: bytes
    now: datetime
    content_type: str = ""
    before: Poll | None = None
    parts: int = 1
    part: bool = False  # one of the addresses that an earlier look called ``more``


@dataclass(frozen=True, slots=True)
class Look:
    """What was read off a sight.

    ``more`` holds addresses that belong to the same look (the parts of a sitemap index); ``error`` is a
    fault that the source itself should mend; ``failed`` means that nothing at all could be read; ``ttl`` is the
    rhythm that a feed tells of itself, in seconds.
    """

    links: tuple[Link, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    more: tuple[str, ...] = ()
    error: str | None = None
    failed: bool = False
    published: tuple[datetime, ...] = field(default=())
    ttl: float | None = None
    editions: tuple[Edition, ...] = ()


def fault(sight: Sight, reason: str, detail: str = "", *, later: bool = True) -> Rejection:
    """Return a rejection of this sight."""
    return Rejection("collect", reason, detail[:500], sight.address, sight.source.key, later, seen=sight.now)


def unreadable(sight: Sight, reason: str, detail: str = "") -> Look:
    """Return a look that failed for ``reason``."""
    return Look(rejections=(fault(sight, reason, detail),), error=reason, failed=True)
