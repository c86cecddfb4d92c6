"""One host is one queue: the delay between two requests and the waits that hosts ask for, across restarts.

Every request passes ``Hosts.turn`` when Scrapy's downloader is about to send it: sources, pages, robots.txt, parts of
sitemaps, and each hop of a redirect. Before a request goes out, the queue of its host is reserved in the store a
little ahead, for all hosts that need it in one transaction; so a process that is killed and started again, or a
second one, waits until the reservation ends. Hosts without a delay cost nothing but one look-up a crawl.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.core.downloader import Downloader

from crawlers.manners import LONGEST_CRAWL_DELAY, Waiting, asked_to_wait
from pipeline.errors import StoreError
from pipeline.model import Host
from pipeline.store import work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from pipeline.store import Store

# Seconds between two requests that a host asks for in its terms of use rather than in robots.txt.
SLOW = {"export.arxiv.org": 3.0, "arxiv.org": 3.0, "rss.arxiv.org": 3.0}
AHEAD = 1.0  # seconds that a reservation reaches beyond the next request: what a killed process costs at most
GATHER = 0.05  # seconds in which reservations are gathered into one transaction
# The delay counts from the answer, or from this long after sending, whichever is first: on its way to a busy server a
# request may be held up, and the next one must not catch up with it.
ON_THE_WAY = 1.0
IN_FLIGHT = 0.1  # the same for the last request of a process that was killed; starting again takes longer than this


def host_of(url: str) -> str:
    """Return the name of the queue in which an address stands: without port and final dot."""
    return (urlsplit(url).hostname or "").rstrip(".")


@dataclass(slots=True)
class _Queue:
    """One host in this process. ``last`` and ``closed_until`` are seconds of the monotonic clock."""

    name: str
    delay: float
    last: float = float("-inf")
    closed_until: float = float("-inf")
    reserved: datetime | None = None
    wait_until: datetime | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def free_at(self) -> float:
        return max(self.last + self.delay, self.closed_until)


class Hosts:
    """The queues of all hosts. ``delay`` is the shortest one; ``clock`` tells the time in UTC."""

    def __init__(self, store: Store, delay: float, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._delay = delay
        self._clock = clock
        # A reservation beyond this was made by a clock that has been set back since.
        self._longest = timedelta(seconds=2 * max(delay, LONGEST_CRAWL_DELAY))
        self._queues: dict[str, _Queue] = {}
        self._busy: set[str] = set()
        self._wanting: dict[str, asyncio.Future[None]] = {}
        self._gathering: asyncio.TimerHandle | None = None

    # -------------------------------------------------------------- what hosts ask for
    def slow_down(self, name: str, delay: float) -> None:
        """Wait at least ``delay`` seconds between two requests to this host."""
        queue = self._queue(name)
        queue.delay = max(delay, self._delay, SLOW.get(name, 0.0))

    def heard(self, name: str, status: int, retry_after: str | None) -> None:
        """Ask this host for nothing before the time that its answer names, in this process and in others."""
        queue, until = self._queue(name), asked_to_wait(status, retry_after, self._clock())
        if until is None:
            return
        if queue.wait_until is None or queue.wait_until < until:
            queue.wait_until = until
            work.wait(self._store, Host(name, queue.delay, self._clock(), until))

    def waits_until(self, name: str) -> datetime | None:
        """Return until when a host asked to be left alone, None where it didn't or that is over."""
        until = self._queue(name).wait_until
        return until if until and until > self._clock() else None

    # -------------------------------------------------------------- turns
    async def turn(self, name: str) -> None:
        """Return when the next request to this host may be sent; ``answered`` must follow. Raises Waiting.

        Scrapy's own limit of one request a slot lets a whole queue go when its turn comes, so the limit is kept here.
        """
        queue = self._queue(name)
        await queue.lock.acquire()
        self._busy.add(name)
        try:
            await self._own_turn(queue)
        except BaseException:
            queue.lock.release()
            raise
        finally:
            self._busy.discard(name)
        queue.last = monotonic() + ON_THE_WAY

    def answered(self, name: str) -> None:
        """Note that the request that had the turn is over."""
        queue = self._queue(name)
        queue.last = min(queue.last, monotonic())
        queue.lock.release()

    async def _own_turn(self, queue: _Queue) -> None:
        while True:
            self._check_wait(queue)
            pause = queue.free_at - monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            elif not queue.delay or _covers(queue, self._clock()):
                return
            else:
                await self._reservation(queue)

    def _check_wait(self, queue: _Queue) -> None:
        if queue.wait_until and queue.wait_until > self._clock():
            raise Waiting(queue.wait_until)

    def _queue(self, name: str) -> _Queue:
        """Return the queue of a host; what the store keeps about it is read once."""
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = _Queue(name, max(self._delay, SLOW.get(name, 0.0)))
            if known := work.host(self._store, name):
                self._learn(queue, known)
        return queue

    def _learn(self, queue: _Queue, known: Host) -> None:
        """Take over what another process, or this one before it was killed, has left."""
        queue.wait_until = known.wait_until
        ahead = known.next_at - self._clock()
        if known.next_at != queue.reserved and timedelta() < ahead <= self._longest:
            queue.closed_until = monotonic() + ahead.total_seconds()

    # -------------------------------------------------------------- reservations
    async def _reservation(self, queue: _Queue) -> None:
        """Return when the queue was reserved, or when it is known who has it."""
        loop = asyncio.get_running_loop()
        done = self._wanting.setdefault(queue.name, loop.create_future())
        if self._gathering is None:
            self._gathering = loop.call_later(GATHER, self._reserve)
        await done

    def _reserve(self) -> None:
        """Reserve for every host that wants it, and for those that soon will, in one transaction."""
        self._gathering = None
        wanting, self._wanting = self._wanting, {}
        now = self._clock()
        busy = [self._queues[name] for name in self._busy | set(wanting)]
        failed: StoreError | None = None
        try:
            self._take([x for x in busy if x.name in wanting or not _covers(x, now, AHEAD / 2)], now)
        except StoreError as error:
            failed = error
        for done in wanting.values():
            if failed:
                done.set_exception(failed)
            elif not done.done():
                done.set_result(None)

    def _take(self, queues: Sequence[_Queue], now: datetime) -> None:
        wanted = [Host(x.name, x.delay, _plus(now, IN_FLIGHT + x.delay + AHEAD)) for x in queues if x.delay]
        held = {x.name: x.reserved for x in queues if x.reserved}
        found = work.reserve(self._store, wanted, held, now, longest=self._longest)
        for mine in wanted:
            queue, got = self._queues[mine.name], found[mine.name]
            if got.next_at == mine.next_at:
                queue.reserved = got.next_at
            self._learn(queue, got)

    def close(self) -> None:
        """Give back what was reserved and isn't needed, so that the next crawl needn't wait."""
        now, clock = self._clock(), monotonic()
        freed = [Host(x.name, x.delay, _plus(now, x.free_at - clock)) for x in self._queues.values() if x.reserved]
        work.give_back(self._store, freed)


def _plus(now: datetime, seconds: float) -> datetime:
    return now + timedelta(seconds=max(seconds, 0.0))


def _covers(queue: _Queue, now: datetime, spare: float = 0.0) -> bool:
    """Tell whether a request sent now, with its delay after it, lies within what is reserved."""
    return queue.reserved is not None and _plus(now, IN_FLIGHT + queue.delay + spare) <= queue.reserved


# ------------------------------------------------------------------ in Scrapy
class PacedDownloader(Downloader):
    """Scrapy's downloader, in which a request is sent when it is its host's turn."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        handlers: Any = _PacedHandlers(self.handlers, crawler)
        self.handlers = handlers


class _PacedHandlers:
    """Stands before Scrapy's download handlers, whichever they are."""

    def __init__(self, handlers: Any, crawler: Crawler) -> None:
        self._handlers = handlers
        self._crawler = crawler

    async def download_request_async(self, request: Request) -> Response:
        """Send a request when its turn has come, and note the wait that the answer may ask for."""
        spider: Any = self._crawler.spider
        hosts: Hosts = spider.hosts
        name = host_of(request.url)
        await hosts.turn(name)
        try:
            response: Response = await self._handlers.download_request_async(request)
        finally:
            hosts.answered(name)
        retry_after = response.headers.get("Retry-After")
        hosts.heard(name, response.status, retry_after.decode("latin-1") if retry_after else None)
        return response
