"""What annotating saves and later stages read: sentences by their offsets, vectors in a quarter of their size."""

# No ``from __future__ import annotations`` here: the name is the noun's.
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pipeline.model import Annotation, Article
from pipeline.store import done, schema, vectors
from pipeline.store.engine import Store
from pipeline.store.rows import chunks, span_of, upsert


def save_annotations(
    store: Store, annotations: Sequence[Annotation], *, version: int, model: str, now: datetime
) -> None:
    """Keep sentences by their offsets and vectors in a quarter of their size (``vectors.packed``)."""
    rows = [
        {
            "article": a.article,
            "language": a.language,
            "model": model,
            "dimensions": int(a.vector.shape[-1]),
            "sentences": [[s.field, s.start, s.end] for s in a.sentences],
            "vectors": vectors.packed(a.vectors) if len(a.sentences) else b"",
            "vector": vectors.packed(a.vector),
            "version": version,
            "computed_at": now,
        }
        for a in annotations
    ]
    with store.writing() as connection:
        upsert(connection, schema.annotations, rows)
        done.mark(connection, "annotate", [a.article for a in annotations], version=version, now=now)


def annotations(store: Store, articles: Sequence[Article]) -> dict[int, Annotation]:
    """Return the annotations of articles by article id; the sentences' text is cut from the articles given."""
    by_id = {article.id: article for article in articles}
    found: dict[int, Annotation] = {}
    with store.reading() as connection:
        for some in chunks(list(by_id)):
            rows = connection.execute(sa.select(schema.annotations).where(schema.annotations.c.article.in_(some)))
            found |= {row.article: _annotation(row, by_id[row.article]) for row in rows}
    return found


def _annotation(row: sa.Row[*tuple[Any, ...]], article: Article) -> Annotation:
    return Annotation(
        article=row.article,
        language=row.language,
        sentences=tuple(span_of(article, field, start, end) for field, start, end in row.sentences),
        vectors=vectors.unpacked(row.vectors, row.dimensions),
        vector=vectors.unpacked(row.vector, row.dimensions)[0],
    )
