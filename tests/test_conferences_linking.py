"""Which edition an article belongs to, on made-up passages in four languages with pinned floors."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from edition_samples import CANDIDATES, SAMPLES

from pipeline.conferences import Candidate, Cues, link, shelf, years_named
from pipeline.model import Article

KNOWN = shelf(CANDIDATES)
PRECISION, RECALL = 0.95, 0.95


def article(day: str, text: str, **fields: object) -> Article:
    title, _, body = text.partition(". ")
    return Article(
        7,
        "https://paper.example/a",
        title,
        body or title,
        published=datetime.fromisoformat(day).replace(tzinfo=UTC),
        **fields,
    )  # type: ignore[arg-type]


def best(day: str, text: str) -> str | None:
    found = link(article(day, text), Cues(), KNOWN)
    return found[0].edition if found else None


def test_articles_are_linked_to_editions_at_the_pinned_level() -> None:
    assert len(SAMPLES) >= 60
    told = [(best(day, text), truth, text) for day, text, truth in SAMPLES]
    right = sum(found == truth for found, truth, _ in told if found)
    wrong = [(text, found, truth) for found, truth, text in told if found != truth]
    precision = right / sum(found is not None for found, _, _ in told)
    recall = right / sum(truth is not None for _, truth, _ in told)
    assert precision >= PRECISION, wrong
    assert recall >= RECALL, wrong


def test_every_link_says_why_in_words() -> None:
    [told] = link(article("2026-09-16", "Box. At BoxWorks 2025 prices fell."), Cues(), KNOWN)
    assert (told.edition, told.how, told.article) == ("boxworks-2025", "coverage", 7)
    assert told.why == "names 'BoxWorks 2025'"
    [told] = link(article("2026-09-18", "Box. At BoxWorks prices fell."), Cues(), KNOWN)
    assert told.why == "names 'BoxWorks' 1 days after it"


def test_a_name_is_surer_than_a_speaker() -> None:
    [named] = link(article("2026-09-16", "Box. At BoxWorks prices fell."), Cues(), KNOWN)
    [spoken] = link(article("2026-09-16", "Box. On stage Ana Ruiz said prices fell."), Cues(), KNOWN)
    assert named.score > spoken.score
    assert "Ana Ruiz (Box)" in spoken.why


def test_two_editions_that_are_compared_are_both_linked() -> None:
    found = link(
        article("2026-09-18", "Then and now. Boxworks 2025 was about search, Boxworks 2026 is about agents."),
        Cues(),
        KNOWN,
    )
    assert {told.edition for told in found} == {"boxworks-2025", "boxworks-2026"}


@pytest.mark.parametrize(
    ("url", "title", "how", "score"),
    [
        ("https://box.example/sessions/1", "Anything", "session", 1.0),
        ("https://box.example/sessions/1/transcript", "Transcript: What beans teach us", "transcript", 0.9),
        ("https://box.example/news/x", "What beans teach us | BoxWorks", "session", 0.9),
    ],
)
def test_pages_of_the_conferences_own_source_belong_to_their_session(
    url: str, title: str, how: str, score: float
) -> None:
    candidate = replace(CANDIDATES[1], sessions={"https://box.example/sessions/1": "What beans teach us"})
    page = replace(article("2026-10-01", "x. y"), url=url, title=title)
    [told] = link(page, Cues(own="boxworks"), shelf([candidate]))
    assert (told.how, told.score) == (how, score)
    assert "session" in told.why
    assert link(replace(page, title="Nothing"), Cues(own="other"), shelf([candidate])) == ()


def test_a_quoted_speaker_counts_where_the_stage_is_named_elsewhere_in_the_text() -> None:
    text = "Beans. “Models are beans,” said Ana Ruiz. The keynote lasted an hour."
    assert link(article("2026-09-16", text), Cues(), KNOWN) == ()
    [told] = link(article("2026-09-16", text), Cues(quoted=("Ana Ruiz",)), KNOWN)
    assert told.edition == "boxworks-2026"


def test_an_article_without_a_day_is_linked_by_years_alone() -> None:
    undated = replace(article("2026-09-16", "Box. At BoxWorks prices fell."), published=None)
    assert link(undated, Cues(), KNOWN) == ()
    undated = replace(undated, text="At BoxWorks 2026 prices fell.")
    assert [told.edition for told in link(undated, Cues(), KNOWN)] == ["boxworks-2026"]


def test_the_cost_does_not_grow_with_the_list() -> None:
    many = [
        Candidate(
            replace(CANDIDATES[-1].edition, conference=f"made-up-{n}", key=f"made-up-{n}-2026"),
            (f"Made Up Number {n}x",),
            followed=False,
        )
        for n in range(3_000)
    ]
    long = article(
        "2026-09-14", "Long. " + "At the Made Up Number 77x conference in Berlin the Made Up of it was calm. " * 200
    )
    [told] = link(long, Cues(), shelf([*many, *CANDIDATES]))
    assert told.edition == "made-up-77-2026"


def test_editions_named_with_their_year_are_looked_up_by_key() -> None:
    assert "rubyconf-kenya-2019" in years_named("First at RubyConf Kenya 2019, then at Boxworks 2025.")
    assert "boxworks-2025" in years_named("First at RubyConf Kenya 2019, then at Boxworks 2025.")
    assert years_named("in the autumn of 2019") == ()
