"""Which edition and which session is which: the same one seen again, changed, or another one.

An edition is told from the next by its days. The same address may serve next year's agenda, so an address alone
identifies nothing. Sessions are paired by the calendar's uid, address, title and time, then by title alone, then by
time and room, so that a moved or renamed session stays the same one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline.conferences.names import person_key, words_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from datetime import date

    from pipeline.model import Edition, Session, Speaker

MOVED = timedelta(days=45)  # an edition put off within its year by no more is still the same one
APART = timedelta(days=45)  # a gap between sessions that parts two editions


# ------------------------------------------------------------------ editions
def same_edition(one: Edition, other: Edition) -> bool:
    """Tell whether two readings are of one edition: one conference, and days that overlap or moved a little.

    Without days on one side, a year in both keys or names must agree, and nothing else is known to differ.
    """
    if one.conference != other.conference:
        return False
    if one.start is None or other.start is None:
        return one.start is other.start
    if one.start <= (other.end or other.start) and other.start <= (one.end or one.start):
        return True
    near = abs(one.start - other.start) <= MOVED and one.start.year == other.start.year
    return near and words_key(one.city or "") == words_key(other.city or "")


def merged(editions: Iterable[Edition]) -> tuple[Edition, ...]:
    """Join readings of the same edition, the first speaking before the later; those without days join the only one."""
    found: list[Edition] = []
    undated: list[Edition] = []
    for edition in editions:
        if edition.start is None:
            undated.append(edition)
            continue
        at = next((n for n, known in enumerate(found) if same_edition(known, edition)), None)
        if at is None:
            found.append(edition)
        else:
            found[at] = _joined(found[at], edition)
    for edition in undated:
        if found:
            found[0] = _joined(found[0], edition)
        else:
            found.append(edition)
    return tuple(with_speakers(edition) for edition in found)


def with_speakers(edition: Edition) -> Edition:
    """Return an edition whose speakers are those of its sessions and its own, each once and as fully as known."""
    everyone = [p for session in edition.sessions for p in session.speakers]
    return replace(edition, speakers=people((*everyone, *edition.speakers)))


def _joined(one: Edition, other: Edition) -> Edition:
    sessions = joined_sessions(one.sessions, other.sessions)
    days = [d for d in (one.start, one.end, other.start, other.end) if d]
    same_days = one.end is not None
    return replace(
        one,
        start=one.start if same_days else min(days, default=None),
        end=one.end if same_days else max(days, default=None),
        city=one.city or other.city,
        country=one.country or other.country,
        url=one.url or other.url,
        online=one.online or other.online,
        topics=tuple(dict.fromkeys((*one.topics, *other.topics))),
        sessions=sessions,
        speakers=people((*one.speakers, *other.speakers)),
    )


def divided(sessions: Sequence[Session]) -> list[tuple[Session, ...]]:
    """Part sessions by gaps of more than 45 days; those without a time go to the first part."""
    timed = sorted((s for s in sessions if s.start), key=lambda s: s.start)  # type: ignore[arg-type,return-value]
    parts: list[list[Session]] = []
    for session in timed:
        last = parts[-1][-1].start if parts else None
        if last is None or (session.start and session.start - last > APART):
            parts.append([])
        parts[-1].append(session)
    loose = [s for s in sessions if not s.start]
    if loose:
        parts = [loose + parts[0], *parts[1:]] if parts else [loose]
    return [tuple(part) for part in parts]


def days_of(sessions: Iterable[Session]) -> tuple[date, date] | None:
    """Return the first and last day on which sessions begin, in their own zones."""
    days = sorted(s.start.date() for s in sessions if s.start)
    return (days[0], days[-1]) if days else None


# ------------------------------------------------------------------ people
def people(everyone: Iterable[Speaker]) -> tuple[Speaker, ...]:
    """Join speakers of one name; what the first leaves open, a later one fills in."""
    found: dict[str, Speaker] = {}
    for person in everyone:
        key = person_key(person.name)
        known = found.get(key)
        found[key] = person if known is None else replace(
            known,
            affiliation=known.affiliation or person.affiliation,
            role=known.role or person.role,
            url=known.url or person.url,
        )  # fmt: skip
    return tuple(found.values())


# ------------------------------------------------------------------ sessions
def joined_sessions(first: Sequence[Session], second: Sequence[Session]) -> tuple[Session, ...]:
    """Join two readings of one agenda; of a session in both, the first reading speaks first."""
    paired = {b: a for a, b in pair_sessions(first, second, by_place=False)}
    sessions = list(first)
    for n, session in enumerate(second):
        at = paired.get(n)
        if at is None:
            sessions.append(session)
        else:
            sessions[at] = _one_session(sessions[at], session)
    return tuple(sessions)


def _one_session(one: Session, other: Session) -> Session:
    return replace(
        one,
        start=one.start or other.start,
        end=one.end or other.end,
        room=one.room or other.room,
        abstract=max(one.abstract, other.abstract, key=lambda x: len(x or "")),
        url=one.url or other.url,
        uid=one.uid or other.uid,
        speakers=people((*one.speakers, *other.speakers)),
    )


def pair_sessions(
    known: Sequence[Session], fresh: Sequence[Session], *, by_place: bool = True
) -> list[tuple[int, int]]:
    """Return pairs of indices (known, fresh) of what is the same session, each at most once.

    ``by_place`` also pairs those that share time and room only: a session that was renamed.
    """
    rules: list[Callable[[Session], Hashable | None]] = [
        lambda s: s.uid,
        lambda s: s.url,
        lambda s: (words_key(s.title), s.start) if s.start else None,
        lambda s: words_key(s.title) or None,
    ]
    if by_place:
        rules.append(lambda s: (s.start, words_key(s.room)) if s.start and s.room else None)
    left, right = set(range(len(known))), set(range(len(fresh)))
    pairs: list[tuple[int, int]] = []
    for rule in rules:
        for a, b in _unique_pairs(rule, known, fresh, left, right):
            pairs.append((a, b))
            left.discard(a)
            right.discard(b)
    return pairs


def _unique_pairs(
    rule: Callable[[Session], Hashable | None],
    known: Sequence[Session],
    fresh: Sequence[Session],
    left: set[int],
    right: set[int],
) -> Iterator[tuple[int, int]]:
    """Yield pairs with the same mark, where the mark stands for one session on each side."""
    ours = {n: mark for n in sorted(left) if (mark := rule(known[n])) is not None}
    theirs = {n: mark for n in sorted(right) if (mark := rule(fresh[n])) is not None}
    often, again = Counter(ours.values()), Counter(theirs.values())
    places = {mark: n for n, mark in ours.items()}
    for n, mark in theirs.items():
        if often[mark] == 1 and again[mark] == 1:
            yield places[mark], n
