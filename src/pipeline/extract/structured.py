"""What a page says about itself: JSON-LD, OpenGraph and other meta elements, microdata.

It only collects, in the order of trust, and repairs nothing but broken JSON; which claim is believed
is decided by the modules that ask.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_ARTICLE = re.compile(r"Article|BlogPosting|Report$|LiveBlog|SocialMediaPosting|DiscussionForumPosting|Review$")
_OTHER_THING = re.compile(r"Comment|Person|Organization|Product|Offer|Event|VideoObject|ImageObject|WebSite")
_MAX_NODES = 2_000  # a page may carry a whole catalogue as JSON-LD
_MAX_DEPTH = 12

PUBLISHED = (
    "article:published_time", "og:article:published_time", "parsely-pub-date", "sailthru.date", "datepublished",
    "date_published", "publishdate", "publish-date", "publish_date", "published_time", "publication_date", "pubdate",
    "dc.date.issued", "dcterms.created", "dc.date.created", "dc.date", "dcterms.date", "article.published",
    "cxenseparse:recs:publishtime", "rnews:datepublished", "citation_publication_date", "article_date_original",
    "originalpublicationdate", "ptime", "og:published_time", "date", "article:created_time",
)  # fmt: skip
MODIFIED = (
    "article:modified_time", "og:updated_time", "og:article:modified_time", "datemodified", "date_modified",
    "last-modified", "modified_time", "dcterms.modified", "dc.date.modified", "sailthru.modified", "lastmod",
)  # fmt: skip
_AUTHOR = ("author", "article:author_name", "parsely-author", "sailthru.author", "dc.creator", "byl", "dcterms.creator",
           "citation_author", "article:author", "twitter:data1-author")  # fmt: skip
_META = {
    "title": ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title"),
    "site": ("og:site_name", "application-name", "cre"),
    "section": ("article:section", "parsely-section", "section", "category"),
    "url": ("og:url",),
    "description": ("og:description", "description", "twitter:description"),
    "language": ("og:locale", "content-language", "language", "dc.language"),
}


@dataclass(slots=True)
class Claims:
    """All claims of one page, best first; dates are ``(source, text)`` as written."""

    titles: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    published: list[tuple[str, str]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    modified: list[tuple[str, str]] = field(default_factory=list)
    free: bool | None = None  # isAccessibleForFree
    words: int | None = None  # wordCount


def claims(tree: HtmlElement) -> Claims:
    """Collect the claims of a parsed page in two walks: one by element name, one by attribute."""
    found = Claims()
    metas: dict[str, list[str]] = {}
    for element in tree.iter("meta", "script", "link"):
        if element.tag == "meta":
            _meta(element, metas)
        elif element.tag == "script":
            if "ld+json" in (element.get("type") or "").lower() and element.text:
                _linked_data(element.text, found)
        elif "canonical" in (element.get("rel") or "").lower().split():
            found.addresses += [element.get("href") or ""]
    _from_meta(metas, found)
    _microdata(tree, found)
    return found


def _meta(element: HtmlElement, metas: dict[str, list[str]]) -> None:
    content = element.get("content")
    name = element.get("property") or element.get("name") or element.get("http-equiv")
    if content and name and content.strip():
        metas.setdefault(name.strip().lower(), []).append(unescape(content).strip())


def _from_meta(metas: dict[str, list[str]], found: Claims) -> None:
    found.published += [(f"meta {name}", value) for name in PUBLISHED for value in metas.get(name, ())[:1]]
    found.modified += [(f"meta {name}", value) for name in MODIFIED for value in metas.get(name, ())[:1]]
    found.authors += [value for name in _AUTHOR for value in metas.get(name, ()) if "//" not in value]
    into = {
        "title": found.titles, "site": found.sites, "section": found.sections, "url": found.addresses,
        "description": found.descriptions, "language": found.languages,
    }  # fmt: skip
    for what, names in _META.items():
        into[what] += [value for name in names for value in metas.get(name, ())[:1]]


# ------------------------------------------------------------------ JSON-LD
def _linked_data(text: str, found: Claims) -> None:
    nodes = list(_nodes(_parsed(text)))
    articles = [n for n in nodes if _ARTICLE.search(_type(n))]
    for node in articles[:1]:  # further articles of a page are its teasers
        found.titles += _texts(node.get("headline") or node.get("name"))[:1]
        found.bodies += _texts(node.get("articleBody") or node.get("reviewBody") or node.get("text"))[:1]
        found.authors += [] if found.authors else _names(node.get("author") or node.get("creator"))
        found.published += [("json-ld datePublished", text) for text in _texts(node.get("datePublished"))[:1]]
        found.published += [("json-ld dateCreated", text) for text in _texts(node.get("dateCreated"))[:1]]
        found.modified += [("json-ld dateModified", text) for text in _texts(node.get("dateModified"))[:1]]
        found.free = _free(node.get("isAccessibleForFree"))
        found.words = _count(node.get("wordCount"))
        found.languages += _texts(node.get("inLanguage"))[:1]
        found.sites += _names(node.get("publisher"))[:1]
        found.sections += _texts(node.get("articleSection"))[:1]
    if not articles:
        pages = [n for n in nodes if "WebPage" in _type(n)]
        found.published += [("json-ld WebPage", text) for n in pages for text in _texts(n.get("datePublished"))[:1]]


def _parsed(text: str) -> object:
    """JSON as the web writes it: in comments, with raw line ends, entities or trailing commas."""
    bare = re.sub(
        r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)\s*$",
        "",
        text,
    )
    for attempt in (bare, re.sub(r",\s*(?=[}\]])", "", bare).rstrip().rstrip(";")):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(root: object) -> Iterator[dict[str, object]]:
    """Walk objects of a JSON-LD document breadth first: lists, @graph, mainEntity and mainEntityOfPage."""
    level, seen = [root], 0
    for _ in range(_MAX_DEPTH):
        below: list[object] = []
        for node in level:
            seen += 1
            if seen > _MAX_NODES:
                return
            if isinstance(node, list):
                below += node
            elif isinstance(node, dict):
                yield node
                below += [node[key] for key in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart") if key in node]
        level = below


def _type(node: dict[str, object]) -> str:
    kind = node.get("@type")
    return " ".join(map(str, kind)) if isinstance(kind, list) else str(kind or "")


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for v in values if isinstance(v, str) and (text := unescape(v).strip())]


def _names(value: object) -> list[str]:
    """Return names of people and houses; where both are named, a house is not the author."""
    values: list[object] = value if isinstance(value, list) else [value]
    people = [one for one in values if not (isinstance(one, dict) and "Organization" in _type(one))]
    names: list[str] = []
    for one in people or values:
        names += _texts(one.get("name")) if isinstance(one, dict) else _texts(one)
    return [name for name in names if "//" not in name]


def _free(value: object) -> bool | None:
    """Read a truth value as pages write it: true, "True", "http://schema.org/False", 0."""
    said = str(value).rpartition("/")[2].strip().lower()
    return None if said not in ("true", "false", "1", "0", "yes", "no") else said in ("true", "1", "yes")


def _count(value: object) -> int | None:
    said = str(value).replace(",", "").strip()
    return int(said) if said.isdecimal() and len(said) < 7 else None


# ------------------------------------------------------------------ microdata
def _microdata(tree: HtmlElement, found: Claims) -> None:
    for element in tree.xpath("//*[@itemprop]")[:_MAX_NODES]:
        props = (element.get("itemprop") or "").split()
        if "datePublished" in props and not _of_another_thing(element):
            value = element.get("content") or element.get("datetime") or element.text_content()
            found.published.append(("microdata datePublished", value.strip()[:100]))
        elif "dateModified" in props and not _of_another_thing(element):
            value = element.get("content") or element.get("datetime") or element.text_content()
            found.modified.append(("microdata dateModified", value.strip()[:100]))
        elif "author" in props and not _of_another_thing(element):
            name = element.xpath(".//*[@itemprop='name']")
            value = (name[0] if name else element).get("content") or (name[0] if name else element).text_content()
            found.authors.append(value.strip()[:200])
        elif "headline" in props and not _of_another_thing(element):
            found.titles.append((element.get("content") or element.text_content()).strip()[:500])


def _of_another_thing(element: HtmlElement) -> bool:
    """Whether the property belongs to a comment, a product or a person on the page."""
    scope = element.getparent()
    while scope is not None and scope.get("itemtype") is None:
        scope = scope.getparent()
    return scope is not None and bool(_OTHER_THING.search(scope.get("itemtype") or ""))
