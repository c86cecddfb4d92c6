"""Which part of the page belongs to a link: its block, the largest part in which no other title of its kind stands.

In tables, definition lists and flat markup a block is no single element; then the siblings up to the next block
belong to it, those before or those after, as the list begins.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawlers.teasers.anchors import Anchor

CEILING = frozenset(("html", "body", "main"))
A_LIST = 3  # so many links of one path and of rank are a list of their own, whatever heading stands above
FARTHEST = 4  # siblings that may belong to a block


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The elements that belong to one link, and the other addresses in them with their highest level."""

    parts: tuple[Any, ...]
    others: dict[str, int]


class Blocks:
    """The blocks of one page. ``mains`` holds each address once, by the anchor that speaks for it."""

    def __init__(self, anchors: Sequence[Anchor], mains: Sequence[Anchor]) -> None:
        self.titles: dict[Any, set[str]] = defaultdict(set)
        self.ranked: dict[Any, set[str]] = defaultdict(set)
        self.peers: dict[Any, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.inside: dict[Any, list[Anchor]] = defaultdict(list)
        for anchor in anchors:
            self.inside[anchor.element].append(anchor)
        for anchor in mains:
            self._count(anchor)

    def _count(self, anchor: Anchor) -> None:
        for above in [anchor.element, *anchor.element.iterancestors()]:
            self.peers[above][anchor.path].add(anchor.url)
            if anchor.level == 2:
                self.titles[above].add(anchor.url)
            if anchor.level:
                self.ranked[above].add(anchor.url)

    def of(self, anchor: Anchor) -> Block:
        """Return the block of a link."""
        top = anchor.element
        while (parent := top.getparent()) is not None and parent.tag not in CEILING and not self._ends(parent, anchor):
            top = parent
        parts = (top, *self._siblings(top, anchor))
        return Block(parts, self._others(parts, anchor))

    def _ends(self, element: Any, anchor: Anchor) -> bool:
        """Tell whether an element holds more than what belongs to this one link."""
        peers = self.peers[element]
        if len(peers[anchor.path]) > 1:
            return True
        rivals = self.titles[element] if anchor.level == 2 else self.ranked[element]
        if _besides(rivals, anchor.url):
            return True
        return anchor.level == 2 and len(self.ranked[element]) > A_LIST and self._holds_a_list(element)

    def _holds_a_list(self, element: Any) -> bool:
        return any(len(urls & self.ranked[element]) >= A_LIST for urls in self.peers[element].values())

    def _siblings(self, top: Any, anchor: Anchor) -> list[Any]:
        parent = top.getparent()
        rivals = (self.ranked[parent], self.peers[parent][anchor.path]) if parent is not None else ()
        if not any(_besides(urls, anchor.url) for urls in rivals):
            return []
        return self._run(top, anchor, backwards=self._leads(parent, anchor))

    def _leads(self, parent: Any, anchor: Anchor) -> bool:
        """Tell whether what belongs to a title goes before it: the list begins without a title and ends with one."""
        first = next((x for x in parent if _counts(x)), None)
        last = next((x for x in reversed(parent) if _counts(x)), None)
        return first is not None and not self._titled(first, anchor) and self._titled(last, anchor)

    def _titled(self, element: Any, anchor: Anchor) -> bool:
        return bool(self.ranked[element] or self.peers[element][anchor.path])

    def _run(self, top: Any, anchor: Anchor, *, backwards: bool) -> list[Any]:
        found: list[Any] = []
        for sibling in top.itersiblings(preceding=backwards):
            if not isinstance(sibling.tag, str):
                continue
            if len(found) >= FARTHEST or self._is_other(sibling, anchor) or self._is_list(sibling):
                break
            found.append(sibling)
        return found

    def _is_list(self, sibling: Any) -> bool:
        return any(len(urls) >= A_LIST for urls in self.peers[sibling].values())

    def _is_other(self, sibling: Any, anchor: Anchor) -> bool:
        return _besides(self.ranked[sibling], anchor.url) or _besides(self.peers[sibling][anchor.path], anchor.url)

    def _others(self, parts: Sequence[Any], anchor: Anchor) -> dict[str, int]:
        others: dict[str, int] = {}
        for part in parts:
            for element in part.iter("a"):
                for other in self.inside.get(element, ()):
                    if other.url != anchor.url:
                        others[other.url] = max(others.get(other.url, 0), other.level)
        return others


def _besides(urls: set[str], url: str) -> bool:
    return len(urls) > (url in urls)


def _counts(element: Any) -> bool:
    return isinstance(element.tag, str) and element.tag not in ("h1", "h2", "h3", "thead", "caption")
