"""Copies at the pinned level, on pairs derived from the newsroom's texts and, where they are, from the exams'."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest
from quality import copies, copy_forms, copy_pairs

FLOORS = tomllib.loads((Path(__file__).parent / "quality" / "floors.toml").read_text())["copies"]


@pytest.mark.parametrize("half", [0, 1], ids=["development", "held out"])
def test_copies_of_the_newsrooms_texts_are_found_at_the_pinned_level(half: int) -> None:
    precision, recall, _ = copies.figures([p for p in copy_pairs.pairs(copy_pairs.newsroom_bases()) if p.half == half])
    assert precision >= FLOORS["precision"]
    assert recall >= FLOORS["recall"]


@pytest.mark.skipif(not copy_pairs.EXAMS.exists(), reason="the exams' data is not here")
def test_copies_of_the_exams_texts_are_found_at_the_pinned_level_in_both_halves() -> None:
    pairs = copy_pairs.pairs(copy_pairs.bases())
    assert len(pairs) >= FLOORS["pairs"]
    for half in (0, 1):
        precision, recall, _ = copies.figures([pair for pair in pairs if pair.half == half])
        assert precision >= FLOORS["precision"], half
        assert recall >= FLOORS["recall"], half


def test_the_pairs_are_the_same_each_time_and_of_all_kinds() -> None:
    bases = copy_pairs.newsroom_bases()
    pairs = copy_pairs.pairs(bases)
    assert pairs == copy_pairs.pairs(bases)
    kinds = Counter((pair.kind, pair.copy) for pair in pairs)
    assert {kind for kind, copy in kinds if copy} >= set(copy_pairs.CHANGES)
    assert {kind for kind, copy in kinds if not copy} >= {"same event", "quotes a release", "same frame"}
    assert min(kinds.values()) >= 20


def test_what_is_made_of_a_text_stays_in_its_half() -> None:
    bases = copy_pairs.newsroom_bases()
    halves = {base.text: base.half for base in bases}
    for pair in copy_pairs.pairs(bases):
        assert halves.get(pair.earlier, pair.half) == halves.get(pair.later, pair.half) == pair.half


@pytest.mark.parametrize("form", sorted(copy_forms.FORMS))
def test_two_fillings_of_a_form_are_by_one_sender_and_say_different_things(form: str) -> None:
    one, other = copy_forms.pair(form, 1)
    assert one != other
    assert "{" not in one + other
    assert copy_pairs.share(one, other) > 0.15
