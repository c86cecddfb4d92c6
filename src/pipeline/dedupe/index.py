"""Which articles share values of their fingerprints, and so may have the same words. In memory; the store keeps them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipeline.dedupe.deciding import copy_of
from pipeline.dedupe.words import LEAST, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipeline.model import Article, Copy

VALUES = 8  # values a text; of two texts that share 0.4 of their runs, 98 in 100 share a value
BITS = 47  # fits six bytes with a sign; among ten million articles one lookup in 200,000 meets a value by chance
COMMON = 8  # articles under one value; more have a fixed phrase in common, or the same text, which eight will name
PHRASES = 3  # common values that two texts must share to be compared: a fixed footer has one or two
NEAR = 8  # articles that one is compared with


def fingerprint(text: str) -> tuple[int, ...]:
    """Return up to 8 values of 47 bits under which a text is looked up; none where it has fewer than 20 words.

    They are the lowest numbers among those of its runs of eight words: a bottom-k sketch (Broder 1997, On the
    resemblance and containment of documents). Unlike bands of MinHash values it also brings a part and its whole
    together, and two texts meet only where they have eight words in a row in common, as a copy must.
    """
    words = words_of(text)
    if len(words) < LEAST:
        return ()
    lowest = words.ordered[: 3 * VALUES] >> np.uint64(64 - BITS)
    values = tuple(dict.fromkeys(lowest.tolist()))
    if len(values) < VALUES:  # the text repeats itself
        values = tuple(np.unique(words.ordered >> np.uint64(64 - BITS))[:VALUES].tolist())
    return values[:VALUES]


@dataclass(slots=True)
class Index:
    """Which articles, by id, hold a value: at most eight, those that came first."""

    holders: dict[int, list[int]] = field(default_factory=dict)

    def near(self, values: Iterable[int]) -> list[int]:
        """Return the articles that may have the same words; a shared value counts the more, the fewer hold it.

        A value that eight articles hold is a fixed phrase, unless they share three of them.
        """
        shared: dict[int, int] = {}
        weight: dict[int, float] = {}
        for value in values:
            holders = self.holders.get(value, ())
            for known in holders:
                shared[known] = shared.get(known, 0) + (PHRASES if len(holders) < COMMON else 1)
                weight[known] = weight.get(known, 0.0) + 1 / len(holders)
        found = [known for known, times in shared.items() if times >= PHRASES]
        return sorted(found, key=lambda known: (-weight[known], known))[:NEAR]

    def met(self, fingerprints: Iterable[Sequence[int]]) -> set[int]:
        """Return the articles that any of some fingerprints may have the same words with."""
        return {known for values in fingerprints for known in self.near(values)}

    def add(self, article: int, values: Iterable[int]) -> tuple[int, ...]:
        """Put an article under its values but for those that eight hold; return the values it is now under."""
        taken = tuple(value for value in values if len(self.holders.get(value, ())) < COMMON)
        for value in taken:
            self.holders.setdefault(value, []).append(article)
        return taken

    def remove(self, article: int, values: Iterable[int]) -> None:
        """Take an article from under values that it was added with."""
        for value in values:
            self.holders[value].remove(article)
            if not self.holders[value]:
                del self.holders[value]


@dataclass(slots=True)
class Seen:
    """Articles seen so far, for a run without a store. Keeps the newest ``limit`` articles.

    What is said of an article on arrival stays said: the origin is always one of those seen before.
    """

    limit: int = 20_000
    _index: Index = field(default_factory=Index)
    _articles: OrderedDict[int, tuple[Article, tuple[int, ...]]] = field(default_factory=OrderedDict)
    _origins: dict[int, int] = field(default_factory=dict)

    def copy_of(self, article: Article) -> Copy | None:
        """Return whose words an article repeats, of those seen before, and remember it."""
        values = fingerprint(article.text)
        near = self._index.near(values)
        found = copy_of(article, [self._articles[known][0] for known in near])
        if found and found.origin in self._origins:
            found = found.passed_on(self._origins[found.origin])
        if values:
            self._remember(article, values)
            if found:
                self._origins[article.id] = found.origin
        return found

    def _remember(self, article: Article, values: Sequence[int]) -> None:
        self._articles[article.id] = (article, self._index.add(article.id, values))
        if len(self._articles) > self.limit:
            gone, (_, old) = self._articles.popitem(last=False)
            self._index.remove(gone, old)
            self._origins.pop(gone, None)
