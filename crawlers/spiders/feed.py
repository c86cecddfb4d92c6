"""The way *feed*: RSS 0.9x to 2.0, RDF, Atom and JSON Feed -> links with what the feed says of them.

A malformed feed gives what can be recovered, and a rejection that says so. Nothing is fetched here; feedparser
is given bytes only, since it would open addresses and files by itself.
"""

from __future__ import annotations

import calendar
import html
import io
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import feedparser

from crawlers.addresses import clean
from crawlers.look import ITEMS, Look, Sight, fault, unreadable
from crawlers.spiders.shorten import shortened
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_TITLE, LONGEST_SUMMARY, MOST_AUTHORS = 500, 4_000, 20
FIRST_YEAR = 1990
AHEAD = timedelta(days=2)  # dates further in the future are mistakes
HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
TAGS = re.compile(r"<(?:!--.*?--|/?[a-zA-Z][^<>]*)>", re.DOTALL)
SCRIPTS = re.compile(r"<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
ROOT = re.compile(rb"<(\w+:)?(rss|feed|rdf|channel)\b", re.IGNORECASE)
OPENING = 65_536  # bytes in which a feed must have begun


def look(sight: Sight) -> Look:
    """Read a feed of any kind; at most 500 items, as they stand."""
    start = sight.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return _json_feed(sight)
    opening = sight.body[:OPENING].replace(b"\x00", b"")  # UTF-16 reads like ASCII without its zeros
    if ENTITY.search(opening):
        return unreadable(sight, "unreadable feed", "it declares entities of its own")
    if not ROOT.search(opening):  # feedparser would take minutes over a large page of HTML
        return unreadable(sight, "not a feed", _beginning(sight.body))
    return _xml_feed(sight)


# ------------------------------------------------------------------ XML
def _xml_feed(sight: Sight) -> Look:
    headers = {"content-location": sight.address, "content-type": sight.content_type or "application/xml"}
    feed = feedparser.parse(io.BytesIO(shortened(sight.body)), response_headers=headers)
    if not feed.entries and not feed.get("version"):
        return unreadable(sight, "not a feed", _beginning(sight.body))
    exception = feed.get("bozo_exception")
    malformed = bool(feed.bozo) and not isinstance(exception, HARMLESS)
    if malformed and not feed.entries:
        return unreadable(sight, "unreadable feed", f"{exception}")
    language = _language(feed.feed.get("language"))
    links = _unique(_entry(sight, entry, language) for entry in feed.entries[:ITEMS])
    return _found(sight, links, f"{exception}" if malformed else None)


def _entry(sight: Sight, entry: Any, language: str | None) -> Link | None:
    url = _address(sight, entry)
    if url is None:
        return None
    hint = Hint(
        title=plain(entry.get("title"), LONGEST_TITLE),
        published=_time(entry, sight.now),
        summary=plain(entry.get("summary"), LONGEST_SUMMARY),
        authors=_authors(a.get("name") for a in entry.get("authors", [])),
        language=_language(entry.get("language")) or language,
    )
    return Link(url, sight.source.key, hint)


def _address(sight: Sight, entry: Any) -> str | None:
    for candidate in (entry.get("feedburner_origlink"), entry.get("link"), entry.get("id")):
        if candidate and (url := clean(candidate, sight.address if candidate != entry.get("id") else "")):
            return url
    return None


def _time(entry: Any, now: datetime) -> datetime | None:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        if parsed := entry.get(name):
            try:
                return sensible(datetime.fromtimestamp(calendar.timegm(parsed), UTC), now)
            except (ValueError, OverflowError, OSError, TypeError):
                continue
    return _zoneless(entry.get("published"), now)


def _zoneless(value: object, now: datetime) -> datetime | None:
    """Read an RFC 822 date that names no zone, as UTC: off by hours at most, and by no day as a rule."""
    try:
        when = parsedate_to_datetime(value) if isinstance(value, str) else None
    except (ValueError, TypeError, OverflowError):
        return None
    return sensible(when.replace(tzinfo=UTC), now) if when and when.tzinfo is None else None


# ------------------------------------------------------------------ JSON Feed
def _json_feed(sight: Sight) -> Look:
    try:
        feed = json.loads(sight.body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        return unreadable(sight, "unreadable feed", f"JSON: {error}")
    if not isinstance(feed, dict) or "jsonfeed.org" not in str(feed.get("version")):
        return unreadable(sight, "not a feed", "JSON, but no JSON Feed")
    items = feed.get("items")
    language = _language(feed.get("language"))
    found = [_item(sight, x, language) for x in items[:ITEMS] if isinstance(x, dict)] if isinstance(items, list) else []
    return _found(sight, _unique(found), None if isinstance(items, list) else "JSON Feed without items")


def _item(sight: Sight, item: dict[str, Any], language: str | None) -> Link | None:
    url = clean(str(item.get("url") or item.get("external_url") or item.get("id") or ""), sight.address)
    if url is None or url == sight.address:
        return None
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    hint = Hint(
        title=plain(item.get("title"), LONGEST_TITLE),
        published=iso_time(item.get("date_published"), sight.now),
        summary=plain(item.get("summary") or item.get("content_text"), LONGEST_SUMMARY),
        authors=_authors(a.get("name") for a in authors or () if isinstance(a, dict)),
        language=_language(item.get("language")) or language,
    )
    return Link(url, sight.source.key, hint)


# ------------------------------------------------------------------ shared
def _found(sight: Sight, links: tuple[Link, ...], malformed: str | None) -> Look:
    rejections = (fault(sight, "malformed feed", malformed),) if malformed else ()
    published = tuple(x.hint.published for x in links if x.hint.published)
    return Look(links, rejections, error="malformed feed" if malformed else None, published=published)


def _unique(links: Iterable[Link | None]) -> tuple[Link, ...]:
    return tuple({link.url: link for link in links if link}.values())


def plain(value: object, longest: int) -> str | None:
    """Return text without tags, entities and runs of white space, at most ``longest`` characters; None for nothing."""
    if not isinstance(value, str):
        return None
    text = html.unescape(TAGS.sub(" ", SCRIPTS.sub(" ", value[: longest * 20])))
    return " ".join(text.split())[:longest] or None


def _authors(names: Iterable[object]) -> tuple[str, ...]:
    found = [plain(name, LONGEST_TITLE) for name in names]
    return tuple(dict.fromkeys(x for x in found if x))[:MOST_AUTHORS]


def _language(value: object) -> str | None:
    code = value.strip().replace("_", "-").partition("-")[0].lower() if isinstance(value, str) else ""
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def sensible(when: datetime, now: datetime) -> datetime | None:
    """Return ``when`` unless it lies before 1990 or more than two days ahead of ``now``."""
    return when if when.year >= FIRST_YEAR and when <= now + AHEAD else None


def iso_time(value: object, now: datetime) -> datetime | None:
    """Read an ISO 8601 time or date as UTC; None where it is none, or not sensible."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value.strip())
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return sensible(when, now)


def _beginning(body: bytes) -> str:
    return "begins with " + repr(body[:80].decode("utf-8", "replace"))
