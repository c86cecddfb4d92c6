"""Dates as pages print them: ISO, numbers, month names of six languages, and "3 hours ago" in seven.

A date that can be read in two ways (03/04/2026 in English) is none. A date without a year is the last one that has
been. What is not sensible (before 1990, later than tomorrow) is none. Days are given as midnight UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LONGEST = 200  # characters in which a date is looked for
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january enero janvier januar janeiro gennaio jan ene janv gen jänner",
            "february febrero février fevrier februar fevereiro febbraio feb févr fev",
            "march marzo mars märz março marco mar mär mrz",
            "april abril avril aprile apr abr avr",
            "may mayo mai maio maggio mag",
            "june junio juin juni junho giugno jun giu",
            "july julio juillet juli julho luglio jul juil lug",
            "august agosto août aout aug ago",
            "september septiembre setiembre septembre setembro settembre sep sept set",
            "october octubre octobre oktober outubro ottobre oct okt out ott",
            "november noviembre novembre novembro nov",
            "december diciembre décembre decembre dezember dezembro dicembre dec dic déc dez",
        ),
        1,
    )
    for name in names.split()
}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d?)-(\d\d?)(?:[T ](\d\d):(\d\d)(?::\d\d)?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?")
EASTERN = re.compile(r"((?:19|20)\d\d)\s*[年년]\s*(\d\d?)\s*[月월]\s*(\d\d?)\s*[日일]")
SLASHED = re.compile(r"\b((?:19|20)\d\d)[/.](\d\d?)[/.](\d\d?)\b")
NUMBERS = re.compile(r"\b(\d\d?)([./-])(\d\d?)\2((?:19|20)?\d\d)\b")
DAY_FIRST = re.compile(
    rf"\b(\d\d?)(?:st|nd|rd|th|er|º|°|\.)?\s+(?:de\s+)?({MONTH})\b\.?,?(?:\s+(?:de\s+|del\s+)?((?:19|20)\d\d))?",
    re.IGNORECASE,
)
MONTH_FIRST = re.compile(rf"\b({MONTH})\b\.?\s+(\d\d?)(?:st|nd|rd|th)?\b(?:,?\s+((?:19|20)\d\d))?(?!\d)", re.IGNORECASE)
UNITS = {
    "minute": "minutes? mins? min minutos? minuten? minuti minuto 分 m",
    "hour": "hours? hrs? hr horas? heures? stunden? std ore ora 時間 h",
    "day": "days? días? dias? jours? tagen? tage tag giorni giorno 日 d",
    "week": "weeks? semanas? semaines? wochen? settiman[ae] 週間 w",
    "month": "months? meses mes mois monaten? monate monat mês mesi mese か月 ヶ月",
}
SPANS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
UNIT = "|".join(f"(?P<{name}>{'|'.join(forms.split())})" for name, forms in UNITS.items())
AGO = re.compile(
    rf"(?:^|\b)(?:(?:hace|il y a|vor|há)\s+(?:about\s+)?(\d+|an?|una?|une|einer?|einem|uma?|un)\s*(?:{UNIT})\b"
    rf"|(\d+|an?|un[oa]?)\s*(?:{UNIT.replace('?P<', '?P<x')})\s*(?:ago|fa|atrás|前))",
    re.IGNORECASE,
)
TODAY = re.compile(r"^(today|hoy|aujourd.hui|heute|hoje|oggi|今日|本日)\b", re.IGNORECASE)
YESTERDAY = re.compile(r"^(yesterday|ayer|hier|gestern|ontem|ieri|昨日)\b", re.IGNORECASE)


def read(text: str, now: datetime, language: str = "") -> datetime | None:
    """Return the first date in a short text, in UTC; None where there is none that is certain."""
    text = text[:LONGEST]
    for reader in (_iso, _eastern, _slashed, _named, _numbers, _relative):
        found = reader(text, now, language)
        if found is not None:
            return _sane(found, now)
    return None


def stated(value: object, now: datetime) -> datetime | None:
    """Read a machine's date: ISO 8601, or seconds or milliseconds since 1970, as a number or as text."""
    text = str(value).strip() if isinstance(value, (str, int, float)) else ""
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return _sane(datetime.fromtimestamp(int(text) / (1_000 if len(text) == 13 else 1), UTC), now)
    return read(text, now)


def _sane(when: datetime, now: datetime) -> datetime | None:
    return when if EARLIEST <= when <= now + timedelta(days=1) else None


def _day(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _iso(text: str, _now: datetime, _language: str) -> datetime | None:
    found = ISO.search(text)
    if not found:
        return None
    day = _day(int(found[1]), int(found[2]), int(found[3]))
    if day is None or not found[4]:
        return day
    try:
        when = datetime.fromisoformat(found[0].replace(" ", "T"))
    except ValueError:
        return day
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _eastern(text: str, _now: datetime, _language: str) -> datetime | None:
    found = EASTERN.search(text)
    return _day(int(found[1]), int(found[2]), int(found[3])) if found else None


def _slashed(text: str, _now: datetime, _language: str) -> datetime | None:
    found = SLASHED.search(text)
    return _day(int(found[1]), int(found[2]), int(found[3])) if found else None


def _named(text: str, now: datetime, _language: str) -> datetime | None:
    month_first, day_first = MONTH_FIRST.search(text), DAY_FIRST.search(text)
    if day_first and (not month_first or day_first.start() <= month_first.start()):
        return _with_year(day_first[3], MONTHS[day_first[2].lower()], int(day_first[1]), now)
    if month_first:
        return _with_year(month_first[3], MONTHS[month_first[1].lower()], int(month_first[2]), now)
    return None


def _with_year(year: str | None, month: int, day: int, now: datetime) -> datetime | None:
    if year:
        return _day(int(year), month, day)
    this = _day(now.year, month, day)
    return this if this is None or this <= now + timedelta(days=1) else _day(now.year - 1, month, day)


def _numbers(text: str, _now: datetime, language: str) -> datetime | None:
    found = NUMBERS.search(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    year += 2000 if year < 100 else 0
    if found[2] == "." or (language and language != "en") or first > 12 or first == second:
        return _day(year, second, first)
    return _day(year, first, second) if second > 12 else None


def _relative(text: str, now: datetime, _language: str) -> datetime | None:
    found = AGO.search(text)
    if found:
        number = found[1] or found[7]
        named = next(k.removeprefix("x") for k, v in found.groupdict().items() if v)
        count = int(number) if number.isdigit() else 1
        return now - SPANS[named] * count if count < 1_000 else None
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if TODAY.match(text):
        return midnight
    return midnight - timedelta(days=1) if YESTERDAY.match(text) else None
