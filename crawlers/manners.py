"""Manners on the web: robots.txt by RFC 9309, Retry-After, and what each kind of failure means.

Delays and one queue a host are Scrapy settings. Decides nothing about when a source is looked at again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import exceptions
from scrapy.downloadermiddlewares import redirect, robotstxt
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.misc import build_from_crawler

from crawlers import wire
from crawlers.gate import Refused, refused_address
from crawlers.unpack import BadEncoding

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=24)
LONGEST_CRAWL_DELAY = 60.0
ROBOTS_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB are read
NOTHING_ALLOWED = b"User-agent: *\nDisallow: /\n"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a fetch brought nothing. ``later``: another try may help; ``wait_until``: what the site asked for."""

    reason: str
    detail: str = ""
    later: bool = False
    status: int | None = None
    wait_until: datetime | None = None


# ------------------------------------------------------------------ answers
STATUS_TROUBLE = {
    401: ("forbidden", False),
    402: ("forbidden", False),
    403: ("forbidden", False),
    404: ("gone", False),
    408: ("timeout", True),
    410: ("gone", False),
    425: ("asked to wait", True),
    429: ("asked to wait", True),
    451: ("forbidden", False),
}


def trouble_of_answer(status: int, retry_after: str | None, now: datetime) -> Trouble | None:
    """Return what an answer's status means, None for one that brought what was asked (2xx, 304)."""
    if 200 <= status < 300 or status == 304:
        return None
    if status in STATUS_TROUBLE:
        reason, later = STATUS_TROUBLE[status]
    elif 300 <= status < 400:
        reason, later = "redirect to nowhere", False
    elif status >= 500:
        reason, later = "server error", True
    else:
        reason, later = "refused by the server", False
    wait = wait_until(retry_after, now) if status in (429, 503) else None
    return Trouble(reason, f"HTTP {status}", later, status, wait)


def wait_until(value: str | None, now: datetime) -> datetime | None:
    """Read a Retry-After in either form; between a minute and a day from ``now``. None where there is no such field.

    What can't be read counts as the shortest wait: the site did ask.
    """
    if value is None:
        return None
    value = value.strip()
    seconds = float(value[:20]) if re.fullmatch(r"-?[0-9]+", value) else _seconds_to(value, now)
    pause = timedelta(seconds=min(max(seconds, SHORTEST_WAIT.total_seconds()), LONGEST_WAIT.total_seconds()))
    return now + pause


def _seconds_to(value: str, now: datetime) -> float:
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds()


# ------------------------------------------------------------------ failures
FAILURES: tuple[tuple[type[BaseException], str, bool], ...] = (
    (exceptions.DownloadTimeoutError, "timeout", True),
    (exceptions.DownloadConnectionRefusedError, "connection refused", True),
    (exceptions.ResponseDataLossError, "connection cut off", True),
    (exceptions.DownloadCancelledError, "too large", False),
    (exceptions.UnsupportedURLSchemeError, "address not allowed", False),
    (exceptions.DownloadFailedError, "connection failed", True),
)


class Disallowed(IgnoreRequest):
    """robots.txt keeps us out; ``later`` where it could not be read, which counts as a closed door."""

    def __init__(self, reason: str, *, later: bool) -> None:
        super().__init__(reason)
        self.later = later


class RedirectLoop(IgnoreRequest):
    """More redirects than are followed."""


def trouble_of_failure(error: BaseException, url: str) -> Trouble:
    """Return what an exception of the downloader means. Unknown kinds are worth another try."""
    text = str(error)[:300]
    if isinstance(error, Refused):
        return Trouble("address not allowed", text)
    if isinstance(error, Disallowed):
        return Trouble(str(error), url[:300], error.later)
    if isinstance(error, RedirectLoop):
        return Trouble("redirect loop", text)
    if isinstance(error, exceptions.CannotResolveHostError):
        return _unresolved(url, text)
    if isinstance(error, BadEncoding):
        return Trouble("broken encoding", text, error.later)
    if found := wire.fault(error):
        return Trouble(found[0], found[1][:300], found[2])
    # Scrapy says a body that outgrows the limit while it is unpacked with a plain IgnoreRequest.
    if isinstance(error, IgnoreRequest):
        return Trouble("too large" if "DOWNLOAD_MAXSIZE" in text else "ignored", text)
    for kind, reason, later in FAILURES:
        if isinstance(error, kind):
            return Trouble(reason, text, later)
    return Trouble("connection failed", f"{type(error).__name__}: {text}", later=True)


def _unresolved(url: str, text: str) -> Trouble:
    host = urlsplit(url).hostname or ""
    if address := refused_address(host):
        return Trouble("address not allowed", f"{host} is {address}, which is not public")
    return Trouble("no such host", text, later=True)


# ------------------------------------------------------------------ in Scrapy
class RobotsMiddleware(robotstxt.RobotsTxtMiddleware):
    """Scrapy's robots.txt with the error rules of RFC 9309.

    4xx means no rules; 5xx, timeouts and unreachable hosts mean a closed door for this crawl. A Crawl-delay
    is kept up to a minute.
    """

    closed: frozenset[str] = frozenset()

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._close(netloc)
            response = response.replace(body=NOTHING_ALLOWED)
        elif response.status >= 300:
            response = response.replace(body=b"")
        await super()._parse_robots(response.replace(body=response.body[:ROBOTS_BYTES]), netloc, request)
        self._slow_down(request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        # Too many redirects count as "no rules"; the gate and the network as a closed door.
        if isinstance(exc, RedirectLoop):
            super()._robots_error(exc, netloc)
            return
        self._close(netloc)
        parser = build_from_crawler(self._parserimpl, self.crawler, NOTHING_ALLOWED)
        waiting: Any = self._parsers[netloc]
        self._parsers[netloc] = parser
        waiting.callback(parser)

    def _close(self, netloc: str) -> None:
        self.closed = self.closed | {netloc}

    def _slow_down(self, request: Request) -> None:
        parser: Any = self._parsers[urlsplit(request.url).netloc]
        asked = parser.crawl_delay(self._robotstxt_useragent) if parser else None
        if not asked:
            return
        host = urlsplit(request.url).hostname or ""
        downloader = self.crawler.engine.downloader
        delay = max(self.crawler.settings.getfloat("DOWNLOAD_DELAY"), min(float(asked), LONGEST_CRAWL_DELAY))
        downloader.per_slot_settings[host] = {"delay": delay, "concurrency": 1, "jitter": 0.0}
        if host in downloader.slots:
            downloader.slots[host].delay = delay

    def process_request_2(self, rp: Any, request: Request) -> None:
        """Raise Disallowed where the rules keep us out."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest:
            if urlsplit(request.url).netloc in self.closed:
                raise Disallowed("robots.txt unreachable", later=True) from None
            raise Disallowed("disallowed by robots.txt", later=False) from None


class RedirectMiddleware(redirect.RedirectMiddleware):
    """Scrapy's redirects, with an end of its own kind and without a referer."""

    def handle_referer(self, request: Request, response: Response) -> None:  # noqa: ARG002
        """Send none."""
        request.headers.pop("Referer", None)

    def _engine_started(self) -> None:
        """Nothing to look up: there is no referer middleware."""

    def _redirect(self, redirected: Request, request: Request, reason: Any) -> Request:
        try:
            return super()._redirect(redirected, request, reason)
        except IgnoreRequest:
            hops = len(request.meta.get("redirect_urls", []))
            raise RedirectLoop(f"{hops} redirects, the last one to {redirected.url[:200]}") from None
