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

from pipeline.cluster.reading import Reading, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipeline.cluster.reading import Terms, Weights
    from pipeline.model import Article, Vectors

KEPT_TERMS = 400  # words a story remembers
INDEXED = 40  # rare words of an article under which its story is found
POSTINGS = 256  # newest stories under one rare word
WALKED = 6_000  # entries of the index that are looked at for one article, rarest words first
CANDIDATES = 16  # stories that are compared in full
HASH = (1 << 22) - 1  # document frequencies are counted in 4 M cells, 16 MB


@dataclass(slots=True, eq=False)
class Story:
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
    _stories: OrderedDict[int, Story] = field(default_factory=OrderedDict, repr=False)
    _articles: OrderedDict[int, int] = field(default_factory=OrderedDict, repr=False)
    _index: dict[int, list[int]] = field(default_factory=dict, repr=False)
    _seen: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(HASH + 1, dtype=np.uint32), repr=False)
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
        fresh = np.ones(len(reading.terms), dtype=np.bool_) if known is None else ~np.isin(reading.terms, known.terms)
        self._post(story, reading, fresh)
        self._seen[reading.terms[fresh] & HASH] += 1  # counts stories: a big story's own words stay rare
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

    def rarity(self, terms: Terms) -> Weights:
        """Inverse document frequency over the window's stories."""
        rare = np.log1p((len(self._stories) + 30) / (self._seen[terms & HASH] + 1.0))
        return np.asarray(rare, dtype=np.float32)

    def near(self, reading: Reading) -> list[Story]:
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

    def _post(self, story: int, reading: Reading, fresh: NDArray[np.bool_]) -> None:
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


def _opened(story: int, reading: Reading) -> Story:
    languages = {reading.language} if reading.language else set()
    return Story(
        story, reading.terms, reading.weights, reading.names, reading.vector, languages, reading.when, reading.when,
        words=reading.words,
    )  # fmt: skip


def _joined(story: Story, reading: Reading, rarity: Callable[[Terms], Weights]) -> Story:
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
