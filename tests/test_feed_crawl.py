"""A real crawl on loopback: pages made of a feed's text where they can't be had, transcripts, nested sitemaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from crawling import Desk
from feedtexts import LONG, SPACES, item
from loopback import Answer, Web, moved, page, serving

from crawlers.handover import Handover
from crawlers.manners import Trouble
from pipeline import extract
from pipeline.config import Config
from pipeline.model import Article, Hint, Link, Page, Poll
from pipeline.store import open_store, work
from pipeline.store.packing import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOME = "http://a.example"
WHOLE = f"<dc:creator>Ana Díaz</dc:creator><content:encoded><![CDATA[{LONG}<script>x()</script></article>]]></content:encoded>"
TOLD = "<podcast:transcript url='{}' type='text/vtt'/>"
VTT = "WEBVTT\n" + "".join(f"\n00:{n:02}.000 --> 00:{n + 1:02}.000\nSentence {n} is about prices.\n" for n in range(20))
ITEMS = {
    "shut": WHOLE, "gone": WHOLE, "closed/x": WHOLE, "sound": WHOLE, "broken": WHOLE, "fine": WHOLE, "hop": WHOLE,
    "teased": "<content:encoded>Read more…</content:encoded>", "e1": TOLD.format("/t/1.vtt"), "e2": TOLD.format("/t/2"),
    "e3": TOLD.format("/t/3.vtt"), "e4": TOLD.format("/t/4.html"),
}  # fmt: skip


def wild(web: Web) -> None:
    items = "".join(item(path, more, title=f"On {path}") for path, more in ITEMS.items()).replace(
        "https://news.example", HOME
    )
    feed = f'<rss version="2.0" {SPACES}><channel><language>en</language>{items}</channel></rss>'
    part = "<urlset><url><loc>http://map.example/{}</loc></url></urlset>"
    index = "<sitemapindex><sitemap><loc>http://map.example/{}.xml</loc></sitemap></sitemapindex>"
    web.routes |= {
        "a.example/feed": page(feed, "application/rss+xml"),
        "a.example/robots.txt": page("User-agent: *\nDisallow: /closed/\n", "text/plain"),
        "a.example/shut": Answer(b"", 403), "a.example/gone": Answer(b"", 410), "a.example/broken": Answer(b"", 500),
        "a.example/sound": page("ID3", "audio/mpeg"), "a.example/fine": page("<p>fetched"),
        "a.example/hop": moved("http://10.0.0.1/x"), "a.example/teased": Answer(b"", 403),
        "a.example/t/1.vtt": page(VTT, "text/vtt"), "a.example/t/2": page(VTT, "application/octet-stream"),
        "a.example/t/3.vtt": page("WEBVTT\n\n", "text/vtt"), "a.example/t/4.html": page("<p>Ana: all of it", "text/html"),
        "map.example/sitemap.xml": page(index.format("inner"), "text/xml"),
        "map.example/inner.xml": page(index.format("part"), "text/xml"),
        "map.example/part.xml": page(part.format("p1"), "text/xml"), "map.example/p1": page("<p>1"),
    }  # fmt: skip


SOURCES = {"a": ("feed", f"{HOME}/feed"), "map": ("sitemap", "http://map.example/sitemap.xml")}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, list[dict[str, Any]]]]:
    """The desk after one crawl of a feed with full texts and transcripts."""
    with serving() as web:
        wild(web)
        desk = Desk(tmp_path_factory.mktemp("feeds"), web, SOURCES)
        yield desk, desk.crawl()


def bodies(desk: Desk) -> dict[str, str]:
    rows = desk.rows("SELECT url, body FROM pages")
    return {url.removeprefix(HOME): unpack(body).decode() for url, body in rows}


def test_what_can_not_be_had_for_good_is_made_of_the_feeds_own_text(crawled: Any) -> None:
    desk, said = crawled
    made = {path for path, body in bodies(desk).items() if '<meta name="tideline-from" content="feed">' in body}
    assert made == {"/shut", "/gone", "/closed/x", "/sound"}
    assert said[-1]["counts"]["pages_from_feeds"] == 4
    assert bodies(desk)["/fine"] == "<p>fetched"


def test_why_the_page_could_not_be_had_is_still_told(crawled: Any) -> None:
    desk, _ = crawled
    held = {
        url.removeprefix(HOME): reason
        for url, reason in desk.rows("SELECT url, reason FROM rejections WHERE resolved_at IS NULL")
    }
    assert held == {
        "/shut": "forbidden", "/gone": "gone", "/closed/x": "disallowed by robots.txt", "/sound": "not a web page",
        "/broken": "server error", "/hop": "address not allowed", "/teased": "forbidden", "/t/3.vtt": "unreadable transcript",
        "/e1": "gone", "/e2": "gone", "/e3": "gone", "/e4": "gone",
    }  # fmt: skip


def test_the_texts_of_feeds_are_kept_only_while_their_links_are_pending(crawled: Any) -> None:
    desk, _ = crawled
    kept = desk.rows("SELECT l.url FROM contents c JOIN links l ON l.id = c.link")
    assert kept == [(f"{HOME}/broken",)]
    assert desk.rows("SELECT count(*) FROM links WHERE hint LIKE '%Tokens cost%' AND hint NOT LIKE '%summary%'") == [
        (0,)
    ]


def test_a_page_made_of_a_feed_is_extracted_like_any_other(crawled: Any) -> None:
    desk, _ = crawled
    body = bodies(desk)["/shut"]
    assert "<script" not in body
    article = extract.article(Page(f"{HOME}/shut", body.encode(), "a", fetched=datetime.now(UTC)), lambda _: "en")
    assert isinstance(article, Article)
    assert (article.title, article.authors, article.url) == ("On shut", ("Ana Díaz",), f"{HOME}/shut")
    assert "Wer heute ein Modell mietet" in article.text


def test_transcripts_become_pages_of_their_own_with_the_episodes_title(crawled: Any) -> None:
    desk, _ = crawled
    made = {path: body for path, body in bodies(desk).items() if path.startswith("/t/")}
    assert set(made) == {"/t/1.vtt", "/t/2", "/t/4.html"}
    assert "<h1>On e1</h1>" in made["/t/1.vtt"]
    assert "Sentence 0 is about prices. Sentence 1" in made["/t/2"]
    assert made["/t/4.html"] == "<p>Ana: all of it"


def test_an_index_within_an_index_is_read(crawled: Any) -> None:
    desk, _ = crawled
    assert "http://map.example/p1" in desk.pages()
    assert desk.rows("SELECT failures, error FROM polls WHERE source = 'map'") == [(0, None)]


# ------------------------------------------------------------------ in the store
def test_a_page_given_up_after_all_tries_is_made_of_the_feed_and_a_later_fetch_replaces_it(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 2, 12, tzinfo=UTC)]
    desk = Desk(tmp_path, Web(0), {"a": ("feed", f"{HOME}/feed")})
    with open_store(desk.database) as store:
        handover = Handover(store, Config(), clock=lambda: now[0])
        found = Link(f"{HOME}/1", "a", Hint("One", content="<p>The whole of it.</p>", transcript_of=None))
        work.save_poll(store, Poll("a", now[0], 200, now[0]), [found])
        work.save_poll(store, Poll("a", now[0], 200, now[0]), [found])
        for state in ("pending", "pending", "fetched"):
            handover.more = True
            [link] = handover.links()
            assert link.hint.content is None
            handover.page_troubled(link, Trouble("server error", "HTTP 500", later=True))
            assert desk.rows("SELECT state FROM links") == [(state,)]
            now[0] += timedelta(hours=2)
        assert "The whole of it." in bodies(desk)["/1"]
        assert desk.rows("SELECT count(*) FROM contents") == [(0,)]
        assert work.content_of(store, link.id) is None
        handover.page(link, f"{HOME}/1", b"<p>back again", "text/html")
        handover.flush()
        assert bodies(desk) == {"/1": "<p>back again"}
        assert desk.rows("SELECT count(*) FROM rejections WHERE resolved_at IS NULL") == [(0,)]
