"""Reservations of text and data mining: read wherever they are said, recorded, and obeyed to the last byte."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from crawling import Desk
from loopback import Web, page, rss, serving

from crawlers import reservations
from crawlers.look import Look
from crawlers.rules import Rules
from crawlers.stub import bare, stub
from pipeline import extract
from pipeline.model import Article, Hint, Link, Page
from pipeline.store import open_store, work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEED = "application/rss+xml"
SECRET = "Der Speicherpreis fiel, sagte die Händlerin, und keiner kaufte mehr."
TOLD = ("im Januar", "am Hafen", "nach der Messe", "vor Gericht", "in Lyon", "trotz allem", "zu Recht")
BODY = f"<main>{''.join(f'<p>{SECRET} So war es {where}.</p>' for where in TOLD)}</main>"


@dataclass(frozen=True)
class Case:
    """One host: what it says where, and whether its text is reserved by the strict and by the narrow reading."""

    name: str
    strict: bool
    narrow: bool
    headers: dict[str, str] = field(default_factory=dict)
    head: str = ""
    robots: str = ""
    file: object = None


def header(name: str, value: str, strict: bool, narrow: bool) -> Case:
    return Case(f"{name}: {value}", strict, narrow, headers={name: value})


def meta(name: str, value: str, strict: bool, narrow: bool) -> Case:
    return Case(f"meta {name} {value}", strict, narrow, head=f'<META NAME="{name}" content="{value}">')


def robots(text: str, strict: bool, narrow: bool) -> Case:
    return Case(f"robots {text!r}", strict, narrow, robots=text)


def file(name: str, said: object, strict: bool, narrow: bool) -> Case:
    return Case(f"tdmrep.json {name}", strict, narrow, file=said)


def rule(place: str, value: object) -> dict[str, object]:
    return {"location": place, "tdm-reservation": value}


STAR = "User-agent: *\n"
CASES = [
    Case("nothing said", False, False),
    header("tdm-reservation", "1", True, True),
    header("TDM-Reservation", "0", False, False),
    header("tdm-reservation", "yes please", False, False),
    header("X-Robots-Tag", "noai", True, True),
    header("X-Robots-Tag", "noindex, NoAI, noimageai", True, True),
    header("X-Robots-Tag", "noimageai", False, False),
    header("X-Robots-Tag", "noindex, nofollow, noarchive, none", False, False),
    header("X-Robots-Tag", "otherbot: noai", False, False),
    header("X-Robots-Tag", "tideline: noai", True, True),
    header("X-Robots-Tag", "otherbot: noindex, tideline: noai", True, True),
    header("Content-Usage", "train-ai=n", True, False),
    header("Content-Usage", "train-ai=y, search=n", False, False),
    header("Content-Usage", "bots=n", True, True),
    header("Content-Usage", "search=y, tdm=n", True, True),
    header("Content-Signal", "ai-train=no, search=yes", True, False),
    meta("tdm-reservation", "1", True, True),
    meta("tdm-reservation", "0", False, False),
    meta("robots", "noai, noimageai", True, True),
    meta("robots", "index, follow", False, False),
    meta("Tideline", "noai", True, True),
    meta("googlebot", "noai", False, False),
    Case("meta in a comment", False, False, head='<!-- <meta name="tdm-reservation" content="1"> -->'),
    Case("meta in a script", False, False, head='<script>"<meta name=tdm-reservation content=1>"</script>'),
    robots(STAR + "Content-Signal: search=yes, ai-train=no\nAllow: /\n", True, False),
    robots(STAR + "Content-Signal: search=yes, ai-input=no\n", True, False),
    robots(STAR + "Content-Signal: ai-train=yes\n", False, False),
    robots("Content-Usage: train-ai=n\n" + STAR + "Disallow: /x\n", True, False),
    robots(STAR + "Content-Usage: /texts/ bots=n\n", True, True),
    robots(STAR + "Content-Usage: /other/ bots=n\n", False, False),
    robots(STAR + "Content-Usage: bots=n\nContent-Usage: /texts/ bots=y\n", False, False),
    robots("User-agent: otherbot\nContent-Usage: bots=n\n", False, False),
    robots("User-agent: tideline\nContent-Usage: bots=n\n", True, True),
    robots("User-agent: x\nDisallow: /\n\nUser-agent: tideline\nContent-Usage: bots=n\n", True, True),
    robots(STAR + "TDM-Reservation: 1\n", True, True),
    file("for all", [rule("/", 1)], True, True),
    file("as text", [rule("*", "1")], True, True),
    file("for this folder", [rule("/texts/*", 1), rule("/", 0)], True, True),
    file("for another folder", [rule("/photos/", 1)], False, False),
    file("the longest place counts", [rule("/", 1), rule("/texts/", 0)], False, False),
    file("one rule without a list", rule("/", 1), True, True),
    file("malformed", [7, {"location": 3}, {"tdm-reservation": 1}, None], False, False),
    file("no JSON", "<html>", False, False),
    Case("header against file", True, True, headers={"tdm-reservation": "0"}, file=[rule("/", 1)]),
    Case("file against header", True, True, headers={"tdm-reservation": "1"}, file=[rule("/", 0)]),
    Case("meta against header", True, True, headers={"tdm-reservation": "0"},
         head='<meta name="tdm-reservation" content="1">'),
    Case("robots against meta", True, False, head='<meta name="tdm-reservation" content="0">',
         robots=STAR + "Content-Signal: ai-train=no\n"),
]  # fmt: skip


def scripted(web: Web, n: int, case: Case) -> str:
    """Script the host of a case; return the address of its text."""
    host = f"r{n}.example"
    head = f'<title>Preis {n}</title><meta property="article:published_time" content="2026-03-02T08:00:00Z">'
    web.routes[f"{host}/texts/1"] = page(
        f"<html><head>{case.head}{head}</head><body>{BODY}</body></html>", **case.headers
    )
    if case.robots:
        web.routes[f"{host}/robots.txt"] = page(case.robots, "text/plain")
    if case.file is not None:
        text = case.file if isinstance(case.file, str) else json.dumps(case.file)
        web.routes[host + reservations.TDM_FILE] = page(text, "application/json")
    return f"http://{host}/texts/1"


def crawl(folder: Path, policy: str, web: Web) -> Desk:
    urls = [scripted(web, n, case) for n, case in enumerate(CASES)]
    items = "".join(
        f"<item><title>Preis</title><link>{u}</link><description>{SECRET}</description></item>" for u in urls
    )
    web.routes["list.example/feed"] = page(rss(more=items), FEED)
    desk = Desk(folder, web, {"list": ("feed", "http://list.example/feed")}, more=f'reservations = "{policy}"')
    desk.crawl()
    return desk


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    """A desk for each reading, after one crawl of all cases."""
    with serving() as web:
        yield {policy: crawl(tmp_path_factory.mktemp(policy), policy, web) for policy in ("strict", "tdm", "off")}


def reserved(desk: Desk) -> dict[int, str | None]:
    rows = desk.rows("SELECT url, reserved FROM pages")
    return {int(url.split(".")[0].removeprefix("http://r")): said for url, said in rows}


@pytest.mark.parametrize(("n", "case"), list(enumerate(CASES)), ids=[case.name for case in CASES])
def test_signals_are_read_in_every_place(crawled: Any, n: int, case: Case) -> None:
    assert bool(reserved(crawled["strict"])[n]) is case.strict
    assert bool(reserved(crawled["tdm"])[n]) is case.narrow
    assert reserved(crawled["off"])[n] is None


def test_no_full_text_is_kept_where_it_is_reserved(crawled: Any) -> None:
    desk = crawled["strict"]
    closed = [n for n, case in enumerate(CASES) if case.strict]
    assert len(CASES) >= 40
    with open_store(desk.database) as store:
        pages = work.pending_pages(store, 1)
    bodies = {int(p.url.split(".")[0].removeprefix("http://r")): p for p in pages}
    assert [n for n in closed if b"Speicherpreis" in bodies[n].body or bodies[n].hint.summary] == []
    hints = desk.rows("SELECT l.hint FROM links l JOIN pages p ON p.link = l.id WHERE p.reserved IS NOT NULL")
    assert len(hints) == len(closed)
    assert not any("Speicherpreis" in hint for (hint,) in hints)
    for n in set(range(len(CASES))) - set(closed):
        assert b"Speicherpreis" in bodies[n].body


def test_which_signal_and_where_is_recorded(crawled: Any) -> None:
    said = reserved(crawled["strict"])
    recorded = {case.name: said[n] for n, case in enumerate(CASES)}
    assert recorded["tdm-reservation: 1"] == "tdm-reservation: 1 (header)"
    assert recorded["meta robots noai, noimageai"] == "noai (meta)"
    assert recorded["tdmrep.json for all"] == "tdm-reservation: 1 (tdmrep.json)"
    assert recorded["robots against meta"] == "content-signal: ai-train=no (robots.txt)"
    [(tdm,)] = crawled["strict"].rows(
        f"SELECT tdm FROM origins WHERE origin = 'http://r{index('for this folder')}.example'"
    )
    assert json.loads(tdm) == [["/texts/*", True], ["/", False]]


def index(name: str) -> int:
    return next(n for n, case in enumerate(CASES) if case.name.endswith(name))


def test_tdmrep_is_asked_for_once_an_origin_and_not_at_all_when_switched_off(crawled: Any) -> None:
    web = crawled["strict"].web
    asked = [s.host for s in web.seen if s.path == reservations.TDM_FILE]
    assert sorted(asked) == sorted([*dict.fromkeys(asked)] * 2)  # two of the three desks


# ------------------------------------------------------------------ after collecting
def test_a_reserved_page_becomes_title_address_and_date_that_no_later_stage_sees(crawled: Any) -> None:
    desk = crawled["strict"]
    with open_store(desk.database) as store:
        pages = work.pending_pages(store, extract.VERSION)
        outcomes = [(p, extract.article(p, lambda _: "de")) for p in pages]
        now = datetime.now(UTC)
        work.save_articles(store, outcomes, version=extract.VERSION, now=now)
        for stage in ("annotate", "dedupe", "cluster", "tag"):
            assert not [a for a in work.pending_articles(store, stage, 10**6) if a.reserved]
            assert work.pending_count(store, stage, 10**6) == sum(not case.strict for case in CASES)
    rows = desk.rows("SELECT title, text, words, published_at, reserved FROM article WHERE reserved IS NOT NULL")
    assert len(rows) == sum(case.strict for case in CASES)
    assert {row[:4] for row in rows} == {("Preis", "", 0, "2026-03-02 08:00:00.000000")}


def test_nothing_of_a_reserved_text_lies_anywhere_in_the_database(tmp_path: Path) -> None:
    with serving() as web:
        scripted(web, 0, header("tdm-reservation", "1", True, True))
        item = f"<item><title>Preis</title><link>http://r0.example/texts/1</link><description>{SECRET}</description></item>"
        web.routes["r0.example/feed"] = page(rss(more=item), FEED, **{"tdm-reservation": "1"})
        desk = Desk(tmp_path, web, {"a": ("feed", "http://r0.example/feed")})
        desk.crawl()
        with sqlite3.connect(desk.folder / "tideline.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        assert desk.pages() == {"http://r0.example/texts/1"}
        assert b"Speicherpreis" not in (desk.folder / "tideline.db").read_bytes()


def test_a_change_of_mind_holds_for_new_text(tmp_path: Path) -> None:
    with serving() as web:
        web.routes |= {
            "a.example/feed": page(rss("http://a.example/1"), FEED),
            "a.example/1": page(BODY),
            "a.example/2": page(BODY),
        }
        desk = Desk(tmp_path, web, {"a": ("feed", "http://a.example/feed")})
        desk.crawl()
        web.routes["a.example/feed"] = page(rss("http://a.example/1", "http://a.example/2"), FEED)
        web.routes["a.example" + reservations.TDM_FILE] = page(json.dumps([rule("/", 1)]), "application/json")
        with open_store(desk.database) as store, store.writing() as connection:
            connection.exec_driver_sql("UPDATE origins SET tdm_expires_at = '2026-01-01 00:00:00.000000'")
        desk.crawl()
        said = dict(desk.rows("SELECT url, reserved FROM pages"))
        assert said == {"http://a.example/1": None, "http://a.example/2": "tdm-reservation: 1 (tdmrep.json)"}


# ------------------------------------------------------------------ what is kept instead
WHEN = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "hint", "title", "published"),
    [
        ("<title> Uno &amp;\n dos </title>", Hint(), "Uno & dos", None),
        ('<meta property="og:title" content="Três">', Hint(), "Três", None),
        ("<title>x</title>", Hint("Del feed", WHEN, summary=SECRET, authors=("A",)), "Del feed", WHEN),
        ('<script type="application/ld+json">{"@graph": [{"headline": "Vier", "datePublished": "2026-03-02T08:00:00Z"}]}</script>',
         Hint(), "Vier", WHEN),
        ('<script type="application/ld+json">{"headline": broken</script><h1>Cinq</h1><time datetime="2026-03-02T08:00">',
         Hint(), "Cinq", WHEN),
        ("", Hint(), "http://a.example/1", None),
        (f"<title>{'long ' * 500}</title>", Hint(), ("long " * 500)[:300], None),
    ],
)  # fmt: skip
def test_a_stub_has_title_link_and_date_and_nothing_else(
    head: str, hint: Hint, title: str, published: datetime | None
) -> None:
    body = f"<html><head>{head}</head><body>{BODY}</body></html>".encode()
    kept = stub(Page("http://a.example/1", body, "a", hint=hint, status=200), "noai (meta)")
    assert kept.hint == Hint(title=title, published=published)
    assert kept.reserved == "noai (meta)"
    assert b"Speicherpreis" not in kept.body
    assert len(kept.body) < 1000
    found = extract.article(kept, lambda _: None)
    assert isinstance(found, Article)
    assert (found.title, found.published, found.text, found.reserved) == (title, published, "", "noai (meta)")


@pytest.mark.parametrize("body", [b"", b"\x00" * 50, b"<", bytes(range(256)), "<title>\u00e9".encode("utf-16")])
def test_a_stub_can_be_made_of_any_bytes(body: bytes) -> None:
    kept = stub(Page('http://a.example/<&">', body), "x")
    assert b"&lt;&amp;&quot;&gt;" in kept.body


def test_links_of_a_reserved_feed_carry_no_words_of_its_texts() -> None:
    link = Link("http://a.example/1", "a", Hint("Title", WHEN, SECRET, ("A",), "de"))
    assert bare(Look((link,))).links == (Link("http://a.example/1", "a", Hint("Title", WHEN)),)


def test_utf_16_pages_are_looked_into_as_well() -> None:
    body = '<html><head><meta name="tdm-reservation" content="1"></head></html>'.encode("utf-16")
    said = reservations.reservation("http://a/1", [], body, rules=Rules(), tdm=(), agent="tideline", policy="tdm")
    assert said == "tdm-reservation: 1 (meta)"


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"7", b"[[]]", b"[" * 100_000, b"\xff\xfe", b'{"location": "/"}'])
def test_a_malformed_tdmrep_holds_no_rule(body: bytes) -> None:
    assert reservations.tdm_file(body) == ()
