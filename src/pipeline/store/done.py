"""Which stage has handled what, at which version: work to do is a query.

Every subject has a row in ``done`` for each stage from the moment it is known; version 0 means not handled yet. So
what is pending is a short range of an index however much is finished, and a stage with a new version finds all of
its subjects pending again. Subjects of "extract" are pages, of the other stages articles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.errors import StoreError
from pipeline.store import schema
from pipeline.store.rows import CHUNK, insertion, upsert
from pipeline.store.schema import done

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

NOT_YET = 0
READING = ("annotate", "dedupe", "cluster", "tag", "conferences")
# A stage takes an article only when these stages have handled it.
AFTER: dict[str, tuple[str, ...]] = {
    "extract": (),
    "annotate": (),
    "dedupe": (),
    "cluster": ("annotate", "dedupe"),
    "tag": ("annotate",),
    "conferences": ("tag",),
}


def pending(connection: Connection, stage: str, version: int, limit: int) -> list[int]:
    """Return subjects that the stage has not handled at this version, by time of publication, then id."""
    found: list[tuple[datetime, int]] = []
    for stale in _stale(connection, stage, version):
        rows = connection.execute(_ready(stage, stale).limit(limit))
        found += [(row.order_at, row.subject) for row in rows]
    return [subject for _, subject in sorted(found)[:limit]]


def count(connection: Connection, stage: str, version: int) -> int:
    """Count what the stage has not handled at this version."""
    return sum(
        connection.scalar(sa.select(sa.func.count()).where(done.c.stage == stage, done.c.version == stale)) or 0
        for stale in _stale(connection, stage, version)
    )


def _stale(connection: Connection, stage: str, version: int) -> Iterator[int]:
    """Yield the versions other than this one, each found with one step into the index."""
    if stage not in AFTER:
        raise StoreError(f"{stage!r} is no stage that works through the store; known are {', '.join(AFTER)}")
    query = sa.select(sa.func.min(done.c.version)).where(done.c.stage == stage)
    found = connection.scalar(query)
    while found is not None:
        if found != version:
            yield found
        found = connection.scalar(query.where(done.c.version > found))


def _ready(stage: str, version: int) -> sa.Select[Any]:
    query = sa.select(done.c.order_at, done.c.subject).where(done.c.stage == stage, done.c.version == version)
    for earlier in AFTER[stage]:
        theirs = done.alias()
        handled = (theirs.c.stage == earlier, theirs.c.subject == done.c.subject, theirs.c.version != NOT_YET)
        query = query.where(sa.exists().where(*handled))
    return query.order_by(done.c.order_at, done.c.subject)


def mark(connection: Connection, stage: str, subjects: Iterable[int], *, version: int, now: datetime) -> None:
    """Say that the stage has handled the subjects at this version."""
    rows = [
        {"stage": stage, "subject": s, "version": version, "order_at": now, "done_at": now}
        for s in dict.fromkeys(subjects)
    ]
    upsert(connection, done, rows, keep=["order_at"])


def announce(connection: Connection, stages: Iterable[str], subject: int, order_at: datetime) -> None:
    """Make a subject known to stages; what they have handled stays handled."""
    rows = [
        {"stage": stage, "subject": subject, "version": NOT_YET, "order_at": order_at, "done_at": None}
        for stage in stages
    ]
    insert = insertion(connection, done)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["stage", "subject"], set_={"order_at": insert.excluded.order_at}),
        rows,
    )


def announce_pages(connection: Connection, links: Sequence[int]) -> None:
    """Make the pages of the links pending for "extract", those fetched anew as well."""
    p = schema.pages
    rows = sa.select(sa.literal("extract"), p.c.id, sa.literal(NOT_YET), p.c.seen_at, sa.null()).where(
        p.c.link.in_(links)
    )
    insert = insertion(connection, done).from_select(["stage", "subject", "version", "order_at", "done_at"], rows)
    fresh = {"order_at": insert.excluded.order_at, "version": NOT_YET, "done_at": None}
    connection.execute(insert.on_conflict_do_update(index_elements=["stage", "subject"], set_=fresh))


def forget(connection: Connection, stages: Sequence[str], subjects: Sequence[int]) -> None:
    """Make subjects pending again, because what the stages saw has changed."""
    for start in range(0, len(subjects), CHUNK):
        connection.execute(
            sa.update(done)
            .where(done.c.stage.in_(stages), done.c.subject.in_(subjects[start : start + CHUNK]))
            .values(version=NOT_YET, done_at=None)
        )
