"""Tags of a list that is no well-formed XML, as a person would read them.

Unescaped ``&``, ``<`` and quotes in values, values without or with curly or unclosed quotes, doubled attributes,
missing end tags, a file that was cut: an outline runs from its name to the next one, and a value to the quote that
is followed by another attribute or the end of the tag. No entity but those of HTML is known, nothing is expanded
twice, and time grows with the length of the text only.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from pipeline.opml.outlines import ADDRESSES, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_TAG, MOST_ATTRIBUTES = 100_000, 200
KNOWN = "xml_?url|html_?url|text|title|type|description|version|language|category|url|feedurl"
QUOTES = "\"'\u201c\u201d\u201e\u201f\u2018\u2019\u00ab\u00bb\u2033"
CLOSING = {'"': '"\u201d', "'": "'\u2019", "\u2018": "\u2019'", "\u2019": "\u2019'"}
CURLY = '\u201c\u201d\u201e\u201f\u00bb\u2033"'
STRUCTURE = re.compile(
    r"<\s*(?P<end>/?)\s*(?:[\w.-]+:)?(?:(?P<outline>outline)\b|(?:body|opml|head)\b)"
    r"|<(?P<other>[a-z][\w.-]{0,40})\s(?=[^<>]{0,2000}?\bxml_?url\s*=)",
    re.IGNORECASE,
)
ATTRIBUTE = re.compile(r"(?<![\w:.-])([A-Za-z_][\w:.-]{0,60})\s{0,20}=\s*")
VALUE_TOKEN = re.compile(
    rf"(?P<opens><(?=[A-Za-z/!]))|(?P<closes>>)|(?P<quote>[{QUOTES}])"
    rf"|\s(?P<known>{KNOWN})\s*=\s*(?=[{QUOTES}]|https?:)",
    re.IGNORECASE,
)
AFTER_VALUE = re.compile(
    rf"\s*(?:(?P<end>[/?]?\s*>|\Z)|(?P<known>{KNOWN})\s*=|[A-Za-z_][\w:.-]*\s*=\s*[{QUOTES}])", re.IGNORECASE
)
UNQUOTED_ADDRESS = re.compile(r"[^\s<>\"']*")
UNQUOTED = re.compile(r"(?:(?!\s{1,20}[A-Za-z_][\w:.-]{0,60}\s{0,20}=|/?>|<).)*", re.DOTALL)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});")


def tags(text: str) -> Iterator[Tag]:
    """Yield the outlines of a text as they open and close, each with its line."""
    text = _without_comments(text)
    starts = list(accumulate((len(x) + 1 for x in text.split("\n")), initial=0))
    marks = STRUCTURE.finditer(text)
    following = next(marks, None)
    while mark := following:
        following = next(marks, None)
        line = bisect_right(starts, mark.start())
        if mark["end"]:
            if mark["outline"]:
                yield Tag(line)
        elif mark["outline"] or mark["other"]:
            end = following.start() if following else len(text)
            yield from _opened(text[mark.end() : min(end, mark.end() + LONGEST_TAG)], line)


def _without_comments(text: str) -> str:
    """Blank out comments that stand between tags, as one in a value may never be closed; lines keep their numbers."""
    kept, position = [], 0
    while (begins := text.find("<!--", position)) >= 0 and (ends := text.find("-->", begins)) >= 0:
        between = text[position:begins].rstrip()[-1:] in ("", ">")
        kept.append(text[position:begins] if between else text[position : ends + 3])
        kept.append("\n" * text.count("\n", begins, ends) if between else "")
        position = ends + 3
    return "".join(kept) + text[position:]


def _opened(inside: str, line: int) -> Iterator[Tag]:
    """Yield the outline of one tag; two where two addresses stand in it, since a ``<`` was lost between them."""
    shared: dict[str, str] = {}
    current: dict[str, str] = {}
    for name, value in _attributes(inside):
        if name in ADDRESSES and current.get(name, value) != value:
            yield Tag(line, current, closed=True)
            current = {}
        elif name in current and current.keys() & set(ADDRESSES) and current[name] != value:
            shared[name] = value  # belongs to an address that is still to come
            continue
        if name in ADDRESSES and shared:
            current, shared = dict(shared), {}
        current.setdefault(name, value)
    yield Tag(line, current, closed="/>" in inside[-300:] or "/ >" in inside[-300:])


def _attributes(inside: str) -> Iterator[tuple[str, str]]:
    position, hopeless = 0, False
    for _ in range(MOST_ATTRIBUTES):
        found = ATTRIBUTE.search(inside, position)
        if found is None:
            return
        name = found[1].lower().rpartition(":")[2]
        opening = inside[found.end() : found.end() + 1]
        if opening and opening in QUOTES:
            closing = CLOSING.get(opening, CURLY)
            quoted = None if hopeless else _quoted(inside, found.end() + 1, closing)
            hopeless = quoted is None  # where one value finds no end, those behind it find none either
            raw, position = quoted or _cut(inside, found.end() + 1, closing)
        else:
            raw, position = _unquoted(inside, found.end(), address=name.endswith(("url", "href")))
        yield name, ENTITY.sub(lambda entity: html.unescape(entity[0]), raw)


def _quoted(inside: str, start: int, closing: str) -> tuple[str, int] | None:
    """Return a value that begins at ``start`` and where the text goes on behind it; None where nothing ends it."""
    tag: int | None = None  # where HTML that stands unescaped in the value opened: its quotes end nothing
    for token in VALUE_TOKEN.finditer(inside, start):
        if token["opens"] or token["closes"]:
            tag = token.start() if token["opens"] else None
        elif token["known"]:
            if tag is None or "url" in token["known"].lower():
                return inside[start : token.start()].rstrip().rstrip(QUOTES), token.start()
        elif token["quote"] in closing:
            after = AFTER_VALUE.match(inside, token.end())
            known = (after["known"] or "").lower() if after else ""
            if after and (tag is None or "url" in known or (known and "=" not in inside[tag : token.start()])):
                return inside[start : token.start()], token.end()
    return None


def _cut(inside: str, start: int, closing: str) -> tuple[str, int]:
    """Return a value that has no proper end: up to the first quote, or else the end of the tag or line."""
    found = re.compile(f"[{closing}]").search(inside, start) or re.compile(r"/?>|<|\n").search(inside, start)
    end = found.start() if found else len(inside)
    return inside[start:end], end + 1


def _unquoted(inside: str, start: int, *, address: bool) -> tuple[str, int]:
    plain = (UNQUOTED_ADDRESS if address else UNQUOTED).match(inside, start)
    value = plain[0] if plain else ""
    end = start + len(value)
    if address and value.endswith("/") and inside[end : end + 1] == ">":
        value = value[:-1]
    return value.strip(), end
