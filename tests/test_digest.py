from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sample_digest as sample
from sample_digest import report, trend

from pipeline import digest as digests
from pipeline.model import Digest, Subscriber, Trend


def made(trends=sample.TRENDS, reports=None, *, summaries=None, subscriber=None, sent=frozenset(), **options) -> Digest:
    options = {"language": "en", "stories_per_theme": 3} | options
    reports = sample.this_week() if reports is None else reports
    return digests.digest(
        sample.THEMES, trends, summaries or {}, reports, subscriber=subscriber, sent=set(sent), period="week", **options
    )


def shown(digest: Digest) -> dict[str, list[int]]:
    return {s.theme.key: [item.report.story.id for item in s.items] for s in digest.sections}


# ------------------------------------------------------------------ order
def test_a_sure_rise_comes_before_a_bigger_theme() -> None:
    digest = made([trend("infrastructure_spend", 40), trend("moat_erosion", 6, "rising", (3.0, 1.4, 6.0))])
    assert [s.theme.key for s in digest.sections] == ["moat_erosion", "infrastructure_spend"]


def test_of_two_rises_the_one_that_is_larger_at_the_least_comes_first() -> None:
    wide, narrow = (
        trend("moat_erosion", 9, "rising", (6.0, 1.1, 30.0)),
        trend("rl_post_training", 7, "rising", (2.0, 1.6, 2.6)),
    )
    assert [t.theme for t in digests.order([wide, narrow])] == ["rl_post_training", "moat_erosion"]


def test_an_unsure_rise_is_ordered_by_its_stories_alone() -> None:
    unsure = trend("moat_erosion", 2, "cannot tell", (9.0, 0.8, 90.0))
    assert digests.order([unsure, trend("application_layer", 3)])[0].theme == "application_layer"


def test_themes_with_equal_figures_keep_one_order_however_they_arrive() -> None:
    some = [trend(key, 4) for key in ("moat_erosion", "application_layer", "scaling_slowdown")]
    assert digests.order(some) == digests.order(reversed(some))


# ------------------------------------------------------------------ what goes in
def test_a_story_appears_once_under_the_theme_where_its_score_is_best() -> None:
    reports = {
        "commoditization": [report(1, "commoditization", score=0.7)],
        "moat_erosion": [report(1, "moat_erosion", score=0.9)],
    }
    digest = made([trend("commoditization", 9), trend("moat_erosion", 2)], reports)
    assert shown(digest) == {"commoditization": [], "moat_erosion": [1]}


def test_a_story_says_which_other_themes_it_has() -> None:
    section = made().sections[0]
    assert section.theme.key == "commoditization"
    assert section.items[0].also == ("Application layer",)
    assert section.items[1].also == ()


def test_a_story_that_its_best_theme_has_no_room_for_goes_to_its_next() -> None:
    reports = {
        "commoditization": [
            report(1, "commoditization", score=0.9, voices=9),
            report(2, "commoditization", score=0.9, voices=2),
        ],
        "moat_erosion": [report(2, "moat_erosion", score=0.6)],
    }
    digest = made([trend("commoditization", 9), trend("moat_erosion", 2)], reports, stories_per_theme=1)
    assert shown(digest) == {"commoditization": [1], "moat_erosion": [2]}


def test_new_stories_come_before_those_already_sent_however_many_voices_they_have() -> None:
    reports = {"commoditization": [report(1, "commoditization", voices=9), report(2, "commoditization", voices=1)]}
    digest = made([trend("commoditization", 9)], reports, sent={1})
    items = digest.sections[0].items
    assert [(item.report.story.id, item.new) for item in items] == [(2, True), (1, False)]


def test_a_sent_story_gives_its_place_to_a_new_one() -> None:
    reports = {"commoditization": [report(1, "commoditization", voices=9), report(2, "commoditization")]}
    assert shown(made([trend("commoditization", 9)], reports, sent={1}, stories_per_theme=1)) == {
        "commoditization": [2]
    }


def test_no_theme_shows_more_stories_than_asked_for() -> None:
    reports = {"commoditization": [report(n, "commoditization", voices=n) for n in range(1, 13)]}
    digest = made([trend("commoditization", 12)], reports, stories_per_theme=3)
    assert shown(digest) == {"commoditization": [12, 11, 10]}
    assert shown(made([trend("commoditization", 12)], reports, stories_per_theme=0)) == {"commoditization": []}


def test_a_reader_gets_the_themes_asked_for_and_no_others() -> None:
    reader = Subscriber("a@example.org", themes=("moat_erosion", "application_layer"), id=3)
    digest = made(subscriber=reader)
    assert [s.theme.key for s in digest.sections] == ["application_layer", "moat_erosion"]
    assert digest.subscriber == reader


def test_a_reader_who_asked_for_nothing_in_particular_gets_all_themes() -> None:
    assert len(made(subscriber=sample.READER).sections) == len(sample.THEMES)


def test_a_story_of_an_unwanted_theme_is_free_for_a_wanted_one() -> None:
    digest = made(subscriber=Subscriber("a@example.org", themes=("application_layer",)))
    assert shown(digest) == {"application_layer": [101]}
    assert digest.sections[0].items[0].also == ()


def test_a_theme_not_measured_in_the_newest_window_is_left_out() -> None:
    old = replace(trend("moat_erosion", 50), start=date(2026, 11, 2), end=date(2026, 11, 8))
    digest = made([old, trend("commoditization", 1)])
    assert [s.theme.key for s in digest.sections] == ["commoditization"]
    assert (digest.start, digest.end) == (sample.START, sample.END)


def test_a_trend_of_a_theme_that_is_no_longer_followed_is_left_out() -> None:
    assert made([trend("forgotten", 9), trend("commoditization", 1)]).sections[0].theme.key == "commoditization"


def test_summaries_bring_the_reports_they_cite_from_whatever_theme() -> None:
    digest = made(summaries=sample.summaries())
    cited = {s.theme.key: [r.article for r in s.cited] for s in digest.sections}
    assert cited["commoditization"] == [1010, 1020, 1030]
    assert cited["moat_erosion"] == [1090, 1010]


def test_an_article_that_nobody_reported_is_not_cited() -> None:
    summaries = sample.summaries()
    reports = sample.this_week() | {"moat_erosion": []}
    digest = made(reports=reports, summaries=summaries)
    assert [r.article for s in digest.sections if s.theme.key == "moat_erosion" for r in s.cited] == [1010]


def test_the_digest_counts_the_stories_and_sources_that_it_shows() -> None:
    digest = made()
    assert digest.stories == sum(len(s.items) for s in digest.sections) == 10
    assert digest.sources == 9


def test_a_digest_without_a_trend_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one trend"):
        made([])


def test_a_hundred_themes_with_a_hundred_reports_each_place_every_story_once() -> None:
    reports = {f"t{n:03}": [report(s, f"t{n:03}", score=(s * n) % 97 / 97) for s in range(100)] for n in range(100)}
    chosen = digests.choose(reports, sent=set(), most=3)
    placed = [r.story.id for kept in chosen.values() for r in kept]
    assert len(placed) == len(set(placed)) == 100


# ------------------------------------------------------------------ title
def titled(*trends: Trend, language: str = "en") -> str:
    return made(list(trends), language=language).title


@pytest.mark.parametrize(
    ("given", "en", "es"),
    [
        (
            trend("moat_erosion", 9, "rising", (2.44, 1.6, 3.5)),
            "Moat erosion rises to 2.4 times its earlier share",
            "Moat erosion sube a 2,4 veces su peso anterior",
        ),
        (
            trend("moat_erosion", 9, "rising"),
            "Moat erosion appears, after none before",
            "Moat erosion aparece, sin casos antes",
        ),
        (
            trend("moat_erosion", 3, "falling", (0.38, 0.2, 0.7)),
            "Moat erosion falls to 38% of its earlier share",
            "Moat erosion cae al 38 % de su peso anterior",
        ),
        (
            trend("moat_erosion", 3, "cannot tell", (2.0, 0.5, 8.0)),
            "Moat erosion leads, and no theme clearly changed",
            "Moat erosion va en cabeza y ningún tema cambia con claridad",
        ),
        (
            trend("moat_erosion", 0, "cannot tell"),
            "no stories on the themes followed",
            "sin historias en los temas seguidos",
        ),
    ],
)
def test_the_title_says_dates_and_strongest_finding_and_claims_no_more(given: Trend, en: str, es: str) -> None:
    assert titled(given) == f"Week of 9 to 15 November 2026: {en}"
    assert titled(given, language="es") == f"Semana del 9 al 15 de noviembre de 2026: {es}"


def test_a_sure_fall_is_the_finding_when_nothing_rises() -> None:
    title = titled(trend("infrastructure_spend", 30), trend("moat_erosion", 2, "falling", (0.3, 0.1, 0.7)))
    assert "Moat erosion falls to 30%" in title


@pytest.mark.parametrize(
    ("start", "end", "en", "es"),
    [
        (date(2026, 11, 9), date(2026, 11, 15), "9 to 15 November 2026", "9 al 15 de noviembre de 2026"),
        (date(2026, 9, 28), date(2026, 10, 4), "28 September to 4 October 2026", "28 de septiembre al 4 de octubre de 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "28 December 2026 to 3 January 2027", "28 de diciembre de 2026 al 3 de enero de 2027"),
        (date(2026, 3, 1), date(2026, 3, 1), "1 March 2026", "1 de marzo de 2026"),
    ],
)  # fmt: skip
def test_dates_say_month_and_year_once_where_they_are_the_same(start: date, end: date, en: str, es: str) -> None:
    assert digests.dates(start, end, "en") == en
    assert digests.dates(start, end, "es") == es


def test_the_same_input_gives_the_same_digest() -> None:
    assert made(summaries=sample.summaries()) == made(summaries=sample.summaries())
