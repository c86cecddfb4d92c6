"""From passages to an article: which themes it has, how sure that is, and the sentences that say so.

A short text is scored whole. In a longer one a theme needs its best sentence, its best three and the article as a
whole; one passing word carries nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.model import Tag
from pipeline.tag import stance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.model import Annotation, Article, Span
    from pipeline.tag.tagger import Tagger

    Floats = NDArray[np.float64]

THRESHOLD = 0.5
SHORT_SENTENCES = 4  # up to here the text is one passage
EVIDENCE = 3
SLOPE, SHIFT = 1.0, -1.0  # from pooled to calibrated log-odds, set on batches a, b and d of the bundled newsroom


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Calibrated log-odds of an article (T,) and those of its sentences (sentences, T)."""

    article: Floats
    sentences: Floats


def whole(article: Article) -> str:
    """Title and text as one passage."""
    title = article.title.strip()
    return (
        f"{title}{'' if title.endswith(('.', '!', '?')) else '.'} {article.text.strip()}"
        if title
        else article.text.strip()
    )


def scores(article: Article, annotation: Annotation, tagger: Tagger) -> Scores:
    """Score every theme for one annotated article."""
    spans = annotation.sentences
    if not spans:
        return Scores(np.full(len(tagger.themes), -9.0), np.zeros((0, len(tagger.themes))))
    each = tagger.logits(annotation.vectors, [s.text for s in spans], annotation.language)
    if len(spans) <= SHORT_SENTENCES:
        lead = whole(article)[:2_000]
        return Scores(tagger.logits(annotation.vector[None], [lead], annotation.language)[0], each)
    lead = " ".join(s.text for s in spans[:12])
    total = tagger.logits(annotation.vector[None], [lead], annotation.language)[0]
    pooled = (_top(each, 1) + _top(each, 3) + total) / 3
    return Scores(SLOPE * pooled + SHIFT, each)


def tags(article: Article, annotation: Annotation, tagger: Tagger, found: Scores) -> tuple[Tag, ...]:
    """Return a tag for every theme above THRESHOLD, surest first."""
    chance = probabilities(found.article)
    columns = [int(c) for c in np.argsort(-chance) if chance[c] >= THRESHOLD and len(found.sentences)]
    return tuple(_tag(article, annotation, tagger, found, column) for column in columns)


def probabilities(logits: Floats) -> Floats:
    """Log-odds to probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))))


def _tag(article: Article, annotation: Annotation, tagger: Tagger, found: Scores, column: int) -> Tag:
    rows = _evidence(annotation.sentences, found.sentences[:, column])
    share = probabilities(found.sentences[rows, column])
    return Tag(
        article=article.id,
        theme=tagger.themes[column],
        score=round(float(probabilities(found.article)[column]), 4),
        stance=stance.of(tagger.stances[column], annotation.vectors[rows], share),
        evidence=tuple(annotation.sentences[row] for row in rows),
    )


def _evidence(spans: tuple[Span, ...], logits: Floats) -> list[int]:
    """Return the best sentence and up to two more that are nearly as good; the title only where the text has none."""
    body = [n for n, span in enumerate(spans) if span.field != "title"] or list(range(len(spans)))
    best = sorted(body, key=lambda n: -logits[n])[:EVIDENCE]
    return [n for k, n in enumerate(best) if k == 0 or logits[n] > 0 or logits[n] > logits[best[0]] - 0.5]


def _top(logits: Floats, count: int) -> Floats:
    return np.asarray(np.sort(logits, axis=0)[::-1][:count].mean(0))
