"""The ways of finding pages, read from bytes: feeds, sitemaps, listings, conferences; addresses; manners."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.addresses import clean
from crawlers.look import ITEMS, Look, Sight
from crawlers.manners import trouble_of_answer, wait_until
from crawlers.spiders import WAYS, feed, sitemap
from pipeline.model import Poll, Source

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def look(way: str, body: str | bytes, address: str = "https://news.example/feed.xml", **more: object) -> Look:
    source = Source("news", "News", way, address, "en", "US", "trade press")
    return WAYS[way](Sight(source, address, body if isinstance(body, bytes) else body.encode(), NOW, **more))


def urls(found: Look) -> list[str]:
    return [link.url for link in found.links]


# ------------------------------------------------------------------ feeds
ITEM = """<item><title>Prices &amp;amp; <b>wars</b></title><link>/a/1?utm_source=rss&amp;id=7#top</link>
<pubDate>Mon, 02 Mar 2026 09:00:00 +0200</pubDate><dc:creator>Ana Díaz</dc:creator>
<description>&lt;p&gt;Models get &lt;i&gt;cheap&lt;/i&gt;.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description></item>"""
RSS = f"""<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>T</title><language>es-MX</language>{ITEM}</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>T</title><entry><title type="html">Eins</title>
<link rel="alternate" href="https://news.example/1"/><id>tag:1</id><author><name>B</name></author>
<published>2026-03-01T10:00:00Z</published><updated>2026-03-02T10:00:00Z</updated><summary>S</summary></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>T</title></channel>
<item rdf:about="https://news.example/1"><title>Un</title><link>https://news.example/1</link>
<dc:date>2026-03-01T10:00:00+01:00</dc:date></item></rdf:RDF>"""
OLD = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>T</title><item><title>One</title><link>https://news.example/1</link></item></channel></rss>"""


def test_an_rss_item_becomes_a_link_with_what_the_feed_says_of_it() -> None:
    found = look("feed", RSS)
    assert urls(found) == ["https://news.example/a/1?id=7"]
    hint = found.links[0].hint
    assert hint.title == "Prices & wars"
    assert hint.published == datetime(2026, 3, 2, 7, tzinfo=UTC)
    assert hint.summary == "Models get cheap ."
    assert hint.authors == ("Ana Díaz",)
    assert hint.language == "es"
    assert found.published == (hint.published,)
    assert found.error is None


@pytest.mark.parametrize("body", [ATOM, RDF, OLD])
def test_atom_rdf_and_old_rss_are_read_too(body: str) -> None:
    found = look("feed", body)
    assert urls(found) == ["https://news.example/1"]
    assert found.rejections == ()


def test_atom_gives_the_first_publication_and_the_author() -> None:
    hint = look("feed", ATOM).links[0].hint
    assert (hint.published, hint.authors, hint.language) == (datetime(2026, 3, 1, 10, tzinfo=UTC), ("B",), "de")


def test_rdf_dates_come_from_dublin_core() -> None:
    assert look("feed", RDF).links[0].hint.published == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_a_date_without_a_zone_is_read_as_utc() -> None:
    found = look("feed", RSS.replace(" +0200", ""))
    assert found.links[0].hint.published == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "date", ["Mon, 02 Mar 0001 09:00:00 +0000", "02 Mar 99999", "Fri, 01 Jan 2100 00:00:00 GMT", "soon"]
)
def test_senseless_dates_are_no_dates(date: str) -> None:
    assert look("feed", RSS.replace("Mon, 02 Mar 2026 09:00:00 +0200", date)).links[0].hint.published is None


def test_of_a_malformed_feed_the_items_are_recovered_and_the_fault_is_told() -> None:
    found = look("feed", RSS.replace("<channel>", "<channel><title>Fish & chips</title>").replace("</rss>", ""))
    assert urls(found) == ["https://news.example/a/1?id=7"]
    assert (found.rejections[0].stage, found.rejections[0].reason, found.rejections[0].later) == (
        "collect",
        "malformed feed",
        True,
    )
    assert not found.failed


@pytest.mark.parametrize(
    "body", ["<html><body>Sorry, moved.</body></html>", "", "\x00\x01", '{"version": 1}', "{", "<rss", "<a>" * 5000]
)
def test_what_is_no_feed_is_rejected_without_links(body: str) -> None:
    found = look("feed", body)
    assert found.failed
    assert found.links == ()
    assert len(found.rejections) == 1


def test_an_empty_feed_is_no_fault() -> None:
    found = look("feed", "<rss version='2.0'><channel><title>T</title></channel></rss>")
    assert (found.links, found.rejections, found.failed) == ((), (), False)


def test_entity_declarations_are_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY x SYSTEM "file:///etc/hostname">]>' + RSS[21:]
    assert look("feed", bomb).failed


def test_links_that_are_no_web_addresses_are_left_out() -> None:
    item = "<item><title>x</title><link>{}</link></item>"
    bad = ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://u:p@h/", "http://" + "x" * 3000]
    body = "<rss version='2.0'><channel>" + "".join(item.format(x) for x in bad) + "</channel></rss>"
    assert urls(look("feed", body)) == []


def test_a_feed_gives_five_hundred_links_at_most() -> None:
    items = "".join(f"<item><link>https://news.example/{n}</link></item>" for n in range(ITEMS + 50))
    assert len(look("feed", f"<rss version='2.0'><channel>{items}</channel></rss>").links) == ITEMS


def test_a_json_feed_is_read() -> None:
    body = {
        "version": "https://jsonfeed.org/version/1.1", "language": "fr-FR", "title": "T",
        "items": [{"id": "1", "url": "/un", "title": "Un", "date_published": "2026-03-01T10:00:00+01:00",
                   "content_text": "Texte", "authors": [{"name": "C"}]}, "nonsense"],
    }  # fmt: skip
    link = look("feed", json.dumps(body)).links[0]
    assert link.url == "https://news.example/un"
    assert link.hint.published == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (link.hint.authors, link.hint.language, link.hint.summary) == (("C",), "fr", "Texte")


def test_a_feed_in_another_charset_is_read() -> None:
    body = RSS.replace('version="1.0"?', 'version="1.0" encoding="iso-8859-1"?').encode("iso-8859-1")
    found = look("feed", body)
    assert found.links[0].hint.authors == ("Ana Díaz",)
    assert found.rejections == ()


def test_plain_text_keeps_comparisons_and_loses_tags() -> None:
    assert feed.plain("1 < 2 <b>and</b> 3 > 2<br/>", 100) == "1 < 2 and 3 > 2"


# ------------------------------------------------------------------ sitemaps
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
URLSET = f"""<?xml version="1.0"?><urlset {NS}>
<url><loc>https://news.example/old</loc><lastmod>2026-02-01</lastmod></url>
<url><loc>https://news.example/new</loc><lastmod>2026-03-02T10:00:00Z</lastmod></url>
<url><loc>https://other.example/x</loc></url><url><loc>https://news.example/</loc></url>
<url><loc>https://news.example/told</loc><news:news><news:publication><news:language>es</news:language></news:publication>
<news:publication_date>2026-03-02T08:00:00+00:00</news:publication_date><news:title>Told</news:title></news:news></url></urlset>"""


def before(polled: datetime) -> Poll:
    return Poll("news", polled, 200, polled)


def test_a_sitemap_gives_its_pages_newest_first() -> None:
    assert urls(look("sitemap", URLSET)) == [
        "https://news.example/new",
        "https://news.example/told",
        "https://news.example/old",
    ]


def test_a_later_look_takes_only_what_changed_since() -> None:
    found = look("sitemap", URLSET, before=before(NOW - timedelta(days=3)))
    assert urls(found) == ["https://news.example/new", "https://news.example/told"]


def test_a_modification_date_is_no_publication_date_but_a_news_date_is() -> None:
    hints = {link.url: link.hint for link in look("sitemap", URLSET).links}
    assert hints["https://news.example/new"].published is None
    told = hints["https://news.example/told"]
    assert (told.title, told.language, told.published) == ("Told", "es", datetime(2026, 3, 2, 8, tzinfo=UTC))


def test_a_gzipped_sitemap_is_unpacked_and_a_bomb_is_not() -> None:
    assert len(look("sitemap", gzip.compress(URLSET.encode())).links) == 3
    assert sitemap.unpacked(gzip.compress(b"0" * 200_000), 100_000) is None
    assert look("sitemap", b"\x1f\x8bbroken").failed


def test_an_index_names_its_changed_parts() -> None:
    parts = [("a", "2026-03-02"), ("b", "2024-01-01"), ("c", "")]
    body = "".join(
        f"<sitemap><loc>https://news.example/{n}.xml</loc><lastmod>{d}</lastmod></sitemap>" for n, d in parts
    )
    found = look("sitemap", f"<sitemapindex {NS}>{body}</sitemapindex>")
    assert found.more == ("https://news.example/a.xml", "https://news.example/c.xml")


def test_a_feed_in_place_of_a_sitemap_is_read_as_one() -> None:
    assert len(look("sitemap", RSS).links) == 1


@pytest.mark.parametrize("body", ["", "<html/>", "plain", "<urlset"])
def test_what_is_no_sitemap_is_rejected(body: str) -> None:
    found = look("sitemap", body)
    assert found.failed or found.rejections


# ------------------------------------------------------------------ listings and conferences
LISTING = """<html><head><script type="application/ld+json">{"@type": "ItemList", "itemListElement": [
{"@type": "ListItem", "position": 1, "url": "/blog/short"}]}</script><script type="application/ld+json">{broken</script></head><body>
<header><a href="/blog/the-header-is-no-article">x</a></header><nav><a href="/blog/not-in-a-navigation">x</a></nav>
<main><article><h2><a href="/blog/moat">The moat is gone</a></h2><a href="/tag/ai-and-more-words">AI</a></article>
<article><a href="/blog/why-prices-fall?utm_medium=x">Why prices fall so fast</a> <a href="/blog/author/ana-maria-diaz">Ana</a></article>
<a href="/blog">Blog</a><a href="https://other.example/some-long-slug-here">Other</a><a href="/blog/x.pdf">a b c</a>
<a href="/p/20260301">Seven beans a day</a><a href="/pricing">Pricing</a></main>
<footer><a href="/blog/footers-hold-no-news">x</a></footer></body></html>"""
AGENDA = """<html><body><script type="application/ld+json">{"@type": "Event", "name": "Boxworks", "url": "https://conf.example/",
"subEvent": [{"@type": "Event", "name": "Keynote: beans", "url": "https://conf.example/k/1", "startDate": "2026-05-01"}]}</script>
<nav><a href="/sessions/">Sessions</a></nav><section><a href="/sessions/b-17">Moats in the age of open weights</a>
<a href="/sponsors">Sponsors</a></section></body></html>"""


def test_a_listing_gives_articles_and_neither_navigation_nor_service_pages() -> None:
    found = look("listing", LISTING, "https://news.example/blog")
    assert set(urls(found)) == {
        "https://news.example/blog/short",
        "https://news.example/blog/moat",
        "https://news.example/blog/why-prices-fall",
        "https://news.example/p/20260301",
    }
    titles = {link.url: link.hint.title for link in found.links}
    assert titles["https://news.example/blog/moat"] == "The moat is gone"


def test_a_listing_without_links_says_so() -> None:
    found = look("listing", "<html><body><div id=app></div></body></html>", "https://news.example/blog")
    assert found.failed
    assert found.error == "no links found"


def test_a_conference_gives_its_sessions_without_taking_their_day_for_publication() -> None:
    found = look("conference", AGENDA, "https://conf.example/agenda")
    assert urls(found) == ["https://conf.example/k/1", "https://conf.example/sessions/b-17"]
    assert [link.hint.title for link in found.links] == ["Keynote: beans", "Moats in the age of open weights"]
    assert {link.hint.published for link in found.links} == {None}


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize(
    "body", [b"", b"\x00" * 50, b"\xff\xfe<\x00r\x00", b"<" * 5000, b"<div>" * 20_000, b"[" * 50_000]
)
def test_no_bytes_make_a_reader_fall_over(way: str, body: bytes) -> None:
    assert look(way, body).links == ()


# ------------------------------------------------------------------ addresses and manners
@pytest.mark.parametrize(
    ("address", "stored"),
    [
        ("HTTPS://News.Example:443/A?b=1&utm_campaign=x&UTM_id=2#frag", "https://news.example/A?b=1"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("?p=2", "https://news.example/dir/page?p=2"),
        ("a b\n.html", "https://news.example/dir/a%20b.html"),
        ("http://news.example:8080", "http://news.example:8080/"),
        ("mailto:a@b.c", None),
        ("http://[::1", None),
        ("http://u@h/", None),
    ],
)
def test_addresses_are_stored_in_one_form(address: str, stored: str | None) -> None:
    assert clean(address, "https://news.example/dir/page") == stored


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("120", 2), ("-5", 1), ("0", 1), ("999999999999999999999999", 1440), ("Mon, 02 Mar 2026 12:30:00 GMT", 30),
     ("Mon, 02 Mar 2020 12:30:00 GMT", 1), ("later", 1), ("", 1), ("²", 1)],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms_and_kept_sensible(value: str, minutes: int) -> None:
    assert wait_until(value, NOW) == NOW + timedelta(minutes=minutes)


def test_status_codes_mean_gone_forbidden_or_later() -> None:
    said = {status: trouble_of_answer(status, None, NOW) for status in (404, 410, 401, 403, 500, 503, 418, 302)}
    assert {s: (t.reason, t.later) for s, t in said.items() if t} == {
        404: ("gone", False), 410: ("gone", False), 401: ("forbidden", False), 403: ("forbidden", False),
        500: ("server error", True), 503: ("server error", True), 418: ("refused by the server", False),
        302: ("redirect to nowhere", False),
    }  # fmt: skip
    assert trouble_of_answer(200, None, NOW) is None
    assert trouble_of_answer(304, None, NOW) is None
