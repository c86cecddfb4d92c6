"""robots.txt and tdmrep.json in Scrapy: asked once a day an origin, kept in the store, obeyed by every request.

The error rules are those of RFC 9309: an answer of 4xx, or more redirects than are followed, means no rules; 5xx, a
timeout or an unreachable host means a closed door, unless a copy is kept. After thirty days of that, no rules.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawlers import reservations
from crawlers.manners import (
    FAILURES,
    LONGEST_CRAWL_DELAY,
    Disallowed,
    RedirectLoop,
    Waiting,
    max_age,
    trouble_of_failure,
)
from crawlers.pacing import host_of
from crawlers.rules import ROBOTS_BYTES, Rules, rules
from pipeline.model import Origin
from pipeline.store import work

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawlers.handover import Handover
    from crawlers.pacing import Hosts

FRESHEST, STALEST = timedelta(minutes=15), timedelta(hours=24)  # for how long a copy is used without asking
ASK_AGAIN = timedelta(minutes=10)  # after robots.txt could not be read
GIVEN_UP = timedelta(days=30)  # unreachable for this long means no rules
LARGEST = 8 * 1024 * 1024  # bytes of a robots.txt that are waited for; only the first 512 KiB count
OWN_FILES = {"dont_obey_robotstxt": True, "download_maxsize": LARGEST}
UNREACHABLE: tuple[type[BaseException], ...] = (
    IgnoreRequest, CannotResolveHostError, OSError, *(kind for kind, _, _ in FAILURES),
)  # fmt: skip
RULES = "tideline_rules"  # where a request carries the rules of its origin


class RobotsMiddleware(RobotsTxtMiddleware):
    """Asks each origin (scheme, name and port) for its rules before anything else, and keeps out where they say so."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._agent = str(crawler.settings["ROBOTSTXT_USER_AGENT"])
        self._origins: dict[str, asyncio.Future[Origin | Waiting]] = {}
        self._rules: dict[str, Rules] = {}
        self._why: dict[str, str] = {}  # origins that could not be reached, and what was in the way

    @property
    def _handover(self) -> Handover:
        spider: Any = self.crawler.spider
        handover: Handover = spider.handover
        return handover

    @property
    def _hosts(self) -> Hosts:
        spider: Any = self.crawler.spider
        hosts: Hosts = spider.hosts
        return hosts

    # -------------------------------------------------------------- every request
    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Raise Disallowed where the rules of the origin keep us out, Waiting while they can't be asked for."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        name = origin_of(request.url)
        said = await self._origin(name)
        if isinstance(said, Waiting):
            raise said
        found = self._rules_of(said)
        if not found.allows(request.url):
            if found.closed:
                raise Disallowed("robots.txt unreachable", later=True, detail=self._why.get(name, ""))
            raise Disallowed("disallowed by robots.txt", later=False)
        request.meta[RULES] = (found, said, self._agent, self._handover.config.crawl_reservations)

    async def _origin(self, name: str) -> Origin | Waiting:
        """Return what an origin says; however many requests wait for it, it is asked once."""
        asking = self._origins.get(name)
        if asking is None:
            asking = self._origins[name] = asyncio.ensure_future(self._asked(name))
        said = await asyncio.shield(asking)
        if isinstance(said, Waiting) or said.expires <= self._handover.clock():
            self._origins.pop(name, None)
        return said

    def _rules_of(self, said: Origin) -> Rules:
        found = self._rules.get(said.name)
        if found is None:
            found = self._rules[said.name] = read(said, self._agent)
            if found.delay and not found.closed:
                self._hosts.slow_down(host_of(said.name), min(found.delay, LONGEST_CRAWL_DELAY))
        return found

    # -------------------------------------------------------------- asking
    async def _asked(self, name: str) -> Origin | Waiting:
        store, now = self._handover.store, self._handover.clock()
        before = work.origin(store, name)
        try:
            said = before if before and before.expires > now else await self._robots(name, before, now)
            if self._handover.config.crawl_reservations != "off" and (said.tdm_expires or now) <= now:
                said = await self._tdm(said, now)
        except Waiting as waiting:
            return waiting
        if said != before:
            work.save_origin(store, said)
            self._rules.pop(name, None)
        return said

    async def _robots(self, name: str, before: Origin | None, now: datetime) -> Origin:
        try:
            answer = await self._fetched(f"{name}/robots.txt")
        except RedirectLoop:
            return _without_rules(name, before, None, now)
        if answer is None or answer.status >= 500 or answer.status == 429:
            return _unreachable(name, before, answer.status if answer else None, now)
        if answer.status >= 300:
            return _without_rules(name, before, answer.status, now)
        fresh = max_age((answer.headers.get("Cache-Control") or b"").decode("latin-1"))
        age = timedelta(seconds=min(fresh, 1e6)) if fresh is not None else STALEST
        body = answer.body[:ROBOTS_BYTES]
        return _renewed(
            name, before, expires=now + min(max(age, FRESHEST), STALEST), status=200, body=body, fetched=now
        )

    async def _tdm(self, said: Origin, now: datetime) -> Origin:
        """Add the rules of tdmrep.json. Where it can't be read, those that are kept go on to hold."""
        address = said.name + reservations.TDM_FILE
        found = self._rules_of(said)
        if found.closed:
            return replace(said, tdm_expires=now + ASK_AGAIN)
        answer = await self._fetched(address) if found.allows(address) else None
        if answer is None or answer.status >= 500 or answer.status == 429:
            return replace(said, tdm_expires=now + STALEST)
        told = reservations.tdm_file(answer.body) if answer.status == 200 else ()
        return replace(said, tdm=told, tdm_expires=now + STALEST)

    async def _fetched(self, address: str) -> Response | None:
        """Fetch one of the files about us, in the queue of its host; None where it can't be reached."""
        request = Request(address, priority=self.DOWNLOAD_PRIORITY, meta=dict(OWN_FILES), callback=NO_CALLBACK)
        engine: Any = self.crawler.engine
        try:
            answer: Response = await engine.download_async(request)
        except (RedirectLoop, Waiting):
            raise
        except UNREACHABLE as error:
            trouble = trouble_of_failure(error, address)
            self._why[origin_of(address)] = f"{trouble.reason}: {trouble.detail}"[:300]
            return None
        return answer


def reserved(response: Response) -> str | None:
    """Return the signal by which mining the text of an answer is reserved, None where none does."""
    found, said, agent, policy = response.meta[RULES]
    headers = (
        (name.decode("latin-1"), b", ".join(values).decode("latin-1")) for name, values in response.headers.items()
    )
    return reservations.reservation(
        response.url, headers, response.body, rules=found, tdm=said.tdm, agent=agent, policy=policy
    )


def origin_of(url: str) -> str:
    """Return scheme, name and port of an address, the port only where it isn't the usual one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{shown}" if parts.port in (None, usual) else f"{parts.scheme}://{shown}:{parts.port}"


def read(said: Origin, agent: str) -> Rules:
    """Return the rules that hold for what an origin said, or did not say."""
    if said.body is not None:
        return rules(said.body, agent)
    failing = said.failing_since is not None and said.expires - said.failing_since < GIVEN_UP
    return Rules(agent=agent, closed=failing)


def _renewed(name: str, before: Origin | None, **fields: Any) -> Origin:
    kept = (before.tdm, before.tdm_expires) if before else ((), None)
    return Origin(name, tdm=kept[0], tdm_expires=kept[1], **fields)


def _without_rules(name: str, before: Origin | None, status: int | None, now: datetime) -> Origin:
    return _renewed(name, before, expires=now + STALEST, status=status, body=b"", fetched=now)


def _unreachable(name: str, before: Origin | None, status: int | None, now: datetime) -> Origin:
    since = (before.failing_since if before else None) or now
    body = before.body if before else None
    fetched = before.fetched if before else None
    return _renewed(
        name, before, expires=now + ASK_AGAIN, status=status, body=body, fetched=fetched, failing_since=since
    )
