"""Sitemap files as streams: gzip by content, XML that may be broken, or one address a line -> entries, one at a time.

Whatever the size of a file, only one entry of it is in memory beside its bytes. What an entry is worth is decided in
``sitemap.py``.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from crawlers.spiders.charsets import as_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator

UNPACKED = 64 * 1024 * 1024  # the standard allows 50 MB
MOST_ENTRIES = 50_000  # what the standard allows
CHUNK = OPENING = 65_536
MOST_OPEN = 50  # tags that begin before one ends, in 4 KiB
GZIP = b"\x1f\x8b"
KNOWN = re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b")
NEWS = "sitemap-news"  # in the namespace of news:title, which is the page's own, unlike image:title


class Broken(Exception):
    """A file can't be read, or not to its end; ``reason`` is the kind of fault."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """One page, or one part of an index, as the file names it."""

    address: str
    is_part: bool = False
    modified: str = ""
    published: str = ""
    title: str = ""
    language: str = ""


def opening(body: bytes) -> bytes | None:
    """Return the first 64 KiB of a file, unpacked, without leading space; None for broken gzip."""
    try:
        start = next(iter(_Stream(body).chunks()), b"")
    except Broken:
        return None
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return start.replace(b"\x00", b"")[2:].lstrip()
    return start.lstrip(b"\xef\xbb\xbf \t\r\n")


def unpacked(body: bytes, limit: int = UNPACKED) -> bytes | None:
    """Return a body with one layer of gzip taken off; None where that is broken or grows beyond ``limit`` bytes."""
    try:
        return b"".join(_Stream(body, limit).chunks())
    except Broken:
        return None


def entries(body: bytes, start: bytes) -> Iterator[Entry]:
    """Yield the entries of a file that begins with ``start``. Raises Broken, also after entries that were readable."""
    if KNOWN.search(start):
        found = _of_xml(body)
    elif _is_text(start):
        found = _of_lines(body)
    else:
        raise Broken("not a sitemap", "begins with " + repr(start[:80].decode("utf-8", "replace")))
    for number, entry in enumerate(found, 1):
        yield entry
        if number == MOST_ENTRIES:
            raise Broken("sitemap too long", f"more than {MOST_ENTRIES:,} entries")


# ------------------------------------------------------------------ bytes
class _Stream:
    """A body that is unpacked while it is read; the interface of a file, as lxml wants it."""

    def __init__(self, body: bytes, limit: int = UNPACKED) -> None:
        self.body = body
        self.limit = limit
        self.left = self.chunks()

    def read(self, _size: int = -1) -> bytes:
        chunk = next((chunk for chunk in self.left if chunk), b"")
        # A parser that is fed piece by piece takes quadratic time over tags that begin and never end.
        if any(len(part) > CHUNK // 16 and part.count(b"<") > MOST_OPEN for part in chunk.split(b">")):
            raise Broken("malformed sitemap", "tags without an end")
        return chunk

    def chunks(self) -> Iterator[bytes]:
        """Yield pieces of 64 KiB at most. Raises Broken at the limit and where the gzip is torn."""
        size = 0
        for chunk in self._inflated() if self.body.startswith(GZIP) else self._pieces():
            size += len(chunk)
            if size > self.limit:
                raise Broken("unreadable sitemap", f"more than {self.limit:,} bytes when unpacked")
            yield chunk

    def _pieces(self) -> Iterator[bytes]:
        for start in range(0, len(self.body), CHUNK):
            yield self.body[start : start + CHUNK]

    def _inflated(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            for piece in self._pieces():
                rest = piece
                while rest and not unpacker.eof:
                    yield unpacker.decompress(rest, CHUNK)
                    rest = unpacker.unconsumed_tail
        except zlib.error as error:
            raise Broken("unreadable sitemap", f"broken gzip: {error}") from None


# ------------------------------------------------------------------ XML
def _of_xml(body: bytes) -> Iterator[Entry]:
    stream = _Stream(body.lstrip())
    reader = etree.iterparse(
        stream, events=("end",), tag=("{*}url", "{*}sitemap"), recover=True, huge_tree=False, resolve_entities=False,
        no_network=True, load_dtd=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for _, element in reader:
            if entry := _entry(element):
                yield entry
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except UnicodeDecodeError as error:  # lxml recovers over bytes that are no UTF-8, and then can't say them
        raise Broken("malformed sitemap", str(error)) from None
    except etree.XMLSyntaxError as error:
        raise Broken("not a sitemap", str(error)) from None
    if len(reader.error_log):
        raise Broken("malformed sitemap", reader.error_log[0].message)


def _entry(element: etree._Element) -> Entry | None:
    """Read an entry in one go: its own address first, whatever stands beside it."""
    told: dict[str, str] = {}
    spoken: dict[str, str] = {}
    for child in element.iter():
        namespace, _, name = child.tag.rpartition("}") if isinstance(child.tag, str) else ("", "", "")
        if name == "link":
            spoken[child.get("href", "")] = child.get("hreflang", "")
        elif child.text and (name != "title" or NEWS in namespace) and (name != "loc" or child.getparent() is element):
            told.setdefault(name, child.text.strip())
    address = told.get("loc")
    if not address:
        return None
    return Entry(
        address,
        element.tag.endswith("sitemap"),
        told.get("lastmod", ""),
        told.get("publication_date", ""),
        told.get("title", ""),
        told.get("language") or spoken.get(address, ""),
    )


# ------------------------------------------------------------------ text
def _is_text(start: bytes) -> bool:
    lines = [line for line in start.split(b"\n", 20)[:20] if line.strip()]
    whole = lines[:-1] if len(lines) > 1 else lines
    return bool(whole) and all(line.strip().startswith((b"http://", b"https://")) for line in whole)


def _of_lines(body: bytes) -> Iterator[Entry]:
    rest = b""
    for chunk in _Stream(body).chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[:CHUNK]
        yield from (Entry(_line(line)) for line in lines if line.strip())
    if rest.strip():
        yield Entry(_line(rest))


def _line(line: bytes) -> str:
    return as_utf8(line.strip())[0].decode("utf-8", "replace")
