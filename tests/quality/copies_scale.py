"""What finding copies costs in a store of many articles: CPU, memory and disk at 10,000, 100,000, 1,000,000.

    python tests/quality/copies_scale.py [--articles 100000] [--measured 1000] [--rounds 5] [--words 500] [--postgres]

The index is filled with made-up fingerprints in random order, as articles fill it. Then the stage itself, `flow.fold`,
reads new articles: a quarter are copies, each outlet puts the same footer under its texts. CPU seconds are this
process's and, for PostgreSQL, those of its server (of the test run's own, with durability off).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

import databases  # noqa: E402

from pipeline import config, dedupe, flow  # noqa: E402
from pipeline.store import open_store, schema, work  # noqa: E402
from pipeline.store.work_copies import _packed  # noqa: E402
from quality.copy_pairs import FEET, HEADS  # noqa: E402

if TYPE_CHECKING:
    from pipeline.store import Store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TABLES = ("fingerprints", "fingerprint_values", "copies")
PIECE = 20_000


# ------------------------------------------------------------------ filling
def fill(url: str, first: int, last: int) -> None:
    """Make-believe articles ``first`` to ``last``: checked, each under eight values of its own."""
    chance = np.random.default_rng(first)
    with closing(open_store(url)) as store, store.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        cursor = raw.cursor()
        if sqlite:
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -2000000")
        else:
            cursor.execute("SET session_replication_role = replica")  # no articles stand behind them
        for start in range(first, last, PIECE):
            ids = range(start, min(start + PIECE, last))
            values = chance.integers(0, 2**dedupe.BITS, size=(len(ids), dedupe.VALUES), dtype=np.int64)
            prints = [(n, dedupe.VERSION, _packed(v.tolist())) for n, v in zip(ids, values, strict=True)]
            pairs = [(int(x), n) for n, v in zip(ids, values, strict=True) for x in v]
            done = [("dedupe", n, dedupe.VERSION, NOW.isoformat(" ")[:19], NOW.isoformat(" ")[:19]) for n in ids]
            cursor.execute("BEGIN")
            _insert(cursor, "fingerprints (article, version, sketch)", prints, sqlite)
            _insert(cursor, "fingerprint_values (value, article)", pairs, sqlite)
            _insert(cursor, "done (stage, subject, version, order_at, done_at)", done, sqlite)
            cursor.execute("COMMIT")
        if sqlite:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("ANALYZE")
        cursor.close()
        connection.invalidate()  # the settings were for filling only


def _insert(cursor: Any, table: str, rows: list[tuple[Any, ...]], sqlite: bool) -> None:
    if sqlite:
        marks = ", ".join("?" * len(rows[0]))
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        return
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


# ------------------------------------------------------------------ articles to measure with
class Texts:
    """New articles: words by Zipf's law, a footer of the outlet's own, a quarter of them copies of earlier ones."""

    def __init__(self, words: int, seed: int) -> None:
        self.chance = random.Random(seed)
        self.words = words
        self.vocabulary = [
            "".join(self.chance.choices("aeioulnrstdkm", k=self.chance.randint(2, 9))) for _ in range(30_000)
        ]
        self.weights = [1 / (n + 5) for n in range(len(self.vocabulary))]
        self.known: list[str] = []

    def next(self) -> str:
        """The text of one article."""
        if self.known and self.chance.random() < 0.25:
            return "\n".join(
                [self.chance.choice(HEADS), self.chance.choice(self.known[-400:]), self.chance.choice(FEET)]
            )
        count = max(int(self.chance.gauss(self.words, self.words / 3)), 60)
        words = self.chance.choices(self.vocabulary, weights=self.weights, k=count)
        body = "\n".join(" ".join(words[n : n + 50]).capitalize() + "." for n in range(0, count, 50))
        self.known.append(body)
        return f"{body}\n{self.chance.choice(FEET)}"


def arrive(store: Store, first: int, count: int, texts: Texts) -> None:
    """Put new articles before the stage; only what it reads of them."""
    rows, pending = [], []
    for n in range(first, first + count):
        when = NOW + timedelta(minutes=n - first)
        row = {"id": n, "page": n, "url": f"https://made.test/{n}", "source": "ledger", "title": f"Made {n}"}
        row |= {"text": texts.next(), "text_hash": str(n), "words": 1, "authors": ["A"], "precision": "time"}
        rows.append(row | {"published_at": when, "seen_at": when, "order_at": when, "day": when.date(), "version": 1, "extracted_at": when})  # fmt: skip
        pending.append({"stage": "dedupe", "subject": n, "version": 0, "order_at": when})
    with store.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw: Any = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys = OFF" if sqlite else "SET session_replication_role = replica")
        raw.commit()
        for start in range(0, count, 500):
            connection.execute(sa.insert(schema.articles), rows[start : start + 500])
            connection.execute(sa.insert(schema.done), pending[start : start + 500])
        connection.commit()
        connection.invalidate()


def edges(store: Store) -> flow.Edges:
    """What the stage touches the world with."""
    nothing: Any = ()
    return flow.Edges(
        config.Config(),
        store,
        lambda: nothing,
        databases.SOURCES,
        nothing,
        nothing,
        nothing,
        lambda: NOW,
        lambda *_: None,
    )


# ------------------------------------------------------------------ figures
def server_seconds(postmaster: int | None) -> float:
    """CPU seconds of PostgreSQL's processes."""
    total = 0
    for folder in Path("/proc").iterdir() if postmaster else ():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if postmaster in (int(fields[1]), int(folder.name)):
                ended = fields[13:15] if int(folder.name) == postmaster else []  # of its processes that are gone
                total += sum(map(int, (*fields[11:13], *ended)))
    return total / os.sysconf("SC_CLK_TCK")


def disk(store: Store) -> dict[str, int]:
    """Bytes of each table with its indexes."""
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            return {t: connection.scalar(sa.select(sa.func.pg_total_relation_size(t))) or 0 for t in TABLES}
        query = "SELECT SUM(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name WHERE m.tbl_name = ?"
        return {t: connection.exec_driver_sql(query, (t,)).scalar() or 0 for t in TABLES}


def measure(store: Store, postmaster: int | None, texts: Texts, first: int, options: argparse.Namespace) -> list[str]:
    """Say what the stage costs: the best and the middle of some rounds, for other work on the machine costs CPU too."""
    here, server, found = [], [], 0
    for n in range(options.rounds):
        arrive(store, first + n * options.measured, options.measured, texts)
        began, served = time.process_time(), server_seconds(postmaster)
        found += flow.fold(edges(store)).get("copies", 0)
        here.append(1000 * (time.process_time() - began) / options.measured)
        server.append(1000 * (server_seconds(postmaster) - served) / options.measured)
    both = [a + b for a, b in zip(here, server, strict=True)]
    used = disk(store)
    return [
        f"{min(both):.3f} ms CPU an article at best, {statistics.median(both):.3f} in the middle of {options.rounds} rounds",
        *([f"{min(here):.3f} of it here, {min(server):.3f} the server's at best"] if postmaster else []),
        f"{100 * found / options.measured / options.rounds:.0f} % are copies",
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB",
        f"index {(used['fingerprints'] + used['fingerprint_values']) / 2**20:.1f} MiB",
    ]


def main() -> None:
    """Print a line a size: 10,000, 100,000 and so on up to the number asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--measured", type=int, default=1000, help="new articles a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--words", type=int, default=500)
    parser.add_argument("--postgres", action="store_true", help="a PostgreSQL of its own instead of SQLite")
    options = parser.parse_args()
    sizes = [n for n in (10_000, 100_000, 1_000_000, 10_000_000) if n <= options.articles] or [options.articles]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, postmaster = databases.sqlite_url(folder), None
        if options.postgres:
            server = stack.enter_context(databases.postgres_server(folder))
            url = databases.postgres_url(server)
            postmaster = int(next(folder.glob("pgdata/postmaster.pid")).read_text().split()[0])
        store = stack.enter_context(closing(open_store(url)))
        work.sync_catalogue(store, sources=databases.SOURCES, themes=databases.THEMES, entities=databases.ENTITIES, conferences=databases.CONFERENCES, now=NOW)  # fmt: skip
        filled, texts = 0, Texts(options.words, 1)
        arrive(store, 2_000_000_000, 300, texts)
        flow.fold(edges(store))  # warm: statements are compiled, tables of letters are made
        for n, size in enumerate(sizes):
            apart = multiprocessing.get_context("spawn").Process(target=fill, args=(url, filled, size))
            apart.start()  # in a process of its own: its memory is none of the stage's
            apart.join()
            filled = size
            said = measure(store, postmaster, texts, 2_000_100_000 + n * 1_000_000, options)
            index = disk(store)
            each = (index["fingerprints"] + index["fingerprint_values"]) / (size + options.rounds * options.measured)
            print(f"{size:>10,} articles: " + "; ".join([*said, f"{each:.0f} bytes an article"]), flush=True)


if __name__ == "__main__":
    main()
