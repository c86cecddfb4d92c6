"""Kill the crawler at random moments, on SQLite and PostgreSQL, and judge by what the web published: `make soak`.

    python tests/quality/crawl_kills.py [--kills 500] [--seed 7] [--database sqlite|postgresql|both]

Twelve feeds of as many hosts answer with validators and carry only the items of the present round, so whatever a
crawl forgets is gone with the next round. In each round the crawler is killed five times with SIGKILL, at a random
moment after its first sign of life, and then runs once undisturbed. Lost is an item that was published and is not in
the store; double is one that is there more than once, or handed to extraction more than once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent), str(ROOT / "src"), str(ROOT)]

import databases  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from loopback import Answer, Seen, Web, page, rss, serving  # noqa: E402

import crawlers.__main__  # noqa: E402
from pipeline.model import Source  # noqa: E402
from pipeline.store import open_store, schema, work  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from typing import TextIO

HOSTS, ITEMS, KILLS_A_ROUND, ANSWER_SECONDS = 12, 8, 5, 0.01


@dataclass
class Papers:
    """The web: what is published, round by round, and how often each item was asked for."""

    web: Web
    round: int = 0
    published: set[str] = field(default_factory=set)

    def publish(self) -> None:
        """Begin a round: every feed shows new items only."""
        self.round += 1
        for n in range(HOSTS):
            host, items = f"paper{n}.example", [f"http://paper{n}.example/{self.round}/{i}" for i in range(ITEMS)]
            self.published.update(items)
            self.web.routes[f"{host}/feed"] = self._feed(rss(*items), f'"{self.round}"')
            self.web.routes |= {item.removeprefix("http://"): self._page(item) for item in items}

    @staticmethod
    def _feed(body: str, etag: str) -> object:
        def answer(seen: Seen) -> Answer:
            time.sleep(ANSWER_SECONDS)
            if seen.headers.get("If-None-Match") == etag:
                return Answer(b"", 304, {"ETag": etag})
            return page(body, "application/rss+xml", ETag=etag)

        return answer

    @staticmethod
    def _page(item: str) -> object:
        def answer(_: Seen) -> Answer:
            time.sleep(ANSWER_SECONDS)
            return page(f"<title>{item}</title><p>{item * 40}")

        return answer


FORKS = multiprocessing.get_context("forkserver")  # importing Scrapy costs more than a crawl of this size
PRELOAD = (
    "crawlers.__main__", "crawlers.crawl", "crawlers.settings", "pipeline.store", "psycopg", "feedparser",
    "scrapy.crawler", "scrapy.core.engine", "scrapy.downloadermiddlewares.httpcompression",
)  # fmt: skip


def crawl(folder: str, stdout: Connection) -> None:
    """Be the crawler's process."""
    os.chdir(folder)
    os.dup2(stdout.fileno(), 1)
    sys.stdout = os.fdopen(1, "w")
    sys.exit(crawlers.__main__.main([]))


@contextmanager
def crawler(folder: Path) -> Iterator[tuple[BaseProcess, TextIO]]:
    """Start one crawl; yield its process and what it says, once it has said something."""
    ear, mouth = multiprocessing.Pipe(duplex=False)
    process = FORKS.Process(target=crawl, args=(str(folder), mouth))
    process.start()
    mouth.close()
    with os.fdopen(os.dup(ear.fileno())) as said:
        ear.close()
        said.readline()
        yield process, said
    process.join()


def killed(folder: Path, longest: float, chance: random.Random) -> bool:
    """Start a crawl and kill it at a random moment after its first sign of life; False if it was done before."""
    with crawler(folder) as (process, _):
        process.join(chance.uniform(0, longest))
        process.kill()
        process.join()
    return process.exitcode == -signal.SIGKILL


def undisturbed(folder: Path) -> float:
    """Run a crawl to its end; return how long it went on after its first sign of life."""
    with crawler(folder) as (process, said):
        began = time.monotonic()
        said.read()
        process.join()
    if process.exitcode:
        raise RuntimeError(f"the crawl ended with {process.exitcode}")
    return time.monotonic() - began


def judged(url: str, published: set[str]) -> tuple[int, int]:
    """Return how many published items are lost, and how many are double."""
    p, d = schema.pages, schema.done
    with open_store(url) as store, store.reading() as connection:
        held = Counter(connection.scalars(sa.select(p.c.url)))
        handed = connection.scalar(sa.select(sa.func.count()).where(d.c.stage == "extract")) or 0
    double = sum(n - 1 for n in held.values()) + max(handed - sum(held.values()), 0)
    return len(published - held.keys()) + max(sum(held.values()) - handed, 0), double


def soak(url: str, kills: int, seed: int) -> tuple[int, int, int, int]:
    """Kill ``kills`` crawls; return hits, published, lost, double."""
    chance, hits = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as place, serving() as web:
        folder, papers = Path(place), Papers(web)
        (folder / "tideline.toml").write_text(
            f'database = "{url}"\n[crawl]\ndelay = 0.0\nfloor = 0.0\nceiling = 0.0\nconcurrency = 6\nproxy = "{web.proxy}"\n'
        )
        names = [f"paper{n}" for n in range(HOSTS)]
        listed = [Source(n, n, "feed", f"http://{n}.example/feed", "en", "US", "trade press") for n in names]
        with open_store(url) as store:
            work.sync_catalogue(store, sources=listed, themes=[], entities=[], conferences=[], now=datetime.now(UTC))
        papers.publish()
        longest = undisturbed(folder)
        while hits < kills:
            papers.publish()
            hits += sum(killed(folder, longest, chance) for _ in range(min(KILLS_A_ROUND, kills - hits)))
            undisturbed(folder)
        return hits, len(papers.published), *judged(url, papers.published)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of a new database."""
    if kind == "sqlite":
        yield databases.sqlite_url(folder)
        return
    with databases.postgres_server(folder) as server:
        yield databases.postgres_url(server)


def main() -> int:
    """Print one line a database; exit status 1 when something was lost or double."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    given = parser.parse_args()
    FORKS.set_forkserver_preload(list(PRELOAD))
    print(f"seed {given.seed}")
    bad = 0
    for kind in ("sqlite", "postgresql") if given.database == "both" else (given.database,):
        with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
            hits, published, lost, double = soak(url, given.kills, given.seed)
        print(f"{kind}: {hits} crawls killed, {published} items published, {lost} lost, {double} double", flush=True)
        bad += lost + double
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
