"""iCalendar bodies (RFC 5545) -> editions with sessions, speakers and rooms.

Read component by component, so that a malformed calendar gives what can be read. An entry of whole days that spans
two or more, or bears the conference's name, is the edition itself; every other is a session. Speakers stand in
attendees, in lines of the description ("Speakers: ...") or in properties of their own. Repeated entries (RRULE) are
read once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

import icalendar

from pipeline.conferences import days, people
from pipeline.conferences.identity import days_of, divided, with_speakers
from pipeline.conferences.names import words_key
from pipeline.model import Edition, Session, Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY = re.compile(r"^BEGIN:VEVENT\s*$(.*?)(?=^END:VEVENT\s*$|^BEGIN:VEVENT\s*$|^END:VCALENDAR|\Z)", re.M | re.S | re.I)
ZONES = re.compile(r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.M | re.S | re.I)
PROPERTY = r"^{}(?:;[^:\n]*)?:(.*)$"
LABELLED = re.compile(
    r"^\s*(?:speakers?|presenters?|presented by|panell?ists?|moderators?|ponentes?|oradore?s?|modera\w*|referent\w*|"
    r"sprecher\w*|redner\w*|intervenants?|orateurs?)\s*:\s*(.*)$",
    re.IGNORECASE,
)
PEOPLE = ("X-SPEAKER", "X-SPEAKERS", "X-PRESENTER", "X-PRESENTERS")
AFFILIATIONS = ("X-AFFILIATION", "X-ORG", "X-COMPANY", "X-ORGANIZATION", "ORG")
ENTRIES = 5_000  # entries read of one calendar
LONGEST_TITLE, LONGEST_TEXT = 500, 10_000
# What icalendar raises over bytes that are no calendar.
STUMBLES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a calendar gave: editions, and one line for each component that could not be read."""

    editions: tuple[Edition, ...] = ()
    faults: tuple[str, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    session: Session
    first: date | None  # of an entry of whole days: its first and last day
    last: date | None
    place: str | None


def read_calendar(body: bytes, *, conference: str, name: str = "", zone: tzinfo | None = None) -> Reading:
    """Read a calendar of a conference called ``name``; ``zone`` is that of times which name none."""
    text = re.sub(r"\r\n?", "\n", body.decode("utf-8", "replace").replace("\x00", ""))
    unfolded = re.sub(r"\n[ \t]", "", text)
    told = _property(unfolded, "X-WR-CALNAME") or _property(unfolded, "NAME")
    stated = days.named_zone(_property(unfolded, "X-WR-TIMEZONE") or _property(unfolded, "TIMEZONE-ID") or "")
    entries, faults = _entries(text, stated or zone or UTC)
    editions = _editions(entries, conference, name or told or conference)
    return Reading(editions, faults, told)


def _property(text: str, name: str) -> str | None:
    found = re.search(PROPERTY.format(name), text, re.MULTILINE | re.IGNORECASE)
    return found[1].strip().replace("\\,", ",") or None if found else None


# ------------------------------------------------------------------ components
def _entries(text: str, zone: tzinfo) -> tuple[list[_Entry], tuple[str, ...]]:
    found: list[_Entry] = []
    faults: list[str] = []
    for number, event in enumerate(_components(text), start=1):
        if number > ENTRIES:
            faults.append(f"only the first {ENTRIES} entries are read")
            break
        entry = _entry(event, zone) if event is not None else None
        if entry is not None:
            found.append(entry)
        elif event is None or str(event.get("STATUS", "")).upper() != "CANCELLED":
            faults.append(f"entry {number} has no title, or can't be read")
        for name, what in getattr(event, "errors", ()):
            faults.append(f"entry {number}: {name}: {what}"[:200])
    return found, tuple(faults)


def _components(text: str) -> Iterator[Any]:
    """Yield each VEVENT, None for one that can't be parsed. The whole is tried first, since that is faster."""
    begun = len(re.findall(r"^BEGIN:VEVENT\s*$", text, re.MULTILINE | re.IGNORECASE))
    try:
        whole = [e for c in icalendar.Calendar.from_ical(text, multiple=True) for e in c.walk("VEVENT")]
    except STUMBLES:
        whole = []
    if len(whole) >= begun:
        yield from whole
        return
    zones = "".join(match[0] + "\n" for match in ZONES.finditer(text))
    for match in ENTRY.finditer(text):
        yield _alone(zones, match[1])


def _alone(zones: str, inside: str) -> Any:
    """Parse one entry; lines that are no properties are left out."""
    lines = [line for line in inside.split("\n") if re.match(r"^([A-Za-z][\w-]*[;:]|[ \t])", line)]
    whole = f"BEGIN:VCALENDAR\n{zones}BEGIN:VEVENT\n" + "\n".join(lines) + "\nEND:VEVENT\nEND:VCALENDAR\n"
    try:
        return next(iter(icalendar.Calendar.from_ical(whole).walk("VEVENT")), None)
    except STUMBLES:
        return None


def _entry(event: Any, zone: tzinfo) -> _Entry | None:
    title = _text(event, "SUMMARY")
    if not title or str(event.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start, end = _when(event, "DTSTART"), _when(event, "DTEND")
    length = _when(event, "DURATION")
    whole = isinstance(start, date) and not isinstance(start, datetime)
    if end is None and isinstance(length, timedelta) and start is not None:
        end = start + length
    description = _text(event, "DESCRIPTION", lines=True)
    session = Session(
        title=title[:LONGEST_TITLE],
        start=_aware(start, zone),
        end=_aware(end, zone),
        room=_text(event, "LOCATION"),
        abstract=_abstract(description),
        url=_text(event, "URL"),
        uid=_text(event, "UID"),
        speakers=_speakers(event, description or ""),
    )
    if not whole or not isinstance(start, date):
        return _Entry(session, None, None, None)
    last = end - timedelta(days=1) if isinstance(end, date) and not isinstance(end, datetime) and end > start else start
    return _Entry(session, start, last, session.room)


def _text(event: Any, name: str, *, lines: bool = False) -> str | None:
    value = event.get(name)
    value = value[0] if isinstance(value, list) and value else value
    if value is None:
        return None
    text = re.sub(r"<br\s*/?>|</p>", "\n", str(value))
    text = re.sub(r"<[a-zA-Z/][^<>]*>", "", text)
    kept = "\n".join(" ".join(line.split()) for line in text.splitlines()) if lines else " ".join(text.split())
    return kept.strip()[:LONGEST_TEXT] or None


def _when(event: Any, name: str) -> Any:
    value = event.get(name)
    value = value[0] if isinstance(value, list) and value else value
    return None if isinstance(value, icalendar.prop.vBroken) else getattr(value, "dt", None)


def _aware(when: Any, zone: tzinfo) -> datetime | None:
    if isinstance(when, datetime):
        return when if when.tzinfo else when.replace(tzinfo=zone)
    return datetime.combine(when, time(), zone) if isinstance(when, date) else None


# ------------------------------------------------------------------ people
def _speakers(event: Any, description: str) -> tuple[Speaker, ...]:
    own = [str(value).replace("\\,", ",").replace("\\;", ";") for name in PEOPLE for value in _values(event, name)]
    found = [p for text in (*own, *_speaker_lines(description)) for p in people.speakers(text)]
    found += [p for value in _values(event, "ATTENDEE") if (p := _person(value))]
    if not found:
        found = [p for value in _values(event, "ORGANIZER") if (p := _person(value))]
    return people_once(found)


def people_once(found: list[Speaker]) -> tuple[Speaker, ...]:
    """Return each person once, in order."""
    return with_speakers(Edition("", "", speakers=tuple(found))).speakers


def _values(event: Any, name: str) -> list[Any]:
    value = event.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _person(value: Any) -> Speaker | None:
    parameters = getattr(value, "params", {})
    if str(parameters.get("CUTYPE", "INDIVIDUAL")).upper() != "INDIVIDUAL":
        return None
    person = people.speaker(str(parameters.get("CN", "")).strip('"'))
    affiliation = next((str(parameters[name]) for name in AFFILIATIONS if parameters.get(name)), None)
    role = str(parameters["X-TITLE"]) if parameters.get("X-TITLE") else None
    if person is None:
        return None
    return replace(person, affiliation=person.affiliation or affiliation, role=person.role or role)


def _speaker_lines(description: str) -> Iterator[str]:
    """Yield what follows "Speakers:", on its line or, where that is empty, on those below until a blank one."""
    below = False
    for line in description.splitlines():
        if match := LABELLED.match(line):
            below = not match[1].strip()
            if not below:
                yield match[1]
        elif below and line.strip(" -*•"):
            yield line.strip(" -*•")
        else:
            below = False


def _abstract(description: str | None) -> str | None:
    kept: list[str] = []
    below = False
    for line in (description or "").splitlines():
        if match := LABELLED.match(line):
            below = not match[1].strip()
        elif below and line.strip():
            continue
        else:
            below = False
            kept.append(line)
    return "\n".join(kept).strip() or None


# ------------------------------------------------------------------ editions
def _editions(entries: list[_Entry], conference: str, name: str) -> tuple[Edition, ...]:
    frames = [e for e in entries if e.first and e.last and (e.last > e.first or _named(e.session.title, name))]
    sessions = [e.session for e in entries if e not in frames]
    editions = [_framed(e, conference) for e in frames]
    for part in divided(sessions):
        at = next((n for n, known in enumerate(editions) if _holds(known, part)), None)
        if at is not None:
            editions[at] = replace(editions[at], sessions=editions[at].sessions + part)
        else:
            span = days_of(part)
            first, last = span or (None, None)
            editions.append(Edition(conference, f"{name} {first.year}" if first else name, first, last, sessions=part))
    return tuple(with_speakers(edition) for edition in editions)


def _named(title: str, name: str) -> bool:
    return bool(name) and f" {words_key(title)} ".startswith(f" {words_key(name)} ")


def _framed(entry: _Entry, conference: str) -> Edition:
    city, country = place_of(entry.place)
    session = entry.session
    return Edition(conference, session.title, entry.first, entry.last, city=city, country=country, url=session.url)


def place_of(text: str | None) -> tuple[str | None, str | None]:
    """Part "Moscone Center, San Francisco, United States" into city and country; a lone name is a city."""
    parts = [part.strip() for part in re.split(r"[,|·•\n]", text or "") if part.strip()]
    parts = [part for part in parts if not re.fullmatch(r"[\d\s-]+", part)]
    if len(parts) >= 2:
        return re.sub(r"^\d{4,6}\s+", "", parts[-2]), parts[-1]
    return (parts[0], None) if parts else (None, None)


def _holds(edition: Edition, sessions: tuple[Session, ...]) -> bool:
    span = days_of(sessions)
    if span is None or edition.start is None:
        return True
    margin = timedelta(days=3)  # workshops before the opening day
    return edition.start - margin <= span[0] and span[1] <= (edition.end or edition.start) + margin
