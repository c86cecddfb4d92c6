"""Newsroom in, digest out: the whole pipeline over real HTTP, measured against what was planted."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from newsroom.site import Newsroom
from quality.measures import b_cubed, micro_f1

if TYPE_CHECKING:
    from conftest import Tideline

HERE = Path(__file__).parent
FLOORS = tomllib.loads((HERE / "quality" / "floors.toml").read_text())["newsroom"]
TRUTH = json.loads((HERE / "newsroom" / "truth.json").read_text())
GOLD: dict[str, dict[str, Any]] = TRUTH["articles"]


@pytest.fixture(scope="session")
def rows(demo: Path) -> sqlite3.Connection:
    (database,) = demo.glob("*.sqlite")
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


@pytest.fixture(scope="session")
def ids(rows: sqlite3.Connection) -> dict[int, str]:
    """The newsroom's id of each article in the store."""
    found = {row["id"]: Newsroom.id_of(row["url"]) for row in rows.execute("SELECT id, url FROM article")}
    return {article: key for article, key in found.items() if key in GOLD}


def test_every_article_of_the_newsroom_arrives_with_its_text(ids: dict[int, str]) -> None:
    assert set(GOLD) - set(ids.values()) == set()
    assert len(ids) == len(GOLD)


def test_themes_are_found_at_the_pinned_level(rows: sqlite3.Connection, ids: dict[int, str]) -> None:
    found: dict[str, set[str]] = {}
    for row in rows.execute("SELECT article, theme FROM tag"):
        if row["article"] in ids:
            found.setdefault(ids[row["article"]], set()).add(row["theme"])

    figure = micro_f1({key: set(truth["themes"]) for key, truth in GOLD.items()}, found)

    assert figure >= FLOORS["themes_micro_f1"]


def test_hard_negatives_stay_untagged_at_the_pinned_level(rows: sqlite3.Connection, ids: dict[int, str]) -> None:
    tagged = {ids.get(row["article"]) for row in rows.execute("SELECT article FROM tag")}
    hard = [key for key, truth in GOLD.items() if truth["hard_negative"]]

    assert sum(key not in tagged for key in hard) / len(hard) >= FLOORS["hard_negatives_untagged"]


def test_stance_is_right_at_the_pinned_level(rows: sqlite3.Connection, ids: dict[int, str]) -> None:
    pairs = [
        (truth["stance"][row["theme"]], row["stance"])
        for row in rows.execute("SELECT article, theme, stance FROM tag")
        if row["article"] in ids and row["theme"] in (truth := GOLD[ids[row["article"]]])["stance"]
    ]

    assert sum(a == b for a, b in pairs) / len(pairs) >= FLOORS["stance_accuracy"]


def test_evidence_is_verbatim_text_of_the_article(rows: sqlite3.Connection) -> None:
    tags = list(rows.execute("SELECT tag.*, articles.text AS body FROM tag JOIN articles ON articles.id = tag.article"))

    assert tags
    for row in tags:
        field = row["article_title"] if row["evidence_field"] == "title" else row["body"]
        assert field[row["evidence_start"] : row["evidence_end"]] == row["evidence"]


def test_stories_are_found_at_the_pinned_level(rows: sqlite3.Connection, ids: dict[int, str]) -> None:
    placed = {
        ids[row["article"]]: row["story"]
        for row in rows.execute("SELECT article, story FROM story_article")
        if row["article"] in ids
    }

    _, _, figure = b_cubed({key: truth["story"] or key for key, truth in GOLD.items()}, placed)

    assert figure >= FLOORS["stories_b_cubed_f1"]


def test_all_copies_are_found_and_no_others(rows: sqlite3.Connection, ids: dict[int, str]) -> None:
    found = {
        ids[row["id"]]: ids[row["copy_of"]]
        for row in rows.execute("SELECT id, copy_of FROM article WHERE copy_of IS NOT NULL")
        if row["id"] in ids
    }
    planted = {frozenset((key, truth["copy_of"])) for key, truth in GOLD.items() if truth["copy_of"]}
    echoes = {key for key, truth in GOLD.items() if truth["echo_of"]}
    pairs = {frozenset(pair) for pair in found.items() if pair[0] not in echoes}

    assert planted <= pairs
    assert pairs <= planted


def test_every_story_says_how_many_told_it_in_which_languages_and_how_soon(rows: sqlite3.Connection) -> None:
    stories = list(rows.execute("SELECT * FROM story"))

    assert all(story["languages"] for story in stories)
    assert any("," in story["languages"] for story in stories)
    for story in stories:
        hours = [story["hours_to_second"], story["hours_to_third"], story["hours_to_fifth"]]
        assert [told is not None for told in hours] == [story["voices"] >= n for n in (2, 3, 5)]
        known = [told for told in hours if told is not None]
        assert known == sorted(known)


def test_the_list_of_stories_gives_these_figures(demo: Path, tideline: Tideline) -> None:
    told = json.loads(tideline("stories", "--json", "--limit", "5", cwd=demo).stdout)

    assert len(told) == 5
    assert {
        "articles", "copies", "voices", "languages", "first", "first_source", "hours_to_second", "hours_to_third",
        "hours_to_fifth",
    } <= set(told[0])  # fmt: skip


def test_quotes_are_found_with_their_speakers_at_the_pinned_level(
    rows: sqlite3.Connection, ids: dict[int, str]
) -> None:
    said: dict[str, list[tuple[str, str]]] = {}
    for row in rows.execute("SELECT article, text, speaker FROM quote"):
        if row["article"] in ids:
            said.setdefault(ids[row["article"]], []).append((row["text"], row["speaker"] or "nobody"))
    planted = [(key, quote) for key, truth in GOLD.items() for quote in truth["quotes"]]
    speakers = [
        [who for text, who in said.get(key, []) if quote["text"] in text or text in quote["text"]]
        for key, quote in planted
    ]
    right = [
        any(who in (quote["speaker"] or "") or (quote["speaker"] or "?") in who for who in found)
        for found, (_, quote) in zip(speakers, planted, strict=True)
    ]

    assert sum(map(bool, speakers)) / len(planted) >= FLOORS["quotes_found"]
    assert sum(right) / len(planted) >= FLOORS["quotes_speaker"]


def test_every_planted_fault_costs_only_itself_and_is_listed(demo: Path, tideline: Tideline) -> None:
    sources = {row["source"]: row for row in json.loads(tideline("sources", "--json", cwd=demo).stdout)}
    rejections = json.loads(tideline("rejections", "--json", cwd=demo).stdout)
    reasons = {row["reason"] for row in rejections}

    assert sources["vanished-herald"]["health"] in ("gone", "failing")
    assert sources["torn-gazette"]["articles"] >= 2
    assert {"malformed feed", "redirect loop", "empty page"} <= reasons
    healthy = {key for key, row in sources.items() if row["health"] not in ("gone", "failing", "forbidden")}
    assert set(sources) - healthy == {"vanished-herald"}


def test_commoditization_bursts_around_boxworks(demo: Path, tideline: Tideline) -> None:
    rows = {row["theme"]: row for row in json.loads(tideline("trends", "--json", cwd=demo).stdout)}

    assert len(rows) == 9
    boxworks = rows["commoditization"]
    assert boxworks["verdict"] == "rising"
    assert boxworks["change_low"] > 1
    assert max(boxworks["sparkline"]) == boxworks["sparkline"][-1]


def test_every_sentence_of_a_summary_names_its_sources(rows: sqlite3.Connection) -> None:
    themes = rows.execute("SELECT DISTINCT theme FROM trend WHERE stories > 0").fetchall()
    bare = rows.execute(
        "SELECT sentence FROM summary WHERE theme IN (SELECT theme FROM trend WHERE stories > 0) AND article IS NULL"
    ).fetchall()

    assert themes
    assert bare == []


def test_the_digest_is_written_as_html_text_and_chart(demo: Path) -> None:
    (page,), (text,), (chart,) = (list(demo.glob(f"digest-*.{kind}")) for kind in ("html", "txt", "png"))

    assert "<script" not in page.read_text()
    assert "Boxworks" in text.read_text()
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_a_second_run_finds_nothing_new(demo: Path, tideline: Tideline, rows: sqlite3.Connection) -> None:
    count = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM tags), (SELECT count(*) FROM story_articles), (SELECT count(*) FROM trends), (SELECT count(*) FROM summaries)"
    before = tuple(rows.execute(count).fetchone())

    done = tideline("demo", "--folder", ".", cwd=demo)

    assert done.returncode == 0, done.stderr[-2000:]
    assert tuple(rows.execute(count).fetchone()) == before
