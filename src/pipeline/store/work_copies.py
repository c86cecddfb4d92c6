"""What finding copies asks of the store and saves: who holds which value of a fingerprint, and who repeats whom."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from pipeline.model import Article, Copy
from pipeline.store import done, schema
from pipeline.store.rows import ARTICLE, article_of, chunks, insertion, listed, upsert
from pipeline.store.work_stories import refresh_stories_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store

BYTES = 6  # a value of 47 bits


# ------------------------------------------------------------------ who may have the same words
def holders(store: Store, fingerprints: Iterable[Sequence[int]], *, version: int) -> dict[int, list[int]]:
    """Return which articles hold each value of some fingerprints, by id: few each, for common values aren't kept.

    Articles not yet checked at this version come after those that ask, so no two can call each other origin.
    """
    v, f = schema.fingerprint_values, schema.fingerprints
    query = sa.select(v.c.value, v.c.article).join_from(v, f, f.c.article == v.c.article)
    query = query.where(f.c.version == version)
    found: defaultdict[int, list[int]] = defaultdict(list)
    with store.reading() as connection:
        within = listed(connection, v.c.value, sorted({value for values in fingerprints for value in values}))
        for value, article in connection.execute(query.where(within)):
            found[value].append(article)
    return {value: sorted(articles) for value, articles in found.items()}


def families(store: Store, ids: Collection[int]) -> dict[int, list[Article]]:
    """Return, for each id of an article, that article and, if it is a copy, its origin."""
    with store.reading() as connection:
        theirs = _origins(connection, sorted(ids))
        known = articles_by_id(connection, sorted({*ids, *theirs.values()}))
    by_id = {article.id: article for article in known}
    return {key: [by_id[one] for one in (key, theirs.get(key)) if one in by_id] for key in ids}


def articles_by_id(connection: Connection, ids: Sequence[int]) -> list[Article]:
    """Return articles in the order of their ids as given."""
    found: dict[int, Article] = {}
    for some in chunks(ids):
        rows = connection.execute(sa.select(*ARTICLE).where(schema.articles.c.id.in_(some)))
        found |= {row.id: article_of(row) for row in rows}
    return [found[article] for article in ids if article in found]


# ------------------------------------------------------------------ saving
def save_copies(
    store: Store,
    checked: Sequence[tuple[Article, Sequence[int], Copy | None]],
    *,
    turned: Sequence[Copy] = (),
    version: int,
    now: datetime,
) -> None:
    """Keep fingerprints and the copies found; what was held a copy before and is none now, is none.

    ``turned`` are articles known before whose origin came only now. An origin is never a copy: what was a copy of an
    article that turns out to be one is passed on to its origin, and its reason says so.
    """
    ids = [article.id for article, _, _ in checked]
    found = {copy.article: copy for copy in (*(c for _, _, c in checked if c), *turned)}
    with store.writing() as connection:
        _save_values(connection, {article.id: values for article, values, _ in checked}, version)
        for some in chunks(ids):
            connection.execute(sa.delete(schema.copies).where(schema.copies.c.article.in_(some)))
        changed = _rooted(connection, found)
        stamp = {"version": version, "computed_at": now}
        upsert(connection, schema.copies, [_copy_row(copy) | stamp for copy in changed])
        refresh_stories_of(connection, [*ids, *(copy.article for copy in changed)])
        done.mark(connection, "dedupe", ids, version=version, now=now)


def _save_values(connection: Connection, fingerprints: Mapping[int, Sequence[int]], version: int) -> None:
    v, f = schema.fingerprint_values, schema.fingerprints
    for some in chunks(list(fingerprints)):
        held = connection.execute(sa.select(f.c.article, f.c.sketch).where(f.c.article.in_(some))).all()
        old = [{"v": value, "a": row.article} for row in held for value in _unpacked(row.sketch)]
        if old:
            gone = sa.delete(v).where(v.c.value == sa.bindparam("v"), v.c.article == sa.bindparam("a"))
            connection.execute(gone, old)
    rows = [{"article": a, "version": version, "sketch": _packed(values)} for a, values in fingerprints.items()]
    upsert(connection, f, rows)
    _insert_values(connection, sorted((value, article) for article, values in fingerprints.items() for value in values))


def _insert_values(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Put articles under their values, in the order of the index; bound as one value, as in ``rows.listed``."""
    if not pairs:
        return
    rows: sa.Select[Any] | sa.TextualSelect
    if connection.dialect.name == "postgresql":
        columns = [sa.literal(list(column), postgresql.ARRAY(sa.BigInteger)) for column in zip(*pairs, strict=True)]
        rows = sa.select(*(sa.func.unnest(column) for column in columns))
    else:
        read = "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:pairs) WHERE true"
        rows = sa.text(read).bindparams(pairs=json.dumps(pairs)).columns(value=sa.BigInteger, article=sa.Integer)
    insert = insertion(connection, schema.fingerprint_values).from_select(["value", "article"], rows)
    connection.execute(insert.on_conflict_do_nothing())


def _packed(values: Sequence[int]) -> bytes:
    return np.array(values, dtype="<u8").view(np.uint8).reshape(-1, 8)[:, :BYTES].tobytes()


def _unpacked(sketch: bytes) -> list[int]:
    return [int.from_bytes(sketch[n : n + BYTES], "little") for n in range(0, len(sketch), BYTES)]


def _rooted(connection: Connection, found: Mapping[int, Copy]) -> list[Copy]:
    """Return the copies found, each of an origin that is none itself, and those passed on to such an origin."""
    known = _origins(connection, sorted({copy.origin for copy in found.values()}))
    links = {key: origin for key, origin in known.items() if key not in found}
    links |= {key: copy.origin for key, copy in found.items()}
    c = schema.copies
    columns = (c.c.article, c.c.origin, c.c.score, c.c.reason)
    followers = [
        Copy(*row)
        for some in chunks(sorted(found))
        for row in connection.execute(sa.select(*columns).where(c.c.origin.in_(some)))
        if row.article not in found
    ]
    every = [*found.values(), *followers]
    return [copy.passed_on(root) if (root := _root(copy, links)) != copy.origin else copy for copy in every]


def _root(copy: Copy, links: Mapping[int, int]) -> int:
    """Follow the origins up; stops where they would lead back."""
    seen, at = {copy.article}, copy.origin
    while at in links and links[at] not in seen:
        seen.add(at)
        at = links[at]
    return at


def _copy_row(copy: Copy) -> dict[str, Any]:
    return {"article": copy.article, "origin": copy.origin, "score": copy.score, "reason": copy.reason}


def forget_copies_of(connection: Connection, article: int) -> None:
    """Check again what repeats an article, because its text has changed."""
    c = schema.copies
    done.forget(connection, ["dedupe"], list(connection.scalars(sa.select(c.c.article).where(c.c.origin == article))))


# ------------------------------------------------------------------ asking
def same_words(store: Store, articles: Sequence[Article]) -> dict[int, int]:
    """Return, for articles that share their words with another, the id of the one whose story they go to.

    For a copy that is its origin; for an origin that came after its copies, the first of these that has a story.
    """
    c, p = schema.copies, schema.story_articles
    first = sa.select(c.c.origin, sa.func.min(c.c.article).label("copy")).join_from(c, p, p.c.article == c.c.article)
    found: dict[int, int] = {}
    with store.reading() as connection:
        for some in chunks(ids := [article.id for article in articles]):
            rows = connection.execute(first.where(c.c.origin.in_(some)).group_by(c.c.origin))
            found |= {row.origin: row.copy for row in rows}
        return found | _origins(connection, ids)


def _origins(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    c = schema.copies
    return {
        row.article: row.origin
        for some in chunks(ids)
        for row in connection.execute(sa.select(c.c.article, c.c.origin).where(c.c.article.in_(some)))
    }
