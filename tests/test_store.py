"""The store keeps what stages save, whole or not at all, and gives each stage what it has not done; both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from databases import (
    CONFERENCES,
    NOW,
    SOURCES,
    THEMES,
    WEEK,
    annotation,
    articles,
    catalogue,
    digest,
    fetched,
    fill,
    grouped,
    link,
    poll,
    read,
    tagging,
    trend,
)

from pipeline.errors import DatabaseBusy, StoreError
from pipeline.model import Article, Copy, Hint, Link, Page, Placement, Rejection, Sentence, Subscriber, Summary
from pipeline.store import answers, schema, vectors, work

pytest_plugins = ["database_fixtures"]

LATER = NOW + timedelta(hours=2)


def rows(store, table, *where):
    with store.reading() as connection:
        return connection.execute(sa.select(table).where(*where)).all()


def snapshot(store) -> dict[str, int]:
    with store.reading() as connection:
        tables = schema.metadata.sorted_tables
        return {t.name: connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in tables}


# ------------------------------------------------------------------ collect
def test_what_is_no_longer_listed_becomes_inactive_and_is_kept(store):
    catalogue(store)
    work.sync_catalogue(store, sources=SOURCES[:1], themes=THEMES[:1], entities=[], conferences=CONFERENCES, now=LATER)
    assert [source.key for source, _ in work.due_sources(store, LATER)] == ["ledger"]
    assert {row.key: row.active for row in rows(store, schema.themes)} == {
        "commoditization": True,
        "moat_erosion": False,
    }
    assert all(row.seen_at == NOW for row in rows(store, schema.sources))


def test_a_source_of_an_unknown_conference_is_named(store):
    with pytest.raises(StoreError, match="source boxhall: conference 'boxworks'"):
        work.sync_catalogue(store, sources=SOURCES, themes=[], entities=[], conferences=[], now=NOW)


def test_sources_are_due_when_never_polled_or_when_their_time_has_come(store):
    catalogue(store)
    work.save_poll(store, poll("ledger", next_due=NOW + timedelta(hours=1)), [])
    assert "ledger" not in [source.key for source, _ in work.due_sources(store, NOW)]
    due = work.due_sources(store, LATER)
    assert [source.key for source, _ in due][-1] == "ledger"
    assert {source.key: known for source, known in due}["ledger"] == poll(
        next_due=NOW + timedelta(hours=1), last_ok=NOW
    )
    assert len(work.due_sources(store, LATER, limit=2)) == 2


def test_a_link_is_new_once(store):
    catalogue(store)
    hint = Hint("Title", NOW, "Sum", ("Zoë",), "en")
    assert work.save_poll(store, poll(), [link(path="a", hint=hint), link(path="b")]) == 2
    assert work.save_poll(store, poll(now=LATER), [link(path="b"), link(path="c")]) == 1
    found = work.pending_links(store, LATER)
    assert [x.url[-1] for x in found] == ["a", "b", "c"]
    assert found[0].hint == hint
    (state,) = rows(store, schema.polls)
    assert (state.looks, state.new_links, state.last_new_at) == (2, 1, LATER)


def test_an_address_too_long_to_index_is_rejected_and_the_rest_is_kept(store):
    catalogue(store)
    assert work.save_poll(store, poll(), [link(path="x" * 3000), link(path="ok")]) == 1
    (rejection,) = answers.rejections(store)
    assert rejection["reason"] == "address too long"


def test_a_failed_poll_keeps_when_the_last_good_one_was(store):
    catalogue(store)
    work.save_poll(store, poll(now=NOW), [])
    work.save_poll(store, poll(now=LATER, failures=1, error="timeout"), [])
    health = {row["source"]: row for row in answers.sources_health(store)}["ledger"]
    assert (health["state"], health["last_ok_at"], health["error"]) == ("failing", NOW, "timeout")
    assert work.troubled_sources(store) == ("The Ledger",)


def test_a_poll_of_an_unknown_source_is_one_clear_line_and_keeps_nothing(store):
    with pytest.raises(StoreError) as refused:
        work.save_poll(store, poll("nobody"), [])
    assert "\n" not in str(refused.value)
    assert rows(store, schema.polls) == []


def test_a_fetched_page_comes_back_byte_for_byte_and_its_link_is_done(store):
    catalogue(store)
    page = fetched(store, body=b"<html>\x00\xff" * 100)
    assert page.body == b"<html>\x00\xff" * 100
    assert page.fetched == NOW
    assert page.hint == Hint(title="hint")
    assert work.pending_links(store, LATER) == []


def test_a_link_put_off_comes_back_in_time_and_one_given_up_does_not(store):
    catalogue(store)
    work.save_poll(store, poll(), [link(path="a"), link(path="b")])
    first, second = work.pending_links(store, NOW)
    work.save_link_failure(store, first, Rejection("fetch", "timeout", later=True, seen=NOW), LATER)
    work.save_link_failure(store, second, Rejection("fetch", "gone", seen=NOW), None)
    assert work.pending_links(store, NOW) == []
    assert work.pending_links(store, LATER) == [replace(first, attempts=1)]
    work.save_page(store, first, Page(first.url, b"x", "ledger", fetched=LATER))
    assert [row["reason"] for row in answers.rejections(store)] == ["gone"]
    assert len(answers.rejections(store, resolved=True)) == 2


def test_the_same_rejection_again_is_counted_not_repeated(store):
    catalogue(store)
    feed = Rejection("collect", "malformed feed", "line 3", "https://ledger.test/feed", "ledger")
    for n in range(3):
        work.save_poll(store, poll(now=NOW + timedelta(hours=n)), [], [feed])
    (row,) = answers.rejections(store)
    assert (row["times"], row["seen_at"], row["last_seen_at"]) == (3, NOW, LATER)


# ------------------------------------------------------------------ extract
def test_an_article_comes_back_as_it_was_saved(store):
    catalogue(store)
    page = fetched(store)
    published = NOW - timedelta(days=1)
    given = Article(
        0, page.url, "Título", "Text ñ", "ledger", ("A", "B"), published, "time", "meta", "es", "Ledger", "AI"
    )
    work.save_articles(store, [(page, given)], version=1, now=NOW)
    (found,) = work.pending_articles(store, "annotate", 1)
    assert found == replace(given, id=found.id, seen=NOW)
    assert work.pending_pages(store, 1) == []


def test_a_second_page_of_the_same_address_is_rejected(store):
    catalogue(store)
    one, two = fetched(store, path="1"), fetched(store, path="2")
    read(store, one, url="https://ledger.test/same")
    read(store, two, url="https://ledger.test/same")
    assert len(rows(store, schema.articles)) == 1
    assert answers.rejections(store)[0]["reason"] == "same address as another page"
    assert work.pending_pages(store, 1) == []


def test_a_rejected_page_is_done_and_counted_under_its_source(store):
    catalogue(store)
    page = fetched(store)
    work.save_articles(store, [(page, Rejection("extract", "no text"))], version=1, now=NOW)
    assert work.pending_pages(store, 1) == []
    (row,) = answers.rejections(store, stages=["extract"], source="ledger")
    assert (row["subject"], row["url"]) == (page.id, page.url)
    read(store, work.pending_pages(store, 2)[0], version=2)
    assert answers.rejections(store) == []


def test_a_new_version_of_a_stage_redoes_its_part_only(store):
    catalogue(store)
    page = fetched(store)
    article = read(store, page)
    work.save_annotations(store, [annotation(article)], version=1, model="m", now=NOW)
    assert work.pending_articles(store, "annotate", 1) == []
    assert work.pending_articles(store, "annotate", 2) == [article]
    assert [p.id for p in work.pending_pages(store, 2)] == [page.id]
    read(store, page, version=2)
    assert work.pending_articles(store, "annotate", 1) == []


def test_later_stages_redo_an_article_whose_text_changed(store):
    catalogue(store)
    page = fetched(store)
    article = read(store, page, text="first")
    work.save_annotations(store, [annotation(article)], version=1, model="m", now=NOW)
    changed = read(store, page, text="second", version=2)
    assert (changed.id, changed.text) == (article.id, "second")
    assert work.pending_articles(store, "annotate", 1) == [changed]


def test_text_that_no_database_takes_is_mended_without_moving_offsets(store):
    catalogue(store)
    article = read(store, fetched(store), text="a\x00b\ud800c")
    assert article.text == "a\ufffdb?c"


def test_articles_come_by_time_of_publication_or_of_fetching_and_the_future_does_not_count(store):
    catalogue(store)
    pages = [fetched(store, path=str(n), now=NOW + timedelta(minutes=n)) for n in range(3)]
    times = (None, NOW - timedelta(days=1), NOW + timedelta(days=400))
    for page, published in zip(pages, times, strict=True):
        read(store, page, published=published)
    found = work.pending_articles(store, "annotate", 1)
    assert [article.url[-1] for article in found] == ["1", "0", "2"]
    assert {row.day for row in rows(store, schema.articles)} == {NOW.date(), NOW.date() - timedelta(days=1)}
    assert work.pending_articles(store, "annotate", 1, limit=2) == found[:2]


def test_stories_and_tags_wait_for_the_stages_that_they_build_on(store):
    found = articles(store)
    assert len(work.pending_articles(store, "tag", 1)) == 6
    assert work.pending_articles(store, "cluster", 1) == []
    work.save_copies(store, [(found[3], [1], None)], version=1, now=NOW)
    assert [a.id for a in work.pending_articles(store, "cluster", 1)] == [found[3].id]
    assert work.pending_count(store, "cluster", 1) == 6


def test_an_unknown_stage_is_named(store):
    with pytest.raises(StoreError, match="'cook' is no stage"):
        work.pending_articles(store, "cook", 1)


def test_what_broke_a_stage_is_kept_and_not_given_to_it_again_at_this_version(store):
    catalogue(store)
    article = read(store, fetched(store))
    broke = Rejection("annotate", "internal error", "ValueError: x", article.url, subject=article.id)
    work.save_failure(store, broke, version=1, now=NOW)
    assert work.pending_articles(store, "annotate", 1) == []
    assert work.pending_articles(store, "annotate", 2) == [article]
    assert answers.rejections(store)[0]["reason"] == "internal error"


# ------------------------------------------------------------------ annotations and copies
def test_vectors_come_back_close_and_as_long_as_they_were():
    given = np.random.default_rng(1).normal(size=(50, 384)).astype(np.float32)
    given /= np.linalg.norm(given, axis=1, keepdims=True)
    given[7] = 0
    back = vectors.unpacked(vectors.packed(given), 384)
    assert back.dtype == np.float32
    assert back.shape == given.shape
    assert np.abs(back @ back.T - given @ given.T).max() < 0.005
    assert np.allclose(np.linalg.norm(back, axis=1), np.linalg.norm(given, axis=1), atol=1e-5)


def test_annotations_come_back_with_the_sentences_cut_from_the_article(store):
    (article, *_) = articles(store)
    found = work.annotations(store, [article])[article.id]
    given = annotation(article, 0)
    assert found.sentences == given.sentences
    assert found.language == "es"
    assert np.allclose(found.vectors, given.vectors, atol=0.01)
    assert np.allclose(found.vector, given.vector, atol=0.01)


def test_who_holds_a_value_is_found_at_the_version_that_was_checked(store):
    found = grouped(store)
    first = [article.id for article in found[:3]]
    assert work.holders(store, [(3, 101), (100,)], version=1) == {
        3: [found[3].id], 100: first, 101: [article.id for article in found[3:]],
    }  # fmt: skip
    assert work.holders(store, [(2**47 - 6,)], version=1) == {2**47 - 6: [found[5].id]}
    assert work.holders(store, [(100,)], version=2) == {}
    work.save_copies(store, [(found[0], [7], None)], version=1, now=LATER)
    assert work.holders(store, [(100, 0, 7)], version=1) == {7: [found[0].id], 100: first[1:]}


def test_a_copy_brings_its_origin_with_it(store):
    found = grouped(store)
    assert work.families(store, [found[0].id, found[2].id]) == {
        found[0].id: [found[0]], found[2].id: [found[2], found[1]],
    }  # fmt: skip


def origins(store, articles) -> dict[int, int]:
    """Whose words each of some articles repeats."""
    c = schema.copies
    with store.reading() as connection:
        rows = connection.execute(sa.select(c.c.article, c.c.origin).where(c.c.article.in_([a.id for a in articles])))
        return {row.article: row.origin for row in rows}


def test_what_was_a_copy_of_an_article_that_turns_out_to_be_one_is_passed_on(store):
    found = grouped(store)
    turned = Copy(found[1].id, found[4].id, 0.9, "late words")
    work.save_copies(store, [(found[4], [9], None)], turned=[turned], version=1, now=LATER)
    assert origins(store, found[:3]) == {found[1].id: found[4].id, found[2].id: found[4].id}
    reasons = {row.article: row.reason for row in rows(store, schema.copies)}
    assert reasons == {
        found[1].id: "late words",
        found[2].id: f"same words; article {found[1].id} repeats article {found[4].id}",
    }
    assert answers.story(store, 1)["story"].copies == 2
    assert origins(store, [found[4]]) == {}
    assert work.same_words(store, [found[4]]) == {found[4].id: found[1].id}  # its story is theirs


def test_a_copy_of_a_copy_is_a_copy_of_its_origin(store):
    found = grouped(store)
    given = Copy(found[0].id, found[2].id, 0.9, "words")
    work.save_copies(store, [(found[0], [9], given)], version=1, now=LATER)
    assert origins(store, found[:1]) == {found[0].id: found[1].id}


def test_copies_are_checked_again_when_the_text_of_their_origin_changes(store):
    found = grouped(store)
    page = next(page for page in work.pending_pages(store, 2) if page.url == found[1].url)
    read(store, page, text="quite other words", version=2)
    assert {a.id for a in work.pending_articles(store, "dedupe", 1)} == {found[1].id, found[2].id}


def test_a_copy_that_is_none_any_more_is_none(store):
    found = grouped(store)
    assert origins(store, found) == {found[2].id: found[1].id}
    assert answers.story(store, 1)["story"].copies == 1
    work.save_copies(store, [(found[2], [1], None)], version=2, now=LATER)
    assert origins(store, found) == {}
    assert answers.story(store, 1)["story"].copies == 0


# ------------------------------------------------------------------ stories
def test_a_story_counts_articles_copies_and_voices_and_begins_with_its_first_article(store):
    found = grouped(store)
    story = answers.story(store, 1)["story"]
    assert (story.articles, story.copies, story.voices) == (3, 1, 2)
    assert (story.first, story.last) == (found[0].published, found[1].published)
    assert story.languages == ("es", "en")
    assert story.sources == ("El Faro", "The Ledger", "Gazette")
    assert (story.title, story.first_source, story.url) == (found[0].title, "El Faro", found[0].url)


def test_a_story_says_how_soon_it_was_told_independently(store):
    found = grouped(store)
    story = answers.story(store, 1)["story"]
    hours = (found[1].published - found[0].published).total_seconds() / 3600
    assert (story.hours_to_second, story.hours_to_third, story.hours_to_fifth) == (hours, None, None)
    # Ledger and Gazette have one owner: a second report by that owner is no third voice
    work.save_copies(store, [(found[2], [2], None)], version=2, now=LATER)
    story = answers.story(store, 1)["story"]
    assert (story.copies, story.voices, story.hours_to_third) == (0, 2, None)
    moved = [(a, Placement(a.id, 1, 0.8, "names", False)) for a in found[3:5]]
    work.save_placements(store, moved, version=2, now=LATER)
    story = answers.story(store, 1)["story"]
    third = (found[3].published - found[0].published).total_seconds() / 3600
    assert (story.articles, story.voices, story.hours_to_third) == (5, 3, third)
    row = next(row for row in rows(store, schema.stories) if row.id == 1)
    assert row.languages == "es, en"


def test_the_window_gives_placed_articles_with_vector_and_story(store):
    found = grouped(store)
    window = work.story_window(store, NOW - timedelta(days=5), NOW)
    assert [(a.id, story) for a, _, story in window] == [
        (a.id, s) for a, s in zip(found[1:], (1, 1, 2, 2, 3), strict=True)
    ]
    assert np.allclose(window[0][1], annotation(found[1], 1).vector, atol=0.01)
    assert len(work.story_window(store, NOW - timedelta(days=5), NOW, limit=2)) == 2
    assert work.next_story_id(store) == 4


def test_an_article_that_moves_leaves_its_story_and_an_empty_story_is_no_longer_listed(store):
    found = grouped(store)
    work.save_placements(store, [(found[5], Placement(found[5].id, 2, 0.5, "moved", False))], version=2, now=LATER)
    assert {story.id for story in answers.stories(store)} == {1, 2}
    assert len(rows(store, schema.stories)) == 3
    assert answers.story(store, 2)["story"].articles == 3


def test_stories_are_listed_by_theme_source_and_day(store):
    fill(store)
    assert [s.id for s in answers.stories(store)] == [3, 2, 1]
    assert [s.id for s in answers.stories(store, theme="commoditization")] == [2, 1]
    assert [s.id for s in answers.stories(store, source="faro")] == [1]
    assert [s.id for s in answers.stories(store, since=date(2026, 3, 4), until=date(2026, 3, 7))] == [2]
    assert [s.id for s in answers.stories(store, limit=1)] == [3]
    assert answers.story(store, 99) is None


# ------------------------------------------------------------------ tags
def test_tags_that_stay_the_same_are_not_written_again(store):
    (article, *_) = grouped(store)
    for now in (NOW, LATER):
        work.save_taggings(store, [tagging(article, "commoditization")], version=1, tagger="t", now=now)
    (row,) = rows(store, schema.tags)
    assert (row.seen_at, row.superseded_at) == (NOW, None)


def test_tags_of_an_earlier_version_are_superseded_so_that_the_past_can_be_asked(store):
    (article, *_) = grouped(store)
    work.save_taggings(store, [tagging(article, "commoditization", "moat_erosion")], version=1, tagger="t", now=NOW)
    work.save_taggings(store, [tagging(article, "commoditization")], version=2, tagger="t", now=LATER)
    t = schema.tags
    assert [row.version for row in rows(store, t, t.c.superseded_at.is_(None))] == [2]
    as_of = (t.c.seen_at <= NOW, sa.or_(t.c.superseded_at.is_(None), t.c.superseded_at > NOW))
    assert {row.theme for row in rows(store, t, *as_of)} == {"commoditization", "moat_erosion"}


def test_quotes_and_mentions_are_replaced_and_conferences_linked(store):
    found = fill(store)
    assert [q["speaker"] for q in answers.quotes(store, theme="commoditization")] == ["Ana Ruiz"]
    assert len(answers.quotes(store, speaker="ana r")) == 1
    links = {(row["article"], row["how"]) for row in answers.conferences(store, conference="boxworks")}
    assert links == {(found[3].id, "session"), (found[4].id, "coverage")}
    work.save_taggings(store, [tagging(a, "commoditization") for a in found], version=2, tagger="t", now=LATER)
    assert answers.quotes(store) == []
    assert [row["how"] for row in answers.conferences(store)] == ["session"]


def test_a_tag_of_an_unknown_theme_is_refused_and_nothing_of_the_batch_is_kept(store):
    first, second, *_ = grouped(store)
    before = snapshot(store)
    with pytest.raises(StoreError):
        work.save_taggings(
            store, [tagging(first, "moat_erosion"), tagging(second, "nonsense")], version=1, tagger="t", now=NOW
        )
    assert snapshot(store) == before
    assert work.pending_count(store, "tag", 1) == 6


# ------------------------------------------------------------------ trends
def test_a_series_counts_stories_not_articles_and_copies_not_at_all(store):
    fill(store)
    commodity, moats = work.series(store, *WEEK, ["commoditization", "moat_erosion"])
    assert commodity.start == WEEK[0]
    # Tuesday, Friday and Sunday had stories; nothing is known of the other days
    assert commodity.counts == (None, 1.0, None, None, 1.0, None, 0.0)
    assert moats.counts == (None, 0.0, None, None, 0.0, None, 1.0)
    assert commodity.totals == (0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0)


def test_a_theme_that_only_a_copy_carries_is_not_counted(store):
    found = grouped(store)
    work.save_taggings(store, [tagging(found[2], "moat_erosion")], version=1, tagger="t", now=NOW)
    (moats,) = work.series(store, *WEEK, ["moat_erosion"])
    assert sum(count or 0 for count in moats.counts) == 0
    assert work.reports(store, "moat_erosion", *WEEK) == []


def test_stances_are_counted_a_story_and_sources_by_their_stories(store):
    fill(store)
    stances, sources = work.voices(store, "commoditization", *WEEK)
    assert stances == {"asserts": 1, "reports": 1}
    assert sources[0] == "The Ledger"


def test_a_day_that_changed_supersedes_what_was_known_of_it(store):
    fill(store)
    (known,) = work.series(store, *WEEK, ["commoditization"])
    before = len(rows(store, schema.series))
    work.save_series(store, [known], version=1, now=LATER)
    assert len(rows(store, schema.series)) == before
    work.save_series(store, [replace(known, counts=(5.0, *known.counts[1:]))], version=1, now=LATER)
    assert len(rows(store, schema.series)) == before + 1
    assert len(rows(store, schema.series, schema.series.c.superseded_at == LATER)) == 1


def test_an_unchanged_trend_is_not_written_again_and_a_changed_one_supersedes_it(store):
    catalogue(store)
    (first,) = work.save_trends(store, [trend()], version=1, now=NOW)
    (same,) = work.save_trends(store, [trend()], version=1, now=LATER)
    assert same == first
    assert same == replace(trend(), id=first.id)
    (changed,) = work.save_trends(store, [trend(stories=3)], version=1, now=LATER)
    assert changed.id != first.id
    assert work.live_trends(store) == [changed]
    assert len(rows(store, schema.trends)) == 2


def test_numbers_of_numpy_are_taken_too(store):
    catalogue(store)
    (saved,) = work.save_trends(store, [trend(share=np.float64(0.5), stories=np.int64(2))], version=1, now=NOW)
    assert (saved.share, saved.stories) == (0.5, 2)


def test_the_newest_live_trend_of_each_theme_is_found(store):
    catalogue(store)
    old = replace(trend(), start=date(2026, 2, 23), end=date(2026, 3, 1))
    work.save_trends(store, [old, trend(), replace(old, theme="moat_erosion")], version=1, now=NOW)
    assert [(t.theme, t.end) for t in work.live_trends(store)] == [
        ("commoditization", WEEK[1]),
        ("moat_erosion", old.end),
    ]
    assert [t.theme for t in work.live_trends(store, end=WEEK[1])] == ["commoditization"]
    assert [row["name"] for row in answers.theme_overview(store)] == ["Commodity models", "Moats"]


def test_a_trend_is_to_tell_until_a_summary_of_this_version_and_language_exists(store):
    found = fill(store)
    commodity = next(t for t in work.live_trends(store) if t.theme == "commoditization")
    assert [t.theme for t in work.trends_to_tell(store, "en", 1)] == ["moat_erosion"]
    assert len(work.trends_to_tell(store, "es", 1)) == 2
    assert len(work.trends_to_tell(store, "en", 2)) == 2
    told = Summary(
        "commoditization", "en", (Sentence("One.", (found[1].id, found[0].id)), Sentence("Two.", ())), commodity.id
    )
    work.save_summaries(store, [told], version=2, now=LATER)
    assert work.summary_of(store, commodity.id, "en") == told
    assert work.summary_of(store, commodity.id, "es") is None
    assert len(rows(store, schema.summaries)) == 2


def test_a_trend_that_changes_is_told_anew(store):
    fill(store)
    (changed,) = work.save_trends(store, [trend(stories=9)], version=1, now=LATER)
    assert "commoditization" in [t.theme for t in work.trends_to_tell(store, "en", 1)]
    assert work.summary_of(store, changed.id, "en") is None


def test_reports_give_the_best_article_of_each_story_with_its_evidence_and_quote(store):
    found = fill(store)
    first, second = work.reports(store, "commoditization", *WEEK)
    assert (first.story.id, second.story.id) == (1, 2)
    assert (first.article, first.score, first.source_name) == (found[1].id, 0.9, "The Ledger")
    assert first.evidence.text == found[1].text
    assert first.quote.speaker.text == "Ana Ruiz"
    assert (first.published, first.language, first.kind) == (found[1].published, "en", "trade press")
    assert second.quote is None
    assert len(work.reports(store, "commoditization", *WEEK, limit=1)) == 1
    assert work.reports(store, "commoditization", date(2025, 1, 1), date(2025, 1, 7)) == []


# ------------------------------------------------------------------ digests
def test_the_first_digest_of_a_period_stays_as_it_was(store):
    fill(store)
    reports = work.reports(store, "commoditization", *WEEK)
    (known,) = [row for row in rows(store, schema.digests) if row.subscriber is None]
    again = work.save_digest(store, digest(reports[:1]), html="other", text="other", now=LATER)
    assert again == known.id
    assert len(rows(store, schema.digest_stories, schema.digest_stories.c.digest == known.id)) == 2
    assert work.digest_exists(store, "week", WEEK[1])
    assert not work.digest_exists(store, "week", WEEK[0])


def test_a_reader_has_had_the_stories_of_earlier_digests(store):
    fill(store)
    (reader,) = work.sync_subscribers(store, [Subscriber("ana@reader.test", "en")], NOW)
    assert work.stories_sent(store, reader.id) == {1, 2}
    assert work.stories_sent(store, None) == {1, 2}
    assert work.stories_sent(store, None, before=WEEK[1]) == set()
    assert work.stories_sent(store, None, before=WEEK[1] + timedelta(days=1)) == {1, 2}
    assert work.stories_sent(store, None, before=WEEK[1] + timedelta(days=90)) == set()


def test_subscribers_keep_their_ids(store):
    first = work.sync_subscribers(store, [Subscriber("a@x.test"), Subscriber("b@x.test")], NOW)
    again = work.sync_subscribers(store, [Subscriber("b@x.test", "es")], LATER)
    assert again == [replace(first[1], language="es")]
    assert {row.email: row.active for row in rows(store, schema.subscribers)} == {"a@x.test": False, "b@x.test": True}


def test_a_delivery_is_claimed_once_and_sent_once(store):
    fill(store)
    delivery = work.claim_delivery(store, NOW)
    assert (delivery.recipient, delivery.name, delivery.html, delivery.end) == (
        "ana@reader.test",
        "Ana",
        "<p>week</p>",
        WEEK[1],
    )
    assert work.claim_delivery(store, NOW) is None
    work.mark_in_doubt(store, delivery.id, NOW)
    work.mark_sent(store, delivery.id, NOW)
    work.mark_failed(store, delivery.id, "late news", LATER)
    assert [d.id for d in work.list_deliveries(store, "sent")] == [delivery.id]
    assert work.claim_deliveries(store, NOW + timedelta(days=9)) == []


def test_what_is_in_doubt_is_never_given_out_again(store):
    fill(store)
    delivery = work.claim_delivery(store, NOW)
    work.mark_in_doubt(store, delivery.id, NOW)
    assert work.claim_deliveries(store, NOW + timedelta(days=9)) == []
    assert [d.state for d in work.list_deliveries(store, "in_doubt")] == ["in_doubt"]
    with pytest.raises(DatabaseBusy):
        work.mark_in_doubt(store, delivery.id, NOW)


def test_what_was_never_handed_over_is_tried_five_times(store):
    fill(store)
    now, tries = NOW, 0
    while delivery := work.claim_delivery(store, now):
        work.mark_failed(store, delivery.id, "no server", now)
        assert work.claim_delivery(store, now) is None
        now, tries = now + timedelta(days=1), tries + 1
    assert tries == 5
    assert [(d.state, d.detail) for d in work.list_deliveries(store)] == [("failed", "no server")]


# ------------------------------------------------------------------ runs and leases
def test_a_run_that_never_ended_is_interrupted_by_the_next(store):
    work.begin_run(store, "tag", NOW)
    run = work.begin_run(store, "tag", LATER)
    work.end_run(store, run, LATER, {"articles": 3}, "done")
    assert [(row["status"], row["counts"]) for row in answers.runs(store)] == [
        ("done", {"articles": 3}),
        ("interrupted", {}),
    ]


def test_a_lease_has_one_holder_until_it_runs_out(store):
    assert work.acquire_lease(store, "daemon", "one", NOW, seconds=60)
    assert work.acquire_lease(store, "daemon", "one", NOW, seconds=60)
    assert not work.acquire_lease(store, "daemon", "two", NOW, seconds=60)
    assert work.lease_holder(store, "daemon") == "one"
    assert work.renew_lease(store, "daemon", "one", NOW + timedelta(seconds=50), seconds=60)
    assert not work.acquire_lease(store, "daemon", "two", NOW + timedelta(seconds=100), seconds=60)
    assert work.acquire_lease(store, "daemon", "two", NOW + timedelta(seconds=111), seconds=60)
    assert not work.renew_lease(store, "daemon", "one", LATER, seconds=60)
    work.release_lease(store, "daemon", "one")
    assert work.lease_holder(store, "daemon") == "two"


# ------------------------------------------------------------------ the whole
def test_saving_everything_again_changes_nothing(store):
    found = fill(store)
    before = snapshot(store)
    again = [tagging(found[3], "commoditization", stance="reports")]
    work.save_taggings(store, again, version=1, tagger="cues", now=LATER)
    notes = [annotation(article, n) for n, article in enumerate(found)]
    work.save_annotations(store, notes, version=1, model="tiny", now=LATER)
    work.save_copies(
        store, [(found[2], [2, 100, 2**47 - 3], Copy(found[2].id, found[1].id, 0.9, "same"))], version=1, now=LATER
    )
    work.save_placements(store, [(found[0], Placement(found[0].id, 1, 0.8, "names", True))], version=1, now=LATER)
    assert snapshot(store) == before


def test_a_time_without_a_zone_is_refused(store):
    catalogue(store)
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        work.save_poll(store, poll(next_due=datetime(2026, 1, 1)), [])  # noqa: DTZ001


def test_two_writers_queue_instead_of_failing(store):
    catalogue(store)
    failures = []

    def write(worker: int) -> None:
        try:
            for n in range(10):
                work.save_poll(store, poll(), [Link(f"https://ledger.test/{worker}/{n}", "ledger")])
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(work.pending_links(store, LATER)) == 30
