"""The way *listing*: a section page, topic page or blog index without a feed -> links to its articles.

The rule: what schema.org JSON-LD names as an article or a list item counts. Of the plain anchors, those count that
lie on the same host, outside of navigation, header, footer and aside; whose path is deeper than the listing's or
elsewhere, and none of the usual service pages; and that look like an article: the last part of the path has three
words or more, or a number of four digits or more, or the anchor stands in or around a heading and has two words.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml import html as lxml_html

from crawlers.addresses import clean, same_site
from crawlers.look import ITEMS, Look, Sight, unreadable
from crawlers.spiders.feed import LONGEST_TITLE, iso_time, plain
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterator

ARTICLES = {
    "Article",
    "NewsArticle",
    "BlogPosting",
    "ReportageNewsArticle",
    "TechArticle",
    "ScholarlyArticle",
    "Report",
}
OUTSIDE = "nav|header|footer|aside|form|dialog"
SERVICE = re.compile(
    r"/(tags?|topics?|categor(y|ies|ia|ias)|authors?|autor(es)?|people|about|contact|privacy|terms|login|signin|signup|"
    r"register|subscribe|newsletters?|search|jobs|careers|press-kit|feed|rss|page|cdn-cgi|wp-(admin|login|content))(/|$)",
    re.IGNORECASE,
)
FILES = re.compile(r"\.(pdf|jpe?g|png|gif|svg|webp|mp[34]|zip|css|js|xml|ics|rss|atom|json)$", re.IGNORECASE)
WORDS = re.compile(r"[^\W\d_]{2,}")
NUMBER = re.compile(r"\d{4,}")
DEEPEST = 50


def look(sight: Sight) -> Look:
    """Read a listing; at most 500 links in the order of the page."""
    root = document(sight)
    if root is None:
        return unreadable(sight, "unreadable listing", "no HTML in it")
    return found(sight, [*structured(sight, root, ARTICLES), *_articles(sight, root)])


def found(sight: Sight, links: list[Link]) -> Look:
    """Return a look with each address once; the first mention with a title speaks for it."""
    unique: dict[str, Link] = {}
    for link in links:
        known = unique.get(link.url)
        if known is None or (link.hint.title and not known.hint.title):
            unique[link.url] = link
    if not unique:
        return unreadable(sight, "no links found", "its structure is not understood, or it needs JavaScript")
    taken = tuple(unique.values())[:ITEMS]
    return Look(taken, published=tuple(x.hint.published for x in taken if x.hint.published))


def document(sight: Sight) -> etree._Element | None:
    """Parse the page; None where there is nothing to parse."""
    charset = re.search(r"charset=[\"']?([\w-]+)", sight.content_type, re.IGNORECASE)
    try:
        parser = lxml_html.HTMLParser(no_network=True, huge_tree=False, encoding=charset[1] if charset else None)
    except LookupError:
        parser = lxml_html.HTMLParser(no_network=True, huge_tree=False)
    try:
        return lxml_html.document_fromstring(sight.body, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


# ------------------------------------------------------------------ anchors
def _articles(sight: Sight, root: etree._Element) -> Iterator[Link]:
    for url, text, heading in anchors(sight, root):
        if looks_like_article(url, text, heading=heading):
            yield Link(url, sight.source.key, Hint(title=plain(text, LONGEST_TITLE) if heading else None))


def anchors(sight: Sight, root: etree._Element) -> Iterator[tuple[str, str, bool]]:
    """Yield address, text and whether it goes with a heading, of the anchors in the page's own areas."""
    base = root.base_url or sight.address
    for anchor in _areas(root):
        url = clean(anchor.get("href", ""), base if "://" in base else sight.address)
        if url and _belongs(url, sight.address):
            heading = anchor.xpath(".//h1|.//h2|.//h3|.//h4|ancestor::h1|ancestor::h2|ancestor::h3|ancestor::h4")
            text = heading[0].text_content() if heading else anchor.text_content()
            yield url, " ".join(text.split()), bool(heading)


def _areas(root: etree._Element) -> list[Any]:
    outside = " or ".join(f"ancestor::{name}" for name in OUTSIDE.split("|"))
    inside = root.xpath(f"(//main|//article|//section|//*[@role='main'])//a[@href][not({outside})]")
    if not inside:
        inside = root.xpath(f"//a[@href][not({outside})]")
    # An article's own header often carries its title; the page's header never stands in an article.
    return inside + root.xpath("//article//header//a[@href]")  # type: ignore[no-any-return]


def _belongs(url: str, listing: str) -> bool:
    path = urlsplit(url).path
    above = urlsplit(listing).path.rstrip("/") + "/"
    ours = above.startswith(path.rstrip("/") + "/")  # the listing itself or what lies above it
    return same_site(url, listing) and not ours and not SERVICE.search(path) and not FILES.search(path)


def looks_like_article(url: str, text: str, *, heading: bool) -> bool:
    """Tell by its address, or by a heading that it goes with, whether a link leads to an article."""
    parts = [x for x in unquote(urlsplit(url).path).split("/") if x]
    if not parts:
        return False
    slug = re.sub(r"\.\w{2,5}$", "", parts[-1])
    if len(WORDS.findall(slug)) >= 3 or NUMBER.search(slug):
        return True
    return heading and len(text.split()) >= 2


# ------------------------------------------------------------------ JSON-LD
def structured(sight: Sight, root: etree._Element, kinds: set[str]) -> Iterator[Link]:
    """Yield what the page's JSON-LD lists: items of a list, and things of the given schema.org types."""
    for script in root.xpath("//script[@type='application/ld+json']"):
        try:
            data = json.loads(script.text_content())
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            if link := _thing(sight, thing, kinds):
                yield link


def _things(data: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST:
        return
    if isinstance(data, dict):
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _things(value, depth + 1)


def _thing(sight: Sight, thing: dict[str, Any], kinds: set[str]) -> Link | None:
    kind = thing.get("@type")
    named = set(kind if isinstance(kind, list) else [kind]) if kind else set()
    if not named & (kinds | {"ListItem"}):
        return None
    inner = thing["item"] if isinstance(thing.get("item"), dict) else thing
    address = inner.get("url") or thing.get("item") or inner.get("@id")
    url = clean(address, sight.address) if isinstance(address, str) and "/" in address else None
    if url is None or not _belongs(url, sight.address):
        return None
    title = plain(inner.get("headline") or inner.get("name"), LONGEST_TITLE)
    return Link(url, sight.source.key, Hint(title=title, published=iso_time(inner.get("datePublished"), sight.now)))
