"""Manners on the web: Retry-After, how long an answer stays fresh, and what each kind of failure means.

Robots are in ``robots.py``, delays in ``pacing.py``. Decides nothing about when a source is looked at again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import exceptions
from scrapy.downloadermiddlewares import redirect
from scrapy.exceptions import IgnoreRequest

from crawlers import wire
from crawlers.gate import Refused, refused_address
from crawlers.unpack import BadEncoding

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response

SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=24)
LONGEST_CRAWL_DELAY = 60.0


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
    return Trouble(reason, f"HTTP {status}", later, status, asked_to_wait(status, retry_after, now))


def asked_to_wait(status: int, retry_after: str | None, now: datetime) -> datetime | None:
    """Return until when an answer asks to be left alone, None where it doesn't."""
    return wait_until(retry_after, now) if status in (429, 503) else None


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


def max_age(cache_control: str | None) -> float | None:
    """Return the seconds for which an answer says that it stays fresh (RFC 9111), None where it doesn't say."""
    said = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?([0-9]{1,12})", cache_control or "", re.IGNORECASE)
    if re.search(r"(?:^|[\s,])(?:no-cache|no-store)\b", cache_control or "", re.IGNORECASE):
        return 0.0
    return float(said[1]) if said else None


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

    def __init__(self, reason: str, *, later: bool, detail: str = "") -> None:
        super().__init__(reason)
        self.later = later
        self.detail = detail


class Waiting(IgnoreRequest):
    """The host asked to be left alone until ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"until {until:%Y-%m-%d %H:%M:%S} UTC")
        self.until = until


class RedirectLoop(IgnoreRequest):
    """More redirects than are followed."""


def trouble_of_failure(error: BaseException, url: str) -> Trouble:
    """Return what an exception of the downloader means. Unknown kinds are worth another try."""
    text = str(error)[:300]
    if isinstance(error, Refused):
        return Trouble("address not allowed", text)
    if isinstance(error, Disallowed):
        return Trouble(str(error), error.detail or url[:300], error.later)
    if isinstance(error, Waiting):
        return Trouble("asked to wait", text, later=True, wait_until=error.until)
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
