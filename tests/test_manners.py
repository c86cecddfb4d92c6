"""Manners through a real crawl on loopback: robots.txt, asking only for what changed, waiting when asked to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from crawling import Desk, wait_for
from loopback import Answer, Seen, Web, page, rss, serving
from robots_vectors import CASES, Case

from crawlers.manners import max_age, wait_until
from pipeline.config import Config, load
from pipeline.errors import SettingError
from pipeline.model import Origin
from pipeline.store import open_store, work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FEED = "application/rss+xml"
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
PLAIN = 'reservations = "off"'


# ------------------------------------------------------------------ robots.txt
def host(n: int) -> str:
    return f"case{n}.example"


def scripted(web: Web, n: int, case: Case) -> list[str]:
    """Script the host of a case; return the addresses that its feed lists."""
    web.routes[f"{host(n)}/robots.txt"] = case.robots
    for place, answer in case.more.items():
        web.routes[place.removeprefix("http://") if place.startswith("http") else host(n) + place] = answer
    for path in (*case.allowed, *case.disallowed):
        web.routes.setdefault(host(n) + path, page("<p>words"))
    return [f"http://{host(n)}{path}" for path in (*case.allowed, *case.disallowed)]


@pytest.fixture(scope="module")
def obeyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, set[str]]]:
    """The desk and the places asked for, after one crawl of all cases."""
    with serving() as web:
        listed = [url for n, case in enumerate(CASES) for url in scripted(web, n, case)]
        web.routes["list.example/feed"] = page(rss(*(url.replace("&", "&amp;") for url in listed)), FEED)
        desk = Desk(tmp_path_factory.mktemp("robots"), web, {"list": ("feed", "http://list.example/feed")}, more=PLAIN)
        desk.config.write_text(desk.config.read_text().replace("max_bytes = 200000", "max_bytes = 2000000"))
        desk.crawl()
        yield desk, {s.host + s.path for s in web.seen}


@pytest.mark.parametrize(("n", "case"), list(enumerate(CASES)), ids=[case.name for case in CASES])
def test_robots_are_read_as_the_rfc_says(obeyed: Any, n: int, case: Case) -> None:
    _, asked = obeyed
    assert [path for path in case.disallowed if host(n) + path in asked] == []
    assert [path for path in case.allowed if host(n) + path not in asked] == []


def test_there_are_sixty_cases_and_no_disallowed_path_was_asked_for(obeyed: Any) -> None:
    _, asked = obeyed
    closed = {host(n) + path for n, case in enumerate(CASES) for path in case.disallowed}
    assert len(CASES) >= 60
    assert closed & asked == set()


def test_closed_doors_are_tried_again_and_disallowed_paths_never(obeyed: Any) -> None:
    desk, _ = obeyed
    reasons = {(r, state) for r, state in desk.rows(
        "SELECT r.reason, l.state FROM rejections r JOIN links l ON l.id = r.subject WHERE r.stage = 'fetch'")}  # fmt: skip
    assert reasons >= {("robots.txt unreachable", "pending"), ("disallowed by robots.txt", "failed")}
    assert ("disallowed by robots.txt", "pending") not in reasons


def robots_desk(folder: Path, web: Web, robots: Any) -> Desk:
    web.routes |= {
        "a.example/robots.txt": robots,
        "a.example/feed": page(rss("http://a.example/open", "http://a.example/shut"), FEED),
        "a.example/open": page("<p>x"),
        "a.example/shut": page("<p>x"),
    }
    return Desk(folder, web, {"a": ("feed", "http://a.example/feed")}, more=PLAIN)


SHUT = page("User-agent: *\nDisallow: /shut\n", "text/plain")


def test_robots_are_asked_for_once_a_day_not_once_a_crawl(tmp_path: Path) -> None:
    with serving() as web:
        desk = robots_desk(tmp_path, web, SHUT)
        for _ in range(2):
            desk.crawl()
        assert len(web.asked("a.example/robots.txt")) == 1
        [(expires, fetched)] = desk.rows("SELECT robots_expires_at, robots_fetched_at FROM origins")
        assert datetime.fromisoformat(expires) - datetime.fromisoformat(fetched) == timedelta(hours=24)


def test_an_old_copy_is_used_while_robots_are_unreachable(tmp_path: Path) -> None:
    with serving() as web:
        desk = robots_desk(tmp_path, web, Answer(b"", 503))
        with open_store(desk.database) as store:
            old = datetime.now(UTC) - timedelta(days=3)
            work.save_origin(store, Origin("http://a.example", old, 200, b"User-agent: *\nDisallow: /shut", old))
        desk.crawl()
        assert len(web.asked("a.example/robots.txt")) == 1
        assert desk.pages() == {"http://a.example/open"}
        assert desk.rows("SELECT robots_status, failing_since IS NULL FROM origins") == [(503, 0)]


@pytest.mark.parametrize(("days", "pages"), [(29, set()), (31, {"http://a.example/open", "http://a.example/shut"})])
def test_after_thirty_days_unreachable_robots_count_as_none(tmp_path: Path, days: int, pages: set[str]) -> None:
    with serving() as web:
        desk = robots_desk(tmp_path, web, Answer(b"", 500))
        with open_store(desk.database) as store:
            now = datetime.now(UTC)
            work.save_origin(store, Origin("http://a.example", now, failing_since=now - timedelta(days=days)))
        desk.crawl()
        assert desk.pages() == pages


def test_rules_belong_to_scheme_name_and_port(tmp_path: Path) -> None:
    with serving() as web, serving() as other:
        for one, rule in ((web, "/x"), (other, "/y")):
            place = "127.0.0.1"
            one.routes |= {f"{place}/robots.txt": page(f"User-agent: *\nDisallow: {rule}\n", "text/plain")}
            one.routes |= {f"{place}{path}": page("<p>words") for path in ("/x", "/y")}
        both = [f"http://127.0.0.1:{one.port}{path}" for one in (web, other) for path in ("/x", "/y")]
        web.routes["127.0.0.1/feed"] = page(rss(*both), FEED)
        desk = Desk(tmp_path, web, {"a": ("feed", f"http://127.0.0.1:{web.port}/feed")}, more=PLAIN, proxied=False)
        desk.config.write_text(desk.config.read_text().replace("allow = [", f'allow = ["127.0.0.1:{other.port}", '))
        desk.crawl()
        assert desk.pages() == {f"http://127.0.0.1:{web.port}/y", f"http://127.0.0.1:{other.port}/x"}


# ------------------------------------------------------------------ asking only for what changed
def validated(body: str, *, etag: Callable[[int], str | None], modified: str | None) -> Callable[[Seen], Answer]:
    """A feed that never changes; its ETag may be another one at every answer."""
    answers = [0]

    def answer(seen: Seen) -> Answer:
        answers[0] += 1
        known = etag(answers[0] - 1)
        fields = {"ETag": etag(answers[0]), "Last-Modified": modified}
        headers = {name: value for name, value in fields.items() if value}
        same = (
            seen.headers.get("If-None-Match") == known if known else seen.headers.get("If-Modified-Since") == modified
        )
        return Answer(b"", 304, headers) if same and (known or modified) else page(body, FEED, **headers)

    return answer


KINDS: list[tuple[Callable[[int], str | None], str | None]] = [
    (lambda _: '"strong"', None),
    (lambda _: 'W/"weak"', "Mon, 02 Mar 2026 12:00:00 GMT"),
    (lambda n: f'"changing-{n}"', None),
    (lambda _: None, "Mon, 02 Mar 2026 12:00:00 GMT"),
]


def test_of_a_hundred_looks_at_unchanged_feeds_all_are_answered_with_304(tmp_path: Path) -> None:
    with serving() as web:
        sources = {}
        for n in range(100):
            etag, modified = KINDS[n % len(KINDS)]
            web.routes[f"h{n}.example/feed"] = validated(rss(), etag=etag, modified=modified)
            sources[f"h{n}"] = ("feed", f"http://h{n}.example/feed")
        web.routes["bare.example/feed"] = page(rss("http://bare.example/1"), FEED)
        desk = Desk(tmp_path, web, sources | {"bare": ("feed", "http://bare.example/feed")}, more=PLAIN)
        desk.crawl()
        unchanged = [desk.crawl()[-1]["counts"]["unchanged"] for _ in range(1)]
        assert desk.rows("SELECT status, count(*) FROM polls GROUP BY 1 ORDER BY 1") == [(200, 1), (304, 100)]
        assert unchanged == [101]  # the one without validators is known by its bytes
        assert desk.rows("SELECT sum(looks) FROM polls WHERE status = 304") == [(100 * 2,)]


def test_what_was_read_but_not_kept_before_a_kill_is_read_again(tmp_path: Path) -> None:
    with serving() as web:
        running: list[Any] = []
        body = rss("http://a.example/1")

        def killing(seen: Seen) -> Answer:
            if len(web.asked("a.example/feed")) == 1:
                running[0].kill()
            if seen.headers.get("If-None-Match"):
                return Answer(b"", 304)
            return page(body, FEED, ETag='"1"')

        web.routes |= {"a.example/feed": killing, "a.example/1": page("<p>x")}
        desk = Desk(tmp_path, web, {"a": ("feed", "http://a.example/feed")}, more=PLAIN)
        running.append(desk.start())
        running[0].communicate()
        desk.crawl()
        assert "If-None-Match" not in web.asked("a.example/feed")[1].headers
        assert desk.pages() == {"http://a.example/1"}


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, None), ("max-age=600", 600.0), ("public, MAX-AGE = 60, must-revalidate", 60.0), ('max-age="5"', 5.0),
        ("no-cache, max-age=600", 0.0), ("no-store", 0.0), ("s-maxage=9", None), ("max-age=-1", None), ("x", None),
    ],
)  # fmt: skip
def test_how_long_an_answer_stays_fresh_is_read_off_its_header(said: str | None, seconds: float | None) -> None:
    assert max_age(said) == seconds


# ------------------------------------------------------------------ Retry-After
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120), ("0", 60), ("-5", 60), ("999999999999999999999999", 86_400), ("soon", 60), ("", 60), ("1e9", 60),
        ("12.5", 60), (" 300 ", 300), (format_datetime(NOW + timedelta(hours=1), usegmt=True), 3600),
        (format_datetime(NOW - timedelta(days=9), usegmt=True), 60),
        (format_datetime(NOW + timedelta(days=900), usegmt=True), 86_400),
        ("Mon, 09 Mar 2026 13:00:00 +0200", 60), ("Mon, 99 Foo 2026 13:00:00 GMT", 60), ("\u0663", 60),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_every_form_and_kept_between_a_minute_and_a_day(said: str, seconds: int) -> None:
    assert wait_until(said, NOW) == NOW + timedelta(seconds=seconds)


def test_after_retry_after_nothing_is_asked_of_the_host_across_restarts_and_kills(tmp_path: Path) -> None:
    with serving() as web:
        web.routes |= {
            "a.example/feed": page(rss(*(f"http://busy.example/{n}" for n in range(5)), "http://b.example/hop"), FEED),
            "b.example/hop": Answer(b"", 302, {"Location": "http://busy.example/hop"}),
            "busy.example/feed": page(rss(), FEED),
        }
        web.routes |= {
            f"busy.example/{n}": Answer(b"", 429, {"Retry-After": "3600"}) for n in ("0", "1", "2", "3", "4")
        }
        desk = Desk(tmp_path, web, {"a": ("feed", "http://a.example/feed")}, more=PLAIN)
        process = desk.start()
        wait_for(lambda: any(s.host == "busy.example" and s.path != "/robots.txt" for s in list(web.seen)))
        wait_for(lambda: desk.rows("SELECT count(*) FROM hosts WHERE wait_until IS NOT NULL") == [(1,)])
        process.kill()
        process.communicate()
        asked = len([s for s in web.seen if s.host == "busy.example"])
        # robots.txt and the one page; on a machine that stands still for a second, another that was on its way by then
        assert asked in (2, 3)
        desk = Desk(tmp_path, web, desk.sources | {"busy": ("feed", "http://busy.example/feed")}, more=PLAIN)
        for _ in range(2):
            desk.crawl()
        assert len([s for s in web.seen if s.host == "busy.example"]) == asked
        assert desk.rows("SELECT count(*) FROM polls WHERE source = 'busy'") == [(0,)]
        assert desk.rows("SELECT count(*) FROM links WHERE state = 'failed'") == [(0,)]
        release(desk)
        web.routes |= {f"busy.example/{n}": page("<p>x") for n in ("0", "1", "2", "3", "4", "hop")}
        desk.crawl()
        # the one that was asked for is tried later, unless the kill came before that was kept
        assert len([url for url in desk.pages() if url.startswith("http://busy.example/")]) in (4, 5)


def release(desk: Desk) -> None:
    """Let the time pass that hosts asked for."""
    with open_store(desk.database) as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE hosts SET wait_until = '2026-01-01 00:00:00.000000'")


def test_a_wait_is_asked_for_in_robots_too_and_ends_in_time(tmp_path: Path) -> None:
    with serving() as web:
        desk = robots_desk(tmp_path, web, Answer(b"", 503, {"Retry-After": "120"}))
        desk.crawl()
        desk.crawl()
        assert web.paths("a.example") == ["/robots.txt"]
        [(until,)] = desk.rows("SELECT wait_until FROM hosts")
        assert 100 < (datetime.fromisoformat(until).replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() < 121


# ------------------------------------------------------------------ who asks
@pytest.mark.parametrize("value", ["", "   ", "a\nb", "\x1b[1m"])
@pytest.mark.parametrize("name", ["contact", "user_agent"])
def test_a_crawler_that_does_not_say_who_it_is_does_not_start(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "tideline.toml"
    file.write_text(f"[crawl]\n{name} = {value!r}\n".replace("'", '"').replace("\\x1b", "\\u001b"))
    with pytest.raises(SettingError, match=rf"\[crawl\] {name}: a site's owner"):
        load(file, environ={})


def test_the_shipped_settings_are_in_order() -> None:
    assert Config().crawl_reservations == "strict"
