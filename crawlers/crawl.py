"""The crawl: one Scrapy spider that looks at every due source, fetches every pending link, and ends by itself.

It decides nothing: the ways read (``spiders/``), the manners say what a failure means, the handover saves. Work is
asked from the store, again whenever there is room, so that links found by this crawl are fetched by it as well.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.sax import SAXException  # the exception only, which feedparser lets through

import scrapy
from lxml.etree import LxmlError
from scrapy import signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.asyncio import call_later, create_looping_call
from scrapy.utils.defer import deferred_from_coro

from crawlers.archives import Archives
from crawlers.browser import Browser, NoBrowser
from crawlers.handover import Handover, Validators, broken, is_unchanged
from crawlers.look import Look, Sight, fault
from crawlers.manners import Trouble, Waiting, max_age, trouble_of_answer, trouble_of_failure
from crawlers.pacing import Hosts, host_of
from crawlers.robots import reserved
from crawlers.spiders import WAYS
from crawlers.spiders.sitemap_index import PARTS
from crawlers.storable import storable, text
from crawlers.stub import bare
from pipeline.conferences import merged
from pipeline.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from pipeline.model import Link, Poll, Source

TICK = 0.2  # seconds between two looks at the clock, the room for links, and progress
GRACE = 10.0  # seconds that fetches under way get once the crawl is to end
# What feedparser and lxml raise over hostile bytes; none of it may end the crawl of all the others.
STUMBLES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, LxmlError, SAXException,
)  # fmt: skip
FIRST = 100  # sources are looked at before pages are fetched


class Crawl(scrapy.Spider):
    """One crawl of at most ``seconds``.

    ``report`` is told done, total and the number of sources looked at about five times a second; ``give_up`` is
    called when a crawl that should end has not ended in time, and must end the process.
    """

    name = "tideline"

    def __init__(
        self,
        handover: Handover,
        report: Callable[[int, int, int], None],
        give_up: Callable[[str | None], None],
        seconds: float,
    ) -> None:
        super().__init__()
        self.handover = handover
        self.report = report
        self.give_up = give_up
        self.ends = time.monotonic() + seconds
        self.ending = False
        self.failed: str | None = None
        self.hosts = Hosts(handover.store, handover.config.crawl_delay, handover.clock)
        self.parts: dict[str, _Parts] = {}
        self.archives = Archives(self)
        self.browser = Browser(self._fetched, handover.config.crawl_browser)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Crawl:
        """Build and connect to the events that drive the crawl."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.opened, signals.spider_opened)
        crawler.signals.connect(spider.idle, signals.spider_idle)
        crawler.signals.connect(spider.stumbled, signals.spider_error)
        crawler.signals.connect(spider.browser.close, signals.spider_closed)
        return spider

    # -------------------------------------------------------------- driving
    async def start(self) -> AsyncIterator[Any]:
        """Yield one request a due source; links follow from ``tick`` and ``idle``."""
        for source, before in self.handover.due():
            if self._must_wait(source.address):
                self.handover.look_put_off()
            elif source.way == "archive":
                yield self.archives.begin(source, before)
            elif source.way in WAYS:
                yield self._look_request(source, before)
            else:
                self.handover.look_failed(source, before, Trouble(f"way {source.way} comes later"))

    def opened(self) -> None:
        """Begin to tick."""
        self._ticking = create_looping_call(self.tick)
        self._ticking.start(TICK, now=False)
        self.crawler.signals.connect(self.closed_down, signals.spider_closed)

    def closed_down(self) -> None:
        """Stop ticking."""
        if self._ticking.running:
            self._ticking.stop()
        self._refill()
        self._tell()
        if not self.failed:
            self.hosts.close()

    def tick(self) -> None:
        """Save what came in, tell progress, fetch more where there is room, and end when the time is over."""
        self._refill()
        self._tell()
        if self.failed or time.monotonic() > self.ends:
            self.end()

    def end(self) -> None:
        """Take no more work and close. Fetches under way get ten seconds; after that ``give_up`` ends the process."""
        if self.ending:
            return
        self.ending = True
        call_later(GRACE, lambda: self.give_up(self.failed))
        deferred_from_coro(self.crawler.engine.close_spider_async(reason="failed" if self.failed else "ended"))

    def idle(self) -> None:
        """Go on while the store knows more; otherwise let the crawl end."""
        if self.failed or self.ending:
            raise CloseSpider("ended")
        self.handover.more = True
        if self._refill():
            raise DontCloseSpider

    def stumbled(self, failure: Any) -> None:
        """Note an exception that nothing caught: the store is gone, or a bug. The crawl ends as failed."""
        self.failed = _said(failure.value)

    def _tell(self) -> None:
        self.report(self.handover.done, self.handover.total, self.handover.counts["looks"])

    def _refill(self) -> int:
        if self.failed:
            return 0
        try:
            self.handover.flush()
            links = [] if self.ending else self.handover.links()
        except StoreError as error:
            self.failed = str(error)
            return 0
        except BaseException as error:
            # Scrapy would log it and go on; without the store there is no crawl, and ``idle`` ends it.
            self.failed = _said(error)
            raise
        for link in links:
            self._fetch(link)
        return len(links)

    # -------------------------------------------------------------- looks
    def _look_request(self, source: Source, before: Poll | None) -> scrapy.Request:
        headers = {}
        # What a browser makes of a page changes while the page itself stays the same.
        if source.javascript:
            before = replace(before, etag=None, last_modified=None) if before else None
        if before and before.etag:
            headers["If-None-Match"] = before.etag
        if before and before.last_modified:
            headers["If-Modified-Since"] = before.last_modified
        return self._request(
            source.address, self.on_look, self.on_look_failure, {"source": source, "before": before}, headers, FIRST
        )

    def _request(
        self,
        url: str,
        callback: Callable[..., Any],
        errback: Callable[..., Any],
        about: dict[str, Any],
        headers: dict[str, str] | None = None,
        priority: int = 0,
    ) -> scrapy.Request:
        return scrapy.Request(
            url, callback, errback=errback, cb_kwargs=about, headers=headers, priority=priority, dont_filter=True
        )

    def on_look(self, response: Response, source: Source, before: Poll | None) -> Any:
        """Read an answered source, or say why not."""
        now = self.handover.clock()
        if trouble := self._trouble(response, now):
            self.handover.look_failed(source, before, trouble)
            return None
        if source.javascript:
            return self._in_browser(response, source, before)
        return self._seen(response, response.body, source, before)

    async def _in_browser(self, response: Response, source: Source, before: Poll | None) -> Any:
        kind = _header(response, "Content-Type") or ""
        try:
            body = await self.browser.rendered(response.url, response.body, kind)
        except NoBrowser as error:
            self.handover.look_failed(source, before, Trouble("needs a browser", str(error), later=True))
            return None
        return self._seen(response, body, source, before)

    def _seen(self, response: Response, body: bytes, source: Source, before: Poll | None) -> Any:
        fresh = max_age(_header(response, "Cache-Control"))
        validators = Validators(_header(response, "ETag"), _header(response, "Last-Modified"), fresh)
        if before and (response.status == 304 or is_unchanged(before, body)):
            self.handover.unchanged(before, response.status, validators)
            return None
        now, kind = self.handover.clock(), _header(response, "Content-Type") or ""
        sight = Sight(source, response.url, body, now, kind, before, known=self.handover.known(source))
        look = _read(sight)
        if look.more:
            return self._begin_parts(sight, look)
        self.handover.looked(sight, bare(look) if reserved(response) else look, response.status, validators)
        return None

    async def _fetched(self, url: str) -> Response:
        """Fetch one address for the browser, as everything is fetched."""
        engine: Any = self.crawler.engine
        found: Response = await engine.download_async(scrapy.Request(url, callback=NO_CALLBACK, dont_filter=True))
        return found

    def on_look_failure(self, failure: Any) -> None:
        """Save why a source could not be reached."""
        about = failure.request.cb_kwargs
        if isinstance(failure.value, Waiting):
            self.handover.look_put_off()
            return
        trouble = trouble_of_failure(failure.value, failure.request.url)
        self.handover.look_failed(about["source"], about["before"], trouble)

    # -------------------------------------------------------------- parts of a sitemap index
    def _begin_parts(self, sight: Sight, look: Look) -> list[scrapy.Request]:
        parts = _Parts(sight, len(look.more), look)
        self.parts[sight.source.key] = parts
        return [
            self._request(url, self.on_part, self.on_part_failure, {"parts": parts}, priority=FIRST)
            for url in look.more
        ]

    def on_part(self, response: Response, parts: _Parts) -> list[scrapy.Request]:
        """Read one part of an index, which may be an index itself; the last one saves the whole look."""
        now = self.handover.clock()
        if trouble := self._trouble(response, now):
            self._add_part(parts, Look(rejections=(fault(parts.sight, trouble.reason, response.url),)))
            return []
        kind = _header(response, "Content-Type") or ""
        sight = replace(
            parts.sight, address=response.url, body=response.body, content_type=kind, part=True, parts=parts.count
        )
        look = _read(sight)
        nested = parts.nested(look)
        self._add_part(parts, replace(look, more=()))
        return [
            self._request(url, self.on_part, self.on_part_failure, {"parts": parts}, priority=FIRST) for url in nested
        ]

    def on_part_failure(self, failure: Any) -> None:
        """Go on without a part that could not be reached."""
        parts = failure.request.cb_kwargs["parts"]
        trouble = trouble_of_failure(failure.value, failure.request.url)
        self._add_part(parts, Look(rejections=(fault(parts.sight, trouble.reason, failure.request.url),)))

    def _add_part(self, parts: _Parts, look: Look) -> None:
        if whole := parts.add(look):
            self.handover.looked(parts.sight, whole, 200, Validators())

    # -------------------------------------------------------------- pages
    def _fetch(self, link: Link) -> None:
        if self._must_wait(link.url):
            self.handover.put_aside(link)
        else:
            self.crawler.engine.crawl(self._request(link.url, self.on_page, self.on_page_failure, {"link": link}))

    def on_page(self, response: Response, link: Link) -> None:
        """Hand over a fetched page, or say why not."""
        if trouble := self._trouble(response, self.handover.clock()):
            self.handover.page_troubled(link, trouble)
        else:
            kind = _header(response, "Content-Type")
            self.handover.page(link, response.url, response.body, kind, reserved=reserved(response))

    def on_page_failure(self, failure: Any) -> None:
        """Save why a page could not be fetched."""
        link = failure.request.cb_kwargs["link"]
        if isinstance(failure.value, Waiting) and self._must_wait(link.url):
            self.handover.put_aside(link)
            return
        self.handover.page_troubled(link, trouble_of_failure(failure.value, failure.request.url))

    # -------------------------------------------------------------- hosts that asked to wait
    def _trouble(self, response: Response, now: datetime) -> Trouble | None:
        return trouble_of_answer(response.status, _header(response, "Retry-After"), now)

    def _must_wait(self, url: str) -> bool:
        return self.hosts.waits_until(host_of(url)) is not None


class _Parts:
    """The parts of a sitemap index while they come in, in any order."""

    def __init__(self, sight: Sight, left: int, first: Look) -> None:
        self.sight = sight
        self.left = self.count = left
        # A sitemap index has nothing but its parts; an agenda has a page of its own.
        self.looks: list[Look] = [first] if first.links or first.editions else []
        self.asked: set[str] = set()

    def nested(self, look: Look) -> list[str]:
        """Return the parts of an index within the index that are read as well; no more than there were parts before."""
        found = [url for url in look.more if url not in self.asked][: max(PARTS - len(self.asked), 0)]
        self.asked.update(found)
        self.left += len(found)
        return found

    def add(self, look: Look) -> Look | None:
        """Take a part; return the whole look once all are there."""
        self.looks.append(look)
        self.left -= 1
        if self.left:
            return None
        links = tuple(link for x in self.looks for link in x.links)
        rejections = tuple(r for x in self.looks for r in x.rejections)
        published = tuple(when for x in self.looks for when in x.published)
        failed = not links and len(rejections) >= len(self.looks)
        error = rejections[0].reason if rejections else None
        editions = merged(edition for x in self.looks for edition in x.editions)
        return Look(links, rejections, ("parts",), error, failed and not editions, published, editions=editions)


def _read(sight: Sight) -> Look:
    """Read a sight by its source's way. A reader that stumbles over one source costs only that source."""
    try:
        return storable(WAYS[sight.source.way](sight))
    except STUMBLES as error:
        return Look(rejections=(broken(sight, error),), error="reader failed", failed=True)


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    with suppress(UnicodeDecodeError):
        return str(text(value.decode("utf-8"))) if value else None
    return None
