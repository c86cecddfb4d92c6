"""TAG: Article + Annotation -> Tags with evidence and stance, quotes with speakers, mentions of the watchlist.

``learn`` makes a Tagger from theme files, ``article`` applies it, ``as_line`` writes the answer as a line of JSON.
No model library is known here: vectors come from ``nlp``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.model import Tagging
from pipeline.tag.aligned import ALIGNED, Aligned
from pipeline.tag.learn import Encode, learn
from pipeline.tag.mentions import Watchlist, mentions, watchlist
from pipeline.tag.quotes import quotes
from pipeline.tag.score import THRESHOLD, probabilities, scores, tags, whole
from pipeline.tag.tagger import Tagger, from_bytes, to_bytes

if TYPE_CHECKING:
    from pipeline.model import Annotation, Article, Span

VERSION = 2

__all__ = [
    "ALIGNED", "THRESHOLD", "VERSION", "Aligned", "Encode", "Tagger", "Watchlist", "article", "as_line", "from_bytes",
    "learn", "mentions", "quotes", "scores", "tags", "to_bytes", "watchlist", "whole",
]  # fmt: skip


def article(article: Article, annotation: Annotation, tagger: Tagger, watched: Watchlist) -> Tagging:
    """Say of one article which themes it has and where, who is quoted, and who of the watchlist is named."""
    found = scores(article, annotation, tagger)
    chance = probabilities(found.article)
    return Tagging(
        article=article.id,
        tags=tags(article, annotation, tagger, found),
        quotes=quotes(article, annotation.language),
        mentions=mentions(article, watched),
        scores={key: round(float(p), 4) for key, p in zip(tagger.themes, chance, strict=True)},
    )


def as_line(tagging: Tagging, language: str | None, *, scores: bool = False) -> dict[str, Any]:
    """Return the tagging as the filter `tideline tag` writes it, without the id."""
    line: dict[str, Any] = {
        "language": language or None,
        "themes": [
            {"theme": t.theme, "score": t.score, "stance": t.stance, "evidence": [_span(e) for e in t.evidence]}
            for t in tagging.tags
        ],
        "entities": [
            {"start": m.start, "end": m.end, "text": m.text, "label": m.label, "id": m.entity} for m in tagging.mentions
        ],
        "quotes": [
            {
                "start": q.start,
                "end": q.end,
                "text": q.text,
                "speaker": {"start": q.speaker.start, "end": q.speaker.end, "text": q.speaker.text}
                if q.speaker
                else None,
                "direct": q.direct,
            }
            for q in tagging.quotes
        ],
    }
    return line | {"scores": dict(tagging.scores)} if scores else line


def _span(span: Span) -> dict[str, str | int]:
    return {"field": span.field, "start": span.start, "end": span.end, "text": span.text}
