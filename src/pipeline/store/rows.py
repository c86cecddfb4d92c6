"""Rows to nouns and back: the pieces that several parts of ``work`` and ``answers`` share. Runs no statement of its
own but ``upsert``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.model import Article, Hint, Link, Page, Span, Weighing
from pipeline.store import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection, Row

    AnyRow = Row[*tuple[Any, ...]]

Item = TypeVar("Item")

# SQLite binds at most 32,766 values in a statement.
CHUNK = 500
# PostgreSQL indexes values of at most 2,704 bytes.
LONGEST_ADDRESS = 2000
SAID = ("names", "words")  # what of a weighing an article wrote

ARTICLE = tuple(
    schema.articles.c[name]
    for name in (
        "id", "url", "title", "text", "source", "authors", "published_at", "precision", "published_from",
        "language", "site", "section", "seen_at", "reserved", "modified_at", "truncated",
    )
)  # fmt: skip


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in pieces that fit into one statement."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def insertion(connection: Connection, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT in the connection's dialect."""
    return insertion_into(connection.dialect.name, table)


def insertion_into(dialect: str, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT in a dialect, ``sqlite`` or ``postgresql``."""
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


@cache
def upserting(
    dialect: str, table: Table, names: tuple[str, ...], key: tuple[str, ...], keep: tuple[str, ...] = ()
) -> Any:
    """Return the INSERT of the columns ``names`` that writes all but ``keep`` over a row with the same ``key``.

    Made once: building it costs more than running it.
    """
    insert = insertion_into(dialect, table)
    fresh = {name: insert.excluded[name] for name in names if name not in {*key, *keep}}
    return insert.on_conflict_do_update(index_elements=list(key), set_=fresh)


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, keep: Iterable[str] = ()
) -> None:
    """Insert rows by primary key; where one is there already, write all columns but those in ``keep`` over it."""
    if not rows:
        return
    key = tuple(column.name for column in table.primary_key)
    connection.execute(upserting(connection.dialect.name, table, tuple(rows[0]), key, tuple(keep)), list(rows))


def listed(connection: Connection, column: sa.ColumnElement[int], numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    """Say that a column holds one of many numbers, bound as one value: thousands of binds cost more than the search."""
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(numbers), postgresql.ARRAY(sa.BigInteger)))
    return column.in_(sa.text("SELECT value FROM json_each(:numbers)").bindparams(numbers=json.dumps(list(numbers))))


def clean(text: str) -> str:
    """Replace what no database takes (NUL, lone surrogates), character by character, so that offsets hold."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def cleaned(text: str | None) -> str | None:
    """Like ``clean``, for text that may be missing."""
    return None if text is None else clean(text)


def sha256(data: bytes) -> str:
    """Return the digest by which equal bodies and texts are recognised."""
    return hashlib.sha256(data).hexdigest()


def host_of(url: str) -> str:
    """Return the name whose queue an address stands in: in lower case, without port and final dot."""
    try:
        return clean((urlsplit(url).hostname or "").rstrip("."))
    except ValueError:
        return ""


def too_long(url: str) -> bool:
    """Tell whether an address is too long to be indexed."""
    return len(url.encode("utf-8", "replace")) > LONGEST_ADDRESS


# ------------------------------------------------------------------ collect
def hint_json(hint: Hint) -> dict[str, Any]:
    """Return a hint's known fields, but for the content, which has a table of its own."""
    fields = {
        "title": cleaned(hint.title),
        "published": hint.published.astimezone(UTC).isoformat() if hint.published else None,
        "summary": cleaned(hint.summary),
        "authors": [clean(author) for author in hint.authors],
        "language": hint.language,
        "transcript_of": cleaned(hint.transcript_of),
    }
    return {name: value for name, value in fields.items() if value}


def hint_of(fields: Mapping[str, Any]) -> Hint:
    """Undo ``hint_json``."""
    published = fields.get("published")
    return Hint(
        title=fields.get("title"),
        published=datetime.fromisoformat(published) if published else None,
        summary=fields.get("summary"),
        authors=tuple(fields.get("authors", ())),
        language=fields.get("language"),
        transcript_of=fields.get("transcript_of"),
    )


def link_of(row: AnyRow) -> Link:
    """Return the link of a row of ``links``."""
    return Link(url=row.url, source=row.source, hint=hint_of(row.hint), id=row.id, attempts=row.attempts)


def page_of(row: AnyRow, body: bytes) -> Page:
    """Return the page of a row of ``pages`` and its unpacked body."""
    return Page(
        url=row.url,
        body=body,
        source=row.source,
        requested=row.requested,
        fetched=row.archived_at or row.seen_at,
        seen=row.seen_at,
        status=row.status,
        content_type=row.content_type,
        hint=hint_of(row.hint),
        id=row.id,
        reserved=row.reserved,
    )


# ------------------------------------------------------------------ articles
def article_of(row: AnyRow) -> Article:
    """Return the article of a row that has the columns ``ARTICLE``."""
    return Article(
        id=row.id,
        url=row.url,
        title=row.title,
        text=row.text,
        source=row.source,
        authors=tuple(row.authors),
        published=row.published_at,
        precision=row.precision,
        published_from=row.published_from,
        language=row.language,
        site=row.site,
        section=row.section,
        seen=row.seen_at,
        reserved=row.reserved,
        modified=row.modified_at,
        truncated=row.truncated,
    )


def weighing_json(weighing: Weighing | None) -> dict[str, Any] | None:
    """Return what was weighed, without what is as a ``Weighing`` is by itself."""
    if weighing is None:
        return None
    found = {f.name: getattr(weighing, f.name) for f in fields(weighing) if getattr(weighing, f.name) != f.default}
    return found | {name: [(clean(said), part) for said, part in found[name]] for name in SAID if name in found}


def span_of(article: Article, field: str, start: int, end: int) -> Span:
    """Return the stretch of an article's field, verbatim."""
    return Span(start, end, getattr(article, field)[start:end], field)
