"""Answers that attack below the document: the crawl stays small and quick, and no neighbour notices."""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
import pytest
from backports import zstd
from bad_answers import FEED, bombs, encodings, endless, floods
from crawling import Desk
from rough import Rough, Watched, answer, rough, watched
from scrapy.utils._compression import _DecompressionMaxSizeExceeded

from crawlers.unpack import BadEncoding, layers, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rough import Act

TIMEOUT = 2.0
MOST_MIB = 350.0


def attacked(folder: Path, server: Rough, acts: dict[str, Act]) -> tuple[Desk, Watched]:
    """Crawl one source an act, each on a host of its own, and a good neighbour."""
    sources = {}
    for name, act in acts.items():
        key = name.lower()
        server.acts[f"{key}.example/feed"] = act
        sources[key] = ("sitemap" if key.startswith("sitemap") else "feed", f"http://{key}.example/feed")
    server.acts["good.example/feed"] = answer(FEED % 1)
    server.acts["kept.example/1"] = answer(b"<p>kept", "Content-Type: text/html")
    desk = Desk(folder, server, sources | {"good": ("feed", "http://good.example/feed")})  # type: ignore[arg-type]
    text = desk.config.read_text().replace("max_bytes = 200000", "max_bytes = 16777216")
    desk.config.write_text(text.replace("timeout = 2.0", f"timeout = {TIMEOUT}"))
    return desk, watched(desk)


def errors(desk: Desk) -> dict[str, str]:
    return dict(desk.rows("SELECT source, coalesce(error, '') FROM polls WHERE source != 'good'"))


@pytest.fixture(scope="module")
def bombed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Watched]]:
    with rough() as server:
        yield attacked(tmp_path_factory.mktemp("bombed"), server, bombs() | encodings() | floods())


def test_bombs_floods_and_false_encodings_cost_themselves_and_no_neighbour(bombed: Any) -> None:
    desk, crawl = bombed
    assert (crawl.status, crawl.errors) == (0, "")
    assert desk.pages() == {"http://kept.example/1"}
    assert len(errors(desk)) == 7 + 30 + 12
    assert all(errors(desk).values())


def test_no_bomb_and_no_flood_takes_more_than_350_mib(bombed: Any) -> None:
    assert 0 < bombed[1].peak < MOST_MIB


def test_each_has_a_reason_of_its_own(bombed: Any) -> None:
    desk, _ = bombed
    reasons = {source: error.partition(":")[0] for source, error in errors(desk).items()}
    assert {reasons[x] for x in ("gzip", "deflate", "br", "zstd", "rawdeflate", "xgzip")} == {"too large"}
    assert {reasons[x] for x in ("flood", "floodnocolon", "folded", "line", "endlessline", "status", "cookies", "interim", "continue")} == {"header too large"}  # fmt: skip
    assert {reasons[x] for x in ("ssh", "nothttp", "floodcolon")} == {"broken answer"}
    assert {reasons[f"enc{n}"] for n in range(30)} == {"too large", "broken encoding", "not a feed"}


@pytest.fixture(scope="module")
def stalled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Watched, Rough]]:
    with rough() as server:
        yield *attacked(tmp_path_factory.mktemp("stalled"), server, endless()), server


def test_whatever_does_not_end_is_ended_within_a_second_of_the_time_that_one_answer_may_take(stalled: Any) -> None:
    desk, crawl, server = stalled
    assert (crawl.status, crawl.errors) == (0, "")
    stays = {place: seconds for place, seconds in server.stays.items() if not place.endswith("robots.txt")}
    assert {place: seconds for place, seconds in stays.items() if seconds > TIMEOUT + 1.1} == {}
    assert desk.pages() == {"http://kept.example/1"}


def test_what_was_cut_off_is_never_taken_for_the_whole(stalled: Any) -> None:
    desk, crawl, _ = stalled
    assert all(errors(desk).values())
    assert len(errors(desk)) == len(endless())
    assert desk.rows("SELECT count(*) FROM links WHERE url LIKE '%/0'") == [(0,)]
    assert crawl.peak < MOST_MIB


# ------------------------------------------------------------------ encodings
PLAIN = FEED % 7 * 500


@cache
def encoded() -> dict[str, bytes]:
    raw = zlib.compressobj(wbits=-15)
    return {
        "gzip": gzip.compress(PLAIN), "x-gzip": gzip.compress(PLAIN[:99]) + gzip.compress(PLAIN[99:]), "br": brotli.compress(PLAIN),
        "zstd": zstd.compress(PLAIN[:99]) + zstd.compress(PLAIN[99:]), "deflate": zlib.compress(PLAIN), "raw": raw.compress(PLAIN) + raw.flush(),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["gzip", "x-gzip", "br", "zstd", "deflate", "raw"])
def test_an_encoded_body_comes_out_whole_and_a_torn_one_not_at_all(name: str) -> None:
    body, encoding = encoded()[name], "deflate" if name == "raw" else name
    assert unpacked(body, [encoding], len(PLAIN)) == PLAIN
    with pytest.raises(_DecompressionMaxSizeExceeded):
        unpacked(body, [encoding], len(PLAIN) - 1)
    for cut in (1, 7, len(body) // 2, len(body) - 1):
        with pytest.raises(BadEncoding):
            unpacked(body[:-cut], [encoding], len(PLAIN))


def test_zeros_behind_a_gzip_stream_do_no_harm() -> None:
    assert unpacked(gzip.compress(PLAIN) + bytes(512), ["gzip"], len(PLAIN)) == PLAIN


def test_encodings_come_off_in_reverse_order_and_names_that_are_none_are_passed_over() -> None:
    assert layers([b"gzip", b"br"]) == ["br", "gzip"]
    assert layers([b"gzip, aws-chunked"]) == ["gzip"]
    assert layers([b"identity"]) == layers([b""]) == []
    assert layers([b"utf-8"], b"\xef\xbb\xbf <html>") == []
    with pytest.raises(BadEncoding, match="unknown encoding"):
        layers([b"utf-8"], b"\x1f\x8b")
    with pytest.raises(BadEncoding, match="3 encodings"):
        layers([b"gzip, gzip", b"gzip"])
