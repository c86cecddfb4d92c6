"""What grouping and tagging ask of the store and save: the window of open stories, placements, tags, conferences."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from pipeline.store import done, schema, story_rules, vectors
from pipeline.store.rows import ARTICLE, article_of, chunks, upsert, weighing_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy.engine import Connection

    from pipeline.model import Article, Mention, Placement, Quote, Tag, Tagging
    from pipeline.store.engine import Store

    Placed = tuple[Article, NDArray[np.float32], int]

OPENING = 8_000  # characters of an article that a window keeps in memory; events are told at the top


# ------------------------------------------------------------------ cluster
def story_window(store: Store, since: datetime, until: datetime, *, limit: int = 200_000) -> list[Placed]:
    """Return placed articles published (or seen) within, each with its vector and its story's id, in order of time.

    Only the newest ``limit`` where there are more, and only the first 8,000 characters of each text.
    """
    a, n, p = schema.articles, schema.annotations, schema.story_articles
    columns = [c for c in ARTICLE if c is not a.c.text]
    head = sa.func.substr(a.c.text, 1, OPENING).label("text")
    query = (
        sa.select(*columns, head, n.c.vector, n.c.dimensions, p.c.story)
        .join_from(a, p, p.c.article == a.c.id)
        .join(n, n.c.article == a.c.id)
        .where(a.c.order_at >= since, a.c.order_at <= until)
        .order_by(a.c.order_at.desc(), a.c.id.desc())
        .limit(limit)
    )
    with store.reading() as connection:
        rows = connection.execution_options(yield_per=1000).execute(query)
        found = [(article_of(row), vectors.unpacked(row.vector, row.dimensions)[0], row.story) for row in rows]
    return found[::-1]


def next_story_id(store: Store) -> int:
    """Return the first id that no story has."""
    with store.reading() as connection:
        return (connection.scalar(sa.select(sa.func.max(schema.stories.c.id))) or 0) + 1


def save_placements(
    store: Store, placements: Sequence[tuple[Article, Placement]], *, version: int, now: datetime
) -> None:
    """Keep which story each article is in; a placement that opened its story makes that story's row.

    What a person put somewhere stays there.
    """
    ids = [article.id for article, _ in placements]
    with store.writing() as connection:
        story_rules.hold(connection)
        heeded, staying = story_rules.heed(connection, placements)
        opened = [_story(article, p, version, now) for article, p in heeded if p.opened]
        rows = [
            {"article": p.article, "story": p.story, "score": p.score, "reason": p.reason, "opened": p.opened}
            | {"weighing": weighing_json(p.weighing), "version": version, "computed_at": now}
            for _, p in heeded
            if p.article not in staying
        ]
        left = _stories_of(connection, ids)
        upsert(connection, schema.stories, opened, keep=["seen_at"])
        upsert(connection, schema.story_articles, rows)
        refresh_stories(connection, left | {p.story for _, p in heeded})
        done.mark(connection, "cluster", ids, version=version, now=now)


def _story(article: Article, placement: Placement, version: int, now: datetime) -> dict[str, Any]:
    when = article.when or now
    counts = {
        "articles": 1,
        "copies": 0,
        "truncated": 0,
        "voices": 1,
        "languages": "",
        "version": version,
        "seen_at": now,
    }
    story = {"id": placement.story, "title": article.title, "first_article": article.id}
    return {**story, "first_at": when, "last_at": when, "day": when.date(), **counts}


def refresh_stories_of(connection: Connection, articles: Sequence[int]) -> None:
    """Count anew the stories that articles are in."""
    story_rules.hold(connection)
    refresh_stories(connection, _stories_of(connection, articles))


def _stories_of(connection: Connection, articles: Sequence[int]) -> set[int]:
    p = schema.story_articles
    return {
        story
        for some in chunks(articles)
        for story in connection.scalars(sa.select(p.c.story).where(p.c.article.in_(some)))
    }


def refresh_stories(connection: Connection, stories: set[int]) -> None:
    """Write a story's title, times and counts from its articles; one left by all has none."""
    for some in chunks(sorted(stories)):
        counted = {row.story: row._asdict() for row in connection.execute(_counts(some))}
        for row in connection.execute(_firsts(some)):
            counted[row.story] |= row._asdict()
        for story, values in (*_languages(connection, some), *_hours(connection, list(counted))):
            counted[story] |= values
        empty = {"articles": 0, "copies": 0, "truncated": 0, "voices": 0, "languages": "", **_hours_to([])}
        for story in some:
            values = {name: value for name, value in counted.get(story, empty).items() if name != "story"}
            connection.execute(sa.update(schema.stories).where(schema.stories.c.id == story).values(values))


def _languages(connection: Connection, stories: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each story's languages, the one that told it first before the others."""
    p, a = schema.story_articles, schema.articles
    first = sa.func.min(a.c.order_at)
    query = sa.select(p.c.story, a.c.language).join_from(p, a, a.c.id == p.c.article).where(p.c.story.in_(stories))
    query = query.group_by(p.c.story, a.c.language).order_by(p.c.story, first, a.c.language)
    for story, rows in groupby(connection.execute(query), key=lambda row: row.story):
        yield story, {"languages": ", ".join(row.language for row in rows if row.language)}


def _hours(connection: Connection, stories: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield how long each story took to be told independently: by another owner, in words of its own."""
    p, a, s, c = schema.story_articles, schema.articles, schema.sources, schema.copies
    query = (
        sa.select(p.c.story, sa.func.min(a.c.order_at).label("first_at"))
        .join_from(p, a, a.c.id == p.c.article)
        .join(s, s.c.key == a.c.source)
        .outerjoin(c, c.c.article == p.c.article)
        .where(p.c.story.in_(stories), c.c.article.is_(None))
        .group_by(p.c.story, s.c.voice)
        .order_by(p.c.story)
    )
    told = {story: _hours_to([]) for story in stories}
    for story, rows in groupby(connection.execute(query), key=lambda row: row.story):
        told[story] = _hours_to([row.first_at for row in rows])
    return iter(told.items())


def _hours_to(reports: Sequence[datetime]) -> dict[str, Any]:
    """Hours from the first of independent reports to the second, third and fifth; None where there are fewer."""
    ordered = sorted(reports)
    names = {"hours_to_second": 2, "hours_to_third": 3, "hours_to_fifth": 5}
    return {
        name: round((ordered[n - 1] - ordered[0]).total_seconds() / 3600, 2) if len(ordered) >= n else None
        for name, n in names.items()
    }


def _counts(stories: Sequence[int]) -> sa.Select[Any]:
    p, a, s, c = schema.story_articles, schema.articles, schema.sources, schema.copies
    own_voice = sa.case((c.c.article.is_(None), s.c.voice))
    return (
        sa.select(
            p.c.story,
            sa.func.count().label("articles"),
            sa.func.count(c.c.article).label("copies"),
            sa.func.count(sa.case((c.c.article.is_(None), a.c.truncated))).label("truncated"),
            sa.func.count(sa.distinct(own_voice)).label("voices"),
            sa.func.max(a.c.order_at).label("last_at"),
        )
        .join_from(p, a, a.c.id == p.c.article)
        .join(s, s.c.key == a.c.source)
        .outerjoin(c, c.c.article == p.c.article)
        .where(p.c.story.in_(stories))
        .group_by(p.c.story)
    )


def _firsts(stories: Sequence[int]) -> sa.Select[Any]:
    """Return each story's first article; an original goes before a copy of the same time."""
    p, a, c = schema.story_articles, schema.articles, schema.copies
    order = (a.c.order_at, c.c.article.is_not(None), a.c.id)
    ranked = (
        sa.select(
            p.c.story,
            a.c.title,
            a.c.id.label("first_article"),
            a.c.order_at.label("first_at"),
            a.c.day,
            sa.func.row_number().over(partition_by=p.c.story, order_by=order).label("rank"),
        )
        .join_from(p, a, a.c.id == p.c.article)
        .outerjoin(c, c.c.article == p.c.article)
        .where(p.c.story.in_(stories))
        .subquery()
    )
    columns = [column for column in ranked.c if column.name != "rank"]
    return sa.select(*columns).where(ranked.c.rank == 1)


# ------------------------------------------------------------------ tag
def save_taggings(store: Store, taggings: Sequence[Tagging], *, version: int, tagger: str, now: datetime) -> None:
    """Keep tags with evidence, quotes, mentions and the conferences these name.

    Earlier tags that differ are superseded, not deleted. Raises StoreError for a theme or entity of no catalogue.
    """
    ids = [tagging.article for tagging in taggings]
    stamp = {"version": version, "seen_at": now}
    scores = [
        {
            "article": t.article,
            "tagger": tagger,
            "scores": {k: round(float(v), 4) for k, v in t.scores.items()},
            **stamp,
        }
        for t in taggings
    ]
    with store.writing() as connection:
        for tagging in taggings:
            _save_tags(connection, tagging, {"tagger": tagger, **stamp})
        _clear(connection, ids, version)
        quotes = [{**_quote(q), **stamp} for t in taggings for q in t.quotes]
        mentions = [{**_mention(m), **stamp} for t in taggings for m in t.mentions]
        for table, rows in ((schema.quotes, quotes), (schema.mentions, mentions)):
            if rows:
                connection.execute(sa.insert(table), rows)
        upsert(connection, schema.taggings, scores)
        upsert(connection, schema.article_conferences, _conferences_named(connection, ids, stamp))
        done.mark(connection, "tag", ids, version=version, now=now)
        done.forget(connection, ["conferences"], ids)


def _clear(connection: Connection, articles: Sequence[int], version: int) -> None:
    links = schema.article_conferences
    for some in chunks(articles):
        for table in (schema.quotes, schema.mentions):
            connection.execute(sa.delete(table).where(table.c.article.in_(some)))
        connection.execute(sa.delete(links).where(links.c.article.in_(some), links.c.version != version))


def _save_tags(connection: Connection, tagging: Tagging, stamp: dict[str, Any]) -> None:
    t = schema.tags
    live = connection.execute(
        sa.select(t.c.id, t.c.theme, t.c.score, t.c.stance, t.c.version, t.c.tagger).where(
            t.c.article == tagging.article, t.c.superseded_at.is_(None)
        )
    ).all()
    told = {(tag.theme, float(tag.score), tag.stance, *_places(tag)) for tag in tagging.tags}
    same = {(r.theme, r.score, r.stance, *_known_places(connection, r.id)) for r in live}
    made = {(r.version, r.tagger) for r in live}
    if told == same and made <= {(stamp["version"], stamp["tagger"])}:
        return
    connection.execute(sa.update(t).where(t.c.id.in_([r.id for r in live])).values(superseded_at=stamp["seen_at"]))
    for tag in tagging.tags:
        _insert_tag(connection, tag, stamp)


def _places(tag: Tag) -> tuple[tuple[str, int, int], ...]:
    return tuple((e.field, e.start, e.end) for e in tag.evidence)


def _known_places(connection: Connection, tag: int) -> tuple[tuple[str, int, int], ...]:
    e = schema.evidence
    rows = connection.execute(
        sa.select(e.c.field, e.c.start_offset, e.c.end_offset).where(e.c.tag == tag).order_by(e.c.position)
    )
    return tuple((row.field, row.start_offset, row.end_offset) for row in rows)


def _insert_tag(connection: Connection, tag: Tag, stamp: dict[str, Any]) -> None:
    values = {"article": tag.article, "theme": tag.theme, "score": float(tag.score), "stance": tag.stance}
    new = connection.execute(sa.insert(schema.tags).values(**values, **stamp).returning(schema.tags.c.id)).scalar_one()
    rows = [
        {"tag": new, "position": n, "field": e.field, "start_offset": e.start, "end_offset": e.end, "text": e.text}
        | {"seen_at": stamp["seen_at"]}
        for n, e in enumerate(tag.evidence)
    ]
    if rows:
        connection.execute(sa.insert(schema.evidence), rows)


def _quote(quote: Quote) -> dict[str, Any]:
    speaker = quote.speaker
    return {
        "article": quote.article,
        "start_offset": quote.start,
        "end_offset": quote.end,
        "text": quote.text,
        "direct": quote.direct,
        "speaker": speaker.text if speaker else None,
        "speaker_field": speaker.field if speaker else None,
        "speaker_start": speaker.start if speaker else None,
        "speaker_end": speaker.end if speaker else None,
        "organisation": quote.organisation,
    }


def _conferences_named(connection: Connection, articles: Sequence[int], stamp: dict[str, Any]) -> list[dict[str, Any]]:
    """Return links to the conference whose own source an article comes from, and to those that it mentions."""
    a, s, m, c = schema.articles, schema.sources, schema.mentions, schema.conferences
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for some in chunks(articles):
        mentioned = sa.select(m.c.article, c.c.key).join_from(m, c, c.c.key == m.c.entity).where(m.c.article.in_(some))
        own = sa.select(a.c.id, s.c.conference).join_from(a, s, s.c.key == a.c.source)
        own = own.where(a.c.id.in_(some), s.c.conference.is_not(None))
        for how, query in (("coverage", mentioned.distinct()), ("session", own)):
            for article, conference in connection.execute(query):
                found[article, conference] = {"article": article, "conference": conference, "how": how, **stamp}
    return list(found.values())


def _mention(mention: Mention) -> dict[str, Any]:
    return {
        "article": mention.article,
        "entity": mention.entity,
        "label": mention.label,
        "start_offset": mention.start,
        "end_offset": mention.end,
        "text": mention.text,
    }


def save_conference_links(
    store: Store,
    links: Sequence[tuple[int, str, Literal["session", "coverage"]]],
    *,
    version: int,
    now: datetime,
) -> None:
    """Keep which articles report from (session) or about (coverage) which conferences, over what tagging found."""
    rows = {
        (article, conference): {"article": article, "conference": conference, "how": how}
        | {"version": version, "seen_at": now}
        for article, conference, how in links
    }
    with store.writing() as connection:
        upsert(connection, schema.article_conferences, list(rows.values()))
