"""The stage that finds copies, on a real store: what arrives late, in the same batch, or again."""

from __future__ import annotations

import random
from datetime import timedelta

import databases
import pytest
from databases import NOW, SOURCES, fetched, read

from pipeline import config, dedupe, flow
from pipeline.model import Placement, Source
from pipeline.store import answers, schema, work

pytest_plugins = ["database_fixtures"]

WIRE = Source("wire", "Release Wire", "feed", "https://wire.test/feed", "en", "US", "press release")


def words(seed, count=120):
    rng = random.Random(seed)
    return " ".join("".join(rng.choices("aeioulnrst", k=rng.randint(3, 8))) for _ in range(count))


@pytest.fixture
def edges(store):
    sources = [*SOURCES, WIRE]
    work.sync_catalogue(
        store,
        sources=sources,
        themes=databases.THEMES,
        entities=databases.ENTITIES,
        conferences=databases.CONFERENCES,
        now=NOW,
    )
    return flow.Edges(config.Config(), store, lambda: None, sources, (), (), (), lambda: NOW, lambda *_: None)


def arrive(store, source, path, text, *, minutes=0, **fields):
    """An article published so many minutes after noon."""
    page = fetched(store, source, path, now=NOW + timedelta(days=1))
    return read(store, page, text=text, published=NOW + timedelta(minutes=minutes), precision="time", **fields)


def copies(store):
    with store.reading() as connection:
        return {row.article: (row.origin, row.reason) for row in connection.execute(schema.copies.select())}


def test_copies_within_a_batch_and_across_batches_have_one_origin(store, edges):
    text = words(1)
    first, second = (arrive(store, s, "a", text, minutes=n) for n, s in enumerate(("ledger", "faro")))
    assert dict(flow.fold(edges)) == {"originals": 1, "copies": 1}
    third = arrive(store, "gazette", "a", f"By our newsroom. {text}", minutes=30)
    other = arrive(store, "mute", "a", words(2), minutes=40)
    assert dict(flow.fold(edges)) == {"originals": 1, "copies": 1}
    assert {article: origin for article, (origin, _) in copies(store).items()} == {
        second.id: first.id, third.id: first.id,
    }  # fmt: skip
    assert other.id not in copies(store)
    assert dict(flow.fold(edges)) == {}


def test_a_release_fetched_after_its_copies_becomes_their_origin_and_joins_their_story(store, edges):
    text = words(3)
    printed = arrive(store, "ledger", "a", text)
    again = arrive(store, "faro", "a", text + " More of this on our pages every evening.", minutes=5)
    flow.fold(edges)
    placed = [
        (printed, Placement(printed.id, 7, 1.0, "first", True)),
        (again, Placement(again.id, 7, 1.0, "copy", False)),
    ]
    work.save_placements(store, placed, version=1, now=NOW)
    assert answers.story(store, 7)["story"].voices == 1
    release = arrive(store, "wire", "a", text, minutes=10, site="Release Wire")
    assert dict(flow.fold(edges)) == {"originals": 1}
    found = copies(store)
    assert {article: origin for article, (origin, _) in found.items()} == {
        printed.id: release.id, again.id: release.id,
    }  # fmt: skip
    assert "a press release of Release Wire" in found[printed.id][1]
    assert work.same_words(store, [release]) == {release.id: printed.id}
    assert (answers.story(store, 7)["story"].copies, answers.story(store, 7)["story"].voices) == (2, 0)
    work.save_placements(store, [(release, Placement(release.id, 7, 1.0, "its copies", False))], version=1, now=NOW)
    story = answers.story(store, 7)["story"]
    assert (story.articles, story.copies, story.voices) == (3, 2, 1)


def test_what_was_read_at_an_older_version_is_no_origin_until_it_is_read_again(store, edges):
    text = words(4)
    old = arrive(store, "ledger", "a", text)
    work.save_copies(store, [(old, dedupe.fingerprint(text), None)], version=dedupe.VERSION - 1, now=NOW)
    arrive(store, "faro", "a", text, minutes=-30)
    assert dict(flow.fold(edges)) == {"originals": 1, "copies": 1}
    assert set(copies(store)) == {old.id}


def test_a_text_that_a_hundred_outlets_print_is_kept_under_its_values_eight_times(store, edges):
    text = words(5)
    for n in range(20):
        arrive(store, "ledger", f"p{n}", f"{text} {words(100 + n, 12)}", minutes=n)
    assert dict(flow.fold(edges)) == {"originals": 1, "copies": 19}
    with store.reading() as connection:
        held = list(connection.execute(schema.fingerprint_values.select()))
    assert max(sum(row.value == value for row in held) for value in {row.value for row in held}) == 8
    assert len({origin for origin, _ in copies(store).values()}) == 1
