"""A large XML feed cut to what a slow parser can read in a second: items, texts, tags and depth have an end.

One pass over the bytes, without parsing: what it keeps stays as it stood, and the elements that were open at the cut
are closed. A feed of ordinary size is returned untouched. The bytes must be UTF-8 or another superset of ASCII.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from crawlers.look import ITEMS

SMALL = 64 * 1024  # bytes up to which nothing is looked at
LONGEST = 3 * 1024 * 1024  # bytes of the cut feed
LONGEST_TEXT = 256 * 1024  # bytes of one text, comment or tag
MOST_TAGS = 60_000
DEEPEST = 100  # elements within one item, or within the head of the feed
TAG = re.compile(rb"<(/?)([A-Za-z_][\w:.-]*)")
OPENS = re.compile(rb"<(?:!\[CDATA\[|!--|[!?]|/?[A-Za-z_])")
ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}
ITEM = re.compile(rb"(?:[\w.-]+:)?(?:item|entry)", re.IGNORECASE)


def shortened(body: bytes) -> bytes:
    """Return a feed of at most 500 items and 3 MiB, without texts beyond 256 KiB and what is nested too deep."""
    return body if len(body) <= SMALL else _Cut(body).whole()


@dataclass
class _Cut:
    """The pass: where it is, what it keeps, which elements are open."""

    body: bytes
    at: int = 0
    size: int = 0
    tags: int = 0
    items: int = 0
    depth: int = 0
    kept: list[bytes] = field(default_factory=list)
    outside: list[bytes] = field(default_factory=list)  # open elements around the items
    # Where the last whole item ended: pieces, and nothing but the elements around it open.
    safe: int = 0

    def whole(self) -> bytes:
        """Return what is kept, closed."""
        while found := OPENS.search(self.body, self.at):
            self._keep(self.at, found.start())
            if not self._markup(found.start(), found[0]):
                return self._closed()
        self._keep(self.at, len(self.body))
        return b"".join(self.kept)

    def _keep(self, start: int, end: int) -> None:
        piece = self.body[start : min(end, start + LONGEST_TEXT)]
        self.kept.append(piece)
        self.size += len(piece)
        self.at = end

    def _markup(self, start: int, opens: bytes) -> bool:
        """Take what begins at ``start``; False where the feed must be cut before it."""
        closes = ENDS.get(opens, b">")
        end = self.body.find(closes, start + len(opens))
        if end < 0 or self.size > LONGEST:
            return False
        end += len(closes)
        if opens == b"<![CDATA[" and end - start > LONGEST_TEXT:
            self.kept.append(self.body[start : start + LONGEST_TEXT] + closes)
            self.size += LONGEST_TEXT
        elif end - start <= LONGEST_TEXT:
            if (tag := TAG.match(self.body, start)) and not self._tag(tag, self.body[end - 2 : end] == b"/>"):
                return False
            self.kept.append(self.body[start:end])
            self.size += end - start
            if tag and tag[1] and ITEM.fullmatch(tag[2]):
                self.safe = len(self.kept)
        self.at = end
        return True

    def _tag(self, tag: re.Match[bytes], empty: bool) -> bool:
        self.tags += 1
        if not tag[1] and ITEM.fullmatch(tag[2]):
            self.items, self.depth = self.items + 1, 0
        elif not empty:
            self._nest(tag)
        return self.items <= ITEMS and self.tags <= MOST_TAGS and self.depth <= DEEPEST

    def _nest(self, tag: re.Match[bytes]) -> None:
        self.depth = max(self.depth + (-1 if tag[1] else 1), 0)
        if self.items:
            return
        if not tag[1]:
            self.outside.append(tag[2])
        elif self.outside and self.outside[-1] == tag[2]:
            self.outside.pop()

    def _closed(self) -> bytes:
        """Return what is kept up to the last whole item, or all of it before the first one is over."""
        kept = self.kept[: self.safe] if self.safe else self.kept
        return b"".join([*kept, *(b"</" + name + b">" for name in reversed(self.outside))])
