"""Splitting and merging by hand: what moves, what later runs respect, and what is refused; on both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from databases import ENTITIES, NEWS, NOW, SOURCES, THEMES, WEEK, annotation, fetched, fill, grouped, read

from pipeline import cluster, flow
from pipeline.config import Config
from pipeline.errors import DecisionError
from pipeline.model import Copy, Decision, Placement, Signature, Weighing
from pipeline.store import answers, done, schema, story_answers, work

pytest_plugins = ["database_fixtures"]

ANA = Signature("ana", NOW, "two events")
LATER = NOW + timedelta(hours=2)


def stories_of(store) -> list[int]:
    """The story of each article, in the order of the articles."""
    p = schema.story_articles
    with store.reading() as connection:
        return list(connection.scalars(sa.select(p.c.story).order_by(p.c.article)))


def whole(store) -> dict[str, list[object]]:
    tables = (schema.stories, schema.story_articles, schema.story_decisions, schema.story_moves, schema.story_merges)
    with store.reading() as connection:
        return {t.name: connection.execute(sa.select(t).order_by(*t.primary_key)).all() for t in tables}


def counts(store, story: int) -> tuple[str, int, int, int] | None:
    found = next((s for s in answers.stories(store) if s.id == story), None)
    return found and (found.title, found.articles, found.copies, found.voices)


def placed(store, article, story: int, *, opened: bool = False) -> None:
    work.save_placements(store, [(article, Placement(article.id, story, 0.7, "alike", opened))], version=2, now=LATER)


def another(store, n: int, text: str, *, title: str = "More", copy_of: int | None = None):
    """An article that is found later, annotated and checked for copies."""
    found = read(store, fetched(store, "ledger", f"b{n}"), title, text, published=NOW, precision="time", language="en")
    return checked(store, found, n, n, copy_of)


def reprint(store, n: int, of: int, *, copy_of: int | None = None):
    """An article like one of the news, of the same hour, that is found later."""
    _, title, ago, _, text = NEWS[of]
    when = NOW - timedelta(days=ago)
    found = read(store, fetched(store, "ledger", f"b{n}"), title, text, published=when, precision="time", language="en")
    return checked(store, found, n, of, copy_of)


def checked(store, found, n: int, seed: int, copy_of: int | None):
    work.save_annotations(store, [annotation(found, seed)], version=1, model="tiny", now=LATER)
    copy = Copy(found.id, copy_of, 0.95, "same words") if copy_of else None
    work.save_copies(store, [(found, [1000 + n], copy)], version=1, now=LATER)
    return found


def edges(store) -> flow.Edges:
    def models():
        raise AssertionError("placing asks no model")

    rest = {"sources": SOURCES, "themes": THEMES, "entities": ENTITIES, "conferences": []}
    return flow.Edges(Config(), store, models, now=lambda: LATER, progress=lambda *_: None, **rest)


# ------------------------------------------------------------------ split
def test_articles_that_are_split_off_go_to_a_new_story_with_its_own_title_and_counts(store):
    found = grouped(store)

    made = work.split(store, 2, [found[4].id], ANA)

    assert made == Decision(1, "split", 2, 4, 1)
    assert stories_of(store) == [1, 1, 1, 2, 4, 3]
    assert counts(store, 2) == ("Keynote: beans and cups", 1, 0, 1)
    assert counts(store, 4) == ("Boxworks hears of coffee beans", 1, 0, 1)
    assert answers.story(store, 4)["articles"][0]["reason"] == "split off story 2 by ana: two events"


def test_copies_go_with_the_article_that_they_repeat(store):
    found = grouped(store)

    made = work.split(store, 1, [found[1].id], ANA, into=3)

    assert (made.moved, made.followed) == (2, 1)
    assert stories_of(store) == [1, 3, 3, 2, 2, 3]
    assert counts(store, 3) == ("Orrin halves its prices", 3, 1, 1)
    assert counts(store, 1) == ("Orrin baja precios", 1, 0, 1)


def test_a_copy_that_was_moved_itself_stays_when_its_origin_is_moved(store):
    found = grouped(store)
    work.split(store, 1, [found[2].id], ANA, into=2)

    assert work.split(store, 1, [found[1].id], ANA, into=3).moved == 1
    assert stories_of(store) == [1, 3, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("story", "articles", "into", "said"),
    [
        (99, [0], None, "story 99 is not in the database"),
        (2, [5], None, "article {5} is not in story 2 but in story 3"),
        (2, [-1], None, "article -1 is not in story 2 but in no story"),
        (2, [3], 2, "the articles are in story 2 already"),
        (2, [3], 99, "story 99 is not in the database"),
        (2, [3, 4], None, "that is all of story 2, copies included: there is nothing to split"),
        (2, [3, 4], 1, "`tideline stories merge 1 2` does that"),
    ],
)
def test_a_split_that_cannot_be_is_one_line_and_changes_nothing(store, story, articles, into, said):
    found = grouped(store)
    before = whole(store)
    ids = [n if n < 0 else found[n].id for n in articles]

    with pytest.raises(DecisionError) as refused:
        work.split(store, story, ids, ANA, into=into)

    assert said.replace("{5}", str(found[5].id)) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert whole(store) == before


def test_splitting_off_an_origin_whose_copies_are_all_the_rest_is_refused(store):
    found = grouped(store)
    work.split(store, 1, [found[0].id], ANA)
    with pytest.raises(DecisionError, match="copies included"):
        work.split(store, 1, [found[1].id], ANA)


# ------------------------------------------------------------------ merge
def test_merged_stories_are_one_with_all_articles_and_the_others_are_no_longer_listed(store):
    grouped(store)

    made = work.merge(store, [2, 1, 3], ANA)

    assert made == Decision(1, "merge", 2, 2, 4)
    assert stories_of(store) == [2] * 6
    assert counts(store, 2) == ("Orrin baja precios", 6, 1, 3)
    assert [s.id for s in answers.stories(store)] == [2]


@pytest.mark.parametrize(
    ("stories", "said"),
    [([1, 1], "story 1 can't be merged with itself"), ([1], "story 1 can't be"), ([1, 99], "story 99 is not in")],
)
def test_a_merge_that_cannot_be_is_one_line_and_changes_nothing(store, stories, said):
    grouped(store)
    before = whole(store)
    with pytest.raises(DecisionError, match=said):
        work.merge(store, stories, ANA)
    assert whole(store) == before


def test_a_story_that_was_merged_away_is_refused_by_the_name_of_the_one_that_took_it(store):
    grouped(store)
    work.merge(store, [1, 2], ANA)
    work.merge(store, [3, 1], ANA)
    with pytest.raises(DecisionError, match="story 2 was merged into story 3"):
        work.merge(store, [3, 2], ANA)


def test_the_views_and_the_trends_count_stories_as_decided(store):
    fill(store)
    before = {s.theme: sum(c for c in s.counts if c) for s in work.series(store, *WEEK, ["commoditization"])}

    work.merge(store, [1, 2], ANA)

    after = {s.theme: sum(c for c in s.counts if c) for s in work.series(store, *WEEK, ["commoditization"])}
    assert (before["commoditization"], after["commoditization"]) == (2, 1)
    assert [r.story.id for r in work.reports(store, "commoditization", *WEEK)] == [1]
    assert {row["story"] for row in answers.quotes(store)} == {1}


def test_a_reader_who_had_a_story_has_had_the_one_that_took_it(store):
    fill(store)
    assert work.stories_sent(store, None) == {1, 2}
    work.merge(store, [3, 1], ANA)
    assert work.stories_sent(store, None) == {1, 2, 3}


# ------------------------------------------------------------------ undo
def test_undoing_puts_everything_back_as_it_was_but_for_the_record(store):
    found = grouped(store)
    before = whole(store)

    split = work.split(store, 1, [found[1].id], ANA)
    merged = work.merge(store, [2, 3, 4], ANA)
    for decision, moved in ((merged, 3), (split, 2)):
        assert work.undo(store, decision.id, replace(ANA, when=LATER)).moved == moved

    after = whole(store)
    kept = {name: [row[:-2] for row in rows] for name, rows in before.items() if name == "story_articles"}
    assert [row[:-2] for row in after["story_articles"]] == kept["story_articles"]
    assert [row for row in after["stories"] if row.id < 4] == before["stories"]
    assert [s.id for s in answers.stories(store)] == [3, 2, 1]
    assert [row.kind for row in after["story_decisions"]] == ["split", "merge", "undo", "undo"]


def test_only_the_newest_decision_about_a_story_can_be_undone_and_once(store):
    found = grouped(store)
    first = work.split(store, 2, [found[4].id], ANA)
    second = work.merge(store, [4, 3], ANA)
    with pytest.raises(DecisionError, match="decision 2 is about the same stories and came later: undo it first"):
        work.undo(store, first.id, ANA)
    undo = work.undo(store, second.id, ANA)
    with pytest.raises(DecisionError, match="decision 2 was undone already, by decision 3"):
        work.undo(store, second.id, ANA)
    with pytest.raises(DecisionError, match="decision 3 undoes decision 2"):
        work.undo(store, undo.id, ANA)
    with pytest.raises(DecisionError, match="decision 77 is not in the database"):
        work.undo(store, 77, ANA)
    assert work.undo(store, first.id, ANA).moved == 1
    assert stories_of(store) == [1, 1, 1, 2, 2, 3]


def test_a_copy_that_came_since_goes_back_with_its_origin_and_other_newcomers_stay(store):
    found = grouped(store)
    split = work.split(store, 2, [found[4].id], ANA)
    copy, other = another(store, 1, "beans again", copy_of=found[4].id), another(store, 2, "something else")
    placed(store, copy, split.target)
    placed(store, other, split.target)

    made = work.undo(store, split.id, ANA)

    assert (made.moved, made.followed) == (2, 1)
    assert stories_of(store) == [1, 1, 1, 2, 2, 3, 2, split.target]


# ------------------------------------------------------------------ what later runs respect
def test_what_would_join_a_merged_story_joins_the_one_that_took_it(store):
    grouped(store)
    work.merge(store, [1, 2], ANA)
    work.merge(store, [3, 1], ANA)
    placed(store, another(store, 1, "late"), 2)
    assert stories_of(store)[-1] == 3
    assert counts(store, 3)[1] == 7


def test_an_article_that_was_put_somewhere_stays_there_whatever_is_placed_later(store):
    found = grouped(store)
    split = work.split(store, 2, [found[4].id], ANA)
    work.merge(store, [1, 3], ANA)
    for article, story in ((found[4], 2), (found[5], 2), (found[0], 2)):
        placed(store, article, story)
    assert stories_of(store) == [1, 1, 1, 2, split.target, 1]
    assert work.pending_articles(store, "cluster", 2)  # the others
    assert {a.id for a in work.pending_articles(store, "cluster", 2)}.isdisjoint({found[n].id for n in (0, 4, 5)})


def test_two_articles_that_were_separated_are_not_joined_again(store):
    found = grouped(store)
    split = work.split(store, 2, [found[4].id], ANA)
    placed(store, found[3], split.target)
    assert stories_of(store)[3] == 2
    work.undo(store, split.id, ANA)
    work.split(store, 2, [found[4].id], ANA, into=3)
    placed(store, found[3], 3)
    assert stories_of(store)[3] == 2
    placed(store, found[3], 1)  # any other story is open to it
    assert stories_of(store)[3] == 1


def test_what_was_undone_binds_nobody(store):
    found = grouped(store)
    work.undo(store, work.split(store, 2, [found[4].id], ANA).id, ANA)
    work.undo(store, work.merge(store, [1, 2], ANA).id, ANA)
    assert work.decided(store, found).put == {}
    assert work.decided(store, found).apart == {}
    placed(store, found[4], 1)
    assert stories_of(store)[4] == 1


def test_a_copy_goes_where_its_origin_was_put_however_late_it_comes(store):
    found = grouped(store)
    split = work.split(store, 2, [found[4].id], ANA)
    copy = another(store, 1, "beans again", copy_of=found[4].id)
    second = another(store, 2, "beans once more", copy_of=copy.id)
    told = work.decided(store, [copy, second, found[3]])
    assert told.put == {copy.id: split.target, second.id: split.target}
    assert told.apart == {found[3].id: {split.target}}
    placed(store, copy, 2)
    assert stories_of(store)[-1] == split.target


def test_a_new_story_whose_number_a_person_took_meanwhile_gets_another(store):
    found = grouped(store)
    one, two, three = (another(store, n, f"news {n}") for n in range(3))
    number = work.next_story_id(store)
    assert work.split(store, 2, [found[4].id], ANA).target == number

    rows = [(one, number, True), (two, number, False), (three, number + 1, True)]
    batch = [(a, Placement(a.id, story, 0.9, "new", opened)) for a, story, opened in rows]
    work.save_placements(store, batch, version=1, now=LATER)

    assert stories_of(store) == [1, 1, 1, 2, 4, 3, 6, 6, 5]
    assert counts(store, 4)[:2] == ("Boxworks hears of coffee beans", 1)


def test_the_window_holds_the_stories_as_decided(store):
    found = grouped(store)
    work.merge(store, [1, 3], ANA)
    window = work.story_window(store, NOW - timedelta(days=30), NOW)
    assert [story for _, _, story in window] == [1, 1, 1, 2, 2, 1]
    assert [a.id for a, _, _ in window] == [a.id for a in found]


def test_clustering_everything_again_keeps_what_was_decided(store):
    found = grouped(store)
    split = work.split(store, 1, [found[1].id], ANA)
    work.merge(store, [2, 3], ANA)
    copy = reprint(store, 1, of=1, copy_of=found[1].id)
    again = reprint(store, 5, of=5)
    with store.writing() as connection:
        done.forget(connection, ["cluster"], [article.id for article in found])

    assert sum(flow.place(edges(store)).values()) == 8

    assert work.pending_count(store, "cluster", cluster.VERSION) == 0
    stories = stories_of(store)
    assert (stories[1], stories[2], stories[3], stories[4], stories[5]) == (split.target, split.target, 2, 2, 2)
    assert stories[0] != split.target
    assert (stories[6], stories[7]) == (split.target, 2)
    assert copy.id < again.id


def test_an_origin_stays_where_it_is_when_only_its_copy_was_split_off(store):
    found = grouped(store)
    split = work.split(store, 1, [found[2].id], ANA)
    with store.writing() as connection:
        done.forget(connection, ["cluster"], [article.id for article in found])
    flow.place(edges(store))
    stories = stories_of(store)
    assert stories[2] == split.target
    assert split.target not in stories[:2]


def test_a_decision_made_between_two_batches_is_seen_by_the_second(store):
    found = grouped(store)
    late = [reprint(store, n, of=5) for n in range(101)]
    merged = []

    def now():
        if not merged:  # while the first batch is being saved
            merged.append(work.merge(store, [1, 3], ANA))
        return LATER

    flow.place(replace(edges(store), now=now))

    assert work.story_window(store, NOW - timedelta(days=2), NOW)[-1][2] == 1
    assert set(stories_of(store)[len(found) :]) == {1}
    assert len(late) == 101


def test_decisions_at_the_same_time_queue_and_none_is_half_done(store):
    found = grouped(store)
    outcomes: list[str] = []

    def decide(n: int) -> None:
        try:
            outcomes.append(work.merge(store, [1, 2] if n % 2 else [2, 1], ANA).kind)
        except DecisionError:
            outcomes.append("refused")

    threads = [threading.Thread(target=decide, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["merge", "refused", "refused", "refused"]
    assert len(set(stories_of(store)[: len(found) - 1])) == 1


# ------------------------------------------------------------------ what is kept and told
def test_what_was_weighed_comes_back_as_it_was_saved(store):
    found = grouped(store)
    weighed = Weighing(
        2, 0.91, (("Boxworks", 0.7), ("a\x00b", 0.2)), (("beans", 0.1),), 0.31, 0.6, 0.0, 4.5, True,
        (("bias", -6.6), ("names", 8.1)), ((3, 0.02),),
    )  # fmt: skip
    work.save_placements(
        store, [(found[4], Placement(found[4].id, 2, 0.91, "alike", False, weighed))], version=1, now=NOW
    )
    row = story_answers.explained(store, 2)["articles"][1]
    assert row["weighing"]["names"] == [["Boxworks", 0.7], ["a\ufffdb", 0.2]]
    assert row["weighing"]["meaning"] == 0.0
    assert row["weighing"]["runners_up"] == [[3, 0.02]]
    assert "size" not in row["weighing"]
    assert story_answers.explained(store, 2)["articles"][0]["weighing"] is None


def test_a_story_explained_tells_its_articles_in_order_who_moved_them_and_how_many_more(store):
    found = grouped(store)
    work.split(store, 1, [found[1].id], ANA, into=2)

    told = story_answers.explained(store, 2, limit=3)

    assert [row["article"] for row in told["articles"]] == [found[n].id for n in (1, 2, 3)]
    assert told["more"] == 1
    first, copy, own = (row["moved"] for row in told["articles"])
    assert (first["from_story"], first["made_by"], first["note"], first["reason"]) == (1, "ana", "two events", "same names")  # fmt: skip
    assert (copy["follows"], own) == (found[1].id, None)
    assert [d["moved"] for d in told["decisions"]] == [2]


def test_a_story_that_was_merged_away_is_told_by_the_one_that_took_it(store):
    grouped(store)
    work.merge(store, [1, 2], ANA)
    told = story_answers.explained(store, 2)
    assert (told["asked"], told["story"].id, told["decisions"][0]["merged"]) == (2, 1, [2])
    assert story_answers.explained(store, 99) is None


def test_decisions_are_told_the_latest_first_with_what_became_of_them(store):
    grouped(store)
    work.undo(store, work.merge(store, [1, 2], ANA).id, Signature("ben", LATER))
    last, first = story_answers.decisions(store)
    assert (last["kind"], last["undoes"], last["made_by"], last["moved"]) == ("undo", 1, "ben", 2)
    assert (first["kind"], first["undone_by"], first["merged"]) == ("merge", 2, [2])
    assert len(story_answers.decisions(store, limit=1)) == 1
