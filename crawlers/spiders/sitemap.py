"""The way *sitemap*: sitemaps, news sitemaps, text sitemaps and their indexes, also gzipped -> links, the newest first.

Only what is new since the last look is taken: by publication date, lastmod, or a day in the address; at a first look
what is younger than half a year. Of addresses without any date only the newest by number or place are, and a rejection
says how many were left out. The file is read as a stream, so a large one costs no more memory than a small one. A site
that offers a feed as its sitemap is read as a feed; images, videos and translations in a sitemap are not looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawlers.addresses import clean, same_site
from crawlers.look import SITEMAP_LINKS, Look, Sight, fault, unreadable
from crawlers.spiders import feed, sitemap_index
from crawlers.spiders.items import language_of
from crawlers.spiders.sitemap_stream import Broken, Entry, entries, opening, unpacked
from crawlers.spiders.text import heading
from crawlers.spiders.times import in_zone, read
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Rejection

__all__ = ["look", "unpacked"]

FIRST_LOOK = timedelta(days=180)
MOST_KEPT = 3 * SITEMAP_LINKS
UNDATED = 500  # addresses without a date that one look takes, shared among the parts of an index
STAMPED = 0.9  # share of one and the same lastmod from which on it tells nothing
DAY = re.compile(
    r"/((?:19|20)\d\d)[/-](0?[1-9]|1[0-2])(?:[/-](0?[1-9]|[12]\d|3[01])(?!\d))?|/((?:19|20)\d\d)(\d\d)(\d\d)(?!\d)"
)
NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)")


def look(sight: Sight) -> Look:
    """Read a sitemap or an index; ``more`` of an index holds the parts that may hold something new."""
    start = opening(sight.body)
    if start is None:
        return unreadable(sight, "unreadable sitemap", "broken gzip")
    if feed.ENTITY.search(start):
        return unreadable(sight, "unreadable sitemap", "it declares entities of its own")
    if feed.ROOT.search(start[:2_000]):
        body = unpacked(sight.body)
        return feed.look(replace(sight, body=body)) if body else unreadable(sight, "unreadable sitemap", "too large")
    found = _Found(sight)
    try:
        for entry in entries(sight.body, start):
            found.add(entry)
    except Broken as error:
        if not found.read:
            return unreadable(sight, error.reason, str(error))
        found.malformed = str(error)
    return found.look()


class _Found:
    """What has been read of one sitemap so far; keeps the parts of an index, and of pages what may be taken."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.read = 0
        self.malformed: str | None = None
        self.parts: list[sitemap_index.Part] = []
        self.dated: dict[str, tuple[datetime, Link]] = {}
        self.undated: dict[str, Link] = {}
        self.without_date = 0
        self.stamps: Counter[str] = Counter()
        self.since = _since(sight)

    def add(self, entry: Entry) -> None:
        """Take in one entry, unless it is old, elsewhere or the front page."""
        self.read += 1
        modified = in_zone(read(entry.modified), UTC, self.sight.now) if entry.modified else None
        if modified and not entry.is_part and not entry.published:
            self.stamps[entry.modified] += 1
            if not sitemap_index.is_new(modified, entry.modified, self.since):
                return  # most entries of most files; their addresses need not be looked at
        url = clean(entry.address, self.sight.address)
        if url is None or not same_site(url, self.sight.address):
            return
        if entry.is_part:
            self.parts.append(sitemap_index.Part(url, modified, entry.modified))
        elif urlsplit(url).path != "/":
            self._add_page(url, entry, modified)

    def _add_page(self, url: str, entry: Entry, modified: datetime | None) -> None:
        now = self.sight.now
        published = in_zone(read(entry.published), UTC, now)
        hint = Hint(heading(entry.title), published, language=language_of(entry.language))
        link = Link(url, self.sight.source.key, hint)
        when = modified or published or _day_told(url, now)
        if when is None:
            self._add_undated(url, link)
        else:
            self._add_dated(url, when, link, entry.modified if modified else "")

    def _add_dated(self, url: str, when: datetime, link: Link, told: str) -> None:
        published = link.hint.published
        if sitemap_index.is_new(when, told, self.since) or sitemap_index.is_new(published, "", self.since):
            self.dated.setdefault(url, (when, link))
            if len(self.dated) > MOST_KEPT:
                self.dated = dict(_newest(self.dated.items()))

    def _add_undated(self, url: str, link: Link) -> None:
        self.without_date += url not in self.undated
        self.undated.setdefault(url, link)
        if len(self.undated) > MOST_KEPT:
            self.undated = {x.url: x for x in _likely_newest(list(self.undated.values()), SITEMAP_LINKS)}

    def look(self) -> Look:
        """Return the look: its links newest first, or the parts to read."""
        if self.parts:
            more = sitemap_index.chosen(self.parts, self.since, self.sight.now)
            return Look(more=more, rejections=self._faults(0), error=self._error())
        self._mistrust_stamps()
        fresh = [link for _, (_, link) in _newest(self.dated.items())]
        some = _likely_newest(list(self.undated.values()), max(UNDATED // self.sight.parts, 25))
        links = tuple(fresh + some)
        published = tuple(x.hint.published for x in links if x.hint.published)
        return Look(links, self._faults(self.without_date - len(some)), error=self._error(), published=published)

    def _mistrust_stamps(self) -> None:
        """Where all pages were modified in one moment the file was, not the pages: take their dates for none."""
        stamp, times = self.stamps.most_common(1)[0] if self.stamps else ("", 0)
        fewest = 50 if ":" in stamp else 1_000  # a busy desk may well fill a sitemap of one day
        if stamp and times >= max(fewest, STAMPED * self.read):
            stamped = {url: link for url, (_, link) in self.dated.items() if not link.hint.published}
            for url, link in stamped.items():
                self._add_undated(url, link)
            self.dated = {url: pair for url, pair in self.dated.items() if url not in stamped}

    def _faults(self, left_out: int) -> tuple[Rejection, ...]:
        faults = [fault(self.sight, "malformed sitemap", self.malformed)] if self.malformed is not None else []
        if left_out:
            detail = f"{left_out} of {self.without_date} addresses without a date"
            faults.append(fault(self.sight, "older pages left out", detail, later=False))
        return tuple(faults)

    def _error(self) -> str | None:
        return "malformed sitemap" if self.malformed is not None else None


def _since(sight: Sight) -> datetime:
    """Return when the last good look was; after a failed one it is not known, and all counts as for the first."""
    before = sight.before
    return before.polled if before and before.status and not before.failures else sight.now - FIRST_LOOK


def _day_told(url: str, now: datetime) -> datetime | None:
    """Return the day, or the last day of the month, that an address carries."""
    found = DAY.search(url)
    if found is None:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[4], found[5], found[6])
    try:
        if day:
            return in_zone(datetime(int(year), int(month), int(day), tzinfo=UTC), UTC, now)
        first = datetime(int(year), int(month), 1, tzinfo=UTC)
    except ValueError:
        return None
    return in_zone(min(first + timedelta(days=30), max(now, first)), UTC, now)


def _newest(pages: Iterable[tuple[str, tuple[datetime, Link]]]) -> list[tuple[str, tuple[datetime, Link]]]:
    return sorted(pages, key=lambda page: page[1][0], reverse=True)[:SITEMAP_LINKS]


def _likely_newest(links: list[Link], most: int) -> list[Link]:
    """Return at most ``most`` links: those with the highest numbers where addresses are numbered, else both ends."""
    if len(links) <= most:
        return links
    numbered = [(int(found[-1]), link) for link in links if (found := NUMBER.findall(urlsplit(link.url).path[-200:]))]
    if len(numbered) > len(links) / 2:
        return [link for _, link in sorted(numbered, key=lambda pair: pair[0], reverse=True)[:most]]
    return links[: (most + 1) // 2] + links[len(links) - most // 2 :]
