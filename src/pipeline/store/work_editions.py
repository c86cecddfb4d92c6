"""What the stage "conferences" asks of the store and saves, and the import of lists.

Candidates are the editions near the articles' days, those of conferences that the articles name, and those that they
name with a year; with them come names, addresses of sessions, and speakers where these can matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.conferences import Candidate, Cues, Shelf, shelf, words_key, years_named
from pipeline.conferences.linking import AFTER, BEFORE
from pipeline.model import Speaker
from pipeline.store import done, schema, work_conferences
from pipeline.store.rows import chunks, clean, insertion, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from pipeline.conferences import Row
    from pipeline.model import Article, EditionLink
    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow

NEAR = 3_000  # editions near the days of a batch
PEOPLE = 50_000  # speakers and sessions of a batch's editions


# ------------------------------------------------------------------ candidates
def edition_candidates(store: Store, articles: Sequence[Article]) -> tuple[Shelf, dict[int, Cues]]:
    """Return the editions that articles may belong to, and what is known of each article besides its text."""
    with store.reading() as connection:
        ids = [article.id for article in articles]
        own = _own_conferences(connection, ids)
        cues = {n: Cues(own.get(n), tuple(quoted)) for n, quoted in _quoted(connection, ids).items()}
        cues |= {n: Cues(own.get(n)) for n in ids if n not in cues}
        keys = {*_mentioned(connection, ids), *own.values()}
        named = {key for article in articles for key in years_named(f"{article.title}\n{article.text[:40_000]}")}
        rows = _near(connection, articles) | _of(connection, keys) | _called(connection, sorted(named))
        return shelf(_candidates(connection, rows, keys)), cues


def _own_conferences(connection: Connection, articles: Sequence[int]) -> dict[int, str]:
    a, s = schema.articles, schema.sources
    query = sa.select(a.c.id, s.c.conference).join_from(a, s, s.c.key == a.c.source)
    return {
        row.id: row.conference
        for some in chunks(articles)
        for row in connection.execute(query.where(a.c.id.in_(some), s.c.conference.is_not(None)))
    }


def _quoted(connection: Connection, articles: Sequence[int]) -> dict[int, list[str]]:
    q = schema.quotes
    found: dict[int, list[str]] = defaultdict(list)
    for some in chunks(articles):
        query = sa.select(q.c.article, q.c.speaker).where(q.c.article.in_(some), q.c.speaker.is_not(None))
        for row in connection.execute(query):
            found[row.article].append(row.speaker)
    return found


def _mentioned(connection: Connection, articles: Sequence[int]) -> set[str]:
    t = schema.article_conferences
    return {
        key
        for some in chunks(articles)
        for key in connection.scalars(sa.select(t.c.conference).where(t.c.article.in_(some)).distinct())
    }


def _near(connection: Connection, articles: Sequence[Article]) -> dict[int, AnyRow]:
    days = [article.when.date() for article in articles if article.when]
    if not days:
        return {}
    e = schema.editions
    query = sa.select(e).where(e.c.start_day >= min(days) - AFTER * 2, e.c.start_day <= max(days) + BEFORE)
    return {row.id: row for row in connection.execute(query.order_by(e.c.start_day.desc()).limit(NEAR))}


def _of(connection: Connection, conferences: Iterable[str]) -> dict[int, AnyRow]:
    e = schema.editions
    query = sa.select(e).where(e.c.conference.in_(sorted(conferences)[:500]))
    return {row.id: row for row in connection.execute(query.order_by(e.c.start_day.desc()).limit(NEAR))}


def _called(connection: Connection, keys: Sequence[str]) -> dict[int, AnyRow]:
    """Return the editions of these keys, with the others of their conferences in the same year."""
    e, other = schema.editions, schema.editions.alias()
    found: dict[int, AnyRow] = {}
    for some in chunks(keys):
        same = sa.select(other.c.conference, other.c.year).where(other.c.key.in_(some)).subquery()
        query = (
            sa.select(e).join(same, sa.and_(same.c.conference == e.c.conference, same.c.year == e.c.year)).limit(NEAR)
        )
        found |= {row.id: row for row in connection.execute(query)}
    return found


def _candidates(connection: Connection, rows: Mapping[int, AnyRow], named: set[str]) -> list[Candidate]:
    ids = sorted(rows)
    about = _conferences(connection, {row.conference for row in rows.values()})
    people = _speakers(connection, ids)
    sessions = _sessions(connection, [n for n in ids if rows[n].conference in named])
    found = []
    for n in ids:
        known = about[rows[n].conference]
        edition = replace(work_conferences.edition_of(rows[n]), speakers=tuple(people.get(n, ())))
        names = tuple(dict.fromkeys((known.name, *known.aliases)))
        followed = known.origin == "catalogue"
        found.append(Candidate(edition, names, known.organiser, followed, sessions.get(n, {})))
    return found


def _conferences(connection: Connection, keys: Iterable[str]) -> dict[str, AnyRow]:
    c = schema.conferences
    wanted = sorted(keys)
    return {
        row.key: row for some in chunks(wanted) for row in connection.execute(sa.select(c).where(c.c.key.in_(some)))
    }


def _speakers(connection: Connection, editions: Sequence[int]) -> dict[int, list[Speaker]]:
    t = schema.speakers
    found: dict[int, list[Speaker]] = defaultdict(list)
    for some in chunks(editions):
        query = sa.select(t).where(t.c.edition.in_(some)).order_by(t.c.edition, t.c.id).limit(PEOPLE)
        for row in connection.execute(query):
            found[row.edition].append(Speaker(row.name, row.affiliation, row.role, row.url))
    return found


def _sessions(connection: Connection, editions: Sequence[int]) -> dict[int, dict[str, str]]:
    t = schema.sessions
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for some in chunks(editions):
        query = sa.select(t.c.edition, t.c.url, t.c.key, t.c.title).where(t.c.edition.in_(some)).limit(PEOPLE)
        for row in connection.execute(query):
            found[row.edition][row.url or row.key] = row.title
    return found


# ------------------------------------------------------------------ links
def save_edition_links(
    store: Store, linked: Sequence[tuple[Article, Sequence[EditionLink]]], *, version: int, now: datetime
) -> None:
    """Keep which editions articles belong to, in place of what was kept before; the conferences follow."""
    ids = [article.id for article, _ in linked]
    with store.writing() as connection:
        editions = _edition_ids(connection, [link.edition for _, links in linked for link in links])
        for some in chunks(ids):
            connection.execute(sa.delete(schema.article_editions).where(schema.article_editions.c.article.in_(some)))
        rows = [_link_row(link, editions[link.edition].id, version, now) for _, links in linked for link in links]
        upsert(connection, schema.article_editions, rows)
        pairs = {(link.article, editions[link.edition].conference): link for _, links in linked for link in links}
        _link_conferences(connection, pairs, version, now)
        done.mark(connection, "conferences", ids, version=version, now=now)


def _edition_ids(connection: Connection, keys: Sequence[str]) -> dict[str, AnyRow]:
    e = schema.editions
    return {
        row.key: row
        for some in chunks(sorted(set(keys)))
        for row in connection.execute(sa.select(e.c.id, e.c.key, e.c.conference).where(e.c.key.in_(some)))
    }


def _link_row(link: EditionLink, edition: int, version: int, now: datetime) -> dict[str, Any]:
    row = {"article": link.article, "edition": edition, "how": link.how, "why": clean(link.why)}
    return row | {"score": round(link.score, 3), "version": version, "seen_at": now}


def _link_conferences(
    connection: Connection, pairs: Mapping[tuple[int, str], EditionLink], version: int, now: datetime
) -> None:
    """An article of an edition is one of its conference; what tagging found stays as it is."""
    rows = [
        {"article": article, "conference": conference, "version": version, "seen_at": now}
        | {"how": "coverage" if link.how == "coverage" else "session"}
        for (article, conference), link in pairs.items()
    ]
    if rows:
        connection.execute(insertion(connection, schema.article_conferences).on_conflict_do_nothing(), rows)


# ------------------------------------------------------------------ lists
def catalogue_names(store: Store, *, limit: int = 10_000) -> dict[str, str]:
    """Return the names and aliases of followed conferences, as ``words_key`` gives them, with their keys."""
    c = schema.conferences
    query = sa.select(c.c.key, c.c.name, c.c.aliases).where(c.c.origin == "catalogue").order_by(c.c.key).limit(limit)
    with store.reading() as connection:
        rows = connection.execute(query).all()
    return {words_key(name): row.key for row in rows for name in (*row.aliases, row.name)}


def import_editions(store: Store, rows: Sequence[Row], *, now: datetime) -> Counter[str]:
    """Keep editions of a list with their conferences; count them as new, changed or same, and new conferences."""
    counts: Counter[str] = Counter()
    with store.writing() as connection:
        counts["conferences"] = _add_conferences(connection, rows, now)
        outcomes = work_conferences.keep(connection, [r.edition for r in rows], source=None, now=now, origin="import")
        counts.update(outcomes)
    return counts


def _add_conferences(connection: Connection, rows: Sequence[Row], now: datetime) -> int:
    c = schema.conferences
    wanted = {row.edition.conference: row for row in rows}
    known = {
        key
        for some in chunks(sorted(wanted))
        for key in connection.scalars(sa.select(c.c.key).where(c.c.key.in_(some)))
    }
    fresh = [
        {"key": key, "name": clean(row.name), "aliases": [], "organiser": None, "usual_place": _place(row)}
        | {"active": True, "seen_at": now, "origin": "import"}
        for key, row in wanted.items()
        if key not in known
    ]
    if fresh:
        connection.execute(sa.insert(c), fresh)
    return len(fresh)


def _place(row: Row) -> str | None:
    parts = [clean(part) for part in (row.edition.city, row.edition.country) if part]
    return ", ".join(parts) or None
