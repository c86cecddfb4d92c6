"""When an article was published: the best claim, how precise it is, and where it was found.

In order of trust: what the page states for machines, its own ``<time>``, what the feed said, the address, a date
that stands alone in the page, and last htmldate's guess (without its search through all numbers of the page).
Reads no clock: a claim is checked against the moment of fetching, where that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from htmldate import find_date

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from pipeline.model import Page, Precision

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)  # before the news web; zero dates are of the years 1 and 1970
_MARGIN = timedelta(days=2)  # clocks are wrong, and days begin earlier in the east
_FAR = datetime(2100, 1, 1, tzinfo=UTC)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene januar jänner jän janvier janv janeiro gennaio gen",
            "february feb febrero februar février févr fév fevereiro fev febbraio febb",
            "march mar marzo märz mär mrz mars março",
            "april apr abril abr avril avr aprile",
            "may mayo mai maio maggio mag",
            "june jun junio juni juin junho giugno giu",
            "july jul julio juli juillet juil julho luglio lug",
            "august aug agosto ago août aout agosto",
            "september sept sep septiembre setiembre set septembre setembro settembre sett",
            "october oct octubre oktober okt octobre outubro out ottobre ott",
            "november nov noviembre novembre novembro",
            "december dec diciembre dic dezember dez décembre déc dezembro dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_CLOCK = r"(?:[\sT,·|–—-]*(?:at|um|a\s+las?|à|às|alle|ore|@)?\s*(?P<h>\d{1,2})\s*[:.h]\s*(?P<m>\d{2})(?::\d{2})?(?:\.\d+)?\s*(?P<half>[ap]\.?\s?m\b\.?)?\s*(?:h|uhr)?\s*(?P<zone>Z\b|UTC|GMT|[+-]\d{2}:?\d{2}\b)?)?"
_ISO = re.compile(rf"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<mo>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?!\d){_CLOCK}", re.I)
_DAY_FIRST = re.compile(
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?\s*(?:de\s+|of\s+|-)?(?P<name>{_NAME})\b\.?,?\s*(?:de\s+|del\s+|-)?(?P<y>(?:19|20)\d\d)(?!\d){_CLOCK}",
    re.I,
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<name>{_NAME})\b\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d\d)(?!\d){_CLOCK}", re.I
)
_NUMBERS = re.compile(
    rf"(?<![\d./-])(?P<a>\d{{1,2}})(?P<sep>[./-])(?P<b>\d{{1,2}})(?P=sep)(?P<y>(?:19|20)\d\d)(?!\d){_CLOCK}", re.I
)
_IN_ADDRESS = re.compile(r"/(?P<y>(?:19|20)\d\d)[/-](?P<mo>\d{1,2}|[a-z]{3})[/-](?P<d>\d{1,2})(?=[/-]|$)", re.I)
_UPDATED = re.compile(
    r"updated|modified|actualizad|atualizad|aktualisiert|mis\s+à\s+jour|aggiornat|geändert|last\s+edited", re.I
)
_ELSEWHERE = ("nav", "footer", "aside", "li", "time")
_SMALL_ELEMENTS = ("time", "span", "p", "div", "small", "em", "i", "td", "address", "header", "b", "strong", "dd")
_MAX_LOOKED_AT = 1500
_HOLDS_A_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Dated:
    """A moment in the zone that the page gives (UTC where it gives none), how precise it is, and what said so."""

    published: datetime | None = None
    precision: Precision = "none"
    source: str | None = None


def published(tree: HtmlElement, page: Page, stated: Sequence[tuple[str, str]], language: str | None = None) -> Dated:
    """Take the first believable claim in the order of trust; nothing in the tree is changed."""
    latest = _zoned(page.fetched or _FAR) + _MARGIN
    for source, text in stated:
        if (found := moment(text, language)) and _EARLIEST < found[0] < latest:
            return Dated(*_sharper(found, stated, language), source)
    for source, found in _weaker(tree, page, language):
        if found and _EARLIEST < found[0] < latest:
            return Dated(*found, source)
    return _guessed(tree, latest)


def modified(page: Page, stated: Sequence[tuple[str, str]], first: Dated, language: str | None) -> datetime | None:
    """Return when the page says it was last changed; None where it says none, or a time before its publication."""
    latest = _zoned(page.fetched or _FAR) + _MARGIN
    since = (first.published or _EARLIEST).replace(hour=0, minute=0, second=0, microsecond=0)
    found = (moment(text, language) for _, text in stated)
    return next((when[0] for when in found if when and since <= when[0] < latest), None)


def moment(text: str, language: str | None = None) -> tuple[datetime, Precision] | None:
    """Read a date as the web writes it, in six languages; without a zone it is taken as UTC."""
    text = " ".join(text.split())[:120]
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return datetime.fromtimestamp(int(text[:10]), UTC), "time"
    if (exact := _exact(text)) is not None:
        return exact
    for pattern in (_ISO, _DAY_FIRST, _MONTH_FIRST, _NUMBERS):
        for match in pattern.finditer(text):
            if (found := _assembled(match, language)) is not None:
                return found
    return _american(text)


def _exact(text: str) -> tuple[datetime, Precision] | None:
    """ISO 8601 and the form of mail headers, by the standard library."""
    bare = re.sub(r"(?<=\d) (?=[+-]\d{2}:?\d{2}$)", "", text)
    try:
        read = datetime.fromisoformat(bare)
    except ValueError:
        if "," not in text[:5]:
            return None
        try:
            read = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    # midnight to the second is how systems without an hour write a day
    hour = re.search(r"\d[T ]\d|:\d\d", text) and not re.search(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:?00)?$", text)
    return _zoned(read), "time" if hour else "day"


def _zoned(read: datetime) -> datetime:
    """Keep the page's own zone: its day is the day on which readers there saw it."""
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def _assembled(match: re.Match[str], language: str | None) -> tuple[datetime, Precision] | None:
    part = match.groupdict()
    if "a" in part:
        a, b = int(part["a"]), int(part["b"])
        # 03/04/2024 is April in Europe; in English with slashes it is March, the American order
        american = part["sep"] == "/" and (language or "en") == "en"
        day, month = (b, a) if (american and a <= 12) or b > 12 else (a, b)
    else:
        day = int(part["d"])
        month = _MONTHS[part["name"].lower()] if part.get("name") else int(part["mo"])
    try:
        if not part["h"]:
            return datetime(int(part["y"]), month, day, tzinfo=UTC), "day"
        return _zoned(
            datetime(int(part["y"]), month, day, _hour(part), int(part["m"]), tzinfo=_zone(part["zone"]))
        ), "time"
    except ValueError:
        return None


def _hour(part: dict[str, str]) -> int:
    hour, half = int(part["h"]), (part["half"] or "").lower()
    if half.startswith("p"):
        return hour % 12 + 12
    return hour % 12 if half.startswith("a") else hour


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _american(text: str) -> tuple[datetime, Precision] | None:
    """Read the order of C's clock: ``Tue Nov 19 03:05:46 2019``, with or without a zone name."""
    match = re.search(
        rf"\b(?P<name>{_NAME})\b\s+(?P<d>\d{{1,2}})\s+(?P<h>\d\d):(?P<m>\d\d):\d\d\s+(?P<zone>UTC|GMT)?\s*(?P<y>\d{{4}})",
        text,
        re.I,
    )
    return _assembled_clock(match) if match else None


def _assembled_clock(match: re.Match[str]) -> tuple[datetime, Precision] | None:
    try:
        return datetime(
            int(match["y"]),
            _MONTHS[match["name"].lower()],
            int(match["d"]),
            int(match["h"]),
            int(match["m"]),
            tzinfo=UTC,
        ), "time"
    except ValueError:
        return None


def _sharper(
    found: tuple[datetime, Precision], stated: Sequence[tuple[str, str]], language: str | None
) -> tuple[datetime, Precision]:
    """Give a claim of only a day the hour of another claim of the same day."""
    if found[1] == "day":
        for _, text in stated:
            other = moment(text, language)
            if other and other[1] == "time" and other[0].date() == found[0].date():
                return other
    return found


# ------------------------------------------------------------------ without a statement for machines
def _weaker(
    tree: HtmlElement, page: Page, language: str | None
) -> Iterator[tuple[str, tuple[datetime, Precision] | None]]:
    yield "time element", _time_element(tree, language)
    if page.hint.published is not None:
        yield "feed", _told(_zoned(page.hint.published))
    yield "address", _of_address(page.url)
    seen = _visible(tree, language)
    yield "text", (seen[0], "day") if seen else None  # an hour for readers says no zone


def _told(when: datetime) -> tuple[datetime, Precision]:
    """Midnight sharp is how a feed or a listing gives a day."""
    return when, "time" if (when.hour, when.minute, when.second) != (0, 0, 0) else "day"


def _time_element(tree: HtmlElement, language: str | None) -> tuple[datetime, Precision] | None:
    """Find the article's own time: marked as such, or the first one that is in no list, menu or box."""
    marked, first = None, None
    for element in tree.iter("time"):
        words = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
        around = element.getparent()
        beside = f"{words} {around.text_content()[:200] if around is not None else ''}"
        if _UPDATED.search(beside) and not re.search("publish", words, re.I):
            continue
        found = moment(element.get("datetime") or element.text_content() or "", language)
        if (
            found
            and marked is None
            and (element.get("pubdate") is not None or re.search(r"publish|posted|entry-date", words, re.I))
        ):
            marked = found
        if found and first is None and next(element.iterancestors(*_ELSEWHERE), None) is None:
            first = found
    return marked or first


def _of_address(url: str) -> tuple[datetime, Precision] | None:
    match = _IN_ADDRESS.search(url)
    if match is None:
        return None
    month = int(match["mo"]) if match["mo"].isdigit() else _MONTHS.get(match["mo"].lower(), 0)
    try:
        return datetime(int(match["y"]), month, int(match["d"]), tzinfo=UTC), "day"
    except ValueError:
        return None


def _visible(tree: HtmlElement, language: str | None) -> tuple[datetime, Precision] | None:
    """Find the first short element whose text is little more than a date: a dateline or a byline."""
    for count, element in enumerate(tree.iter(*_SMALL_ELEMENTS)):
        if count > _MAX_LOOKED_AT:
            return None
        if len(element) > 6:
            continue
        text = " ".join(element.text_content().split())
        if len(text) > 120 or not _HOLDS_A_YEAR.search(text) or _UPDATED.search(text) or "©" in text:
            continue
        if next(element.iterancestors("nav", "footer", "aside", "li"), None) is not None:
            continue
        if (found := moment(text, language)) is not None:
            return found
    return None


def _guessed(tree: HtmlElement, latest: datetime) -> Dated:
    """Ask htmldate what it makes of the markup; "day" at best."""
    earliest, limit = _EARLIEST.date().isoformat(), min(latest, _FAR).date().isoformat()
    try:
        day = find_date(tree, extensive_search=False, original_date=True, min_date=earliest, max_date=limit)
        read = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) if day else None
    except Exception:  # noqa: BLE001 - a third party's guess on arbitrary pages: no guess is a fine answer
        return Dated()
    return Dated(read, "day", "htmldate") if read and read < latest else Dated()
