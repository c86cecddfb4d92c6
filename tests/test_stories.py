"""Stories across languages: the set of our own, measured through the filter; floors in tests/quality/floors.toml."""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from quality.measures import b_cubed

from pipeline import cluster, dedupe, nlp
from pipeline.config import Config

QUALITY = Path(__file__).parent / "quality"
FLOORS = tomllib.loads((QUALITY / "floors.toml").read_text())["stories"]


def rows(part: str) -> list[dict[str, Any]]:
    lines = (QUALITY / "stories_en_es" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def models() -> nlp.Models:
    return nlp.open_models(Config())


def figure(part: str, models: nlp.Models, *fields: str) -> float:
    """B-cubed F1 of the articles in the order in which they came, the filter seeing only these fields."""
    seen = [{key: row[key] for key in ("id", "title", "text", *fields)} for row in rows(part)]
    found = {line["id"]: line["story"] for line in cluster.lines(seen, models.encode, dedupe.Seen().copy_of)}
    return b_cubed({row["id"]: row["story"] for row in rows(part)}, found)[2]


def test_the_set_has_stories_in_both_languages_with_articles_of_a_readable_length() -> None:
    both, sizes = defaultdict(set), Counter[str]()
    for row in (*rows("development"), *rows("heldout")):
        both[row["story"]].add(row["language"])
        sizes[row["story"]] += 1
        assert 60 <= len(row["text"].split()) <= 150
    assert len(sizes) >= 44
    assert sum(languages == {"en", "es"} for languages in both.values()) >= 30
    assert all(2 <= size <= 5 for size in sizes.values())
    assert {row["story"] for row in rows("development")}.isdisjoint(row["story"] for row in rows("heldout"))


def test_stories_held_out_keep_their_floor(models: nlp.Models) -> None:
    assert figure("heldout", models, "published") >= FLOORS["heldout_b_cubed_f1"]


def test_stories_held_out_keep_their_floor_without_dates(models: nlp.Models) -> None:
    assert figure("heldout", models) >= FLOORS["heldout_undated_b_cubed_f1"]
