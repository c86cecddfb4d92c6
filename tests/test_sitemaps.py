"""Sitemaps in depth: what is new since the last look, which parts of an index, odd forms, and bounded memory."""

from __future__ import annotations

import gzip
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from feedtexts import NOW, atom, look

from crawlers.look import SITEMAP_LINKS
from crawlers.spiders.sitemap_index import PARTS, Part, chosen
from pipeline.model import Poll

SPACES = """xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml" """
HOME = "https://news.example"
YESTERDAY = Poll("news", NOW - timedelta(days=1), 200, NOW)


def urlset(*pages: tuple[str, str], more: str = "") -> str:
    """A sitemap of paths and their lastmod ("" for none)."""
    told = "".join(
        f"<url><loc>{HOME}{path}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}{more}</url>" for path, day in pages
    )
    return f"<?xml version='1.0' encoding='UTF-8'?><urlset {SPACES}>{told}</urlset>"


def paths(body: str | bytes, **more: object) -> list[str]:
    return [link.url.removeprefix(HOME) for link in look(body, "sitemap", f"{HOME}/sitemap.xml", **more).links]


# ------------------------------------------------------------------ what is new
def test_a_day_gets_a_days_grace_and_a_time_an_hours() -> None:
    body = urlset(
        ("/day", "2026-03-01"),
        ("/early", "2026-03-01T10:30:00Z"),
        ("/just", "2026-03-01T11:30:00Z"),
        ("/old", "2026-02-28"),
    )
    assert paths(body, before=YESTERDAY) == ["/just", "/day"]


def test_after_a_failed_look_all_counts_as_for_the_first() -> None:
    body = urlset(("/a", "2026-02-01"), ("/b", "2025-01-01"))
    assert paths(body, before=replace(YESTERDAY, failures=1)) == ["/a"]
    assert paths(body, before=YESTERDAY) == []


def test_the_day_in_an_address_is_as_good_as_a_lastmod() -> None:
    pages = [
        ("/2026/03/01/a", ""),
        ("/2026/02/b", ""),
        ("/20260302/c", ""),
        ("/2019/03/01/d", ""),
        ("/2031/03/01/e", ""),
    ]
    assert paths(urlset(*pages)) == ["/2026/02/b", "/20260302/c", "/2026/03/01/a", "/2031/03/01/e"]
    assert paths(urlset(*pages[:4]), before=YESTERDAY) == ["/2026/02/b", "/20260302/c", "/2026/03/01/a"]


def test_of_pages_without_dates_the_highest_numbers_are_taken_and_the_rest_is_told() -> None:
    found = look(urlset(*((f"/story-{n}", "") for n in range(1000, 4000))), "sitemap", f"{HOME}/s.xml")
    assert [x.url[-4:] for x in found.links[:2]] == ["3999", "3998"]
    assert len(found.links) == 500
    [told] = found.rejections
    assert (told.reason, told.detail, told.later) == (
        "older pages left out",
        "2500 of 3000 addresses without a date",
        False,
    )
    assert found.error is None


def test_without_dates_and_numbers_both_ends_are_taken_and_the_parts_of_an_index_share() -> None:
    body = urlset(*((f"/{'abcdefghij'[n % 10]}/{'x' * (n // 10 + 1)}", "") for n in range(900)))
    found = paths(body)
    assert len(found) == 500
    assert (found[0], found[-1]) == ("/a/x", "/j/" + "x" * 90)
    assert len(paths(body, parts=10)) == 50


def test_a_stamp_that_all_pages_share_tells_nothing() -> None:
    body = urlset(*((f"/p{n}", "2026-03-02T11:00:00Z") for n in range(10_000, 10_900)))
    assert len(paths(body)) == 500
    assert len(paths(urlset(*((f"/p{n}", "2026-03-02T11:00:00Z") for n in range(40))))) == 40
    assert len(paths(urlset(*((f"/p{n}", "2026-03-02") for n in range(900))))) == 900  # one busy day


def test_at_most_five_thousand_of_the_newest_are_taken_from_a_sitemap_of_any_length() -> None:
    body = urlset(*((f"/{n}", f"{NOW - timedelta(minutes=30_000 - n):%Y-%m-%dT%H:%M:%SZ}") for n in range(8_000)))
    found = paths(body)
    assert len(found) == SITEMAP_LINKS
    assert (found[0], found[-1]) == ("/7999", "/3000")


# ------------------------------------------------------------------ what entries say
def test_a_news_sitemap_tells_title_language_and_time_and_pictures_tell_nothing() -> None:
    entry = f"""<url><loc>{HOME}/precios</loc><image:image><image:loc>{HOME}/x.png</image:loc><image:title>A picture</image:title>
</image:image><news:news><news:publication><news:name>Marea</news:name><news:language>es-MX</news:language></news:publication>
<news:publication_date>2026-03-02T08:00:00-06:00</news:publication_date><news:title>Precios &amp;amp; fosos</news:title>
<news:keywords>IA, precios</news:keywords></news:news></url>"""
    [link] = look(f"<urlset {SPACES}>{entry}</urlset>", "sitemap", f"{HOME}/news.xml").links
    assert link.url == f"{HOME}/precios"
    assert (link.hint.title, link.hint.language) == ("Precios & fosos", "es")
    assert link.hint.published == datetime(2026, 3, 2, 14, tzinfo=UTC)


def test_a_translation_is_not_taken_but_its_own_language_is_known() -> None:
    both = "".join(f"<xhtml:link rel='alternate' hreflang='{x}' href='{HOME}/{x}/a'/>" for x in ("de-AT", "en"))
    [link] = look(urlset(("/de-AT/a", ""), more=both), "sitemap", f"{HOME}/s.xml").links
    assert (link.url, link.hint.language) == (f"{HOME}/de-AT/a", "de")


# ------------------------------------------------------------------ forms
def test_a_text_sitemap_has_an_address_a_line() -> None:
    lines = f"\ufeff{HOME}/a\r\n{HOME}/b?x=1\r\n\r\nhttps://other.example/c\r\n{HOME}/d"
    assert paths(lines) == ["/a", "/b?x=1", "/d"]
    assert paths(gzip.compress(lines.encode())) == ["/a", "/b?x=1", "/d"]


def test_gzip_is_known_by_its_bytes_and_a_torn_one_gives_what_it_held() -> None:
    packed = gzip.compress(
        urlset(*((f"/{n}-{hash(str(n)) % 9_999}", f"2026-02-{n % 28 + 1:02}") for n in range(3_000))).encode()
    )
    assert len(paths(packed)) == 3_000
    found = look(packed[: len(packed) // 2], "sitemap", f"{HOME}/s.xml")
    assert 1_000 < len(found.links) < 2_000
    assert found.error == "malformed sitemap"


def test_a_feed_in_gzip_is_read_as_a_feed() -> None:
    body = atom("<entry><id>https://news.example/1</id><title>One</title></entry>")
    assert paths(gzip.compress(body.encode())) == ["/1"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (urlset(("/a?x=1&y=2", ""), ("/b", "")), ["/a?x=1=2", "/b"]),  # as far as a bare ampersand can be mended
        (urlset(("/a", ""), ("/b", ""))[:-30], ["/a"]),
        ("\n\n  " + urlset(("/a", "")), ["/a"]),
        (urlset(("/a", "")) + "<html><p>junk", ["/a"]),
        (urlset(("/a", "not a date"), ("", ""), ("/", "")), ["/a"]),
        (urlset(("/a", "")).replace("xmlns=", "xmlns:x="), ["/a"]),
        (
            urlset(("/a", ""))
            .replace("<url>", "<sm:url>")
            .replace("</url>", "</sm:url>")
            .replace("xmlns=", "xmlns:sm="),
            ["/a"],
        ),
        (urlset(("/caf\u00e9", "")).encode("latin-1"), ["/caf\ufffd"]),
        (urlset(("/a", "")).replace("UTF-8", "UTF-16").encode("utf-16"), ["/a"]),
    ],
)
def test_of_a_malformed_sitemap_what_can_be_read_is_read(body: str | bytes, found: list[str]) -> None:
    assert paths(body) == found


@pytest.mark.parametrize(
    "body", [b"<html><body>404", b"", b"\x1f\x8b\x08", b"plain words\nhttps://a.example/", b"<urlset><url>", b"{}",
             b"<!DOCTYPE x [<!ENTITY a 'b'>]><urlset><url><loc>https://news.example/&a;</loc></url></urlset>"],
)  # fmt: skip
def test_what_is_no_sitemap_is_said_to_be_none(body: bytes) -> None:
    found = look(body, "sitemap", f"{HOME}/s.xml")
    assert found.links == ()
    assert found.rejections


def test_a_long_sitemap_costs_little_memory_beside_its_bytes() -> None:
    body = urlset(*((f"/archive/some-long-slug-of-an-old-story-{n}", "2020-01-01") for n in range(20_000))).encode()
    packed = gzip.compress(body)
    tracemalloc.start()
    assert paths(packed) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1024 * 1024
    assert len(body) > 2 * 1024 * 1024


# ------------------------------------------------------------------ the parts of an index
def parts(*names: str, told: str = "") -> list[Part]:
    when = datetime.fromisoformat(told).replace(tzinfo=UTC) if told else None
    return [Part(f"{HOME}/{name}", when, told) for name in names]


def taken(found: list[Part], since: datetime = NOW - timedelta(days=180), now: datetime = NOW) -> list[str]:
    return [url.removeprefix(HOME + "/") for url in chosen(found, since, now)]


def test_news_come_before_posts_and_posts_before_lists_of_lists() -> None:
    names = ["category-sitemap.xml", "page-sitemap.xml", "image-sitemap.xml", "post-sitemap.xml", "post-sitemap12.xml", "news.xml",
             "sitemap-2026-02.xml", "sitemap-2026-01.xml", "sitemap-2024-11.xml", "post_tag-sitemap.xml", "author-sitemap.xml"]  # fmt: skip
    assert taken(parts(*names)) == [
        "news.xml", "sitemap-2026-02.xml", "sitemap-2026-01.xml", "post-sitemap12.xml", "post-sitemap.xml",
        "category-sitemap.xml", "page-sitemap.xml", "post_tag-sitemap.xml", "author-sitemap.xml",
    ]  # fmt: skip


def test_a_part_that_has_not_changed_since_the_last_look_is_not_read_again() -> None:
    since = NOW - timedelta(hours=3)
    found = (
        parts("a.xml", told="2026-03-02T10:30:00")
        + parts("b.xml", told="2026-03-02T07:00:00")
        + parts("c.xml", told="2026-03-02")
    )
    assert taken(found, since) == ["a.xml", "c.xml"]


def test_of_many_parts_all_come_to_be_read_over_several_looks() -> None:
    names = [f"sitemap.xml?page={n}" for n in range(1, 101)]
    looks = [taken(parts(*names), now=NOW + timedelta(hours=n)) for n in range(60)]
    assert all(len(x) == len(set(x)) == PARTS for x in looks)
    assert all(x[:10] == names[:89:-1] for x in looks)
    assert {x for one in looks for x in one} == set(names)
    assert any(a != b for a, b in pairwise(looks))


def test_an_index_of_pictures_alone_is_read_all_the_same() -> None:
    assert taken(parts("video-sitemap.xml")) == ["video-sitemap.xml"]
