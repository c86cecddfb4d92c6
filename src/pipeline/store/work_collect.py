"""What collecting asks of the store and saves: the catalogue, polls, links and pages."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.errors import StoreError
from pipeline.model import Link, Page, Poll, Rejection, Source
from pipeline.store import done, rejected, schema
from pipeline.store.rows import chunks, clean, cleaned, hint_json, insertion, link_of, sha256, too_long, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from pipeline.model import Conference, Entity, Theme
    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow


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
        _sync(connection, schema.conferences, [_conference(c) for c in conferences], now)
        _sync(connection, schema.sources, [_source(s) for s in sources], now)
        _sync(connection, schema.themes, [_theme(t) for t in themes], now)
        _sync(connection, schema.entities, list(watched.values()), now)


def _sync(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    listed = [row["key"] for row in rows]
    connection.execute(sa.update(table).where(table.c.key.not_in(listed), table.c.active).values(active=False))
    upsert(connection, table, [{**row, "active": True, "seen_at": now} for row in rows], keep=["seen_at"])


def _check_conferences(sources: Sequence[Source], conferences: Sequence[Conference]) -> None:
    known = {c.key for c in conferences}
    for source in sources:
        if source.conference is not None and source.conference not in known:
            raise StoreError(f"source {source.key}: conference {source.conference!r} is in no catalogue of conferences")


def _source(source: Source) -> dict[str, Any]:
    names = ("key", "name", "way", "address", "language", "country", "kind", "owner", "conference", "voice")
    return {name: getattr(source, name) for name in names}


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
    names = ("key", "name", "way", "address", "language", "country", "kind", "owner", "conference")
    return Source(**{name: getattr(row, name) for name in names})


def _poll_of(row: AnyRow) -> Poll | None:
    if row.poll_source is None:
        return None
    same = ("source", "status", "next_due", "etag", "last_modified", "body_hash", "failures", "error", "new_links")
    return Poll(polled=row.poll_polled_at, **{name: getattr(row, f"poll_{name}") for name in same})


def save_poll(store: Store, poll: Poll, links: Sequence[Link], rejections: Sequence[Rejection] = ()) -> int:
    """Keep a look at a source and the links that it found, together. Return how many links are new."""
    found = [link for link in links if not too_long(link.url)]
    dropped = [
        Rejection("collect", "address too long", link.url, link.url, link.source)
        for link in links
        if too_long(link.url)
    ]
    with store.writing() as connection:
        new = sum(_add_link(connection, link, poll.polled) is not None for link in found)
        _write_poll(connection, poll, new)
        rejected.keep(connection, [*rejections, *dropped], now=poll.polled)
    return new


def count_new(store: Store, links: Sequence[Link]) -> int:
    """Return how many of the links a look found are not known yet."""
    urls = sorted({clean(link.url) for link in links if not too_long(link.url)})
    with store.reading() as connection:
        known = sum(
            connection.scalar(sa.select(sa.func.count()).where(schema.links.c.url.in_(some))) or 0
            for some in chunks(urls)
        )
    return len(urls) - known


def _add_link(connection: Connection, link: Link, now: datetime) -> int | None:
    """Return the id of a link that was not known before."""
    insert = insertion(connection, schema.links).values(
        url=clean(link.url),
        source=link.source,
        state="pending",
        hint=hint_json(link.hint),
        attempts=0,
        next_try=now,
        seen_at=now,
    )
    new: int | None = connection.scalar(
        insert.on_conflict_do_nothing(index_elements=["url"]).returning(schema.links.c.id)
    )
    return new


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


# ------------------------------------------------------------------ pages
def save_page(store: Store, link: Link, page: Page) -> None:
    """Keep a page, mark its link as fetched and announce the page to "extract", together."""
    fetched = page.fetched or datetime.now(UTC)
    with store.writing() as connection:
        link_id = _link_id(connection, link, fetched)
        connection.execute(sa.update(schema.links).where(schema.links.c.id == link_id).values(state="fetched"))
        page_id = _write_page(connection, link_id, link, page, fetched)
        done.announce(connection, ["extract"], page_id, fetched)
        done.forget(connection, ["extract"], [page_id])
        rejected.resolve(connection, "fetch", link_id, fetched)


def _link_id(connection: Connection, link: Link, now: datetime) -> int:
    if link.id:
        return link.id
    known = sa.select(schema.links.c.id).where(schema.links.c.url == link.url)
    return connection.scalar(known) or _add_link(connection, link, now) or 0


def _write_page(connection: Connection, link_id: int, link: Link, page: Page, fetched: datetime) -> int:
    row = {
        "link": link_id,
        "source": page.source or link.source,
        "url": clean(page.url),
        "requested": clean(page.requested or link.url),
        "status": page.status,
        "content_type": cleaned(page.content_type),
        "sha256": sha256(page.body),
        "size": len(page.body),
        "body": zlib.compress(page.body, 6),
        "hint": hint_json(page.hint) or hint_json(link.hint),
        "seen_at": fetched,
    }
    insert = insertion(connection, schema.pages).values(row)
    fresh = {name: insert.excluded[name] for name in row if name != "link"}
    written: int = connection.execute(
        insert.on_conflict_do_update(index_elements=["link"], set_=fresh).returning(schema.pages.c.id)
    ).scalar_one()
    return written


def save_link_failure(store: Store, link: Link, rejection: Rejection, retry_at: datetime | None) -> None:
    """Put a link off until ``retry_at``, or for good where that is None, and say why."""
    now = rejection.seen or datetime.now(UTC)
    with store.writing() as connection:
        link_id = _link_id(connection, link, now)
        state = {"state": "failed"} if retry_at is None else {"state": "pending", "next_try": retry_at}
        connection.execute(
            sa.update(schema.links)
            .where(schema.links.c.id == link_id)
            .values(**state, attempts=schema.links.c.attempts + 1)
        )
        rejected.keep(connection, [_about_link(rejection, link, link_id)], now=now)


def _about_link(rejection: Rejection, link: Link, link_id: int) -> Rejection:
    return replace(rejection, subject=link_id, url=rejection.url or link.url, source=rejection.source or link.source)
