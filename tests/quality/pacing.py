"""Kill a crawl of one host every few seconds, start it again, and look for requests that came too early.

    python tests/quality/pacing.py [--feeds 200] [--kills 30] [--every 5] [--delay 0.2] [--seed 7]

Run by `make soak`; a short one runs in the tests. The judge is the server's own log. Exit status 1 if a gap is below
the delay, if two requests were under way at once, or if a page was fetched twice.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src"), str(HERE.parent.parent)]

from crawling import Desk  # noqa: E402
from loopback import Answer, Seen, Web, page, rss, serving  # noqa: E402

HOST = "one.example"


@dataclass(frozen=True)
class Found:
    """What the server saw: gaps between requests in seconds, requests at once, what was fetched more than once."""

    gaps: list[float]
    at_once: int
    twice: list[str]
    pages: int

    def early(self, delay: float) -> int:
        """How many requests came too early."""
        return sum(gap < delay for gap in self.gaps)


class _Door:
    """Counts how many requests are inside, and remembers the most."""

    def __init__(self) -> None:
        self.inside, self.most, self.lock = 0, 0, threading.Lock()

    def answer(self, answer: Answer) -> Answer:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        sleep(0.01)
        with self.lock:
            self.inside -= 1
        return answer


def scripted(web: Web, feeds: int, pages: int) -> tuple[dict[str, tuple[str, str]], _Door]:
    """A host with feeds of a few pages each."""
    door = _Door()

    def route(answer: Answer):  # type: ignore[no-untyped-def]
        return lambda _seen: door.answer(answer)

    sources = {}
    for n in range(feeds):
        listed = [f"http://{HOST}/{n}-{k}" for k in range(pages)]
        web.routes[f"{HOST}/feed{n}"] = route(page(rss(*listed), "application/rss+xml", ETag=f'"{n}"'))
        web.routes |= {f"{HOST}/{n}-{k}": route(page("<p>words")) for k in range(pages)}
        sources[f"f{n}"] = ("feed", f"http://{HOST}/feed{n}")
    return sources, door


def kept(folder: Path, *, feeds: int, pages: int, kills: int, every: float, delay: float, seed: int) -> Found:
    """Crawl, kill ``every`` seconds after the first request, on average; return what the server saw."""
    chance = random.Random(seed)
    with serving() as web:
        sources, door = scripted(web, feeds, pages)
        desk = Desk(folder, web, sources, more='reservations = "off"')
        settings = desk.config.read_text().replace("delay = 0.0", f"delay = {delay}")
        desk.config.write_text(
            settings.replace("floor = 0.0", "floor = 90000.0").replace("ceiling = 0.0", "ceiling = 90000.0")
        )
        for _ in range(kills):
            process = desk.start()
            before = len(web.seen)
            while process.poll() is None and len(web.seen) == before:
                sleep(0.02)  # how long a start takes says nothing
            ends = monotonic() + chance.uniform(0.2, 1.8) * every
            while process.poll() is None and monotonic() < ends:
                sleep(0.02)
            process.kill()
            process.communicate()
            print(f"{len(web.seen) - before} requests before the kill", flush=True)
        times = [s.at for s in web.seen]
        seen: list[Seen] = list(web.seen)
        stored = desk.rows("SELECT count(*) FROM pages")[0][0]
    again = Counter(s.path for s in seen if "-" in s.path)
    return Found([b - a for a, b in pairwise(times)], door.most, [x for x, n in again.items() if n > 1 + kills], stored)


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--pages", type=int, default=5)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=7)
    given = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as folder:
        found = kept(Path(folder) / "desk", **given)
    early = found.early(given["delay"])
    print(
        f"{len(found.gaps) + 1} requests in {sum(found.gaps):.0f} s, {found.pages} pages kept, {given['kills']} kills"
    )
    print(
        f"{early} gaps below {given['delay']} s (the shortest {min(found.gaps):.3f} s), {found.at_once} at once at most"
    )
    return 1 if early or found.at_once > 1 else 0


if __name__ == "__main__":
    sys.exit(main())
