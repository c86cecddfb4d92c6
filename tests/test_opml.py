"""Lists of feeds come out whole: well-formed, torn, oddly encoded, hostile; and what can't be read is said by line."""

from __future__ import annotations

import html
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import opml
from pipeline.model import Source

SHARED = Path(__file__).parents[2] / "shared" / "data" / "opml"


def feeds(data: bytes | str) -> list[tuple[str, str]]:
    read = opml.read(data.encode() if isinstance(data, str) else data)
    return [(feed.title, feed.address) for feed in read.feeds]


def listed(*outlines: str, declared: str = "UTF-8") -> str:
    body = "\n".join(outlines)
    return f'<?xml version="1.0" encoding="{declared}"?>\n<opml version="2.0">\n<body>\n{body}\n</body>\n</opml>'


PORT = ("Hafen & Meer", "https://hafen.example/feed?teil=1&copy=2")
TORN = {
    "unescaped ampersands": '<outline text="Hafen & Meer" xmlUrl="https://hafen.example/feed?teil=1&copy=2"/>',
    "an unescaped tag": '<outline text="Hafen & Meer" description="<p>Alles <a href="https://x.example" title="y">hier</a></p>" xmlUrl="https://hafen.example/feed?teil=1&copy=2"/>',
    "quotes in a value": '<outline description="Das "Blatt" vom Kai" text="Hafen & Meer" xmlUrl="https://hafen.example/feed?teil=1&copy=2"/>',
    "no quotes": "<outline text=Hafen & Meer xmlUrl=https://hafen.example/feed?teil=1&copy=2 type=rss />",
    "single quotes": "<outline text='Hafen & Meer' xmlUrl='https://hafen.example/feed?teil=1&copy=2'/>",
    "curly quotes": "<outline text=“Hafen & Meer” xmlUrl=“https://hafen.example/feed?teil=1&copy=2” />",
    "an unclosed quote": '<outline text="Hafen & Meer xmlUrl="https://hafen.example/feed?teil=1&copy=2" />',
    "no space between": '<outline text="Hafen & Meer"xmlUrl="https://hafen.example/feed?teil=1&copy=2"/>',
    "doubled attributes": '<outline text="Hafen & Meer" text="Hafen" xmlUrl="https://hafen.example/feed?teil=1&copy=2"/>',
    "entities of HTML": '<outline text="Hafen&nbsp;&amp; Meer" xmlUrl="https://hafen.example/feed?teil=1&amp;copy=2"/>',
    "a lost beginning": 'outline text="Hafen & Meer" xmlUrl="https://hafen.example/feed?teil=1&copy=2"/>',
    "a cut file": '<outline text="Hafen & Meer" xmlUrl="https://hafen.example/feed?teil=1&copy=2',
    "capitals": '<OUTLINE TEXT="Hafen & Meer" XMLURL="https://hafen.example/feed?teil=1&copy=2"/>',
}


@pytest.mark.parametrize("name", TORN)
def test_a_torn_outline_is_read_as_a_person_reads_it(name: str) -> None:
    before = '<opml><body>\n<outline text="Vor & zurück" xmlUrl="https://vor.example/rss"/>\n'
    after = '\n<outline text="Nachher" xmlUrl="https://nachher.example/rss"/></body></opml>'
    whole = before + TORN[name] + ("" if name == "a cut file" else after)

    expected = [("Vor & zurück", "https://vor.example/rss"), PORT, ("Nachher", "https://nachher.example/rss")]
    assert feeds(whole) == (expected[:2] if name == "a cut file" else expected)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "ISO-8859-1"), ("cp1252", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-8"),
     ("utf-16-be", "UTF-16"), ("latin-1", "ISO-8859-1"), ("cp1252", "no-such-thing"), ("utf-8", "zlib_codec")],
)  # fmt: skip
def test_what_the_bytes_say_counts_more_than_the_declared_encoding(encoding: str, declared: str) -> None:
    whole = listed('<outline text="Öresund, café" xmlUrl="https://sund.example/f"/>', declared=declared)

    assert feeds(whole.encode(encoding)) == [("Öresund, café", "https://sund.example/f")]


def test_declared_encodings_of_other_scripts_are_believed() -> None:
    cyrillic = listed('<outline text="Порт" xmlUrl="https://port.example/f"/>', declared="windows-1251")
    japanese = listed('<outline text="港の新聞" xmlUrl="https://minato.example/f"/>', declared="Shift_JIS")

    assert feeds(cyrillic.encode("cp1251")) == [("Порт", "https://port.example/f")]
    assert feeds(japanese.encode("shift_jis")) == [("港の新聞", "https://minato.example/f")]


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("feed://quay.example/rss", "http://quay.example/rss"),
        ("feed:https://quay.example/rss", "https://quay.example/rss"),
        ("  https://quay.example/rss\n ", "https://quay.example/rss"),
        ("//quay.example/rss", "https://quay.example/rss"),
        ("www.quay.example/rss", "http://www.quay.example/rss"),
        ("https://quay.example/rss?a=1&amp;amp;b=2", "https://quay.example/rss?a=1&b=2"),
        ("https://quay.example/\u200brss", "https://quay.example/rss"),
    ],
)
def test_addresses_come_out_usable(said: str, address: str) -> None:
    assert feeds(listed(f'<outline text="Q" xmlUrl="{said}"/>')) == [("Q", address)]


@pytest.mark.parametrize(
    "said",
    ["file:///etc/hostname", "javascript:x", "https://me:pass@quay.example/f", "quay", "https://[::1", "exec:date"],
)
def test_what_is_no_web_address_is_a_fault_with_its_line_and_costs_no_neighbour(said: str) -> None:
    read = opml.read(listed('<outline text="Q" xmlUrl="https://q.example/f"/>', f'<outline text="R" xmlUrl="{said}"/>').encode())  # fmt: skip

    assert [feed.address for feed in read.feeds] == ["https://q.example/f"]
    assert [(fault.line, fault.reason.partition(":")[0]) for fault in read.faults] == [
        (5, "no address of a feed on the web")
    ]


def test_doubles_come_in_once_and_are_told() -> None:
    one = '<outline text="One" xmlUrl="https://q.example/f"/>'

    read = opml.read(listed(one, one.replace("One", "Two")).encode())

    assert [feed.title for feed in read.feeds] == ["One"]
    assert read.faults[0].reason == "https://q.example/f is in line 4 already"


def test_folders_home_page_and_language_are_kept() -> None:
    nested = listed('<outline text="Press"><outline title="Ports"><outline text="t" title="T" htmlUrl="https://q.example/" language="de-AT" xmlUrl="https://q.example/f"/></outline></outline>', '<outline text="U" type="rss" url="https://u.example/f" category="/Ships/Old,/Else"/>')  # fmt: skip

    first, second = opml.read(nested.encode()).feeds

    assert (first.title, first.home, first.folders, first.language) == (
        "T",
        "https://q.example/",
        ("Press", "Ports"),
        "de",
    )
    assert (second.address, second.folders) == ("https://u.example/f", ("Ships", "Old"))


def test_missing_end_tags_keep_feeds_in_their_folder() -> None:
    text = '<opml><body><outline text="Ports"><outline text="A" xmlUrl="https://a.example/f"><outline text="B" xmlUrl="https://b.example/f"></outline><outline text="C & D" xmlUrl="https://c.example/f"/></body>'

    assert [feed.folders for feed in opml.read(text.encode()).feeds] == [("Ports",)] * 3


def test_feeds_that_were_commented_out_stay_out() -> None:
    text = '<opml><body><!-- <outline text="Old" xmlUrl="https://old.example/f"/> -->\n<outline text="A & B" xmlUrl="https://a.example/f"/>'

    assert feeds(text) == [("A & B", "https://a.example/f")]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b"<!doctype html><html><body>Please log in</body></html>", "it is a page of HTML"),
        (b'<rss version="2.0"><channel><title>A</title></channel></rss>', "it is a feed, not a list"),
        (b'{"feeds": []}', "it is JSON"),
        (b"<opml><body/></opml>", "no feed in it"),
        (b'<opml><body><outline xmlUrl="file:///a"/></body></opml>', "no usable feed address in it; line 1"),
        (b'<!DOCTYPE opml [<!ENTITY a "aa">]><opml><outline text="&a;" xmlUrl="https://a.example/f"/></opml>', "it declares entities"),
        (b"%PDF-1.7 nothing here", "it is no list of feeds"),
        (b"x" * (20 * 1024 * 1024 + 1), "larger than 20 MiB"),
    ],
)  # fmt: skip
def test_a_file_with_nothing_readable_is_refused_with_the_reason(data: bytes, why: str) -> None:
    read = opml.read(data)

    assert read.feeds == ()
    assert (read.refused or "").startswith(why)


@pytest.mark.parametrize(
    "data",
    [
        b"<opml>" + b"<outline " + b'a="b"c ' * 200_000,
        b"<opml><outline x=" + b" " * 1_000_000,
        b"<opml>-->" + b"><!--" * 300_000 + b"-->",
        b"<outline " * 50_000,
        b'<outline text="' + b'"' * 1_000_000,
        b"<opml>" + b'<outline text="a">' * 30_000,
    ],
)
def test_hostile_lists_take_time_by_their_length_only(data: bytes) -> None:
    began = time.monotonic()

    opml.read(data)

    assert time.monotonic() - began < 5


@given(st.binary(max_size=300), st.text(max_size=300))
def test_no_bytes_whatever_break_the_reading(data: bytes, text: str) -> None:
    opml.read(data)
    opml.read(b"<opml><outline " + data)
    opml.read(f'<opml><outline text="{text}" xmlUrl="https://a.example/f"'.encode("utf-8", "surrogatepass"))


def test_sources_go_out_and_come_in_again() -> None:
    sources = [
        Source("a", 'Quay & "Co" <1>', "feed", "https://q.example/f?a=1&b=2", "de", "DE", "analyst"),
        Source("b", "Map", "sitemap", "https://m.example/sitemap.xml", "en", "US", "analyst"),
    ]

    read = opml.read(opml.write(sources))

    (feed,) = read.feeds
    assert (feed.title, feed.address, feed.folders, feed.language) == ('Quay & "Co" <1>', sources[0].address, ("analyst",), "de")  # fmt: skip
    assert read.faults == ()


@pytest.mark.skipif(not SHARED.exists(), reason="the shared OPML files are not here")
def test_every_feed_that_a_person_could_read_off_the_118_files_comes_out() -> None:
    """The count is made without the reader: every ``xmlUrl="…"`` in the raw text, and the title before it."""
    missing = []
    for file in sorted(SHARED.glob("*.opml")):
        raw = file.read_text(encoding="utf-8")
        readable = {
            address.replace("&amp;", "&") for address in re.findall(r'xmlUrl\s*=\s*"([^"]*)"', raw, re.IGNORECASE)
        }
        titles = dict(reversed(re.findall(r'<outline text=".*?" title="(.*)" description=".*" xmlUrl="(.*?)"', raw)))
        read = opml.read(file.read_bytes())
        titled = {
            html.unescape(title): address.replace("&amp;", "&") for title, address in titles.items() if title.strip()
        }
        got = {feed.title: feed.address for feed in read.feeds}
        wrong = {title for title in titled if " ".join(title.split()) not in got}
        if {feed.address for feed in read.feeds} != readable or wrong or read.refused:
            missing.append((file.name, len(readable), len(read.feeds), wrong, read.refused))

    assert len(list(SHARED.glob("*.opml"))) == 118
    assert missing == []
