"""Rejections: what the wild web did wrong, counted rather than repeated. Used inside other saves' transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipeline.store.rows import LONGEST_ADDRESS, clean, insertion
from pipeline.store.schema import rejections

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from pipeline.model import Rejection


def keep(connection: Connection, found: Iterable[Rejection], *, now: datetime, version: int = 0) -> None:
    """Write rejections; the same one again raises its count and opens it anew."""
    for rejection in found:
        insert = insertion(connection, rejections).values(
            stage=rejection.stage,
            subject=rejection.subject,
            reason=clean(rejection.reason)[:200],
            detail=clean(rejection.detail)[:2000],
            url=clean(rejection.url).encode()[:LONGEST_ADDRESS].decode(errors="ignore"),
            source=rejection.source or None,
            later=rejection.later,
            times=1,
            version=version,
            seen_at=rejection.seen or now,
            last_seen_at=rejection.seen or now,
        )
        fresh = {name: insert.excluded[name] for name in ("detail", "later", "version", "last_seen_at")}
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["stage", "subject", "url", "reason"],
                set_={**fresh, "times": rejections.c.times + 1, "resolved_at": None},
            )
        )


def resolve(connection: Connection, stage: str, subjects: Sequence[int], now: datetime) -> None:
    """Close what was held against subjects, because the stage has now got through."""
    connection.execute(
        sa.update(rejections)
        .where(rejections.c.stage == stage, rejections.c.subject.in_(subjects), rejections.c.resolved_at.is_(None))
        .values(resolved_at=now)
    )
