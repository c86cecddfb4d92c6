"""The body of an article: its paragraphs without the page around them.

Trafilatura's rules find the body (fast mode: a better F1 on our pages than its whole cascade, at nearly twice the
speed). This module clears the tree beforehand, drops lines that are no part of the text, and holds the outcome
against the ``articleBody`` that some pages carry. Titles, dates and names are found elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree, html
from trafilatura import bare_extraction
from trafilatura.settings import Extractor

from pipeline.extract import phrases, plain
from pipeline.extract.plain import length

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# One set of options for all pages: reading its configuration takes longer than a small page.
_OPTIONS = Extractor(output_format="python", fast=True, comments=False)
_DEAD = ("script", "style", "svg", "noscript", "iframe", "template", "select", "textarea", "canvas", "object")
# What trafilatura would drop as well, after copying it several times.
_BESIDE = ("nav", "footer", "menu", "button", "input", "audio", "video", "picture", "source", "embed", "map")  # fmt: skip
_BOXES = ("div", "section", "aside", "ul", "ol", "form", "p", "details")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LONG = 80  # characters that make a paragraph one of running text
_TEASER = 200  # a paragraph that is one link and shorter than this points elsewhere
_DUMP = 3
_HEAD = 8  # lines in which a title may come after a menu
_HEAD_AFTER_TITLE = 4  # lines in which a byline may come after a standfirst
_STANDFIRST = 400  # characters of it at most
_WALL_LINES, _WALL_LETTERS = 4, 2_000  # lines at the end, and letters of a box, that are asked for a pay wall
_STUB = 0.6  # an articleBody that covers less than this of the page's text is an excerpt


@dataclass(frozen=True, slots=True)
class Around:
    """What the tree says about lines: which are headings, and which are nothing but a link."""

    headings: frozenset[str]
    linked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Body:
    """The paragraphs in order, and whether the page says that it keeps the rest for those who pay or sign in."""

    lines: list[str]
    walled: bool


def read(tree: HtmlElement, titles: Sequence[str], bodies: Sequence[str]) -> Body:
    """Find the body. The tree is used up: it must belong to the caller."""
    walled = _clear(tree)
    if (easy := plain.lines(tree)) is not None:
        box, found = easy
        around = _around(box)
    else:
        around = _around(tree)
        _join_parts(tree)
        etree.strip_elements(tree, *_BESIDE, with_tail=False)
        found = _found(tree).split("\n")
    tidy = [line for raw in found if (line := _tidy(raw))]
    walled = walled or any(phrases.WALL.search(line) for line in tidy[-_WALL_LINES:] if len(line) < _STANDFIRST)
    return Body(_confirmed(_trimmed(tidy, titles, around), bodies), walled)


def _found(tree: HtmlElement) -> str:
    try:
        found = bare_extraction(tree, options=_OPTIONS)
    except Exception:  # noqa: BLE001 - a third party's rules on arbitrary markup: plain paragraphs will do then
        return "\n".join(" ".join(p.text_content().split()) for p in tree.iter("p"))
    return (found.text or "") if found is not None and not isinstance(found, dict) else ""


def _tidy(line: str) -> str:
    line = " ".join(line.replace("\\|", "|").split())
    return line.removeprefix("- ").strip("|").strip()


def _norm(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


# ------------------------------------------------------------------ before: the tree
def _clear(tree: HtmlElement) -> bool:
    """Take out what never holds text of the article: dead elements, and boxes named as clutter.

    Return whether a box that shuts readers out was among them.
    """
    etree.strip_elements(tree, *_DEAD, with_tail=False)
    for hover in [span for span in tree.iter("span") if phrases.is_hidden(span.get("class") or "")]:
        hover.drop_tree()
    total, walled = None, False
    for box in list(tree.iter(*_BOXES)):
        name = f"{box.get('id') or ''} {box.get('class') or ''}"
        if not walled and phrases.is_wall(name):
            walled = bool(phrases.WALL.search(box.text_content()[:_WALL_LETTERS]))
        if len(name) > 1 and phrases.is_clutter(name):
            total = length(tree) if total is None else total
            # a name may lie (a theme calls its whole page "related"): what holds much of the page stays
            if length(box) < total / 3 and box.find(".//h1") is None and box.getparent() is not None:
                box.drop_tree()
    return walled


def _around(tree: HtmlElement) -> Around:
    headings = frozenset(_norm(h.text_content()) for h in tree.iter(*_HEADINGS))
    linked = set()
    for link in tree.iter("a"):
        text = link.text_content().strip()
        holder = link.getparent()
        while holder is not None and holder.tag in ("strong", "b", "em", "i", "span", "u"):
            holder = holder.getparent()
        if text and len(text) < _TEASER and holder is not None and holder.text_content().strip() == text:
            linked.add(_norm(text))
    return Around(headings, frozenset(linked))


def _join_parts(tree: HtmlElement) -> None:
    """Put a body that comes in several boxes of one class (around adverts) into the first of them."""
    boxes: dict[tuple[str, str], dict[HtmlElement, int]] = {}
    for paragraph in tree.iter("p"):
        box = paragraph.getparent()
        if box is not None and box.get("class") and length(paragraph) > _LONG:
            group = boxes.setdefault((str(box.tag), box.get("class") or ""), {})
            group[box] = group.get(box, 0) + 1
    if not boxes:
        return
    first, *others = max(boxes.values(), key=lambda group: sum(group.values()))
    group = boxes[(str(first.tag), first.get("class") or "")]
    for box in others:
        if group[box] >= 2 and not any(above in group for above in box.iterancestors()):
            first.extend(list(box))


# ------------------------------------------------------------------ after: the lines
def _trimmed(found: list[str], titles: Sequence[str], around: Around) -> list[str]:
    """Drop titles and headings before the text, pointers to other pages in it, and what trails after it."""
    named = {_norm(title) for title in titles}
    kept = [line for line in found if not _points_away(line, around)]
    if _is_menu(found, around):
        return []
    kept = kept[_last(kept[:_HEAD], lambda line: _norm(line) in named) + 1 :]
    signed = _last(kept[:_HEAD_AFTER_TITLE], _signs)
    if sum(map(len, kept[: max(signed, 0)])) < _STANDFIRST:
        kept = kept[signed + 1 :]
    while kept and _before_text(kept[0], around):
        kept.pop(0)
    while kept and _norm(kept[-1]) in around.headings:
        kept.pop()
    return kept


def _is_menu(found: Sequence[str], around: Around) -> bool:
    """Whether most of the text is links that stand alone: a front page, a menu, an index."""
    norms = [_norm(line) for line in found]
    left = [norm for norm in norms if norm not in around.linked]
    if len(found) <= _DUMP:  # a page without paragraphs comes as one line
        for link in sorted(around.linked, key=len, reverse=True):
            left = [norm.replace(link, "") for norm in left]
    return 2 * sum(map(len, left)) < sum(map(len, norms))


def _last(lines: Sequence[str], fits: Callable[[str], bool]) -> int:
    return max((at for at, line in enumerate(lines) if fits(line)), default=-1)


def _signs(line: str) -> bool:
    """Recognise a byline: "By Name", perhaps with place and date, but no sentence."""
    signed = len(line) < 120 and phrases.BYLINE.match(line)
    return bool(signed) and (line[-1] not in ".!?" or bool(phrases.YEAR.search(line)))


def _before_text(line: str, around: Around) -> bool:
    """Recognise what stands between title and text: headings, a kicker, a dateline."""
    norm = _norm(line)
    if norm in around.headings:
        return True
    words = norm.split()
    if line[-1] in '.!?…:,;"”»' or not any(char.isalpha() and char < "\u0500" for char in norm):
        return False
    return len(words) <= 4 or (len(words) <= 10 and bool(phrases.YEAR.search(line)))


def _points_away(line: str, around: Around) -> bool:
    if len(line) > 300:
        return False
    if phrases.ASIDE.search(line):
        return True
    return len(line) < _TEASER and line[-1] not in ".!?…" and _norm(line) in around.linked


def _confirmed(kept: list[str], bodies: Sequence[str]) -> list[str]:
    """Use the page's own ``articleBody``: to fill a body that was cut, and to drop lines that it doesn't have."""
    body = max((_paragraphs(text) for text in bodies), key=lambda parts: sum(map(len, parts)), default=[])
    said, have = "".join(_norm(part) for part in body), sum(len(_norm(line)) for line in kept)
    if len(said) < 250 or len(said) < _STUB * have:
        return kept
    squeezed = said.replace(" ", "")
    agreed = [line for line in kept if _norm(line).replace(" ", "") in squeezed]
    share = sum(len(_norm(line)) for line in agreed) / (len(said) or 1)
    if share > 0.8:
        return agreed
    return body if len(said) > 1.5 * have else kept


def _paragraphs(text: str) -> list[str]:
    """Split an ``articleBody``, which may be HTML, lines, or one long line."""
    if re.search(r"</?(?:p|br|div)\b", text, re.I):
        try:
            text = "\n".join(html.fromstring(f"<div>{re.sub('(?i)<(?:/p|br)[^>]*>', chr(10), text)}</div>").itertext())
        except (etree.ParserError, ValueError):
            text = re.sub(r"<[^>]*>", " ", text)
    return [line for raw in text.split("\n") if (line := _tidy(raw))]
