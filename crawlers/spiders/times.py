"""Times as feeds and sitemaps write them: ISO 8601, RFC 822 and its dialects, month names in seven languages.

A time without a zone stays without one here (``read``); ``in_zone`` and ``usual_zone`` give it the feed's own.
A day and a month that could be either way round are read as nothing rather than guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_YEAR = 1990
AHEAD = timedelta(days=2)  # dates further in the future are mistakes
LONGEST = 100
NAMES = (
    "jan january ene enero janv janvier januar jaenner janeiro gen gennaio januari",
    "feb february febrero fev fevr fevrier februar fevereiro febbraio februari",
    "mar march marzo mars marz maerz marco maart mrt mrz",
    "apr april abr abril avr avril aprile",
    "may mayo mai maio mag maggio mei",
    "jun june junio juin juni junho giu giugno",
    "jul july julio juil juillet juli julho lug luglio",
    "aug august ago agosto aout augustus",
    "sep sept september septiembre setiembre septembre set setembro settembre",
    "oct october octubre octobre okt oktober out outubro ott ottobre",
    "nov november noviembre novembre novembro",
    "dec december dic diciembre decembre dez dezember dezembro dicembre",
)
MONTHS = {name: number for number, names in enumerate(NAMES, 1) for name in names.split()}
HOURS = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "ist": 5.5, "sgt": 8, "hkt": 8, "awst": 8, "jst": 9, "kst": 9, "aest": 10,
    "aedt": 11, "nzst": 12, "nzdt": 13, "art": -3, "brt": -3, "clt": -4, "cot": -5, "pet": -5, "ast": -4, "adt": -3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
CLOCK = re.compile(r"(?<!\d)(\d{1,2})(?::|h)(\d{2})(?::(\d{2}))?(?:[.,]\d+)?\s*([ap])?(?:\.?m\b\.?)?")
OFFSET = re.compile(r"(?<![\d])([+-])(\d{2}):?(\d{2})(?!\d)")
WORD = re.compile(r"[^\W\d_]+")
NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
NUMERIC = re.compile(r"(?<!\d)(\d{1,4})([/.-])(\d{1,2})\2(\d{4}|\d{1,2})(?!\d)")


def read(value: object) -> datetime | None:
    """Read a time in any of the forms; without a zone where none is told, None where it is no time."""
    text = value.strip()[:LONGEST] if isinstance(value, str) else ""
    if text.isascii() and text.isdecimal() and len(text) in (10, 13):
        return _epoch(int(text[:10]))
    if not text or not any(c.isdigit() for c in text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return _worded(_folded(text))
    except (ValueError, OverflowError):
        return None


def sensible(when: datetime, now: datetime) -> datetime | None:
    """Return ``when`` unless it lies before 1990 or more than two days ahead of ``now``."""
    return when if when.year >= FIRST_YEAR and when <= now + AHEAD else None


def in_zone(when: datetime | None, zone: tzinfo, now: datetime) -> datetime | None:
    """Return a time as UTC, one without a zone as of ``zone``; None where it is missing or not sensible."""
    if when is None:
        return None
    try:
        return sensible((when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC), now)
    except (ValueError, OverflowError):
        return None


def iso_time(value: object, now: datetime) -> datetime | None:
    """Read a time or date as UTC; None where it is none, or not sensible."""
    return in_zone(read(value), UTC, now)


def usual_zone(times: Iterable[datetime | None]) -> tzinfo:
    """Return the offset that most of the times tell, UTC where none does."""
    told = Counter(when.utcoffset() for when in times if when and when.tzinfo)
    commonest = told.most_common(1)
    return timezone(commonest[0][0]) if commonest and commonest[0][0] else UTC


# ------------------------------------------------------------------ the dialects
def _epoch(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _folded(text: str) -> str:
    """Return the text in small letters without accents, so that one table of months does."""
    if text.isascii():
        return text.lower()
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _worded(text: str) -> datetime | None:
    clock = CLOCK.search(text)
    rest = text[clock.end() :] if clock else ""
    zone = _zone(rest)
    day = (text[: clock.start()] + " " + OFFSET.sub(" ", rest)) if clock else text
    date = _named_day(day) or _numeric_day(day)
    if date is None:
        return None
    when = datetime(*date, tzinfo=zone)
    return when + _since_midnight(clock) if clock else when


def _since_midnight(clock: re.Match[str]) -> timedelta:
    hour, minute, second = (int(clock[n] or 0) for n in (1, 2, 3))
    if clock[4]:
        hour = hour % 12 + (12 if clock[4] == "p" else 0)
    if hour > 24 or minute > 59:
        raise ValueError("no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def _zone(rest: str) -> tzinfo | None:
    if offset := OFFSET.search(rest):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-ahead if offset[1] == "-" else ahead)
    names = [word for word in WORD.findall(rest) if word in HOURS]
    return timezone(timedelta(hours=HOURS[names[0]])) if names else None


def _named_day(text: str) -> tuple[int, int, int] | None:
    # The last name counts: "mar" is Tuesday in Spanish and French as well.
    months = [MONTHS[word] for word in WORD.findall(text) if word in MONTHS]
    if not months:
        return None
    years = YEAR.findall(text)
    numbers = [int(n) for n in NUMBER.findall(text)]
    if not numbers or not (years or len(numbers) > 1):
        return None
    return (int(years[-1]) if years else _century(numbers[1])), months[-1], numbers[0]


def _numeric_day(text: str) -> tuple[int, int, int] | None:
    found = NUMERIC.search(text)
    if found is None:
        return None
    first, mark, second, third = int(found[1]), found[2], int(found[3]), int(found[4])
    if len(found[1]) == 4:
        return first, second, third
    year = third if len(found[4]) == 4 else _century(third)
    if mark == "." or first > 12 or first == second:
        return year, second, first
    return (year, first, second) if second > 12 else None


def _century(year: int) -> int:
    return year + (2000 if year < 70 else 1900)
