"""What manners ask of the store and save: queues of hosts, waits, robots.txt, and links taken fairly from every host."""

from __future__ import annotations

import zlib
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipeline.model import Host, Link, Origin
from pipeline.store.rows import chunks, clean, insertion, link_of, upsert
from pipeline.store.schema import hosts, links, origins

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy.engine import Connection

    from pipeline.store.engine import Store
    from pipeline.store.rows import AnyRow

WAITING = 10_000  # hosts that asked to wait, at once


# ------------------------------------------------------------------ queues
def host(store: Store, name: str) -> Host | None:
    """Return what is kept about the queue of a host."""
    with store.reading() as connection:
        row = connection.execute(sa.select(hosts).where(hosts.c.host == clean(name))).first()
        return _host_of(row) if row else None


def _host_of(row: AnyRow) -> Host:
    return Host(row.host, row.delay, row.next_at, row.wait_until)


def reserve(
    store: Store, wanted: Sequence[Host], held: Mapping[str, datetime], now: datetime, *, longest: timedelta
) -> dict[str, Host]:
    """Take the queues of hosts until each one's ``next_at``, all in one transaction; return what holds now, by name.

    A queue that another process has taken beyond ``now`` is left alone: its ``next_at`` comes back as it is. ``held``
    says what the caller has taken itself. Longer than ``longest`` nobody takes one: then a clock was set back.
    """
    if not wanted:
        return {}
    with store.writing() as connection:
        known = _locked(connection, [clean(x.name) for x in wanted])
        free = [x for x in wanted if not _taken(known.get(x.name), held.get(x.name), now, longest)]
        upsert(
            connection,
            hosts,
            [{"host": clean(x.name), "delay": x.delay, "next_at": x.next_at, "wait_until": None} for x in free],
            keep=["wait_until"],
        )
    asked = {name: found.wait_until for name, found in known.items()}
    taken = {x.name: Host(x.name, x.delay, x.next_at, asked.get(x.name)) for x in free}
    return known | taken


def _locked(connection: Connection, names: Sequence[str]) -> dict[str, Host]:
    found: dict[str, Host] = {}
    for some in chunks(names):
        rows = connection.execute(sa.select(hosts).where(hosts.c.host.in_(some)).with_for_update())
        found |= {row.host: _host_of(row) for row in rows}
    return found


def _taken(known: Host | None, mine: datetime | None, now: datetime, longest: timedelta) -> bool:
    return known is not None and known.next_at != mine and now < known.next_at <= now + longest


def give_back(store: Store, freed: Iterable[Host]) -> None:
    """Shorten reservations that the caller holds to what its requests really need."""
    rows = [{"name": clean(x.name), "until": x.next_at} for x in freed]
    shorter = sa.update(hosts).where(hosts.c.host == sa.bindparam("name"), hosts.c.next_at > sa.bindparam("until"))
    if rows:
        with store.writing() as connection:
            connection.execute(shorter.values(next_at=sa.bindparam("until")), rows)


def wait(store: Store, waiting: Host) -> None:
    """Keep until when a host asked to be left alone; a longer wait that is kept already stays."""
    row = {"host": clean(waiting.name), "delay": waiting.delay, "next_at": waiting.next_at}
    with store.writing() as connection:
        insert = insertion(connection, hosts).values(**row, wait_until=waiting.wait_until)
        longer = sa.case(
            (hosts.c.wait_until > insert.excluded.wait_until, hosts.c.wait_until), else_=insert.excluded.wait_until
        )
        connection.execute(insert.on_conflict_do_update(index_elements=["host"], set_={"wait_until": longer}))


def waiting_hosts(store: Store, now: datetime) -> dict[str, datetime]:
    """Return the hosts that asked to be left alone, and until when."""
    with store.reading() as connection:
        rows = connection.execute(
            sa.select(hosts.c.host, hosts.c.wait_until).where(hosts.c.wait_until > now).limit(WAITING)
        )
        return {row.host: row.wait_until for row in rows if row.wait_until}


# ------------------------------------------------------------------ what origins say
def origin(store: Store, name: str) -> Origin | None:
    """Return what an origin said about crawling and mining when it was last asked."""
    with store.reading() as connection:
        row = connection.execute(sa.select(origins).where(origins.c.origin == clean(name))).first()
    return _origin_of(row) if row else None


def _origin_of(row: AnyRow) -> Origin:
    return Origin(
        row.origin,
        row.robots_expires_at,
        row.robots_status,
        zlib.decompress(row.robots_body) if row.robots_body is not None else None,
        row.robots_fetched_at,
        row.failing_since,
        tuple((pattern, bool(reserved)) for pattern, reserved in row.tdm or ()),
        row.tdm_expires_at,
    )


def save_origin(store: Store, said: Origin) -> None:
    """Keep what an origin said."""
    row: dict[str, Any] = {
        "origin": clean(said.name),
        "robots_status": said.status,
        "robots_body": zlib.compress(said.body, 6) if said.body is not None else None,
        "robots_fetched_at": said.fetched,
        "robots_expires_at": said.expires,
        "failing_since": said.failing_since,
        "tdm": [[clean(pattern), reserved] for pattern, reserved in said.tdm],
        "tdm_expires_at": said.tdm_expires,
    }
    with store.writing() as connection:
        upsert(connection, origins, [row])


# ------------------------------------------------------------------ links, fairly
def hosts_with_links(store: Store, *, after: str = "", limit: int = 500) -> list[str]:
    """Return hosts that have pending links, by name, from the one behind ``after`` on.

    Steps from host to host through the index, so what it costs doesn't depend on how many links each one has.
    """
    pending = links.c.state == "pending"
    first = sa.select(sa.func.min(links.c.host).label("host")).where(pending, links.c.host > after)
    step = first.cte("step", recursive=True)
    following = sa.select(sa.func.min(links.c.host)).where(pending, links.c.host > step.c.host).scalar_subquery()
    step = step.union_all(sa.select(following).where(step.c.host.is_not(None)))
    with store.reading() as connection:
        found = connection.scalars(sa.select(step.c.host).limit(limit + 1))
        return [name for name in found if name is not None][:limit]


def links_of_hosts(
    store: Store, names: Iterable[str], now: datetime, *, each: int, limit: int, but_not: Collection[int] = ()
) -> list[Link]:
    """Return pending links that are due: of the ``each`` longest due of every host those that are not in ``but_not``.

    They come in turns, the first of every host, then the second of every host, and ``limit`` at most.
    """
    due = sa.select(links.c.id).where(
        links.c.state == "pending", links.c.host == sa.bindparam("name"), links.c.next_try <= now
    )
    due = due.order_by(links.c.next_try, links.c.id).limit(each)
    with store.reading() as connection:
        queues = [[x for x in connection.scalars(due, {"name": name}) if x not in but_not] for name in names]
        turns = [x for turn in zip_longest(*queues) for x in turn if x is not None][:limit]
        found = {x.id: x for some in chunks(turns) for x in _links(connection, some)}
    return [found[x] for x in turns]


def _links(connection: Connection, ids: Sequence[int]) -> list[Link]:
    columns = (links.c.id, links.c.url, links.c.source, links.c.hint, links.c.attempts)
    return [link_of(row) for row in connection.execute(sa.select(*columns).where(links.c.id.in_(ids)))]
