"""What speaks for and against an article's being in a story, and how much each thing weighs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cluster.reading import Reading, Weights
    from pipeline.cluster.window import Story, Window
    from pipeline.model import Vectors

FEATURES = ("bias", "words", "names", "vector", "gap", "size", "cross", "cross vector")
HEADLINE, TEXT = 14, 28  # words up to which there is but a headline, and from which there is a text
# Log odds: a logistic regression on pairs, then a search on whole streams (headlines; articles in six orders and
# the newsroom), since an early wrong join costs more than a late one. "size" of SHORT stayed at nothing.
SHORT = np.array([-1.65, 8.45, 2.11, 5.26, -4.95, 0.0, 3.56, 0.67], dtype=np.float32)
LONG = np.array([-6.6, 6.46, 10.88, 1.98, -1.4, -0.18, 3.82, 0.52], dtype=np.float32)


def features_of(window: Window, reading: Reading, stories: Sequence[Story]) -> Weights:
    """Return what speaks for and against each story, shape (stories, features).

    ``words`` and ``names`` are cosines of TF-IDF vectors with the rarity squared: what tells two alike events apart
    is the rarest words. ``gap`` is log(1 + days), ``size`` log(articles).
    """
    lengths = [len(s.terms) for s in stories]
    starts = np.cumsum([0, *lengths[:-1]])
    terms, named, weights, counts = (
        np.concatenate(parts) for parts in zip(*((s.terms, s.names, s.weights, s.counts) for s in stories), strict=True)
    )
    rare = window.rarity(terms, counts, np.repeat([s.articles for s in stories], lengths)) ** 2
    at = np.minimum(np.searchsorted(reading.terms, terms), len(reading.terms) - 1)
    hit = reading.terms[at] == terms
    theirs, ours = weights * rare, np.where(hit, reading.weights[at] * rare, 0)
    alone = reading.weights * window.rarity(reading.terms) ** 2  # as rare as it is where the story lacks the word

    def cosine(theirs: Weights, ours: Weights, alone: Weights) -> Weights:
        dot, square, shared, same = (
            np.add.reduceat(x, starts) for x in (theirs * ours, theirs**2, ours**2, np.where(hit, alone[at], 0) ** 2)
        )
        whole = np.maximum((alone**2).sum() - same + shared, 1e-12)
        return np.asarray(dot / (np.sqrt(whole * square) + 1e-9))

    words = cosine(theirs, ours, alone)
    names = cosine(theirs * named, ours * reading.names[at], alone * reading.names)
    vector = [_cosine(reading.vector, s.vector, w) for s, w in zip(stories, words.tolist(), strict=True)]
    gap = np.log1p(np.array([s.gap(reading.when) for s in stories]) / 24)
    size = np.log([min(s.articles, 16) for s in stories])
    cross = np.array([bool(reading.language and s.languages and reading.language not in s.languages) for s in stories])
    columns = (np.ones(len(stories)), words, names, vector, gap, size, cross, cross * np.array(vector))
    return np.stack(columns, axis=1).astype(np.float32)


def _cosine(ours: Vectors | None, theirs: Vectors | None, words: float) -> float:
    """Cosine of an article's vector and a story's mean; without vectors, what shared words let expect."""
    if ours is None or theirs is None:
        return 0.2 + 0.9 * words
    return float(ours @ theirs) / (float(np.linalg.norm(theirs)) + 1e-9)


def detail(reading: Reading, story: Story) -> float:
    """How much text there is to go by on both sides: 0 for bare headlines, 1 for full articles."""
    words = min(reading.words, story.words / story.articles)
    return min(max(math.log((words + 1) / HEADLINE) / math.log(TEXT / HEADLINE), 0.0), 1.0)


def logits(window: Window, reading: Reading, stories: Sequence[Story]) -> tuple[Weights, Weights]:
    """Return log odds that the article belongs to each story, shape (stories,), and the features they come from."""
    features = features_of(window, reading, stories)
    long = np.array([detail(reading, story) for story in stories], dtype=np.float32)
    return (1 - long) * (features @ SHORT) + long * (features @ LONG), features
