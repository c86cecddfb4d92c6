"""The volume of sources by day and the days on which it broke: what the flow asks and saves after a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipeline.model import SourceChange
from pipeline.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from pipeline.store.engine import Store

HISTORY = 400  # days of one source that are looked back on


def sources_to_judge(store: Store, day: date, *, limit: int = 500) -> list[str]:
    """Return sources that were looked at and whose volume has not been judged up to ``day`` yet."""
    p = schema.polls
    query = sa.select(p.c.source).where(sa.or_(p.c.volume_day.is_(None), p.c.volume_day < day))
    with store.reading() as connection:
        return list(connection.scalars(query.order_by(p.c.source).limit(limit)))


def source_days(store: Store, source: str, until: date) -> list[tuple[date, int, int]]:
    """Return day, items and looks that worked, of the last ``HISTORY`` days up to ``until``, in order."""
    d = schema.source_days
    query = sa.select(d).where(d.c.source == source, d.c.day <= until)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(d.c.day.desc()).limit(HISTORY)).all()
    return [(row.day, row.items, row.looks - row.failed_looks) for row in reversed(rows)]


def source_changes(store: Store, source: str) -> list[SourceChange]:
    """Return the breaks that are kept of a source, in order."""
    c = schema.source_changes
    query = sa.select(c.c.day, c.c.before, c.c.after, c.c.probability)
    with store.reading() as connection:
        rows = connection.execute(query.where(c.c.source == source, c.c.withdrawn_at.is_(None)).order_by(c.c.day)).all()
    return [SourceChange(source, *row) for row in rows]


def save_source_changes(
    store: Store, source: str, changes: Sequence[SourceChange], *, until: date, now: datetime
) -> None:
    """Keep the breaks of a source as judged up to the day ``until``; one no longer held is withdrawn, not deleted."""
    c, known = schema.source_changes, {(x.day, x.before, x.after) for x in source_changes(store, source)}
    wanted = {(x.day, x.before, x.after): x for x in changes}
    gone = [day for day, before, after in known if (day, before, after) not in wanted]
    rows = [
        {"source": source, "day": x.day, "before": x.before, "after": x.after, "probability": x.probability,
         "found_at": now}
        for place, x in wanted.items() if place not in known
    ]  # fmt: skip
    with store.writing() as connection:
        held = (c.c.source == source, c.c.day.in_(gone), c.c.withdrawn_at.is_(None))
        connection.execute(sa.update(c).where(*held).values(withdrawn_at=now))
        if rows:
            connection.execute(sa.insert(c), rows)
        p = schema.polls
        connection.execute(sa.update(p).where(p.c.source == source).values(volume_day=until))
