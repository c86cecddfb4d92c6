"""Days, times and zones as agendas write them, in English, Spanish, French, German, Portuguese and Italian.

A day needs a month's name or the ISO form: 03/04 is two days, and is not read. Times without a zone are those of
the place: a zone is learnt from the text ("PDT", "Europe/Madrid", "UTC+2") or the city, else UTC is assumed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from pipeline.conferences.names import plain_letters

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene janvier janv januar jän janeiro gennaio gen",
            "february feb febrero fevrier fevr februar fevereiro febbraio",
            "march mar marzo mars marz maerz marco mrz",
            "april apr abril abr avril avr aprile",
            "may mayo mai maio maggio mag",
            "june jun junio juin juni junho giugno giu",
            "july jul julio juillet juil juli julho luglio lug",
            "august aug agosto ago aout",
            "september sept sep septiembre setiembre septembre setembro settembre set",
            "october oct octubre octobre oktober okt outubro ottobre ott",
            "november nov noviembre novembre novembro",
            "december dec diciembre dic decembre dezember dez dezembro dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_DAY = r"(?<![\d:.,$€£-])([0-3]?\d)(?:st|nd|rd|th|º|er|\.)?(?![\d:%])"
_YEAR = r"(?:,?\s*(?:de[l]?\s+|of\s+)?(20\d\d))"
_TO = r"\s*(?:-|–|—|to|through|until|al|a|bis|au|y|and|und|et|/)\s*(?:el\s+|the\s+|zum\s+)?"
_WD = rf"(?:(?!(?:{_MONTH})\b)[a-z]+\.?,?\s+)?"
ISO = re.compile(r"(?<!\d)(20\d\d)-([01]\d)-([0-3]\d)(?!\d)")
MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+{_DAY}{_YEAR}?")
DAY_FIRST = re.compile(rf"{_DAY}\s*(?:de\s+|of\s+)?({_MONTH})\b\.?{_YEAR}?")
_NTH = r"(?:st|nd|rd|th|er|\.)?"
RANGES = (
    # September 15-17, 2026 · Sept 30 - Oct 2, 2026 · Dec 30, 2026 - Jan 2, 2027
    re.compile(
        rf"\b(?P<m1>{_MONTH})\.?\s+(?P<d1>[0-3]?\d){_NTH}(?:,?\s*20\d\d)?{_TO}{_WD}"
        rf"(?:(?P<m2>{_MONTH})\.?\s+)?(?P<d2>[0-3]?\d){_NTH}(?![\d:]),?\s*(?P<y>20\d\d)?"
    ),
    # 15-17 September 2026 · 15 al 17 de septiembre de 2026 · 30 September - 2 October 2026
    re.compile(
        rf"(?<![\d:])(?P<d1>[0-3]?\d){_NTH}(?:\s*(?:de\s+)?(?P<m1>{_MONTH})\b\.?(?:\s*(?:de\s+)?20\d\d)?)?{_TO}{_WD}"
        rf"(?P<d2>[0-3]?\d){_NTH}\s*(?:de\s+|of\s+)?(?P<m2>{_MONTH})\b\.?,?\s*(?:de[l]?\s+|of\s+)?(?P<y>20\d\d)?"
    ),
)
LONGEST = timedelta(days=31)


# ------------------------------------------------------------------ days
def days_in(text: str, year: int | None = None) -> list[date]:
    """Return the days that a text names, in order; without a year those of ``year``, or none."""
    plain = plain_letters(text)
    found: list[tuple[int, date]] = []
    for match in ISO.finditer(plain):
        _add(found, match.start(), int(match[1]), int(match[2]), int(match[3]))
    for match in MONTH_FIRST.finditer(plain):
        _add(found, match.start(), int(match[3] or year or 0), MONTHS[match[1]], int(match[2]))
    for match in DAY_FIRST.finditer(plain):
        _add(found, match.start(), int(match[3] or year or 0), MONTHS[match[2]], int(match[1]))
    return [day for _, day in sorted(dict.fromkeys(found))]


def _add(found: list[tuple[int, date]], at: int, year: int, month: int, day: int) -> None:
    if year and (known := safe_date(year, month, day)):
        found.append((at, known))


def safe_date(year: int, month: int, day: int) -> date | None:
    """Return a date, or None where there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def span_in(text: str, year: int | None = None) -> tuple[date, date] | None:
    """Return the first stretch of days that a text names ("15 al 17 de septiembre de 2026"), or its first day."""
    plain = plain_letters(text)
    spans: list[tuple[int, date, date]] = []
    for pattern in RANGES:
        for match in pattern.finditer(plain):
            if span := _span(match, year):
                spans.append((match.start(), *span))
                break
    if spans:
        return min(spans)[1:]
    days = days_in(text, year)
    return (days[0], days[0]) if days else None


def _span(match: re.Match[str], year: int | None) -> tuple[date, date] | None:
    told = int(match["y"] or year or 0)
    first, last = match["m1"] or match["m2"], match["m2"] or match["m1"]
    start = safe_date(told, MONTHS[first], int(match["d1"])) if told else None
    end = safe_date(told, MONTHS[last], int(match["d2"])) if told else None
    if start is None or end is None:
        return None
    if end < start and MONTHS[first] == 12 and MONTHS[last] == 1:  # a year's end: the year told is the second
        start = start.replace(year=told - 1)
    return (start, end) if start <= end <= start + LONGEST else None


# ------------------------------------------------------------------ times of day
_CLOCK = r"(?P<h{0}>[01]?\d|2[0-4])(?:(?::|\.|h|\s?uhr\s?)(?P<m{0}>[0-5]\d))?\s*(?P<p{0}>[ap]\.?\s?m\b\.?)?"
CLOCK = re.compile(
    rf"(?<![\d:.$€£/-]){_CLOCK.format(1)}(?:\s*(?:uhr|hrs?|h)\b)?"
    rf"(?:\s*(?:-|–|—|to|until|a|bis|à|/)\s*{_CLOCK.format(2)}(?:\s*(?:uhr|hrs?|h)\b)?)?(?![\d:%])",
    re.IGNORECASE,
)


def hours_in(text: str) -> tuple[time, time | None] | None:
    """Return the first time of day in a text and, of a stretch, its end; a bare number is none."""
    for match in CLOCK.finditer(text):
        if not (match["m1"] or match["p1"] or (match["m2"] and match["h2"]) or match["p2"]):
            continue
        end = _time(match["h2"], match["m2"], match["p2"]) if match["h2"] and (match["m2"] or match["p2"]) else None
        start = _time(match["h1"], match["m1"], match["p1"] or _same_half(match, end))
        if start is not None:
            return start, end
    return None


def _same_half(match: re.Match[str], end: time | None) -> str | None:
    """Give "9:00 - 10:30 am" its half of the day: that of the end, or the one before it."""
    if not match["p2"] or end is None:
        return None
    hour = int(match["h1"]) % 12
    afternoon = end.hour >= 12 and hour <= end.hour - 12
    return "pm" if afternoon else "am"


def _time(hour: str, minute: str | None, half: str | None) -> time | None:
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    return time(hours % 24, int(minute or 0)) if hours <= 24 else None


def is_time_only(text: str) -> bool:
    """Tell whether a text is a time of day, perhaps with its zone, and nothing else."""
    rest = CLOCK.sub("", text, count=1) if hours_in(text) else text
    return rest != text and len(re.findall(r"[^\W\d_]{2,}", re.sub(r"\b[A-Z]{2,4}\b", "", rest))) == 0


def at(day: date, clock: tuple[time, time | None], zone: tzinfo) -> tuple[datetime, datetime | None]:
    """Put hours on a day; an end before its start is on the next day."""
    start = datetime.combine(day, clock[0], zone)
    if clock[1] is None:
        return start, None
    end = datetime.combine(day, clock[1], zone)
    return start, end if end > start else end + timedelta(days=1)


# ------------------------------------------------------------------ zones
SHORT = {
    "PT": "America/Los_Angeles", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "MST": "America/Denver", "MDT": "America/Denver", "CT": "America/Chicago", "CDT": "America/Chicago",
    "ET": "America/New_York", "EST": "America/New_York", "EDT": "America/New_York", "CET": "Europe/Berlin",
    "CEST": "Europe/Berlin", "WEST": "Europe/Lisbon", "BST": "Europe/London", "GMT": "UTC", "UTC": "UTC",
    "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "SGT": "Asia/Singapore", "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney", "BRT": "America/Sao_Paulo", "MEZ": "Europe/Berlin", "MESZ": "Europe/Berlin",
}  # fmt: skip
PHRASES = {
    "pacific time": "America/Los_Angeles", "pacific daylight": "America/Los_Angeles", "pacific standard": "America/Los_Angeles",
    "eastern time": "America/New_York", "central time": "America/Chicago", "mountain time": "America/Denver",
    "hora peninsular": "Europe/Madrid", "hora de madrid": "Europe/Madrid", "hora de mexico": "America/Mexico_City",
    "heure de paris": "Europe/Paris", "central european": "Europe/Berlin",
}  # fmt: skip
CITIES = {
    "san francisco": "America/Los_Angeles", "las vegas": "America/Los_Angeles", "san jose": "America/Los_Angeles",
    "mountain view": "America/Los_Angeles", "seattle": "America/Los_Angeles", "san diego": "America/Los_Angeles",
    "anaheim": "America/Los_Angeles", "cupertino": "America/Los_Angeles", "austin": "America/Chicago",
    "dallas": "America/Chicago", "new orleans": "America/Chicago", "boston": "America/New_York",
    "atlanta": "America/New_York", "orlando": "America/New_York", "miami": "America/New_York",
    "washington": "America/New_York", "philadelphia": "America/New_York", "barcelona": "Europe/Madrid",
    "bilbao": "Europe/Madrid", "valencia": "Europe/Madrid", "malaga": "Europe/Madrid", "sevilla": "Europe/Madrid",
    "munich": "Europe/Berlin", "munchen": "Europe/Berlin", "hamburg": "Europe/Berlin", "koln": "Europe/Berlin",
    "cologne": "Europe/Berlin", "hannover": "Europe/Berlin", "lyon": "Europe/Paris", "cannes": "Europe/Paris",
    "nice": "Europe/Paris", "davos": "Europe/Zurich", "geneva": "Europe/Zurich", "milan": "Europe/Rome",
    "rotterdam": "Europe/Amsterdam", "porto": "Europe/Lisbon", "bangalore": "Asia/Kolkata", "bengaluru": "Asia/Kolkata",
    "hyderabad": "Asia/Kolkata", "guadalajara": "America/Mexico_City", "rio de janeiro": "America/Sao_Paulo",
}  # fmt: skip
OFFSET = re.compile(r"\b(?:UTC|GMT)\s?([+\-−])\s?(\d{1,2})(?::?(\d\d))?\b")


def zone_in(text: str) -> tzinfo | None:
    """Return the time zone that a text names."""
    if match := OFFSET.search(text):
        shift = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-shift if match[1] in "-−" else shift) if shift < timedelta(hours=15) else None
    if (match := re.search(r"\b[A-Z][a-z]+/[A-Z][A-Za-z_]+\b", text)) and (zone := named_zone(match[0])):
        return zone
    plain = plain_letters(text)
    if name := next((zone for phrase, zone in PHRASES.items() if phrase in plain), None):
        return ZoneInfo(name)
    if match := re.search(rf"(?:\d|[ap]m|\()\s*({'|'.join(SHORT)})\b|\b(?:in|all times)\s+({'|'.join(SHORT)})\b", text):
        return ZoneInfo(SHORT[match[1] or match[2]])
    return None


def named_zone(name: str) -> tzinfo | None:
    """Return the zone of a name of the IANA database, None for any other name."""
    return ZoneInfo(name) if name in _zones() else None


def city_zone(city: str | None) -> tzinfo | None:
    """Return the zone of a well-known city."""
    key = plain_letters(city or "").split(",")[0].strip()
    if not key:
        return None
    name = CITIES.get(key) or _zone_cities().get(key)
    return ZoneInfo(name) if name else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _zone_cities() -> dict[str, str]:
    places = (name for name in sorted(_zones()) if "/" in name and not name.startswith(("Etc/", "posix", "right")))
    return {name.rpartition("/")[2].replace("_", " ").lower(): name for name in places}


def moment(text: object, zone: tzinfo = UTC) -> tuple[datetime | None, date | None]:
    """Read an ISO 8601 time or date: (aware time, its day); a date alone has no time. (None, None) for neither."""
    if not isinstance(text, str):
        return None, None
    text = text.strip()
    if ISO.fullmatch(text):
        match = ISO.fullmatch(text)
        return None, safe_date(int(match[1]), int(match[2]), int(match[3])) if match else None
    try:
        when = datetime.fromisoformat(text)
        when = when if when.tzinfo else when.replace(tzinfo=zone)
        when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None, None
    return when, when.date()
