"""What running keeps in the store: runs of stages with their counts, and leases that only one process holds."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pipeline.store.rows import insertion
from pipeline.store.schema import leases, runs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline.store.engine import Store


def begin_run(store: Store, stage: str, now: datetime) -> int:
    """Note that a stage began; return the run's id. A run of the stage that never ended becomes "interrupted"."""
    with store.writing() as connection:
        connection.execute(
            sa.update(runs)
            .where(runs.c.stage == stage, runs.c.status == "running")
            .values(status="interrupted", ended_at=now)
        )
        row = sa.insert(runs).values(stage=stage, status="running", counts={}, started_at=now)
        return int(connection.execute(row.returning(runs.c.id)).scalar_one())


def end_run(store: Store, run_id: int, now: datetime, counts: Mapping[str, int], status: str) -> None:
    """Note how a run ended."""
    values = {"status": status, "counts": dict(counts), "ended_at": now}
    with store.writing() as connection:
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(values))


def acquire_lease(store: Store, name: str, holder: str, now: datetime, *, seconds: float) -> bool:
    """Take a lease that nobody holds or that has run out; False where another holds it."""
    with store.writing() as connection:
        insert = insertion(connection, leases).values(
            name=name, holder=holder, acquired_at=now, expires_at=now + timedelta(seconds=seconds)
        )
        taken = insert.on_conflict_do_update(
            index_elements=["name"],
            set_={column: insert.excluded[column] for column in ("holder", "acquired_at", "expires_at")},
            where=sa.or_(leases.c.expires_at <= now, leases.c.holder == holder),
        )
        return connection.execute(taken.returning(leases.c.name)).first() is not None


def renew_lease(store: Store, name: str, holder: str, now: datetime, *, seconds: float) -> bool:
    """Hold a lease longer; False where it was lost to another."""
    renewed = (
        sa.update(leases)
        .where(leases.c.name == name, leases.c.holder == holder)
        .values(expires_at=now + timedelta(seconds=seconds))
    )
    with store.writing() as connection:
        return connection.execute(renewed.returning(leases.c.name)).first() is not None


def release_lease(store: Store, name: str, holder: str) -> None:
    """Give back a lease, where it is still the holder's."""
    with store.writing() as connection:
        connection.execute(sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def lease_holder(store: Store, name: str) -> str | None:
    """Return who holds a lease, also one that has run out."""
    with store.reading() as connection:
        return connection.scalar(sa.select(leases.c.holder).where(leases.c.name == name))
