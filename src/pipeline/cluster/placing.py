"""Joining a story or opening one, and saying why in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.cluster.reading import shared
from pipeline.cluster.weigh import FEATURES, logits
from pipeline.model import Placement

if TYPE_CHECKING:
    from pipeline.cluster.reading import Reading, Weights
    from pipeline.cluster.window import Story, Window
    from pipeline.model import Article, Vectors


def place(
    window: Window, article: Article, vector: Vectors | None, *, next_story: int, origin_story: int | None = None
) -> Placement:
    """Join an article to the best open story, or open ``next_story``; the window itself is left as it is.

    ``vector`` is a unit row, shape (dimensions,), or None to go by words alone. ``origin_story`` is the story of the
    article that this one copies, if it does. The score is the estimated probability that the article belongs there
    (of an opened story: that it belongs to none of those open).
    """
    if origin_story is not None:
        return Placement(article.id, origin_story, 1.0, "a copy goes to the story of its origin", opened=False)
    reading = window.read(article, vector)
    stories = window.near(reading) if len(reading.terms) else []
    if not stories:
        return Placement(article.id, next_story, 1.0, "no open story shares a rare word, name or number", opened=True)
    weighed, features = logits(window, reading, stories)
    best = int(weighed.argmax())
    chance = 1 / (1 + math.exp(-float(weighed[best])))
    said = _reason(window, reading, stories[best], features[best])
    if weighed[best] > 0:
        return Placement(article.id, stories[best].id, round(chance, 4), said, opened=False)
    return Placement(
        article.id, next_story, round(1 - chance, 4), f"nearest was story {stories[best].id}: {said}", True
    )


def _reason(window: Window, reading: Reading, story: Story, features: Weights) -> str:
    told = dict(zip(FEATURES, features.tolist(), strict=True))
    both = shared(reading.terms, story.terms)
    by_weight = np.argsort(-reading.weights * window.rarity(reading.terms) * both, kind="stable")
    top = [int(n) for n in by_weight[: int(both.sum())]]
    names = [reading.said[int(reading.terms[n])] for n in top if reading.names[n]][:4]
    words = [reading.said[int(reading.terms[n])] for n in top if not reading.names[n]][:4]
    found = [
        f"names and numbers {', '.join(names)}" if names else "",
        f"words {', '.join(words)}" if words else "",
        f"likeness of words {told['words']:.2f}",
        f"of meaning {told['vector']:.2f}" if reading.vector is not None and story.vector is not None else "",
    ]
    against = [
        f"{_duration(story.gap(reading.when))} apart" if told["gap"] > math.log1p(0.5) else "",
        "no shared name or number" if not names else "",
        "another language" if told["cross"] else "",
        "few words in common" if told["words"] < 0.1 else "",
    ]
    counter = ", ".join(a for a in against if a)
    return "shares " + "; ".join(f for f in found if f) + (f"; against: {counter}" if counter else "")


def _duration(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
