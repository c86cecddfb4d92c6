"""What the store keeps of conferences: editions, sessions and speakers, read from sites and lists, again and again.

Saving twice changes nothing. A session that vanishes from its agenda is withdrawn, not deleted; one that moved or was
renamed is updated. Articles near an edition that changed are announced to the stage "conferences" anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from pipeline.conferences import pair_sessions, person_key, same_edition, slug, words_key
from pipeline.model import Edition, Session, Speaker
from pipeline.store import schema
from pipeline.store.done import NOT_YET
from pipeline.store.rows import clean, cleaned, insertion, too_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.engine import Connection

    from pipeline.store.rows import AnyRow

    Outcome = Literal["new", "changed", "same"]

SESSIONS = 5_000  # of one edition
EDITIONS = 1_000  # of one conference
BEFORE, AFTER = timedelta(days=60), timedelta(days=90)  # the days around an edition in which it is written about


@dataclass(slots=True)
class _Known:
    """An edition as it is kept."""

    id: int
    edition: Edition
    origin: str


# ------------------------------------------------------------------ editions
def keep(
    connection: Connection,
    editions: Iterable[Edition],
    *,
    source: str | None,
    now: datetime,
    origin: Literal["agenda", "import"] = "agenda",
) -> list[Outcome]:
    """Write editions with all that they hold; return what became of each."""
    outcomes: list[Outcome] = []
    known: dict[str, list[_Known]] = {}
    touched: list[tuple[date, date]] = []
    for edition in editions:
        if edition.conference not in known:
            known[edition.conference] = _known(connection, edition.conference)
        kept = known[edition.conference]
        same = next((k for k in kept if _is(k, edition, origin, source, now)), None)
        if same is None:
            same = _Known(_insert(connection, edition, source, origin, now), edition, origin)
            kept.append(same)
            outcome: Outcome = "new"
        else:
            outcome = "changed" if _update(connection, same, edition, origin, source, now) else "same"
        if _save_inside(connection, same.id, edition, source, now) and outcome == "same":
            outcome = "changed"
        if outcome != "same" and edition.start:
            touched.append((edition.start - BEFORE, (edition.end or edition.start) + AFTER))
        outcomes.append(outcome)
    _announce(connection, touched)
    return outcomes


def _known(connection: Connection, conference: str) -> list[_Known]:
    e = schema.editions
    rows = connection.execute(
        sa.select(e).where(e.c.conference == conference).order_by(e.c.start_day.desc()).limit(EDITIONS)
    )
    return [_Known(row.id, edition_of(row), row.origin) for row in rows]


def edition_of(row: AnyRow) -> Edition:
    """Return the edition of a row, without what it holds."""
    return Edition(
        conference=row.conference,
        name=row.name,
        start=row.start_day,
        end=row.end_day,
        key=row.key,
        city=row.city,
        country=row.country,
        url=row.url,
        online=row.online,
        topics=tuple(t for t in row.topics.split(", ") if t),
    )


def _is(known: _Known, edition: Edition, origin: str, source: str | None, now: datetime) -> bool:
    """Tell whether an edition is the known one. Lists give exact first days; agendas may be read before their days."""
    if origin == "import" and known.origin == "import":
        return known.edition.start == edition.start
    if edition.start is None and known.edition.start is not None:
        today = now.date()  # a page without days tells of the edition that is on or comes next
        return source is not None and today - AFTER <= (known.edition.end or known.edition.start) <= today + timedelta(
            days=366
        )
    return known.edition.start is None or same_edition(known.edition, edition)


def _insert(connection: Connection, edition: Edition, source: str | None, origin: str, now: datetime) -> int:
    values = _edition_row(edition) | {"key": _free_key(connection, edition), "conference": edition.conference}
    values |= {"origin": origin, "source": source, "seen_at": now, "changed_at": now}
    new: int = connection.execute(
        sa.insert(schema.editions).values(values).returning(schema.editions.c.id)
    ).scalar_one()
    return new


def _edition_row(edition: Edition) -> dict[str, Any]:
    return {
        "name": clean(edition.name),
        "start_day": edition.start,
        "end_day": edition.end or edition.start,
        "year": edition.start.year if edition.start else None,
        "city": cleaned(edition.city),
        "country": cleaned(edition.country),
        "url": cleaned(edition.url),
        "online": edition.online,
        "topics": ", ".join(sorted(clean(t).replace(",", " ") for t in edition.topics)),
    }


def _free_key(connection: Connection, edition: Edition) -> str:
    """Return the shortest key that is free: "droidcon-2017", else with its city, else with its first day."""
    stem, e = edition.conference, schema.editions
    year = f"{stem}-{edition.start.year}" if edition.start else f"{stem}-undated"
    wanted = [year, f"{year}-{slug(edition.city)}" if edition.city else year, f"{stem}-{edition.start or 'undated'}"]
    wanted += [f"{wanted[-1]}-{n}" for n in range(2, EDITIONS)]
    taken = set(connection.scalars(sa.select(e.c.key).where(e.c.key.in_(wanted[:20]))))
    return next(key for key in wanted if key not in taken)


def _update(
    connection: Connection, known: _Known, edition: Edition, origin: str, source: str | None, now: datetime
) -> bool:
    """Write what is newly told over what was; a list never overrules a site's own agenda."""
    told = {name: value for name, value in _edition_row(edition).items() if value not in (None, "", False)}
    if (origin == "import" and known.origin == "agenda") or edition.start is None:
        told = {n: v for n, v in told.items() if n == "topics" or not getattr(known.edition, _FIELD.get(n, n), None)}
        told.pop("name", None)
    if edition.topics:
        told["topics"] = ", ".join(sorted({*known.edition.topics, *edition.topics}))
    before = _edition_row(known.edition)
    fresh = {name: value for name, value in told.items() if before[name] != value}
    if origin == "agenda" and known.origin == "import":
        fresh |= {"origin": "agenda", "source": source}
    if fresh:
        e = schema.editions
        connection.execute(sa.update(e).where(e.c.id == known.id).values(**fresh, changed_at=now))
        renamed = {_FIELD.get(n, n): v for n, v in fresh.items() if n not in ("origin", "source", "year", "topics")}
        known.edition = replace(known.edition, **renamed)
    return bool(fresh)


_FIELD = {"start_day": "start", "end_day": "end", "year": "start"}


def _announce(connection: Connection, spans: Sequence[tuple[date, date]]) -> None:
    """Make articles of these days pending again for the stage "conferences"."""
    joined: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    a, d = schema.articles, schema.done
    for first, last in joined:
        near = sa.select(a.c.id).where(a.c.day >= first, a.c.day <= last)
        connection.execute(
            sa.update(d)
            .where(d.c.stage == "conferences", d.c.version != NOT_YET, d.c.subject.in_(near))
            .values(version=NOT_YET, done_at=None)
        )


# ------------------------------------------------------------------ sessions and speakers
def _save_inside(connection: Connection, edition: int, told: Edition, source: str | None, now: datetime) -> bool:
    if not (told.sessions or told.speakers):
        return False
    people, grown = _save_speakers(connection, edition, told, now)
    if not told.sessions:
        return grown
    s = schema.sessions
    rows = connection.execute(sa.select(s).where(s.c.edition == edition).order_by(s.c.id).limit(SESSIONS)).all()
    known = [session_of(row) for row in rows]
    fresh = told.sessions[:SESSIONS]
    paired = {b: a for a, b in pair_sessions(known, fresh)}
    keys = {row.key for row in rows}
    changed = grown
    for n, session in enumerate(fresh):
        if n in paired:
            changed |= _update_session(connection, rows[paired[n]], session, people, now)
        else:
            key = _session_key(session, keys)
            keys.add(key)
            _insert_session(connection, edition, key, session, people, source, now)
            changed = True
    gone = [row for n, row in enumerate(rows) if n not in set(paired.values())]
    return _withdraw(connection, rows, gone, source, now) or changed


def session_of(row: AnyRow, speakers: tuple[Speaker, ...] = ()) -> Session:
    """Return the session of a row."""
    names = ("title", "room", "abstract", "url", "uid")
    return Session(start=row.start_at, end=row.end_at, speakers=speakers, **{n: getattr(row, n) for n in names})


def _session_key(session: Session, taken: set[str]) -> str:
    when = session.start.astimezone(UTC).isoformat() if session.start else ""
    key = (session.uid or session.url or f"{words_key(session.title)} {when}")[:500]
    return next(k for n in range(len(taken) + 2) if (k := key if n == 0 else f"{key} {n + 1}") not in taken)


def _session_row(session: Session) -> dict[str, Any]:
    offset = session.start.utcoffset() if session.start else None
    url = cleaned(session.url)
    return {
        "title": clean(session.title),
        "abstract": cleaned(session.abstract),
        "url": None if url and too_long(url) else url,
        "uid": cleaned(session.uid),
        "room": cleaned(session.room),
        "start_at": session.start,
        "end_at": session.end,
        "utc_offset": int(offset.total_seconds() // 60) if offset is not None else None,
        "day": session.start.date() if session.start else None,
    }


def _insert_session(
    connection: Connection,
    edition: int,
    key: str,
    session: Session,
    people: dict[str, int],
    source: str | None,
    now: datetime,
) -> None:
    s = schema.sessions
    row = _session_row(session) | {"edition": edition, "key": clean(key), "source": source}
    row |= {"seen_at": now, "changed_at": now}
    new = connection.execute(sa.insert(s).values(row).returning(s.c.id)).scalar_one()
    _save_session_speakers(connection, new, session, people)


def _update_session(
    connection: Connection, row: AnyRow, session: Session, people: dict[str, int], now: datetime
) -> bool:
    told = {name: value for name, value in _session_row(session).items() if value is not None}
    fresh = {name: value for name, value in told.items() if getattr(row, name) != value}
    if row.withdrawn_at is not None:
        fresh["withdrawn_at"] = None
    moved = bool(session.speakers) and _save_session_speakers(connection, row.id, session, people)
    if fresh or moved:
        s = schema.sessions
        connection.execute(sa.update(s).where(s.c.id == row.id).values(**fresh, changed_at=now))
    return bool(fresh) or moved


def _save_session_speakers(connection: Connection, session: int, told: Session, people: dict[str, int]) -> bool:
    """Write who speaks at a session; return whether that is news."""
    t = schema.session_speakers
    wanted = list(dict.fromkeys(people[person_key(p.name)] for p in told.speakers))
    known = connection.scalars(sa.select(t.c.speaker).where(t.c.session == session).order_by(t.c.position)).all()
    if wanted == list(known):
        return False
    connection.execute(sa.delete(t).where(t.c.session == session))
    if wanted:
        connection.execute(
            sa.insert(t), [{"session": session, "speaker": p, "position": n} for n, p in enumerate(wanted)]
        )
    return True


def _withdraw(
    connection: Connection, rows: Sequence[AnyRow], gone: Sequence[AnyRow], source: str | None, now: datetime
) -> bool:
    """Withdraw what its own source no longer lists. A page that lost most of its agenda at once is broken instead."""
    live = [row for row in rows if row.source == source and row.withdrawn_at is None]
    lost = [row.id for row in gone if row.source == source and row.withdrawn_at is None]
    if not lost or len(lost) * 2 > len(live):
        return False
    s = schema.sessions
    connection.execute(sa.update(s).where(s.c.id.in_(lost)).values(withdrawn_at=now, changed_at=now))
    return True


def _save_speakers(connection: Connection, edition: int, told: Edition, now: datetime) -> tuple[dict[str, int], bool]:
    """Write the speakers of an edition; return their ids by key, and whether any is new or changed."""
    t = schema.speakers
    rows = connection.execute(sa.select(t).where(t.c.edition == edition).limit(SESSIONS)).all()
    known = {row.name_key: row for row in rows}
    ids = {row.name_key: row.id for row in rows}
    changed = False
    everyone = [p for s in told.sessions for p in s.speakers] + list(told.speakers)
    for person in {person_key(p.name): p for p in reversed(everyone)}.values():
        key = person_key(person.name)
        values = {n: cleaned(getattr(person, n)) for n in ("name", "affiliation", "role", "url")}
        row = known.get(key)
        if row is None:
            insert = insertion(connection, t).values(
                **values, edition=edition, name_key=key, seen_at=now, changed_at=now
            )
            ids[key] = connection.execute(insert.returning(t.c.id)).scalar_one()
            changed = True
            continue
        fresh = {n: v for n, v in values.items() if v is not None and v != getattr(row, n)}
        if fresh:
            connection.execute(sa.update(t).where(t.c.id == row.id).values(**fresh, changed_at=now))
            changed = True
    return ids, changed
