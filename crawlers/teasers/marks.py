"""What a link shows beside its title: date, teaser, image, byline. Read off its block, with care: what isn't sure is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawlers.teasers import dates
from crawlers.teasers.anchors import HEADINGS, chunks, text_of, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crawlers.teasers.anchors import Anchor
    from crawlers.teasers.blocks import Block

LARGEST = 4_000  # characters; a larger block is no teaser
SHORT = 90  # characters of a line that may be a date or a byline
TEASER = 7  # words
LONG_TITLE = 25
SPANS = re.compile(r"^[\d\W]")  # a line that begins like this is a date, a number or a list of links
BY = re.compile(r"^(by|written by|por|von|par|di|de|da|texto?:|文)[\s:]+(?=\S)", re.IGNORECASE)
NAMED = re.compile(r"(?:^|[\s_-])(author|byline|autor|auteur|autore)s?(?:$|[\s_-])", re.IGNORECASE)
NAME = re.compile(r"^[^\W\d_][^\d|•·/:@]{2,60}$")
PICTURES = ("img", "picture", "video", "amp-img")


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in the block of a link. ``heading`` is a heading there that is no link, for a silent link."""

    published: datetime | None = None
    dated: bool = False
    summary: str | None = None
    image: bool = False
    heading: str = ""
    authors: tuple[str, ...] = ()
    first: bool = True
    silent: bool = False


def marks(anchor: Anchor, block: Block, now: datetime, language: str, *, silent: bool) -> Marks:
    """Read the marks of one link; a ``silent`` one says nothing of its own, such as "read more"."""
    lines = [line for part in block.parts for line in chunks(part)]
    if sum(map(len, lines)) > LARGEST:
        return Marks(first=False, silent=silent)
    when = _published(anchor, block, lines, now, language)
    return Marks(
        published=when,
        dated=when is not None or any(True for p in block.parts for _ in p.iter("time")),
        summary=_summary(anchor, lines),
        image=any(True for p in block.parts for _ in p.iter(*PICTURES)),
        heading=_heading(block, lines) if silent and not anchor.level and _speaks(anchor, block) else "",
        authors=_authors(block, lines),
        first=_is_first(anchor, block),
        silent=silent,
    )


def _published(anchor: Anchor, block: Block, lines: list[str], now: datetime, language: str) -> datetime | None:
    for part in block.parts:
        for element in part.iter("time", "relative-time", "abbr", "span"):
            stated = (
                element.get("datetime")
                or element.get("data-time")
                or (element.get("title") if _is_age(element) else "")
            )
            if when := dates.stated(stated, now):
                return when
    for line in lines:
        if line != anchor.title and len(line) <= SHORT and (when := dates.read(line, now, language)):
            return when
    return None


def _is_age(element: Any) -> bool:
    return element.tag != "span" or bool(re.search(r"date|age|time", element.get("class", "")))


def _summary(anchor: Anchor, lines: list[str]) -> str | None:
    told = (x.partition(anchor.title)[0].strip() if anchor.title else x for x in lines if x != anchor.text)
    long = [x for x in told if words(x) >= TEASER]
    return max(long, key=len, default=None)


def _heading(block: Block, lines: list[str]) -> str:
    """Return the title that stands beside a silent link: an unlinked heading, or else the first line like a title."""
    for part in block.parts:
        for element in part.iter(*HEADINGS):
            text = text_of(element)
            if words(text) >= 1 and not any(True for _ in element.iter("a")):
                return text
    good = (x for x in lines if 3 <= words(x) <= LONG_TITLE and not SPANS.match(x))
    return next(good, "")


def _speaks(anchor: Anchor, block: Block) -> bool:
    """Tell whether a link is the first or the last one with a text in its block, as links to whole articles are."""
    texts = [x for part in block.parts for x in part.iter("a") if x.get("href") and text_of(x)]
    return not texts or anchor.element in (texts[0], texts[-1]) or not anchor.text


def _is_first(anchor: Anchor, block: Block) -> bool:
    """Tell whether no other address is named in the block before this one, by text."""
    for part in block.parts:
        for element in part.iter("a"):
            if element is anchor.element:
                return True
            if text_of(element):
                return False
    return True


def _authors(block: Block, lines: list[str]) -> tuple[str, ...]:
    names = [*_signed(block), *(BY.sub("", x) for x in lines if BY.match(x) and len(x) <= SHORT)]
    parts = (
        name for x in names for name in re.split(r"\s*(?:,|;|\||·|•|\band\b|\by\b|\bund\b|\bet\b)\s*", BY.sub("", x))
    )
    good = [x.strip() for x in parts if NAME.match(x.strip()) and 2 <= len(x.split()) <= 4 and x[:1].isupper()]
    return tuple(dict.fromkeys(good))[:5]


def _signed(block: Block) -> Iterator[str]:
    for part in block.parts:
        for element in part.iter("a", "span", "address", "p", "div", "cite"):
            told = (
                element.get("rel") == "author"
                or element.get("itemprop") == "author"
                or NAMED.search(element.get("class", ""))
            )
            if told and 0 < len(text_of(element)) <= SHORT:
                yield text_of(element)
