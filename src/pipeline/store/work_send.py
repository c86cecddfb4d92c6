"""What sending asks of the store and saves: subscribers, digests and the outbox.

A delivery goes pending -> in_doubt -> sent or failed. "In doubt" is committed before the message is handed over, so
a process killed at that instant leaves a row that says so; it is listed, and never sent again by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.errors import DatabaseBusy
from pipeline.model import Delivery, Digest, Subscriber
from pipeline.store import schema, story_rules
from pipeline.store.rows import CHUNK, insertion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow

MEMORY = timedelta(days=60)  # how far back a reader is held to remember a story
ATTEMPTS = 5
PAUSE = timedelta(minutes=15)


# ------------------------------------------------------------------ subscribers
def sync_subscribers(store: Store, subscribers: Sequence[Subscriber], now: datetime) -> list[Subscriber]:
    """Write subscribers by address and return them with ids; those no longer listed become inactive."""
    s = schema.subscribers
    emails = [subscriber.email for subscriber in subscribers]
    with store.writing() as connection:
        connection.execute(sa.update(s).where(s.c.email.not_in(emails), s.c.active).values(active=False))
        ids = [_write_subscriber(connection, subscriber, now) for subscriber in subscribers]
    return [
        Subscriber(one.email, one.language, one.themes, one.name, known)
        for one, known in zip(subscribers, ids, strict=True)
    ]


def _write_subscriber(connection: Connection, subscriber: Subscriber, now: datetime) -> int:
    row = {
        "email": subscriber.email,
        "name": subscriber.name,
        "language": subscriber.language,
        "themes": list(subscriber.themes),
        "active": True,
        "seen_at": now,
    }
    insert = insertion(connection, schema.subscribers).values(row)
    fresh = {name: insert.excluded[name] for name in row if name not in ("email", "seen_at")}
    kept = insert.on_conflict_do_update(index_elements=["email"], set_=fresh)
    return int(connection.execute(kept.returning(schema.subscribers.c.id)).scalar_one())


# ------------------------------------------------------------------ digests
def save_digest(store: Store, digest: Digest, *, html: str, text: str, now: datetime) -> int:
    """Keep a digest with its stories, and put it into its subscriber's outbox, together. Return its id.

    The first of a period, start and subscriber stays as it is: later ones change nothing.
    """
    d = schema.digests
    recipient = digest.subscriber.email if digest.subscriber else ""
    row = {
        "period": digest.period,
        "start_day": digest.start,
        "end_day": digest.end,
        "subscriber": digest.subscriber.id if digest.subscriber else None,
        "recipient": recipient,
        "language": digest.language,
        "title": digest.title,
        "html": html,
        "text": text,
        "computed_at": now,
    }
    same = (d.c.period == digest.period, d.c.start_day == digest.start, d.c.recipient == recipient)
    with store.writing() as connection:
        insert = (
            insertion(connection, d)
            .values(row)
            .on_conflict_do_nothing(index_elements=["period", "start_day", "recipient"])
        )
        new = connection.scalar(insert.returning(d.c.id))
        if new is None:
            return int(connection.execute(sa.select(d.c.id).where(*same)).scalar_one())
        _freeze(connection, new, digest, now)
    return int(new)


def _freeze(connection: Connection, digest_id: int, digest: Digest, now: datetime) -> None:
    rows = {
        (section.theme.key, item.report.story.id): {"position": n, "new": item.new}
        for section in digest.sections
        for n, item in enumerate(section.items)
    }
    stories = [
        {"digest": digest_id, "theme": theme, "story": story, "computed_at": now, **row}
        for (theme, story), row in rows.items()
    ]
    if stories:
        connection.execute(sa.insert(schema.digest_stories), stories)
    if digest.subscriber is not None:
        outbox = {"digest": digest_id, "state": "pending", "attempts": 0, "next_try": now, "changed_at": now}
        connection.execute(sa.insert(schema.deliveries).values(**outbox, seen_at=now))


def digest_exists(store: Store, period: str, end: date) -> bool:
    """Tell whether a digest of the period that ends on this day has been made."""
    d = schema.digests
    with store.reading() as connection:
        query = sa.select(d.c.id).where(d.c.period == period, d.c.end_day == end).limit(1)
        return connection.scalar(query) is not None


def stories_sent(store: Store, subscriber_id: int | None, *, before: date | None = None) -> set[int]:
    """Return the stories in a reader's digests of the last 60 days; with ``before``, of those that ended earlier.

    Where one was merged into another since, that other counts as told too.
    """
    d, ds = schema.digests, schema.digest_stories
    theirs = d.c.subscriber.is_(None) if subscriber_id is None else d.c.subscriber == subscriber_id
    query = sa.select(ds.c.story).join_from(ds, d, d.c.id == ds.c.digest).where(theirs)
    if before is not None:
        query = query.where(d.c.end_day < before, d.c.end_day >= before - MEMORY)
    else:
        newest = sa.select(sa.func.max(d.c.end_day)).where(theirs)
        with store.reading() as connection:
            last = connection.scalar(newest)
        if last is None:
            return set()
        query = query.where(d.c.end_day >= last - MEMORY)
    with store.reading() as connection:
        sent = set(connection.scalars(query.distinct()))
        return sent | set(story_rules.merged(connection, sent).values())


# ------------------------------------------------------------------ the outbox
def _deliveries() -> sa.Select[Any]:
    o, d, s = schema.deliveries, schema.digests, schema.subscribers
    return (
        sa.select(
            o.c.id, o.c.digest, o.c.state, o.c.attempts, o.c.detail, o.c.changed_at.label("changed"), s.c.name,
            d.c.recipient, d.c.title, d.c.html, d.c.text, d.c.language, d.c.period, d.c.end_day.label("end"),
        )
        .join_from(o, d, d.c.id == o.c.digest)
        .outerjoin(s, s.c.id == d.c.subscriber)
    )  # fmt: skip


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(**row._mapping)


def claim_deliveries(store: Store, now: datetime, *, limit: int = 100) -> list[Delivery]:
    """Return what is to be sent now, and keep others from claiming it for a quarter of an hour."""
    o = schema.deliveries
    with store.writing() as connection:
        due = (
            sa.select(o.c.id).where(o.c.state == "pending", o.c.next_try <= now).order_by(o.c.next_try, o.c.id)
        ).limit(limit)
        # on PostgreSQL two that claim at once skip each other's rows; SQLite has one writer anyway
        ids = list(connection.scalars(due.with_for_update(skip_locked=True)))
        for start in range(0, len(ids), CHUNK):
            mine = o.c.id.in_(ids[start : start + CHUNK])
            connection.execute(
                sa.update(o).where(mine).values(next_try=now + PAUSE, attempts=o.c.attempts + 1, changed_at=now)
            )
        return [_delivery(row) for row in connection.execute(_deliveries().where(o.c.id.in_(ids)).order_by(o.c.id))]


def claim_delivery(store: Store, now: datetime) -> Delivery | None:
    """Claim the one that has waited longest."""
    return next(iter(claim_deliveries(store, now, limit=1)), None)


def mark_in_doubt(store: Store, delivery_id: int, now: datetime) -> None:
    """Note that the message is being handed over. Raises DatabaseBusy where another process is doing so."""
    if not _move(store, delivery_id, now, ("pending",), state="in_doubt"):
        raise DatabaseBusy(f"delivery {delivery_id} is being sent by another process; it is not sent again")


def mark_sent(store: Store, delivery_id: int, now: datetime) -> bool:
    """Note that the server has taken the message."""
    return _move(store, delivery_id, now, ("pending", "in_doubt"), state="sent", detail=None)


def mark_failed(store: Store, delivery_id: int, detail: str, now: datetime) -> bool:
    """Note a failure. What was never handed over is tried again later, five times in all; the rest has failed."""
    o = schema.deliveries
    with store.reading() as connection:
        row = connection.execute(sa.select(o.c.state, o.c.attempts).where(o.c.id == delivery_id)).one()
    again = row.state == "pending" and row.attempts < ATTEMPTS
    retry = {"next_try": now + PAUSE * 2**row.attempts} if again else {}
    state = "pending" if again else "failed"
    return _move(store, delivery_id, now, (row.state,), state=state, detail=detail[:500], **retry)


def _move(store: Store, delivery_id: int, now: datetime, states: Sequence[str], **values: Any) -> bool:
    o = schema.deliveries
    moved = sa.update(o).where(o.c.id == delivery_id, o.c.state.in_(states), o.c.state.not_in(("sent", "failed")))
    with store.writing() as connection:
        return connection.execute(moved.values(changed_at=now, **values).returning(o.c.id)).first() is not None


def list_deliveries(store: Store, state: str | None = None, limit: int = 100) -> list[Delivery]:
    """Return deliveries, the latest change first."""
    o = schema.deliveries
    query = _deliveries().order_by(o.c.changed_at.desc(), o.c.id.desc()).limit(limit)
    with store.reading() as connection:
        return [
            _delivery(row) for row in connection.execute(query if state is None else query.where(o.c.state == state))
        ]
