"""What every dialect of feed comes to: a ``Channel`` of ``Item``s, and from it the look with its links.

Which address, date, summary and full text an item has is decided here, once for all dialects. Nothing is parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crawlers.addresses import clean
from crawlers.look import ITEMS, Look, Sight, fault
from crawlers.spiders import times
from crawlers.spiders.text import LONGEST_TITLE, heading, plain, summary_and_content
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_AUTHORS, MOST_ADDRESSES = 20, 10
MOST_ITEMS = 5_000  # read of one feed, so that the newest are found where they stand last
# Which form of a transcript is asked for: those that keep speakers and paragraphs first.
FORMS = ("html", "json", "vtt", "srt", "subrip", "plain")
PERIODS = {"hourly": 3_600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2_592_000.0, "yearly": 31_536_000.0}
SPOKEN = ("transcri", "transkri", "trascri")
NAMED_TRANSCRIPT = re.compile(
    r"<a\s[^<>]*?href\s*=\s*[\"']?([^\"'\s<>]+)[^<>]*>(?:\s|<[^<>]*>)*[^<]{0,60}\b(?:transcript|transcripci[oó]n|"
    r"transkript|transcription|transcri[çc][ãa]o|trascrizione)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Attached:
    """A linked transcript: its address, media type and language as the feed tells them."""

    address: str
    kind: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item as it stands in a feed.

    ``addresses`` come best first; ``dates`` too (published before updated). ``texts`` is all that the item says of
    itself; ``declared`` tells that one was marked as its content. ``shared`` means that the page is someone else's:
    dates and authors are those of the post about it.
    """

    addresses: tuple[str, ...] = ()
    title: str | None = None
    dates: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    declared: bool = False
    authors: tuple[str, ...] = ()
    language: str | None = None
    transcripts: tuple[Attached, ...] = ()
    media: str | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Channel:
    """A whole feed: ``times`` are its own dates, ``ttl`` its rhythm in seconds, ``malformed`` what is wrong with it."""

    items: Sequence[Item] = ()
    language: str | None = None
    times: tuple[str, ...] = ()
    ttl: float | None = None
    malformed: str | None = None


def look_of(sight: Sight, channel: Channel) -> Look:
    """Return the links of a channel: at most 500 items, the newest where there are more, each with its transcript."""
    dated = [(item, _first_time(item)) for item in channel.items[:MOST_ITEMS]]
    zone = times.usual_zone([when for _, when in dated] + [times.read(x) for x in channel.times])
    timed = _newest([(item, times.in_zone(when, zone, sight.now)) for item, when in dated])
    language = language_of(channel.language)
    links: dict[str, Link] = {}
    lost = 0
    for item, when in timed:
        found = list(_links(sight, item, when, language))
        lost += not found
        links.update((link.url, link) for link in found)
    rejections = [fault(sight, "malformed feed", channel.malformed)] if channel.malformed else []
    if lost:
        rejections.append(fault(sight, "items without an address", f"{lost} of {len(timed)}"))
    return Look(
        tuple(links.values()),
        tuple(rejections),
        error="malformed feed" if channel.malformed else None,
        published=tuple(when for _, when in timed if when),
        ttl=channel.ttl,
    )


def _first_time(item: Item) -> datetime | None:
    return next((when for text in item.dates if (when := times.read(text))), None)


def _newest(timed: list[tuple[Item, datetime | None]]) -> list[tuple[Item, datetime | None]]:
    """Return 500 items at most: as they stand where they fit or have no dates, else the newest."""
    if len(timed) > ITEMS and sum(when is not None for _, when in timed) > len(timed) / 2:
        oldest = datetime.min.replace(tzinfo=UTC)
        timed = sorted(timed, key=lambda pair: pair[1] or oldest, reverse=True)
    return timed[:ITEMS]


# ------------------------------------------------------------------ one item
def _links(sight: Sight, item: Item, when: datetime | None, language: str | None) -> Iterator[Link]:
    addresses = (clean(address, sight.address) for address in item.addresses[:MOST_ADDRESSES])
    url = next((address for address in addresses if address and address != sight.address), None)
    summary, content = summary_and_content(item.texts, declared=item.declared)
    hint = Hint(
        title=heading(item.title),
        published=None if item.shared else when,
        summary=summary,
        authors=() if item.shared else names(item.authors),
        language=language_of(item.language) or (None if item.shared else language),
        content=content,
    )
    if url:
        yield Link(url, sight.source.key, hint)
    if (transcript := _transcript(sight, item, hint)) and clean(transcript.address, sight.address) != url:
        yield _transcript_link(sight, transcript, hint, url or item.media)


def _transcript(sight: Sight, item: Item, hint: Hint) -> Attached | None:
    """Return the transcript in the item's own language and the best form, else the one that its text links to."""
    language = language_of(item.language) or hint.language

    def rank(attached: Attached) -> tuple[bool, int]:
        form = next((n for n, name in enumerate(FORMS) if name in attached.kind.lower()), len(FORMS))
        return language_of(attached.language) not in (None, language), form

    usable = [x for x in item.transcripts[:MOST_ADDRESSES] if clean(x.address, sight.address)]
    if usable:
        return min(usable, key=rank)
    for text in item.texts:
        low = text.lower()  # plain searches first: most texts have no such word
        if any(word in low for word in SPOKEN) and (named := NAMED_TRANSCRIPT.search(text)):
            return Attached(named[1])
    return None


def _transcript_link(sight: Sight, transcript: Attached, hint: Hint, episode: str | None) -> Link:
    url = clean(transcript.address, sight.address) or ""
    language = language_of(transcript.language) or hint.language
    about = replace(hint, summary=None, content=None, language=language, transcript_of=episode or url)
    return Link(url, sight.source.key, about)


def names(told: Iterable[object]) -> tuple[str, ...]:
    """Return names without markup, each once, at most twenty."""
    found = [plain(name, LONGEST_TITLE) for name in told]
    return tuple(dict.fromkeys(x for x in found if x))[:MOST_AUTHORS]


def language_of(value: object) -> str | None:
    """Return the ISO 639-1 code of a language tag."""
    code = value.strip().replace("_", "-").partition("-")[0].lower() if isinstance(value, str) else ""
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def seconds_told(ttl: str | None, period: str | None, frequency: str | None) -> float | None:
    """Return the seconds between two looks that a feed asks for: by ``ttl`` (minutes) or ``sy:`` (times a period)."""
    if minutes := _count(ttl):
        return minutes * 60.0
    seconds = PERIODS.get((period or "").strip().lower())
    often = _count(frequency or "1")
    return seconds / often if seconds and often else None


def _count(value: str | None) -> int:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
