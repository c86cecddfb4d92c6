"""Same event: an article is placed into a story on arrival, in one pass, and stays there.

``Window`` remembers the stories that are still open: their words, names and numbers, mean vector and times. An
inverted index over rare words brings up a few stories that may fit; ``place`` weighs what each shares with the
article against what speaks against it, and joins the best one or opens a new one. How much each thing weighs
depends on how much text there is: a bare headline needs its vector more than a full article does.
It finds no copies (``dedupe`` does; their story is given) and never moves an article later.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from functools import lru_cache
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from pipeline.model import Article

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.model import Vectors

    Terms = NDArray[np.uint32]
    Weights = NDArray[np.float32]

VERSION = 1

READ = 600  # words of an article that are read; what it is about stands at the top
STEM = 7  # letters of a word that count: "conference" and "conferencia" meet, as do singular and plural
KEPT_TERMS = 400  # words a story remembers
INDEXED = 40  # rare words of an article under which its story is found
POSTINGS = 256  # newest stories under one rare word
WALKED = 6_000  # entries of the index that are looked at for one article, rarest words first
CANDIDATES = 16  # stories that are compared in full
HASH = (1 << 22) - 1  # document frequencies are counted in 4 M cells, 16 MB

_WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”»)]*\s+|\n+")

# Words that say nothing about an event. With an empty window nothing is yet known to be common.
COMMON = {
    "en": "the and for that with this from was were has have had are but not you your his her its they them their our "
    "who what when where which while will would can could should may might one two all any some more most other than "
    "then there here into out over about after before also been being just only very how why because said says say "
    "new first last year years day days time people like get got make made between during under against through per "
    "via amid still now back did does doing down each few off own same such too until she him these those many much "
    "well even a an of in to on at by is it as be or if he we do up no so us me my",
    "es": "el la los las un una unos unas de del y que en por para con sin sobre entre como pero mas ya si su sus le "
    "les lo al es son fue ser ha han hay este esta estos estas ese esa eso muy tambien cuando donde desde hasta cada "
    "dos tres todo todos toda todas otro otra otros otras porque segun dijo ano anos dia dias nuevo nueva hace tiene",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber nicht mit von vom zum zur im am auf "
    "aus bei nach vor uber unter fur um als auch wie wenn dass sich sie er wir ihr ist sind war waren wird werden "
    "wurde wurden hat haben noch nur schon sein seine ihre mehr kann sagt jahr jahre",
    "fr": "le du et ou mais pas avec dans sur sous pour par plus est sont etait ont ete cette ces ses leur leurs qui "
    "ne au aux il elle ils elles nous vous se sa son comme tout tous toute toutes meme deux trois ans apres avant dit "
    "depuis chez fait",
    "pt": "os uma dos das da na nos nas em ao aos pelo pela sao foi era nao mas tem mais muito isso pelos pelas quando "
    "sem ate apos disse seu sua seus suas",
    "it": "della dei delle gli il che non piu una con sono nel nella alla anche",
}
_FEATURES = (
    "bias",
    "words",
    "vector",
    "names",
    "covered",
    "rare",
    "gap",
    "size",
    "cross",
    "cross_vector",
    "cross_names",
)
_SHORT = np.array([0.0] * len(_FEATURES), dtype=np.float32)
_LONG = np.array([0.0] * len(_FEATURES), dtype=np.float32)


# ------------------------------------------------------------------ reading
@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """What placing needs of one article: hashed words with weights, those that are names or numbers, and the time."""

    terms: Terms  # ascending
    weights: Weights  # 1 + log count, unit length
    names: NDArray[np.bool_]  # which terms are names or numbers
    said: Mapping[int, str]  # a term as the article writes it
    words: int
    language: str | None
    when: float | None  # hours
    vector: Vectors | None


def _read(article: Article, vector: Vectors | None) -> _Reading:
    title, body = _WORD.findall(article.title), _WORD.findall(article.text[: READ * 12])[:READ]
    said: dict[int, str] = {}
    counts: Counter[int] = Counter()
    for words, weight in ((title, 2.0 if body else 1.0), (body, 1.0)):
        for word in words:
            term = _term(word)
            if term:
                counts[term] += weight  # type: ignore[assignment]
                said.setdefault(term, word)
    named = _named(title, body)
    terms = np.array(sorted(counts), dtype=np.uint32)
    weights = 1 + np.log(np.array([counts[t] for t in terms.tolist()], dtype=np.float32))
    return _Reading(
        terms=terms,
        weights=weights / max(float(np.linalg.norm(weights)), 1e-9),
        names=np.array([t in named for t in terms.tolist()], dtype=np.bool_),
        said=said,
        words=len(title) + len(body),
        language=article.language or _language(body or title),
        when=article.when.timestamp() / 3600 if article.when else None,
        vector=None if vector is None or not vector.any() else vector,
    )


def _named(title: Sequence[str], body: Sequence[str]) -> set[int]:
    """Terms of numbers, and of words that the text never writes small."""
    small = {word for word in body if word.islower()}
    return {
        _term(word)
        for word in {*title, *body}
        if (word[0].isdigit() and len(word) > 1) or (word[0].isupper() and word.lower() not in small)
    }


@lru_cache(maxsize=1 << 17)
def _term(word: str) -> int:
    """Return a word's 32-bit number, alike for its forms and for cognates in other languages; 0 for a common word."""
    low = _plain(word.lower())
    if (len(low) < 2 and low.isascii()) or low in _languages():
        return 0
    return crc32((low if low[0].isdigit() else low[:STEM]).encode()) or 1


def _plain(word: str) -> str:
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language, words in COMMON.items():
        for word in words.split():
            found.setdefault(word, language)
    return found


def _language(words: Sequence[str]) -> str | None:
    """Guess from the common words; None where there are fewer than four, or two languages tie."""
    known = _languages()
    tally = Counter(known[low] for word in words[:200] if (low := _plain(word.lower())) in known)
    (best, most), (_, second) = (*tally.most_common(2), ("", 0), ("", 0))[:2]
    return best if most >= 4 and most > 1.5 * second else None


# ------------------------------------------------------------------ the window
@dataclass(slots=True, eq=False)
class _Story:
    """What the window remembers of one story: sums over its articles."""

    id: int
    terms: Terms
    weights: Weights
    names: NDArray[np.bool_]
    vector: Vectors | None
    languages: set[str]
    first: float | None
    last: float | None
    articles: int = 1
    words: int = 0

    def gap(self, when: float | None) -> float:
        """Hours between a time and the story's articles; 0 where either is not known."""
        if when is None or self.first is None or self.last is None:
            return 0.0
        return max(when - self.last, self.first - when, 0.0)


@dataclass(eq=False)
class Window:
    """The stories that are still open. Holds at most ``limit`` articles; the stories longest without news go first.

    A story is closed when nothing came for ``days``; where articles have no date, only their order counts.
    """

    days: float = 14.0
    limit: int = 200_000
    _stories: OrderedDict[int, _Story] = field(default_factory=OrderedDict, repr=False)
    _articles: OrderedDict[int, int] = field(default_factory=OrderedDict, repr=False)
    _index: dict[int, list[int]] = field(default_factory=dict, repr=False)
    _seen: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(HASH + 1, dtype=np.uint32), repr=False)
    _last: tuple[Article, _Reading] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self._articles)

    def story_of(self, article: int | None) -> int | None:
        """Return the story of an article that is in the window."""
        return None if article is None else self._articles.get(article)

    def add(self, article: Article, vector: Vectors | None, story: int) -> None:
        """Remember that an article is in a story; ``vector`` is a unit row, shape (dimensions,)."""
        reading = self.read(article, vector)
        known = self._stories.get(story)
        fresh = np.ones(len(reading.terms), dtype=np.bool_) if known is None else ~np.isin(reading.terms, known.terms)
        self._post(story, reading, fresh)
        self._seen[reading.terms[fresh] & HASH] += 1  # counts stories: a big story's own words stay rare
        self._stories[story] = _opened(story, reading) if known is None else _joined(known, reading, self.rarity)
        self._stories.move_to_end(story)
        self._articles[article.id] = story
        while len(self._articles) > self.limit:
            self._forget()

    def read(self, article: Article, vector: Vectors | None) -> _Reading:
        """Read an article once, though it is placed and then added."""
        if self._last is None or self._last[0] is not article:
            self._last = (article, _read(article, vector))
        return self._last[1]

    def rarity(self, terms: Terms) -> Weights:
        """Inverse document frequency over the window's stories."""
        return np.log1p((len(self._stories) + 30) / (self._seen[terms & HASH] + np.float32(1))).astype(np.float32)

    def near(self, reading: _Reading) -> list[_Story]:
        """Return the open stories that share the most rare words with an article, best first."""
        weights = self.rarity(reading.terms) * reading.weights * np.where(reading.names, 1.5, 1.0)
        lists = [(self._index.get(t, ()), w) for t, w in zip(reading.terms.tolist(), weights.tolist(), strict=True)]
        shared: dict[int, float] = {}
        walked = 0
        for stories, weight in sorted(lists, key=lambda entry: len(entry[0]) / entry[1]):
            for story in stories:
                shared[story] = shared.get(story, 0.0) + weight
            walked += len(stories)
            if walked > WALKED:
                break
        found = (
            self._stories[s] for s in nlargest(4 * CANDIDATES, shared, key=shared.__getitem__) if s in self._stories
        )
        return list(islice((s for s in found if s.gap(reading.when) <= 24 * self.days), CANDIDATES))

    def _post(self, story: int, reading: _Reading, fresh: NDArray[np.bool_]) -> None:
        weights = self.rarity(reading.terms) * reading.weights * np.where(reading.names, 1.5, 1.0)
        for n in np.argsort(-weights, kind="stable")[:INDEXED].tolist():
            if fresh[n]:
                stories = self._index.setdefault(int(reading.terms[n]), [])
                stories.append(story)
                if len(stories) >= 2 * POSTINGS:
                    del stories[:POSTINGS]

    def _forget(self) -> None:
        """Drop the story that has been longest without news, with its articles."""
        story, gone = self._stories.popitem(last=False)
        self._seen[gone.terms & HASH] -= np.minimum(self._seen[gone.terms & HASH], 1)
        for term in gone.terms.tolist():
            stories = self._index.get(term)
            if stories and story in stories:
                stories.remove(story)
                if not stories:
                    del self._index[term]
        for article, of in list(islice(self._articles.items(), 1024)):
            if of not in self._stories:
                del self._articles[article]


def _opened(story: int, reading: _Reading) -> _Story:
    languages = {reading.language} if reading.language else set()
    return _Story(
        story, reading.terms, reading.weights, reading.names, reading.vector, languages, reading.when, reading.when,
        words=reading.words,
    )  # fmt: skip


def _joined(story: _Story, reading: _Reading, rarity: Callable[[Terms], Weights]) -> _Story:
    terms = np.union1d(story.terms, reading.terms)
    weights, names = np.zeros(len(terms), dtype=np.float32), np.zeros(len(terms), dtype=np.bool_)
    for part in (story, reading):
        at = np.searchsorted(terms, part.terms)
        weights[at] += part.weights
        names[at] |= part.names
    if len(terms) > KEPT_TERMS * 5 // 4:
        keep = np.sort(np.argsort(-weights * rarity(terms), kind="stable")[:KEPT_TERMS])
        terms, weights, names = terms[keep], weights[keep], names[keep]
    times = [t for t in (story.first, story.last, reading.when) if t is not None]
    return replace(
        story,
        terms=terms,
        weights=weights,
        names=names,
        vector=story.vector
        if reading.vector is None
        else reading.vector
        if story.vector is None
        else story.vector + reading.vector,
        languages=story.languages | ({reading.language} if reading.language else set()),
        first=min(times, default=None),
        last=max(times, default=None),
        articles=story.articles + 1,
        words=story.words + reading.words,
    )


# ------------------------------------------------------------------ weighing
def _features(window: Window, reading: _Reading, stories: Sequence[_Story]) -> Weights:
    """Return what speaks for and against each story, shape (stories, features)."""
    rare = window.rarity(reading.terms)
    ours = reading.weights * rare
    terms = np.concatenate([s.terms for s in stories])
    theirs_rare = window.rarity(terms)
    theirs = np.concatenate([s.weights for s in stories]) * theirs_rare
    names = np.concatenate([s.names for s in stories]) * theirs_rare
    starts = np.cumsum([0, *(len(s.terms) for s in stories[:-1])])
    at = np.minimum(np.searchsorted(reading.terms, terms), len(reading.terms) - 1)
    hit = reading.terms[at] == terms
    sums = lambda values: np.add.reduceat(values, starts)  # noqa: E731
    words = sums(theirs * ours[at] * hit) / (np.linalg.norm(ours) * np.sqrt(sums(theirs**2)) + 1e-9)
    covered = sums(ours[at] * hit) / (ours.sum() + 1e-9)
    both = sums(names * hit * reading.names[at])
    named = both / (np.minimum(sums(names), (rare * reading.names).sum()) + 1e-9)
    vector = np.array([_cosine(reading.vector, s.vector, w) for s, w in zip(stories, words.tolist(), strict=True)])
    cross = np.array([bool(reading.language and s.languages and reading.language not in s.languages) for s in stories])
    gap = np.log1p(np.array([s.gap(reading.when) for s in stories]) / 24)
    size = np.log([min(s.articles, 16) for s in stories])
    columns = (
        np.ones(len(stories)),
        words,
        vector,
        named,
        covered,
        np.log1p(both),
        gap,
        size,
        cross,
        cross * vector,
        cross * named,
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _cosine(ours: Vectors | None, theirs: Vectors | None, words: float) -> float:
    """Cosine of an article's vector and a story's mean; without vectors, what shared words let expect."""
    if ours is None or theirs is None:
        return 0.35 + 0.9 * words
    return float(ours @ theirs) / (float(np.linalg.norm(theirs)) + 1e-9)


def _detail(reading: _Reading, story: _Story) -> float:
    """How much text there is to go by on both sides: 0 for bare headlines, 1 for full articles."""
    words = min(reading.words, story.words / story.articles)
    return min(max((math.log(words + 1) - math.log(20)) / (math.log(120) - math.log(20)), 0.0), 1.0)
