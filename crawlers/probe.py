"""The probe: looks at an address before it becomes a source, and finds the best way to read it.

``python -m crawlers --probe URL …`` prints JSON lines: ``{"looked": address}`` for each step, ``{"probe": {...}}`` for
each URL, at last ``{"finished": true}``. Every request goes through the gate, robots.txt and the manners of the crawl,
about twenty an address at most, one after the other. It stores nothing and decides nothing that ``judge.py`` doesn't say.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import scrapy

from crawlers import discover, judge
from crawlers.addresses import clean, same_site
from crawlers.crawl import STUMBLES
from crawlers.handover import Handover
from crawlers.look import Look, Sight, unreadable
from crawlers.manners import trouble_of_answer, trouble_of_failure
from crawlers.pacing import Hosts
from crawlers.rules import Rules, rules
from crawlers.spiders import WAYS, listing
from pipeline.errors import CollectError
from pipeline.model import Probe, Source
from pipeline.store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from lxml import etree
    from scrapy.http import Response

    from crawlers.manners import Trouble
    from pipeline.config import Config
    from pipeline.model import Way

REQUESTS = 18  # robots.txt, which the manners fetch for each host, comes on top
SECONDS = 120.0
MOST_TRIED = 40
# After one of these nothing else of the host need be tried.
HOPELESS = ("address not allowed", "no such host", "connection refused", "robots.txt unreachable", "timeout")
WALLED = 3  # usual addresses of feeds that are tried where the page itself is closed
WAY_OF: Mapping[str, Way] = {"feed": "feed", "sitemap": "sitemap", "calendar": "conference"}
ADVICE = {
    "address not allowed": "only public http and https addresses are fetched; `crawl.allow` names your own exceptions",
    "disallowed by robots.txt": "the site keeps crawlers out; ask its owner, or look for another address of it",
    "robots.txt unreachable": "the site's robots.txt can't be read, which closes it for now; try again later",
    "gone": "nothing is at this address; look for the address in a browser",
    "forbidden": "the site lets in no one without an account, or no programs",
    "no such host": "no such name; check the spelling",
    "timeout": "the site did not answer in time; try again later",
    "connection refused": "no server answers there; try again later",
}  # fmt: skip
NO_WAY = (
    "no feed, sitemap or list of articles was found; give the address of a feed or of the page that lists the "
    "articles. What needs JavaScript can't be read this way"
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer, or the trouble in its place. ``kept`` is the address to keep: the last one after lasting redirects."""

    address: str
    kept: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    trouble: Trouble | None = None


class Spider(scrapy.Spider):
    """Fetches for one exploration after the other and ends."""

    name = "tideline-probe"

    def __init__(
        self, addresses: Sequence[str], agent: str, tell: Callable[[dict[str, object]], None], handover: Handover
    ) -> None:
        super().__init__()
        self.addresses, self.agent, self.tell = addresses, agent, tell
        # A probe stands in the same queues as a crawl that may be under way, and shares what is known of robots.txt.
        self.handover = handover
        self.hosts = Hosts(handover.store, handover.config.crawl_delay, handover.clock)
        self.probed = 0
        self.ends = 0.0

    async def start(self) -> AsyncIterator[Any]:
        """Explore; what is fetched is no item of a crawl, so nothing is yielded."""
        for address in self.addresses:
            self.ends = time.monotonic() + SECONDS
            probe = await Exploration(address, self.agent, self._fetch, datetime.now(UTC)).run()
            self.tell({"probe": asdict(probe)})
            self.probed += 1
        for nothing in list[Any]():
            yield nothing

    async def _fetch(self, address: str) -> Fetched | None:
        left = self.ends - time.monotonic()
        if left <= 0:
            return None
        self.tell({"looked": address})
        answer: asyncio.Future[Fetched] = asyncio.get_running_loop().create_future()
        robots = urlsplit(address).path == "/robots.txt"
        self.crawler.engine.crawl(_request(address, answer, robots=robots))
        try:
            return await asyncio.wait_for(answer, left)
        except TimeoutError:
            return None


def _request(address: str, answer: asyncio.Future[Fetched], *, robots: bool) -> scrapy.Request:
    def answered(response: Response) -> None:
        if not answer.done():
            answer.set_result(_answered(address, response))

    def failed(failure: Any) -> None:
        if not answer.done():
            answer.set_result(Fetched(address, address, trouble=trouble_of_failure(failure.value, address)))

    # robots.txt itself may always be asked for.
    return scrapy.Request(
        address, answered, errback=failed, dont_filter=True, meta={"dont_obey_robotstxt": True} if robots else {}
    )


def _answered(address: str, response: Response) -> Fetched:
    headers = {k.decode("latin-1").lower(): b", ".join(v).decode("latin-1") for k, v in response.headers.items()}
    trouble = trouble_of_answer(response.status, headers.get("retry-after"), datetime.now(UTC))
    reasons = response.request.meta.get("redirect_reasons", []) if response.request else []
    kept = response.url if all(x in (301, 308) for x in reasons) else address
    return Fetched(response.url, clean(kept) or address, response.body, headers, trouble)


class Exploration:
    """One exploration of a site from one address; ``fetch`` returns None once the time is over."""

    def __init__(
        self, asked: str, agent: str, fetch: Callable[[str], Awaitable[Fetched | None]], now: datetime
    ) -> None:
        self.asked, self.agent, self.fetch, self.now = asked, agent, fetch, now
        self.requests = 0
        self.robots: dict[str, Rules] = {}
        self.signals: list[str] = []
        self.found: list[judge.Tried] = []
        self.tried: dict[str, str] = {}
        self.about = discover.About()
        self.articles: frozenset[str] = frozenset()

    async def run(self) -> Probe:
        """Look at the address and around it; return what was found, with the choice."""
        address = clean(self.asked)
        if address is None:
            return Probe(
                self.asked, self.asked, trouble="no http or https address", advice=ADVICE["address not allowed"]
            )
        robots = await self._read_robots(address)
        first = await self._get(address)
        if first is None or (first.trouble and first.trouble.reason in HOPELESS):
            return self._closed(address, first)
        what = "" if first.trouble else discover.what(first.body)
        if what in WAY_OF:
            self._try(WAY_OF[what], "given", first)
            await self._parts()
        else:
            await self._around(first, robots)
        return await self._finish(first, what)

    # -------------------------------------------------------------- steps
    async def _around(self, first: Fetched, robots: str) -> None:
        root = None if first.trouble else self._read_page(first)
        if root is not None:
            for address in discover.linked_feeds(root, first.address):
                await self._look("feed", "linked in the page", address)
            for address in discover.calendars(root, first.address):
                await self._look("conference", "linked in the page", address)
        if not any(x.way == "feed" and x.look.links and not judge.is_comments(x) for x in self.found):
            await self._usual_feeds(first)
        await self._sitemaps(first, robots)

    async def _usual_feeds(self, first: Fetched) -> None:
        for address in discover.usual_feeds(first.address)[: WALLED if first.trouble else None]:
            if await self._look("feed", "at a usual address", address):
                return

    async def _sitemaps(self, first: Fetched, robots: str) -> None:
        named = discover.named_sitemaps(robots, first.address)[:2]
        for address in named:
            await self._look("sitemap", "named in robots.txt", address)
        for address in [] if named else discover.usual_sitemaps(first.address):
            await self._look("sitemap", "at a usual address", address)
        await self._parts()

    async def _parts(self) -> None:
        """Read the newest part of each index in its place; the crawl will read the others as well."""
        for number, tried in enumerate(self.found):
            if not tried.look.more:
                continue
            part = await self._get(tried.look.more[0])
            if part is None or part.trouble:
                continue
            read = self._read("sitemap", replace(tried.sight, address=part.address, body=part.body))
            self.found[number] = replace(tried, look=read, lastmod=b"<lastmod" in part.body)

    async def _finish(self, first: Fetched, what: str) -> Probe:
        asked = judge.Asked(first.address, self.articles)
        candidates = judge.judged(self.found, asked, self.now, self._may_fetch)
        chosen = next((x for x in candidates if x.chosen), None)
        if chosen:
            await self._item(chosen.address)
        trouble = _said(first.trouble)
        said = ADVICE.get(first.trouble.reason, "") if first.trouble else NO_WAY
        return Probe(
            self.asked, first.address, what, trouble,
            name=self.about.name or (chosen.name if chosen else None),
            language=(chosen.language if chosen else None) or self.about.language,
            country=self.about.country,
            signals=tuple(dict.fromkeys(self.signals))[:10],
            candidates=candidates,
            tried=tuple(self.tried.items())[:MOST_TRIED],
            advice="" if chosen else said or NO_WAY,
            requests=self.requests,
        )  # fmt: skip

    def _closed(self, address: str, first: Fetched | None) -> Probe:
        trouble = first.trouble if first else None
        advice = ADVICE.get(trouble.reason, NO_WAY) if trouble else ADVICE["timeout"]
        return Probe(self.asked, address, trouble=_said(trouble) or "timeout", advice=advice, requests=self.requests)

    async def _item(self, chosen: str) -> None:
        """Fetch one article of the chosen way: its language, its signals, and whether articles come at all."""
        tried = next(x for x in self.found if x.sight.source.address == chosen)
        page = next((x.url for x in tried.look.links if same_site(x.url, tried.sight.address)), None)
        item = await self._get(page) if page else None
        if item and item.trouble:
            self.tried[item.address] = f"one of its articles: {_said(item.trouble)}"
        elif item:
            known = self.about
            root = listing.document(self._sight("listing", item))
            if root is not None:
                said = discover.about_page(root)
                self.signals += discover.page_signals(root)
                self.about = discover.About(known.name or said.name, known.language or said.language, known.country or said.country)  # fmt: skip

    # -------------------------------------------------------------- reading
    async def _look(self, way: Way, found: str, address: str) -> bool:
        """Fetch and read an address that may be a way; what it turns out not to be is noted in ``tried``."""
        if any(address in (x.sight.address, x.sight.source.address) for x in self.found) or address in self.tried:
            return False
        fetched = await self._get(address)
        if fetched is None:
            return False
        is_it = WAY_OF.get(discover.what(fetched.body)) if not fetched.trouble else None
        if is_it != way:
            self.tried[address] = _said(fetched.trouble) or f"no {way} there"
            return False
        if any(fetched.address == x.sight.address for x in self.found):
            return False
        return self._try(way, found, fetched)

    def _try(self, way: Way, found: str, fetched: Fetched) -> bool:
        sight = self._sight(way, fetched)
        look = self._read(way, sight)
        sessions = fetched.body.count(b"BEGIN:VEVENT")
        about, text = judge.about_feed(fetched.body) if way == "feed" and not look.failed else (discover.About(), "")
        self.found.append(judge.Tried(way, found, sight, look, sessions, b"<lastmod" in fetched.body, about, text))
        return bool(look.links)

    def _read_page(self, first: Fetched) -> etree._Element | None:
        sight = self._sight("listing", first)
        root = listing.document(sight)
        if root is None:
            return None
        self.about = discover.about_page(root)
        self.signals += discover.page_signals(root)
        look = self._read("listing", sight)
        self.articles = frozenset(x.url for x in look.links)
        self.found.append(judge.Tried("listing", "the page itself", sight, look))
        if sessions := discover.events(root):
            agenda = self._sight("conference", first)
            self.found.append(judge.Tried("conference", "the page itself", agenda, self._read("conference", agenda), sessions))  # fmt: skip
        return root

    def _sight(self, way: Way, fetched: Fetched) -> Sight:
        source = Source("probe", "probe", way, fetched.kept, "und", "ZZ", "trade press")
        return Sight(source, fetched.address, fetched.body, self.now, fetched.headers.get("content-type", ""))

    def _read(self, way: Way, sight: Sight) -> Look:
        try:
            return WAYS[way](sight)
        except STUMBLES as error:
            return unreadable(sight, "reader failed", f"{type(error).__name__}: {error}")

    # -------------------------------------------------------------- fetching
    async def _get(self, address: str) -> Fetched | None:
        if self.requests >= REQUESTS:
            return None
        self.requests += 1
        fetched = await self.fetch(address)
        if fetched and not fetched.trouble:
            self.signals += discover.header_signals(fetched.headers)
        return fetched

    async def _read_robots(self, address: str) -> str:
        fetched = await self._get(urljoin(address, "/robots.txt"))
        if fetched is None or fetched.trouble:
            return ""
        found = self.robots[urlsplit(address).netloc] = rules(fetched.body, self.agent)
        self.signals += discover.robots_signals(found.text)
        return found.text

    def _may_fetch(self, url: str) -> bool:
        known = self.robots.get(urlsplit(url).netloc)
        return known is None or known.allows(url)


def _said(trouble: Trouble | None) -> str | None:
    if trouble is None:
        return None
    detail = re.sub(r"\s+", " ", trouble.detail)[:200]
    reason = "nothing there" if trouble.reason == "gone" else trouble.reason
    return f"{reason} ({detail})" if detail and not detail.startswith("http") else reason


# ------------------------------------------------------------------ as a process
def run(config: Config, addresses: Sequence[str], tell: Callable[[dict[str, object]], None]) -> None:
    """Probe ``addresses`` in the one reactor of this process. Raises CollectError when that ended too early."""
    from scrapy.crawler import AsyncCrawlerProcess

    from crawlers.settings import scrapy_settings

    settings = scrapy_settings(config)
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(Spider)
    agent = settings["ROBOTSTXT_USER_AGENT"]
    with open_store(config.database_url) as store:
        handover = Handover(store, config)
        crawling = process.crawl(crawler, addresses=addresses, agent=agent, tell=tell, handover=handover)
        process.start()
        if isinstance(crawler.spider, Spider):
            crawler.spider.hosts.close()
    if not isinstance(crawler.spider, Spider) or crawler.spider.probed < len(addresses):
        error = crawling.exception() if crawling.done() and not crawling.cancelled() else None
        raise CollectError(f"the probe failed: {error or 'it was stopped'}")
    tell({"finished": True})
