"""Malformed feeds, and those with a document type, read with feedparser: slow, but it recovers what there is.

feedparser is given bytes only, since it would open addresses and files by itself, and its own cleaning is off:
what comes out is text of the web, and is treated as such.
"""

from __future__ import annotations

import html
import io
import re
from typing import TYPE_CHECKING, Any

import feedparser

from crawlers.spiders.items import MOST_ITEMS, Attached, Channel, Item, seconds_told
from crawlers.spiders.shorten import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

# References to halves of surrogate pairs, over which feedparser falls; some unused numbers beside them, too.
SURROGATE = re.compile(rb"&#(?:[xX]0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*(?:5529[6-9]|55[3-9]\d\d|5[67]\d{3}));?")
HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


def read(body: bytes, address: str) -> Channel | str | None:
    """Read a feed in UTF-8; a string says why nothing could be read of it, None that it is no feed."""
    headers = {"content-location": address, "content-type": "application/xml; charset=utf-8"}
    feed = feedparser.parse(
        io.BytesIO(SURROGATE.sub(b"", shortened(body))),
        response_headers=headers,
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    if not feed.entries and not feed.get("version"):
        return None
    exception = feed.get("bozo_exception")
    malformed = bool(feed.bozo) and not isinstance(exception, HARMLESS)
    if malformed and not feed.entries:
        return f"{exception}"
    return Channel(
        [_item(entry) for entry in feed.entries[:MOST_ITEMS]],
        feed.feed.get("language"),
        tuple(x for name in ("updated", "published") if (x := dict.get(feed.feed, name))),
        seconds_told(*(feed.feed.get(name) for name in ("ttl", "sy_updateperiod", "sy_updatefrequency"))),
        f"{exception}" if malformed else None,
    )


def _item(entry: Any) -> Item:
    # feedparser files a description that follows a content under "content", and the content under "summary".
    texts = [x for x in (entry.get("summary"), *map(_markup, entry.get("content", ()))) if x]
    return Item(
        addresses=tuple(x for x in _addresses(entry) if isinstance(x, str) and x),
        title=entry.get("title"),
        # get() would answer with another date, and a warning, where one is missing
        dates=tuple(x for name in ("published", "created", "updated") if (x := dict.get(entry, name))),
        texts=tuple(texts),
        declared=bool(entry.get("content")),
        authors=tuple(a["name"] for a in entry.get("authors", ()) if a.get("name") and "@" not in a["name"]),
        language=entry.get("language") or entry.get("title_detail", {}).get("language"),
        transcripts=tuple(_transcripts(entry)),
        media=next((x.get("href") for x in entry.get("enclosures", ()) if x.get("href")), None),
    )


def _addresses(entry: Any) -> Iterator[str | None]:
    """Yield addresses of the item's own page, the best first."""
    links = [x for x in entry.get("links", ()) if x.get("rel", "alternate") == "alternate"]
    yield entry.get("feedburner_origlink")
    yield from (x.get("href") for x in links if "html" in x.get("type", "html"))
    yield from (x.get("href") for x in links if "html" not in x.get("type", "html"))
    if not links or entry.get("guidislink"):
        yield from (x for x in (entry.get("link"),) if x and not _is_enclosure(entry, x))
    if entry.get("id", "").startswith("http") and not _is_mere_guid(entry):
        yield entry["id"]
    yield from (x.get("href") for x in entry.get("enclosures", ()) if "html" in x.get("type", ""))


def _is_enclosure(entry: Any, address: str) -> bool:
    return any(x.get("href") == address for x in entry.get("links", ()) if x.get("rel") != "alternate")


def _is_mere_guid(entry: Any) -> bool:
    return "guidislink" in entry and not entry["guidislink"] and not entry.get("link")


def _markup(content: Any) -> str:
    value = content.get("value") or ""
    return html.escape(value, quote=False) if content.get("type") == "text/plain" else value


def _transcripts(entry: Any) -> Iterator[Attached]:
    for name in ("podcast_transcript", "media_text", "media_subtitle"):
        told = entry.get(name)
        if isinstance(told, dict) and (address := told.get("url") or told.get("href") or told.get("src")):
            yield Attached(address, told.get("type", ""), told.get("language") or told.get("lang"))
