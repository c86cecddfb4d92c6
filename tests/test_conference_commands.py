"""``tideline conferences``: lists, one edition, imports; and the step that links articles to editions in the store."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import agendas
import databases
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from pipeline import cli, conferences, flow
from pipeline.config import Config
from pipeline.model import Edition, Session, Speaker
from pipeline.store import conference_answers, open_store, schema, work

if TYPE_CHECKING:
    from collections.abc import Callable

LIST = Path(__file__).parents[2] / "shared" / "data" / "conferences.jsonl"
ROWS = [
    {"name": "Rubyfuza", "startDate": "2013-02-07", "endDate": "2013-02-09", "city": "Cape Town", "country": "South Africa", "topic": "ruby", "url": "http://rubyfuza.example"},
    {"name": "RUBYFUZA", "startDate": "2013-02-07", "topic": "general"},
    {"name": "Rubyfuza", "startDate": "2014-02-06", "city": "Cape Town", "topic": "ruby"},
    {"name": "BoxWorks 2031", "startDate": "2031-09-15", "city": "San Francisco", "topic": "data"},
    {"name": "Front", "startDate": "2013-05-01", "city": "Zurich"}, {"name": "Front", "startDate": "2013-11-01", "city": "Oslo"},
]  # fmt: skip
BAD = ["{not json", "[1]", '{"startDate": "2013-02-07"}', '{"name": "X", "startDate": "7 Feb"}', '{"name": "X", "startDate": "2013-02-07", "endDate": "2012-01-01"}', '{"name": "X"}']  # fmt: skip


@pytest.fixture
def tideline(tmp_path: Path) -> Callable[..., Result]:
    """The command line in this process: a fresh one costs seconds."""

    def run(*arguments: str) -> Result:
        database = f"--database=sqlite:///{tmp_path / 'own.db'}"
        return CliRunner().invoke(cli.cli, ["conferences", *arguments, database], catch_exceptions=True)

    return run


def lines(path: Path) -> Path:
    path.write_text("\n".join([*(json.dumps(row) for row in ROWS), "", *BAD]) + "\n", encoding="utf-8")
    return path


def test_a_list_is_imported_once_and_its_bad_lines_are_named(tmp_path: Path, tideline: Callable[..., Result]) -> None:
    lines(tmp_path / "list.jsonl")
    first = tideline("import", str(tmp_path / "list.jsonl"))
    assert first.exit_code == 1
    assert "6 rows are 5 editions: 5 new, 0 changed, 0 known; 2 new conferences; 6 rows refused" in first.stdout
    for number, what in (
        (8, "no JSON"),
        (9, "an object"),
        (10, "name is missing"),
        (11, "no day"),
        (12, "before"),
        (13, "startDate is missing"),
    ):
        assert any(f"line {number}: " in line and what in line for line in first.stderr.splitlines()), number
    again = tideline("import", str(tmp_path / "list.jsonl"))
    assert "0 new, 0 changed, 5 known; 0 new conferences" in again.stdout
    found = json.loads(tideline("--json").stdout)
    assert [row["key"] for row in found] == [
        "boxworks-2031",
        "rubyfuza-2014",
        "front-2013-oslo",
        "front-2013",
        "rubyfuza-2013",
    ]
    assert (found[-1]["topics"], found[-1]["city"], found[-1]["end_day"]) == (
        "general, ruby",
        "Cape Town",
        "2013-02-09",
    )
    assert found[0]["conference_name"] == "BoxWorks"
    for option, keys in (
        ("--topic=general", ["rubyfuza-2013"]),
        ("--year=2014", ["rubyfuza-2014"]),
        ("--upcoming", ["boxworks-2031"]),
        ("--covered", []),
    ):
        assert [row["key"] for row in json.loads(tideline(option, "--json").stdout)] == keys
    assert "Rubyfuza 2013 · 2013-02-07 – 02-09 · Cape Town" in tideline("show", "rubyfuza-2013").stdout
    nothing = tideline("show", "nonesuch")
    assert str(nothing.exception) == "no edition 'nonesuch'; `tideline conferences` lists them"


def test_a_calendar_and_a_toml_list_are_imported_too(tmp_path: Path, tideline: Callable[..., Result]) -> None:
    (tmp_path / "box.ics").write_bytes(agendas.ics(agendas.truth(2026)).encode())
    (tmp_path / "list.toml").write_text('[[edition]]\nname = "Front"\nstart = 2026-05-01\ntopics = ["web"]\n')
    done = tideline("import", str(tmp_path / "box.ics"))
    assert "1 rows are 1 editions: 1 new" in done.stdout, done.stderr
    assert "1 new, 0 changed" in tideline("import", str(tmp_path / "list.toml")).stdout
    shown = json.loads(tideline("show", "boxworks", "--json").stdout)[0]
    assert (len(shown["agenda"]), len(shown["people"])) == (40, 60)
    table = tideline("show", "boxworks").stdout
    assert "2026-09-15 09:00–09:45" in table


@pytest.mark.skipif(not LIST.exists(), reason="the list is not there")
def test_the_list_of_tech_conferences_gives_5999_editions() -> None:
    rows = [conferences.row_of(json.loads(line)) for line in LIST.read_text(encoding="utf-8").splitlines()]
    assert all(isinstance(row, conferences.Row) for row in rows)
    assert len(conferences.grouped([row for row in rows if isinstance(row, conferences.Row)], {})) == 5_999


# ------------------------------------------------------------------ in the store
NOW = databases.NOW


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    with open_store(databases.sqlite_url(tmp_path)) as opened:
        yield opened


def test_imported_conferences_survive_a_change_of_the_catalogue_and_join_no_watchlist(store) -> None:  # type: ignore[no-untyped-def]
    rows = conferences.grouped([row for row in map(conferences.row_of, ROWS) if isinstance(row, conferences.Row)], {})
    work.import_editions(store, rows, now=NOW)
    databases.catalogue(store)
    work.sync_catalogue(store, sources=[], themes=[], entities=[], conferences=[], now=NOW)
    with store.reading() as connection:
        active = set(connection.scalars(sa.select(schema.conferences.c.key).where(schema.conferences.c.active)))
        assert active == {"rubyfuza", "front"}
        assert (
            connection.scalar(
                sa.select(sa.func.count()).select_from(schema.entities).where(schema.entities.c.key.in_(active))
            )
            == 0
        )


def stage(store) -> dict[str, int]:  # type: ignore[no-untyped-def]
    edges = flow.Edges(Config(), store, lambda: None, [], [], [], [], lambda: NOW, lambda *_: None)  # type: ignore[arg-type,return-value]
    return dict(flow.belong(edges))


def tagged(store):  # type: ignore[no-untyped-def]
    found = databases.grouped(store)
    work.save_taggings(store, [databases.tagging(a) for a in found], version=1, tagger="t", now=NOW)
    return found


def keynote(**fields: object) -> Edition:
    session = Session(
        "Keynote: beans and cups",
        NOW - timedelta(days=3),
        url="https://boxhall.test/a3",
        speakers=(Speaker("Ana Ruiz", "Orrin"),),
    )
    start = (NOW - timedelta(days=3)).date()
    return replace(
        Edition("boxworks", "Boxworks 2026", start, start + timedelta(days=1), sessions=(session,)), **fields
    )  # type: ignore[arg-type]


def test_the_step_links_sessions_and_coverage_and_does_nothing_twice(store) -> None:  # type: ignore[no-untyped-def]
    found = tagged(store)
    work.save_poll(store, databases.poll("boxhall"), [], editions=[keynote()])
    assert stage(store) == {"articles": 6, "linked": 2}
    shown = conference_answers.edition(store, "boxworks-2026")
    assert shown is not None
    assert {(row["title"], row["how"]) for row in shown["coverage"]} == {
        (found[3].title, "session"),
        (found[4].title, "coverage"),
    }
    assert (shown["articles"], shown["stories"], shown["voices"]) == (2, 1, 2)
    assert stage(store) == {}


def test_articles_read_before_their_edition_was_known_are_linked_once_it_is(store) -> None:  # type: ignore[no-untyped-def]
    tagged(store)
    assert stage(store) == {"articles": 6, "linked": 0}
    work.save_poll(store, databases.poll("boxhall"), [], editions=[keynote()])
    assert stage(store)["linked"] == 2
    work.save_poll(store, databases.poll("boxhall"), [], editions=[keynote()])
    assert stage(store) == {}


def test_an_agenda_joins_the_edition_that_a_list_already_told_of(store) -> None:  # type: ignore[no-untyped-def]
    databases.catalogue(store)
    row = conferences.row_of({"name": "Boxworks", "startDate": str(keynote().start), "topic": "data", "city": "Paris"})
    assert isinstance(row, conferences.Row)
    work.import_editions(store, conferences.grouped([row], {"boxworks": "boxworks"}), now=NOW)
    work.save_poll(store, databases.poll("boxhall"), [], editions=[keynote(city="San Francisco")])
    [edition] = conference_answers.editions(store)
    assert (edition["origin"], edition["city"], edition["topics"], edition["sessions"]) == (
        "agenda",
        "San Francisco",
        "data",
        1,
    )
    counts = work.import_editions(store, conferences.grouped([row], {"boxworks": "boxworks"}), now=NOW)
    assert (counts["same"], conference_answers.editions(store)[0]["city"]) == (1, "San Francisco")


def test_a_page_without_days_adds_to_the_edition_that_comes_next(store) -> None:  # type: ignore[no-untyped-def]
    databases.catalogue(store)
    soon, past = keynote(), keynote(name="Boxworks 2025", start=NOW.date() - timedelta(days=400), end=None, sessions=())
    undated = Edition("boxworks", "Boxworks", speakers=(Speaker("Tom Hale", "Box"),))
    work.save_poll(store, databases.poll("boxhall"), [], editions=[past, soon])
    work.save_poll(store, databases.poll("boxhall"), [], editions=[undated])
    assert {row["key"]: row["speakers"] for row in conference_answers.editions(store)} == {
        "boxworks-2026": 2,
        "boxworks-2025": 0,
    }
