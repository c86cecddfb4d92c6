"""What reading and writing WARC files asks of the store and saves.

Pages out of an archive and the offset behind them are one transaction: a process that is killed has lost nothing
and takes nothing twice. Such a page keeps two times: ``archived_at``, when the archive fetched it, and ``seen_at``,
when we took it in, because we did not know of it before.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.model import Archive, Link, Page, Rejection, Source
from pipeline.store import contents, done, rejected, schema
from pipeline.store.packing import pack, unpack
from pipeline.store.rows import (
    chunks,
    clean,
    cleaned,
    hint_json,
    hint_of,
    insertion,
    page_of,
    sha256,
    too_long,
    upsert,
    upserting,
)
from pipeline.store.work_pages import add_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow

SAME = ("address", "source", "etag", "size", "offset", "records", "pages", "selection", "error")


# ------------------------------------------------------------------ what is known
def archive(store: Store, address: str) -> Archive | None:
    """Return how far a file has been read; None for one never begun."""
    table = schema.archives
    with store.reading() as connection:
        row = connection.execute(sa.select(table).where(table.c.address == clean(address))).first()
    return Archive(finished=row.finished_at, **{name: getattr(row, name) for name in SAME}) if row else None


def finished_archives(store: Store, addresses: Sequence[str]) -> set[str]:
    """Return those of the addresses that have been read to their end."""
    table = schema.archives
    found: set[str] = set()
    with store.reading() as connection:
        for some in chunks(addresses):
            query = sa.select(table.c.address).where(table.c.address.in_(some), table.c.finished_at.is_not(None))
            found.update(connection.scalars(query))
    return found


def sources_of_pages(store: Store, *, limit: int = 100_000) -> list[Source]:
    """Return the active sources that have pages of their own, by key: all but the archives."""
    s = schema.sources
    with store.reading() as connection:
        rows = connection.execute(
            sa.select(s).where(s.c.active, s.c.way != "archive").order_by(s.c.key).limit(limit)
        ).all()
    return [Source(**{f.name: getattr(row, f.name) for f in fields(Source)}) for row in rows]


# ------------------------------------------------------------------ taking in
def save_archive(
    store: Store, state: Archive, pages: Iterable[Page] = (), rejections: Iterable[Rejection] = (), *, now: datetime
) -> int:
    """Keep pages, rejections and how far the archive has been read, together. Return how many pages were new.

    A page whose address has been fetched before is not taken; one that is still to be fetched need not be any more.
    """
    with store.writing() as connection:
        taken = _take(connection, {clean(p.url): p for p in pages if not too_long(p.url)}, now)
        rejected.keep(connection, rejections, now=now)
        _write_archive(connection, state, taken, now)
    return taken


def _take(connection: Connection, pages: Mapping[str, Page], now: datetime) -> int:
    known = _links(connection, list(pages))
    fresh = {url: page for url, page in pages.items() if url not in known or known[url].state != "fetched"}
    if not fresh:
        return 0
    unknown = [page for url, page in fresh.items() if url not in known]
    add_links(connection, [Link(page.url, page.source, page.hint) for page in unknown], now)
    links = _links(connection, list(fresh))
    _write_pages(connection, [_page_row(links[url], page, now) for url, page in fresh.items()])
    _announce(connection, {links[url].id: page.fetched or now for url, page in fresh.items()})
    _settle(connection, [link.id for link in links.values()], [x.id for u, x in known.items() if u in fresh], now)
    return len(fresh)


def _links(connection: Connection, urls: Sequence[str]) -> dict[str, AnyRow]:
    c, found = schema.links.c, {}
    for some in chunks(urls):
        rows = connection.execute(sa.select(c.id, c.url, c.source, c.state, c.hint).where(c.url.in_(some)))
        found.update({row.url: row for row in rows})
    return found


def _write_pages(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    statement = upserting(connection.dialect.name, schema.pages, tuple(rows[0]), ("link",))
    for some in chunks(rows):
        connection.execute(statement, list(some))


def _announce(connection: Connection, fetched: Mapping[int, datetime]) -> None:
    """Make the pages of links known to "extract", by the time at which each was fetched."""
    pages, rows = schema.pages, []
    for some in chunks(list(fetched)):
        found = connection.execute(sa.select(pages.c.id, pages.c.link).where(pages.c.link.in_(some)))
        rows += [{"subject": row.id, "order_at": fetched[row.link]} for row in found]
    same = {"stage": "extract", "version": done.NOT_YET, "done_at": None}
    upsert(connection, schema.done, [{**same, **row} for row in rows])


def _page_row(link: AnyRow, page: Page, now: datetime) -> dict[str, Any]:
    return {
        "link": link.id,
        "source": link.source,  # who published the link first keeps it
        "url": clean(page.url),
        "requested": clean(page.requested or page.url),
        "status": page.status,
        "content_type": cleaned(page.content_type),
        "sha256": sha256(page.body),
        "size": len(page.body),
        "body": pack(page.body),
        "hint": hint_json(page.hint) or ({} if page.reserved else hint_json(hint_of(link.hint))),
        "reserved": cleaned(page.reserved),
        "seen_at": now,
        "archived_at": page.fetched,
    }


def _settle(connection: Connection, links: Sequence[int], known: Sequence[int], now: datetime) -> None:
    c = schema.links.c
    for some in chunks(links):
        connection.execute(sa.update(schema.links).where(c.id.in_(some)).values(state="fetched"))
    for some in chunks(known):
        rejected.resolve(connection, "fetch", some, now)
        contents.forget(connection, some)


def _write_archive(connection: Connection, state: Archive, taken: int, now: datetime) -> None:
    row = {name: getattr(state, name) for name in SAME}
    row |= {"address": clean(state.address), "error": cleaned(state.error), "pages": state.pages + taken}
    row |= {"finished_at": state.finished, "seen_at": now}
    insert = insertion(connection, schema.archives)
    fresh = {name: insert.excluded[name] for name in row if name != "address"}
    connection.execute(insert.on_conflict_do_update(index_elements=["address"], set_=fresh), [row])


# ------------------------------------------------------------------ giving out
def count_pages(
    store: Store, *, source: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> tuple[int, int]:
    """Count the stored pages of a source fetched from ``since`` to before ``until``; return that and the last id."""
    pages = schema.pages
    query = sa.select(sa.func.count(), sa.func.max(pages.c.id)).where(*_wanted(source, since, until))
    with store.reading() as connection:
        count, last = connection.execute(query).one()
    return count, last or 0


def stored_pages(
    store: Store,
    *,
    after: int,
    last: int,
    source: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
) -> list[Page]:
    """Return the next pages with an id above ``after`` and up to ``last``, in the order of their ids."""
    pages = schema.pages
    bounds = (pages.c.id > after, pages.c.id <= last)
    query = sa.select(pages).where(*bounds, *_wanted(source, since, until)).order_by(pages.c.id).limit(limit)
    with store.reading() as connection:
        return [page_of(row, unpack(row.body)) for row in connection.execute(query)]


def _wanted(source: str | None, since: datetime | None, until: datetime | None) -> list[sa.ColumnElement[bool]]:
    fetched = sa.func.coalesce(schema.pages.c.archived_at, schema.pages.c.seen_at)
    found = [schema.pages.c.source == source] if source else []
    if since:
        found.append(fetched >= since)
    return [*found, fetched < until] if until else found
