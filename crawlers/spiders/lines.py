"""A page as its lines, the way a person reads it down: what stands together in one element, with what marks it.

Inline pieces that stand side by side without words between them are lines of their own; a line break parts. Nothing
is decided here about what a line means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

SKIPPED = frozenset(
    ["script", "style", "template", "noscript", "svg", "head", "select", "option", "iframe", "nav", "footer"]
)
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "data",
        "dfn",
        "em",
        "font",
        "i",
        "label",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
        "var",
        "wbr",
    ]
)
STRONG = frozenset(("strong", "b"))
HEADING = re.compile(r"^h([1-6])$")
BARE = re.compile(r"^[\s|·•,;:/–—-]*$")
LINES = 40_000  # lines read of one page
DEEPEST = 150


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One line: its text, the element that holds it, and what marks it."""

    text: str
    element: Element
    heading: int = 0  # 1 to 6, 0 for none
    strong: bool = False
    href: str | None = None
    moments: tuple[str, ...] = field(default=())  # what <time datetime> says
    hints: str = ""  # names of classes and properties of the element and the one around it

    @property
    def marked(self) -> int:
        """How strongly it looks like a title: 7 for a heading of the first level down to 0."""
        return 8 - self.heading if self.heading else 1 if self.strong or self.href else 0


def lines(root: Element) -> list[Line]:
    """Return the page's lines in its order; navigation, footers and forms left out."""
    found: list[Line] = []
    for line in _lines(root, 0):
        found.append(line)
        if len(found) >= LINES:
            break
    return found


def _lines(element: Element, depth: int) -> Iterator[Line]:
    if (
        depth > DEEPEST
        or not isinstance(element.tag, str)
        or element.tag in SKIPPED
        or element.get("hidden") == "until"
    ):
        return
    pieces: list[list[tuple[str, Element]]] = [[]]
    for text, child in _pieces(element):
        if child is None:
            pieces[-1].append((text, element))
        elif child.tag == "br":
            pieces.append([])
        elif _is_inline(child, depth):
            pieces[-1].append((" ".join(child.text_content().split()), child))
        else:
            yield from _run(element, pieces.pop())
            pieces.append([])
            yield from _lines(child, depth + 1)
        if len(pieces) > 1:
            yield from _run(element, pieces.pop(0))
    yield from _run(element, pieces[0])


def _pieces(element: Element) -> Iterator[tuple[str, Element | None]]:
    if element.text and element.text.strip():
        yield " ".join(element.text.split()), None
    for child in element:
        if isinstance(child.tag, str):
            yield "", child
        if child.tail and child.tail.strip():
            yield " ".join(child.tail.split()), None


def _is_inline(element: Element, depth: int) -> bool:
    if element.tag not in INLINE:
        return False
    return (
        not any(isinstance(x.tag, str) and x.tag not in INLINE for x in element.iterdescendants()) and depth < DEEPEST
    )


def _run(element: Element, pieces: list[tuple[str, Element]]) -> Iterator[Line]:
    """Turn a run of inline pieces into lines: words between them bind, a mere separator does not."""
    group: list[tuple[str, Element]] = []
    for text, owner in pieces:
        if not text:
            continue
        own = owner is element
        binds = own and re.match(r"^[,(;]|^[a-zà-ÿ]", text) and bool(group)
        follows = bool(group) and group[-1][1] is element and not own and re.search(r"[^\s|·•–—:-]$", group[-1][0])
        if not (binds or follows):
            yield from _line(element, group)
            group = []
        if not BARE.match(text):
            group.append((text, owner))
    yield from _line(element, group)


def _line(element: Element, group: list[tuple[str, Element]]) -> Iterator[Line]:
    if not group:
        return
    owner = group[0][1] if len(group) == 1 else element
    if len(group) == 1 and owner is not element and len(owner) > 1:
        inner = [
            *_run(
                owner,
                [
                    (t or " ".join(c.text_content().split()) if c is not None else t, c if c is not None else owner)
                    for t, c in _pieces(owner)
                ],
            )
        ]
        if len(inner) > 1:
            yield from inner
            return
    text = re.sub(r"\s+([,;)])", r"\1", " ".join(text for text, _ in group)).strip(" |·•–—")
    if text:
        yield _marked(text, owner)


def _marked(text: str, owner: Element) -> Line:
    around = [owner, *list(owner.iterancestors())[:3]]
    heading = next((int(m[1]) for e in around if isinstance(e.tag, str) and (m := HEADING.match(e.tag))), 0)
    link = next((e for e in [*around[:2], *owner.iterdescendants("a")] if e.tag == "a" and e.get("href")), None)
    times = [owner] if owner.tag == "time" else list(owner.iterdescendants("time"))
    return Line(
        text=text,
        element=owner,
        heading=heading,
        strong=any(e.tag in STRONG for e in [*around[:2], *list(owner)[:1]]),
        href=link.get("href") if link is not None else None,
        moments=tuple(e.get("datetime") for e in times if e.get("datetime")),
        hints=" ".join(e.get(name, "") for e in around[:2] for name in ("class", "itemprop", "data-type")).lower(),
    )
