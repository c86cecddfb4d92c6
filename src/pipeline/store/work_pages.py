"""What collecting saves of single addresses: fetched pages, a batch in one transaction, and failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.store import contents, done, rejected, schema
from pipeline.store.packing import pack
from pipeline.store.rows import chunks, clean, cleaned, hint_json, host_of, insertion_into, sha256, upserting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from pipeline.model import Link, Page, Rejection
    from pipeline.store.engine import Store

PAGE = (
    "link", "source", "url", "requested", "status", "content_type", "sha256", "size", "body", "hint", "reserved",
    "seen_at",
)  # fmt: skip


def add_links(connection: Connection, links: Sequence[Link], now: datetime) -> int:
    """Keep links that were not known before, as pending; return how many those are."""
    statement = _new_links(connection.dialect.name)
    new = 0
    for some in chunks(list(links)):
        rows = [
            {
                "url": clean(link.url),
                "host": host_of(link.url),
                "source": link.source,
                "state": "pending",
                "hint": hint_json(link.hint),
                "attempts": 0,
                "next_try": now,
                "seen_at": now,
            }
            for link in some
        ]
        found = connection.execute(statement, rows).all()
        texts = {clean(link.url): link.hint.content for link in some if link.hint.content}
        contents.keep(connection, {row.id: texts[row.url] for row in found if row.url in texts})
        new += len(found)
    return new


@cache
def _new_links(dialect: str) -> Any:
    insert = insertion_into(dialect, schema.links)
    return insert.on_conflict_do_nothing(index_elements=["url"]).returning(schema.links.c.id, schema.links.c.url)


def save_page(store: Store, link: Link, page: Page, rejections: Sequence[Rejection] = ()) -> None:
    """Keep one page; ``rejections`` say why it was made of the feed's own text rather than fetched."""
    save_pages(store, [(link, page)], rejections)


def save_pages(store: Store, fetched: Sequence[tuple[Link, Page]], rejections: Sequence[Rejection] = ()) -> None:
    """Keep pages, mark their links as fetched and announce the pages to "extract", all in one transaction."""
    now = datetime.now(UTC)
    with store.writing() as connection:
        held = {_link_id(connection, link, now): (link, page) for link, page in fetched}
        rows = [_page(link_id, link, page, now) for link_id, (link, page) in held.items()]
        for some in chunks(rows):
            connection.execute(upserting(connection.dialect.name, schema.pages, PAGE, ("link",)), list(some))
        for link_id, (_, page) in held.items():
            if page.reserved:  # what a feed told of a text whose mining is reserved goes as well
                kept = {"hint": hint_json(page.hint)}
                connection.execute(sa.update(schema.links).where(schema.links.c.id == link_id).values(**kept))
        for ids in chunks(list(held)):
            connection.execute(sa.update(schema.links).where(schema.links.c.id.in_(ids)).values(state="fetched"))
            done.announce_pages(connection, ids)
            rejected.resolve(connection, "fetch", ids, now)
            contents.forget(connection, ids)
        rejected.keep(connection, rejections, now=now)


def _link_id(connection: Connection, link: Link, now: datetime) -> int:
    if link.id:
        return link.id
    add_links(connection, [link], now)
    return connection.scalar(sa.select(schema.links.c.id).where(schema.links.c.url == clean(link.url))) or 0


def _page(link_id: int, link: Link, page: Page, now: datetime) -> dict[str, Any]:
    return {
        "link": link_id,
        "source": page.source or link.source,
        "url": clean(page.url),
        "requested": clean(page.requested or link.url),
        "status": page.status,
        "content_type": cleaned(page.content_type),
        "sha256": sha256(page.body),
        "size": len(page.body),
        "body": pack(page.body),
        "hint": hint_json(page.hint) or ({} if page.reserved else hint_json(link.hint)),
        "reserved": cleaned(page.reserved),
        "seen_at": page.fetched or now,
    }


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
        if retry_at is None:
            contents.forget(connection, [link_id])
        rejected.keep(connection, [_about_link(rejection, link, link_id)], now=now)


def _about_link(rejection: Rejection, link: Link, link_id: int) -> Rejection:
    return replace(rejection, subject=link_id, url=rejection.url or link.url, source=rejection.source or link.source)
