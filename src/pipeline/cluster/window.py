"""The stories that are still open, and an inverted index over rare words that brings up those that may fit.

Memory is bounded: a story keeps its weightiest words, a word its newest stories, the window its newest articles.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pipeline.cluster.reading import Reading, frequent, read, shared

if TYPE_CHECKING:
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
    inverse: tuple[float, float] = (0.0, 0.0)  # sums of one over the lengths of its articles' TF-IDF vectors
    members: array[int] = field(default_factory=lambda: array("q"))  # ids of its articles
    posted: array[int] = field(default_factory=lambda: array("I"))  # terms under which the index has it

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
    _articles: dict[int, int] = field(default_factory=dict, repr=False)
    _index: dict[int, array[int]] = field(default_factory=dict, repr=False)
    _seen: NDArray[np.uint32] = field(default_factory=_first_counts, repr=False)
    _last: tuple[Article, Reading] | None = field(default=None, repr=False)
    _keys: tuple[Reading, Terms, Weights] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self._articles)

    def story_of(self, article: int | None) -> int | None:
        """Return the story of an article that is in the window."""
        return None if article is None else self._articles.get(article)

    def add(self, article: Article, vector: Vectors | None, story: int) -> None:
        """Remember that an article is in a story; ``vector`` is a unit row, shape (dimensions,)."""
        reading = self.read(article, vector)
        keys, _ = self._key_terms(reading)
        rarity = self.rarity(reading.terms)
        known = self._stories.get(story)
        if known is None:
            known = self._stories[story] = _opened(story, reading, rarity)
            fresh = keys[:INDEXED]
        else:
            fresh = keys[:INDEXED][~shared(keys[:INDEXED], known.terms)]
            _join(known, reading, self)
            self._stories.move_to_end(story)
        self._post(known, fresh)
        self._seen[reading.terms & HASH] += 1
        self._articles[article.id] = story
        known.members.append(article.id)
        self._keys = None
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
        rest = np.maximum(self._seen[terms & HASH] - np.asarray(counts, dtype=np.float32), np.float32(0))
        others = np.float32(len(self._articles) + BEFORE) - np.asarray(articles, dtype=np.float32)
        return np.asarray(np.log1p(others / (rest + np.float32(1))), dtype=np.float32)

    def near(self, reading: Reading) -> list[Story]:
        """Return the open stories that share the most rare words with an article, best first."""
        found, weights, lengths = array("q"), [], []
        for stories, weight in sorted(self._lists(reading), key=lambda entry: len(entry[0]) / entry[1]):
            found.extend(stories)
            weights.append(weight)
            lengths.append(len(stories))
            if len(found) > WALKED:
                break
        ids, at = np.unique(np.array(found, dtype=np.int64), return_inverse=True)
        tally = np.bincount(at, np.repeat(weights, lengths))
        best = ids[np.argsort(-tally, kind="stable")[: 4 * CANDIDATES]].tolist()
        fitting = (s for s in map(self._stories.__getitem__, best) if s.gap(reading.when) <= 24 * self.days)
        return list(islice(fitting, CANDIDATES))

    def _key_terms(self, reading: Reading) -> tuple[Terms, Weights]:
        """An article's weightiest terms, names first among equals, with their weights; kept until it is added."""
        if self._keys is None or self._keys[0] is not reading:
            raised = np.where(reading.names, np.float32(1.5), np.float32(1))
            weights = self.rarity(reading.terms) * reading.weights * raised
            order = np.argsort(-weights, kind="stable")[: 2 * INDEXED]
            self._keys = (reading, reading.terms[order], weights[order])
        return self._keys[1:]

    def _lists(self, reading: Reading) -> list[tuple[array[int], float]]:
        terms, weights = self._key_terms(reading)
        pairs = zip(terms.tolist(), weights.tolist(), strict=True)
        return [(self._index[term], weight) for term, weight in pairs if term in self._index]

    def _post(self, story: Story, terms: Terms) -> None:
        for term in terms.tolist():
            stories = self._index.setdefault(term, array("q"))
            stories.append(story.id)
            if len(stories) >= 2 * POSTINGS:
                del stories[:POSTINGS]
        story.posted.extend(terms.tolist())

    def _forget(self) -> None:
        """Drop the story that has been longest without news, with its articles."""
        story, gone = self._stories.popitem(last=False)
        cells = gone.terms & HASH
        self._seen[cells] -= np.minimum(self._seen[cells], gone.counts)
        for term in gone.posted:
            stories = self._index.get(term)
            if stories and story in stories:
                stories.remove(story)
                if not stories:
                    del self._index[term]
        for article in gone.members:
            if self._articles.get(article) == story:
                del self._articles[article]


def _opened(story: int, reading: Reading, rarity: Weights) -> Story:
    return Story(
        story,
        reading.terms,
        reading.weights.copy(),
        reading.names.copy(),
        np.ones(len(reading.terms), dtype=np.uint16),
        reading.vector,
        {reading.language} if reading.language else set(),
        reading.when,
        reading.when,
        words=reading.words,
        inverse=_inverse(reading, rarity),
    )


def _inverse(reading: Reading, rarity: Weights) -> tuple[float, float]:
    """One over the length of an article's TF-IDF vector, plain and with the rarity squared; 0 where it has no words."""
    if not len(reading.terms):
        return 0.0, 0.0
    plain = reading.weights * rarity
    rare = plain * rarity
    return 1 / (float(np.linalg.norm(plain)) + 1e-4), 1 / (float(np.linalg.norm(rare)) + 1e-4)


def _join(story: Story, reading: Reading, window: Window) -> None:
    """Take an article into a story: sums of weights, counts of articles, and the span of time."""
    hit = shared(reading.terms, story.terms)
    at = np.searchsorted(story.terms, reading.terms[hit])
    counts = np.zeros(len(reading.terms), dtype=np.int64)
    counts[hit] = story.counts[at]
    rarity = window.rarity(reading.terms, counts, story.articles)
    inverse = _inverse(reading, rarity)
    story.inverse = (story.inverse[0] + inverse[0], story.inverse[1] + inverse[1])
    story.weights[at] += reading.weights[hit]
    story.names[at] |= reading.names[hit]
    story.counts[at] += np.uint16(1)
    _extend(story, reading, ~hit)
    if len(story.terms) > KEPT_TERMS * 5 // 4:
        order = np.argsort(-story.weights * window.rarity(story.terms), kind="stable")
        _keep(story, np.sort(order[:KEPT_TERMS]))
    times = [t for t in (story.first, story.last, reading.when) if t is not None]
    story.first, story.last = min(times, default=None), max(times, default=None)
    story.vector = _sum(story.vector, reading.vector)
    if reading.language:
        story.languages.add(reading.language)
    story.articles += 1
    story.words += reading.words


def _extend(story: Story, reading: Reading, fresh: NDArray[np.bool_]) -> None:
    story.terms = np.concatenate((story.terms, reading.terms[fresh]))
    story.weights = np.concatenate((story.weights, reading.weights[fresh]))
    story.names = np.concatenate((story.names, reading.names[fresh]))
    story.counts = np.concatenate((story.counts, np.ones(int(fresh.sum()), dtype=np.uint16)))
    _keep(story, np.argsort(story.terms, kind="stable"))


def _keep(story: Story, at: NDArray[np.intp]) -> None:
    story.terms, story.weights = story.terms[at], story.weights[at]
    story.names, story.counts = story.names[at], story.counts[at]


def _sum(one: Vectors | None, other: Vectors | None) -> Vectors | None:
    if one is None or other is None:
        return other if one is None else one
    return np.asarray(one + other)
