"""Lists of articles inside a page's scripts: the JSON from which pages build themselves in a browser.

Found by form, not by name: a list of at least three objects that each have a title and an address. A slug alone is
no address; it becomes one only where an address of the page, or an earlier one, shows what goes before it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawlers.addresses import clean
from crawlers.teasers.anchors import words
from crawlers.teasers.shapes import family, is_file, is_other_page, service, shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST = 4 * 1024 * 1024
DEEPEST = 40
FEWEST = 3
LONG_TITLE = 5  # words
TITLES = ("title", "headline", "name", "titulo", "titre", "heading", "displayTitle", "shortTitle")
ADDRESSES = ("url", "href", "link", "permalink", "canonicalUrl", "canonical_url", "path", "uri", "webUrl", "articleUrl")
SLUGS = ("slug", "urlSlug", "seoSlug")
DATES = (
    "datePublished", "publishedAt", "published_at", "publishDate", "publicationDate", "published", "date", "firstPublished",
    "created_at", "createdAt",
)  # fmt: skip
TEASERS = ("description", "excerpt", "summary", "dek", "standfirst", "subtitle", "teaser", "abstract")
STATE = re.compile(r"(?:window\.|self\.|var |let |const )?[\w$.\[\]\"']{2,60}\s*=\s*(?=[\[{])")
KEPT = ("application/json", "text/json", "")


@dataclass(frozen=True, slots=True)
class Item:
    """An article as a script names it; ``published`` and ``summary`` as they stand there."""

    url: str
    title: str
    published: object = None
    summary: object = None


def items(root: Any, listing: str, base: str, examples: Iterable[str]) -> list[Item]:
    """Return the items of all such lists, in order. ``examples`` are addresses that show what stands before a slug."""
    found: dict[str, Item] = {}
    known = list(examples)
    for value in _documents(root):
        for group in _lists(value, 0):
            for item in _items(group, base, known):
                if _fits(item.url, listing):
                    found.setdefault(item.url, item)
    return list(found.values())


def _fits(url: str, listing: str) -> bool:
    own = shape(url)
    good = family(url) == family(listing) and not is_other_page(url, listing) and not is_file(url)
    return good and not own.bare and service(url, listing) < 0.7


def _documents(root: Any) -> Iterator[object]:
    """Yield the JSON values in scripts: whole scripts of JSON, and objects that a script assigns."""
    for script in root.iter("script"):
        text = (script.text or "").strip()
        kind = script.get("type", "").lower()
        if len(text) > LONGEST or not text or "ld+json" in kind:
            continue
        if text[0] in "[{" and kind in KEPT:
            yield from _decoded(text)
        elif kind in ("", "text/javascript", "module"):
            for match in list(STATE.finditer(text))[:5]:
                yield from _decoded(text[match.end() :])


def _decoded(text: str) -> Iterator[object]:
    try:
        yield json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return


def _lists(value: object, depth: int) -> Iterator[list[dict[str, Any]]]:
    if depth > DEEPEST:
        return
    if isinstance(value, list):
        inner = [_inner(x) for x in value if isinstance(x, dict)]
        if sum(_titled(x) for x in inner) >= FEWEST:
            yield inner
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(child, (dict, list)):
            yield from _lists(child, depth + 1)


def _inner(thing: dict[str, Any]) -> dict[str, Any]:
    """Return the object itself, or the one that it only wraps (node, item, attributes, ...)."""
    for key in ("node", "item", "attributes", "article", "content", "post", "data", "fields"):
        if not _titled(thing) and isinstance(thing.get(key), dict):
            return {**thing, **thing[key]}
    return thing


def _titled(thing: dict[str, Any]) -> bool:
    return _first(thing, TITLES) is not None and _first(thing, (*ADDRESSES, *SLUGS)) is not None


def _first(thing: dict[str, Any], names: Iterable[str]) -> str | None:
    for name in names:
        value = thing.get(name)
        value = value.get("rendered") or value.get("current") if isinstance(value, dict) else value
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _items(group: list[dict[str, Any]], base: str, known: list[str]) -> Iterator[Item]:
    titled = [x for x in group if _titled(x)]
    # Menus are lists of titles and addresses too, but without dates and teasers.
    told = sum(_value(x, DATES) is not None or _first(x, TEASERS) is not None for x in titled)
    lengths = sorted(words(_first(x, TITLES) or "") for x in titled)
    if told * 2 < len(titled) and lengths[len(lengths) // 2] < LONG_TITLE:
        return
    for thing in titled:
        url = _address(thing, base, known)
        if url:
            yield Item(url, _first(thing, TITLES) or "", _value(thing, DATES), _first(thing, TEASERS))


def _value(thing: dict[str, Any], names: Iterable[str]) -> object:
    return next((thing[name] for name in names if isinstance(thing.get(name), (str, int, float)) and thing[name]), None)


def _address(thing: dict[str, Any], base: str, known: list[str]) -> str | None:
    stated = _first(thing, ADDRESSES)
    if stated and ("/" in stated or "?" in stated):
        return clean(stated, base)
    slug = _first(thing, SLUGS) or stated or ""
    for url in known:
        folder, _, last = url.rstrip("/").rpartition("/")
        if last and last != slug and shape(url).slug and "?" not in last and "/" not in slug:
            return clean(f"{folder}/{slug}{'/' if url.endswith('/') else ''}")
    return None
