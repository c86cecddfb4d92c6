"""The way *sitemap*: sitemaps, news sitemaps and their indexes, also gzipped -> links, the newest first.

Of dated entries only those newer than the last look are taken (less a day, since many sites date by the day),
at a first look those of the last half year. A site that offers a feed as its sitemap is read as a feed.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree

from crawlers.addresses import clean, same_site
from crawlers.look import SITEMAP_LINKS, Look, Sight, fault, unreadable
from crawlers.spiders import feed
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = 20  # parts of an index that one look reads
UNPACKED = 64 * 1024 * 1024
FIRST_LOOK = timedelta(days=180)
MARGIN = timedelta(days=1)


def look(sight: Sight) -> Look:
    """Read a sitemap or an index; ``more`` of an index holds its parts that changed since the last look."""
    body = unpacked(sight.body)
    if body is None:
        return unreadable(sight, "unreadable sitemap", "broken gzip, or too large when unpacked")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(body.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return unreadable(sight, "not a sitemap", str(error))
    kind = _name(root) if root is not None else ""
    if kind == "sitemapindex":
        return Look(more=tuple(_parts(sight, root)))
    if kind in ("rss", "feed", "RDF"):
        return feed.look(sight)
    if kind != "urlset":
        return unreadable(sight, "not a sitemap", f"its root is {kind or 'missing'}")
    return _urlset(sight, root, malformed=len(parser.error_log) > 0)


def unpacked(body: bytes, limit: int = UNPACKED) -> bytes | None:
    """Return a body with one layer of gzip taken off; None where that is broken or grows beyond ``limit`` bytes."""
    if body[:2] != b"\x1f\x8b":
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, limit)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else plain


def _parts(sight: Sight, root: etree._Element) -> Iterator[str]:
    found = []
    for entry in root:
        url = clean(_text(entry, "loc"), sight.address)
        when = feed.iso_time(_text(entry, "lastmod"), sight.now)
        if url and same_site(url, sight.address) and (when is None or when >= _since(sight)):
            found.append((when.timestamp() if when else 0.0, url))
    found.sort(key=lambda part: -part[0])
    yield from dict.fromkeys(url for _, url in found[:PARTS])


def _since(sight: Sight) -> datetime:
    before = sight.before
    return before.polled - MARGIN if before and before.status else sight.now - FIRST_LOOK


def _urlset(sight: Sight, root: etree._Element, *, malformed: bool) -> Look:
    found: dict[str, tuple[float, Link]] = {}
    for entry in root:
        link, when = _entry(sight, entry)
        if link and (when is None or when >= _since(sight)):
            found.setdefault(link.url, (when.timestamp() if when else 0.0, link))
    newest = sorted(found.values(), key=lambda pair: -pair[0])[:SITEMAP_LINKS]
    links = tuple(link for _, link in newest)
    published = tuple(x.hint.published for x in links if x.hint.published)
    rejections = (fault(sight, "malformed sitemap"),) if malformed else ()
    return Look(links, rejections, error="malformed sitemap" if malformed else None, published=published)


def _entry(sight: Sight, entry: etree._Element) -> tuple[Link | None, datetime | None]:
    url = clean(_text(entry, "loc"), sight.address)
    if url is None or not same_site(url, sight.address) or urlsplit(url).path == "/":
        return None, None
    published = feed.iso_time(_text(entry, "publication_date"), sight.now)
    hint = Hint(
        title=feed.plain(_text(entry, "title"), feed.LONGEST_TITLE),
        published=published,
        language=_text(entry, "language")[:2].lower() or None,
    )
    return Link(url, sight.source.key, hint), published or feed.iso_time(_text(entry, "lastmod"), sight.now)


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _text(entry: etree._Element, name: str) -> str:
    """Return the text of the first element called ``name`` in an entry, whatever its namespace."""
    if not isinstance(entry.tag, str):
        return ""
    for element in entry.iter():
        if _name(element) == name and element.text:
            # image:title and video:title are not the page's own.
            if name == "title" and "news" not in element.tag:
                continue
            return str(element.text).strip()
    return ""
