"""Archives on the web and on disk become pages: through the gate, resumed anywhere, nothing lost, nothing twice."""

from __future__ import annotations

import argparse
import gzip
import os
import random
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from conftest import clean_environment
from crawling import ROOT, Desk, wait_for
from loopback import Answer, Seen, Web, page, rss, serving
from warcs import block, record, zipped

from crawlers import backfill
from pipeline import config as settings
from pipeline.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOME = "http://a.example/"
FILE = "/crawl-data/2024/05/news-1.warc.gz"
HOLDER = "http://attic.example"
FEED = ("feed", "http://a.example/feed")


def noise(seed: int, size: int) -> str:
    """Text that does not get smaller."""
    return random.Random(seed).randbytes(size // 2).hex()


def pages(count: int, size: int = 40_000) -> list[bytes]:
    return [record(f"{HOME}{n}", block(f"<p>{noise(n, size)}")) for n in range(count)]


def ranged(body: bytes, etag: str = '"1"', *, slow: float = 0.0) -> Callable[[Seen], Answer]:
    """A file that can be asked for by ranges of bytes."""

    def answer(seen: Seen) -> Answer:
        if seen.headers.get("If-None-Match") == etag:
            return Answer(b"", 304, {"ETag": etag})
        first, last = map(int, re.findall(r"\d+", seen.headers["Range"]))
        part = body[first : last + 1]
        if not part:
            return Answer(b"", 416, {"Content-Range": f"bytes */{len(body)}"})
        said = {"ETag": etag, "Content-Range": f"bytes {first}-{first + len(part) - 1}/{len(body)}"}
        return Answer(part, 206, said, slow=slow)

    return answer


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        yield web


def desk(folder: Path, web: Web, path: str = FILE, **options: Any) -> Desk:
    return Desk(folder, web, {"a": FEED, "attic": ("archive", HOLDER + path)}, **options)


def urls(numbers: range) -> set[str]:
    return {f"{HOME}{n}" for n in numbers}


def state(at: Desk) -> tuple[Any, ...]:
    (row,) = at.rows("SELECT offset, size, records, pages, finished_at IS NOT NULL, error FROM archives")
    return row


def faults(at: Desk) -> dict[str, str]:
    """What is held against archives."""
    return {url: reason for url, reason in at.reasons("collect").items() if "#at=" in url}


# ------------------------------------------------------------------ on the web
def test_a_file_on_the_web_is_read_window_by_window_and_again_only_when_it_has_changed(
    tmp_path: Path, web: Web
) -> None:
    body = zipped(*pages(30), record("http://b.example/x"))
    web.routes["attic.example" + FILE] = ranged(body)
    at = desk(tmp_path, web)
    at.crawl()
    assert at.pages() == urls(range(30))
    assert state(at) == (len(body), len(body), 31, 30, 1, None)
    asked = web.asked("attic.example" + FILE)
    assert len(asked) >= len(body) // 200_000
    assert {seen.headers["Accept-Encoding"] for seen in asked} == {"identity"}
    assert at.rows("SELECT DISTINCT source FROM pages") == [("a",)]
    at.crawl()
    (again,) = web.asked("attic.example" + FILE)[len(asked) :]
    assert (again.headers["If-None-Match"], again.headers["Range"]) == ('"1"', "bytes=0-0")
    assert at.rows("SELECT failures, error FROM polls WHERE source = 'attic'") == [(0, None)]
    web.routes["attic.example" + FILE] = ranged(body + zipped(*pages(33)[30:]), '"2"')
    at.crawl()
    assert at.pages() == urls(range(33))
    assert state(at)[2:] == (34, 3, 1, None)


def test_a_list_of_paths_is_read_file_by_file_and_a_missing_one_costs_itself(tmp_path: Path, web: Web) -> None:
    lines = "crawl-data/one.warc.gz\n/crawl-data/gone.warc.gz\ncrawl-data/two.warc\nreadme.txt\nfile:///etc/x.warc\n"
    web.routes |= {
        "attic.example/data/warc.paths.gz": Answer(gzip.compress(lines.encode())),
        "attic.example/crawl-data/one.warc.gz": ranged(zipped(*pages(9)[:5])),
        "attic.example/crawl-data/two.warc": ranged(b"".join(pages(9)[5:])),
    }
    at = desk(tmp_path, web, "/data/warc.paths.gz")
    at.crawl()
    assert at.pages() == urls(range(9))
    assert faults(at) == {f"{HOLDER}/crawl-data/gone.warc.gz#at=0": "gone"}
    asked = len(web.seen)
    at.crawl()
    assert [s.path for s in web.seen[asked:] if s.path != "/robots.txt" and s.host == "attic.example"] == [
        "/data/warc.paths.gz"
    ]


def test_records_that_are_broken_or_longer_than_any_window_cost_themselves(tmp_path: Path, web: Web) -> None:
    good = pages(6)
    large = record(HOME + "large", block(noise(1, 900_000)), "resource")
    body = zipped(*good[:2], large, *good[2:4], record(HOME + "bad", length=9)) + b"rubbish" + zipped(*good[4:])
    web.routes["attic.example" + FILE] = ranged(body)
    at = desk(tmp_path, web)
    at.crawl()
    assert at.pages() == urls(range(6))
    assert sorted(faults(at).values()) == ["not a WARC record", "too large", "wrong length"]
    assert state(at)[4:] == (1, None)


WITHOUT_RANGES = {
    "small": (40_000, None, urls(range(3))),
    "large": (400_000, "no ranges", set()),
}


@pytest.mark.parametrize("name", WITHOUT_RANGES)
def test_a_server_without_ranges_is_read_whole_or_refused_in_words(name: str, tmp_path: Path, web: Web) -> None:
    size, error, found = WITHOUT_RANGES[name]
    web.routes["attic.example" + FILE] = Answer(zipped(*pages(3, size)))
    at = desk(tmp_path, web)
    at.crawl()
    assert at.pages() == found
    ((said,),) = at.rows("SELECT error FROM polls WHERE source = 'attic'")
    assert (said or "").partition(":")[0] == (error or "")


def test_what_is_no_archive_and_what_the_gate_refuses_is_said(tmp_path: Path, web: Web) -> None:
    web.routes["attic.example/list"] = page("just words\n")
    places = {"words": HOLDER + "/list", "local": "file:///etc/x.warc", "private": "http://10.0.0.7/x.warc.gz"}
    at = Desk(tmp_path, web, {key: ("archive", place) for key, place in places.items()})
    at.crawl()
    said = {key: error.partition(":")[0] for key, error in at.rows("SELECT source, error FROM polls")}
    assert said == {"words": "no archive", "local": "address not allowed", "private": "address not allowed"}


def test_a_crawl_whose_time_is_over_goes_on_where_it_was_the_next_time(tmp_path: Path, web: Web) -> None:
    body = zipped(*pages(24))
    web.routes["attic.example" + FILE] = ranged(body, slow=0.9)
    at = desk(tmp_path, web, more="seconds = 1.0")
    at.crawl()
    offset, _, _, taken, finished, _ = state(at)
    assert 0 < offset < len(body)
    assert (finished, taken) == (0, len(at.pages()))
    for _ in range(8):
        if not state(at)[4]:
            at.crawl()
    assert state(at) == (len(body), len(body), 24, 24, 1, None)
    assert at.pages() == urls(range(24))


# ------------------------------------------------------------------ on disk
def importing(at: Desk, *arguments: str) -> subprocess.Popen[str]:
    environment = clean_environment() | {"PYTHONPATH": os.pathsep.join([f"{ROOT}/src", ROOT])}
    return subprocess.Popen(
        [sys.executable, "-m", "crawlers", "--config", str(at.config), *arguments],
        cwd=at.folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def take_in(at: Desk, *arguments: str) -> dict[str, int]:
    """The same in this process, since none of it needs a reactor."""
    parser = argparse.ArgumentParser()
    backfill.add_arguments(parser)
    given = argparse.Namespace(**vars(parser.parse_args(arguments)), parent=None)
    config = settings.load(at.config, environ={})
    with open_store(config.database_url) as store:
        return backfill.run(store, config, given, lambda *_: None)


def test_a_folder_is_taken_in_once_and_its_hosts_without_a_source_are_named(tmp_path: Path) -> None:
    at = Desk(tmp_path / "desk", Web(0), {"a": FEED})
    folder = tmp_path / "kept" / "2024"
    folder.mkdir(parents=True)
    (folder / "1.warc.gz").write_bytes(zipped(*pages(3), *[record(f"http://b.example/{n}") for n in range(5)]))
    (folder / "2.warc").write_bytes(b"".join(pages(5)) + record("http://c.example/1"))
    (folder / "notes.txt").write_text("not one of them")
    assert take_in(at, "--archive", str(tmp_path / "kept")) == {
        "records": 14, "pages": 5, "known": 3, "no source": 6, "files": 2, "host:b.example": 5, "host:c.example": 1,
    }  # fmt: skip
    assert take_in(at, "--archive", str(tmp_path / "kept")) == {"files": 2, "files known": 2}
    assert take_in(at, "--archive", str(folder / "1.warc.gz"), "--host", "b.example", "--source", "a")["pages"] == 5
    assert at.rows("SELECT count(*), count(DISTINCT url) FROM pages") == [(10, 10)]


def test_what_we_learn_today_of_an_old_page_was_not_known_then(tmp_path: Path, web: Web) -> None:
    web.routes["a.example/feed"] = page(rss(HOME + "0", HOME + "1"), "application/rss+xml")
    web.routes["a.example/0"] = page("<p>from the web")
    at = Desk(tmp_path / "desk", web, {"a": FEED})
    at.crawl()
    kept = tmp_path / "old.warc.gz"
    kept.write_bytes(zipped(*[record(f"{HOME}{n}", date="2019-03-04T05:06:07.5Z") for n in range(3)]))
    counts = take_in(at, "--archive", str(kept))
    assert (counts["pages"], counts["known"]) == (2, 1)
    rows = at.rows("SELECT url, archived_at, seen_at > '2026' FROM pages ORDER BY url")
    assert rows == [(HOME + "0", None, 1), *[(f"{HOME}{n}", "2019-03-04 05:06:07.500000", 1) for n in (1, 2)]]
    assert at.rows("SELECT state, count(*) FROM links GROUP BY state") == [("fetched", 3)]
    assert at.rows("SELECT count(*) FROM rejections WHERE resolved_at IS NULL") == [(0,)]


def test_an_import_that_is_killed_again_and_again_loses_nothing_and_takes_nothing_twice(tmp_path: Path) -> None:
    at = Desk(tmp_path / "desk", Web(0), {"a": FEED})
    kept = tmp_path / "large.warc.gz"
    kept.write_bytes(zipped(*pages(300, 60_000), record(HOME + "bad", length=7)))
    chance, hits = random.Random(7), 0
    for _ in range(3):
        process = importing(at, "--archive", str(kept))
        before = len(at.pages())
        wait_for(lambda process=process, before=before: process.poll() is not None or len(at.pages()) > before)
        time.sleep(chance.uniform(0.0, 0.15))
        process.send_signal(signal.SIGKILL)
        hits += process.wait() == -signal.SIGKILL
        process.communicate()
        assert len(at.pages()) == state(at)[3]
    assert hits >= 2
    take_in(at, "--archive", str(kept))
    assert at.rows("SELECT count(*), count(DISTINCT url) FROM pages") == [(300, 300)]
    assert state(at) == (kept.stat().st_size, kept.stat().st_size, 301, 300, 1, None)
    assert list(at.reasons("collect").values()) == ["wrong length"]
