"""Feeds in depth: full text and teasers, addresses, titles, dates, charsets, rhythm, and two readers that agree."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from feedtexts import ARXIV, BLOG, LONG, NOW, PLAIN, WELL_FORMED, WORDPRESS, atom, item, look, rss

from crawlers.look import ITEMS, Sight
from crawlers.spiders import lenient, text, times, xmlfeed
from crawlers.spiders.charsets import as_utf8
from crawlers.spiders.items import look_of
from pipeline.model import Hint, Link, Source


def hint(body: str | bytes, **more: object) -> Hint:
    return look(body, **more).links[0].hint


def urls(body: str) -> list[str]:
    return [link.url for link in look(body).links]


# ------------------------------------------------------------------ two readers, one result
def comparable(link: Link) -> Link:
    return replace(link, hint=replace(link.hint, content=text.plain(link.hint.content, 200_000)))


@pytest.mark.parametrize("name", sorted(WELL_FORMED))
def test_the_fast_reader_and_the_lenient_one_agree(name: str) -> None:
    address = "https://news.example/feed.xml"
    sight = Sight(Source("n", "N", "feed", address, "en", "US", "analyst"), address, b"", NOW)
    body = WELL_FORMED[name].encode()
    fast, slow = xmlfeed.read(body, address), lenient.read(body, address)
    assert fast is not None
    assert slow is not None
    assert not isinstance(slow, str)
    one, other = look_of(sight, fast), look_of(sight, slow)
    assert [comparable(x) for x in one.links] == [comparable(x) for x in other.links]
    assert (one.published, one.ttl, one.rejections) == (other.published, other.ttl, other.rejections)


def test_what_is_not_well_formed_is_left_to_the_lenient_reader() -> None:
    torn = PLAIN.replace("</rss>", "")
    assert xmlfeed.read(torn.encode(), "https://news.example/") is None
    found = look(torn)
    assert [link.url[-1] for link in found.links] == ["a", "b", "c"]
    assert found.error == "malformed feed"


# ------------------------------------------------------------------ full text
def test_a_full_text_is_kept_as_the_feed_gives_it_and_a_teaser_is_not() -> None:
    told = hint(WORDPRESS)
    assert told.content is not None
    assert told.content.startswith("<p>Tokens cost")
    assert told.summary is not None
    assert told.summary.startswith("Los modelos ya son mercancía.")
    assert hint(PLAIN).content is None


@pytest.mark.parametrize(
    "end",
    ["[…]", "[&#8230;]", "...", "<a href='x'>Read more</a>", "Continue reading <b>Moats</b> →", "Sigue leyendo »",
     "Weiterlesen", "Lire la suite…", "Leia mais", "<p>… <a href=x>Leer más</a></p>",
     "[...]<p>The post <a href=x>Moats</a> appeared first on <a href=y>Tide</a>.</p>"],
)  # fmt: skip
def test_a_text_that_ends_as_a_teaser_is_none(end: str) -> None:
    assert hint(rss(item(more=f"<content:encoded><![CDATA[{LONG}{end}]]></content:encoded>"))).content is None


@pytest.mark.parametrize(
    ("texts", "declared", "whole"),
    [
        ((LONG,), False, True),
        ((LONG[:700],), False, False),  # a description of this length is a teaser
        ((LONG[:1200],), True, True),
        ((LONG[:900], LONG[:1000]), True, False),  # hardly more than its own summary
        (("<p>Short.</p>",), True, False),
        (("", " "), True, False),
        (("x" * 300_000,), True, True),
    ],
)
def test_length_and_share_beyond_the_summary_tell_a_full_text(
    texts: tuple[str, ...], declared: bool, whole: bool
) -> None:
    content = text.summary_and_content(texts, declared=declared)[1]
    assert (content is not None) is whole
    assert len(content or "") <= 200_000


def test_a_long_description_without_a_content_counts_as_full_text() -> None:
    assert hint(rss(item(more=f"<description><![CDATA[{LONG}]]></description>"))).content == LONG


def test_xhtml_and_plain_text_in_atom_come_out_as_html() -> None:
    assert (hint(BLOG).content or "").count("<em>") == 20
    plain = hint(
        atom(f"<entry><id>https://b.example/1</id><content type='text'>1 &lt; 2 {'words here ' * 90}</content></entry>")
    )
    assert (plain.content or "").startswith("1 &lt; 2 words")


def test_json_feeds_carry_full_texts_too() -> None:
    body = {"version": "https://jsonfeed.org/version/1.1", "items": [
        {"id": "/p/1", "title": "A", "content_html": LONG, "summary": "S"},
        {"id": 7, "url": "https://b.example/7", "external_url": "https://c.example/", "content_text": "a < b " * 200}]}  # fmt: skip
    found = look(json.dumps(body))
    assert [x.url for x in found.links] == ["https://news.example/p/1", "https://b.example/7"]
    assert (found.links[0].hint.content, found.links[0].hint.summary) == (LONG, "S")
    assert (found.links[1].hint.content or "").startswith("a &lt; b")


# ------------------------------------------------------------------ addresses
def test_of_many_links_the_page_itself_is_taken() -> None:
    assert urls(BLOG) == ["https://blog.example/posts/7.html"]


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        (
            "<link>https://a.example/1</link><feedburner:origLink>https://b.example/1</feedburner:origLink>",
            "https://b.example/1",
        ),
        ("<guid>https://a.example/g</guid>", "https://a.example/g"),
        ("<guid isPermaLink='true'>https://a.example/g</guid>", "https://a.example/g"),
        ("<guid isPermaLink='false'>https://a.example/g</guid>", None),
        (
            "<link/><atom:link rel='self' href='https://a.example/s'/><guid>https://a.example/g</guid>",
            "https://a.example/g",
        ),
        ("<atom:link href='https://a.example/h'/>", "https://a.example/h"),
        ("<enclosure url='https://a.example/x.mp3' type='audio/mpeg'/>", None),
        ("<enclosure url='https://a.example/x.html' type='text/html'/>", "https://a.example/x.html"),
        ("<link>\n  /rel/1?b=2 </link>", "https://news.example/rel/1?b=2"),
        ("<link xml:base='https://a.example/d/'>e</link>", "https://news.example/e"),
        ("<title>No address at all</title>", None),
    ],
)
def test_an_item_has_the_best_of_its_addresses(parts: str, url: str | None) -> None:
    found = look(rss(f"<item><title>T</title>{parts}</item>"))
    assert [link.url for link in found.links] == ([url] if url else [])
    assert [r.reason for r in found.rejections] == ([] if url else ["items without an address"])


def test_a_feed_with_the_newest_last_gives_the_newest() -> None:
    items = [
        item(str(n), f"<pubDate>{(NOW - timedelta(hours=2000 - n)):%a, %d %b %Y %H:%M:%S} +0000</pubDate>")
        for n in range(700)
    ]
    found = look(rss(*items))
    assert len(found.links) == ITEMS
    assert found.links[0].url.endswith("/699")


# ------------------------------------------------------------------ titles, languages, authors
@pytest.mark.parametrize(
    ("stands", "shown"),
    [
        ("AT&amp;amp;T &amp;#8211; cheap", "AT&T – cheap"),
        ("<![CDATA[Fish & chips]]>", "Fish & chips"),
        ("R&amp;amp;amp;D", "R&D"),
        ("&amp;lt;b&amp;gt;Bold&amp;lt;/b&amp;gt; claims", "Bold claims"),
        ("a &lt; b &amp;amp; c", "a < b & c"),
        ("How to use &amp;lt;video&amp;gt;", "How to use <video>"),
        ("Precios\n  y   más", "Precios y más"),
        ("&lt;script&gt;x()&lt;/script&gt;News", "News"),
        ("", None),
    ],
)
def test_titles_are_shown_as_a_reader_should_see_them(stands: str, shown: str | None) -> None:
    assert hint(rss(item(title=stands))).title == shown


def test_each_item_may_have_a_language_of_its_own() -> None:
    assert [link.hint.language for link in look(PLAIN).links] == [None, None, "pt"]
    assert (hint(BLOG).language, hint(WORDPRESS).language) == ("de", "es")


def test_authors_lose_their_mail_addresses() -> None:
    assert hint(PLAIN).authors == ("Ana Díaz",)
    assert hint(rss(item(more="<author>desk@news.example</author>"))).authors == ()
    assert hint(rss(item(more="<dc:creator>A B</dc:creator><dc:creator>C D</dc:creator>"))).authors == ("A B", "C D")


# ------------------------------------------------------------------ dates
@pytest.mark.parametrize(
    "told",
    ["Mon, 02 Mar 2026 09:30:00 +0000", "Mon, 2 Mar 2026 09:30 GMT", "2 March 2026 09:30 UTC", "Mon, 02 Mar 26 09:30:00 Z",
     "Wed, 02 Mar 2026 09:30:00 GMT", "2026-03-02T09:30:00Z", "2026-03-02T10:30+01:00", "2026-03-02 09:30:00 +0000",
     "2026-03-02T09:30:00.123456789Z", "1772443800", "1772443800000", "Mon Mar  2 09:30:00 UTC 2026",
     "lun, 02 mar 2026 10:30:00 +0100", "Mar, 02 marzo 2026 04:30 -0500", "2 de marzo de 2026, 9:30 GMT",
     "lundi 2 mars 2026 10h30 CET", "Mo, 02 Mär 2026 10:30:00 MEZ", "2. März 2026, 10:30 MEZ", "02 mars 2026 09:30:00 UT",
     "02.03.2026 10:30 +01:00", "March 2, 2026 4:30 AM EST", "Monday, March 2nd, 2026 09:30 a.m. GMT", "2026/03/02 09:30 Z",
     "seg, 02 março 2026 06:30:00 BRT", "lun, 2 marzo 2026 10:30:00 CET"],
)  # fmt: skip
def test_dates_are_read_in_the_dialects_of_the_web(told: str) -> None:
    when = times.iso_time(told, NOW)
    assert when is not None
    assert when.replace(microsecond=0) == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "told", ["soon", "", None, 5, "yesterday 5:00", "02/03/2026 09:00", "99 Mar 2026", "31 Feb 2026", "Mar 2026", "²²²²²²²²²²",
             "2026-13-45", "25:99 2 Mar 2026", "-" * 200, "9" * 200],
)  # fmt: skip
def test_what_is_no_date_or_could_be_two_is_read_as_none(told: object) -> None:
    assert times.iso_time(told, NOW) is None


def test_times_without_a_zone_are_those_of_the_feeds_own_zone() -> None:
    dates = ["Mon, 02 Mar 2026 04:00:00", "Sun, 01 Mar 2026 04:00:00 -0600", "Sat, 28 Feb 2026 04:00:00 -0600"]
    found = look(rss(*(item(str(n), f"<pubDate>{d}</pubDate>") for n, d in enumerate(dates))))
    assert found.links[0].hint.published == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert hint(rss(item(more=f"<pubDate>{dates[0]}</pubDate>"))).published == datetime(2026, 3, 2, 4, tzinfo=UTC)
    dated = rss(item(more=f"<pubDate>{dates[0]}</pubDate>"), channel=f"<lastBuildDate>{dates[1]}</lastBuildDate>")
    assert hint(dated).published == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_what_was_published_counts_before_what_was_updated() -> None:
    assert hint(ARXIV).published == datetime(2026, 2, 27, 18, tzinfo=UTC)
    only = atom("<entry><id>https://b.example/1</id><updated>2026-03-01T00:00:00Z</updated></entry>")
    assert hint(only).published == datetime(2026, 3, 1, tzinfo=UTC)


# ------------------------------------------------------------------ rhythm
@pytest.mark.parametrize(
    ("told", "seconds"),
    [("<ttl>60</ttl>", 3600.0), ("<ttl>0</ttl>", None), ("<ttl>soon</ttl>", None), ("<ttl>²</ttl>", None), ("", None),
     ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 900.0),
     ("<sy:updatePeriod> daily\n</sy:updatePeriod>", 86400.0),
     ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", None)],
)  # fmt: skip
def test_a_feed_tells_its_own_rhythm(told: str, seconds: float | None) -> None:
    assert look(rss(item(), channel=told)).ttl == seconds
    torn = rss(item(), channel=told).replace("</rss>", "")
    assert look(torn).ttl == seconds


# ------------------------------------------------------------------ charsets
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PLAIN.encode(), "application/rss+xml; charset=iso-8859-1"),
        (PLAIN.replace("UTF-8", "iso-8859-1").encode(), ""),
        (PLAIN.replace("UTF-8", "iso-8859-1").encode("cp1252"), ""),
        (PLAIN.encode("cp1252"), "text/xml; charset=windows-1252"),
        (PLAIN.replace("UTF-8", "UTF-16").encode("utf-16"), ""),
        (PLAIN.replace("UTF-8", "UTF-16").encode("utf-16-be"), ""),
        (b"\xef\xbb\xbf" + PLAIN.encode(), ""),
        (PLAIN.encode(), "nonsense; charset=zip"),
    ],
)
def test_whatever_the_charset_is_called_the_words_come_out(body: bytes, kind: str) -> None:
    assert hint(body, content_type=kind).authors == ("Ana Díaz",)


def test_stray_bytes_between_utf8_are_read_as_windows_1252() -> None:
    body = rss(item(title="Café @ x")).encode().replace(b"@", b"\x96")
    assert hint(body).title == "Café – x"
    assert as_utf8(b"\xff\xfe")[0] == b""


def test_control_characters_and_a_servers_warnings_cost_nothing_but_a_word() -> None:
    found = look(b"<br />\nWarning: foo\n" + PLAIN.replace("Fish", "F\x0bi\x00sh").encode())
    assert [link.hint.title for link in found.links] == ["One", "Fish & chips", "R&D"]
    assert found.error == "malformed feed"
