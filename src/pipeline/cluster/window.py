"""The stories that are still open, and an inverted index over rare words that brings up those that may fit.

Memory is bounded: a story keeps its weightiest words, a word its newest stories, the window its newest articles.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pipeline.cluster.reading import Reading, frequent, read, shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipeline.cluster.reading import Terms, Weights
    from pipeline.model import Article, Vectors

    Counts = NDArray[np.uint16] | NDArray[np.int64]

KEPT_TERMS = 400  # words a story remembers
INDEXED = 40  # rare words of an article under which its story is found
POSTINGS = 128  # newest stories under one rare word
WALKED = 1_000  # entries of the index that are looked at for one article, rarest words first
CANDIDATES = 12  # stories that are compared in full
BEFORE, FREQUENT_BEFORE = 300, 12  # articles taken as read before the first, and those of them with a frequent word
HASH = (1 << 21) - 1  # document frequencies are counted in 2 M cells, 8 MB


@dataclass(slots=True, eq=False)
class Story:
    """What the window remembers of one story: sums over its articles."""

    id: int
    terms: Terms
    weights: Weights
    names: NDArray[np.bool_]
    counts: NDArray[np.uint16]  # of its articles, how many have the term
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


def _first_counts() -> NDArray[np.uint32]:
    seen = np.zeros(HASH + 1, dtype=np.uint32)
    seen[frequent() & HASH] = FREQUENT_BEFORE
    return seen


@dataclass(eq=False)
class Window:
    """The stories that are still open. Holds at most ``limit`` articles; the stories longest without news go first.

    A story is closed when nothing came for ``days``; where articles have no date, only their order counts.
    """

    days: float = 14.0
    limit: int = 200_000
    _stories: OrderedDict[int, Story] = field(default_factory=OrderedDict, repr=False)
    _articles: OrderedDict[int, int] = field(default_factory=OrderedDict, repr=False)
    _index: dict[int, list[int]] = field(default_factory=dict, repr=False)
    _seen: NDArray[np.uint32] = field(default_factory=_first_counts, repr=False)
    _last: tuple[Article, Reading] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self._articles)

    def story_of(self, article: int | None) -> int | None:
        """Return the story of an article that is in the window."""
        return None if article is None else self._articles.get(article)

    def add(self, article: Article, vector: Vectors | None, story: int) -> None:
        """Remember that an article is in a story; ``vector`` is a unit row, shape (dimensions,)."""
        reading = self.read(article, vector)
        known = self._stories.get(story)
        fresh = np.ones(len(reading.terms), dtype=np.bool_) if known is None else ~shared(reading.terms, known.terms)
        self._post(story, reading, fresh)
        self._seen[reading.terms & HASH] += 1
        self._stories[story] = _opened(story, reading) if known is None else _joined(known, reading, self.rarity)
        self._stories.move_to_end(story)
        self._articles[article.id] = story
        while len(self._articles) > self.limit:
            self._forget()

    def read(self, article: Article, vector: Vectors | None) -> Reading:
        """Read an article once, though it is placed and then added."""
        if self._last is None or self._last[0] is not article:
            self._last = (article, read(article, vector))
        return self._last[1]

    def rarity(self, terms: Terms, counts: Counts | int = 0, articles: Counts | int = 0) -> Weights:
        """Inverse document frequency over the window, leaving out ``articles`` of a story, ``counts`` with the term.

        Seen from a story, its own words are as rare as they are elsewhere, however many articles it has.
        """
        rest = self._seen[terms & HASH].astype(np.float32) - counts
        return np.asarray(
            np.log1p((len(self._articles) - articles + BEFORE) / (np.maximum(rest, 0) + 1)), dtype=np.float32
        )

    def near(self, reading: Reading) -> list[Story]:
        """Return the open stories that share the most rare words with an article, best first."""
        tally: dict[int, float] = {}
        walked = 0
        for stories, weight in sorted(self._lists(reading), key=lambda entry: len(entry[0]) / entry[1]):
            for story in stories:
                tally[story] = tally.get(story, 0.0) + weight
            walked += len(stories)
            if walked > WALKED:
                break
        found = (self._stories[s] for s in nlargest(4 * CANDIDATES, tally, key=tally.__getitem__) if s in self._stories)
        return list(islice((s for s in found if s.gap(reading.when) <= 24 * self.days), CANDIDATES))

    def _key_terms(self, reading: Reading) -> tuple[NDArray[np.int64], Weights]:
        """Positions of an article's weightiest terms, names first among equals, and the weights of all."""
        weights = self.rarity(reading.terms) * reading.weights * np.where(reading.names, np.float32(1.5), np.float32(1))
        return np.argsort(-weights, kind="stable"), weights

    def _lists(self, reading: Reading) -> list[tuple[list[int], float]]:
        order, weights = self._key_terms(reading)
        at = order[: 2 * INDEXED]
        pairs = zip(reading.terms[at].tolist(), weights[at].tolist(), strict=True)
        return [(self._index[term], weight) for term, weight in pairs if term in self._index]

    def _post(self, story: int, reading: Reading, fresh: NDArray[np.bool_]) -> None:
        at = self._key_terms(reading)[0][:INDEXED]
        for term in reading.terms[at[fresh[at]]].tolist():
            stories = self._index.setdefault(term, [])
            stories.append(story)
            if len(stories) >= 2 * POSTINGS:
                del stories[:POSTINGS]

    def _forget(self) -> None:
        """Drop the story that has been longest without news, with its articles."""
        story, gone = self._stories.popitem(last=False)
        cells = gone.terms & HASH
        self._seen[cells] -= np.minimum(self._seen[cells], gone.counts)
        for term in gone.terms.tolist():
            stories = self._index.get(term)
            if stories and story in stories:
                stories.remove(story)
                if not stories:
                    del self._index[term]
        for article, of in list(islice(self._articles.items(), 1024)):
            if of not in self._stories:
                del self._articles[article]


def _opened(story: int, reading: Reading) -> Story:
    languages = {reading.language} if reading.language else set()
    return Story(
        story, reading.terms, reading.weights, reading.names, np.ones(len(reading.terms), dtype=np.uint16), reading.vector, languages, reading.when, reading.when,
        words=reading.words,
    )  # fmt: skip


def _joined(story: Story, reading: Reading, rarity: Callable[[Terms], Weights]) -> Story:
    terms = np.union1d(story.terms, reading.terms)
    weights, names = np.zeros(len(terms), dtype=np.float32), np.zeros(len(terms), dtype=np.bool_)
    counts = np.zeros(len(terms), dtype=np.uint16)
    counts[np.searchsorted(terms, story.terms)] = story.counts
    counts[np.searchsorted(terms, reading.terms)] += 1
    for part in (story, reading):
        at = np.searchsorted(terms, part.terms)
        weights[at] += part.weights
        names[at] |= part.names
    if len(terms) > KEPT_TERMS * 5 // 4:
        keep = np.sort(np.argsort(-weights * rarity(terms), kind="stable")[:KEPT_TERMS])
        terms, weights, names, counts = terms[keep], weights[keep], names[keep], counts[keep]
    times = [t for t in (story.first, story.last, reading.when) if t is not None]
    return replace(
        story,
        terms=terms,
        weights=weights,
        names=names,
        counts=counts,
        vector=_sum(story.vector, reading.vector),
        languages=story.languages | ({reading.language} if reading.language else set()),
        first=min(times, default=None),
        last=max(times, default=None),
        articles=story.articles + 1,
        words=story.words + reading.words,
    )


def _sum(one: Vectors | None, other: Vectors | None) -> Vectors | None:
    if one is None or other is None:
        return other if one is None else one
    return np.asarray(one + other)
