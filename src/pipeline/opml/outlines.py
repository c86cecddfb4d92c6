"""From opened and closed outlines to feeds: folders, titles, usable addresses, doubles; and what was wrong, by line.

Knows nothing of how the tags were read (``strict`` says whether their nesting can be trusted) and fetches nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_FEEDS, MOST_TAGS, MOST_FAULTS, DEEPEST = 20_000, 200_000, 100, 20
LONGEST_ADDRESS, LONGEST_NAME = 2_000, 300
ADDRESSES = ("xmlurl", "xml_url", "xml-url", "feedurl", "feed_url", "rssurl")
HOMES = ("htmlurl", "html_url", "html-url", "homeurl", "siteurl")
NAMES = ("title", "text", "name", "label")
FEED_TYPES = ("rss", "atom", "feed", "rdf", "json")
FOREIGN = re.compile(r"^(?:feeds?|rss|itpc|pcast|podcast):(?://)?(?=(https?):)?", re.IGNORECASE)
HOST_FIRST = re.compile(r"^(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:/|$)", re.IGNORECASE)
UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Tag:
    """One outline as it opens, with its attributes by lower-case name; or a closing one (``attributes`` None)."""

    line: int
    attributes: Mapping[str, str] | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list: its address, what the list calls it, its home page, the folders around it."""

    address: str
    title: str
    home: str | None = None
    folders: tuple[str, ...] = ()
    language: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong at a line; ``lost`` where it cost that one feed."""

    line: int
    reason: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Outlines:
    """What a list holds. ``refused`` says why nothing was taken from it."""

    feeds: tuple[Outline, ...] = ()
    faults: tuple[Fault, ...] = ()
    refused: str | None = None


@dataclass(slots=True)
class _Reading:
    feeds: dict[str, Outline] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    stack: list[str | None] = field(default_factory=list)

    def complain(self, line: int, reason: str, *, lost: bool = True) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(line, reason, lost))


def gathered(tags: Iterable[Tag], *, strict: bool) -> Outlines:
    """Return the feeds of a list. Where the nesting is not ``strict``, a feed ends where the next outline begins."""
    reading = _Reading()
    for number, tag in enumerate(tags):
        if len(reading.feeds) >= MOST_FEEDS or number >= MOST_TAGS:
            reading.complain(tag.line, f"more than {MOST_FEEDS} feeds or {MOST_TAGS} tags; the rest was left out")
            break
        _take(reading, tag, strict=strict)
    return Outlines(tuple(reading.feeds.values()), tuple(reading.faults))


def _take(reading: _Reading, tag: Tag, *, strict: bool) -> None:
    if tag.attributes is None:
        if reading.stack:
            reading.stack.pop()
        return
    if not strict and reading.stack and reading.stack[-1] is None:
        reading.stack.pop()
    address = _said_address(tag.attributes)
    if address:
        _add(reading, tag, address)
    elif tag.attributes.get("type", "").strip().lower() == "include":
        reading.complain(tag.line, "includes another list, which is not fetched")
    if not tag.closed:
        reading.stack.append(None if address else _name(tag.attributes))


def _said_address(attributes: Mapping[str, str]) -> str | None:
    for name in ADDRESSES:
        if attributes.get(name, "").strip():
            return attributes[name]
    if attributes.get("type", "").strip().lower() in FEED_TYPES:
        return attributes.get("url") or attributes.get("href") or None
    return None


def _add(reading: _Reading, tag: Tag, said: str) -> None:
    attributes = tag.attributes or {}
    address = address_of(said)
    if address is None:
        reading.complain(tag.line, f"no address of a feed on the web: {UNSEEN.sub(' ', said)[:120]!r}")
    elif address in reading.feeds:
        reading.complain(tag.line, f"{address} is in line {reading.feeds[address].line} already", lost=False)
    else:
        home = next((found for x in HOMES if (found := address_of(attributes.get(x, "")))), None)
        title = _name(attributes) or urlsplit(address).hostname or address
        folders = _folders(reading.stack, attributes)
        reading.feeds[address] = Outline(address, title, home, folders, _language(attributes), tag.line)


def _folders(stack: list[str | None], attributes: Mapping[str, str]) -> tuple[str, ...]:
    around = tuple(x for x in stack[:DEEPEST] if x)
    if around:
        return around
    first = attributes.get("category", "").split(",")[0]
    return tuple(x.strip()[:LONGEST_NAME] for x in first.split("/") if x.strip())[:DEEPEST]


def _name(attributes: Mapping[str, str]) -> str:
    for name in NAMES:
        if found := " ".join(attributes.get(name, "").split()):
            return found[:LONGEST_NAME]
    return ""


def _language(attributes: Mapping[str, str]) -> str | None:
    code = (attributes.get("language") or attributes.get("lang") or "").strip().replace("_", "-")
    code = code.partition("-")[0].lower()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def address_of(said: str) -> str | None:
    """Return what was said as a web address: ``feed:`` taken off, spaces and hidden characters out; None for others."""
    text = UNSEEN.sub("", said).replace("&amp;", "&")  # escaped twice, as exports of exports are
    if foreign := FOREIGN.match(text):
        text = text[foreign.end() :] if foreign[1] else "http://" + text[foreign.end() :].lstrip("/")
    if text.startswith("//"):
        text = "https:" + text
    elif HOST_FIRST.match(text):
        text = "http://" + text
    try:
        parts = urlsplit(text)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return None
    usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    return text if usable and port_is_valid and len(text) <= LONGEST_ADDRESS else None
