"""Page -> Article | Rejection: the text of a page and what is known about it.

``article`` never raises for what a page holds: bytes that are no article come back as a ``Rejection`` with one of
``REASONS``. It fetches nothing, and language identification is handed in.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import etree, html

from pipeline.extract import about, body, charset, dates, structured, whole
from pipeline.model import Article, Page, Rejection

if TYPE_CHECKING:
    from lxml.html import HtmlElement

VERSION = 2

# Sites that the general reading fails on: host without "www." -> the paragraphs of its pages, or None for "as usual".
EXTRACTORS: dict[str, Callable[[HtmlElement], list[str] | None]] = {}

REASONS = ("empty page", "not html", "no body", "too short")
MIN_WORDS = 25
_MAX_CHARS = 5_000_000  # a hundred times an article; more would only cost time
_MAX_TEXT = 500_000
_OTHER_KIND = re.compile(
    r"^\s*(?:image|audio|video|font)/|pdf|zip|json|javascript|octet-stream|text/(?:css|csv)|rss|atom", re.I
)
_SIGNATURES = (
    b"%PDF",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"wOF",
    b"\x00\x00\x00",
)
_FEED = re.compile(r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex|svg)\b", re.S)
_TAG = re.compile(
    r"</?(?:html|head|body|title|meta|div|p|h1|article|section|span|br|a|table|td|main|font|center)\b", re.I
)
_OF_THE_HEAD = frozenset(("title", "meta", "link", "base", "style", "script", "noscript", "template"))
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}|[^\W_]+")  # two ideographs count as a word

# Both libraries log every odd page; here an odd page is a value.
for _chatty in ("trafilatura", "htmldate"):
    logging.getLogger(_chatty).setLevel(logging.CRITICAL)


def article(page: Page, identify: Callable[[str], str | None]) -> Article | Rejection:
    """Read one page. ``identify`` names the language of a text (ISO 639-1) or None.

    The article has id 0 (the store numbers it) and one paragraph a line in ``text``.
    """
    if page.reserved:
        return _reserved(page)
    tree = _tree(page)
    if isinstance(tree, Rejection):
        return tree
    claims = structured.claims(tree)
    site = about.site(claims, page.url)
    title = about.title(tree, claims, site, page.hint)
    said = about.said_language(tree, claims)
    dated = dates.published(tree, page, claims.published, said)
    names = about.authors(tree, claims, site, page.hint)
    modified = dates.modified(page, claims.modified, dated, said)
    found = _body(tree, page, (title, *claims.titles), claims.bodies)
    paragraphs = found.lines
    text = "\n".join(paragraphs)[:_MAX_TEXT]
    if (missing := _missing(text)) is not None:
        return _rejected(page, *missing)
    return Article(
        id=0,
        url=about.address(page.url, claims.addresses),
        title=(title or paragraphs[0][:120])[:500],
        text=text,
        source=page.source,
        authors=names,
        published=dated.published,
        precision=dated.precision,
        published_from=dated.source,
        language=about.language(said, text, identify, page.hint),
        site=site,
        section=about.section(claims),
        seen=page.fetched,
        modified=modified,
        truncated=whole.cut(paragraphs, claims, walled=found.walled),
    )


def _reserved(page: Page) -> Article:
    """Return what may be known of a page whose text may not be mined: title, address, date."""
    when = page.hint.published
    return Article(
        id=0,
        url=page.url,
        title=page.hint.title or page.url,
        text="",
        source=page.source,
        published=when,
        precision="time" if when else "none",
        published_from="feed" if when else None,
        seen=page.fetched,
        reserved=page.reserved,
    )


def as_line(path: str, outcome: Article | Rejection) -> dict[str, object]:
    """One line of ``tideline extract``: the same keys for an article and for a rejection."""
    if isinstance(outcome, Rejection):
        why = f"{outcome.reason}: {outcome.detail}" if outcome.detail else outcome.reason
        empty: dict[str, object] = {
            "title": None,
            "text": None,
            "authors": [],
            "published": None,
            "language": None,
            "site": None,
        }
        return {"path": path, "url": outcome.url or None, **empty, "rejected": why}
    return {
        "path": path,
        "url": outcome.url or None,
        "title": outcome.title,
        "text": outcome.text,
        "authors": list(outcome.authors),
        "published": _iso(outcome),
        "language": outcome.language,
        "site": outcome.site,
        "rejected": None,
    }


def _iso(found: Article) -> str | None:
    if found.published is None:
        return None
    return found.published.date().isoformat() if found.precision == "day" else found.published.isoformat()


def _tree(page: Page) -> HtmlElement | Rejection:
    """Decode and parse once; all later steps share this tree."""
    if not page.body.strip():
        return _rejected(page, "empty page", f"{len(page.body)} bytes")
    if page.content_type and _OTHER_KIND.search(page.content_type) and "html" not in page.content_type.lower():
        return _rejected(page, "not html", f"content type {page.content_type[:80]}")
    if page.body.startswith(_SIGNATURES):
        return _rejected(page, "not html", f"the bytes begin with {page.body[:4]!r}")
    text = charset.decode(page.body, page.content_type)[:_MAX_CHARS]
    if not text.strip():
        return _rejected(page, "empty page", "no printable characters")
    if _FEED.match(text[:2000]) or not _TAG.search(text):
        return _rejected(page, "not html", f"begins with {text.strip()[:40]!r}")
    # a parser of one's own each time: lxml's are not safe to share between threads
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return _with_body(html.document_fromstring(text.encode("utf-8", "ignore"), parser=parser))
    except (etree.LxmlError, ValueError) as error:
        return _rejected(page, "empty page", f"nothing in the markup ({str(error)[:80]})")


def _with_body(tree: HtmlElement) -> HtmlElement:
    """Give a page without a body one: the parser leaves what follows the title in the head when it doesn't know it."""
    head = tree.find("head")
    if head is not None and tree.find("body") is None:
        found = etree.SubElement(tree, "body")
        found.extend([element for element in head if element.tag not in _OF_THE_HEAD])
    return tree


def _body(tree: HtmlElement, page: Page, titles: tuple[str, ...], bodies: list[str]) -> body.Body:
    extractor = EXTRACTORS.get(_host(page.url))
    found = extractor(tree) if extractor is not None else None
    return body.read(tree, titles, bodies) if found is None else body.Body(found, walled=False)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _missing(text: str) -> tuple[str, str] | None:
    if not text:
        return "no body", "no running text outside of menus and boxes"
    words = len(_WORD.findall(text[:10_000]))
    return ("too short", f"{words} words, at least {MIN_WORDS} are needed") if words < MIN_WORDS else None


def _rejected(page: Page, reason: str, detail: str) -> Rejection:
    return Rejection("extract", reason, detail, url=page.url, source=page.source, subject=page.id, seen=page.fetched)
