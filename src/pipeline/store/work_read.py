"""What reading asks of the store and saves: pages to articles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.model import Article, Page, Rejection
from pipeline.store import done, rejected, schema
from pipeline.store.packing import unpack
from pipeline.store.rows import (
    clean,
    cleaned,
    insertion,
    page_of,
    sha256,
    too_long,
)
from pipeline.store.work_copies import articles_by_id, forget_copies_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store


# ------------------------------------------------------------------ what is pending
def pending_pages(store: Store, version: int, *, limit: int = 100) -> list[Page]:
    """Return pages that "extract" has not handled at this version, in the order of fetching."""
    pages = schema.pages
    with store.reading() as connection:
        ids = done.pending(connection, "extract", version, limit)
        rows = connection.execute(sa.select(pages).where(pages.c.id.in_(ids)))
        found = {row.id: page_of(row, unpack(row.body)) for row in rows}
    return [found[page] for page in ids]


def pending_articles(store: Store, stage: str, version: int, *, limit: int = 100) -> list[Article]:
    """Return articles that a stage has not handled at this version, by time of publication (or of fetching), then id.

    "cluster" is given only what "annotate" and "dedupe" have handled, "tag" what "annotate" has.
    """
    with store.reading() as connection:
        return articles_by_id(connection, done.pending(connection, stage, version, limit))


def pending_count(store: Store, stage: str, version: int) -> int:
    """Count what a stage has not handled at this version."""
    with store.reading() as connection:
        return done.count(connection, stage, version)


def save_failure(store: Store, failure: Rejection, *, version: int, now: datetime) -> None:
    """Keep why a stage broke on one subject, and do not give it to the stage again at this version."""
    with store.writing() as connection:
        rejected.keep(connection, [failure], now=now, version=version)
        done.mark(connection, failure.stage, [failure.subject], version=version, now=now)


# ------------------------------------------------------------------ extract
def save_articles(
    store: Store, outcomes: Sequence[tuple[Page, Article | Rejection]], *, version: int, now: datetime
) -> None:
    """Keep what became of pages. Extracting again updates in place; later stages redo an article whose text changed."""
    with store.writing() as connection:
        for page, outcome in outcomes:
            found = _save_article(connection, page, outcome, version, now) if isinstance(outcome, Article) else outcome
            if isinstance(found, Rejection):
                about = replace(found, subject=page.id, url=found.url or page.url, source=found.source or page.source)
                rejected.keep(connection, [about], now=now, version=version)
            else:
                rejected.resolve(connection, "extract", [page.id], now)
        done.mark(connection, "extract", [page.id for page, _ in outcomes], version=version, now=now)


def _save_article(
    connection: Connection, page: Page, article: Article, version: int, now: datetime
) -> Rejection | None:
    url = clean(article.url)
    if too_long(url):
        return Rejection("extract", "address too long", url)
    articles = schema.articles
    rows = connection.execute(
        sa.select(articles.c.id, articles.c.page, articles.c.text_hash).where(
            sa.or_(articles.c.url == url, articles.c.page == page.id)
        )
    ).all()
    if any(row.page != page.id for row in rows):
        return Rejection("extract", "same address as another page", url)
    _write_article(connection, _article_row(page, article, version, now), rows[0].text_hash if rows else None)
    return None


def _article_row(page: Page, article: Article, version: int, now: datetime) -> dict[str, Any]:
    title, text = clean(article.title), clean(article.text)
    seen = page.seen or page.fetched or article.seen or now
    # An article dated in the future would stay ahead of every window: it counts from when it was seen.
    order = min(article.published or page.fetched or seen, seen)
    return {
        "page": page.id,
        "url": clean(article.url),
        "source": article.source or page.source,
        "title": title,
        "text": text,
        "text_hash": sha256(f"{title}\x00{text}\x00{article.truncated or ''}".rstrip("\x00").encode()),
        "words": len(text.split()),
        "authors": [clean(author) for author in article.authors],
        "published_at": article.published,
        "precision": article.precision,
        "published_from": article.published_from,
        "language": article.language,
        "site": cleaned(article.site),
        "section": cleaned(article.section),
        "reserved": cleaned(article.reserved),
        "modified_at": article.modified,
        "truncated": article.truncated,
        "seen_at": seen,
        "order_at": order,
        "day": order.astimezone(UTC).date(),
        "version": version,
        "extracted_at": now,
    }


def _write_article(connection: Connection, row: dict[str, Any], known_hash: str | None) -> None:
    insert = insertion(connection, schema.articles).values(row)
    fresh = {name: insert.excluded[name] for name in row if name != "page"}
    article = connection.execute(
        insert.on_conflict_do_update(index_elements=["page"], set_=fresh).returning(schema.articles.c.id)
    ).scalar_one()
    if row["reserved"]:
        return  # no later stage may see it, so it is in no statistic
    done.announce(connection, done.READING, article, row["order_at"])
    if known_hash not in (None, row["text_hash"]):
        done.forget(connection, done.READING, [article])
        forget_copies_of(connection, article)
