"""Stories: what joins, what is told apart, and that the window stays bounded."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import pytest

from pipeline import cluster, dedupe
from pipeline.cluster.weigh import FEATURES, features_of
from pipeline.model import Article, Placement

if TYPE_CHECKING:
    from pipeline.model import Vectors

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)

OUTAGE = (
    "Cumulant, the cloud provider, was down for five hours on Monday after a cooling valve jammed in its Dublin data "
    "centre. Engineers at Cumulant shut 1,400 servers before they overheated, and hospitals in Cork reverted to paper. "
    "Chief engineer Aoife Brannigan said the valve had passed its inspection in January."
)
OUTAGE_ELSEWHERE = (
    "A jammed cooling valve took Cumulant offline for five hours. The provider had to shut 1,400 servers in Dublin "
    "to keep them from overheating, while Cork hospitals wrote on paper. The valve was inspected in January, said "
    "Aoife Brannigan, its chief engineer."
)
OUTAGE_SPANISH = (
    "Una válvula atascada en Dublín dejó sin servicio a Cumulant durante cinco horas. La empresa apagó 1.400 "
    "servidores y los hospitales de Cork volvieron al papel, según explicó la ingeniera Aoife Brannigan."
)
CERTIFICATE = (
    "An expired certificate locked customers of Cumulant out of their accounts around the world. The login service "
    "came back after ninety minutes, and the provider blamed a calendar entry that nobody owned. "
    "Security lead Tomasz Wrona apologised to customers."
)
WHEAT = (
    "Wheat futures fell for a third day in Chicago as rain reached the dry fields of Kansas. Traders at Prairie "
    "Holdings expect a larger harvest, and the May contract lost 11 cents a bushel."
)


def encode(texts: list[str] | tuple[str, ...]) -> Vectors:
    """A stand-in for the language model: words drawn to fixed random directions."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row += np.random.default_rng(crc32(word[:6].encode())).normal(size=64).astype(np.float32)
    return rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)


def article(number: int, text: str, *, title: str = "", days: float = 0.0, language: str | None = "en") -> Article:
    when = NOON + timedelta(days=days)
    return Article(number, f"https://a.test/{number}", title, text, published=when, language=language)


class Desk:
    """Places articles one after the other, as the flow does."""

    def __init__(self) -> None:
        self.window, self.next_story, self.count = cluster.Window(), 1, 0

    def put(self, text: str, *, vector: bool = True, **about: object) -> Placement:
        self.count += 1
        one = article(self.count, text, **about)  # type: ignore[arg-type]
        row = encode([f"{one.title} {one.text}"])[0] if vector else None
        placement = cluster.place(self.window, one, row, next_story=self.next_story)
        self.window.add(one, row, placement.story)
        self.next_story += placement.opened
        return placement


def test_the_first_article_opens_a_story() -> None:
    placement = Desk().put(OUTAGE)
    assert placement == Placement(1, 1, 1.0, "no open story shares a rare word, name or number", opened=True)


@pytest.mark.parametrize("vector", [True, False])
def test_two_reports_of_one_event_are_one_story_and_it_says_why(vector: bool) -> None:
    desk = Desk()
    first, other, second = (
        desk.put(t, vector=vector, days=d) for t, d in ((OUTAGE, 0), (WHEAT, 0), (OUTAGE_ELSEWHERE, 0.2))
    )
    assert other.opened
    assert other.story != first.story
    assert second.story == first.story
    assert not second.opened
    assert 0.5 < second.score <= 1
    assert "Brannigan" in second.reason
    assert "valve" in second.reason


def test_what_opens_a_story_names_the_nearest_and_what_spoke_against_it() -> None:
    desk = Desk()
    desk.put(OUTAGE)
    placement = desk.put(CERTIFICATE, days=10)
    assert placement.opened
    assert placement.reason.startswith("nearest was story 1: shares names and numbers Cumulant")
    assert "against: 10 days apart" in placement.reason


@pytest.mark.parametrize("vector", [True, False])
def test_what_was_weighed_adds_up_to_the_score(vector: bool) -> None:
    desk = Desk()
    for n, text in enumerate((OUTAGE, WHEAT, CERTIFICATE)):
        desk.put(text, vector=vector, days=n / 4)
    placement = desk.put(OUTAGE_ELSEWHERE, vector=vector, days=1)

    weighed = placement.weighing
    assert weighed is not None
    assert (weighed.story, weighed.chance, weighed.hours) == (1, placement.score, 24.0)
    log_odds = sum(odds for _, odds in weighed.odds)
    assert 1 / (1 + np.exp(-log_odds)) == pytest.approx(placement.score, abs=0.001)
    assert dict(weighed.odds)["gap"] < 0 < dict(weighed.odds)["names"]
    assert (weighed.meaning is None) is not vector
    assert {"Brannigan", "Cumulant"} <= {said for said, _ in weighed.names}
    parts = [part for _, part in weighed.names + weighed.words]
    assert 0 < sum(parts) <= 1.01
    assert [story for story, _ in weighed.runners_up] == [3]
    assert weighed.runners_up[0][1] < weighed.chance


def test_an_opened_story_keeps_what_spoke_against_the_nearest() -> None:
    desk = Desk()
    desk.put(OUTAGE)
    placement = desk.put(CERTIFICATE, days=10)
    assert placement.weighing is not None
    assert placement.weighing.story == 1
    assert placement.weighing.chance == pytest.approx(1 - placement.score)


def test_what_is_kept_of_a_placement_is_bounded() -> None:
    desk = Desk()
    long = " ".join(f"Name{n}{'x' * 200} word{n}" for n in range(200))
    for _ in range(6):
        desk.put(long, vector=False)
    placement = cluster.place(desk.window, article(9, long), None, next_story=9)
    assert placement.weighing is not None
    assert len(json.dumps(asdict(placement.weighing))) < 1500
    assert len(placement.weighing.runners_up) <= 3


def test_a_barred_story_is_not_joined() -> None:
    desk = Desk()
    desk.put(OUTAGE)
    two = article(2, OUTAGE_ELSEWHERE)
    assert cluster.place(desk.window, two, None, next_story=2).story == 1
    placement = cluster.place(desk.window, two, None, next_story=2, barred={1})
    assert (placement.story, placement.opened) == (2, True)
    assert cluster.place(desk.window, two, None, next_story=2, origin_story=1, barred={1}) == placement


def test_the_same_event_in_two_languages_is_one_story_by_its_names_and_numbers() -> None:
    desk = Desk()
    desk.put(WHEAT)
    first = desk.put(OUTAGE)
    second = desk.put(OUTAGE_SPANISH, days=0.1, language="es")
    assert second.story == first.story
    assert "another language" in second.reason


def test_alike_events_far_apart_in_time_are_two_stories() -> None:
    desk = Desk()
    first = desk.put(OUTAGE)
    assert desk.put(OUTAGE, days=40).story != first.story


def test_an_article_that_arrives_late_still_finds_its_story() -> None:
    desk = Desk()
    first = desk.put(OUTAGE, days=1)
    assert desk.put(OUTAGE_ELSEWHERE, days=0).story == first.story


def test_articles_without_a_date_are_placed_by_their_words() -> None:
    window = cluster.Window()
    one, two = (Article(n, "", "", text) for n, text in ((1, OUTAGE), (2, OUTAGE_ELSEWHERE)))
    window.add(one, None, 5)
    assert cluster.place(window, two, None, next_story=6).story == 5


def test_a_copy_goes_to_the_story_of_its_origin() -> None:
    desk = Desk()
    desk.put(OUTAGE)
    story = desk.window.story_of(1)
    placement = cluster.place(desk.window, article(2, WHEAT), None, next_story=9, origin_story=story)
    assert placement == Placement(2, 1, 1.0, "a copy goes to the story of its origin", opened=False)


def test_placing_leaves_the_window_as_it_is() -> None:
    desk = Desk()
    desk.put(OUTAGE)
    two = article(2, OUTAGE_ELSEWHERE)
    assert cluster.place(desk.window, two, None, next_story=2) == cluster.place(desk.window, two, None, next_story=2)
    assert len(desk.window) == 1
    assert desk.window.story_of(2) is None
    assert desk.window.story_of(None) is None


def test_an_article_without_words_is_alone() -> None:
    desk = Desk()
    desk.put(OUTAGE)
    assert desk.put("").opened
    assert desk.put("the of and").opened


def test_a_vector_of_zeros_counts_as_none() -> None:
    window = cluster.Window()
    window.add(article(1, OUTAGE), np.zeros(64, dtype=np.float32), 1)
    placement = cluster.place(window, article(2, OUTAGE_ELSEWHERE), np.zeros(64, dtype=np.float32), next_story=2)
    assert placement.story == 1
    assert "of meaning" not in placement.reason


def test_the_window_forgets_the_stories_that_are_longest_without_news() -> None:
    window = cluster.Window(limit=50)
    for n in range(400):
        window.add(article(n, f"event{n} place{n} person{n} said matter{n}"), None, n)
    assert len(window) <= 50
    assert window.story_of(0) is None
    assert window.story_of(399) == 399
    assert cluster.place(window, article(500, "event0 place0 person0 matter0"), None, next_story=501).opened
    assert (
        cluster.place(window, article(501, "event399 place399 person399 matter399"), None, next_story=502).story == 399
    )


def test_a_long_story_remembers_a_bounded_number_of_words() -> None:
    window = cluster.Window()
    for n in range(60):
        window.add(article(n, " ".join(f"word{n}x{k}" for k in range(50))), None, 1)
    assert all(len(story.terms) <= 500 for story in window._stories.values())


def test_what_is_forgotten_leaves_nothing_behind_in_the_index() -> None:
    window = cluster.Window(limit=10)
    for n in range(60):
        window.add(article(n, f"event{n} place{n} person{n} said matter{n % 3}"), None, n // 2)
    assert {story for stories in window._index.values() for story in stories} <= set(window._stories)
    assert set(window._articles.values()) == set(window._stories)


def test_a_story_without_words_can_be_joined_by_a_copy_with_some() -> None:
    window = cluster.Window()
    window.add(article(1, ""), None, 1)
    window.add(article(2, OUTAGE), None, 1)
    assert cluster.place(window, article(3, OUTAGE_ELSEWHERE), None, next_story=2).story == 1


def test_an_unknown_date_is_not_the_same_as_the_same_date() -> None:
    window = cluster.Window()
    window.add(article(1, OUTAGE), None, 1)
    dated, undated = article(2, OUTAGE_ELSEWHERE), Article(3, "", "", OUTAGE_ELSEWHERE, language="en")
    column = FEATURES.index("undated")
    found = [features_of(window, window.read(a, None), [window._stories[1]])[0, column] for a in (dated, undated)]
    assert found == [0.0, 1.0]


def test_the_mean_likeness_to_each_article_of_a_story_of_one_is_the_likeness_to_it() -> None:
    window = cluster.Window()
    vector = encode([OUTAGE])[0]
    window.add(article(1, OUTAGE), vector, 1)
    (row,) = features_of(window, window.read(article(2, OUTAGE_ELSEWHERE), vector), [window._stories[1]])
    told = dict(zip(FEATURES, row.tolist(), strict=True))
    assert told["each rare"] == pytest.approx(told["words"], rel=0.05)
    assert told["each vector"] == pytest.approx(1.0, abs=1e-4)


def row(number: int, text: str, **more: object) -> dict[str, object]:
    return {"id": f"r{number}", "title": "", "text": text, "published": None, "url": None, **more}


def test_the_filter_answers_each_row_in_order_with_its_story_and_origin() -> None:
    rows = [row(1, OUTAGE), row(2, WHEAT), row(3, OUTAGE_ELSEWHERE), row(4, f"Agency report. {WHEAT}")]
    found = list(cluster.lines(rows, encode, dedupe.Seen().copy_of))
    assert [line["id"] for line in found] == ["r1", "r2", "r3", "r4"]
    stories = [line["story"] for line in found]
    assert stories[0] == stories[2]
    assert stories[1] == stories[3]
    assert stories[0] != stories[1]
    assert [line["copy_of"] for line in found] == [None, None, None, "r2"]
    assert json.loads(json.dumps(found)) == found


def test_the_filter_reads_rows_in_which_everything_but_the_id_is_missing() -> None:
    rows = [{"id": 1}, {"id": 2, "title": None, "text": None, "published": "yesterday"}]
    assert [line["copy_of"] for line in cluster.lines(rows, encode)] == [None, None]


def test_a_decision_is_not_changed_by_what_comes_later() -> None:
    rows = [row(n, text) for n, text in enumerate((OUTAGE, CERTIFICATE, WHEAT, OUTAGE_ELSEWHERE, OUTAGE_SPANISH))]
    whole = list(cluster.lines(rows, encode))
    assert all(list(cluster.lines(rows[:n], encode)) == whole[:n] for n in range(1, len(rows)))


def test_the_filter_takes_dates_with_and_without_a_zone() -> None:
    rows = [
        row(1, OUTAGE, published="2025-03-03T12:00:00"),
        row(2, OUTAGE_ELSEWHERE, published="2025-03-03T13:00:00+00:00"),
    ]
    first, second = cluster.lines(rows, encode)
    assert first["story"] == second["story"]
