"""The way *feed*: RSS 0.9x to 2.0, RDF, Atom, JSON Feed and other interfaces in JSON -> links with what they say.

A malformed feed gives what can be recovered, and a rejection that says so. Nothing is fetched here. ``READERS`` is the
order in which XML is tried; the dialects of JSON stand in ``jsonfeed.DIALECTS``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from crawlers.look import Look, Sight, unreadable
from crawlers.spiders import arxiv, jsonfeed, lenient, xmlfeed
from crawlers.spiders.charsets import as_utf8
from crawlers.spiders.items import Channel, look_of
from crawlers.spiders.text import LONGEST_TITLE, plain
from crawlers.spiders.times import iso_time, sensible

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONGEST_TITLE", "iso_time", "look", "plain", "sensible"]

READERS: tuple[Callable[[bytes, str], Channel | str | None], ...] = (xmlfeed.read, lenient.read)
ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
ROOT = re.compile(rb"<(\w+:)?(rss|feed|rdf|channel)\b", re.IGNORECASE)
OPENING = 65_536  # bytes in which a feed must have begun


def look(sight: Sight) -> Look:
    """Read a feed of any kind; at most 500 items, the newest where there are more."""
    body, had_controls = as_utf8(sight.body, sight.content_type)
    body = body.lstrip()
    if body[:1] in (b"{", b"["):
        channel = jsonfeed.read(body, sight.address)
    elif ENTITY.search(body[:OPENING]):
        channel = "it declares entities of its own"
    elif not (root := ROOT.search(body[:OPENING])):  # feedparser would take minutes over a large page of HTML
        channel = None
    else:
        channel = _xml(_from_its_start(body, root.start()), sight.address)
    if channel is None:
        return unreadable(sight, "not a feed", _beginning(sight.body))
    if isinstance(channel, str):
        return unreadable(sight, "unreadable feed", channel)
    if had_controls and channel.malformed is None:
        channel = replace(channel, malformed="control characters in it")
    return look_of(sight, arxiv.papers(channel) if arxiv.is_arxiv(sight.address) else channel)


def _xml(body: bytes, address: str) -> Channel | str | None:
    return next((found for read in READERS if (found := read(body, address)) is not None), None)


def _from_its_start(body: bytes, root: int) -> bytes:
    """Cut what a server's warnings put before the declaration."""
    declaration = body.rfind(b"<?xml", 0, root)
    return body[max(declaration, 0) :]


def _beginning(body: bytes) -> str:
    return "begins with " + repr(body[:80].decode("utf-8", "replace"))
