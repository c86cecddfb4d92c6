"""What people ask of the store: rows for tables, JSON and CSV, and questions in SQL.

Every list has a limit. Rows are plain mappings whose keys are the columns of the views (``docs/database.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.store import schema, views
from pipeline.store.questions import ask
from pipeline.store.work_report import stories_by_id, themed
from pipeline.store.work_tell import live_trends

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from pipeline.model import Story
    from pipeline.store.engine import Store

    Rows = list[dict[str, Any]]

__all__ = [
    "ask",
    "conferences",
    "quotes",
    "rejections",
    "runs",
    "sources_health",
    "stories",
    "story",
    "theme_days",
    "theme_overview",
    "theme_rows",
]


def _rows(store: Store, query: sa.Select[Any], limit: int) -> Rows:
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]


# ------------------------------------------------------------------ themes
def theme_overview(store: Store, *, end: date | None = None, limit: int = 100) -> Rows:
    """Return what each theme did in its newest window (or the one that ends on a day), most stories first.

    Keys: theme, name, start, end, stories, total, share, low, high, before_stories, before_total, before_share,
    change, change_low, change_high, verdict, sparkline, stances, top_sources.
    """
    names = {row["theme"]: row["name"] for row in theme_rows(store)}
    found = sorted(live_trends(store, end=end), key=lambda trend: (-trend.stories, trend.theme))
    columns = (
        "start", "end", "stories", "total", "share", "low", "high", "before_stories", "before_total", "before_share",
        "change", "change_low", "change_high", "verdict", "sparkline", "stances", "top_sources",
    )  # fmt: skip
    return [
        {"theme": trend.theme, "name": names.get(trend.theme, trend.theme)}
        | {column: getattr(trend, column) for column in columns}
        for trend in found[:limit]
    ]


def theme_rows(store: Store, *, limit: int = 1000) -> Rows:
    """Return the catalogue of themes with what the store holds of each.

    Keys: theme, name, definition, active, stories, articles, first_day, last_day.
    """
    th, t, st = schema.themes, schema.tags, schema.stories
    held = (
        themed(
            t.c.theme,
            sa.func.count(sa.distinct(st.c.id)).label("stories"),
            sa.func.count().label("articles"),
            sa.func.min(st.c.day).label("first_day"),
            sa.func.max(st.c.day).label("last_day"),
        )
        .group_by(t.c.theme)
        .subquery()
    )
    query = (
        sa.select(
            th.c.key.label("theme"),
            th.c.name,
            th.c.definition,
            th.c.active,
            sa.func.coalesce(held.c.stories, 0).label("stories"),
            sa.func.coalesce(held.c.articles, 0).label("articles"),
            held.c.first_day,
            held.c.last_day,
        )
        .outerjoin_from(th, held, held.c.theme == th.c.key)
        .order_by(th.c.active.desc(), th.c.key)
    )
    return _rows(store, query, limit)


def theme_days(store: Store, theme: str, start: date, end: date, *, limit: int = 1000) -> Rows:
    """Return the days of a theme, oldest first, with the columns of the view ``theme_daily``."""
    v = views.theme_daily
    return _rows(store, sa.select(v).where(v.c.theme == theme, v.c.day.between(start, end)).order_by(v.c.day), limit)


# ------------------------------------------------------------------ stories
def stories(
    store: Store,
    *,
    theme: str | None = None,
    source: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int = 20,
) -> list[Story]:
    """Return stories, the newest day first, on a day those told by most voices first."""
    st, p, a = schema.stories, schema.story_articles, schema.articles
    query = sa.select(st.c.id).where(st.c.articles > 0)
    if theme is not None:
        query = query.where(st.c.id.in_(themed(st.c.id).where(schema.tags.c.theme == theme)))
    if source is not None:
        theirs = sa.select(p.c.story).join_from(p, a, a.c.id == p.c.article).where(a.c.source == source)
        query = query.where(st.c.id.in_(theirs))
    if since is not None:
        query = query.where(st.c.day >= since)
    if until is not None:
        query = query.where(st.c.day <= until)
    query = query.order_by(st.c.day.desc(), st.c.voices.desc(), st.c.articles.desc(), st.c.id.desc()).limit(limit)
    with store.reading() as connection:
        ids = list(connection.scalars(query))
        found = stories_by_id(connection, ids)
    return [found[story_id] for story_id in ids]


def story(store: Store, story_id: int, *, limit: int = 200) -> dict[str, Any] | None:
    """Return one story: ``story``, its ``articles`` in order of time, its ``tags`` and ``quotes``."""
    a, t, q = views.story_article, views.tag, views.quote
    with store.reading() as connection:
        found = stories_by_id(connection, [story_id]).get(story_id)
    if found is None:
        return None
    return {
        "story": found,
        "articles": _rows(store, sa.select(a).where(a.c.story == story_id).order_by(a.c.day, a.c.article), limit),
        "tags": _rows(store, sa.select(t).where(t.c.story == story_id).order_by(t.c.theme, t.c.score.desc()), limit),
        "quotes": _rows(store, sa.select(q).where(q.c.story == story_id).order_by(q.c.day, q.c.id), limit),
    }


def quotes(
    store: Store, *, theme: str | None = None, speaker: str | None = None, since: date | None = None, limit: int = 20
) -> Rows:
    """Return quotes, newest first, of a theme's articles or of a speaker whose name holds the words given."""
    q, t = views.quote, schema.tags
    query = sa.select(q).where(~q.c.is_copy)
    if theme is not None:
        tagged = sa.select(t.c.article).where(t.c.theme == theme, t.c.superseded_at.is_(None))
        query = query.where(q.c.article.in_(tagged))
    if speaker is not None:
        query = query.where(q.c.speaker.icontains(speaker, autoescape=True))
    if since is not None:
        query = query.where(q.c.day >= since)
    return _rows(store, query.order_by(q.c.day.desc(), q.c.id), limit)


def conferences(store: Store, *, conference: str | None = None, since: date | None = None, limit: int = 100) -> Rows:
    """Return articles from and about conferences, newest first."""
    v = views.conference_coverage
    query = sa.select(v)
    if conference is not None:
        query = query.where(v.c.conference == conference)
    if since is not None:
        query = query.where(v.c.day >= since)
    return _rows(store, query.order_by(v.c.day.desc(), v.c.article), limit)


# ------------------------------------------------------------------ how the pipeline does
def sources_health(store: Store, *, trouble: bool = False, limit: int = 1000) -> Rows:
    """Return the view ``source_health``; with ``trouble`` only sources that fail or have open rejections."""
    v = views.source_health
    query = sa.select(v).where(v.c.active)
    if trouble:
        query = query.where(sa.or_(v.c.state == "failing", v.c.rejections > 0))
    return _rows(store, query.order_by(v.c.state, v.c.source), limit)


def rejections(
    store: Store,
    *,
    stages: Sequence[str] = (),
    source: str | None = None,
    resolved: bool = False,
    limit: int = 100,
) -> Rows:
    """Return the view ``rejection``, the latest first; with ``resolved`` also those since overcome."""
    v = views.rejection
    query = sa.select(v)
    if stages:
        query = query.where(v.c.stage.in_(stages))
    if source is not None:
        query = query.where(v.c.source == source)
    if not resolved:
        query = query.where(v.c.resolved_at.is_(None))
    return _rows(store, query.order_by(v.c.last_seen_at.desc(), v.c.id.desc()), limit)


def runs(store: Store, *, limit: int = 50) -> Rows:
    """Return the latest runs of stages with their counts."""
    return _rows(store, sa.select(schema.runs).order_by(schema.runs.c.id.desc()), limit)
