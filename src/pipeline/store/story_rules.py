"""What people decided about stories, as it stands: where articles were put, what was set apart, what was merged.

A decision is live until another undoes it; of several about one article the newest counts. Every placement that is
saved passes ``heed``, so a run that began before a decision can't overrule it. Writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.model import Decided
from pipeline.store import schema
from pipeline.store.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from pipeline.model import Article, Placement
    from pipeline.store.engine import Store

    Placed = tuple[Article, Placement]

LOCK = 7_436_116  # any number, as long as every Tideline takes the same
NOWHERE = 0  # no story has this number
COPIES_OF_COPIES = 8  # steps from a copy to an origin that was put somewhere


def decided(store: Store, articles: Sequence[Article]) -> Decided:
    """Return what people decided as far as it bears on these articles; a copy goes where its origin was put."""
    ids = [article.id for article in articles]
    with store.reading() as connection:
        newest = latest(connection)
        if not newest:
            return Decided()
        put = _put(connection, ids)
        return Decided(newest, put, _apart(connection, [n for n in ids if n not in put]))


def hold(connection: Connection, *, alone: bool = False) -> None:
    """Keep decisions and placements from crossing until the transaction ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        lock = sa.func.pg_advisory_xact_lock if alone else sa.func.pg_advisory_xact_lock_shared
        connection.execute(sa.select(lock(LOCK)))


def latest(connection: Connection) -> int:
    """Return the number of the newest decision, 0 where there is none."""
    return connection.scalar(sa.select(sa.func.max(schema.story_decisions.c.id))) or 0


def live(decisions: Any = schema.story_decisions) -> sa.ColumnElement[bool]:
    """Return the condition that a decision is not undone."""
    undo = schema.story_decisions.alias()
    return ~sa.exists().where(undo.c.undoes == decisions.c.id)


# ------------------------------------------------------------------ merged stories
def merged(connection: Connection, stories: Iterable[int]) -> dict[int, int]:
    """Return, for those stories that were merged away, the story that took them."""
    d, m = schema.story_decisions, schema.story_merges
    into: dict[int, int] = {}
    wanted = set(stories)
    while wanted:
        query = sa.select(m.c.story, d.c.target).join_from(m, d, d.c.id == m.c.decision).where(live())
        found = dict(_pairs(connection, query, m.c.story, wanted))
        into |= found
        wanted = set(found.values()) - set(into)
    return {story: _end(into, story) for story in into}


def _end(into: Mapping[int, int], story: int) -> int:
    while story in into:
        story = into[story]
    return story


def _pairs(
    connection: Connection, query: sa.Select[Any], column: sa.Column[Any], values: Collection[int]
) -> Iterator[tuple[int, int]]:
    """Yield rows of two numbers where a column has one of the values."""
    for some in chunks(sorted(values)):
        yield from ((row[0], row[1]) for row in connection.execute(query.where(column.in_(some))))


# ------------------------------------------------------------------ articles that were put somewhere
def pinned(connection: Connection, articles: Collection[int]) -> dict[int, int]:
    """Return the stories of those articles that a person put there: split off, or merged with others.

    The newest decision counts; a copy that only went with its origin is not put anywhere.
    """
    d, m = schema.story_decisions, schema.story_moves
    put = sa.or_(d.c.kind == "merge", m.c.from_story != m.c.to_story)
    story = sa.case((m.c.follows.is_(None), m.c.to_story), else_=NOWHERE)
    query = (
        sa.select(m.c.article, story)
        .join_from(m, d, d.c.id == m.c.decision)
        .where(d.c.kind != "undo", put, live())
        .order_by(d.c.id)
    )
    newest = dict(_pairs(connection, query, m.c.article, articles))
    return {article: story for article, story in newest.items() if story != NOWHERE}


def _put(connection: Connection, articles: Sequence[int]) -> dict[int, int]:
    """Return where articles were put, or else the origins that they repeat."""
    c = schema.copies
    put = pinned(connection, articles)
    origin = {article: article for article in articles if article not in put}
    for _ in range(COPIES_OF_COPIES):
        further = dict(_pairs(connection, sa.select(c.c.article, c.c.origin), c.c.article, set(origin.values())))
        origin = {article: further[o] for article, o in origin.items() if o in further}
        theirs = pinned(connection, set(origin.values()))
        put |= {article: theirs[o] for article, o in origin.items() if o in theirs}
        origin = {article: o for article, o in origin.items() if o not in theirs}
        if not origin:
            break
    return put


def _apart(connection: Connection, articles: Sequence[int]) -> dict[int, set[int]]:
    """Return, for articles from which others were split off, the stories that those are in now."""
    d, m, p = schema.story_decisions, schema.story_moves, schema.story_articles
    splits = sa.select(m.c.article, m.c.decision).join_from(m, d, d.c.id == m.c.decision)
    stayed = list(
        _pairs(connection, splits.where(d.c.kind == "split", m.c.from_story == m.c.to_story, live()), m.c.article, articles)
    )  # fmt: skip
    gone = sa.select(m.c.decision, p.c.story).join_from(m, p, p.c.article == m.c.article)
    gone = gone.where(m.c.from_story != m.c.to_story).distinct()
    stories: defaultdict[int, set[int]] = defaultdict(set)
    for decision, story in _pairs(connection, gone, m.c.decision, {decision for _, decision in stayed}):
        stories[decision].add(story)
    apart: defaultdict[int, set[int]] = defaultdict(set)
    for article, decision in stayed:
        apart[article] |= stories[decision]
    return dict(apart)


# ------------------------------------------------------------------ what placing saves
def heed(connection: Connection, placements: Sequence[Placed]) -> tuple[list[Placed], set[int]]:
    """Return placements as the decisions leave them, and the articles that stay where they are.

    A merged story's articles go to the one that took it; a new story whose number a person's has meanwhile gets
    another.
    """
    if not latest(connection):
        return list(placements), set()
    ids = [article.id for article, _ in placements]
    own, put = set(pinned(connection, ids)), _put(connection, ids)
    apart = _apart(connection, [n for n in ids if n not in put])
    found = _renumbered(connection, placements)
    into = merged(connection, {p.story for _, p in found if not p.opened})
    moved = [
        (article, p if p.opened else replace(p, story=put.get(article.id, into.get(p.story, p.story))))
        for article, p in found
    ]
    return moved, own | {article.id for article, p in moved if p.story in apart.get(article.id, ())}


def _renumbered(connection: Connection, placements: Sequence[Placed]) -> Sequence[Placed]:
    """Give stories that were opened in this batch other numbers where a person's split took theirs meanwhile."""
    d, p, st = schema.story_decisions, schema.story_articles, schema.stories
    opened = {p.story: p.article for _, p in placements if p.opened}
    made = sa.select(d.c.target, d.c.target).where(d.c.kind == "split")
    taken = {story for story, _ in _pairs(connection, made, d.c.target, opened)}
    known = set(_pairs(connection, sa.select(p.c.article, p.c.story), p.c.article, set(opened.values())))
    taken = {story for story in taken if (opened[story], story) not in known}
    if not taken:
        return placements
    free = max(connection.scalar(sa.select(sa.func.max(st.c.id))) or 0, *opened) + 1
    numbers = {story: free + n for n, story in enumerate(sorted(taken))}
    return [(article, replace(p, story=numbers.get(p.story, p.story))) for article, p in placements]
