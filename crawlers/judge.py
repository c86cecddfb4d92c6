"""Judging the ways that a probe found: what each gives, which is best, and in words why the others are not.

Pure: it sees what was read, and says what it makes of it. A candidate's score is a sum of plain points (``_score``);
the order of the ways is feed, news sitemap, listing, dated sitemap, undated sitemap, and a conference's agenda
before all of them where there is one.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from statistics import median
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import feedparser

from crawlers.addresses import same_site
from crawlers.discover import COMMENTS, About
from crawlers.spiders.feed import plain
from crawlers.spiders.shorten import shortened
from pipeline.model import Candidate, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crawlers.look import Look, Sight

NOTHING_SAID = About()
Text = Literal["full text", "teasers", "titles", ""]

NEWEST = 20  # items that tell the rhythm
FULL, TEASER = 1_200, 40  # characters of an item's text, by the median
STALE, ABANDONED = timedelta(days=90), timedelta(days=365)
FEW = 5  # links below which a listing was probably not understood
SESSIONS = 3  # events that make a page an agenda
ELSEWHERE = 0.3  # share of a feed's items on the page asked for, below which it is about something else
SAME = 0.8
CONFERENCE = re.compile(r"agenda|schedule|program|session|speaker|conf|summit|congres|kongress|forum|cumbre|expo", re.I)


@dataclass(frozen=True, slots=True)
class Tried:
    """One way as it was read.

    ``sessions`` counts events with a start; ``lastmod`` says that a sitemap is dated; ``about`` and ``text`` are what a
    feed says of itself and how much of its items' text it carries.
    """

    way: Way
    found: str
    sight: Sight
    look: Look
    sessions: int = 0
    lastmod: bool = False
    about: About = NOTHING_SAID
    text: Text = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the address, and the articles that its page links to."""

    address: str
    articles: frozenset[str] = frozenset()

    @property
    def is_section(self) -> bool:
        """Whether a part of a site was asked for, not the whole."""
        return len(urlsplit(self.address).path) > 1


@dataclass(frozen=True, slots=True)
class _Judged:
    tried: Tried
    candidate: Candidate
    fit: float | None
    score: float


# ------------------------------------------------------------------ the choice
def judged(
    tried: Sequence[Tried], asked: Asked, now: datetime, may_fetch: Callable[[str], bool]
) -> tuple[Candidate, ...]:
    """Return the candidates, the best first, at most one of them chosen, each with its reason."""
    found = sorted((_judge(x, asked, now, may_fetch) for x in tried), key=lambda x: -x.score)
    if not found:
        return ()
    best = found[0]
    if best.score <= 0:
        return tuple(replace(x.candidate, why=_fault(x, now) or "it gives nothing") for x in found)
    chosen = replace(best.candidate, chosen=True, why=_for(best, asked))
    return chosen, *(replace(x.candidate, why=_against(x, best, now)) for x in found[1:])


def _judge(tried: Tried, asked: Asked, now: datetime, may_fetch: Callable[[str], bool]) -> _Judged:
    links = [link.url for link in tried.look.links]
    spoken = [x.hint.language for x in tried.look.links if x.hint.language]
    here = [x for x in links if same_site(x, asked.address)]
    candidate = Candidate(
        way=tried.way,
        address=tried.sight.source.address,
        found=tried.found,
        items=len(links),
        dated=len(tried.look.published),
        newest=max((x for x in tried.look.published if x <= now), default=None),
        gap=rhythm(tried.look.published, now),
        text=tried.text,
        same_host=len(here) / len(links) if links else 0.0,
        allowed=sum(map(may_fetch, here[:50])) / len(here[:50]) if here else 1.0,
        covers=_covers(tried, asked),
        name=tried.about.name,
        language=max(set(spoken), key=spoken.count) if spoken else tried.about.language,
    )
    fit = _fit(tried, asked)
    return _Judged(tried, candidate, fit, _score(tried, candidate, fit, asked, now))


def _score(tried: Tried, it: Candidate, fit: float | None, asked: Asked, now: datetime) -> float:
    if it.allowed < 0.5 or (tried.look.failed and not it.items and not tried.sessions):
        return 0.0
    points = _points_of_way(tried, it) + 5 * it.dated / max(it.items, 1) + (2 if it.text == "full text" else 0)
    points += 20 * (0.5 if fit is None else fit)
    if tried.way == "feed" and asked.is_section and fit is not None and fit < ELSEWHERE:
        points -= 35
    if it.newest and now - it.newest > STALE:
        points -= 35 if now - it.newest > ABANDONED else 10
    points += 200 if tried.found == "given" else 0
    if is_comments(tried) and tried.found != "given":
        return 1.0
    return max(points, 1.0)


def _points_of_way(tried: Tried, it: Candidate) -> float:
    if tried.way == "feed":
        return 60.0 if it.items else 10.0
    if tried.way == "conference":
        cue = CONFERENCE.search(it.address) or CONFERENCE.search(it.name or "") or tried.sessions > 2 * SESSIONS
        return 0.0 if tried.sessions < SESSIONS else 95.0 if cue else 40.0
    if tried.way == "sitemap":
        return 50.0 if it.dated > it.items / 2 else 30.0 if tried.lastmod else 12.0
    return 35.0 if it.items >= FEW else 8.0


def _fit(tried: Tried, asked: Asked) -> float | None:
    """Share of a feed's items that the section asked for links to, or of the front page's that the feed has."""
    links = {x.url for x in tried.look.links}
    if tried.way == "listing":
        return 1.0
    if tried.way == "sitemap" or not links or not asked.articles:
        return None
    shared = len(links & asked.articles)
    return shared / min(len(links), len(asked.articles)) if asked.is_section else shared / len(asked.articles)


def _covers(tried: Tried, asked: Asked) -> str:
    fit = _fit(tried, asked)
    if fit is None or tried.way != "feed":
        return ""
    shared = len({x.url for x in tried.look.links} & asked.articles)
    of = f"{shared} of its {len(tried.look.links)} items are on the page asked for"
    return of if not asked.is_section else f"{'the section asked for' if fit >= ELSEWHERE else 'more or else than the section'}: {of}"  # fmt: skip


# ------------------------------------------------------------------ the reasons
def _for(best: _Judged, asked: Asked) -> str:
    it = best.candidate
    if best.tried.found == "given":
        return "it is the address that was asked for"
    words = {
        "feed": "a feed gives titles and dates with each item",
        "sitemap": "the site's own list of new pages, with dates" if it.dated or best.tried.lastmod else "nothing else lists the site's articles",
        "listing": "the page itself links to the articles" + (" of the section asked for" if asked.is_section else ""),
        "conference": f"an agenda with {best.tried.sessions} sessions",
    }  # fmt: skip
    return words.get(best.tried.way, "nothing else was found")


def _against(it: _Judged, best: _Judged, now: datetime) -> str:
    if fault := _fault(it, now):
        return fault
    ours, theirs = ({x.url for x in j.tried.look.links} for j in (it, best))
    if it.tried.way == best.tried.way and ours and len(ours & theirs) / len(ours) >= SAME:
        return "the same items as the one chosen"
    if it.candidate.covers.startswith("more or else"):
        return "not the section that was asked for"
    if it.tried.way == "sitemap" and not it.candidate.dated:
        return "changed pages of every kind, without titles" if it.tried.lastmod else "addresses without dates"
    if it.tried.way == "listing":
        return "links only: no dates, and what is an article is guessed"
    if it.tried.way == "conference":
        return "too few sessions for an agenda" if it.tried.sessions < SESSIONS else "more than a conference is here"
    return "covers less of the page that was asked for" if it.fit is not None else "the one chosen says more"


def _fault(it: _Judged, now: datetime) -> str:
    candidate = it.candidate
    if candidate.allowed < 0.5:
        return "robots.txt keeps us from its articles"
    if it.tried.look.failed:
        return it.tried.look.error or "it can't be read"
    if is_comments(it.tried):
        return "it carries readers' comments"
    if not candidate.items:
        return "it is empty"
    if candidate.newest and now - candidate.newest > STALE:
        return f"its newest item is {(now - candidate.newest).days} days old"
    return ""


def is_comments(tried: Tried) -> bool:
    """Tell whether a feed carries comments instead of articles, by its address or title."""
    return bool(COMMENTS.search(urlsplit(tried.sight.address).path) or COMMENTS.match(tried.about.name or ""))


# ------------------------------------------------------------------ off a feed
def rhythm(published: Sequence[datetime], now: datetime) -> float | None:
    """Return the mean gap between the newest twenty items in seconds; None where fewer than three are dated."""
    known = sorted((x for x in set(published) if x <= now), reverse=True)[:NEWEST]
    return (known[0] - known[-1]).total_seconds() / (len(known) - 1) if len(known) >= 3 else None


def about_feed(body: bytes) -> tuple[About, Text]:
    """Return a feed's name and language, and how much of its items' text it carries."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _about_json(body)
    parsed = feedparser.parse(
        BytesIO(shortened(body)),
        response_headers={"content-type": "application/xml"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    lengths = [
        len(plain(max([x.get("summary", ""), *(c.get("value", "") for c in x.get("content", []))], key=len), 20_000) or "")
        for x in parsed.entries[:50]
    ]  # fmt: skip
    name, language = plain(parsed.feed.get("title"), 100), str(parsed.feed.get("language") or "")
    return About(name, _code(language)), _text(lengths)


def _about_json(body: bytes) -> tuple[About, Text]:
    try:
        parsed: Any = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return About(), ""
    listed = parsed.get("items") if isinstance(parsed, dict) else None
    items = [x for x in listed if isinstance(x, dict)] if isinstance(listed, list) else []
    texts = [str(x.get("content_html") or x.get("content_text") or x.get("summary") or "") for x in items[:50]]
    about = About(plain(parsed.get("title"), 100), _code(str(parsed.get("language") or ""))) if items else About()
    return about, _text([len(plain(x, 20_000) or "") for x in texts])


def _text(lengths: Sequence[int]) -> Text:
    if not lengths:
        return ""
    middle = median(lengths)
    return "full text" if middle >= FULL else "teasers" if middle >= TEASER else "titles"


def _code(language: str) -> str | None:
    code = language.strip().replace("_", "-").partition("-")[0].lower()
    return code if re.fullmatch("[a-z]{2}", code) else None
