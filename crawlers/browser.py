"""Listings that need JavaScript, in a browser without a network of its own (the optional extra ``javascript``).

Every request of the page is answered through Scrapy's downloader, and so by the gate, robots.txt and the queue of its
host. The browser itself resolves no name, and its proxy is a port on which nobody listens. It gets scripts, frames and
data by GET; no pictures, fonts, styles, media or sockets. Nothing is kept from one page to the next.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from crawlers.manners import Waiting
from crawlers.robots import UNREACHABLE
from pipeline.errors import CollectError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from scrapy.http import Response

    Fetch = Callable[[str], Awaitable[Response]]

SECONDS = 60.0  # for one page; each of its requests waits for its host's turn
MOST_REQUESTS = 80
QUIET = 10.0  # seconds until a page that never stops asking is taken as it is
WANTED = ("document", "script", "xhr", "fetch")
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SHUT = (
    "--proxy-server=http://127.0.0.1:9", "--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--disable-quic", "--webrtc-ip-handling-policy=disable_non_proxied_udp", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
REFUSED: tuple[type[BaseException], ...] = (*UNREACHABLE, Waiting)
HOP = frozenset(("content-encoding", "content-length", "transfer-encoding", "connection"))
MISSING = "install the extra: pip install 'tideline[javascript]', and a Chromium, or name one in crawl.browser"


class NoBrowser(CollectError):
    """There is no browser to render with; the message says what to do."""


class Browser:
    """A browser that is started with the first page. ``fetch`` gets one address through the gate."""

    def __init__(self, fetch: Fetch, path: str = "") -> None:
        self._fetch = fetch
        self._path = path
        self._playwright: Any = None
        self._browser: Any = None
        self._starting = asyncio.Lock()

    async def rendered(self, url: str, body: bytes, content_type: str) -> bytes:
        """Return the page's HTML after its scripts have run. Raises NoBrowser.

        What the scripts ask for and can't have is refused to them; the page is taken as far as it came.
        """
        async with self._starting:
            if self._browser is None:
                await self._start()
        context = await self._browser.new_context(service_workers="block", accept_downloads=False)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS):
                    return await self._read(context, url, body, content_type)
            return body
        finally:
            await context.close()

    async def close(self) -> None:
        """End the browser."""
        if self._browser is not None:
            await self._browser.close()
            await self._playwright.stop()
            self._browser = None

    async def _start(self) -> None:
        try:
            from playwright.async_api import Error, async_playwright
        except ModuleNotFoundError:
            raise NoBrowser(MISSING) from None
        path = self._path or next((found for x in NAMES if (found := shutil.which(x))), None)
        self._playwright = await async_playwright().start()
        try:
            self._browser = await self._playwright.chromium.launch(
                executable_path=path, args=list(SHUT), chromium_sandbox=False
            )
        except Error as error:
            await self._playwright.stop()
            raise NoBrowser(f"{MISSING} ({str(error).splitlines()[0]})") from None

    async def _read(self, context: Any, url: str, body: bytes, content_type: str) -> bytes:
        from playwright.async_api import Error

        page, asked = await context.new_page(), 0

        async def answer(route: Any) -> None:
            nonlocal asked
            asked += 1
            request = route.request
            with suppress(Error):  # the page may be closed while an answer is on its way
                if request.url == url and request.resource_type == "document":
                    await route.fulfill(status=200, body=body, content_type=content_type or "text/html")
                elif asked > MOST_REQUESTS or request.method != "GET" or request.resource_type not in WANTED:
                    await route.abort()
                else:
                    await self._fulfil(route)

        await context.route("**/*", answer)
        await page.goto(url, wait_until="domcontentloaded", timeout=SECONDS * 1000)
        with suppress(Error):
            await page.wait_for_load_state("networkidle", timeout=QUIET * 1000)
        content: str = await page.content()
        return content.encode(errors="replace")

    async def _fulfil(self, route: Any) -> None:
        try:
            found = await self._fetch(route.request.url)
        except REFUSED:
            await route.abort()
            return
        headers = {
            name.decode("latin-1"): values[-1].decode("latin-1")
            for name, values in found.headers.items()
            if name.decode("latin-1").lower() not in HOP and values
        }
        await route.fulfill(status=found.status, headers=headers, body=found.body)
