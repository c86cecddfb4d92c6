"""What people ask of conferences: their editions with coverage, and one edition whole. Every list has a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.store import schema, views

if TYPE_CHECKING:
    from datetime import date

    from pipeline.store.engine import Store

    Rows = list[dict[str, Any]]


def editions(
    store: Store,
    *,
    conference: str | None = None,
    year: int | None = None,
    topic: str | None = None,
    since: date | None = None,
    covered: bool = False,
    limit: int = 30,
) -> Rows:
    """Return the view ``edition``; with ``since`` what ends then or later, the next first, else the newest first."""
    v, e = views.edition, schema.editions
    chosen = sa.select(e.c.key)
    if conference is not None:
        chosen = chosen.where(e.c.conference == conference)
    if year is not None:
        chosen = chosen.where(e.c.year == year)
    if topic is not None:
        chosen = chosen.where((sa.literal(", ") + e.c.topics + ", ").contains(f", {topic.lower()}, ", autoescape=True))
    if since is not None:
        chosen = chosen.where(e.c.end_day >= since)
    if covered:
        chosen = chosen.where(sa.exists().where(schema.article_editions.c.edition == e.c.id))
    first = e.c.start_day.asc() if since else e.c.start_day.desc().nulls_last()
    # The view counts row by row: it is asked for the rows that are shown, no others.
    with store.reading() as connection:
        keys = list(connection.scalars(chosen.order_by(first, e.c.key).limit(limit)))
        rows = connection.execute(sa.select(v).where(v.c.key.in_(keys))).mappings().all()
    order = {key: n for n, key in enumerate(keys)}
    return [dict(row) for row in sorted(rows, key=lambda row: order[row["key"]])]


def edition(store: Store, key: str, *, limit: int = 500) -> dict[str, Any] | None:
    """Return one edition with its agenda, speakers and articles; the newest edition where ``key`` is a conference's."""
    e = schema.editions
    with store.reading() as connection:
        known = connection.scalar(sa.select(e.c.key).where(e.c.key == key))
        newest = sa.select(e.c.key).where(e.c.conference == key).order_by(e.c.start_day.desc().nulls_last()).limit(1)
        known = known or connection.scalar(newest)
        if known is None:
            return None
        row = connection.execute(sa.select(views.edition).where(views.edition.c.key == known)).mappings().one()
    return {
        **row,
        "agenda": _agenda(store, known, limit),
        "people": _people(store, known, limit),
        "coverage": _coverage(store, known, limit),
    }


def _agenda(store: Store, key: str, limit: int) -> Rows:
    v, t, p = views.session, schema.session_speakers, schema.speakers
    with store.reading() as connection:
        query = sa.select(v).where(v.c.edition == key, v.c.withdrawn_at.is_(None))
        rows = [
            dict(r) for r in connection.execute(query.order_by(v.c.start_at, v.c.room, v.c.id).limit(limit)).mappings()
        ]
        ids = [row["id"] for row in rows]
        query = sa.select(t.c.session, p.c.name, p.c.affiliation).join_from(t, p, p.c.id == t.c.speaker)
        people: dict[int, list[str]] = {}
        for row in connection.execute(query.where(t.c.session.in_(ids)).order_by(t.c.session, t.c.position)):
            people.setdefault(row.session, []).append(
                f"{row.name} ({row.affiliation})" if row.affiliation else row.name
            )
    return [{**row, "who": people.get(row["id"], [])} for row in rows]


def _people(store: Store, key: str, limit: int) -> Rows:
    v = views.speaker
    with store.reading() as connection:
        query = sa.select(v).where(v.c.edition == key).order_by(v.c.name, v.c.id).limit(limit)
        return [dict(row) for row in connection.execute(query).mappings()]


def _coverage(store: Store, key: str, limit: int) -> Rows:
    t, e, a, s = schema.article_editions, schema.editions, schema.articles, schema.sources
    query = (
        sa.select(a.c.day, t.c.how, t.c.score, s.c.name.label("source"), a.c.title, a.c.url, t.c.why)
        .join_from(t, e, e.c.id == t.c.edition)
        .join(a, a.c.id == t.c.article)
        .join(s, s.c.key == a.c.source)
        .where(e.c.key == key)
        .order_by(a.c.day.desc(), a.c.id)
        .limit(limit)
    )
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
