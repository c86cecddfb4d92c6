"""Joining a story or opening one, and keeping what spoke for and against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cluster.evidence import sentence, weighing
from pipeline.cluster.weigh import logits
from pipeline.model import Placement

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.cluster.window import Window
    from pipeline.model import Article, Vectors


def place(
    window: Window,
    article: Article,
    vector: Vectors | None,
    *,
    next_story: int,
    origin_story: int | None = None,
    barred: Collection[int] = (),
) -> Placement:
    """Join an article to the best open story, or open ``next_story``; the window itself is left as it is.

    ``vector`` is a unit row, shape (dimensions,), or None to go by words alone. ``origin_story`` is the story of the
    article that this one copies, if it does; no story that is ``barred`` is joined. The score is the estimated probability
    that the article belongs there (of an opened story: that it belongs to none of those open).
    """
    if origin_story is not None and origin_story not in barred:
        return Placement(article.id, origin_story, 1.0, "a copy goes to the story of its origin", opened=False)
    reading = window.read(article, vector)
    stories = [s for s in window.near(reading) if s.id not in barred] if len(reading.terms) else []
    if not stories:
        return Placement(article.id, next_story, 1.0, "no open story shares a rare word, name or number", opened=True)
    weighed, features = logits(window, reading, stories)
    found = weighing(window, reading, stories, weighed, features)
    if weighed.max() > 0:
        return Placement(article.id, found.story, found.chance, sentence(found), opened=False, weighing=found)
    said = f"nearest was story {found.story}: {sentence(found)}"
    return Placement(article.id, next_story, round(1 - found.chance, 4), said, opened=True, weighing=found)
