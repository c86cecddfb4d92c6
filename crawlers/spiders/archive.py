"""The way *archive*: records of WARC files -> pages, each with the source that its host belongs to.

A page is a ``response`` or ``resource`` record with status 200 and HTML in it; all other records are passed over and
counted by kind, broken ones are rejections. Codings inside a record are undone within the size limit. Records are
parsed by FastWARC; where they begin and end is told by ``crawlers/warc.py``. Nothing is fetched or saved here.
"""

from __future__ import annotations

import io
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import brotli
from fastwarc.stream_io import ChunkedReader
from fastwarc.warc import ArchiveIterator, WarcRecordType

from crawlers.addresses import clean, site
from crawlers.reservations import reservation
from crawlers.rules import Rules
from crawlers.stub import stub
from crawlers.warc import GZIP, Fault
from pipeline.model import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from fastwarc.warc import WarcRecord

    from crawlers.warc import Frame, Frames
    from pipeline.model import Source

PAGES = WarcRecordType.response | WarcRecordType.resource
TYPES = ("text/html", "application/xhtml+xml")
# Hosts that lend addresses to everyone: a feed there says nothing about whose the other pages are.
LENT = frozenset((
    "blogspot.com", "facebook.com", "feedburner.com", "github.com", "github.io", "gitlab.com", "google.com",
    "linkedin.com", "medium.com", "news.google.com", "news.ycombinator.com", "reddit.com", "substack.com",
    "tumblr.com", "twitter.com", "wordpress.com", "x.com", "youtube.com",
))  # fmt: skip
MOST_HOSTS = 100_000
PIECE = 64 * 1024
PIECES = 4 * 1024 * 1024  # of a file, framed by FastWARC at a time
SLOWLY = 16  # frames of ours after it found nothing
FEEDS = re.compile(r"^(?:feeds?|rss)\.(?=[^.]+\.)")  # a site's own host for feeds


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is no page of ours: of another ``kind``, or of a ``host`` that is no source's."""

    kind: str
    host: str = ""


Outcome = Page | Skipped | Fault


# ------------------------------------------------------------------ whose a page is
class Owners:
    """Which source a host belongs to: that of the longest host of which it is, or is a subdomain.

    ``forced`` is the key of the one source that every page belongs to.
    """

    def __init__(self, sources: Iterable[Source], forced: str | None = None) -> None:
        self.forced = forced
        self.hosts: dict[str, list[tuple[str, str]]] = {}
        for source in sources:
            host = FEEDS.sub("", site(source.address))
            if host and host not in LENT:
                self.hosts.setdefault(host, []).append((urlsplit(source.address).path, source.key))

    def __str__(self) -> str:
        return f"{self.forced} {sorted(self.hosts.items())}"

    def of(self, url: str) -> str | None:
        """Return the key of the source that an address belongs to."""
        if self.forced:
            return self.forced
        host = site(url)
        while "." in host:
            if found := self.hosts.get(host):
                path = urlsplit(url).path
                return min(found, key=lambda pair: (-_shared(pair[0], path), pair[1]))[1]
            host = host.partition(".")[2]
        return None


def _shared(path: str, other: str) -> int:
    """Count the folders at their beginning that two paths share: two sections of a site may be two sources."""
    count = 0
    for mine, theirs in zip(path.split("/")[1:-1], other.split("/")[1:-1], strict=False):
        if mine != theirs:
            break
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is taken: pages of the owners' hosts, of at most ``limit`` bytes, within days and hosts where given.

    ``agent`` is our name and ``policy`` the setting ``crawl.reservations``: of a page whose mining is reserved a stub.
    """

    owners: Owners
    limit: int
    since: datetime | None = None
    until: datetime | None = None
    hosts: tuple[str, ...] = ()
    agent: str = "*"
    policy: str = "strict"

    def passes_over(self, url: str, when: datetime) -> Skipped | None:
        """Return why a page is passed over without a look into it."""
        host = site(url)
        if self.hosts and not any(host == x or host.endswith("." + x) for x in self.hosts):
            return Skipped("other hosts")
        if (self.since and when < self.since) or (self.until and when >= self.until):
            return Skipped("other days")
        return None if self.owners.of(url) else Skipped("no source", host)


# ------------------------------------------------------------------ records
def records(frames: Frames, wanted: Wanted) -> Iterator[tuple[int, Outcome]]:
    """Yield what each record is, with its offset, or that of the frame that it lies in."""
    slowly = 0
    while True:
        if slowly <= 0:
            slowly = SLOWLY
            for found in _swiftly(frames, wanted):
                slowly = 0
                yield found
        slowly -= 1
        frame = frames.take()
        if frame is None:
            return
        for outcome in (frame,) if isinstance(frame, Fault) else outcomes(frame, wanted):
            if isinstance(frame, Fault) or not frames.cut_off(frame):
                yield frame.at, outcome
        if not frames.leave(frame):
            return


def _swiftly(frames: Frames, wanted: Wanted) -> Iterator[tuple[int, Outcome]]:
    """Yield records as FastWARC frames them, several times as fast, while each begins where a member does.

    The last one is held back and left to be framed by us: it is the one that is cut off, broken or too long, or that
    has swallowed its neighbour.
    """
    at, piece = frames.at, frames.ahead(PIECES)
    held: tuple[int, Outcome] | None = None
    try:
        for record in ArchiveIterator(io.BytesIO(piece), parse_http=False):
            start = record.stream_pos
            if not piece.startswith(GZIP, start) or (held and at + start <= held[0]):
                break
            if held:
                yield held
            held = at + start, _outcome(record, at + start, wanted)
    except (OSError, ValueError):
        pass
    if held:
        frames.go(held[0])


def outcomes(frame: Frame, wanted: Wanted) -> Iterator[Outcome]:
    """Yield what each record of a frame is: one as a rule, more where a file was compressed as a whole.

    Each is held back until what follows shows that it ended where it says; a fault takes the place of the last one.
    """
    held: Outcome | None = None
    try:
        for record in ArchiveIterator(frame, parse_http=False, stream_detect=False):
            if held:
                yield held
            held = _outcome(record, frame.at, wanted)
    except (OSError, ValueError) as error:
        held = Fault(frame.at, "wrong length" if held else "broken record", str(error)[:200])
    if frame.end is None:
        frame.drain()
    if frame.fault:
        held = Fault(frame.at, frame.fault.partition(":")[0], frame.fault)
    yield held or Fault(frame.at, "broken record", "no record in it")


def _outcome(record: WarcRecord, at: int, wanted: Wanted) -> Outcome:
    if not record.record_type & PAGES:
        return Skipped("other records")
    url = clean((record.headers.get("WARC-Target-URI") or "").strip("<> "))
    when = record.record_date
    if url is None or when is None:
        return Fault(at, "broken record", "no address of a web page" if url is None else "no WARC-Date")
    if skipped := wanted.passes_over(url, when):
        return skipped
    if record.content_length > 2 * wanted.limit:
        return Fault(at, "too large", f"{record.content_length} bytes: {url}")
    if record.record_type == WarcRecordType.response:
        return _response(record, at, url, wanted)
    kind = record.headers.get("Content-Type") or ""
    return _page(record, at, url, kind, wanted) if _is_html(kind) else Skipped("other types")


def _response(record: WarcRecord, at: int, url: str, wanted: Wanted) -> Outcome:
    record.parse_http(auto_decode="none")
    if record.http_headers is None or record.http_headers.status_code is None:
        return Fault(at, "broken record", f"no HTTP answer in it: {url}")
    if record.http_headers.status_code != 200:
        return Skipped("other statuses")
    kind = record.http_headers.get("Content-Type") or ""
    return _page(record, at, url, kind, wanted) if _is_html(kind) else Skipped("other types")


def _is_html(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() in TYPES


def _page(record: WarcRecord, at: int, url: str, kind: str, wanted: Wanted) -> Outcome:
    raw = _all(record.reader, 2 * wanted.limit)
    if len(raw) < record.content_length and len(raw) <= 2 * wanted.limit:
        return Fault(at, "wrong length", f"{record.content_length} bytes by its Content-Length")
    headers = record.http_headers
    try:
        body = decoded(
            raw,
            (headers.get("Transfer-Encoding") or "") if headers else "",
            (headers.get("Content-Encoding") or "") if headers else "",
            wanted.limit,
        )
    except Undecodable as error:
        return Fault(at, error.args[0], url)
    if not body.strip():
        return Fault(at, "empty page", url)
    source = wanted.owners.of(url) or ""
    page = Page(url, body, source, url, record.record_date, 200, kind[:200] or None)
    said = headers.items() if headers else ()
    # What the robots.txt of that day said of mining is not in the record; the answer and the page themselves speak.
    reserved = reservation(url, said, body, rules=Rules(), tdm=(), agent=wanted.agent, policy=wanted.policy)
    return stub(page, reserved) if reserved else page


def _all(reader: object, most: int) -> bytes:
    parts, size = [], 0
    while size <= most and (part := reader.read(PIECE)):  # type: ignore[attr-defined]
        parts.append(part)
        size += len(part)
    return b"".join(parts)


# ------------------------------------------------------------------ codings
class Undecodable(ValueError):
    """A body that can't be decoded, or not within the limit; the argument is the reason."""


def decoded(raw: bytes, transfer: str, content: str, limit: int) -> bytes:
    """Undo transfer and content codings. Raises Undecodable, also for more than ``limit`` bytes.

    Many archives keep the header of a coding that they have undone: a body that is plain already is taken as it is.
    """
    body = _dechunked(raw, limit) if "chunked" in transfer.lower() else raw
    for coding in reversed([x.strip().lower() for x in content.split(",")]):
        body = _unpacked(body, coding, limit)
    if len(body) > limit:
        raise Undecodable("too large")
    return body


def _dechunked(raw: bytes, limit: int) -> bytes:
    head = raw[:18].partition(b"\r\n")[0].partition(b";")[0].strip()
    if not head or head.strip(b"0123456789abcdefABCDEF"):
        return raw
    try:
        return _all(ChunkedReader(io.BytesIO(raw)), 2 * limit)
    except OSError:
        raise Undecodable("wrong length") from None


def _unpacked(body: bytes, coding: str, limit: int) -> bytes:
    if coding in ("", "identity") or _is_markup(body):
        return body
    if coding == "br":
        return _unbrotlied(body, limit)
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise Undecodable(f"unknown coding {coding[:40]}")
    raw_deflate = coding == "deflate" and body[:1] != b"\x78"
    unpacker = zlib.decompressobj(wbits=-15 if raw_deflate else 47)
    try:
        found = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise Undecodable("broken compression") from None
    if not unpacker.eof and len(found) <= limit:
        raise Undecodable("truncated")
    return found


def _is_markup(body: bytes) -> bool:
    return body[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _unbrotlied(body: bytes, limit: int) -> bytes:
    unpacker = brotli.Decompressor()
    try:
        found: bytes = unpacker.process(body, output_buffer_limit=limit + 1)
        while len(found) <= limit and not unpacker.can_accept_more_data():
            found += unpacker.process(b"", output_buffer_limit=limit + 1 - len(found))
    except brotli.error:
        raise Undecodable("broken compression") from None
    if not unpacker.is_finished() and len(found) <= limit:
        raise Undecodable("truncated")
    return found


# ------------------------------------------------------------------ counting
@dataclass(slots=True)
class Tally:
    """What became of the records of an archive."""

    counts: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Count one record."""
        self.counts["records"] += 1
        if isinstance(outcome, Fault):
            self.counts["rejected"] += 1
        elif isinstance(outcome, Skipped):
            self.counts[outcome.kind] += 1
            if outcome.host and (outcome.host in self.hosts or len(self.hosts) < MOST_HOSTS):
                self.hosts[outcome.host] += 1
