"""Where a text names a conference, with which year, and whether the name needs a further sign.

Names are looked up word by word, the longest first, so that the cost does not grow with the list of conferences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.conferences.names import plain_letters, slug

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

TOKEN = re.compile(r"\w*?[^\W\d_]{2,}(?=\d\d\b)|\w+|[^\w\s]")  # "MWC26" is a name and its year
YEARS = re.compile(r"[\s,'’-]*\b(?:19|20)\d\d\b|\s*['’]\d\d\b|(?<=[A-Z])\d\d$")
EVENT = re.compile(
    r"\b(conference|summit|keynotes?|event|stage|attendees|expo|trade show|annual|sessions?|booth|speakers?|speaking at|spoke at|unveiled at|announced at|"
    r"conferencia|congreso|cumbre|evento|feria|ponencias?|ponentes?|escenario|asistentes|"
    r"konferenz|messe|kongress|veranstaltung|bühne|keynote|conférence|salon|congrès|événement|scène)\b",
    re.IGNORECASE,
)
# Words of everyday language that conferences are called by; written alone they mean nothing yet.
ORDINARY = frozenset(
    (
        "ignite", "build", "connect", "front", "next", "inspire", "transform", "converge", "discover", "elevate", "disrupt",
        "summit", "reinvent", "relate", "evolve", "velocity", "strange loop", "write", "lead", "craft", "code", "config",
        "render", "refresh", "reactive", "remote", "signal", "sapphire", "think", "team", "unite", "insight", "insights",
        "ascend", "imagine", "innovate", "accelerate", "momentum", "horizon", "pulse", "spark", "shift", "focus", "future",
        "forward", "frontiers", "horizons", "impact", "level", "link", "make", "match", "merge", "mosaic", "network", "now",
        "open", "origin", "perform", "pioneers", "plus", "power", "prime", "progress", "push", "reach", "rise", "rocket",
        "scale", "scope", "sense", "slush", "solve", "source", "stack", "start", "step", "storm", "stream", "strive", "swift",
        "symphony", "sync", "synergy", "tomorrow", "up", "vision", "voices", "wave", "web", "world", "zoom", "vector", "join",
        "go", "dash", "breakpoint", "beam", "empower", "explore", "expand", "engage", "relay", "devs", "data", "ai", "goto",
        "i/o", "gtc", "ces", "ifa", "next conference", "interact", "collision", "knowledge", "enterprise connect", "max",
        "made", "dreamforce world tour", "universe", "galaxy", "cloud next", "compute", "all hands", "design matters",
    )
)  # fmt: skip
# Names of catalogues that are initials everyone in the field reads as the conference.
CAPITALS = re.compile(r"^[A-Z][A-Z0-9]{2,}$")
AFTER_NAME = re.compile(
    r"^\s*[,(:]?\s*(?:(?:in|of|de|del|en|edition|edición|im|en su edición de)\s+)*(?:[A-Za-z]{3,10}\s+(?:\d{1,2}[–-]?\d{0,2},?\s+)?)?(20\d\d)\b"
)
SHORT_YEAR = re.compile(r"^\s?['’](\d\d)\b|^(\d\d)\b")
BEFORE_NAME = re.compile(
    r"(?<!since )(?<!desde )(?<!seit )(?<!depuis )(?<!\d)(20\d\d)(?:['’]s)?,?\s+(?:edition of |edición de[l]? |ausgabe der |édition de )?(?:the |la |el |der |die |das |le )?$",
    re.IGNORECASE,
)
LAST_YEAR = re.compile(r"(last year['’]s|last year at|el año pasado en( el| la)?|letztjährigen?|l['’]an(née)? dernière? (à|au))\s*(\w+\s+){0,2}$|^\s*(last year|el año pasado|letztes jahr|l['’]an dernier|l['’]année dernière)\b", re.IGNORECASE)  # fmt: skip
NEXT_YEAR = re.compile(
    r"next year['’]s\s*(\w+\s+){0,2}$|^\s*(next year|el próximo año|nächstes jahr|l['’]an prochain)\b", re.IGNORECASE
)
NEAR = 90  # characters around a name in which an event word counts


@dataclass(frozen=True, slots=True)
class Named:
    """A conference named at a place in a text; ``adjacent`` where a year stands right beside it."""

    conference: str
    text: str
    at: int
    end: int
    ordinary: bool
    year: int | None = None
    adjacent: bool = False
    opens_sentence: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """Names by their first word: (words, conference, whether ordinary), the longest first."""

    by_first: dict[str, list[tuple[tuple[str, ...], str, bool]]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Names:
        """Build the table from (conference, name); years at the end of a name are no part of it."""
        found: dict[str, list[tuple[tuple[str, ...], str, bool]]] = {}
        for conference, name in dict.fromkeys((key, YEARS.sub("", name).strip()) for key, name in pairs):
            words = tuple(TOKEN.findall(plain_letters(name)))
            if words and len("".join(words)) > 1:
                entry = (words, conference, is_ordinary(name))
                known = found.setdefault(words[0], [])
                if entry not in known:
                    known.append(entry)
        for known in found.values():
            known.sort(key=lambda entry: -len(entry[0]))
        return cls(found)


def is_ordinary(name: str) -> bool:
    """Tell whether a name is an everyday word, or too short to mean one thing."""
    plain = plain_letters(name).strip()
    if CAPITALS.match(name):
        return len(name) < 4 and name not in ("CES", "MWC", "IFA", "GTC")
    return plain in ORDINARY or len(plain) < 4


def names_of(text: str, names: Names, day: date | None) -> Iterator[Named]:
    """Yield every conference named in a text, in order; a name begins with a capital (or a digit) in the text."""
    parts = list(TOKEN.finditer(text))
    plain = [plain_letters(part[0]) for part in parts]
    at = 0
    while at < len(parts):
        hit = next((entry for entry in names.by_first.get(plain[at], ()) if _is_here(entry[0], parts, plain, at)), None)
        if hit is None:
            at += 1
            continue
        first, last = parts[at], parts[at + len(hit[0]) - 1]
        for words, conference, ordinary in names.by_first[plain[at]]:
            if words == hit[0]:  # two conferences of one name: both are meant, their days decide
                yield _named(text, first.start(), last.end(), conference, ordinary, day)
        at += len(hit[0])


def _is_here(words: tuple[str, ...], parts: list[re.Match[str]], plain: list[str], at: int) -> bool:
    if tuple(plain[at : at + len(words)]) != words:
        return False
    span = parts[at : at + len(words)]
    text = span[0].string[span[0].start() : span[-1].end()]
    capitals = [p[0] for p in span if p[0][0].isalpha()]
    if "\n" in text or not capitals or not any(c[0].isupper() or any(x.isupper() for x in c) for c in capitals[:1]):
        return bool(capitals) and text.startswith("re:")  # re:Invent
    follows = span[0].string[span[-1].end() : span[-1].end() + 1]
    return follows not in ("@",)


def _named(text: str, start: int, end: int, conference: str, ordinary: bool, day: date | None) -> Named:
    year, adjacent = _year(text, start, end, day)
    short = SHORT_YEAR.match(text[end : end + 4])
    shown = text[start : end + (short.end() if short else 0)]
    if adjacent and not short and (after := AFTER_NAME.match(text[end : end + 40])):
        shown = text[start : end + after.end()]
    opens = start == 0 or re.search(r"(^|[.!?:\n»”\"]\s*|^\s*[-•]\s*)$", text[max(start - 3, 0) : start]) is not None
    return Named(conference, " ".join(shown.split()), start, end, ordinary, year, adjacent, opens)


def _year(text: str, start: int, end: int, day: date | None) -> tuple[int | None, bool]:
    """Return the year that a text gives to a name beside it, and whether as a number."""
    after, before = text[end : end + 45], text[max(start - 45, 0) : start]
    if match := AFTER_NAME.match(after):
        return int(match[1]), True
    if match := SHORT_YEAR.match(after):
        return 2000 + int(match[1] or match[2]), True
    if match := BEFORE_NAME.search(before):
        return int(match[1]), True
    if day and (LAST_YEAR.search(before) or LAST_YEAR.search(after)):
        return day.year - 1, False
    if day and (NEXT_YEAR.search(before) or NEXT_YEAR.search(after)):
        return day.year + 1, False
    return None, False


def event_word_near(text: str, start: int, end: int) -> bool:
    """Tell whether a word such as "conference" or "keynote" stands near a place in the text."""
    return (
        EVENT.search(text[max(start - NEAR, 0) : start]) is not None or EVENT.search(text[end : end + NEAR]) is not None
    )


def years_named(text: str, limit: int = 300) -> tuple[str, ...]:
    """Return the keys that editions named with their year would have: "RubyConf Kenya 2019" -> "kenya-2019" and so on."""
    found: dict[str, None] = {}
    for match in re.finditer(r"(?<!\w)20\d\d\b", text):
        words = text[max(match.start() - 80, 0) : match.start()].split()[-6:]
        for n in range(1, len(words) + 1):
            if words[-n][0].isupper() or words[-n][0].isdigit() or words[-n].startswith("re:"):
                found.setdefault(f"{slug(' '.join(words[-n:]))}-{match[0]}")
        if len(found) >= limit:
            break
    return tuple(found)
