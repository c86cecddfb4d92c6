"""The crawl as a process of its own against a scripted web on loopback: found, kept, resumed, and polite."""

from __future__ import annotations

import gzip
import json
import signal
import time
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from crawling import Desk, wait_for
from loopback import Answer, Seen, Web, moved, page, rss, serving

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

FEED = "application/rss+xml"


def etagged(body: str, etag: str) -> Any:
    def answer(seen: Seen) -> Answer:
        if seen.headers.get("If-None-Match") == etag:
            return Answer(b"", 304, {"ETag": etag})
        return page(body, FEED, ETag=etag)

    return answer


def endless() -> Iterator[bytes]:
    for _ in range(2_000):
        yield b"x" * 10_000


def drip() -> Iterator[bytes]:
    for _ in range(60):
        time.sleep(0.1)
        yield b"x"


# ------------------------------------------------------------------ one crawl of everything that happens
PAGES = {
    "/one": page("<p>one"),
    "/moved": moved("/moved-to"),
    "/moved-to": page("<p>moved"),
    "/loop": moved("/loop2"),
    "/loop2": moved("/loop"),
    "/empty": page("  "),
    "/gone": Answer(b"", 410),
    "/secret": Answer(b"", 403),
    "/broken": Answer(b"", 500),
    "/picture": page("x", "image/png"),
    "/private-hop": moved("http://10.0.0.1/x"),
    "/file-hop": moved("file:///etc/hostname"),
    "/nowhere": Answer(b"", 302),
    "/large": page("x" * 300_000),
    "/bomb": Answer(gzip.compress(b"0" * 3_000_000), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}),
    "/endless": Answer(endless(), headers={"Content-Type": "text/html"}),
    "/drip": Answer(drip(), headers={"Content-Type": "text/html"}),
    "/cut": Answer(b"half", headers={"Content-Type": "text/html", "Content-Length": "4000", "Connection": "close"}),
    "/closed/x": page("<p>not for robots"),
    "/cookie": page("<p>cookie", **{"Set-Cookie": "a=b"}),
}
WANTED = {"/one", "/moved-to", "/cookie"}
HOME = "http://a.example"


def wild(web: Web) -> None:
    """Script the web of the big crawl."""
    listed = [HOME + path for path in PAGES if path not in ("/moved-to", "/loop2")]
    web.routes |= {"a.example" + path: answer for path, answer in PAGES.items()}
    web.routes |= {
        "a.example/robots.txt": page("User-agent: *\nDisallow: /closed/\n", "text/plain"),
        "a.example/feed": etagged(rss(*listed, "http://a.example/one?utm_source=again#x"), '"1"'),
        "same.example/feed": page(rss("http://same.example/p"), FEED),
        "same.example/p": page("<p>p"),
        "torn.example/feed": page(rss("http://torn.example/p", more="<title>a & b</title>"), FEED),
        "torn.example/p": page("<p>p"),
        "html.example/feed": page("<html><body>We moved.</body></html>"),
        "slow.example/feed": Answer(rss().encode(), slow=5),
        "down.example/robots.txt": Answer(b"", 503),
        "down.example/feed": page(rss("http://down.example/p"), FEED),
        "shut.example/robots.txt": page("User-agent: Tideline\nDisallow: /\n\nUser-agent: *\nAllow: /\n", "text/plain"),
        "shut.example/feed": page(rss(), FEED),
        "map.example/sitemap.xml": page(
            "<sitemapindex>" + "".join(f"<sitemap><loc>http://map.example/{n}.xml</loc></sitemap>" for n in "ab")
            + "<sitemap><loc>http://map.example/missing.xml</loc></sitemap></sitemapindex>", "text/xml"),
        "map.example/a.xml": page("<urlset><url><loc>http://map.example/p1</loc></url></urlset>", "text/xml"),
        "map.example/b.xml": page("<urlset><url><loc>http://map.example/p2</loc></url></urlset>", "text/xml"),
        "map.example/p1": page("<p>1"),
        "map.example/p2": page("<p>2"),
        "list.example/blog": page('<main><h2><a href="/blog/why-prices-still-fall">Why prices still fall</a></h2></main>'),
        "list.example/blog/why-prices-still-fall": page("<p>x"),
        "later.example/feed": Answer(b"", 429, {"Retry-After": "7200"}),
    }  # fmt: skip


SOURCES = {
    "a": ("feed", "http://a.example/feed"),
    "same": ("feed", "http://same.example/feed"),
    "torn": ("feed", "http://torn.example/feed"),
    "html": ("feed", "http://html.example/feed"),
    "slow": ("feed", "http://slow.example/feed"),
    "dead": ("feed", "http://dead.example/feed"),
    "down": ("feed", "http://down.example/feed"),
    "shut": ("feed", "http://shut.example/feed"),
    "map": ("sitemap", "http://map.example/sitemap.xml"),
    "list": ("listing", "http://list.example/blog"),
    "later": ("feed", "http://later.example/feed"),
    "inside": ("feed", "http://192.168.7.7/feed"),
    "attic": ("archive", "http://attic.example/x.warc.gz"),
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, list[dict[str, Any]], list[Seen]]]:
    """The desk after one crawl of the whole wild web, what the crawl said, and what the web saw."""
    with serving() as web:
        wild(web)
        desk = Desk(tmp_path_factory.mktemp("wild"), web, SOURCES)
        said = desk.crawl()
        yield desk, said, list(web.seen)


def test_a_crawl_fetches_what_its_sources_publish(crawled: Any) -> None:
    desk, _, _ = crawled
    assert desk.pages() == {HOME + path for path in WANTED} | {
        "http://same.example/p", "http://torn.example/p", "http://map.example/p1", "http://map.example/p2",
        "http://list.example/blog/why-prices-still-fall",
    }  # fmt: skip
    assert desk.rows("SELECT requested FROM pages WHERE url LIKE '%/moved-to'") == [(HOME + "/moved",)]


def test_every_fault_of_a_page_costs_only_that_page_and_has_a_reason(crawled: Any) -> None:
    desk, _, _ = crawled
    assert {url.removeprefix(HOME): reason for url, reason in desk.reasons().items() if url.startswith(HOME)} == {
        "/loop": "redirect loop", "/empty": "empty page", "/gone": "gone", "/secret": "forbidden",
        "/broken": "server error", "/picture": "not a web page", "/private-hop": "address not allowed",
        "/file-hop": "redirect to nowhere", "/nowhere": "redirect to nowhere", "/large": "too large",
        "/bomb": "too large", "/endless": "too large", "/drip": "timeout", "/cut": "connection cut off",
        "/closed/x": "disallowed by robots.txt",
    }  # fmt: skip


def test_what_may_get_better_is_tried_again_later_and_the_rest_never(crawled: Any) -> None:
    desk, _, _ = crawled
    pending = desk.rows("SELECT url FROM links WHERE state = 'pending'")
    assert {url.removeprefix(HOME) for (url,) in pending} == {"/broken", "/drip", "/cut"}
    assert desk.rows("SELECT count(*) FROM links WHERE state = 'pending' AND next_try < datetime('now')") == [(0,)]


def test_every_fault_of_a_source_costs_only_that_source_and_has_a_reason(crawled: Any) -> None:
    desk, _, _ = crawled
    polls = {key: (failures, error) for key, failures, error in desk.rows("SELECT source, failures, error FROM polls")}
    assert {key: (n, (error or "").partition(":")[0]) for key, (n, error) in polls.items()} == {
        "a": (0, ""), "same": (0, ""), "torn": (0, "malformed feed"), "html": (1, "not a feed"), "slow": (1, "timeout"),
        "dead": (1, "gone"), "down": (1, "robots.txt unreachable"), "shut": (1, "disallowed by robots.txt"),
        "map": (0, "gone"), "list": (0, ""), "later": (1, "asked to wait"), "inside": (1, "address not allowed"),
        "attic": (1, "gone"),
    }  # fmt: skip
    faulty = {key for (key,) in desk.rows("SELECT DISTINCT source FROM rejections WHERE stage = 'collect'")}
    assert faulty == set(SOURCES) - {"a", "same", "list"}


def test_the_wait_that_a_site_asks_for_is_kept(crawled: Any) -> None:
    desk, _, _ = crawled
    [(polled, due)] = desk.rows("SELECT polled_at, next_due FROM polls WHERE source = 'later'")
    wait = datetime.fromisoformat(due) - datetime.fromisoformat(polled)
    assert abs(wait - timedelta(hours=2)) < timedelta(seconds=5)


def test_progress_is_told_on_stdout_and_ends_complete(crawled: Any) -> None:
    _, said, _ = crawled
    assert said[-1]["finished"] is True
    assert said[-1]["counts"]["pages"] == 8
    assert said[-2]["done"] == said[-2]["total"]
    assert said[-2]["sources"] == len(SOURCES)
    assert all(line["done"] <= line["total"] for line in said[:-1])


def test_requests_are_honest_and_carry_neither_cookies_nor_referers(crawled: Any) -> None:
    _, _, seen = crawled
    assert {s.headers["User-Agent"] for s in seen} == {"Tideline/0.1 (+https://tideline.example/crawler)"}
    assert not any({"Cookie", "Referer", "Authorization"} & set(s.headers) for s in seen)


def test_robots_are_asked_first_and_obeyed(crawled: Any) -> None:
    _, _, seen = crawled
    places = [s.host + s.path for s in seen]
    assert not {"a.example/closed/x", "down.example/feed", "shut.example/feed"} & set(places)
    for host in {s.host for s in seen}:
        assert next(s.path for s in seen if s.host == host) == "/robots.txt"


def test_nothing_is_asked_for_twice(crawled: Any) -> None:
    _, _, seen = crawled
    places = [s.host + s.path for s in seen if not s.path.startswith("/loop")]
    assert len(places) == len(set(places))


def test_a_second_crawl_finds_nothing_new_and_fetches_no_page(crawled: Any) -> None:
    desk, _, _ = crawled
    before, links = desk.pages(), desk.rows("SELECT count(*) FROM links")
    desk.web.seen.clear()
    said = desk.crawl()
    assert desk.pages() == before
    assert desk.rows("SELECT count(*) FROM links") == links
    assert said[-1]["counts"].get("pages", 0) == 0
    assert desk.web.asked("a.example/feed")[0].headers["If-None-Match"] == '"1"'
    assert desk.rows("SELECT status, failures FROM polls WHERE source = 'a'") == [(304, 0)]
    assert said[-1]["counts"]["unchanged"] == 4  # a by its ETag; same, torn and list by their bytes
    assert desk.rows("SELECT error FROM polls WHERE source = 'torn'") == [("malformed feed",)]
    assert desk.web.asked("later.example/feed") == []


# ------------------------------------------------------------------ ended and killed
def busy_web(web: Web, pages: int = 60) -> dict[str, tuple[str, str]]:
    sources = {}
    for host in ("x.example", "y.example", "z.example"):
        listed = [f"http://{host}/{n}" for n in range(pages // 3)]
        web.routes[f"{host}/feed"] = etagged(rss(*listed), f'"{host}"')
        web.routes |= {f"{host}/{n}": Answer(f"<p>{n}".encode(), slow=0.03) for n in range(pages // 3)}
        sources[host[0]] = ("feed", f"http://{host}/feed")
    return sources


def enough(web: Web, pages: int, process: subprocess.Popen[str]) -> bool:
    return sum(s.path[1:].isdigit() for s in list(web.seen)) > pages or process.poll() is not None


def test_killed_at_any_instant_nothing_is_lost_and_nothing_double(tmp_path: Path) -> None:
    with serving() as web:
        desk = Desk(tmp_path, web, busy_web(web))
        for fetched in (1, 30):
            process = desk.start()
            wait_for(partial(enough, web, fetched, process))
            process.kill()
            process.communicate()
        said = desk.crawl()
        expected = {f"http://{host}.example/{n}" for host in "xyz" for n in range(20)}
        assert desk.pages() == expected
        assert desk.rows("SELECT count(*) FROM pages") == [(60,)]
        assert desk.rows("SELECT state, count(*) FROM links GROUP BY 1") == [("fetched", 60)]
        assert desk.rows("PRAGMA integrity_check") == [("ok",)]
        assert said[-1]["finished"] is True


def test_sigterm_ends_a_crawl_in_order(tmp_path: Path) -> None:
    with serving() as web:
        desk = Desk(tmp_path, web, busy_web(web, 900))
        process = desk.start()
        wait_for(lambda: len(web.seen) > 30)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - asked < 12
        assert (process.returncode, err) == (0, "")
        last = json.loads(out.splitlines()[-1])
        assert last["finished"] is True
        assert desk.rows("SELECT count(*) FROM pages") == [(last["counts"]["pages"],)]
        assert desk.rows("SELECT count(*) FROM links WHERE state = 'pending'")[0][0] > 0


def test_a_crawl_ends_when_its_time_is_over(tmp_path: Path) -> None:
    with serving() as web:
        desk = Desk(tmp_path, web, busy_web(web, 900), more="seconds = 1.0")
        assert desk.crawl()[-1]["finished"] is True
        assert desk.rows("SELECT count(*) FROM links WHERE state = 'pending'")[0][0] > 0


def test_no_sources_are_no_error_but_bad_settings_and_a_lost_store_are_one_line_and_an_exit_status(
    tmp_path: Path,
) -> None:
    with serving() as web:
        desk = Desk(tmp_path, web, {})
        assert desk.crawl()[-1] == {"finished": True, "counts": {}}
        desk.config.write_text("[crawl]\ndelai = 1\n")
        process = desk.start()
        assert "delai" in process.communicate()[1]
        assert process.returncode == 2
        desk.config.write_text(f'database = "sqlite:///{tmp_path}/missing/t.db"\n')
        process = desk.start()
        assert len(process.communicate()[1].splitlines()) == 1
        assert process.returncode == 1


# ------------------------------------------------------------------ manners between requests
@pytest.fixture(scope="module")
def polite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, list[Seen]]]:
    """One crawl with a delay, of a web in which one host is slow, one asks for more patience, and one for a pause."""
    with serving() as web:
        web.routes |= {f"a.example/{n}": Answer(b"<p>x", slow=0.2) for n in range(4)}
        web.routes |= {f"c.example/{n}": Answer(b"", 503, {"Retry-After": "600"}) for n in range(9)}
        items = [*(f"http://a.example/{n}" for n in range(4)), "http://b.example/hop"]
        web.routes |= {
            "a.example/feed": page(rss(*items), FEED),
            "b.example/hop": moved("http://a.example/hopped"),
            "a.example/hopped": page("<p>x"),
            "b.example/robots.txt": page("User-agent: *\nCrawl-delay: 0.8\n", "text/plain"),
            "c.example/feed": Answer(b"", 429, {"Retry-After": "600"}),
            "d.example/feed": page(rss(*[f"http://c.example/{n}" for n in range(9)]), FEED),
        }
        sources = {key: ("feed", f"http://{key}.example/feed") for key in "acd"}
        desk = Desk(tmp_path_factory.mktemp("polite"), web, sources)
        desk.config.write_text(desk.config.read_text().replace("delay = 0.0", "delay = 0.3"))
        desk.crawl()
        yield desk, list(web.seen)


def test_one_host_gets_one_request_at_a_time_with_the_delay_between_them(polite: Any) -> None:
    desk, seen = polite
    times = {host: [s.at for s in seen if s.host == host] for host in ("a.example", "b.example")}
    gaps = {host: [b - a for a, b in pairwise(t)] for host, t in times.items()}
    assert len(desk.pages()) == 5
    # Measured where requests arrive, on a machine that may be busy.
    assert min(gaps["a.example"]) > 0.2
    assert min(gaps["b.example"]) > 0.6


def test_a_host_that_asked_to_wait_is_asked_nothing_more_in_this_crawl(polite: Any) -> None:
    desk, seen = polite
    assert sum(s.host == "c.example" and s.path[1:].isdigit() for s in seen) <= 1
    assert desk.rows("SELECT count(*) FROM links WHERE state = 'pending'") == [(9,)]


def test_a_store_that_fails_in_the_middle_fails_the_crawl_as_a_whole(tmp_path: Path) -> None:
    with serving() as web:
        desk = Desk(tmp_path, web, busy_web(web, 900))
        process = desk.start()
        wait_for(lambda: len(web.seen) > 30)
        desk.rows("DROP TABLE pages")
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1
        assert "no such table: pages" in err
        assert len(err.splitlines()) == 1
