"""The lines of one slot -> its sessions: which line is a title, a room, a person, an abstract."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from crawlers.spiders import parts
from pipeline.conferences import days, people
from pipeline.conferences.calendar import people_once
from pipeline.model import Session, Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from crawlers.spiders.lines import Line

ROOM = re.compile(
    r"\b(room|hall|stage|theat(?:er|re)|ballroom|auditorium|arena|pavilion|booth|lounge|atrium|terrace|level \d|floor \d|"
    r"sala|auditorio|escenario|aula|sal[oó]n|pabell[oó]n|saal|raum|bühne|halle|foyer|salle|scène|amphith\w+|"
    r"virtual|online|zoom|livestream)\b",
    re.IGNORECASE,
)
ROOM_LABEL = re.compile(
    r"^\s*(?:room|location|where|venue|stage|sala|lugar|dónde|raum|ort|salle|lieu)\s*:\s*", re.IGNORECASE
)
ROOM_HINT = re.compile(
    r"\b(room|location|venue|stage|sala|place|where)\b|(?:session|talk|event|agenda)[-_]+(?:room|location|venue|stage)"
)
PERSON_HINT = re.compile(r"speaker|presenter|person|author|ponente|panelist|performer|attendee|moderator")
WORK_HINT = re.compile(
    r"company|organi[sz]ation|affiliation|employer|worksfor|job|role|position|subtitle|title|bio-?line|cargo|empresa|firm"
)
NO_TITLE = re.compile(r"^(add to (my )?(calendar|agenda|schedule)|read more|learn more|view( session| details)?|details|register|more|watch( now)?|"
                      r"ver más|más información|mehr|en savoir plus|speakers?|ponentes?|abstract|location|room|track)\W*$", re.IGNORECASE)  # fmt: skip
LONG = 60  # characters of a line that may be an abstract
SESSIONS = 60  # sessions at most at one time


def sessions(
    inside: Sequence[Line], start: datetime | None, end: datetime | None, rest: str, base: str, room: str | None = None
) -> Iterator[Session]:
    """Yield the sessions that share a time; ``rest`` is what its line says besides, ``room`` what the column says."""
    if rest and is_room(rest, ""):
        room, rest = room or rest, ""
    lines = [line for line in inside if not days.is_time_only(line.text) and not NO_TITLE.match(line.text)]
    groups = _groups(lines) if not rest else [lines]
    for n, group in enumerate(groups[:SESSIONS]):
        if session := _session(group, start, end, rest if n == 0 else "", base, room):
            yield session


def _groups(lines: list[Line]) -> list[list[Line]]:
    """Part the lines at each further title: one that is marked like the first."""
    titles = [n for n, line in enumerate(lines) if line.marked > 1 and not people.is_name(line.text)]
    if titles:
        level = lines[titles[0]].heading
        titles = [n for n in titles if lines[n].heading == level]
    else:
        titles = _repeated(lines)
    if len(titles) < 2:
        return [lines]
    first = 0 if titles[0] <= 2 else titles[0]
    edges = [first, *titles[1:], len(lines)]
    return [lines[a:b] for a, b in pairwise(edges)]


def _repeated(lines: list[Line]) -> list[int]:
    """Return the bold or linked lines that open blocks of their own, side by side."""
    marked = [
        n
        for n, line in enumerate(lines)
        if line.marked == 1 and not _is_person(line) and not is_room(line.text, line.hints)
    ]
    blocks = {n: _block(lines[n]) for n in marked}
    if len(marked) < 2 or len({id(b) for b in blocks.values()}) < len(marked):
        return marked[:1]
    return marked if len({b.tag for b in blocks.values()}) == 1 else marked[:1]


def _block(line: Line):  # type: ignore[no-untyped-def]
    element = line.element
    while element.tag in ("a", "b", "strong", "span", "em") and element.getparent() is not None:
        element = element.getparent()
    return element


def _session(
    lines: Sequence[Line], start: datetime | None, end: datetime | None, rest: str, base: str, room: str | None
) -> Session | None:
    title_at = _title(lines) if not rest else None
    title = rest or (lines[title_at].text if title_at is not None else "")
    others = [line for n, line in enumerate(lines) if n != title_at]
    title, inline = _title_and_people(title) if not _has_people(others) else (title, ())
    if not title or not re.search(r"[^\W\d_]{2}", title):
        return None
    own = next((_room(line) for line in others if is_room(line.text, line.hints)), None)
    others = [line for line in others if not is_room(line.text, line.hints)]
    told = [*inline, *_people(others, lines[title_at] if title_at is not None else None, base)]
    url = lines[title_at].href if title_at is not None else None
    url = url or next(
        (
            line.href
            for line in others
            if line.href and not _is_person(line) and not line.href.startswith(("#", "mailto:"))
        ),
        None,
    )
    return Session(
        title=title[: parts.LONGEST_TITLE],
        start=start,
        end=end,
        room=own or room,
        abstract=_abstract(others),
        url=parts.address(url, base),
        speakers=people_once(told),
    )


def _title(lines: Sequence[Line]) -> int | None:
    best = [
        n for n, line in enumerate(lines) if line.marked and not _is_person(line) and not is_room(line.text, line.hints)
    ]
    if best:
        return max(best, key=lambda n: (lines[n].marked, -n))
    plain = (n for n, line in enumerate(lines) if not is_room(line.text, line.hints) and not _is_person(line))
    return next(plain, None)


def _title_and_people(text: str) -> tuple[str, tuple[Speaker, ...]]:
    """Part "Opening keynote — Ana Ruiz, CTO at Box" and "Opening keynote (Ana Ruiz, Box)"."""
    for pattern in (r"\s+[–—|]\s+", r"\s+-\s+", r":\s+", r"\s+(?:with|by|con|mit|avec|por)\s+(?=[A-ZÀ-Þ])"):
        cuts = list(re.finditer(pattern, text))
        for cut in cuts:
            found = people.speakers(text[cut.end() :])
            if found and all(p.affiliation or p.role for p in found):
                return text[: cut.start()].strip(), found
    if match := re.fullmatch(r"(.{4,}?)\s*\(([^()]+)\)", text):
        found = people.speakers(match[2])
        if found and all(p.affiliation for p in found):
            return match[1], found
    return text, ()


# ------------------------------------------------------------------ rooms
def is_room(text: str, hints: str) -> bool:
    """Tell whether a line names a room: by its label, by its word, or by what the page calls it."""
    if len(text) > 70 or re.search(r"[.!?]\s", text):
        return False
    if ROOM_LABEL.match(text) or ROOM_HINT.search(hints):
        return True
    return bool(ROOM.search(text)) and len(text.split()) <= 5 and not text.endswith("?")


def _room(line: Line) -> str:
    return ROOM_LABEL.sub("", line.text).strip(" ,|")


# ------------------------------------------------------------------ people
def _is_person(line: Line) -> bool:
    if PERSON_HINT.search(line.hints) or PERSON_HINT.search((line.href or "").lower()):
        return bool(people.speakers(line.text)) or people.LABEL.match(line.text) is not None
    if line.heading:
        return False
    found = people.speakers(line.text)
    return bool(found) and all(p.affiliation or p.role for p in found) and len(line.text) < people.LONGEST


def _has_people(lines: Sequence[Line]) -> bool:
    return any(_is_person(line) or people.is_name(line.text) for line in lines)


def _people(lines: Sequence[Line], title: Line | None, base: str) -> Iterator[Speaker]:
    skip: set[int] = set()
    for n, line in enumerate(lines):
        if n in skip or len(line.text) > 400:
            continue
        if people.is_name(line.text):
            about = list(_about(lines, n, title))
            skip.update(about)
            text = " | ".join([line.text, *(lines[k].text for k in about)])
            found: tuple[Speaker, ...] = tuple(p for p in (people.speaker(text),) if p)
        else:
            labelled = people.LABEL.match(line.text) is not None
            found = people.speakers(line.text)
            if not labelled and not PERSON_HINT.search(line.hints) and not all(p.affiliation or p.role for p in found):
                continue
        link = parts.address(line.href, base) if line.href and len(found) == 1 else None
        yield from (Speaker(p.name, p.affiliation, p.role, link or p.url) for p in found)


def _about(lines: Sequence[Line], n: int, title: Line | None) -> Iterator[int]:
    """Yield the lines after a name that tell what the person does: of the same card, two at most."""
    card = lines[n].element.getparent()
    own = card is not None and (title is None or not _is_inside(title, card))
    for k in range(n + 1, min(n + 3, len(lines))):
        line = lines[k]
        worded = bool(WORK_HINT.search(line.hints) or people.ROLE.search(line.text))
        same = own and _is_inside(line, card)
        # "Instituto Delta" reads like a name too: it is a company where it stands below a role or a marked name
        lower = same and (lines[n].marked > line.marked or people.ROLE.search(lines[k - 1].text) is not None)
        if _is_prose(line.text) or (people.is_name(line.text) and not worded and not lower) or not (same or worded):
            return
        yield k


def _is_inside(line: Line, element: object) -> bool:
    return any(e is element for e in line.element.iterancestors())


def _is_prose(text: str) -> bool:
    return len(text) > 120 or (len(text) > LONG and text.endswith((".", "?", "!")))


def cards(lines: Sequence[Line], base: str) -> list[Speaker]:
    """Return the people of a page of speakers: at least three names marked alike, each with what they do."""
    found: dict[tuple[str, str], list[Speaker]] = {}
    for n, line in enumerate(lines):
        if not people.is_name(line.text):
            continue
        about = list(_about(lines, n, None))
        person = people.speaker(" | ".join([line.text, *(lines[k].text for k in about)]))
        if person and (about or PERSON_HINT.search(line.hints)):
            link = parts.address(line.href, base)
            kind = (str(line.element.tag), line.hints)
            found.setdefault(kind, []).append(Speaker(person.name, person.affiliation, person.role, link))
    return [person for same in found.values() if len(same) >= 3 for person in same]


def _abstract(lines: Sequence[Line]) -> str | None:
    texts = [
        line.text
        for line in lines
        if len(line.text) >= LONG and len(line.text.split()) >= 8 and not people.LABEL.match(line.text)
    ]
    return max(texts, key=len)[: parts.LONGEST_TEXT] if texts else None
