"""The way *conference*: a conference's site, agenda or calendar -> links, and its editions as data.

Links: schema.org Events and articles in JSON-LD, then anchors on the same host whose path names a session, talk,
keynote or recording and goes on after that word, then whatever the way *listing* would take for an article. The date
of a session is when it is held, not when its page appeared, so it is no hint of publication.

Editions: from structured data (``events.py``), calendars (``pipeline.conferences.calendar``) and plain agendas
(``agenda.py``), joined. ``more`` names what belongs to the same agenda: calendars, the pages of further days and of
speakers, and, where the agenda tells no times itself, the sessions' own pages.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawlers.addresses import clean, same_site
from crawlers.look import Look, Sight, fault, unreadable
from crawlers.spiders import agenda, events, listing, parts, scope
from crawlers.spiders.feed import LONGEST_TITLE, plain
from crawlers.spiders.lines import lines
from pipeline.conferences import days, merged, read_calendar
from pipeline.conferences.calendar import place_of
from pipeline.conferences.identity import days_of, divided, joined_sessions
from pipeline.model import Edition, Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from lxml import etree

    from crawlers.spiders.lines import Line
    from pipeline.model import Session

EVENTS = {"Event", "BusinessEvent", "EducationEvent", "ConferenceEvent", "PublicationEvent", "VideoObject"}
SESSION = re.compile(
    r"/(sessions?|talks?|keynotes?|agenda|schedule|program(me)?|workshops?|panels?|sesiones|sesion|charlas?|ponencias?|"
    r"vortr(ag|aege)|recordings?|videos?|transcripts?|on-demand)/[^/]+",
    re.IGNORECASE,
)
CALENDAR = re.compile(r"\.ics$|[?&/](ical|ics)\b|format=ic(s|al)", re.IGNORECASE)
SAME_AGENDA = re.compile(
    r"(^|[/_-])(agenda|schedule|program(me)?|programa|speakers?|ponentes|programm|programme|day-?\d|dia-?\d|tag-?\d)([/_-]|\.html?$|$)",
    re.IGNORECASE,
)
CALENDARS, PAGES, SESSION_PAGES = 2, 8, 120  # further addresses that one look reads
TIMED = 3  # sessions with a time, from which on an agenda counts as told
HEAD = 400  # lines in which a page says when and where


def look(sight: Sight) -> Look:
    """Read a conference page or calendar; at most 500 links."""
    if is_calendar(sight):
        return _calendar(sight)
    root = listing.document(sight)
    if root is None:
        return unreadable(sight, "unreadable listing", "no HTML in it")
    sessions = listing.structured(sight, root, EVENTS | listing.ARTICLES)
    found = listing.found(sight, [*sessions, *_anchors(sight, root)])
    editions = read_editions(sight, root)
    if found.failed and (editions or sight.part):
        found = Look()
    return replace(found, editions=editions, more=tuple(_more(sight, root, editions)))


def _anchors(sight: Sight, root: etree._Element) -> Iterator[Link]:
    for url, text, heading in listing.anchors(sight, root):
        session = SESSION.search(urlsplit(url).path)
        if session or listing.looks_like_article(url, text, heading=heading):
            titled = heading or (session and len(text.split()) >= 3)
            yield Link(url, sight.source.key, Hint(title=plain(text, LONGEST_TITLE) if titled else None))


# ------------------------------------------------------------------ calendars
def is_calendar(sight: Sight) -> bool:
    """Tell whether the body is iCalendar, by its kind or its first line."""
    return "text/calendar" in sight.content_type.lower() or b"BEGIN:VCALENDAR" in sight.body[:200].upper()


def _calendar(sight: Sight) -> Look:
    reading = read_calendar(sight.body, conference=sight.source.conference or "", name=sight.source.name)
    editions = tuple(_cleaned(edition, sight) for edition in merged(reading.editions))
    rejections = tuple(fault(sight, "malformed calendar", text) for text in reading.faults[:20])
    if not editions:
        return unreadable(sight, "unreadable calendar", "no entry that can be read")
    links = [
        Link(session.url, sight.source.key, Hint(title=session.title))
        for edition in editions
        for session in edition.sessions
        if session.url and same_site(session.url, sight.address)
    ]
    unique = {link.url: link for link in links}
    return Look(tuple(unique.values())[:500], rejections, editions=editions if sight.source.conference else ())


def _cleaned(edition: Edition, sight: Sight) -> Edition:
    """Bring addresses into the form in which they are stored."""
    sessions = tuple(replace(s, url=parts.address(s.url, sight.address)) for s in edition.sessions)
    return replace(edition, sessions=sessions, url=parts.address(edition.url, sight.address) or sight.address)


# ------------------------------------------------------------------ editions
def read_editions(sight: Sight, root: etree._Element) -> tuple[Edition, ...]:
    """Return the editions that a page tells of, in structured data, in its agenda and in its list of speakers."""
    conference = sight.source.conference
    if not conference:
        return ()
    every = lines(root)
    zone = days.zone_in("\n".join(line.text for line in every if len(line.text) < 200))
    told = events.read(root, events.Asked(conference, sight.source.name, sight.address, zone))
    stated, city, country = when_and_where(every, root)
    first = told[0] if told else None
    start, end = (first.start, first.end) if first and first.start else stated or (None, None)
    frame = agenda.Frame(
        start,
        end,
        start.year if start else sight.now.year,
        zone or days.city_zone(first.city if first else city) or UTC,
    )
    timed = sum(session.start is not None for edition in told for session in edition.sessions)
    plain_sessions = agenda.sessions(root, frame, sight.address) if timed < TIMED else ()
    everyone = tuple(scope.cards(every, sight.address)) if not plain_sessions else ()
    title = f"{sight.source.name} {start.year}" if start else sight.source.name
    own = Edition(conference, title, city=city, country=country, url=sight.address, speakers=everyone)
    if stated:
        own = replace(own, start=stated[0], end=stated[1])
    return _assembled(told, own, plain_sessions)


def _assembled(told: tuple[Edition, ...], own: Edition, sessions: tuple[Session, ...]) -> tuple[Edition, ...]:
    """Join what structured data tells with what the page says in plain words."""
    if not (told or sessions or (own.start and own.speakers) or own.speakers):
        return ()
    read: list[Edition] = []
    for part in divided(sessions):
        span = days_of(part) or (None, None)
        fits = own.start is None or span[0] is None or (own.start.year == span[0].year)
        around = own if fits else replace(own, start=None, end=None, city=None, country=None)
        start, end = (around.start, around.end) if around.start else span
        read.append(replace(around, name=_named(own, start), start=start, end=end, sessions=joined_sessions(part, ())))
    if told and read:  # one page, one agenda: the edition that the data names takes the sessions
        whole = merged([*told, *read])
        return (
            whole
            if len(whole) <= len(told) + len(read) - 1 or len(told) > 1
            else merged([*told, replace(read[0], start=None, end=None)])
        )
    if told:
        bare = replace(own, start=None, end=None) if len(told) == 1 else None
        return merged([*told, bare] if bare else told)
    return merged(read or [own])


def _named(own: Edition, start: date | None) -> str:
    return f"{re.sub(r' 20[0-9][0-9]$', '', own.name)} {start.year}" if start else own.name


def when_and_where(every: list[Line], root: etree._Element) -> tuple[tuple[date, date] | None, str | None, str | None]:
    """Return the edition's days, and the city and country that stand beside them, as the page says them in words."""
    title = " ".join(root.xpath("string(//title)").split())
    best: tuple[tuple[date, date], str] | None = None
    for text in [line.text for line in every[:HEAD] if len(line.text) <= 200] + [title]:
        span = days.span_in(text)
        if span and (best is None or (best[0][0] == best[0][1] and span[1] > span[0])):
            best = (span, text)
        if best and best[0][1] > best[0][0]:
            break
    if best is None:
        return None, None, None
    return best[0], *_beside(best[1], every)


def _beside(text: str, every: list[Line]) -> tuple[str | None, str | None]:
    """Find "San Francisco, United States" in the line of the days, or in the one right after it."""
    pieces = [p.strip() for p in re.split(r"\s*[|·•–—]\s*|\s+-\s+|\s+in\s+|\s+en\s+", text)]
    after = [line.text for n, line in enumerate(every) if n and every[n - 1].text == text][:1]
    for piece in [*pieces, *after]:
        if re.search(r"\d", piece) or len(piece) > 80 or "," not in piece:
            continue
        city, country = place_of(piece)
        if city and country and city[:1].isupper():
            return city, country
    lone = [p for p in pieces if days.city_zone(p)]
    return (lone[0], None) if lone else (None, None)


# ------------------------------------------------------------------ what belongs to the same agenda
def _more(sight: Sight, root: etree._Element, editions: tuple[Edition, ...]) -> Iterator[str]:
    """Yield the addresses that are read with this page; none of a page that is itself such a part."""
    if sight.part or not sight.source.conference:
        return
    hrefs = [
        url
        for a in root.xpath("//a[@href] | //link[@href][contains(@type, 'calendar')]")
        if (url := _address(a, sight))
    ]
    sessions = [url for url in hrefs if SESSION.search(urlsplit(url).path) and not CALENDAR.search(url)]
    calendars = [url for url in hrefs if CALENDAR.search(url)]
    own = len([url for url in calendars if not any(url.startswith(s) for s in sessions)])
    pages = [
        url
        for url in hrefs
        if SAME_AGENDA.search(urlsplit(url).path)
        and url not in calendars
        and len(urlsplit(url).path.strip("/").split("/")) <= 3
    ]
    timed = sum(s.start is not None for e in editions for s in e.sessions)
    yield from list(dict.fromkeys(calendars))[: CALENDARS if own <= 10 else 0]
    yield from list(dict.fromkeys(url for url in pages if url not in sessions))[:PAGES]
    if timed < TIMED:
        yield from list(dict.fromkeys(sessions))[:SESSION_PAGES]


def _address(anchor: etree._Element, sight: Sight) -> str | None:
    href = re.sub(
        r"^webcals?://", "https://" if sight.address.startswith("https") else "http://", anchor.get("href", "").strip()
    )
    url = clean(href, sight.address)
    if url is None or url == clean(sight.address):
        return None
    return url if same_site(url, sight.address) else None
