"""What spoke for and against a placement: as data that a person can check, and as one sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pipeline.cluster.reading import shared
from pipeline.cluster.weigh import FEATURES, LONG, SHORT, detail
from pipeline.model import Weighing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.cluster.reading import Reading, Weights
    from pipeline.cluster.window import Story, Window

NAMED = 6  # shared names and numbers that are kept, and as many other words
LONGEST = 40  # letters of one of them
RUNNERS_UP = 3  # other stories that are kept
SAID = 4  # names, and other words, that the sentence says


def weighing(
    window: Window, reading: Reading, stories: Sequence[Story], weighed: Weights, features: Weights
) -> Weighing:
    """Return how the likeliest story was weighed; ``weighed`` are log odds, shape (stories,), of ``features``."""
    order = np.argsort(-weighed, kind="stable").tolist()
    best, runners_up = order[0], order[1 : 1 + RUNNERS_UP]
    story, told = stories[best], dict(zip(FEATURES, features[best].tolist(), strict=True))
    names, words = _both(window, reading, story)
    vectors = reading.vector is not None and story.vector is not None
    return Weighing(
        story.id,
        chance(float(weighed[best])),
        names=names,
        words=words,
        like_words=round(told["words"], 3),
        like_names=round(told["names"], 3),
        meaning=round(told["vector"], 3) if vectors else None,
        hours=round(story.gap(reading.when), 1),
        other_language=bool(told["cross"]),
        odds=_odds(reading, story, features[best]),
        runners_up=tuple((stories[n].id, chance(float(weighed[n]))) for n in runners_up),
    )


def chance(log_odds: float) -> float:
    """Return the probability that goes with log odds, to four digits."""
    return round(1 / (1 + math.exp(-log_odds)), 4)


def _odds(reading: Reading, story: Story, features: Weights) -> tuple[tuple[str, float], ...]:
    """Return what each feature adds to the log odds or takes from them; their sum is the log odds."""
    long = np.float32(detail(reading, story))
    parts = features * ((1 - long) * SHORT + long * LONG)
    return tuple((name, round(part, 2)) for name, part in zip(FEATURES, parts.tolist(), strict=True) if part)


def _both(window: Window, reading: Reading, story: Story) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Return the weightiest names and numbers, then other words, that both have.

    Each with the part that it makes up of the likeness of words, 0 to 1.
    """
    here = np.flatnonzero(shared(reading.terms, story.terms))
    there = np.searchsorted(story.terms, reading.terms[here])
    rare = window.rarity(reading.terms[here], story.counts[there], story.articles)
    parts = reading.weights[here] * story.weights[there] * rare**4  # as in the cosine: squared on either side
    parts = parts / max(float(parts.sum()), 1e-9)
    told: tuple[list[tuple[str, float]], list[tuple[str, float]]] = ([], [])
    for n in np.argsort(-parts, kind="stable").tolist():
        kind = told[0 if reading.names[here[n]] else 1]
        if len(kind) < NAMED:
            kind.append((reading.said[int(reading.terms[here[n]])][:LONGEST], round(float(parts[n]), 3)))
    return tuple(told[0]), tuple(told[1])


# ------------------------------------------------------------------ in words
def sentence(found: Weighing) -> str:
    """Say in words what was found."""
    names, words = (", ".join(said for said, _ in these[:SAID]) for these in (found.names, found.words))
    shares = [
        f"names and numbers {names}" if names else "",
        f"words {words}" if words else "",
        f"likeness of words {found.like_words:.2f}",
        f"of meaning {found.meaning:.2f}" if found.meaning is not None else "",
    ]
    against = [
        f"{duration(found.hours)} apart" if found.hours > 12 else "",
        "no shared name or number" if not names else "",
        "another language" if found.other_language else "",
        "few words in common" if found.like_words < 0.1 else "",
    ]
    counter = ", ".join(a for a in against if a)
    return "shares " + "; ".join(s for s in shares if s) + (f"; against: {counter}" if counter else "")


def duration(hours: float) -> str:
    """Return a time as a person says it."""
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
