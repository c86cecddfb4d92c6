"""The probe on loopback: sites of many makes, each looked at by one real process, and the best way found on each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from conftest import clean_environment
from crawling import ROOT
from loopback import Answer, Web, moved, page, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime.now(UTC)
FEED = "application/rss+xml"
WORDS = "Die Hafenbehörde hat den billigeren Kran gewählt, nach langer Debatte unter ihren Mitgliedern. "


def story(host: str, number: int, section: str = "news") -> str:
    return f"http://{host}/{section}/{2000 + number}/what-the-port-did-next-{number}"


def front(host: str, head: str = "", *, count: int = 12, section: str = "news", language: str = "de") -> Answer:
    links = "".join(f'<h2><a href="{story(host, n, section)}">Was der Hafen tat {n}</a></h2>' for n in range(count))
    return page(
        f"<html lang={language}><head><title>Hafenblatt</title>{head}</head><body><main>{links}</main></body></html>"
    )


def rss(
    host: str, *, count: int = 12, hours: float = 2, section: str = "news", text: str = "", title: str = "Hafenblatt"
) -> Answer:
    items = "".join(
        f"<item><title>Was der Hafen tat {n}</title><link>{story(host, n, section)}</link>"
        f"<pubDate>{format_datetime(NOW - timedelta(hours=hours * (n + 1)))}</pubDate><description>{text}</description></item>"
        for n in range(count)
    )
    return page(f'<rss version="2.0"><channel><title>{title}</title><language>de-de</language>{items}</channel></rss>', FEED)  # fmt: skip


def linked(href: str, kind: str = FEED) -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}">'


def urlset(host: str, *, dated: bool) -> Answer:
    entries = "".join(
        f"<url><loc>{story(host, n)}</loc>{f'<lastmod>{(NOW - timedelta(days=n)).date()}</lastmod>' if dated else ''}</url>"
        for n in range(40)
    )
    return page(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>', "text/xml")


def news_map(host: str) -> Answer:
    entries = "".join(
        f"<url><loc>{story(host, n)}</loc><news:news><news:publication_date>{(NOW - timedelta(hours=n)).isoformat()}</news:publication_date>"
        f"<news:title>Was der Hafen tat {n}</news:title></news:news></url>"
        for n in range(1, 30)
    )
    return page(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{entries}</urlset>', "text/xml")  # fmt: skip


def json_feed(host: str) -> Answer:
    items = [
        {"id": str(n), "url": story(host, n), "title": f"Puerto {n}", "content_text": "Texto del puerto. " * 90,
         "date_published": (NOW - timedelta(days=n + 1)).isoformat()}
        for n in range(8)
    ]  # fmt: skip
    return page(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "El Puerto", "language": "es", "items": items}), "application/feed+json")  # fmt: skip


def agenda() -> Answer:
    sessions = [
        {"@type": "Event", "name": f"Session {n}", "startDate": f"2026-05-0{n % 3 + 1}T10:00", "url": f"/sessions/harbour-talk-{n}"}
        for n in range(20)
    ]  # fmt: skip
    event = {
        "@context": "https://schema.org",
        "@type": "BusinessEvent",
        "name": "Kai Summit",
        "startDate": "2026-05-01",
        "subEvent": sessions,
    }
    return page(f'<html lang="en"><head><title>Kai Summit 2026</title><script type="application/ld+json">{json.dumps(event)}</script></head><body><p>Agenda</p></body></html>')  # fmt: skip


NOTHING = page("<html><body><h1>Oops</h1><p>We could not find that page, but here is the menu.</p></body></html>")
SITES: dict[str, Any] = {
    "linked.example/": front("linked.example", linked("/rss/alles")),
    "linked.example/rss/alles": rss("linked.example", text=WORDS * 20),
    "hidden.example/": front("hidden.example"),
    "hidden.example/feed": rss("hidden.example", text=WORDS),
    "map.example/": page("<html lang=de><title>Karte</title><div id=app></div><script src=/app.js></script></html>"),
    "map.example/robots.txt": page("User-agent: *\nDisallow:\n\nUser-agent: GPTBot\nDisallow: /\nSitemap: http://map.example/maps/all.xml\nSitemap: http://map.example/maps/news.xml\n", "text/plain"),
    "map.example/maps/all.xml": urlset("map.example", dated=False),
    "map.example/maps/news.xml": news_map("map.example"),
    "index.example/": page("<html lang=de><title>Index</title><div id=app></div></html>"),
    "index.example/sitemap.xml": page("<sitemapindex><sitemap><loc>http://index.example/posts.xml</loc></sitemap></sitemapindex>", "text/xml"),
    "index.example/posts.xml": urlset("index.example", dated=True),
    "list.example/berichte": front("list.example", section="berichte"),
    "json.example/": front("json.example", linked("feed.json", "application/feed+json"), language="es"),
    "json.example/feed.json": json_feed("json.example"),
    "moved.example/": front("moved.example", linked("/alt.xml")),
    "moved.example/alt.xml": moved("http://moved.example/neu.xml", 301),
    "moved.example/neu.xml": rss("moved.example"),
    "given.example/feed.xml": rss("given.example"),
    "polite.example/": front("polite.example"),
    **{f"polite.example/{x}": NOTHING for x in ("feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json", "blog/feed", "sitemap.xml", "news-sitemap.xml")},
    "wall.example/": Answer(b"log in", 403),
    "walled-with-feed.example/": Answer(b"log in", 401),
    "walled-with-feed.example/feed": rss("walled-with-feed.example"),
    "shut.example/robots.txt": page("User-agent: *\nDisallow: /\n", "text/plain"),
    "half.example/robots.txt": page("User-agent: *\nDisallow: /news/\n", "text/plain"),
    "half.example/": front("half.example", linked("/feed")),
    "half.example/feed": rss("half.example"),
    "kai.example/agenda": agenda(),
    "two.example/": front("two.example", linked("/comments/feed") + linked("/feed")),
    "two.example/comments/feed": rss("two.example", title="Kommentare für Hafenblatt"),
    "two.example/feed": rss("two.example"),
    "parts.example/ki": front("parts.example", linked("/feed") + linked("/ki/feed"), section="ki"),
    "parts.example/feed": rss("parts.example", section="alles", count=30),
    "parts.example/ki/feed": rss("parts.example", section="ki"),
    "stale.example/": front("stale.example", linked("/feed")),
    "stale.example/feed": rss("stale.example", hours=24 * 400, section="alt"),
    "reserved.example/": Answer(front("reserved.example", linked("/feed") + '<meta name="robots" content="noai, noimageai">').body, headers={"Content-Type": "text/html", "TDM-Reservation": "1"}),
    "reserved.example/feed": rss("reserved.example"),
    "hop.example/": moved("http://10.1.2.3/feed"),
}  # fmt: skip
ASKED = (
    "linked.example/", "hidden.example/", "map.example/", "index.example/", "list.example/berichte", "json.example/",
    "moved.example/", "given.example/feed.xml", "polite.example/", "wall.example/", "walled-with-feed.example/",
    "shut.example/", "half.example/", "kai.example/agenda", "two.example/", "parts.example/ki", "stale.example/",
    "reserved.example/", "gone.example/nothing", "hop.example/", "10.0.0.1/",
)  # fmt: skip


@pytest.fixture(scope="module")
def probes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, dict[str, Any]], Web]]:
    """All sites probed once, by one process."""
    folder = tmp_path_factory.mktemp("probe")
    with serving() as web:
        web.routes |= SITES
        (folder / "tideline.toml").write_text(f'[crawl]\ndelay = 0.0\ntimeout = 5.0\nproxy = "{web.proxy}"\n')
        done = subprocess.run(
            [sys.executable, "-m", "crawlers", "--config", "tideline.toml", "--probe", *(f"http://{x}" for x in ASKED)],
            cwd=folder, env=clean_environment() | {"PYTHONPATH": os.pathsep.join([f"{ROOT}/src", ROOT])},
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert lines[-1] == {"finished": True}
        yield {x["probe"]["asked"].removeprefix("http://"): x["probe"] for x in lines if "probe" in x}, web


def chosen(probe: dict[str, Any]) -> tuple[str, str] | None:
    return next(((x["way"], x["address"]) for x in probe["candidates"] if x["chosen"]), None)


@pytest.mark.parametrize(
    ("asked", "way", "address"),
    [
        ("linked.example/", "feed", "linked.example/rss/alles"),
        ("hidden.example/", "feed", "hidden.example/feed"),
        ("map.example/", "sitemap", "map.example/maps/news.xml"),
        ("index.example/", "sitemap", "index.example/sitemap.xml"),
        ("list.example/berichte", "listing", "list.example/berichte"),
        ("json.example/", "feed", "json.example/feed.json"),
        ("moved.example/", "feed", "moved.example/neu.xml"),
        ("given.example/feed.xml", "feed", "given.example/feed.xml"),
        ("polite.example/", "listing", "polite.example/"),
        ("walled-with-feed.example/", "feed", "walled-with-feed.example/feed"),
        ("kai.example/agenda", "conference", "kai.example/agenda"),
        ("two.example/", "feed", "two.example/feed"),
        ("parts.example/ki", "feed", "parts.example/ki/feed"),
        ("stale.example/", "listing", "stale.example/"),
        ("reserved.example/", "feed", "reserved.example/feed"),
    ],
)
def test_the_best_way_is_found(probes: Any, asked: str, way: str, address: str) -> None:
    assert chosen(probes[0][asked]) == (way, f"http://{address}")


@pytest.mark.parametrize(
    ("asked", "trouble", "advice"),
    [
        ("wall.example/", "forbidden (HTTP 403)", "without an account"),
        ("shut.example/", "disallowed by robots.txt", "keeps crawlers out"),
        ("gone.example/nothing", "nothing there (HTTP 404)", "look for the address in a browser"),
        ("hop.example/", "address not allowed (address 10.1.2.3 is not public)", "only public"),
        ("10.0.0.1/", "address not allowed (address 10.0.0.1 is not public)", "only public"),
    ],
)
def test_where_no_way_is_found_the_cause_is_named(probes: Any, asked: str, trouble: str, advice: str) -> None:
    probe = probes[0][asked]

    assert chosen(probe) is None
    assert probe["trouble"] == trouble
    assert advice in probe["advice"]


@pytest.mark.parametrize(
    ("asked", "address", "why"),
    [
        ("linked.example/", "linked.example/", "links only: no dates, and what is an article is guessed"),
        ("map.example/", "map.example/maps/all.xml", "addresses without dates"),
        ("half.example/", "half.example/feed", "robots.txt keeps us from its articles"),
        ("two.example/", "two.example/comments/feed", "it carries readers' comments"),
        ("parts.example/ki", "parts.example/feed", "not the section that was asked for"),
    ],
)
def test_what_was_not_chosen_has_its_reason(probes: Any, asked: str, address: str, why: str) -> None:
    reasons = {x["address"]: x["why"] for x in probes[0][asked]["candidates"] if not x["chosen"]}

    assert reasons[f"http://{address}"] == why


def test_a_feed_is_described_by_items_rhythm_text_and_language(probes: Any) -> None:
    probe = probes[0]["linked.example/"]
    feed = probe["candidates"][0]

    assert (feed["items"], feed["dated"], feed["text"], feed["same_host"], feed["language"]) == (12, 12, "full text", 1, "de")  # fmt: skip
    assert feed["gap"] == pytest.approx(7200, abs=2)
    assert feed["covers"] == "12 of its 12 items are on the page asked for"
    assert (probe["name"], probe["language"]) == ("Hafenblatt", "de")


def test_an_abandoned_feed_is_told_by_its_age(probes: Any) -> None:
    whys = [x["why"] for x in probes[0]["stale.example/"]["candidates"] if x["way"] == "feed"]

    assert whys == ["its newest item is 400 days old"]


def test_what_a_site_says_to_machines_is_shown_as_it_stands(probes: Any) -> None:
    assert {"header tdm-reservation: 1", "meta robots: noai, noimageai"} <= set(
        probes[0]["reserved.example/"]["signals"]
    )
    assert "robots.txt names GPTBot" in probes[0]["map.example/"]["signals"]


def test_a_page_that_answers_200_for_everything_is_no_feed(probes: Any) -> None:
    tried = dict(probes[0]["polite.example/"]["tried"])

    assert tried["http://polite.example/feed"] == "no feed there"
    assert tried["http://polite.example/sitemap.xml"] == "no sitemap there"


def test_a_probe_is_polite(probes: Any) -> None:
    found, web = probes

    assert max(probe["requests"] for probe in found.values()) <= 18
    assert set(web.paths("shut.example")) == {"/robots.txt"}
    assert not any(path.startswith("/news/") for path in web.paths("half.example"))
    assert len(web.paths("wall.example")) <= 12
    assert web.paths("10.1.2.3") == web.paths("10.0.0.1") == []
    assert all(seen.headers["User-Agent"].startswith("Tideline/") for seen in web.seen)
