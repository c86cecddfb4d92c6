"""Archive sources of a crawl: WARC files on the web, read window by window through the gate, and resumed.

A file is asked for by ranges of bytes, one request after another. What a window holds whole is saved together with
the offset behind it, so a crawl may end, or be killed, anywhere, and the next one goes on. A list of paths (one a
line, as CC-NEWS publishes) is read file after file; files that are finished are not asked for again.
"""

from __future__ import annotations

import asyncio
import io
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urljoin, urlsplit

import scrapy

from crawlers.addresses import clean
from crawlers.handover import Validators
from crawlers.intake import Batch, Intake
from crawlers.look import Look, Sight
from crawlers.manners import Trouble, trouble_of_answer, trouble_of_failure
from crawlers.settings import robots_name
from crawlers.spiders.archive import Owners, Wanted
from crawlers.spiders.sitemap import unpacked
from crawlers.warc import BACK, Fault, Frames
from pipeline.model import Archive, Poll
from pipeline.store import work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.http import Response

    from crawlers.crawl import Crawl
    from pipeline.model import Source

WINDOW = 8 * 1024 * 1024
SMALLEST = 256 * 1024
FILES = 10_000  # files of one list
NAMES = (".warc", ".warc.gz", ".warc.zst")
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
NO_RANGES = "the server sends whole files only, and this one is larger than crawl.max_bytes; save it and import it"


class Window(io.BytesIO):
    """Some bytes of a file, addressed by their offsets in the file."""

    def __init__(self, body: bytes, first: int) -> None:
        super().__init__(body)
        self.first = first

    def seek(self, at: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset in the file."""
        moved = super().seek(at if whence else max(at - self.first, 0), whence)
        return moved + self.first


@dataclass(slots=True)
class Job:
    """One archive source while it is read; ``state`` is that of the file at hand, ``todo`` what follows."""

    source: Source
    before: Poll | None
    todo: list[str] = field(default_factory=list)
    state: Archive = field(default_factory=lambda: Archive(""))
    window: int = WINDOW
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What an answer brought: bytes from ``first`` on, and the file's ``size`` and ``etag``."""

    body: bytes
    first: int
    size: int
    etag: str | None


class Archives:
    """Reads the archive sources of one crawl."""

    def __init__(self, crawl: Crawl) -> None:
        self.crawl = crawl
        self.handover = crawl.handover
        self._intake: Intake | None = None

    @property
    def intake(self) -> Intake:
        """Where pages go; the owners of hosts are those at the beginning of the crawl."""
        if self._intake is None:
            owners = Owners(work.sources_of_pages(self.handover.store))
            config = self.handover.config
            name, policy = robots_name(config), config.crawl_reservations
            wanted = Wanted(owners, config.crawl_max_bytes, agent=name, policy=policy)
            self._intake = Intake(self.handover.store, wanted, self.handover.clock)
        return self._intake

    # -------------------------------------------------------------- what is asked for
    def begin(self, source: Source, before: Poll | None) -> scrapy.Request:
        """Return the first request of a source: for its file, or for its list of files."""
        job = Job(source, before, window=min(WINDOW, self.handover.config.crawl_max_bytes))
        if urlsplit(source.address).path.endswith(NAMES):
            self._open(job, source.address)
            return self._ask(job)
        return self._request(source.address, self.on_list, job, {})

    def _open(self, job: Job, address: str) -> None:
        job.state = work.archive(self.handover.store, address) or Archive(address, job.source.key)
        job.lost = False

    def _ask(self, job: Job) -> scrapy.Request:
        """Ask for the next window; of a finished file for one byte, and only if it has changed."""
        state = job.state
        first = 0 if state.finished else state.offset
        last = 0 if state.finished else first + job.window - 1
        headers = {"Range": f"bytes={first}-{last}"}
        if state.finished and state.etag:
            headers["If-None-Match"] = state.etag
        return self._request(state.address, self.on_window, job, headers)

    def _request(self, url: str, callback: Any, job: Job, headers: dict[str, str]) -> scrapy.Request:
        # A coding put on top by the server would move every offset.
        headers["Accept-Encoding"] = "identity"
        about = {"job": job}
        return scrapy.Request(
            url, callback, errback=self.on_failure, cb_kwargs=about, headers=headers, dont_filter=True
        )

    # -------------------------------------------------------------- what comes
    def on_list(self, response: Response, job: Job) -> Any:
        """Read a list of paths and begin with the first file that is not finished."""
        if trouble := trouble_of_answer(response.status, _header(response, "Retry-After"), self.handover.clock()):
            self.handover.look_failed(job.source, job.before, trouble)
            return None
        found = addresses(response.body, response.url)
        if not found:
            detail = "neither a WARC file by its name (.warc, .warc.gz, .warc.zst) nor a list of such"
            self.handover.look_failed(job.source, job.before, Trouble("no archive", detail))
            return None
        finished = work.finished_archives(self.handover.store, found)
        job.todo = [address for address in found if address not in finished]
        return self._next(job)

    async def on_window(self, response: Response, job: Job) -> Any:
        """Take in what a window holds, and ask for the next."""
        if response.status == 304 or self._is_behind(response, job.state):
            return self._finish(job)
        if trouble := trouble_of_answer(response.status, _header(response, "Retry-After"), self.handover.clock()):
            return self._troubled(job, trouble)
        part = _part(response)
        if part is None or (part.first != job.state.offset and not job.state.finished and part.first):
            return self._troubled(job, Trouble("wrong range", "other bytes were sent than were asked for"))
        if job.state.finished and _same(part, job.state):
            return self._finish(job)
        if job.state.finished or (job.state.offset and not _same(part, job.state)):
            job.state = Archive(job.state.address, job.source.key)  # another file under the same address
            return self._ask(job)
        await self._take(job, part)
        return self._finish(job) if job.state.finished else self._go_on(job)

    async def _take(self, job: Job, part: Part) -> None:
        """Read the records of a window. One that is longer than any window is passed over."""
        whole = part.first + len(part.body) >= part.size
        state = replace(job.state, etag=part.etag, size=part.size, error=None)
        frames = Frames(cast(BinaryIO, Window(part.body, part.first)), state.offset, whole=whole, lost=job.lost)
        for saved in self.intake.read(frames, state):
            job.state = saved
            await asyncio.sleep(0)  # other answers are waiting
        job.lost = frames.lost
        if whole:
            self._keep(replace(job.state, finished=self.handover.clock()), job)
        elif job.state.offset == state.offset:
            self._widen(job, part)

    def _widen(self, job: Job, part: Part) -> None:
        widest = self.handover.config.crawl_max_bytes
        if job.window < widest:
            job.window = min(job.window * 2, widest)
            return
        fault = Fault(job.state.offset, "too large", "a record longer than crawl.max_bytes, compressed")
        self.intake.tally.add(fault)
        behind = max(part.first + len(part.body) - BACK, job.state.offset + 1)
        batch = Batch(faults=[] if job.lost else [fault], records=1)
        job.state = self.intake.save(batch, replace(job.state, offset=behind))
        job.lost = True

    def on_failure(self, failure: Any) -> Any:
        """Ask for less where a window took too long; otherwise say why the source can't be read."""
        job = failure.request.cb_kwargs["job"]
        trouble = trouble_of_failure(failure.value, failure.request.url)
        if trouble.reason == "timeout" and job.state.address and job.window > SMALLEST and not self.crawl.ending:
            job.window //= 4
            return [self._ask(job)]
        if trouble.reason == "too large" and job.state.address:
            trouble = replace(trouble, reason="no ranges", detail=NO_RANGES)
        return self._troubled(job, trouble)

    # -------------------------------------------------------------- how it goes on
    def _go_on(self, job: Job) -> Any:
        if not self.crawl.ending:
            return self._ask(job)
        now = self.handover.clock()
        work.save_poll(self.handover.store, Poll(job.source.key, now, 206, now), ())
        self.handover.counts["looks"] += 1
        return None

    def _finish(self, job: Job) -> Any:
        """Go to the next file."""
        self.handover.counts["archives"] += 1
        return self._next(job)

    def _next(self, job: Job) -> Any:
        if job.todo:
            self._open(job, job.todo.pop(0))
            return self._go_on(job)
        self._count()
        self.handover.looked(
            Sight(job.source, job.source.address, b"", self.handover.clock()), Look(), 200, Validators()
        )
        return None

    def _troubled(self, job: Job, trouble: Trouble) -> Any:
        """A file of a list that is not to be had costs itself; all else ends the look at this source."""
        if trouble.later or not job.state.address or job.state.address == job.source.address:
            self.handover.look_failed(job.source, job.before, trouble)
            return None
        fault = Fault(job.state.offset, trouble.reason, trouble.detail)
        given_up = replace(job.state, finished=self.handover.clock(), error=trouble.reason)
        job.state = self.intake.save(Batch(faults=[fault]), given_up)
        return self._next(job)

    def _keep(self, state: Archive, job: Job) -> None:
        work.save_archive(self.handover.store, state, now=self.handover.clock())
        job.state = state

    def _count(self) -> None:
        counts = self.intake.counts()
        self.handover.counts["archived"] = counts.get("pages", 0)

    def _is_behind(self, response: Response, state: Archive) -> bool:
        """Tell whether the server says that there is nothing behind what has been read."""
        return response.status == 416 and state.offset > 0 and state.offset == state.size


# ------------------------------------------------------------------ reading answers
def addresses(body: bytes, base: str) -> list[str]:
    """Return the addresses of WARC files that a list names, seen from the root of the list's host."""
    text = unpacked(body)
    lines: Iterable[str] = (text or b"").decode("utf-8", "replace").splitlines()
    root = urljoin(base, "/")
    found = (clean(line, root) for line in lines if line.strip() and not line.startswith("#"))
    return list(dict.fromkeys(x for x in found if x and urlsplit(x).path.endswith(NAMES)))[:FILES]


def _part(response: Response) -> Part | None:
    """Return what came; None where it is not what the answer's head says."""
    etag = _header(response, "ETag")
    if response.status != 206:
        return Part(response.body, 0, len(response.body), etag)
    said = RANGE.fullmatch(_header(response, "Content-Range") or "")
    if not said or int(said[2]) - int(said[1]) + 1 != len(response.body):
        return None
    return Part(response.body, int(said[1]), int(said[3]), etag)


def _same(part: Part, state: Archive) -> bool:
    return (part.size, part.etag) == (state.size, state.etag)


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
