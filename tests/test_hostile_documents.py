"""Documents that attack their reader: capped, the rest accepted, nothing touched, no exception beyond the item."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from bad_documents import MIB, Bad, channel, charsets, entities, item, slow, wide
from crawling import Desk, source
from rough import Canary, Rough, Watched, answer, canaries, rough, watched

from crawlers.crawl import _read
from crawlers.look import Look, Sight
from crawlers.spiders.shorten import LONGEST, shortened
from crawlers.storable import storable, text
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = "http://map.example/start"
# A listing's readers are held to their figures by tests/quality/hostile.py, which takes minutes.
WIDE = {name: bad for name, bad in wide().items() if bad.way != "listing"}
SLOW = {name: bad for name, bad in slow().items() if bad.way != "listing"}


def read(bad: Bad) -> tuple[Look, float]:
    """Read a document as the crawl does; return what came of it and the CPU seconds."""
    begun = time.process_time()
    look = _read(Sight(source("bad", bad.way, START), START, bad.body, datetime.now(UTC), bad.kind))
    return look, time.process_time() - begun


def own(look: Look) -> list[Link]:
    return [x for x in look.links if "kept.example" in x.url or "map.example" in x.url]


@pytest.mark.parametrize("name", WIDE)
def test_what_is_too_wide_too_deep_or_too_far_is_capped_and_the_rest_read(name: str) -> None:
    look, seconds = read(WIDE[name])
    assert seconds < 5
    assert look.error != "reader failed"
    wanted = 500 if WIDE[name].way == "sitemap" else WIDE[name].least  # of a sitemap without dates a part is taken
    assert len(own(look)) >= min(WIDE[name].least, wanted)


@pytest.mark.parametrize("name", SLOW)
def test_no_text_makes_a_pattern_or_a_loop_slow(name: str) -> None:
    look, seconds = read(SLOW[name])
    assert seconds < 5
    assert look.error != "reader failed"
    assert len(own(look)) >= SLOW[name].least


# ------------------------------------------------------------------ cutting
def test_a_feed_of_ordinary_size_is_not_touched() -> None:
    whole = channel("".join(item(n) for n in range(300)))
    assert shortened(whole) is whole


def test_a_large_feed_whose_parts_are_of_ordinary_size_comes_out_as_it_was() -> None:
    whole = channel("".join(item(n, f"<description><![CDATA[{'<p>Words. ' * 60}]]></description>") for n in range(400)))
    assert len(whole) > 200_000
    assert shortened(whole) == whole


def test_what_is_cut_is_well_formed_and_holds_the_first_500_items() -> None:
    cut = shortened(channel("".join(item(n) for n in range(2_000))))
    assert cut.endswith(b"</item></channel></rss>")
    assert cut.count(b"<item>") == cut.count(b"</item>") == 500


def test_words_that_look_like_items_do_not_count_inside_of_comments_and_cdata() -> None:
    inside = f"<description><![CDATA[{'</item><item>' * 900}]]></description><!--{'<item>' * 900}-->"
    whole = channel(item(1, inside) + item(2) + "<x/>" * 20_000)
    assert shortened(whole).count(b"<link>") == 2


def test_a_long_text_loses_its_end_and_its_neighbours_nothing() -> None:
    cut = shortened(
        channel(item(1, f"<description>{'d' * MIB}</description>") + item(2, f"<x><![CDATA[{'c' * MIB}]]></x>"))
    )
    assert len(cut) < 600_000
    assert b"Number 2" in cut
    assert cut.endswith(b"]]></x></item></channel></rss>")


def test_what_is_left_is_bounded_whatever_comes() -> None:
    for name, bad in (WIDE | SLOW).items():
        if bad.way == "feed":
            assert len(shortened(bad.body)) <= LONGEST + 600_000, name


# ------------------------------------------------------------------ text
def test_a_text_that_no_database_takes_is_cleaned_and_any_other_is_the_same_object() -> None:
    clean, dirty = Hint("Ünï", summary="a\tb\n"), Hint("a\x00b\ud800c", authors=("\x1bX",), language="de")
    looked = storable(
        Look((Link("http://a.example/1", "a", clean), Link("http://a.example/2", "a", dirty)), error="x\udfff")
    )
    assert looked.links[0].hint is clean
    assert looked.links[1].hint == Hint("abc", authors=("X",), language="de")
    assert looked.error == "x"
    assert text(None) is None


# ------------------------------------------------------------------ real crawls
@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Watched, Canary]]:
    folder = tmp_path_factory.mktemp("spoilt")
    (folder / "marker.txt").write_text("MARKER-7719")
    with rough() as server, canaries() as bird:
        documents = entities(bird.port, str(folder / "marker.txt")) | charsets()
        documents |= {name: WIDE[name] for name in ("items", "title", "attributes", "mapgz", "jsonitems", "bodies")}
        yield *crawled(folder, server, documents), bird


def crawled(folder: Path, server: Rough, documents: dict[str, Bad]) -> tuple[Desk, Watched]:
    sources = {}
    for number, (name, bad) in enumerate(documents.items()):
        # A few hosts, so that the crawl need not ask for hundreds of robots.txt.
        place = f"d{number % 30}.example/{name}"
        server.acts[place] = answer(bad.body, f"Content-Type: {bad.kind}")
        sources[name] = (bad.way, f"http://{place}")
    desk = Desk(folder / "desk", server, sources)  # type: ignore[arg-type]
    text = desk.config.read_text().replace("max_bytes = 200000", "max_bytes = 16777216")
    # Links that were found are not the matter here.
    server.acts["kept.example/robots.txt"] = answer(b"User-agent: *\nDisallow: /\n", "Content-Type: text/plain")
    desk.config.write_text(text.replace("timeout = 2.0", "timeout = 20.0\nseconds = 25.0"))
    return desk, watched(desk)


def test_entities_external_or_not_touch_no_file_and_no_socket(spoilt: Any) -> None:
    desk, crawl, bird = spoilt
    assert (crawl.status, crawl.errors) == (0, "")
    assert bird.accepted == 0
    for table, columns in (
        ("links", "url || coalesce(hint, '')"),
        ("rejections", "detail"),
        ("polls", "coalesce(error, '')"),
    ):
        assert desk.rows(f"SELECT count(*) FROM {table} WHERE {columns} LIKE '%MARKER-7719%'") == [(0,)]


def test_texts_in_200_broken_encodings_are_stored_as_utf8_or_refused(spoilt: Any) -> None:
    desk, _, _ = spoilt
    looked = dict(desk.rows("SELECT source, coalesce(error, '') FROM polls WHERE source LIKE 'charset%'"))
    assert len(looked) == 200
    assert not [x for x in looked.values() if x == "reader failed"]
    connection = desk.rows("SELECT url, coalesce(hint, '') FROM links")
    assert all("\x00" not in x and x.encode("utf-8") for row in connection for x in row)
    assert len([x for x in looked.values() if x in ("", "malformed feed", "malformed sitemap")]) > 60


def test_large_documents_leave_the_crawl_below_350_mib(spoilt: Any) -> None:
    assert 0 < spoilt[1].peak < 350
