"""What people ask about one story: each article, how it came there, and what was decided by hand. Reads only."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.store import answers, schema, story_rules, views
from pipeline.store.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store

    Rows = list[dict[str, Any]]

DECISIONS = 20  # that one story is shown with


def explained(store: Store, story: int, *, limit: int = 30) -> dict[str, Any] | None:
    """Return one story with what is known of each article's place; of one merged away, the story that took it.

    Keys: story, asked, articles (in order of time, each with weighing, moved and copy_reason), more (articles beyond
    the limit), decisions (the latest first), tags and quotes. None where there is no such story.
    """
    with store.reading() as connection:
        kept = story_rules.merged(connection, [story]).get(story, story)
    found = answers.story(store, kept, limit=limit)
    if found is None or not found["articles"]:
        return None
    with store.reading() as connection:
        articles = _articles(connection, kept, limit)
        moved = _moved(connection, [row["article"] for row in articles])
        return {
            **found,
            "asked": story,
            "articles": [{**row, "moved": moved.get(row["article"])} for row in articles],
            "more": max(found["story"].articles - len(articles), 0),
            "decisions": _decisions(connection, kept, limit=DECISIONS),
        }


def decisions(store: Store, *, limit: int = 30) -> Rows:
    """Return the view ``story_decision``, the latest first, each with the stories that it merged away."""
    with store.reading() as connection:
        return _decisions(connection, None, limit=limit)


def _articles(connection: Connection, story: int, limit: int) -> Rows:
    v, p, a, c = views.story_article, schema.story_articles, schema.articles, schema.copies
    query = (
        sa.select(v, a.c.order_at.label("arrived_at"), p.c.opened, p.c.weighing, c.c.reason.label("copy_reason"))
        .join_from(v, p, p.c.article == v.c.article)
        .join(a, a.c.id == v.c.article)
        .outerjoin(c, c.c.article == v.c.article)
        .where(v.c.story == story, p.c.story == story)
        .order_by(a.c.order_at, v.c.is_copy, a.c.id)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def _moved(connection: Connection, articles: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the newest live decision that moved each article, with what was said of it before."""
    d, m = schema.story_decisions, schema.story_moves
    names = ("from_story", "follows", "score", "reason", "opened", "weighing")
    columns = [m.c.article, m.c.decision, d.c.kind, d.c.made_by, d.c.made_at, d.c.note, *(m.c[name] for name in names)]
    query = (
        sa.select(*columns)
        .join_from(m, d, d.c.id == m.c.decision)
        .where(m.c.from_story != m.c.to_story, d.c.kind != "undo", story_rules.live())
        .order_by(d.c.id)
    )
    found: dict[int, dict[str, Any]] = {}
    for some in chunks(articles):
        for row in connection.execute(query.where(m.c.article.in_(some))).mappings():
            found[row["article"]] = {name: value for name, value in row.items() if name != "article"}
    return found


def _decisions(connection: Connection, story: int | None, *, limit: int) -> Rows:
    v, g = views.story_decision, schema.story_merges
    query = sa.select(v).order_by(v.c.id.desc()).limit(limit)
    if story is not None:
        query = query.where(sa.or_(v.c.story == story, v.c.target == story))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    taken: defaultdict[int, list[int]] = defaultdict(list)
    for row in connection.execute(sa.select(g).where(g.c.decision.in_([row["id"] for row in rows]))):
        taken[row.decision].append(row.story)
    return [{**row, "merged": sorted(taken[row["id"]])} for row in rows]
