"""Where a site may keep its feeds, sitemaps and calendars: read off a page and off robots.txt, or guessed.

Also what a page says of itself: name, language, and signals to machines that read it. Nothing is fetched here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin, urlsplit

from crawlers.addresses import clean, same_site
from crawlers.spiders import feed
from crawlers.spiders.feed import plain
from crawlers.spiders.sitemap import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lxml import etree

What = Literal["feed", "sitemap", "calendar", "page"]

MOST = 6  # addresses of one sort that are worth a look
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml")
FEED_LIKE = re.compile(r"(/(feed|rss|atom|rdf)s?/?$|[/.](rss|atom|feed|rdf|index)\.(xml|json)$|\.(rss|atom|rdf)$|[?&]feed=|/feeds?/|feeds\.)", re.I)  # fmt: skip
COMMENTS = re.compile(r"comment|kommentar|commentaire|comentario", re.IGNORECASE)
SITEMAP_ROOT = re.compile(rb"<(\w+:)?(urlset|sitemapindex)\b", re.IGNORECASE)
USUAL_FEEDS = ("feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json", "blog/feed")
USUAL_SITEMAPS = ("/sitemap.xml", "/news-sitemap.xml")
NAMED_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
AI_AGENTS = re.compile(
    r"gptbot|chatgpt|ccbot|google-extended|anthropic|claude|perplexity|bytespider|applebot-extended|meta-externalagent|"
    r"cohere|ai2bot|diffbot|omgili",
    re.IGNORECASE,
)
NO_AI = re.compile(r"\bno-?(ai|imageai|ml)\b", re.IGNORECASE)
EVENT = re.compile(r"\w*Event$|^Festival$")


@dataclass(frozen=True, slots=True)
class About:
    """What a page or feed says of itself; ``country`` only where its language names a region."""

    name: str | None = None
    language: str | None = None
    country: str | None = None


def what(body: bytes) -> What:
    """Tell by its first bytes what an answer is; what is nothing else counts as a page."""
    body = unpacked(body) or body
    opening = body[: feed.OPENING].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if opening.startswith(b"BEGIN:VCALENDAR"):
        return "calendar"
    if SITEMAP_ROOT.search(opening[:4_000]):
        return "sitemap"
    if opening.startswith(b"{"):
        return "feed" if b"jsonfeed.org" in opening else "page"
    if re.search(rb"<(!doctype\s+)?html\b", opening[:4_000], re.IGNORECASE):
        return "page"
    return "feed" if feed.ROOT.search(opening) else "page"


# ------------------------------------------------------------------ off a page
def linked_feeds(root: etree._Element, address: str) -> list[str]:
    """Return the feeds that a page links to: those that it declares, then anchors that look like one; comments last."""
    declared = [
        link.get("href", "")
        for link in root.iter("link")
        if "alternate" in link.get("rel", "").lower() and link.get("type", "").lower().partition(";")[0] in FEED_TYPES
    ]
    anchors = [x for link in root.iter("a") if FEED_LIKE.search(x := link.get("href", ""))]
    named = [x for x in anchors if same_site(urljoin(address, x), address) or "feed" in x.lower()]
    found = _cleaned([*declared, *named[:20]], address)
    return sorted(found, key=lambda url: COMMENTS.search(url) is not None)[:MOST]


def calendars(root: etree._Element, address: str) -> list[str]:
    """Return the iCalendar files that a page links to."""
    hrefs = [x.get("href", "") for x in root.iter("a", "link")]
    found = [re.sub("^webcal:", "https:", x) for x in hrefs if re.search(r"\.ics(\?|$)|^webcal:", x, re.IGNORECASE)]
    return _cleaned(found, address)[:2]


def events(root: etree._Element) -> int:
    """Count the schema.org events with a start that a page carries in JSON-LD, the parts of an event included."""
    return sum(_is_event(thing) for thing in _structured(root))


def _is_event(thing: Mapping[str, Any]) -> bool:
    kinds = thing.get("@type")
    named = kinds if isinstance(kinds, list) else [kinds]
    return "startDate" in thing and any(isinstance(x, str) and EVENT.match(x) for x in named)


def _structured(root: etree._Element) -> Iterator[dict[str, Any]]:
    waiting: list[Any] = []
    for script in root.xpath("//script[@type='application/ld+json']"):
        try:
            waiting.append(json.loads(script.text_content()))
        except (ValueError, RecursionError):
            continue
    while waiting:
        data = waiting.pop()
        if isinstance(data, dict):
            yield data
            waiting += data.values()
        elif isinstance(data, list):
            waiting += data


def about_page(root: etree._Element) -> About:
    """Return name and language of a page's site, as the page gives them."""
    named = root.xpath("//meta[@property='og:site_name']/@content | //meta[@name='application-name']/@content")
    title = root.findtext(".//title")
    short = re.split(r"\s[|–—·:-]\s", title)[-1 if title and len(title) > 60 else 0] if title else None
    said = (root.get("lang") or "").replace("_", "-")
    code, _, region = said.partition("-")
    # en-US is what software writes that was never told better.
    country = region.upper() if re.fullmatch("[A-Za-z]{2}", region) and said.lower() != "en-us" else None
    language = code.lower() if re.fullmatch("[A-Za-z]{2}", code) else None
    return About(plain((named or [short])[0], 100), language, country)


def page_signals(root: etree._Element) -> list[str]:
    """Return what a page's head says to machines that mine texts, as it stands."""
    found = []
    for meta in root.iter("meta"):
        name, content = meta.get("name", "").lower(), meta.get("content", "")
        if name.startswith("tdm-") or (name.startswith("robots") and NO_AI.search(content)):
            found.append(f"meta {name}: {content[:100]}")
    return found


def header_signals(headers: Mapping[str, str]) -> list[str]:
    """Return what an answer's header fields say to machines that mine texts; names in lower case."""
    wanted = {x: v for x, v in headers.items() if x.startswith("tdm-") or x == "content-signal"}
    wanted |= {x: v for x, v in headers.items() if x == "x-robots-tag" and NO_AI.search(v)}
    return [f"header {name}: {value[:100]}" for name, value in wanted.items()]


# ------------------------------------------------------------------ off robots.txt
def robots_signals(robots: str) -> list[str]:
    """Return the lines of a robots.txt that keep out machines that learn, and its Content-Signal lines."""
    agents = re.findall(r"^\s*user-agent\s*:\s*(\S+)", robots, re.IGNORECASE | re.MULTILINE)
    named = [x for x in dict.fromkeys(agents) if AI_AGENTS.search(x)]
    found = [f"robots.txt names {', '.join(named[:6])}"] if named else []
    return found + [f"robots.txt {x.strip()[:100]}" for x in re.findall(r"(?im)^\s*content-signal\s*:.*$", robots)[:2]]


def named_sitemaps(robots: str, address: str) -> list[str]:
    """Return the sitemaps that a robots.txt names, news sitemaps first."""
    found = _cleaned(NAMED_SITEMAP.findall(robots), address)
    return sorted(found, key=lambda url: "news" not in url.lower())


# ------------------------------------------------------------------ guesses
def usual_feeds(address: str) -> list[str]:
    """Return where feeds usually lie: below the address itself, then at the root of its host."""
    path = urlsplit(address).path
    below = path if path.endswith("/") else path + "/"
    own = [below + name for name in USUAL_FEEDS[:2]] if below != "/" else []
    return _cleaned([*own, *("/" + name for name in USUAL_FEEDS)], address)


def usual_sitemaps(address: str) -> list[str]:
    """Return where sitemaps usually lie."""
    return _cleaned(USUAL_SITEMAPS, address)


def _cleaned(addresses: Iterable[str], base: str) -> list[str]:
    found = (clean(re.sub(r"^feed:(//)?(?=https?:)", "", x.strip()), base) for x in addresses if x.strip())
    return list(dict.fromkeys(x for x in found if x))
