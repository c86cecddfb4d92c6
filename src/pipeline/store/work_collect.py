"""What collecting asks of the store and saves: the catalogue, polls and links."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.errors import StoreError
from pipeline.model import Link, Poll, Rejection, Source
from pipeline.store import rejected, schema, work_conferences
from pipeline.store.rows import cleaned, insertion, link_of, too_long, upsert
from pipeline.store.work_pages import add_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from pipeline.model import Conference, Edition, Entity, Theme
    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow

SOURCE = tuple(f.name for f in fields(Source))
POLL = tuple(f.name for f in fields(Poll) if f.name != "polled")


# ------------------------------------------------------------------ catalogue
def sync_catalogue(
    store: Store,
    *,
    sources: Iterable[Source],
    themes: Iterable[Theme],
    entities: Iterable[Entity],
    conferences: Iterable[Conference],
    now: datetime,
) -> None:
    """Write the catalogue by key; what is no longer listed becomes inactive, and nothing is deleted.

    Conferences are entities too, since texts mention them. Raises StoreError for a source of an unknown conference.
    """
    sources, conferences = list(sources), list(conferences)
    _check_conferences(sources, conferences)
    watched = {c.key: _conference_entity(c) for c in conferences} | {e.id: _entity(e) for e in entities}
    with store.writing() as connection:
        own = schema.conferences.c.origin == "catalogue"
        _sync(connection, schema.conferences, [_conference(c) for c in conferences], now, own)
        _sync(connection, schema.sources, [_source(s) for s in sources], now)
        _sync(connection, schema.themes, [_theme(t) for t in themes], now)
        _sync(connection, schema.entities, list(watched.values()), now)


def _sync(
    connection: Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    now: datetime,
    own: sa.ColumnElement[bool] | None = None,
) -> None:
    """Write rows by key; those of the same making (``own``) that are no longer listed become inactive."""
    listed = [row["key"] for row in rows]
    gone = [table.c.key.not_in(listed), table.c.active, *([] if own is None else [own])]
    connection.execute(sa.update(table).where(*gone).values(active=False))
    upsert(connection, table, [{**row, "active": True, "seen_at": now} for row in rows], keep=["seen_at"])


def _check_conferences(sources: Sequence[Source], conferences: Sequence[Conference]) -> None:
    known = {c.key for c in conferences}
    for source in sources:
        if source.conference is not None and source.conference not in known:
            raise StoreError(f"source {source.key}: conference {source.conference!r} is in no catalogue of conferences")


def _source(source: Source) -> dict[str, Any]:
    return {name: getattr(source, name) for name in (*SOURCE, "voice")}


def _theme(theme: Theme) -> dict[str, Any]:
    return {name: getattr(theme, name) for name in ("key", "name", "definition", "asserts", "disputes")}


def _entity(entity: Entity) -> dict[str, Any]:
    return {
        "key": entity.id,
        "name": entity.name,
        "label": entity.label,
        "aliases": list(entity.aliases),
        "wikidata": entity.wikidata,
    }


def _conference(conference: Conference) -> dict[str, Any]:
    return {
        "key": conference.key,
        "name": conference.name,
        "aliases": list(conference.aliases),
        "organiser": conference.organiser,
        "usual_place": conference.usual_place,
        "origin": "catalogue",
    }


def _conference_entity(conference: Conference) -> dict[str, Any]:
    entity = {"key": conference.key, "name": conference.name, "aliases": list(conference.aliases)}
    return {**entity, "label": "conference", "wikidata": None}


# ------------------------------------------------------------------ polls and links
def due_sources(store: Store, now: datetime, *, limit: int = 1000) -> list[tuple[Source, Poll | None]]:
    """Return active sources that are due, the longest overdue first; those never looked at come before all."""
    s, p = schema.sources, schema.polls
    polled = [column.label(f"poll_{column.name}") for column in p.c]
    with store.reading() as connection:
        rows = connection.execute(
            sa.select(s, *polled)
            .outerjoin_from(s, p, p.c.source == s.c.key)
            .where(s.c.active, sa.or_(p.c.source.is_(None), p.c.next_due <= now))
            .order_by(p.c.source.is_not(None), p.c.next_due, s.c.key)
            .limit(limit)
        )
        return [(_source_of(row), _poll_of(row)) for row in rows]


def _source_of(row: AnyRow) -> Source:
    return Source(**{name: getattr(row, name) for name in SOURCE})


def _poll_of(row: AnyRow) -> Poll | None:
    if row.poll_source is None:
        return None
    return Poll(polled=row.poll_polled_at, **{name: getattr(row, f"poll_{name}") for name in POLL})


def save_poll(
    store: Store,
    poll: Poll,
    links: Sequence[Link],
    rejections: Sequence[Rejection] = (),
    *,
    editions: Sequence[Edition] = (),
) -> int:
    """Keep a look at a source and what it found, together. Return how many links are new."""
    found = [link for link in links if not too_long(link.url)]
    dropped = [
        Rejection("collect", "address too long", link.url, link.url, link.source)
        for link in links
        if too_long(link.url)
    ]
    with store.writing() as connection:
        first = connection.scalar(sa.select(schema.polls.c.source).where(schema.polls.c.source == poll.source)) is None
        new = add_links(connection, found, poll.polled)
        _count_day(connection, poll, _of_today(found, poll.polled) if first else new)
        _write_poll(connection, poll, new)
        rejected.keep(connection, [*rejections, *dropped], now=poll.polled)
        work_conferences.keep(connection, editions, source=poll.source, now=poll.polled)
    return new


def _of_today(links: Sequence[Link], now: datetime) -> int:
    """Count links published today: a first look brings what had piled up, which says nothing of a day's volume."""
    return sum(x.hint.published is not None and x.hint.published.date() == now.date() for x in links)


def _count_day(connection: Connection, poll: Poll, items: int) -> None:
    """Add a look to its source's day."""
    days = schema.source_days
    insert = insertion(connection, days)
    more = {name: days.c[name] + insert.excluded[name] for name in ("looks", "failed_looks", "items")}
    row = {
        "source": poll.source,
        "day": poll.polled.date(),
        "looks": 1,
        "failed_looks": poll.failures > 0,
        "items": items,
    }
    connection.execute(insert.on_conflict_do_update(index_elements=["source", "day"], set_=more), [row])


def _write_poll(connection: Connection, poll: Poll, new: int) -> None:
    worked = poll.failures == 0
    row = {
        "source": poll.source,
        "polled_at": poll.polled,
        "status": poll.status,
        "next_due": poll.next_due,
        "etag": cleaned(poll.etag),
        "last_modified": cleaned(poll.last_modified),
        "body_hash": poll.body_hash,
        "failures": poll.failures,
        "error": cleaned(poll.error),
        "new_links": new,
        "last_ok_at": poll.polled if worked else None,
        "last_new_at": poll.polled if new else None,
        "looks": 1,
        "rhythm": dict(poll.rhythm) if poll.rhythm is not None else None,
        "health": poll.health,
        "health_since": poll.health_since,
        "health_why": cleaned(poll.health_why),
    }
    insert = insertion(connection, schema.polls)
    fresh = {name: insert.excluded[name] for name in row if name != "source"}
    for name in ("last_ok_at", "last_new_at"):
        fresh[name] = sa.func.coalesce(insert.excluded[name], schema.polls.c[name])
    fresh["looks"] = schema.polls.c.looks + 1
    connection.execute(insert.on_conflict_do_update(index_elements=["source"], set_=fresh), [row])


def pending_links(store: Store, now: datetime, *, limit: int = 500) -> list[Link]:
    """Return links that are to be fetched now, the longest due first."""
    links = schema.links
    with store.reading() as connection:
        rows = connection.execute(
            sa.select(links.c.id, links.c.url, links.c.source, links.c.hint, links.c.attempts)
            .where(links.c.state == "pending", links.c.next_try <= now)
            .order_by(links.c.next_try, links.c.id)
            .limit(limit)
        )
        return [link_of(row) for row in rows]
