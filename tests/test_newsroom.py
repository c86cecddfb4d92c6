"""The sample newsroom: what tests and the demo crawl must itself be right."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import signal
import subprocess
import sys
import urllib.request
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest
from lxml import etree, html
from newsroom import build_truth
from newsroom.site import Newsroom, Outlet, serve

from pipeline import catalogue
from pipeline.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "newsroom"
TODAY = date(2026, 11, 23)
FEEDS = {"rss", "rss-full", "rss-dc", "atom", "rdf"}


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return Newsroom(FOLDER, TODAY)


@pytest.fixture(scope="module")
def opener(newsroom: Newsroom) -> Iterator[urllib.request.OpenerDirector]:
    server = serve(newsroom)
    proxy = urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{server.server_port}"})
    yield urllib.request.build_opener(proxy)
    server.shutdown()
    server.server_close()


def get(newsroom: Newsroom, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    return newsroom.respond(parts.netloc, f"{parts.path}?{parts.query}", asked)


def follow(newsroom: Newsroom, url: str) -> tuple[int, str, bytes]:
    """Fetch with redirects, as far as a patient client goes."""
    for _ in range(5):
        status, headers, body = get(newsroom, url)
        if status not in (301, 302):
            return status, url, body
        url = headers["Location"]
    return 310, url, b""


def feed_of(newsroom: Newsroom, outlet: Outlet) -> Any:
    _, headers, body = get(newsroom, outlet.home + outlet.index)
    return feedparser.parse(body, response_headers={"content-type": headers["Content-Type"]})


def published_links(newsroom: Newsroom, outlet: Outlet) -> list[str]:
    """The addresses that a reader of the outlet's feed, sitemap, listing or agenda finds."""
    _, _, body = get(newsroom, outlet.home + outlet.index)
    if outlet.form in FEEDS:
        return [entry.link for entry in feed_of(newsroom, outlet).entries]
    if outlet.form == "sitemap":
        return [str(node.text) for node in etree.fromstring(body).iter("{*}loc")]
    return [
        urljoin(outlet.home + outlet.index, href) for href in html.fromstring(body).xpath("//main//@href | //h2//@href")
    ]


# ------------------------------------------------------------------ articles and labels
def test_the_articles_keep_every_rule_of_the_newsroom(newsroom: Newsroom) -> None:
    labels = build_truth.completed(newsroom, build_truth.rows(FOLDER / "truth"))
    assert list(build_truth.problems(newsroom, labels)) == []


def test_truth_is_what_the_batches_of_labels_give() -> None:
    assert build_truth.main(["--check"]) == 0


def test_the_newest_article_is_of_yesterday_and_the_oldest_of_119_days_before(newsroom: Newsroom) -> None:
    days = [piece.when.astimezone(UTC).date() for piece in newsroom.articles.values()]
    assert max(days) == TODAY - timedelta(days=1)
    assert min(days) == TODAY - timedelta(days=120)


def test_every_date_shifts_with_today(newsroom: Newsroom) -> None:
    later = Newsroom(FOLDER, TODAY + timedelta(days=40))
    moved = {later.articles[key].when - piece.when for key, piece in newsroom.articles.items()}
    assert moved == {timedelta(days=40)}
    outlet = newsroom.outlets["lumen-ledger"]
    assert get(later, outlet.home + outlet.index)[2] != get(newsroom, outlet.home + outlet.index)[2]


def test_a_copy_has_its_origins_words_between_its_own_header_and_footer(newsroom: Newsroom) -> None:
    copy, origin = newsroom.articles["a40-aire-valley-copy"], newsroom.articles["a23-clinicians-noticed"]
    assert copy.paragraphs[1:-2] == origin.paragraphs[:-1]
    assert copy.paragraphs[0].startswith("This report was supplied by Harborwire")
    assert copy.title != origin.title


# ------------------------------------------------------------------ feeds and what stands for them
def test_every_feed_parses_and_lists_every_article_of_its_outlet_newest_first(newsroom: Newsroom) -> None:
    for outlet in newsroom.outlets.values():
        if outlet.form in FEEDS:
            feed = feed_of(newsroom, outlet)
            assert not feed.bozo, outlet.key
            assert [e.link for e in feed.entries] == [piece.link for piece in newsroom.listed[outlet.key]]
            assert [e.title for e in feed.entries] == [piece.title for piece in newsroom.listed[outlet.key]]


def test_feeds_come_in_all_kinds(newsroom: Newsroom) -> None:
    versions = {
        key: feed_of(newsroom, newsroom.outlets[key]).version for key in ("stackpost", "harborwire", "commonsgate")
    }
    assert versions == {"stackpost": "rss20", "harborwire": "atom10", "commonsgate": "rss10"}
    entry = feed_of(newsroom, newsroom.outlets["stackpost"]).entries[0]
    assert newsroom.listed["stackpost"][0].paragraphs[-1] in html.fromstring(entry.content[0].value).text_content()


def test_feed_dates_are_those_of_the_articles_except_where_a_feed_leaves_out_the_zone(newsroom: Newsroom) -> None:
    for outlet in newsroom.outlets.values():
        if outlet.form in FEEDS:
            for entry, piece in zip(feed_of(newsroom, outlet).entries, newsroom.listed[outlet.key], strict=True):
                if outlet.stamp == "naive":
                    assert entry.published == piece.when.strftime("%a, %d %b %Y %H:%M:%S")
                    continue
                told = entry.get("published_parsed") or entry.updated_parsed
                assert datetime(*told[:6], tzinfo=UTC) == piece.when, piece.id


def test_every_article_can_be_reached_from_what_its_outlet_publishes(newsroom: Newsroom) -> None:
    for outlet in newsroom.outlets.values():
        own = {piece.id for piece in newsroom.articles.values() if piece.outlet is outlet}
        if outlet.form != "torn":
            found = {Newsroom.id_of(url) for url in published_links(newsroom, outlet)} if own else set()
            assert found >= own, outlet.key


def test_a_feed_is_not_sent_again_to_who_has_it(newsroom: Newsroom) -> None:
    url = "http://harborwire.example/atom.xml"
    status, headers, body = get(newsroom, url)
    assert (status, bool(body)) == (200, True)
    assert get(newsroom, url, If_None_Match=headers["ETag"])[::2] == (304, b"")
    assert get(newsroom, url, If_Modified_Since=headers["Last-Modified"])[::2] == (304, b"")
    assert get(newsroom, url, If_None_Match='"old"', If_Modified_Since=headers["Last-Modified"])[0] == 200
    assert get(newsroom, url, If_Modified_Since="nonsense")[0] == 200


def test_bodies_are_compressed_for_who_accepts_it(newsroom: Newsroom) -> None:
    url = "http://stackpost.example/rss"
    _, headers, body = get(newsroom, url, Accept_Encoding="gzip, deflate")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == get(newsroom, url)[2]


def test_the_agenda_dates_the_conference_and_places_it(newsroom: Newsroom) -> None:
    page = html.fromstring(get(newsroom, "http://boxworks.example/agenda")[2])
    event = json.loads(page.xpath("string(//script[@type='application/ld+json'])"))
    days = sorted(piece.when.date() for piece in newsroom.listed["boxworks"])
    assert (event["startDate"], event["endDate"]) == (days[0].isoformat(), days[-1].isoformat())
    assert event["location"]["address"]["addressLocality"] == "San Francisco"


# ------------------------------------------------------------------ pages
def test_every_article_page_answers_with_all_its_paragraphs_and_its_canonical_address(newsroom: Newsroom) -> None:
    wrong = {key for outlet in newsroom.outlets.values() for key in outlet.wrong_charset}
    for piece in newsroom.articles.values():
        status, url, body = follow(newsroom, piece.link)
        assert status == 200, piece.id
        assert Newsroom.id_of(url) == Newsroom.id_of(piece.link) == piece.id
        if piece.id in wrong:
            continue
        page = html.document_fromstring(body.decode(piece.outlet.charset))
        text = page.text_content()
        assert [p for p in piece.paragraphs if p not in text] == [], piece.id
        assert page.xpath("string(//h1)") == piece.title
        assert page.xpath("string(//link[@rel='canonical']/@href)") == piece.url


def test_every_link_on_a_page_leads_somewhere(newsroom: Newsroom) -> None:
    for key, pieces in newsroom.listed.items():
        if pieces:
            _, url, body = follow(newsroom, newsroom.outlets[key].home + "/")
            _, first, article = follow(newsroom, pieces[-1].link)
            links = {urljoin(url, x) for x in html.fromstring(body).xpath("//a/@href")}
            links |= {urljoin(first, x) for x in html.fromstring(article).xpath("//a/@href")}
            planted = {piece.url for piece in newsroom.faults.values()}
            assert [x for x in links - planted if follow(newsroom, x)[0] != 200] == []


def test_at_least_six_designs_are_in_use_with_metadata_of_several_kinds(newsroom: Newsroom) -> None:
    bodies = {
        key: get(newsroom, pieces[0].url)[2].decode(newsroom.outlets[key].charset)
        for key, pieces in newsroom.listed.items()
        if pieces and not newsroom.outlets[key].wrong_charset
    }
    assert len({newsroom.outlets[key].template for key in bodies}) >= 12
    kinds = ("application/ld+json", "article:published_time", "<time ", 'itemprop="datePublished"', "DC.date")
    having = {kind: {key for key, body in bodies.items() if kind in body} for kind in kinds}
    assert all(having.values())
    silent = bodies.keys() - set.union(*having.values())
    assert silent == {"openforge", "prnook", "cronica-andina", "werkbank-digital"}


def test_dates_are_written_in_the_language_of_the_page(newsroom: Newsroom) -> None:
    patterns = {
        "cronica-andina": r"\d{1,2} de (octubre|noviembre) de 2026", "werkbank-digital": r"\d{1,2}\. November 2026",
        "le-fil-technique": r"\d{1,2} novembre 2026", "prnook": r"Oct \d{1,2}, 2026",
    }  # fmt: skip
    for key, pattern in patterns.items():
        outlet = newsroom.outlets[key]
        assert re.search(pattern, get(newsroom, newsroom.listed[key][0].url)[2].decode(outlet.charset)), key


def test_one_outlet_writes_latin_1_and_one_declares_its_charset_in_the_page_only(newsroom: Newsroom) -> None:
    _, headers, body = get(newsroom, newsroom.listed["cronica-andina"][0].url)
    assert headers["Content-Type"] == "text/html; charset=iso-8859-1"
    assert "Crónica".encode("latin-1") in body
    _, headers, body = get(newsroom, newsroom.listed["le-fil-technique"][0].url)
    assert headers["Content-Type"] == "text/html"
    assert b'<meta charset="utf-8">' in body


# ------------------------------------------------------------------ planted faults
def test_the_vanished_feed_is_gone(newsroom: Newsroom) -> None:
    assert get(newsroom, "http://vanished-herald.example/feed.xml")[0] == 410
    assert get(newsroom, "http://vanished-herald.example/")[0] == 404


def test_the_torn_feed_is_no_xml_and_yet_gives_its_first_two_items(newsroom: Newsroom) -> None:
    outlet = newsroom.outlets["torn-gazette"]
    _, _, body = get(newsroom, outlet.home + outlet.index)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(body)
    feed = feed_of(newsroom, outlet)
    assert feed.bozo
    links = [entry.link for entry in feed.entries if "link" in entry]
    assert links == [piece.url for piece in newsroom.listed["torn-gazette"]]
    assert len(links) == 2


def test_each_fault_among_good_pages_costs_only_itself(newsroom: Newsroom) -> None:
    answers = {piece.answer: follow(newsroom, piece.link) for piece in newsroom.faults.values()}
    assert answers["empty"][::2] == (200, b"")
    assert answers["missing"][0] == 404
    assert answers["loop"][0] == 310
    navigation = html.fromstring(answers["navigation"][2])
    assert navigation.xpath("//nav")
    assert not navigation.xpath("//p")
    assert follow(newsroom, newsroom.articles["z04-panaderia-centenaria"].link)[0] == 200


def test_the_wrong_charset_page_says_utf_8_and_is_not(newsroom: Newsroom) -> None:
    _, headers, body = get(newsroom, newsroom.articles["z03-biblioteca-barrio"].url)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")
    assert "petición" in body.decode("cp1252")


def test_one_robots_file_shuts_a_folder_that_pages_link_to(newsroom: Newsroom) -> None:
    robots = get(newsroom, "http://openforge.example/robots.txt")[2].decode()
    assert "Disallow: /drafts/" in robots
    assert "Crawl-delay: 1" in robots
    assert b'href="/drafts/roadmap-notes"' in get(newsroom, "http://openforge.example/")[2]
    assert get(newsroom, "http://northbeam.example/robots.txt")[2].endswith(
        b"Sitemap: http://northbeam.example/news-sitemap.xml\n"
    )


def test_every_fault_is_written_down(newsroom: Newsroom) -> None:
    truth = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    assert sorted(fault["kind"] for fault in truth["faults"].values()) == [
        "dead feed", "disallowed", "empty", "malformed feed", "navigation only", "not found", "redirect loop",
        "wrong charset",
    ]  # fmt: skip


# ------------------------------------------------------------------ catalogue and server
def test_the_source_tables_load_and_name_every_outlets_index(newsroom: Newsroom) -> None:
    found = {source.key: source for source in catalogue.sources(Config(sources=(str(FOLDER / "sources.toml"),)))}
    assert found.keys() == newsroom.outlets.keys()
    for key, source in found.items():
        outlet = newsroom.outlets[key]
        assert source.address == outlet.home + outlet.index
        assert (source.name, source.language) == (outlet.name, outlet.language[:2])
    ways = {key: source.way for key, source in found.items() if source.way != "feed"}
    assert ways == {"northbeam": "sitemap", "correio-do-vale": "listing", "boxworks": "conference"}
    assert found["meridian-daily"].voice == found["meridian-business"].voice == "Meridian Group"


def test_the_server_is_a_proxy_for_its_outlets_only(opener: urllib.request.OpenerDirector) -> None:
    with opener.open("http://lumen-ledger.example/feed.xml", timeout=5) as reply:
        assert reply.status == 200
        assert reply.headers["Content-Type"].startswith("application/rss+xml")
    with pytest.raises(HTTPError) as refused:
        opener.open("http://elsewhere.example/", timeout=5)
    assert refused.value.code == 502
    refused.value.close()


def test_a_redirect_loop_never_ends_for_a_client_that_follows_it(opener: urllib.request.OpenerDirector) -> None:
    with pytest.raises(HTTPError, match="redirect") as error:
        opener.open("http://void-review.example/texto/mercado-de-flores", timeout=5)
    error.value.close()


def test_the_host_header_serves_as_well_as_the_absolute_form_on_a_connection_kept_alive(newsroom: Newsroom) -> None:
    server = serve(newsroom)
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    for method, length in (("GET", True), ("HEAD", False)):
        connection.request(method, "/feed.xml", headers={"Host": "lumen-ledger.example"})
        reply = connection.getresponse()
        assert (reply.status, bool(reply.read())) == (200, length)
    connection.close()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("end", ["SIGTERM", "stdin"])
def test_the_program_tells_its_port_serves_and_ends_when_told(end: str) -> None:
    arguments = [sys.executable, "site.py", "--today", TODAY.isoformat(), "--until-stdin-closes"]
    with subprocess.Popen(arguments, cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        port = json.loads(program.stdout.readline())["port"]
        proxy = urllib.request.ProxyHandler({"http": f"http://127.0.0.1:{port}"})
        with urllib.request.build_opener(proxy).open("http://commonsgate.example/", timeout=5) as reply:
            assert b"Commons Gate" in reply.read()
        if end == "stdin" and program.stdin is not None:
            program.stdin.close()
        else:
            program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=5) == 0
