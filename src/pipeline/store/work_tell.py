"""What telling asks of the store and saves: series, trends, reports and summaries.

A story counts once, on the day of its first article; it has a theme when one of its articles that is no copy, and
whose text is not cut by a pay wall or an excerpt's end, has a live tag of it. Days are inclusive at both ends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.model import Burst, Changepoint, Point, Sentence, Series, Shape, Summary, Trend
from pipeline.store import schema
from pipeline.store.rows import CHUNK
from pipeline.store.work_report import themed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow

MOST_TRENDS = 1000
TOP_SOURCES = 5


# ------------------------------------------------------------------ series
def series(store: Store, start: date, end: date, themes: Sequence[str]) -> list[Series]:
    """Return stories a day with each theme, and all stories a day; a day without any story is a gap, not a zero."""
    t, st = schema.tags, schema.stories
    counted = sa.func.count(sa.distinct(st.c.id))
    with store.reading() as connection:
        whole = st.c.articles > st.c.copies + st.c.truncated
        totals = _by_day(connection, sa.select(st.c.day, sa.func.count()).where(whole), start, end)
        rows = connection.execute(
            themed(t.c.theme, st.c.day, counted)
            .where(t.c.theme.in_(themes), st.c.day.between(start, end))
            .group_by(t.c.theme, st.c.day)
        )
        found: dict[str, dict[date, float]] = defaultdict(dict)
        for theme, day, stories in rows:
            found[theme][day] = float(stories)
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    return [
        Series(
            theme,
            start,
            tuple(found[theme].get(day, 0.0) if day in totals else None for day in days),
            tuple(totals.get(day, 0.0) for day in days),
        )
        for theme in themes
    ]


def _by_day(connection: Connection, query: sa.Select[Any], start: date, end: date) -> dict[date, float]:
    day = schema.stories.c.day
    rows = connection.execute(query.where(day.between(start, end)).group_by(day))
    return {found: float(stories) for found, stories in rows}


def save_series(store: Store, found: Sequence[Series], *, version: int, now: datetime) -> None:
    """Keep the counts that trends were computed on; a day that changed supersedes what was known of it."""
    s = schema.series
    with store.writing() as connection:
        for one in found:
            days = [one.start + timedelta(days=n) for n in range(len(one.counts))]
            live = sa.select(s.c.day, s.c.stories, s.c.total).where(
                s.c.theme == one.theme, s.c.superseded_at.is_(None), s.c.day.between(days[0], days[-1])
            )
            known = {row.day: (row.stories, row.total) for row in connection.execute(live)}
            rows = [
                {"theme": one.theme, "day": day, "stories": count, "total": total}
                for day, count, total in zip(days, one.counts, one.totals, strict=True)
                if known.get(day) != (count, total)
            ]
            _supersede_days(connection, one.theme, [row["day"] for row in rows if row["day"] in known], now)
            if rows:
                connection.execute(sa.insert(s), [{**row, "version": version, "computed_at": now} for row in rows])


def _supersede_days(connection: Connection, theme: str, days: Sequence[Any], now: datetime) -> None:
    s = schema.series
    for start in range(0, len(days), CHUNK):
        changed = (s.c.theme == theme, s.c.superseded_at.is_(None), s.c.day.in_(days[start : start + CHUNK]))
        connection.execute(sa.update(s).where(*changed).values(superseded_at=now))


def voices(store: Store, theme: str, start: date, end: date) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return how many stories of a theme's window take each stance, and the names of the sources with most of them.

    A story has the stance of its best-scored article.
    """
    t, st, a, s = schema.tags, schema.stories, schema.articles, schema.sources
    window = (t.c.theme == theme, st.c.day.between(start, end))
    best = sa.func.row_number().over(partition_by=st.c.id, order_by=(t.c.score.desc(), t.c.article)).label("rank")
    ranked = themed(t.c.stance, best).where(*window).subquery()
    stances = (
        sa.select(ranked.c.stance, sa.func.count().label("stories")).where(ranked.c.rank == 1).group_by(ranked.c.stance)
    )
    stories = sa.func.count(sa.distinct(st.c.id))
    top = (
        themed(s.c.name)
        .join(a, a.c.id == t.c.article)
        .join(s, s.c.key == a.c.source)
        .where(*window)
        .group_by(s.c.key, s.c.name)
        .order_by(stories.desc(), s.c.key)
        .limit(TOP_SOURCES)
    )
    with store.reading() as connection:
        counted = {row.stance: row.stories for row in connection.execute(stances)}
        return counted, tuple(connection.scalars(top))


# ------------------------------------------------------------------ trends
def save_trends(store: Store, trends: Sequence[Trend], *, version: int, now: datetime) -> list[Trend]:
    """Keep trends and return them with ids. One that is as it was is not written again, a changed one supersedes it."""
    with store.writing() as connection:
        return [_save_trend(connection, trend, version, now) for trend in trends]


def _save_trend(connection: Connection, trend: Trend, version: int, now: datetime) -> Trend:
    t = schema.trends
    row = {**_trend_row(trend), "version": version}
    live = connection.execute(
        sa.select(t).where(
            t.c.theme == trend.theme,
            t.c.start_day == trend.start,
            t.c.end_day == trend.end,
            t.c.superseded_at.is_(None),
        )
    ).first()
    if live is not None and all(live._mapping[name] == value for name, value in row.items()):
        return _trend(live)
    if live is not None:
        connection.execute(sa.update(t).where(t.c.id == live.id).values(superseded_at=now))
        _supersede_summaries(connection, live.id, now)
    return _trend(connection.execute(sa.insert(t).values(**row, computed_at=now).returning(t)).one())


def _supersede_summaries(connection: Connection, trend: int, now: datetime, language: str | None = None) -> None:
    s = schema.summaries
    query = sa.update(s).where(s.c.trend == trend, s.c.superseded_at.is_(None))
    if language is not None:
        query = query.where(s.c.language == language)
    connection.execute(query.values(superseded_at=now))


SAME = (
    "theme", "stories", "total", "share", "low", "high", "before_stories", "before_total", "before_share",
    "change", "change_low", "change_high", "verdict",
)  # fmt: skip


def _trend_row(trend: Trend) -> dict[str, Any]:
    return {
        **{name: _plain(getattr(trend, name)) for name in SAME},
        "start_day": trend.start,
        "end_day": trend.end,
        "sparkline": [int(n) for n in trend.sparkline],
        "shape": _shape_json(trend.shape) if trend.shape else None,
        "stances": {stance: int(n) for stance, n in trend.stances.items()},
        "top_sources": list(trend.top_sources),
    }


def _plain(value: Any) -> Any:
    """Return Python's own number for one of numpy's, which drivers and JSON refuse."""
    return value.item() if hasattr(value, "item") else value


def _shape_json(shape: Shape) -> dict[str, Any]:
    return {
        "points": [_fields(point) for point in shape.points],
        "bursts": [_fields(burst) for burst in shape.bursts],
        "changepoints": [_fields(changepoint) for changepoint in shape.changepoints],
    }


def _fields(one: Point | Burst | Changepoint) -> dict[str, Any]:
    return {key: _plain(value) for key, value in asdict(one).items()}


def _shape(parts: Mapping[str, Any]) -> Shape:
    return Shape(
        tuple(Point(**one) for one in parts["points"]),
        tuple(Burst(**one) for one in parts["bursts"]),
        tuple(Changepoint(**one) for one in parts["changepoints"]),
    )


def _trend(row: AnyRow) -> Trend:
    return Trend(
        **{name: row._mapping[name] for name in SAME},
        start=row.start_day,
        end=row.end_day,
        sparkline=tuple(row.sparkline),
        shape=_shape(row.shape) if row.shape else None,
        stances=dict(row.stances),
        top_sources=tuple(row.top_sources),
        id=row.id,
    )


def trends_to_tell(store: Store, language: str, version: int) -> list[Trend]:
    """Return live trends without a summary of this version in this language, newest first."""
    t, s = schema.trends, schema.summaries
    told = sa.exists().where(
        s.c.trend == t.c.id, s.c.language == language, s.c.version == version, s.c.superseded_at.is_(None)
    )
    query = sa.select(t).where(t.c.superseded_at.is_(None), ~told).order_by(t.c.end_day.desc(), t.c.theme)
    with store.reading() as connection:
        return [_trend(row) for row in connection.execute(query.limit(MOST_TRENDS))]


def live_trends(store: Store, *, end: date | None = None) -> list[Trend]:
    """Return the newest live trend of each active theme, or those of the window that ends on a day."""
    t, th = schema.trends, schema.themes
    newer = t.alias()
    query = sa.select(t).join_from(t, th, th.c.key == t.c.theme).where(t.c.superseded_at.is_(None), th.c.active)
    if end is not None:
        query = query.where(t.c.end_day == end)
    else:
        newest = sa.select(sa.func.max(newer.c.end_day)).where(
            newer.c.theme == t.c.theme, newer.c.superseded_at.is_(None)
        )
        query = query.where(t.c.end_day == newest.scalar_subquery())
    with store.reading() as connection:
        rows = connection.execute(query.order_by(t.c.theme, t.c.id.desc()).limit(MOST_TRENDS))
        found: dict[str, Trend] = {}
        for row in rows:
            found.setdefault(row.theme, _trend(row))
    return list(found.values())


# ------------------------------------------------------------------ summaries
def save_summaries(store: Store, summaries: Sequence[Summary], *, version: int, now: datetime) -> None:
    """Keep summaries with the articles behind each sentence; an earlier one of the same trend is superseded."""
    s = schema.summaries
    with store.writing() as connection:
        for summary in summaries:
            _supersede_summaries(connection, summary.trend, now, summary.language)
            row = {"trend": summary.trend, "theme": summary.theme, "language": summary.language}
            insert = sa.insert(s).values(**row, version=version, computed_at=now)
            _insert_sentences(connection, connection.execute(insert.returning(s.c.id)).scalar_one(), summary, now)


def _insert_sentences(connection: Connection, summary_id: int, summary: Summary, now: datetime) -> None:
    stamp = {"summary": summary_id, "computed_at": now}
    sentences = [{**stamp, "position": n, "text": one.text} for n, one in enumerate(summary.sentences)]
    sources = [
        {**stamp, "position": n, "article": article, "rank": rank}
        for n, one in enumerate(summary.sentences)
        for rank, article in enumerate(dict.fromkeys(one.articles))
    ]
    for table, rows in ((schema.summary_sentences, sentences), (schema.summary_sources, sources)):
        if rows:
            connection.execute(sa.insert(table), rows)


def summary_of(store: Store, trend_id: int, language: str) -> Summary | None:
    """Return the live summary of a trend in a language."""
    s, ss, so = schema.summaries, schema.summary_sentences, schema.summary_sources
    live = (s.c.trend == trend_id, s.c.language == language, s.c.superseded_at.is_(None))
    with store.reading() as connection:
        head = connection.execute(sa.select(s.c.id, s.c.theme).where(*live)).first()
        if head is None:
            return None
        rows = connection.execute(
            sa.select(ss.c.position, ss.c.text, so.c.article)
            .outerjoin_from(ss, so, sa.and_(so.c.summary == ss.c.summary, so.c.position == ss.c.position))
            .where(ss.c.summary == head.id)
            .order_by(ss.c.position, so.c.rank)
        ).all()
    texts = {row.position: row.text for row in rows}
    carried = {n: tuple(r.article for r in rows if r.position == n and r.article is not None) for n in texts}
    return Summary(head.theme, language, tuple(Sentence(texts[n], carried[n]) for n in texts), trend_id)


def troubled_sources(store: Store, *, limit: int = 20) -> tuple[str, ...]:
    """Return the names of active sources whose last look failed, the longest failing first."""
    s, p = schema.sources, schema.polls
    query = (
        sa.select(s.c.name)
        .join_from(s, p, p.c.source == s.c.key)
        .where(s.c.active, p.c.failures > 0)
        .order_by(p.c.failures.desc(), s.c.key)
        .limit(limit)
    )
    with store.reading() as connection:
        return tuple(connection.scalars(query))
