"""Attack the crawler with everything that the tests hold only samples of, and print a figure a line.

    python tests/quality/hostile.py [addresses] [answers] [documents]

addresses: every form at every entry; answers: each bomb, flood and endless answer in a crawl of its own, with its peak
and its seconds; documents: each hostile document in a process of its own. Run by `make soak`. Exit status 1 if a figure
is missed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src"), str(HERE.parent.parent)]

import bad_answers  # noqa: E402
import bad_documents  # noqa: E402
from address_forms import hosts, tricks  # noqa: E402
from crawling import Desk, source  # noqa: E402
from rough import canaries, high_water, rough, watched  # noqa: E402
from test_hostile_addresses import behind_a_proxy, direct  # noqa: E402
from test_hostile_bodies import attacked  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rough import Act

MOST_MIB = 350
FAST, SLOW = 5.0, 10.0  # seconds for a document that is large, and for one that looks for slow patterns


def line(ok: bool, name: str, *figures: object) -> bool:
    print(f"{'ok   ' if ok else 'MISS '} {name:24}", *figures, flush=True)
    return ok


def addresses() -> Iterator[bool]:
    """Count those who came to the canary."""
    forms = hosts()
    with tempfile.TemporaryDirectory() as place:
        with rough() as server, canaries() as bird:
            crawl = watched(Desk(Path(place) / "direct", server, direct(server, bird, forms), proxied=False), 400)
            name = f"{len(forms)} forms x 3 entries, {len(tricks(1))} tricks"
            yield line(crawl.status == 0 and bird.accepted == 0, name, f"{bird.accepted} accepted")
        with rough() as server:
            watched(Desk(Path(place) / "proxied", server, behind_a_proxy(server, forms)))
            inside = [x for x in server.asked if not x.partition("/")[0].endswith(".example")]
            yield line(not inside, f"{len(forms)} forms x 6 documents", f"{len(inside)} asked for")


def answers() -> Iterator[bool]:
    """Crawl each answer alone, between a neighbour that must not notice."""
    acts = bad_answers.bombs() | bad_answers.encodings() | bad_answers.floods() | bad_answers.endless()
    for name, act in acts.items():
        yield _answer(name, act)


def _answer(name: str, act: Act) -> bool:
    with rough() as server, tempfile.TemporaryDirectory() as place:
        desk, crawl = attacked(Path(place), server, {name: act})
        stay = server.stays.get(f"{name.lower()}.example/feed", 0.0)
        error = desk.rows("SELECT error FROM polls WHERE source != 'good'")[0][0]
        good = desk.pages() == {"http://kept.example/1"} and crawl.status == 0 and bool(error)
        figures = f"{crawl.peak:.0f} MiB", f"{stay:.2f} s", f"{crawl.seconds:.1f} s in all", str(error)[:60]
        return line(good and crawl.peak <= MOST_MIB and stay <= 3.2, name, *figures)


def documents() -> Iterator[bool]:
    """Read each document in a process of its own."""
    for limit, cases in ((FAST, bad_documents.wide()), (SLOW, bad_documents.slow())):
        for name, bad in cases.items():
            yield _document(name, bad, limit)


def _document(name: str, bad: bad_documents.Bad, limit: float) -> bool:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_read, args=(there, bad))
    process.start()
    if not here.poll(limit * 6 + 20):
        process.kill()
        return line(False, name, "never came back")
    links, error, seconds, peak = here.recv()
    process.join()
    ok = seconds <= limit and peak <= MOST_MIB and error != "reader failed" and links >= min(bad.least, 500)
    return line(ok, name, f"{len(bad.body) / 2**20:.1f} MiB", f"{seconds:.2f} s", f"{peak:.0f} MiB", links, error)


def _read(there: object, bad: bad_documents.Bad) -> None:
    import os

    from crawlers.crawl import _read as read
    from crawlers.look import Sight

    start = "http://map.example/start"
    begun = time.process_time()
    look = read(Sight(source("bad", bad.way, start), start, bad.body, datetime.now(UTC), bad.kind))
    there.send((len(look.links), look.error, time.process_time() - begun, high_water(os.getpid())))  # type: ignore[attr-defined]


def main() -> int:
    """Print every figure; count the misses."""
    parts = {"addresses": addresses, "answers": answers, "documents": documents}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="addresses, answers, documents; all by default")
    chosen = parser.parse_args().parts or list(parts)
    missed = sum(not ok for part in chosen for ok in parts[part]())
    print(f"{missed} figures missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
