"""What crawled things become in the store: looks at sources and pages, each in one transaction with its fetch state.

The validators of a look (ETag, hash) are written only together with the links that it found, and a link is done only
together with its page. So the process may be killed at any instant: what is not in the store is still to do, and
this object keeps nothing but counts and the ids that are under way.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawlers import documents
from crawlers.look import fault
from crawlers.spiders import transcripts
from crawlers.stub import stub
from pipeline import collect
from pipeline.model import Page, Poll, Rejection
from pipeline.store import work

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.look import Look, Sight
    from crawlers.manners import Trouble
    from pipeline.config import Config
    from pipeline.model import Edition, Link, Source
    from pipeline.store import Store

UNDER_WAY = 2_000  # links in memory at once
BATCH, BATCH_BYTES = 32, 4 * 1024 * 1024  # pages, or bytes of them, that are saved together
MOST_OF_ONE_HOST = 500
HOSTS = 500  # hosts that links are taken of in one go; the rest has its turn after them
ASK_AFTER = 32  # links dealt with until it is worth asking for more
MINUTE = 60.0
SOURCES = 100_000
NEVER_MADE = ("address not allowed", "reserved")  # what the gate or the site's own reservation keeps out
TEXT = ("text/", "application/xhtml", "application/xml", "application/json", "application/ld+json")


@dataclass(frozen=True, slots=True)
class Validators:
    """What the next look sends along, to be told that nothing has changed."""

    etag: str | None = None
    last_modified: str | None = None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Handover:
    """The store as the crawl sees it. ``clock`` tells the time in UTC."""

    store: Store
    config: Config
    clock: Callable[[], datetime] = _now
    counts: Counter[str] = field(default_factory=Counter)
    under_way: set[int] = field(default_factory=set)
    put_off: set[int] = field(default_factory=set)
    batch: list[tuple[Link, Page]] = field(default_factory=list)
    sources: int = 0
    found: int = 0
    more: bool = True
    enough: int = 0
    last_host: str = ""

    # -------------------------------------------------------------- what is to do
    def due(self) -> list[tuple[Source, Poll | None]]:
        """Return the sources to look at now."""
        due = work.due_sources(self.store, self.clock(), limit=SOURCES)
        self.sources = len(due)
        return due

    def links(self) -> list[Link]:
        """Return links that are to be fetched and not under way yet, as many as there is room for."""
        room = UNDER_WAY - len(self.under_way)
        if room <= 0 or not self._worth_asking():
            return []
        names = work.hosts_with_links(self.store, after=self.last_host, limit=HOSTS)
        waiting = work.waiting_hosts(self.store, self.clock())
        fresh = work.links_of_hosts(
            self.store,
            [name for name in names if name not in waiting],
            self.clock(),
            each=self._share(len(names)),
            limit=room,
            but_not=self.under_way | self.put_off,
        )
        self.under_way.update(link.id for link in fresh)
        self.found = max(self.found - len(fresh), 0)
        # Hosts behind the last one come next time; at the end the round begins anew.
        self.last_host = names[-1] if len(names) == HOSTS else ""
        self.more = len(names) == HOSTS
        self.enough = len(self.under_way) - max(ASK_AFTER, len(names) // 2)
        return fresh

    def _worth_asking(self) -> bool:
        return self.more or len(self.under_way) <= self.enough

    def _share(self, hosts: int) -> int:
        """How many links of one host are under way at most: what it takes in a minute, and its share of the room."""
        pace = MINUTE / self.config.crawl_delay if self.config.crawl_delay else MOST_OF_ONE_HOST
        return int(max(min(pace, UNDER_WAY / max(hosts, 1), MOST_OF_ONE_HOST), 4))

    def put_aside(self, link: Link) -> None:
        """Leave a link for a later crawl, untouched: its host asked to wait."""
        self.under_way.discard(link.id)
        self.put_off.add(link.id)

    @property
    def done(self) -> int:
        """Looks and pages that are dealt with."""
        return self.counts["looks"] + self.counts["pages"] + self.counts["pages_failed"]

    @property
    def total(self) -> int:
        """Looks and pages known so far, dealt with or not."""
        looks_left = self.sources - self.counts["looks"]
        return self.done + looks_left + len(self.under_way) + self.found

    # -------------------------------------------------------------- looks
    def looked(self, sight: Sight, look: Look, status: int, validators: Validators) -> None:
        """Save a look and its links together. A failed one keeps no validators, so that it is read again."""
        poll = Poll(
            sight.source.key,
            sight.now,
            status,
            sight.now,
            etag=None if look.failed or look.more else validators.etag,
            last_modified=None if look.failed or look.more else validators.last_modified,
            body_hash=None if look.failed or look.more else digest(sight.body),
            failures=_failures(sight.before) + 1 if look.failed else 0,
            error=look.error,
        )
        self._save(poll, sight.before, look)

    def unchanged(self, before: Poll, status: int, validators: Validators) -> None:
        """Save that a source has nothing new: 304, or the same bytes as before. What was wrong with it still is."""
        poll = replace(
            before,
            polled=self.clock(),
            status=status,
            etag=validators.etag or before.etag,
            last_modified=validators.last_modified or before.last_modified,
            failures=0,
            new_links=0,
        )
        self.counts["unchanged"] += 1
        self._save(poll, before, None)

    def look_put_off(self) -> None:
        """Leave a source as due: its host asked to wait."""
        self.sources -= 1

    def look_failed(self, source: Source, before: Poll | None, trouble: Trouble) -> None:
        """Save that a source could not be read. Validators of its last good look stay."""
        now = self.clock()
        kept = before or Poll(source.key, now, None, now)
        poll = replace(
            kept,
            polled=now,
            status=trouble.status,
            failures=_failures(before) + 1,
            error=f"{trouble.reason}: {trouble.detail}" if trouble.detail else trouble.reason,
            new_links=0,
        )
        rejection = Rejection(
            "collect", trouble.reason, trouble.detail, source.address, source.key, trouble.later, seen=now
        )
        due = self._due(poll, before, (), trouble.wait_until)
        self._write(replace(poll, next_due=due), (), (rejection,))

    def _save(self, poll: Poll, before: Poll | None, look: Look | None) -> None:
        published = look.published if look else ()
        due = self._due(poll, before, published, None)
        editions = look.editions if look else ()
        self._write(replace(poll, next_due=due), look.links if look else (), look.rejections if look else (), editions)

    def _due(self, poll: Poll, before: Poll | None, published: tuple[datetime, ...], wait: datetime | None) -> datetime:
        floor, ceiling = self.config.crawl_floor, self.config.crawl_ceiling
        return collect.next_look(poll, before, published, floor=floor, ceiling=ceiling, retry_at=wait)

    def _write(
        self,
        poll: Poll,
        links: tuple[Link, ...],
        rejections: tuple[Rejection, ...],
        editions: tuple[Edition, ...] = (),
    ) -> None:
        new = work.save_poll(self.store, poll, links, rejections, editions=editions)
        self.found += new
        self.more = self.more or new > 0
        self.counts["looks"] += 1
        self.counts["looks_failed"] += poll.failures > 0
        self.counts["links"] += new

    # -------------------------------------------------------------- pages
    def page(self, link: Link, url: str, body: bytes, content_type: str | None, *, reserved: str | None = None) -> None:
        """Take a fetched page, to be saved with the next batch, or save why it is none: empty, or no text.

        A transcript becomes a page of its own; of a page whose mining is ``reserved`` only a stub is kept.
        """
        if not body.strip():
            self.page_failed(link, Rejection("fetch", "empty page", url=url), None)
        elif link.hint.transcript_of and transcripts.is_transcript(content_type or "", body):
            self._transcript(link, url, body, content_type or "", reserved)
        elif content_type and not content_type.lower().startswith(TEXT):
            self.page_failed(link, Rejection("fetch", "not a web page", content_type, url=url), None)
        else:
            page = Page(url, body, link.source, link.url, self.clock(), 200, content_type, link.hint)
            self.batch.append((link, self._stub(page, reserved) if reserved else page))
            if len(self.batch) >= BATCH or sum(len(p.body) for _, p in self.batch) >= BATCH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Save the pages taken since the last time, in one transaction: the cost of one is small beside its commit."""
        if self.batch:
            work.save_pages(self.store, self.batch)
            self.counts["pages"] += len(self.batch)
            self.under_way.difference_update(link.id for link, _ in self.batch)
            self.batch = []

    def _stub(self, page: Page, reserved: str) -> Page:
        self.counts["reserved"] += 1
        return stub(page, reserved)

    def _transcript(self, link: Link, url: str, body: bytes, content_type: str, reserved: str | None) -> None:
        made = transcripts.page(body, content_type, url, link.hint)
        if made is None:
            self.page_failed(link, Rejection("fetch", "unreadable transcript", content_type, url=url), None)
        else:
            self.page(
                replace(link, hint=replace(link.hint, transcript_of=None)), url, made, documents.KIND, reserved=reserved
            )

    def page_troubled(self, link: Link, trouble: Trouble) -> None:
        """Save a failed fetch: when to try again, or that it is given up."""
        retry_at = collect.retry(link.attempts, self.clock(), later=trouble.later, wait_until=trouble.wait_until)
        later = retry_at is not None
        self.page_failed(link, Rejection("fetch", trouble.reason, trouble.detail, url=link.url, later=later), retry_at)

    def page_failed(self, link: Link, rejection: Rejection, retry_at: datetime | None) -> None:
        """Save a rejection of a link and its next try."""
        seen = replace(rejection, source=link.source, subject=link.id, seen=self.clock())
        if retry_at is None and (page := self._from_feed(link, seen)):
            work.save_page(self.store, link, page, [seen])
            self.counts["pages"] += 1
            self.counts["pages_from_feeds"] += 1
        else:
            work.save_link_failure(self.store, link, seen, retry_at)
            self.counts["pages_failed"] += 1
        self.under_way.discard(link.id)

    def _from_feed(self, link: Link, rejection: Rejection) -> Page | None:
        """Make a page of the full text that the feed gave, where the page itself can't be had for good."""
        if rejection.reason in NEVER_MADE or not (content := work.content_of(self.store, link.id)):
            return None
        body = documents.document(documents.Paper(link.url, content, "feed", link.hint))
        return Page(link.url, body, link.source, link.url, self.clock(), 200, documents.KIND, link.hint)


def digest(body: bytes) -> str:
    """Return the hash by which an unchanged body is recognised."""
    return hashlib.sha256(body).hexdigest()


def is_unchanged(before: Poll | None, body: bytes) -> bool:
    """Tell whether a source gave the same bytes as at its last good look."""
    return before is not None and before.body_hash is not None and before.body_hash == digest(body)


def broken(sight: Sight, error: Exception) -> Rejection:
    """Return a rejection for content that our own reader stumbled over."""
    return fault(sight, "reader failed", f"{type(error).__name__}: {error}")


def _failures(before: Poll | None) -> int:
    return before.failures if before else 0
