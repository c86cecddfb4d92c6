"""What speaks for and against an article's being in a story, and how much each thing weighs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.cluster.reading import Reading, Weights
    from pipeline.cluster.window import Story, Window

FEATURES = (
    *("bias", "words", "names", "vector", "gap", "size", "cross", "cross vector"),
    *("each", "each rare", "each vector", "undated"),
)
HEADLINE, TEXT = 14, 28  # words up to which there is but a headline, and from which there is a text
# Log odds, learnt by models/stories/train.py from decisions on whole streams; models/stories/card.md says from which.
SHORT = np.array([-2.37, 0.16, 0.21, 2.82, -7.39, -0.05, 0.68, 4.75, 2.28, 0.16, 5.04, -3.12], dtype=np.float32)
LONG = np.array([-2.76, -5.37, 8.84, -5.80, -2.79, 0.48, 0.68, 4.75, 70.34, -55.32, 5.24, -3.12], dtype=np.float32)


def features_of(window: Window, reading: Reading, stories: Sequence[Story]) -> Weights:
    """Return what speaks for and against each story, shape (stories, features).

    ``words`` and ``names`` are cosines of the article and the story's sum, TF-IDF with the rarity squared: what tells
    two alike events apart is the rarest words. ``each`` is the mean cosine with the story's articles one by one, by
    plain TF-IDF, ``each rare`` with the rarity squared, ``each vector`` by vectors: a story of many things is near to
    everything as a sum, but not article by article. ``gap`` is log(1 + days), ``size`` log(articles); ``undated`` says
    that no gap is known, which is not the same as none.
    """
    lengths = [len(s.terms) for s in stories]
    starts = np.cumsum([0, *lengths[:-1]])
    terms, named, weights, counts = (
        np.concatenate(parts) for parts in zip(*((s.terms, s.names, s.weights, s.counts) for s in stories), strict=True)
    )
    rare = window.rarity(terms, counts, np.repeat([s.articles for s in stories], lengths))
    at = np.minimum(np.searchsorted(reading.terms, terms), len(reading.terms) - 1)
    hit = reading.terms[at] == terms
    alone = window.rarity(reading.terms)  # as rare as it is where the story lacks the word
    theirs, ours, apart = weights * rare, np.where(hit, reading.weights[at] * rare, 0), reading.weights * alone
    rarest = (theirs * rare, ours * rare, apart * alone)
    each, whole, _ = _products(theirs, ours, apart, at, hit, starts)
    dot, length, own = _products(*rarest, at, hit, starts)
    names = _products(rarest[0] * named, rarest[1] * reading.names[at], rarest[2] * reading.names, at, hit, starts)
    words = dot / (length * own + 1e-9)
    articles = np.array([s.articles for s in stories])
    inverse = np.array([s.inverse for s in stories]) / articles[:, None] ** 2
    vector, each_vector = _vectors(reading, stories, words)
    gap = np.log1p(np.array([s.gap(reading.when) for s in stories]) / 24)
    undated = np.array([reading.when is None or s.first is None for s in stories])
    cross = np.array([bool(reading.language and s.languages and reading.language not in s.languages) for s in stories])
    columns = (
        *(np.ones(len(stories)), words, names[0] / (names[1] * names[2] + 1e-9), vector),
        *(gap, np.log(np.minimum(articles, 16)), cross, cross * vector),
        *(np.minimum(each / whole * inverse[:, 0], 1), np.minimum(dot / length * inverse[:, 1], 1)),
        *(each_vector, undated),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def _products(
    theirs: Weights,
    ours: Weights,
    apart: Weights,
    at: NDArray[np.intp],
    hit: NDArray[np.bool_],
    starts: NDArray[np.intp],
) -> tuple[Weights, Weights, Weights]:
    """Products of the article with each story, and the lengths of both as seen from there, shape (stories,) each.

    ``theirs`` and ``ours`` are weights of the stories' words, end to end from ``starts``; ``apart`` of the article's.
    """
    instead = np.where(hit, apart[at], 0)
    dot, square, shared, same = np.add.reduceat(
        np.stack((theirs * ours, theirs * theirs, ours * ours, instead * instead)), starts, axis=1
    )
    whole = np.maximum(float(apart @ apart) - same + shared, 1e-12)
    return dot, np.sqrt(whole), np.sqrt(square)


def _vectors(reading: Reading, stories: Sequence[Story], words: Weights) -> tuple[Weights, Weights]:
    """Cosine of the article's vector and each story's sum, and the mean cosine with the story's articles.

    Without vectors, what shared words let expect.
    """
    found = 0.2 + 0.9 * words
    each, known = found.copy(), [(n, s.vector) for n, s in enumerate(stories) if s.vector is not None]
    if reading.vector is not None and known:
        at, sums = [n for n, _ in known], np.stack([vector for _, vector in known])
        products = sums @ reading.vector
        found[at] = products / (np.sqrt(np.einsum("ij,ij->i", sums, sums)) + 1e-9)
        each[at] = products / np.array([stories[n].articles for n in at])
    return found, each


def detail(reading: Reading, story: Story) -> float:
    """How much text there is to go by on both sides: 0 for bare headlines, 1 for full articles."""
    words = min(reading.words, story.words / story.articles)
    return min(max(math.log((words + 1) / HEADLINE) / math.log(TEXT / HEADLINE), 0.0), 1.0)


def logits(window: Window, reading: Reading, stories: Sequence[Story]) -> tuple[Weights, Weights]:
    """Return log odds that the article belongs to each story, shape (stories,), and the features they come from."""
    features = features_of(window, reading, stories)
    long = np.array([detail(reading, story) for story in stories], dtype=np.float32)
    odds = (1 - long) * (features @ SHORT) + long * (features @ LONG)
    return np.clip(odds, -80, 80), features
