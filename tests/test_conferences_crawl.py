"""Conferences crawled over real HTTP: each form comes out complete, and editions stay apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import agendas
import pytest
from crawling import Desk
from loopback import Answer, Web, page, serving

from pipeline.model import Conference, Source
from pipeline.store import open_store, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("linked", "dated", "plain")
YEAR = 2026
KIND = "text/calendar; charset=utf-8"


def told(key: str, year: int) -> agendas.Truth:
    return agendas.truth(year, key.capitalize(), seed=NAMES.index(key) if key in NAMES else 9)


def serve(web: Web, key: str, year: int, host: str) -> None:
    """Serve a conference in its form: JSON-LD, a page with a calendar, a plain agenda."""
    truth = told(key, year)
    if key == "linked":
        web.routes[f"{host}/agenda"] = page(agendas.json_ld(truth))
    elif key == "dated":
        web.routes[f"{host}/agenda"] = page('<main><h1>Dated</h1><a href="/all.ics">Add to calendar</a></main>')
        web.routes[f"{host}/all.ics"] = page(agendas.ics(truth), KIND)
    else:
        web.routes[f"{host}/agenda"] = page(agendas.cards(truth))


def catalogue(desk: Desk, sources: dict[str, str]) -> None:
    """``sources``: host -> conference."""
    with open_store(desk.database) as store:
        work.sync_catalogue(
            store,
            sources=[
                Source(host.partition(".")[0], c.capitalize(), "conference", f"http://{host}/agenda", "en", "US", "conference", conference=c)
                for host, c in sources.items()
            ],
            themes=[], entities=[], conferences=[Conference(c, c.capitalize()) for c in set(sources.values())], now=datetime.now(UTC),
        )  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The three conferences crawled; then, at the same addresses, those of the next year; another at a new address."""
    with serving() as web:
        desk = Desk(tmp_path_factory.mktemp("conferences"), web, {})
        hosts = {f"{name}.example": name for name in NAMES}
        for host, name in hosts.items():
            serve(web, name, YEAR, host)
        catalogue(desk, hosts)
        desk.crawl()
        for host, name in hosts.items():
            serve(web, name, YEAR + 1, host)
        serve(web, "plain", YEAR + 2, "later.example")
        catalogue(desk, hosts | {"later.example": "plain"})
        desk.crawl()
        desk.crawl()  # nothing new: nothing may be added
        yield desk


def found_sessions(desk: Desk, edition: str) -> set[tuple[object, ...]]:
    rows = desk.rows(
        f"SELECT id, title, start_at, end_at, room, abstract FROM session WHERE edition = '{edition}' AND withdrawn_at IS NULL"
    )
    people: dict[int, list[tuple[str, ...]]] = {}
    for session, *person in desk.rows(
        "SELECT x.session, p.name, p.role, p.affiliation FROM session_speakers x JOIN speakers p ON p.id = x.speaker ORDER BY x.session, x.position"
    ):
        people.setdefault(session, []).append(tuple(person))
    return {
        (title, start[:16], end[:16], room, abstract, tuple(people.get(n, ())))
        for n, title, start, end, room, abstract in rows
    }


def true_sessions(truth: agendas.Truth) -> set[tuple[object, ...]]:
    def utc(when: datetime | None) -> str:
        return when.astimezone(UTC).isoformat(" ")[:16] if when else ""

    return {
        (
            s.title,
            utc(s.start),
            utc(s.end),
            s.room,
            s.abstract,
            tuple((p.name, p.role, p.affiliation) for p in s.speakers),
        )
        for s in truth.sessions
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("year", [YEAR, YEAR + 1])
def test_three_days_forty_sessions_and_sixty_speakers_come_out_complete(desk: Desk, name: str, year: int) -> None:
    truth = told(name, year)
    found = desk.rows(
        f"SELECT name, start_day, end_day, city, country, sessions, speakers FROM edition WHERE key = '{name}-{year}'"
    )
    assert found == [(truth.name, str(truth.start), str(truth.end), truth.city, truth.country, 40, 60)] or (
        name == "dated" and found[0][1:] == (str(truth.start), str(truth.end), truth.city, truth.country, 40, 60)
    )
    assert found_sessions(desk, f"{name}-{year}") == true_sessions(truth)
    people = desk.rows(f"SELECT name, role, affiliation FROM speaker WHERE edition = '{name}-{year}'")
    assert set(people) == {(p.name, p.role, p.affiliation) for p in truth.speakers}


def test_editions_stay_apart_at_the_same_address_and_at_another(desk: Desk) -> None:
    found = {key for (key,) in desk.rows("SELECT key FROM edition")}
    assert found == {f"{name}-{year}" for name in NAMES for year in (YEAR, YEAR + 1)} | {f"plain-{YEAR + 2}"}
    assert desk.rows("SELECT count(*) FROM sessions WHERE withdrawn_at IS NOT NULL") == [(0,)]
    assert desk.rows("SELECT count(*) FROM sessions") == [(7 * 40,)]


def test_what_is_read_again_unchanged_is_not_written_again(desk: Desk) -> None:
    assert desk.rows("SELECT count(*) FROM sessions WHERE changed_at > seen_at") == [(0,)]
    assert desk.rows("SELECT count(*) FROM speakers WHERE changed_at > seen_at") == [(0,)]
    assert desk.rows("SELECT failures, error FROM polls WHERE failures > 0 OR error IS NOT NULL") == []


# ------------------------------------------------------------------ an agenda that changes
def test_a_session_that_moves_is_updated_and_one_that_vanishes_is_withdrawn(tmp_path: Path) -> None:
    truth = told("plain", YEAR)
    first, second, third, *rest = truth.sessions
    moved = replace(first, start=first.start + timedelta(hours=8), end=first.end + timedelta(hours=8))
    renamed = replace(second, title="An entirely new title")
    with serving() as web:
        desk = Desk(tmp_path, web, {})
        catalogue(desk, {"plain.example": "plain"})
        serve(web, "plain", YEAR, "plain.example")
        desk.crawl()
        changed = replace(truth, sessions=(moved, renamed, *rest))
        web.routes["plain.example/agenda"] = page(agendas.table(changed))
        desk.crawl()
        rows = desk.rows("SELECT title FROM session WHERE withdrawn_at IS NOT NULL")
        assert rows == [(third.title,)]
        assert desk.rows("SELECT count(*) FROM sessions") == [(40,)]
        assert found_sessions(desk, f"plain-{YEAR}") == true_sessions(changed)
        web.routes["plain.example/agenda"] = page(agendas.table(truth))
        desk.crawl()
        assert desk.rows("SELECT count(*) FROM session WHERE withdrawn_at IS NOT NULL") == [(0,)]


def test_an_agenda_whose_times_stand_on_the_sessions_own_pages_is_read_from_them(tmp_path: Path) -> None:
    truth = told("linked", YEAR)
    with serving() as web:
        desk = Desk(tmp_path, web, {})
        catalogue(desk, {"linked.example": "linked"})
        links = "".join(f'<li><a href="/sessions/talk-{n}">{s.title}</a></li>' for n, s in enumerate(truth.sessions))
        web.routes["linked.example/agenda"] = page(
            f"<main><h1>Linked 2026</h1><p>September 15–17, 2026</p><ul>{links}</ul></main>"
        )
        for n, session in enumerate(truth.sessions):
            one = replace(truth, sessions=(session,))
            web.routes[f"linked.example/sessions/talk-{n}"] = page(agendas.json_ld(one))
        desk.crawl()
        assert found_sessions(desk, f"linked-{YEAR}") == true_sessions(truth)
        assert len(desk.pages()) == 40


def test_a_part_of_an_agenda_that_fails_withdraws_nothing_and_is_said(tmp_path: Path) -> None:
    with serving() as web:
        desk = Desk(tmp_path, web, {})
        catalogue(desk, {"dated.example": "dated"})
        serve(web, "dated", YEAR, "dated.example")
        desk.crawl()
        web.routes["dated.example/all.ics"] = Answer(b"", 500)
        desk.crawl()
        assert desk.rows("SELECT sessions, speakers FROM edition") == [(40, 60)]
        assert "server error" in set(desk.reasons("collect").values()) | {
            r for (r,) in desk.rows("SELECT reason FROM rejections")
        }
        assert desk.rows("SELECT min(day), max(day) FROM session") == [(str(date(YEAR, 9, 15)), str(date(YEAR, 9, 17)))]
