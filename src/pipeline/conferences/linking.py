"""Which editions of conferences an article belongs to, how, and in words why.

The rules, the first that holds for an edition counts: the address of one of its sessions (from the conference's own
source); a name of the conference with a year, which wins over the article's date; a name without a year, in the days
around an edition; a speaker of it on some stage, on its very days. A name that is an ordinary word, or that is known
from a list only, needs a further sign: the organiser, a year, the city, a speaker, or a word such as "conference".
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pipeline.conferences.names import person_key, plain_letters, words_key
from pipeline.conferences.naming import Named, Names, event_word_near, names_of
from pipeline.model import EditionLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from pipeline.model import Article, Edition

VERSION = 1
BEFORE, AFTER = timedelta(days=60), timedelta(days=90)
ECHO = timedelta(days=7)  # days after the end in which a speaker alone still points to an edition
TRANSCRIPT = re.compile(
    r"transcri(pt|ption|pción|pcion|to)|recording|grabaci[oó]n|mitschnitt|enregistrement|full (video|session)",
    re.IGNORECASE,
)
OPENING = 40_000  # characters of an article that are read
MENTIONS = 12  # of one conference that are weighed
MOST = 5  # editions an article may belong to
SPOKE = re.compile(
    r"\b(keynotes?|panel|on ?stage|took the stage|main stage|audience|attendees|fireside|conference|summit|session|"
    r"ponencia|ponente|escenario|conferencia|congreso|cumbre|mesa redonda|asistentes|auditorio|charla|"
    r"bühne|konferenz|podium|vortrag|publikum|kongress|scène|conférence|table ronde|salon|tribune)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An edition that an article may belong to, with what its conference is called.

    ``followed`` conferences stand in the catalogue, the others in an imported list. ``sessions`` maps addresses of
    sessions to titles.
    """

    edition: Edition
    names: tuple[str, ...]
    organiser: str | None = None
    followed: bool = True
    sessions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cues:
    """What is known of an article besides its text: its source's conference and the speakers of its quotes."""

    own: str | None = None
    quoted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Candidates in the order in which articles look for them; built once, it serves a batch of articles."""

    names: Names
    editions: Mapping[str, Sequence[Candidate]]  # by conference
    peopled: Sequence[Candidate]


def shelf(candidates: Iterable[Candidate]) -> Shelf:
    """Sort candidates by the names and conferences that they have."""
    editions: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        editions[candidate.edition.conference].append(candidate)
    every = [c for same in editions.values() for c in same]
    names = Names.of((c.edition.conference, name) for c in every for name in c.names)
    return Shelf(names, editions, [c for c in every if c.edition.speakers])


def link(article: Article, cues: Cues, known: Shelf) -> tuple[EditionLink, ...]:
    """Return the editions that an article belongs to, the surest first; five at most."""
    found: dict[str, EditionLink] = {}
    text = f"{article.title}\n{article.text[:OPENING]}"
    day = article.when.date() if article.when else None
    for candidate in known.editions.get(cues.own or "", ()):
        if told := _own(article, candidate):
            found[told.edition] = told
    for told in _named(article.id, text, day, known):
        found.setdefault(told.edition, told)
    if not found and day:
        for told in _spoken(article.id, text, day, cues, known.peopled):
            found.setdefault(told.edition, told)
    return tuple(sorted(found.values(), key=lambda x: (-x.score, x.edition))[:MOST])


# ------------------------------------------------------------------ the conference's own pages
def _own(article: Article, candidate: Candidate) -> EditionLink | None:
    edition = candidate.edition
    title = candidate.sessions.get(article.url)
    why = "its address is that of the session" if title is not None else "its title is that of the session"
    score = 1.0
    if title is None:
        bare = words_key(article.title)
        title = next((t for t in candidate.sessions.values() if len(t) > 12 and words_key(t) in bare), None)
        score = 0.9
    if title is None:
        return None
    recorded = TRANSCRIPT.search(article.title) or TRANSCRIPT.search(article.url)
    how: Literal["session", "transcript"] = "transcript" if recorded else "session"
    return EditionLink(article.id, edition.key, how, score, f"{why} {title!r}")


# ------------------------------------------------------------------ names
def _named(article: int, text: str, day: date | None, known: Shelf) -> Iterator[EditionLink]:
    mentions: dict[str, list[Named]] = defaultdict(list)
    for mention in names_of(text, known.names, day):
        if len(mentions[mention.conference]) < MENTIONS:
            mentions[mention.conference].append(mention)
    for conference, named in mentions.items():
        yield from _of_conference(article, text, day, named, known.editions[conference])


def _of_conference(
    article: int, text: str, day: date | None, mentions: Sequence[Named], editions: Sequence[Candidate]
) -> Iterator[EditionLink]:
    """Yield the editions of one conference that its mentions mean; a year told before holds for the bare ones after."""
    told: int | None = None
    for mention in mentions:
        told = mention.year or told
        if told is not None:
            for candidate in _in_year(editions, told, text, day):
                score = _sure(text, mention, candidate, 0.95)
                why = f"names {mention.text!r}" + ("" if mention.year else f" after telling the year {told}")
                if score:
                    yield EditionLink(article, candidate.edition.key, "coverage", score, why)
        elif day and (near := _nearest(editions, day)):
            score = _sure(text, mention, near, 0.9 if mention.at < 200 else 0.8)
            if score:
                why = f"names {mention.text!r} {_distance(near.edition, day)}"
                yield EditionLink(article, near.edition.key, "coverage", score, why)


def _in_year(editions: Sequence[Candidate], year: int, text: str, day: date | None) -> list[Candidate]:
    """Return the edition of a year; of several, those whose city the text names, else the one nearest in time."""
    found = [c for c in editions if c.edition.start and c.edition.start.year == year]
    if len(found) <= 1:
        return found
    placed = [c for c in found if _names_city(text, c)]
    if placed:
        return placed[:1]
    return [min(found, key=lambda c: abs((c.edition.start or day) - day))] if day else []


def _nearest(editions: Iterable[Candidate], day: date) -> Candidate | None:
    """Return the edition in whose days, or nearest to them, an article was written; None far from all."""

    def away(candidate: Candidate) -> timedelta | None:
        start, end = candidate.edition.start, candidate.edition.end or candidate.edition.start
        if start is None or end is None or not start - BEFORE <= day <= end + AFTER:
            return None
        return max(start - day, day - end, timedelta(0))

    near = [(gap, c.edition.key, c) for c in editions if (gap := away(c)) is not None]
    return min(near, key=lambda x: x[:2])[2] if near else None


def _distance(edition: Edition, day: date) -> str:
    start, end = edition.start or day, edition.end or edition.start or day
    if day < start:
        return f"{(start - day).days} days before it"
    return "during its days" if day <= end else f"{(day - end).days} days after it"


def _sure(text: str, mention: Named, candidate: Candidate, score: float) -> float | None:
    """Return how sure a mention is; None where a name that needs a further sign has none."""
    if candidate.followed and not mention.ordinary:
        return score
    if candidate.organiser and _near(text, mention, candidate.organiser):
        return score - 0.05
    if mention.year and mention.adjacent:
        return score - 0.1
    if mention.opens_sentence and mention.ordinary:
        return None
    if event_word_near(text, mention.at, mention.end):
        return score - 0.2
    if candidate.organiser and _full_name(text, candidate.organiser):
        return score - 0.2
    if _names_city(text, candidate) and not mention.ordinary:
        return score - 0.2
    return score - 0.25 if any(_full_name(text, p.name) for p in candidate.edition.speakers) else None


def _near(text: str, mention: Named, organiser: str) -> bool:
    around = text[max(mention.at - 60, 0) : mention.end + 60]
    words = [organiser, *(w for w in organiser.split()[:1] if len(w) > 3)]
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", around) for word in words)


def _names_city(text: str, candidate: Candidate) -> bool:
    city = (candidate.edition.city or "").partition(",")[0]
    return (
        len(city) > 3 and re.search(rf"(?<!\w){re.escape(plain_letters(city))}(?!\w)", plain_letters(text)) is not None
    )


# ------------------------------------------------------------------ speakers
def _spoken(article: int, text: str, day: date, cues: Cues, candidates: Sequence[Candidate]) -> Iterator[EditionLink]:
    """Yield editions whose speakers stand on a stage in the text, on its days or within a week."""
    for candidate in candidates:
        start, end = candidate.edition.start, candidate.edition.end or candidate.edition.start
        if start is None or end is None or not start <= day <= end + ECHO:
            continue
        people = [p for p in candidate.edition.speakers if len(p.name) > 6 and p.name in text]
        staged = [p for p in people if _on_stage(text, p.name) or _quoted_on_stage(text, p.name, cues)]
        if not staged:
            continue
        person = staged[0]
        signs = [_names_city(text, candidate), len(staged) > 1]
        signs += [bool(p.affiliation and _full_name(text, p.affiliation)) for p in staged[:1]]
        score = min(0.5 + 0.1 * sum(signs), 0.75)
        who = person.name + (f" ({person.affiliation})" if person.affiliation else "")
        yield EditionLink(
            article,
            candidate.edition.key,
            "coverage",
            score,
            f"its speaker {who} is on stage {_distance(candidate.edition, day)}",
        )


def _full_name(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _on_stage(text: str, name: str) -> bool:
    """Tell whether a name stands in one sentence with a word of the stage."""
    for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
        start = max(text.rfind(mark, 0, match.start()) for mark in (". ", "! ", "? ", "\n"))
        ends = [at for mark in (". ", "! ", "? ", "\n") if (at := text.find(mark, match.end())) >= 0]
        if SPOKE.search(text[start + 1 : min(ends, default=len(text))]):
            return True
    return False


def _quoted_on_stage(text: str, name: str, cues: Cues) -> bool:
    quoted = any(person_key(q) == person_key(name) for q in cues.quoted)
    return quoted and SPOKE.search(text) is not None
