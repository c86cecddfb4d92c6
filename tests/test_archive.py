"""Records of WARC files become pages or say why not; what is broken costs itself and none of its neighbours."""

from __future__ import annotations

import gzip
import io
import random
import zlib
from datetime import UTC, datetime

import brotli
import pytest
from crawling import source
from hypothesis import given, settings
from hypothesis import strategies as st
from warcs import block, chunked, packed_with, record, zipped

from crawlers.spiders.archive import Owners, Skipped, Undecodable, Wanted, decoded, records
from crawlers.warc import Frames
from pipeline.model import Page

A = "http://a.example/"
OURS = Owners([source("a", "feed", "http://www.a.example/feed")])
WANTED = Wanted(OURS, 100_000)
FOUR = [record(A + str(n)) for n in range(4)]
FORMS = {"gzip": zipped, "plain": lambda *r: b"".join(r), "zstd": packed_with("zstd")}


def read(data: bytes, wanted: Wanted = WANTED, **options: object) -> list[tuple[int, str]]:
    """What comes of each record: the last part of a page's address, or why there is none, with its offset."""
    found = []
    for at, x in records(Frames(io.BytesIO(data), **options), wanted):  # type: ignore[arg-type]
        said = x.url.rpartition("/")[2] if isinstance(x, Page) else x.kind if isinstance(x, Skipped) else x.reason
        found.append((at, said))
    return found


def said(data: bytes, wanted: Wanted = WANTED) -> list[str]:
    return [text for _, text in read(data, wanted)]


def page(data: bytes) -> Page:
    ((_, found),) = records(Frames(io.BytesIO(data)), WANTED)
    assert isinstance(found, Page), found
    return found


# ------------------------------------------------------------------ well-formed files
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_file_is_read_and_resumed_at_every_record(form: str) -> None:
    pack = FORMS[form]
    starts = [len(pack(*FOUR[:n])) for n in range(4)]
    data = pack(*FOUR)
    assert [at for at, _ in read(data)] == starts
    for n, at in enumerate(starts):
        assert [text for _, text in read(data, at=at)] == list("0123"[n:])


def test_a_file_compressed_as_a_whole_is_read_too() -> None:
    assert said(gzip.compress(b"".join(FOUR))) == list("0123")


def test_a_page_has_its_address_body_type_source_and_the_time_at_which_the_archive_fetched_it() -> None:
    spoken = block("<p>¿Qué se dice en la plaza?", "text/html; charset=ISO-8859-1")
    found = page(zipped(record("http://noticias.a.example/plaza?utm_source=x", spoken, version="1.0")))
    assert found.url == "http://noticias.a.example/plaza"
    assert found.body == "<p>¿Qué se dice en la plaza?".encode()
    assert (found.source, found.status, found.content_type) == ("a", 200, "text/html; charset=ISO-8859-1")
    assert found.fetched == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_of_a_page_whose_mining_is_reserved_only_a_stub_is_taken() -> None:
    closed = block('<title>Ours</title><meta name="tdm-reservation" content="1"><p>every word of it', "text/html")
    found = page(zipped(record(A + "closed", closed)))
    assert found.reserved
    assert b"every word" not in found.body
    assert found.hint.title == "Ours"


def test_what_is_no_page_is_passed_over_and_counted_by_kind() -> None:
    data = zipped(
        record(A + "i", b"software: x\r\n", "warcinfo"),
        record(A + "q", b"GET / HTTP/1.1\r\n\r\n", "request"),
        record(A + "m", b"via: x\r\n", "metadata"),
        record(A + "v", block("", status="200 OK"), "revisit"),
        record(A + "404", block("gone", status="404 Not Found")),
        record(A + "png", block("x", "image/png")),
        record("http://elsewhere.example/1"),
        record(A + "file", b"<p>saved", "resource"),
        record(A + "xhtml", block("<p>x", "Application/XHTML+XML")),
    )
    assert said(data) == [*["other records"] * 4, "other statuses", "other types", "no source", "file", "xhtml"]


def test_days_and_hosts_narrow_what_is_taken() -> None:
    dated = [record(f"http://{h}.example/{d}", date=f"2024-05-0{d}T23:59:59Z") for h in ("a", "b.a") for d in (1, 2, 3)]
    narrow = Wanted(OURS, 9_999, datetime(2024, 5, 2, tzinfo=UTC), datetime(2024, 5, 3, tzinfo=UTC), ("b.a.example",))
    assert said(zipped(*dated), narrow) == [*["other hosts"] * 3, "other days", "2", "other days"]


# ------------------------------------------------------------------ whose a page is
def test_a_page_belongs_to_the_source_with_the_longest_host_above_it() -> None:
    owners = Owners(
        [
            source("paper", "feed", "https://www.paper.example/feed.xml"),
            source("science", "feed", "https://science.paper.example/feed.xml"),
            source("games", "listing", "https://lab.example/games/"),
            source("robots", "listing", "https://lab.example/robots/"),
            source("isla", "feed", "https://feeds.isla.example/portada"),
            source("lent", "feed", "https://feeds.feedburner.com/lent"),
            source("someone", "feed", "https://medium.com/feed/@someone"),
        ]
    )
    belongs = {
        "http://paper.example/x": "paper", "https://WWW.paper.example/x": "paper", "https://m.paper.example/": "paper",
        "https://science.paper.example/x": "science", "https://www.science.paper.example/x": "science",
        "https://notpaper.example/x": None, "https://example/x": None, "https://lab.example/robots/one": "robots",
        "https://lab.example/other": "games", "https://www.isla.example/x": "isla",
        "https://feeds.feedburner.com/other": None, "https://medium.com/@else/x": None,
    }  # fmt: skip
    assert {url: owners.of(url) for url in belongs} == belongs
    assert Owners([], "forced").of("https://anywhere.example/") == "forced"


# ------------------------------------------------------------------ broken files
BROKEN = {
    "length too long": (record(A + "bad", length=500), {"wrong length", "truncated"}),
    "length far too long": (record(A + "bad", length=90_000), {"wrong length", "truncated"}),
    "length too short": (record(A + "bad", length=50), {"wrong length"}),
    "no length": (record(A + "bad").replace(b"Content-Length", b"Content-Width"), {"wrong length", "broken record"}),
    "no date": (record(A + "bad", date="yesterday"), {"broken record"}),
    "no address": (record("urn:isbn:1"), {"broken record"}),
    "no answer": (record(A + "bad", b"<p>no status line"), {"broken record"}),
    "empty": (record(A + "bad", block(" \n")), {"empty page"}),
    "too large": (record(A + "bad", block("x" * 120_000)), {"too large"}),
    "far too large": (record(A + "bad", block("x" * 3_000_000)), {"too large"}),
    "bomb within": (record(A + "bad", block(gzip.compress(b"0" * 9_000_000), Content_Encoding="gzip")), {"too large"}),
    "long header": (record(A + "bad", more="X: " + "y" * 70_000 + "\r\n"), {"broken record", "wrong length"}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_costs_itself_alone(name: str, form: str) -> None:
    bad, reasons = BROKEN[name]
    first, reason, *last = said(FORMS[form](FOUR[0], bad, FOUR[2], FOUR[3]))
    assert (first, last) == ("0", ["2", "3"])
    assert reason in reasons


def test_broken_compression_garbage_and_a_cut_off_end_cost_themselves_alone() -> None:
    data = bytearray(zipped(*FOUR))
    data[len(zipped(FOUR[0])) + 60] ^= 0x55
    assert said(bytes(data)) == ["0", "broken compression", "2", "3"]
    assert said(zipped(FOUR[0]) + b"\x00rubbish" * 50 + zipped(*FOUR[1:])) == ["0", "not a WARC record", "1", "2", "3"]
    assert said(zipped(*FOUR)[:-9]) == ["0", "1", "2", "truncated"]
    assert said(b"".join(FOUR)[:-9]) == ["0", "1", "2", "truncated"]
    assert said(b"<html>no archive at all</html>" * 99) == ["not a WARC record"]
    assert said(b"") == []


def test_a_member_that_swells_without_end_is_left_where_it_is() -> None:
    bomb = record(A + "bomb", b"", length=10) + b"0" * 80_000_000
    assert said(zipped(FOUR[0]) + gzip.compress(bomb, 9) + zipped(FOUR[1])) == ["0", "too large", "1"]


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_whatever_bytes_are_broken_nothing_breaks_and_what_lies_behind_is_found(seed: int, hits: int) -> None:
    chance = random.Random(seed)
    for pack in FORMS.values():
        before, hurt, after = pack(FOUR[0]), bytearray(pack(FOUR[1], FOUR[2])), pack(FOUR[3])
        for _ in range(hits):
            hurt[chance.randrange(len(hurt))] = chance.randrange(256)
        found = said(before + bytes(hurt) + after)
        assert (found[0], found[-1]) == ("0", "3")


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_window_that_ends_anywhere_gives_what_it_holds_whole_and_says_where_to_go_on(cut: int) -> None:
    for pack in FORMS.values():
        data = pack(*FOUR)
        end = cut % len(data)
        frames = Frames(io.BytesIO(data[:end]), whole=False)
        seen = [x.url[-1] for _, x in records(frames, WANTED) if isinstance(x, Page)]
        assert seen + said(data[frames.at :]) == list("0123")


# ------------------------------------------------------------------ codings
TEXT = "<p>Der Rat tagt, le conseil siège, el consejo se reúne. ".encode() * 40


@pytest.mark.parametrize(
    ("raw", "transfer", "content"),
    [
        (TEXT, "", ""), (gzip.compress(TEXT), "", "gzip"), (zlib.compress(TEXT), "", "deflate"),
        (zlib.compress(TEXT)[2:-4], "", "deflate"), (brotli.compress(TEXT), "", "br"),
        (chunked(TEXT), "chunked", ""), (chunked(gzip.compress(TEXT)), "Chunked", "x-gzip"),
        (brotli.compress(gzip.compress(TEXT)), "", "gzip, br"),
        (TEXT, "", "gzip"), (TEXT, "chunked", "br"), (TEXT, "", "identity"),
    ],
)  # fmt: skip
def test_codings_are_undone_also_where_the_archive_has_undone_them_already(
    raw: bytes, transfer: str, content: str
) -> None:
    assert decoded(raw, transfer, content, 100_000) == TEXT


@pytest.mark.parametrize(
    ("raw", "transfer", "content", "reason"),
    [
        (gzip.compress(TEXT)[:-20], "", "gzip", "truncated"), (brotli.compress(TEXT)[:-3], "", "br", "truncated"),
        (b"\x1f\x8b\x08nonsense", "", "gzip", "broken compression"), (b"nonsense", "", "br", "broken compression"),
        (b"ffff\r\nshort", "chunked", "", "wrong length"), (b"x", "", "compress", "unknown coding compress"),
        (gzip.compress(bytes(9_000_000)), "", "gzip", "too large"), (brotli.compress(bytes(9_000_000)), "", "br", "too large"),
        (zlib.compress(bytes(9_000_000)), "", "deflate", "too large"), (chunked(bytes(300_000)), "chunked", "", "too large"),
    ],
)  # fmt: skip
def test_a_coding_that_can_not_be_undone_within_the_limit_is_refused(
    raw: bytes, transfer: str, content: str, reason: str
) -> None:
    with pytest.raises(Undecodable, match=reason):
        decoded(raw, transfer, content, 100_000)
