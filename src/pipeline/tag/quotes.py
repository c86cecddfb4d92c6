"""Quotes and their speakers: the marks of six languages, words of speech around them, and simple indirect speech.

Rules only. A quote is what stands between marks and is long enough to be somebody's words; who says it is read off the
clause before or after, and a pronoun stands for the last speaker named. Offsets leave the marks out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline.model import Quote, Span
from pipeline.tag.speech import ARTICLES, PRONOUNS, SOURCES, STARTERS, SUBJECTLESS, THAT, VERBS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Article

LIMIT = 200  # quotes kept of one article
READ = 100_000  # characters read
LONGEST = 2_500
MARKED = (
    r"«(?P<a>[^«»\n]+)»",
    r"“(?P<b>[^“”\n]+)”",
    r"„(?P<c>[^„“”\n]+)[“”]",
    r"(?<![\w»])»(?P<d>[^«»\n]+)«(?!\w)",
    r"(?<!\w)\"(?P<e>[^\"\n]+)\"(?!\w)",
    r"(?<![\w’])‘(?P<f>[^‘\n]{12,}?)’(?!\w)",
    r"(?<![\w'])'(?P<g>[^'\n]+(?:'\w[^'\n]*)*)'(?!\w)",
    r"(?m:^)“(?P<h>[^“”\n]+)$(?=\n+“)",
)
MARKS = re.compile("|".join(MARKED))
WORD = r"[^\W\d_][\w’'\-]*"
CAPITAL = r"[A-ZÀ-ÖØ-ÞŁŚŠŽČĐİ][\w’'\-]*"
NAME = re.compile(
    rf"(?:(?:Mr|Mrs|Ms|Dr|Prof|Sr|Sra|Dra|Herr|Frau|M|Mme)\.?\s)?(?:{CAPITAL}|[A-Z]\.)"
    rf"(?:[ \u00a0](?:(?:de|del|de la|de los|von|van|van der|van den|der|da|dos|das|do|di|du|al|bin|el|le|ter|zu|y|e)[ \u00a0])?(?:{CAPITAL}|[A-Z]\.))*"
)
CLAUSE = re.compile(r"[.!?\n,;:«»“”\"„]")
STOP = re.compile(r"[.!?…](?=\s|$)|\n")
TITLES = ("Mr", "Mrs", "Ms", "Dr")
REACH = 800  # characters back in which a pronoun finds its name
SHORT = 4  # words from which marked text counts as a quote without a word of speech beside it


@dataclass(frozen=True, slots=True)
class _Words:
    """The patterns of one language."""

    verb: re.Pattern[str]
    source: re.Pattern[str]
    pronoun: re.Pattern[str]
    phrase: re.Pattern[str]
    indirect: re.Pattern[str]
    subjectless: bool
    nouns: bool  # nouns are capital: one capital word after an article is no name


@dataclass(frozen=True, slots=True)
class _Found:
    """A speaker as it stands in the text: a name, a phrase like "a founder", or a pronoun still to be resolved."""

    start: int
    end: int
    pronoun: bool = False


def quotes(article: Article, language: str | None = None) -> tuple[Quote, ...]:
    """Return the quotes of an article's text in order, direct and indirect, with their speakers where it says so."""
    text, words = article.text[:READ], _words(language or "")
    found: list[Quote] = []
    last: Span | None = None  # the last speaker named
    block, previous = -1, None  # the paragraph of the previous quote, and its speaker
    marked = list(_marked(text))
    for n, (start, end, outer) in enumerate(marked[:LIMIT]):
        before = marked[n - 1][2][1] if n else 0
        after = marked[n + 1][2][0] if n + 1 < len(marked) else len(text)
        said, spoken = _speaker(text, (max(before, 0), *outer, after), words)
        if not (spoken and said) and len(text[start:end].split()) < SHORT:
            continue
        here = text.count("\n", 0, start)
        speaker = _resolved(text, said, last, outer[0])
        if said is None and here == block and previous and (spoken or text[start].isupper()):
            speaker = previous
        elif said is None and spoken and words.subjectless:
            speaker = _named(text, outer[0], last)
        if speaker is not None:
            last = speaker
        block, previous = here, speaker
        found.append(Quote(article.id, start, end, text[start:end], speaker))
    found += _indirect(article.id, text, words, [outer for _, _, outer in marked])
    return tuple(sorted(found, key=lambda q: q.start)[:LIMIT])


def _marked(text: str) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Inner start and end of what stands between marks, and the outer ones."""
    for match in MARKS.finditer(text):
        inner = match.group(match.lastgroup or 0)
        start = match.start(match.lastgroup or 0) + len(inner) - len(inner.lstrip())
        end = start + len(inner.strip())
        if len(inner.split()) > 1 and end - start <= LONGEST:
            yield start, end, match.span()


def _resolved(text: str, said: _Found | None, last: Span | None, at: int) -> Span | None:
    if said is None:
        return None
    return _named(text, at, last) if said.pronoun else Span(said.start, said.end, text[said.start : said.end])


def _named(text: str, at: int, last: Span | None) -> Span | None:
    """Return the person a pronoun before ``at`` stands for: the last speaker, or a full name that came after them."""
    low = max(last.end if last else 0, at - REACH)
    names = [_Found(m.start(), m.end()) for m in NAME.finditer(text, low, at) if " " in m.group()]
    people = [n for n in (_trimmed(text, n) for n in names) if " " in text[n.start : n.end]]
    if not people:
        return last
    stops = [m.end() for m in STOP.finditer(text, low, people[-1].start)]
    found = next(n for n in people if n.start >= (stops[-1] if stops else low))
    return Span(found.start, found.end, text[found.start : found.end])


def _trimmed(text: str, name: _Found) -> _Found:
    """A name without a word that is capital only because it opens the sentence."""
    first = text[name.start : name.end].split()[0]
    opens = first.lower().rstrip(".") in STARTERS and first.rstrip(".") not in TITLES
    return _Found(min(name.start + len(first) + 1, name.end), name.end) if opens else name


# ------------------------------------------------------------------ who says it
def _speaker(text: str, bounds: tuple[int, int, int, int], words: _Words) -> tuple[_Found | None, bool]:
    """Return the speaker as written, and whether there is a word of speech; ``bounds``: what lies around the marks."""
    before, start, end, after = bounds
    tail, head = _after(text, end, after), _before(text, before, start)
    for low, high, behind in ((*tail, True), (*head, False)):
        clause = text[low:high]
        verbs = list(words.verb.finditer(clause))
        if not verbs:
            continue
        verb = verbs[0] if behind else verbs[-1]
        if behind and len(clause[: verb.start()].split()) > 8:
            continue
        found = _subject(clause, verb, words, inverted=behind)
        if found:
            return _Found(low + found.start, low + found.end, found.pronoun), True
        return None, True
    for low, high in (tail, head):
        source = words.source.search(text[low:high])
        if source:
            found = _noun(text[low + source.end() : high], words)
            if found:
                at = low + source.end()
                return _Found(at + found.start, at + found.end), True
    if text[head[0] : head[1]].rstrip().endswith(":"):
        found = _first_name(text[head[0] : head[1]], words)
        return (_Found(head[0] + found.start, head[0] + found.end, found.pronoun) if found else None), True
    loose = re.match(rf"\s*,?\s*[a-zà-ÿ]+\s({NAME.pattern})", text[tail[0] : tail[1]])  # «…», sourit Solène Vaugrenard
    if loose and " " in loose.group(1):
        return _Found(tail[0] + loose.start(1), tail[0] + loose.end(1)), True
    dash = re.match(rf"\s*[—–-]\s*({NAME.pattern})", text[tail[0] : tail[1]])
    if dash and text[end - 2 : end - 1] in ".!?,":
        return _Found(tail[0] + dash.start(1), tail[0] + dash.end(1)), True
    return None, False


def _after(text: str, end: int, limit: int) -> tuple[int, int]:
    """The clause after a quote, to the end of its sentence; nothing where the quote ends the sentence itself."""
    low = end
    if limit > low and text[low] in ".!?\n":  # American style puts the stop inside, others put it here
        return low, low
    rest = text[low : min(limit, low + 250)]
    if (
        text[low - 2] in ".!?…"
        and re.match(rf"\s+{CAPITAL}", rest)
        and not re.match(rf"\s+{NAME.pattern}\s+{WORD}", rest)
    ):
        return low, low
    stop = STOP.search(_masked(rest))
    return low, low + (stop.start() if stop else len(rest))


def _before(text: str, limit: int, start: int) -> tuple[int, int]:
    """The words of the same sentence before a quote."""
    low = max(limit, start - 250)
    ends = [m.end() for m in STOP.finditer(_masked(text[low:start]))]
    inside = text[low + ends[-1] : start] if ends else text[low:start]
    if not inside.strip() and len(ends) > 1 and text[low:start].rstrip().endswith(":"):
        return low + ends[-2], start
    return (low + ends[-1] if ends else low), start


def _masked(text: str) -> str:
    """The same length, with the stops of titles and initials taken out."""
    return re.sub(r"\b(Mr|Mrs|Ms|Dr|Prof|Sr|Sra|Dra|St|Jr|[A-Z])\.", lambda m: m.group(1) + " ", text)


def _subject(clause: str, verb: re.Match[str], words: _Words, *, inverted: bool) -> _Found | None:
    """Who does the saying: after the verb where it is inverted, otherwise before it."""
    ahead = _first_name(clause[: verb.start()], words)
    if ahead and not (inverted and ahead.start > 60):
        return ahead
    behind = _noun(clause[verb.end() :], words)
    return _Found(behind.start + verb.end(), behind.end + verb.end(), behind.pronoun) if behind else None


def _noun(text: str, words: _Words) -> _Found | None:
    """A pronoun, a name or a phrase such as "a founder" at the start of ``text``."""
    lead = re.match(r"(?:-t)?[\s\-,\u00a0]*", text)
    at = lead.end() if lead else 0
    rest = text[at:]
    pronoun = words.pronoun.match(rest)
    if pronoun:
        return _Found(at + pronoun.start(), at + pronoun.end(), pronoun=True)
    phrase = words.phrase.match(rest)
    name = NAME.search(rest[:80])
    if (
        name
        and (name.start() == 0 or _leads(rest[: name.start()]))
        and not (phrase and words.nouns and " " not in name.group())
    ):
        return _Found(at + name.start(), at + name.end())
    if phrase:
        beside = re.match(rf",\s({NAME.pattern})", rest[phrase.end() :])  # the plaintiff, Veit Osterkorn
        if beside:
            return _Found(at + phrase.end() + beside.start(1), at + phrase.end() + beside.end(1))
        return _Found(at + phrase.start(), at + phrase.end())
    return None


def _leads(text: str) -> bool:
    """Up to five plain words, such as "the chief executive", between the verb and the name."""
    return (
        len(text.split()) <= 5
        and not re.search(r"[,;:.]", text)
        and not re.search(r"\b(?:to|a|al|in|on|at|of|de)\s*$", text)
    )


def _first_name(text: str, words: _Words) -> _Found | None:
    """The subject of a clause: its first name, else a pronoun, else a phrase such as "a founder"."""
    for name in NAME.finditer(text):
        found = _trimmed(text, _Found(name.start(), name.end()))
        if found.start < found.end:
            return found
    for pronoun in list(words.pronoun.finditer(text))[-1:]:
        return _Found(pronoun.start(), pronoun.end(), pronoun=True)
    phrase = words.phrase.search(text)
    return _Found(phrase.start(), phrase.end()) if phrase else None


# ------------------------------------------------------------------ indirect speech
def _indirect(article: int, text: str, words: _Words, taken: list[tuple[int, int]]) -> Iterator[Quote]:
    """Return "X said that …": the clause that follows, to the end of the sentence, where no marks lie in it."""
    for match in words.indirect.finditer(text):
        low = match.start() - len(CLAUSE.split(text[max(0, match.start() - 90) : match.start()])[-1])
        stop = STOP.search(_masked(text[match.end() : match.end() + 600]))
        end = match.end() + (stop.start() if stop else 0)
        start = match.end() + len(text[match.end() : end]) - len(text[match.end() : end].lstrip())
        if end - start < 15 or any(a < end and start < b for a, b in taken):
            continue
        said = _first_name(text[low : match.start()], words)
        if said and not said.pronoun:
            speaker = Span(low + said.start, low + said.end, text[low + said.start : low + said.end])
            yield Quote(article, start, end, text[start:end], speaker, direct=False)


# ------------------------------------------------------------------ words of a language
@lru_cache(maxsize=16)
def _words(language: str) -> _Words:
    known = [language] if language in VERBS else list(VERBS)
    verbs = "|".join(
        sorted({re.escape(v.replace("_", " ")) for k in known for v in VERBS[k].split()}, key=len, reverse=True)
    )
    sources = "|".join(re.escape(s) for k in known for s in SOURCES[k])
    pronouns = "|".join(sorted({p for k in known for p in PRONOUNS[k].split()}, key=len, reverse=True))
    articles = "|".join(sorted({re.escape(a) for k in known for a in ARTICLES[k].split()}, key=len, reverse=True))
    that = "|".join(THAT[k] for k in known)
    return _Words(
        verb=re.compile(rf"(?<![\w’'])(?:{verbs})(?![\w’'])", re.IGNORECASE),
        source=re.compile(rf"(?<!\w)(?:{sources})\s", re.IGNORECASE),
        pronoun=re.compile(rf"(?<![\w’'])(?:{pronouns})(?![\w’'])", re.IGNORECASE),
        phrase=re.compile(
            rf"(?<![\w’'])(?i:{articles})(?:\s|(?<=['’])){WORD}(?:\s(?:de|del|of|di|do|da|du|der|des)\s{WORD})?"
        ),
        indirect=re.compile(rf"(?<![\w’'])(?:{verbs}),?\s(?:{that})(?:\s|(?<=['’]))"),
        subjectless=language in SUBJECTLESS,
        nouns=language == "de",
    )
