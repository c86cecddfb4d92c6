"""The way *listing*: a section page, topic page, blog index or forum list without a feed -> links to its articles.

Which links are articles is learnt from the page itself and from what became of the source's earlier links
(``crawlers.teasers``); there are no selectors for single sites. What schema.org JSON-LD lists counts at once. Lists
inside scripts count where the page has hardly an anchor. Nothing is fetched here; pages that a browser must build
first are read as they came.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml import html as lxml_html

from crawlers.addresses import clean, same_site
from crawlers.look import ITEMS, Look, Sight, unreadable
from crawlers.spiders.feed import LONGEST_TITLE, iso_time, plain, sensible
from crawlers.spiders.text import LONGEST_SUMMARY
from crawlers.teasers import dates
from crawlers.teasers.anchors import SCENERY, collect, wordless
from crawlers.teasers.blocks import Blocks
from crawlers.teasers.data import items
from crawlers.teasers.marks import marks
from crawlers.teasers.scores import Candidate, scores
from crawlers.teasers.shapes import experience
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawlers.teasers.anchors import Anchor
    from crawlers.teasers.data import Item

ARTICLES = {
    "Article",
    "NewsArticle",
    "BlogPosting",
    "ReportageNewsArticle",
    "TechArticle",
    "ScholarlyArticle",
    "Report",
}
MENUS = {"BreadcrumbList", "SiteNavigationElement", "WPHeader", "WPFooter"}
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
MOST_THINGS = 20_000  # of one script, however many it holds
HARDLY = 3  # with fewer links than this the page is built from its scripts


def look(sight: Sight) -> Look:
    """Read a listing; at most 500 links in the order of the page."""
    root = document(sight)
    if root is None:
        return unreadable(sight, "unreadable listing", "no HTML in it")
    named = list(structured(sight, root, ARTICLES))
    base = _base(sight, root)
    told = items(root, sight.address, base, [u for u, good in sight.known if good])
    links = _articles(sight, root, base)
    if len(links) < HARDLY:
        links += [_item_link(sight, item) for item in told]
    return found(sight, _completed(sight, [*named, *links], told))


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
    try:
        parser = lxml_html.HTMLParser(no_network=True, huge_tree=False, encoding=_charset(sight))
    except LookupError:
        parser = lxml_html.HTMLParser(no_network=True, huge_tree=False)
    try:
        return lxml_html.document_fromstring(sight.body, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _charset(sight: Sight) -> str | None:
    """Return the charset that the server states, UTF-8 where the bytes are just that, None where the page must say."""
    stated = re.search(r"charset=[\"']?([\w-]+)", sight.content_type, re.IGNORECASE)
    if stated:
        return stated[1]
    try:
        sight.body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _base(sight: Sight, root: etree._Element) -> str:
    """Return the address that relative links start from: the page's own, unless ``<base href>`` says otherwise."""
    stated = root.xpath("string(//base/@href)")
    return (clean(stated, sight.address) if stated else None) or sight.address


# ------------------------------------------------------------------ learnt from structure
def _articles(sight: Sight, root: etree._Element, base: str) -> list[Link]:
    etree.strip_elements(root, etree.Comment, *SCENERY, with_tail=False)
    candidates = candidates_of(sight, root, base)
    verdicts = scores(candidates, sight.address, experience(sight.known))
    return [_link(sight, x) for x, score in zip(candidates, verdicts, strict=True) if score > 0]


def candidates_of(sight: Sight, root: etree._Element, base: str) -> list[Candidate]:
    """Return each address of the page once, with the block and the marks of the anchor that speaks for it."""
    own = clean(root.xpath("string(//link[@rel='canonical']/@href)") or sight.address, base)
    anchors = [x for x in collect(root, sight.address, base) if x.url != own]
    mains = _mains(anchors)
    blocks = Blocks(anchors, mains)
    language = sight.source.language
    silent, found = _silent(mains), []
    for anchor in mains:
        block = blocks.of(anchor)
        told = marks(anchor, block, sight.now, language, silent=anchor.url in silent)
        found.append(Candidate(anchor, block, told))
    return found


def _silent(mains: Sequence[Anchor]) -> set[str]:
    """Return the addresses whose links say nothing of their own: no text, or one that their neighbours say as well."""
    texts = Counter(wordless(x.text) for x in mains)
    groups: dict[str, list[str]] = {}
    for x in mains:
        groups.setdefault(x.path, []).append(wordless(x.text))
    alike = {path for path, said in groups.items() if len(said) <= 2 or len(set(said)) * 2 <= len(said)}
    return {x.url for x in mains if not x.text or (texts[wordless(x.text)] > 1 and x.path in alike)}


def _mains(anchors: Sequence[Anchor]) -> list[Anchor]:
    """Return one anchor an address: title link, image link and "read more" of a teaser are one article."""
    best: dict[str, Anchor] = {}
    for anchor in anchors:
        known = best.get(anchor.url)
        if known is None or _rank(anchor) > _rank(known):
            best[anchor.url] = anchor
    return sorted(best.values(), key=lambda x: x.order)


def _rank(anchor: Anchor) -> tuple[bool, int, bool, bool]:
    return anchor.area not in ("hard", "paid"), anchor.level, not anchor.inline, bool(anchor.title)


def _link(sight: Sight, x: Candidate) -> Link:
    published = sensible(x.marks.published, sight.now) if x.marks.published else None
    hint = Hint(
        title=plain(x.title, LONGEST_TITLE),
        published=published,
        summary=plain(x.marks.summary, LONGEST_SUMMARY),
        authors=x.marks.authors,
    )
    return Link(x.anchor.url, sight.source.key, hint)


# ------------------------------------------------------------------ told by scripts
def _item_link(sight: Sight, item: Item) -> Link:
    published = dates.stated(item.published, sight.now)
    hint = Hint(plain(item.title, LONGEST_TITLE), published, plain(item.summary, LONGEST_SUMMARY))
    return Link(item.url, sight.source.key, hint)


def _completed(sight: Sight, links: list[Link], told: list[Item]) -> list[Link]:
    """Return each address once, in order; what one mention leaves open another one fills in."""
    unique, taken = dict[str, Link](), {x.url for x in links}
    for link in [*links, *(_item_link(sight, x) for x in told if x.url in taken)]:
        known = unique.get(link.url)
        unique[link.url] = replace(known, hint=_filled(known.hint, link.hint)) if known else link
    return list(unique.values())


def _filled(first: Hint, other: Hint) -> Hint:
    return Hint(
        title=first.title or other.title,
        published=first.published or other.published,
        summary=first.summary or other.summary,
        authors=first.authors or other.authors,
        language=first.language or other.language,
    )


# ------------------------------------------------------------------ by rule, for agendas
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
        for thing in islice(_things(data), MOST_THINGS):
            if link := _thing(sight, thing, kinds):
                yield link


def _things(data: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST:
        return
    if isinstance(data, dict):
        if _kinds(data) & MENUS:
            return
        yield data
        data = list(data.values())
    if isinstance(data, list):
        for value in data:
            yield from _things(value, depth + 1)


def _kinds(thing: dict[str, Any]) -> set[str]:
    kind = thing.get("@type")
    return {x for x in (kind if isinstance(kind, list) else [kind]) if isinstance(x, str)}


def _thing(sight: Sight, thing: dict[str, Any], kinds: set[str]) -> Link | None:
    if not _kinds(thing) & (kinds | {"ListItem"}):
        return None
    inner = thing["item"] if isinstance(thing.get("item"), dict) else thing
    address = inner.get("url") or thing.get("item") or inner.get("@id")
    url = clean(address, sight.address) if isinstance(address, str) and "/" in address else None
    if url is None or not _belongs(url, sight.address):
        return None
    title = plain(inner.get("headline") or inner.get("name"), LONGEST_TITLE)
    return Link(url, sight.source.key, Hint(title=title, published=iso_time(inner.get("datePublished"), sight.now)))
