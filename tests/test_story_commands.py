"""`tideline stories`: the list, one story explained, and splitting and merging by hand, as a person types it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pipeline import explaining

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tideline

NOW = datetime(2026, 3, 9, 12, 30, tzinfo=UTC)
WEIGHED = {
    "story": 7,
    "chance": 0.6,
    "names": [["Talvera", 0.4], ["7,4", 0.2]],
    "words": [["euros", 0.1]],
    "like_words": 0.12,
    "like_names": 0.21,
    "meaning": 0.48,
    "hours": 22.2,
    "other_language": True,
    "odds": [["bias", -6.6], ["words", 0.8], ["names", 2.3], ["vector", 0.9], ["gap", -0.9], ["size", -0.1], ["cross", 3.82], ["cross vector", 0.25]],
    "runners_up": [[3, 0.2], [4, 0.004], [5, 0.001]],
}  # fmt: skip
ROW = {
    "article": 48, "arrived_at": NOW, "source_name": "Werkbank", "language": "de", "title": "Talvera", "score": 0.6,
    "reason": "shares names", "is_copy": False, "copy_of": None, "copy_reason": None, "opened": False,
    "weighing": WEIGHED, "moved": None,
}  # fmt: skip
MOVED = {
    "decision": 3, "kind": "split", "made_by": "ana", "made_at": NOW, "note": "another", "from_story": 9,
    "follows": None, "score": 0.97, "reason": "shares names", "opened": False, "weighing": WEIGHED,
}  # fmt: skip


# ------------------------------------------------------------------ in words
def test_what_matched_and_what_spoke_against_it_is_said_with_its_weight() -> None:
    assert list(explaining.why(ROW)) == [
        "for: allowed for another language (+4.1); names and numbers 0.21 alike: Talvera, 7,4 (+2.3); "
        "meaning 0.48 alike (+0.9); words 0.12 alike: euros (+0.8)",
        "against: to begin with (−6.6); 22 h apart (−0.9)",
        "next best: story 3 (20 %), story 4 (< 1 %)",
    ]


def test_what_opened_a_story_names_the_nearest() -> None:
    few = {**WEIGHED, "names": [], "like_words": 0.02, "odds": [["bias", -6.6]]}
    first, *rest = explaining.why({**ROW, "opened": True, "score": 0.999, "weighing": few})
    assert first == "opened the story, > 99 % sure that it was new; nearest: story 7"
    assert rest == ["against: to begin with (−6.6); no shared name or number; few words in common"]


def test_what_nothing_was_weighed_for_says_so_in_words() -> None:
    assert list(explaining.why({**ROW, "weighing": None})) == ["shares names"]


def test_a_copy_says_of_which_article_and_why() -> None:
    copy = {**ROW, "is_copy": True, "copy_of": 18, "copy_reason": "94 % of its words stand in article 18"}
    assert list(explaining.why(copy)) == ["copy: 94 % of its words stand in article 18"]
    assert list(explaining.why({**copy, "copy_reason": "alike"})) == ["copy of article 18: alike"]
    assert explaining.article_row(copy)["sure"] == "copy"


def test_what_a_person_moved_says_who_when_and_why_and_what_was_said_before() -> None:
    first, second, *_ = explaining.why({**ROW, "moved": {**MOVED, "weighing": WEIGHED}})
    assert first == "from story 9, decision 3 by ana, 2026-03-09 12:30: another"
    assert second == "before: joined story 7, 97 % sure"
    (line,) = explaining.why({**ROW, "moved": {**MOVED, "follows": 18}})
    assert line == "copy of article 18, with which it came from story 9: decision 3 by ana, 2026-03-09 12:30: another"


def test_features_that_measure_one_thing_are_told_as_one() -> None:
    odds = [["words", -2.3], ["each", 49.8], ["each rare", -44.3]]
    assert "for: words 0.12 alike: euros (+3.2)" in list(explaining.weighed({**WEIGHED, "odds": odds}))


def test_a_feature_that_has_no_name_here_goes_by_its_own() -> None:
    assert "novelty (−1.0)" in " ".join(explaining.weighed({**WEIGHED, "odds": [["novelty", -1.0]]}))


@pytest.mark.parametrize(
    ("chance", "said"), [(1.0, "100 %"), (0, "0 %"), (0.997, "> 99 %"), (0.003, "< 1 %"), (0.5, "50 %")]
)
def test_only_what_is_certain_is_a_hundred_percent(chance: float, said: str) -> None:
    assert explaining.percent(chance) == said


# ------------------------------------------------------------------ the command
@pytest.fixture
def folder(demo: Path, tmp_path: Path) -> Path:
    """A copy of the demo that may be changed."""
    copy = tmp_path / "demo"
    copy.mkdir()
    for file in demo.glob("*.sqlite"):
        shutil.copy(file, copy)
    shutil.copy(demo / "tideline.toml", copy)
    return copy


def asked(folder: Path, sql: str) -> list[tuple[int, ...]]:
    (database,) = folder.glob("*.sqlite")
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def options(folder: Path) -> list[str]:
    (database,) = folder.glob("*.sqlite")
    return ["--database", f"sqlite:///{database}", "--config", str(folder / "tideline.toml")]


def biggest(folder: Path) -> tuple[int, list[int]]:
    """The story of most articles, and its articles."""
    ((story,),) = asked(folder, "SELECT id FROM stories ORDER BY articles DESC, id LIMIT 1")
    return story, [a for (a,) in asked(folder, f"SELECT article FROM story_articles WHERE story = {story}")]


def test_one_story_is_explained_within_a_hundred_columns(demo: Path, tideline: Tideline) -> None:
    story, articles = biggest(demo)

    shown = tideline("stories", "show", str(story), cwd=demo)

    assert shown.returncode == 0, shown.stderr
    explained, _, _ = shown.stdout.partition("\nTags")
    assert f"Story {story}  " in explained
    assert all(str(article) in explained for article in articles)
    assert "for: names and numbers" in explained
    assert "against: to begin with" in explained
    assert "copy: " in explained
    assert all(len(line.rstrip()) <= 100 for line in explained.splitlines() if "http" not in line)
    assert tideline("stories", str(story), cwd=demo).stdout == shown.stdout


def test_a_long_story_says_how_many_more_there_are(demo: Path, tideline: Tideline) -> None:
    story, articles = biggest(demo)
    shown = tideline("stories", "show", str(story), "--limit", "1", cwd=demo)
    assert f"{len(articles) - 1} more articles: --limit {len(articles)} shows all" in shown.stdout


def test_a_story_as_json_holds_what_was_weighed(demo: Path, tideline: Tideline) -> None:
    story, articles = biggest(demo)
    (told,) = json.loads(tideline("stories", str(story), "--json", cwd=demo).stdout)
    assert told["story"]["id"] == story
    assert {row["article"] for row in told["articles"]} == set(articles)
    weighed = next(row["weighing"] for row in told["articles"] if row["weighing"] and not row["opened"])
    assert {"story", "chance", "names", "like_words", "odds"} <= weighed.keys()
    assert told["tags"]
    header, *rows = tideline("stories", str(story), "--csv", cwd=demo).stdout.splitlines()
    assert {"article", "score", "moved_by", "why"} <= set(header.split(","))
    assert len(rows) == len(articles)


def test_the_list_goes_on_as_it_was(demo: Path, tideline: Tideline) -> None:
    plain = tideline("stories", "--limit", "3", "--json", cwd=demo)
    assert len(json.loads(plain.stdout)) == 3
    assert tideline("stories", "list", "--limit", "3", "--json", cwd=demo).stdout == plain.stdout
    of = tideline("stories", "--theme", "moat_erosion", "--since", "2020-01-01", "--csv", cwd=demo)
    assert of.stdout.startswith("id,title,")
    assert tideline("stories", "--theme", "show", cwd=demo).returncode == 2


def test_splitting_merging_and_undoing_by_hand(folder: Path, tideline: Tideline) -> None:
    story, (first, *rest) = biggest(folder)

    def stories(*arguments: str) -> str:
        done = tideline("stories", *arguments, *options(folder), cwd=folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    before = asked(folder, "SELECT article, story, reason, score FROM story_articles ORDER BY article")
    split = stories("split", str(story), str(rest[-1]), "--note", "not the same", "--by", "ana")
    assert split.startswith("decision 1: 1 article")
    ((new,),) = asked(folder, "SELECT max(id) FROM stories")
    assert f"into new story {new}" in split
    shown = " ".join(stories("show", str(new)).split())
    assert f"from story {story}, decision 1 by ana" in shown
    assert "not the same" in shown
    assert stories("merge", str(story), str(new)).startswith(f"decision 2: 1 article into story {story}")
    assert stories("show", str(new)).startswith(f"story {new} was merged into story {story}")
    assert [row["id"] for row in json.loads(stories("decisions", "--json"))] == [2, 1]
    assert "decision 2" in stories("undo", "2") + stories("decisions")
    stories("undo", "1", "--note", "the same after all")
    assert asked(folder, "SELECT article, story, reason, score FROM story_articles ORDER BY article") == before
    assert first not in rest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "99999"], "tideline: story 99999 is not in the database; `tideline stories` lists them"),
        (["split", "99999", "1"], "tideline: story 99999 is not in the database; `tideline stories` lists them"),
        (["split", "{story}", "99999"], "tideline: article 99999 is not in story {story} but in no story"),
        (["merge", "{story}", "{story}"], "tideline: story {story} can't be merged with itself; name two stories or more, each once"),
        (["undo", "5"], "tideline: decision 5 is not in the database; `tideline stories decisions` lists them"),
        (["split", "{story}", "1", "--into", "x"], "Error: Invalid value for '--into': 'x' is neither NEW nor the number of a story"),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_one_clear_line_and_status_two(
    demo: Path, tideline: Tideline, arguments: list[str], said: str
) -> None:
    story = str(biggest(demo)[0])
    done = tideline("stories", *(x.replace("{story}", story) for x in arguments), cwd=demo)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.strip().splitlines()[-1] == said.replace("{story}", story)
    assert "Traceback" not in done.stderr
