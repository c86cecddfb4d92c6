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

FEATURES = (
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
SHORT = np.array([-2.39, 8.93, 6.25, 0.44, 0.98, -0.24, -7.42, -0.26, 7.63, -3.1, -0.83], dtype=np.float32)
LONG = np.array([-9.0, 15.89, 1.35, 3.55, -4.65, 1.29, -1.24, -1.0, 5.96, -1.63, 2.38], dtype=np.float32)


def features_of(window: Window, reading: Reading, stories: Sequence[Story]) -> Weights:
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

    def sums(values: Weights) -> Weights:
        return np.asarray(np.add.reduceat(values, starts))

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


def detail(reading: Reading, story: Story) -> float:
    """How much text there is to go by on both sides: 0 for bare headlines, 1 for full articles."""
    words = min(reading.words, story.words / story.articles)
    return min(max((math.log(words + 1) - math.log(20)) / (math.log(120) - math.log(20)), 0.0), 1.0)


def logits(window: Window, reading: Reading, stories: Sequence[Story]) -> tuple[Weights, Weights]:
    """Return log odds that the article belongs to each story, shape (stories,), and the features they come from."""
    features = features_of(window, reading, stories)
    long = np.array([detail(reading, story) for story in stories], dtype=np.float32)
    return (1 - long) * (features @ SHORT) + long * (features @ LONG), features
