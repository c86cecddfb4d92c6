"""Stories with their evidence, as summaries, digests and people are given them. Reads only."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.model import Quote, Report, Span, Story
from pipeline.store import schema
from pipeline.store.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow


def themed(*columns: Any) -> sa.Select[Any]:
    """Select from live tags of articles that are no copies and whose text is whole, with their stories."""
    t, p, st, c, w = schema.tags, schema.story_articles, schema.stories, schema.copies, schema.articles.alias("whole")
    return (
        sa.select(*columns)
        .join_from(t, p, p.c.article == t.c.article)
        .join(st, st.c.id == p.c.story)
        .join(w, w.c.id == t.c.article)
        .outerjoin(c, c.c.article == t.c.article)
        .where(t.c.superseded_at.is_(None), c.c.article.is_(None), w.c.truncated.is_(None))
    )


def reports(store: Store, theme: str, start: date, end: date, *, limit: int = 20) -> list[Report]:
    """Return the best tagged article of each story of a window: most voices first, then the highest score."""
    t, st, a, s = schema.tags, schema.stories, schema.articles, schema.sources
    rank = sa.func.row_number().over(partition_by=st.c.id, order_by=(t.c.score.desc(), t.c.article)).label("rank")
    ranked = (
        themed(t.c.id.label("tag"), t.c.article, st.c.id.label("story"), rank)
        .where(t.c.theme == theme, st.c.day.between(start, end))
        .subquery()
    )
    query = (
        sa.select(
            *[c.label(f"story_{c.name}") for c in st.c],
            *[c.label(f"tag_{c.name}") for c in t.c],
            a.c.url, a.c.title, a.c.source, a.c.order_at, a.c.language,
            s.c.name.label("source_name"), s.c.kind, s.c.language.label("source_language"),
        )
        .join_from(ranked, t, t.c.id == ranked.c.tag)
        .join(st, st.c.id == ranked.c.story)
        .join(a, a.c.id == ranked.c.article)
        .join(s, s.c.key == a.c.source)
        .where(ranked.c.rank == 1)
        .order_by(st.c.voices.desc(), t.c.score.desc(), st.c.id)
        .limit(limit)
    )  # fmt: skip
    with store.reading() as connection:
        rows = connection.execute(query).all()
        evidence = _best_evidence(connection, [row.tag_id for row in rows])
        quotes = _best_quotes(connection, [row.tag_article for row in rows])
        stories = stories_by_id(connection, [row.story_id for row in rows])
    return [
        _report(row, stories[row.story_id], evidence[row.tag_id], quotes.get(row.tag_article))
        for row in rows
        if row.tag_id in evidence
    ]


def _report(row: AnyRow, story: Story, evidence: Span, quote: Quote | None) -> Report:
    return Report(
        story=story,
        theme=row.tag_theme,
        score=row.tag_score,
        stance=row.tag_stance,
        evidence=evidence,
        article=row.tag_article,
        article_url=row.url,
        article_title=row.title,
        source=row.source,
        source_name=row.source_name,
        published=row.order_at,
        quote=quote,
        language=row.language or row.source_language,
        kind=row.kind,
    )


def _best_evidence(connection: Connection, tags: Sequence[int]) -> dict[int, Span]:
    e = schema.evidence
    rows = connection.execute(sa.select(e).where(e.c.tag.in_(tags), e.c.position == 0))
    return {row.tag: Span(row.start_offset, row.end_offset, row.text, row.field) for row in rows}


def _best_quotes(connection: Connection, articles: Sequence[int]) -> dict[int, Quote]:
    """Return one quote an article: one whose speaker is known before others, a direct one first."""
    q = schema.quotes
    order = (q.c.speaker.is_(None), q.c.direct.is_(False), q.c.start_offset)
    rank = sa.func.row_number().over(partition_by=q.c.article, order_by=order).label("rank")
    ranked = sa.select(q, rank).where(q.c.article.in_(articles)).subquery()
    rows = connection.execute(sa.select(ranked).where(ranked.c.rank == 1))
    return {row.article: quote_of(row) for row in rows}


def quote_of(row: AnyRow) -> Quote:
    """Return the quote of a row of ``quotes``."""
    speaker = (
        Span(row.speaker_start, row.speaker_end, row.speaker, row.speaker_field) if row.speaker is not None else None
    )
    return Quote(row.article, row.start_offset, row.end_offset, row.text, speaker, row.direct, row.organisation)


# ------------------------------------------------------------------ stories
def stories_by_id(connection: Connection, ids: Sequence[int]) -> dict[int, Story]:
    """Return stories with their languages, sources and themes; the source that was first comes first."""
    found: dict[int, Story] = {}
    for some in chunks(list(dict.fromkeys(ids))):
        found |= _stories(connection, some)
    return found


def _stories(connection: Connection, ids: Sequence[int]) -> dict[int, Story]:
    st, p, a, s, t = schema.stories, schema.story_articles, schema.articles, schema.sources, schema.tags
    first = sa.select(st, a.c.url, s.c.name.label("source_name")).join_from(st, a, a.c.id == st.c.first_article)
    heads = connection.execute(first.join(s, s.c.key == a.c.source).where(st.c.id.in_(ids))).all()
    within = p.c.story.in_(ids)
    members = sa.select(p.c.story, a.c.language, s.c.name).join_from(p, a, a.c.id == p.c.article)
    members = members.join(s, s.c.key == a.c.source).where(within).order_by(a.c.order_at, a.c.id)
    languages, sources = _grouped(connection, members, 1), _grouped(connection, members, 2)
    has = themed(st.c.id, t.c.theme).where(within).group_by(st.c.id, t.c.theme).order_by(st.c.id, t.c.theme)
    themes = _grouped(connection, has, 1)
    return {
        row.id: Story(
            id=row.id,
            title=row.title,
            first=row.first_at,
            last=row.last_at,
            articles=row.articles,
            copies=row.copies,
            voices=row.voices,
            hours_to_second=row.hours_to_second,
            hours_to_third=row.hours_to_third,
            hours_to_fifth=row.hours_to_fifth,
            languages=languages[row.id],
            sources=sources[row.id],
            themes=themes[row.id],
            url=row.url,
            first_source=row.source_name,
        )
        for row in heads
    }


def _grouped(connection: Connection, query: sa.Select[Any], column: int) -> defaultdict[int, tuple[str, ...]]:
    """Return each story's different values of a column, in the order of the rows."""
    seen: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for row in connection.execute(query):
        if row[column] is not None:
            seen[row[0]][row[column]] = None
    return defaultdict(tuple, {story: tuple(values) for story, values in seen.items()})
