"""Agendas in plain HTML -> sessions, learnt from how the page is built, without a word about any site.

The rule: a line that names one day holds for what follows (or for the panel that it opens); a line that begins with
a time of day opens a slot; what belongs to the slot is the largest element around it that holds no other time, or,
in a flat list, what follows up to the next. In a slot each title (heading, else bold or linked line) is a session.
Tables are read by their columns in ``grid.py``.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from crawlers.spiders import grid, scope
from crawlers.spiders.lines import Line, lines
from pipeline.conferences import days
from pipeline.conferences.names import plain_letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element as Element

    from pipeline.model import Session

SLOTS = 2_000  # slots read of one page
SHORT = 90
EXTRA = re.compile(r"[^\W\d_]{3,}")
NUMBERED = re.compile(r"^(?:day|dia|tag|jour|giorno)\s+(\d{1,2})\b|^(\d{1,2})\.\s*tag\b")
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday lunes montag lundi segunda", "tuesday martes dienstag mardi terca", "wednesday miercoles mittwoch mercredi quarta",
            "thursday jueves donnerstag jeudi quinta", "friday viernes freitag vendredi sexta", "saturday sabado samstag samedi",
            "sunday domingo sonntag dimanche",
        )
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """What is known of the edition before its agenda is read: first and last day, and the zone of bare times."""

    start: date | None = None
    end: date | None = None
    year: int | None = None
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Slot:
    """A time on a page: where it stands among the lines, and what is left of its line."""

    at: int
    start: datetime | None
    end: datetime | None
    rest: str


def sessions(root: Element, frame: Frame, base: str) -> tuple[Session, ...]:
    """Return the sessions of a page; none where fewer than two lines tell a time."""
    alive = list(root.iter())  # lxml makes elements anew, with another id, once nothing refers to them
    every = lines(root)
    tabled = grid.tables(root, every)
    opened = panels(root, every, frame)
    days_at = list(_days(every, frame, opened))
    slots = list(_slots(every, days_at, frame))[:SLOTS]
    if len(slots) < 2:
        return ()
    found: list[Session] = []
    inside = {id(line.element) for table in tabled for line in table.lines}
    free = [slot for slot in slots if id(every[slot.at].element) not in inside]
    for table in tabled:
        found += grid.sessions(table, {id(every[s.at].element): s for s in slots}, base)
    found += _in_cards(every, free, days_at, base)
    del alive
    return _without_labels(sorted(found, key=lambda s: s.start or datetime.max.replace(tzinfo=UTC)))


# ------------------------------------------------------------------ days
def day_of(line: Line, frame: Frame) -> date | None:
    """Return the day that a line stands for: a date, a weekday or "Day 2" of the edition; None for other lines."""
    if len(line.text) > SHORT or days.hours_in(line.text):
        return None
    named = set(days.days_in(line.text, frame.year))
    plain = plain_letters(line.text).strip()
    if len(named) == 1:
        span = days.span_in(line.text, frame.year)
        extra = [
            w
            for w in EXTRA.findall(plain)
            if w not in WEEKDAYS and w not in days.MONTHS and w not in ("day", "dia", "tag", "jour", "del")
        ]
        return named.pop() if span and span[0] == span[1] and len(extra) <= 3 else None
    if named or frame.start is None or len(plain.split()) > 4:
        return None
    if match := NUMBERED.match(plain):
        return _within(frame, frame.start + timedelta(days=int(match[1] or match[2]) - 1))
    weekday = WEEKDAYS.get(plain.strip(" :.,"))
    return (
        _within(frame, frame.start + timedelta(days=(weekday - frame.start.weekday()) % 7))
        if weekday is not None
        else None
    )


def _within(frame: Frame, day: date) -> date | None:
    return day if frame.end is None or day <= frame.end else None


def panels(root: Element, every: Sequence[Line], frame: Frame) -> dict[Element, date]:
    """Return the panels that tabs with a day's name open, by their ids."""
    wanted: dict[str, date] = {}
    for line in every:
        if day := day_of(line, frame):
            for element in (
                line.element,
                *list(line.element.iterancestors())[:2],
                *line.element.iterdescendants("a", "button"),
            ):
                for name in ("href", "aria-controls", "data-target", "data-bs-target", "data-tab"):
                    target = element.get(name) or ""
                    if name != "href" or target.startswith("#"):
                        wanted.setdefault(target.lstrip("#"), day)
    wanted.pop("", None)
    return {e: wanted[e.get("id")] for e in root.xpath("//*[@id]") if e.get("id") in wanted}


def _days(every: Sequence[Line], frame: Frame, opened: Mapping[Element, date]) -> Iterator[tuple[date | None, bool]]:
    """Yield, for each line, the day that holds there and whether the line itself names it."""
    day: date | None = None
    panel: Element | None = None
    for line in every:
        inside = next((e for e in line.element.iterancestors() if e in opened), None) if opened else None
        if inside is not None and inside is not panel:
            day = opened[inside]
        panel = inside
        named = day_of(line, frame)
        day = named or day
        yield day, named is not None


# ------------------------------------------------------------------ times
def _slots(every: Sequence[Line], days_at: Sequence[tuple[date | None, bool]], frame: Frame) -> Iterator[Slot]:
    last: Slot | None = None
    for n, line in enumerate(every):
        slot = _slot(n, line, days_at[n][0], frame)
        if slot is None:
            continue
        if last and _is_its_end(every, last, slot):
            last = replace(last, end=slot.start, rest=last.rest or slot.rest)
            continue
        if last:
            yield last
        last = slot
    if last:
        yield last


def _is_its_end(every: Sequence[Line], last: Slot, slot: Slot) -> bool:
    """Tell whether a time is the end of the one right before it, as in two <time> side by side."""
    together = every[last.at].element.getparent() is every[slot.at].element.getparent()
    return (
        slot.at == last.at + 1
        and together
        and last.end is None
        and not last.rest
        and every[slot.at].element.tag in ("time", "span")
    )


def _slot(n: int, line: Line, day: date | None, frame: Frame) -> Slot | None:
    told = [days.moment(text, frame.zone) for text in line.moments]
    clock = [when for when, _ in told if when]
    rest = time_taken_off(line.text)
    if clock and (rest is not None or len(line.text) < SHORT):
        return Slot(n, clock[0], clock[1] if len(clock) > 1 else _end(line.text, clock[0]), rest or "")
    if rest is None:
        return None
    own = days.days_in(line.text, frame.year)
    hours = days.hours_in(line.text)
    day = own[0] if own else next((d for _, d in told if d), day or frame.start)
    if day is None or hours is None:
        return Slot(n, None, None, rest) if hours else None
    return Slot(n, *days.at(day, hours, days.zone_in(line.text) or frame.zone), rest)


def _end(text: str, start: datetime) -> datetime | None:
    hours = days.hours_in(text)
    return (
        days.at(start.date(), (start.timetz().replace(tzinfo=None), hours[1]), start.tzinfo or UTC)[1]
        if hours and hours[1]
        else None
    )


def time_taken_off(text: str) -> str | None:
    """Return what is left of a line that begins with a time of day (or a short one that holds it); None for others."""
    match = next((m for m in days.CLOCK.finditer(text) if days.hours_in(m[0])), None)
    if match is None:
        return None
    before, after = text[: match.start()].strip(" |·•,–—-@:()"), text[match.end() :]
    after = re.sub(r"^\s*\(?(?:[A-Z]{2,4}T?|(?:UTC|GMT)[+\-−]\d+|Uhr|hrs?|h)\)?(?=\W|$)", "", after).strip(
        " |·•,–—-:()"
    )
    if not before or days.days_in(before, 2000) or plain_letters(before).strip(" ,") in WEEKDAYS:
        return after
    return (
        f"{before} {after}".strip()
        if len(text) <= 60 and not after and len(before.split()) <= 4 and scope.ROOM.search(before)
        else None
    )


# ------------------------------------------------------------------ cards and lists
def _in_cards(
    every: Sequence[Line], slots: Sequence[Slot], days_at: Sequence[tuple[date | None, bool]], base: str
) -> Iterator[Session]:
    stops = {slot.at for slot in slots}
    marks = stops | {n for n, (_, named) in enumerate(days_at) if named}
    marked = Counter(id(e) for n in marks for e in (every[n].element, *every[n].element.iterancestors()))
    ordered = sorted(marks)
    for slot in slots:
        inside = _card(every, slot, marked)
        if not _tells(inside, every[slot.at]):
            k = bisect(ordered, slot.at)
            following = next(iter(ordered[k : k + 1]), len(every))
            inside = _flat(every, slot, following, named=days_at[slot.at - 1][1])
        yield from scope.sessions(inside, slot.start, slot.end, slot.rest, base)


def _card(every: Sequence[Line], slot: Slot, marked: Mapping[int, int]) -> list[Line]:
    """Return the lines of the largest element around a slot that holds no other time or day."""
    element = every[slot.at].element
    while (
        (parent := element.getparent()) is not None
        and marked[id(parent)] <= 1
        and parent.tag not in ("main", "body", "html")
    ):
        element = parent
    first = last = slot.at
    while first > 0 and _is_in(every[first - 1].element, element):
        first -= 1
    while last + 1 < len(every) and _is_in(every[last + 1].element, element):
        last += 1
    return [line for n, line in enumerate(every[first : last + 1], start=first) if n != slot.at]


def _is_in(element: Element, outer: Element) -> bool:
    return element is outer or any(e is outer for e in element.iterancestors())


def _tells(inside: Sequence[Line], own: Line) -> bool:
    return any(line.marked or EXTRA.search(line.text) for line in inside if line is not own)


def _flat(every: Sequence[Line], slot: Slot, following: int, *, named: bool) -> list[Line]:
    """Return what follows a time up to the next; a heading right before the time that names no day goes with it."""
    inside = list(every[slot.at + 1 : following])
    before = every[slot.at - 1] if slot.at and not named else None
    if (
        before is not None
        and before.heading >= 2
        and not slot.rest
        and not any(line.heading == before.heading for line in inside[:-1])
    ):
        if inside and inside[-1].heading == before.heading:
            inside.pop()
        if not any(line.heading for line in inside):
            return [before, *inside]
    return inside


def _without_labels(found: Sequence[Session]) -> tuple[Session, ...]:
    """Take out "speakers" without affiliation whom four sessions or more have: names of tracks and levels."""
    often = Counter(p.name for s in found for p in s.speakers if not (p.affiliation or p.role or p.url))
    return tuple(
        replace(s, speakers=tuple(p for p in s.speakers if p.affiliation or p.role or p.url or often[p.name] < 4))
        for s in found
    )
