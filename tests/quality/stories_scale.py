"""How fast articles are placed as the window fills, and what memory it takes: the curve over the window's size.

    python tests/quality/stories_scale.py [--sizes 1000,10000,100000] [--measured 2000] [--seed 5]

A made stream with vectors given: words of a Zipf vocabulary, stories of uneven size whose articles share names, numbers
and words of their own, a tenth of the stories about names that other stories have too. The window is filled by placing
every article (``--fill place``) or by adding it to the story that it is of (``--fill add``, faster and the same in size);
then the next ``--measured`` articles are placed and added, and only these are timed, in CPU seconds of this process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from pipeline import cluster  # noqa: E402
from pipeline.model import Article  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.model import Vectors

START = datetime(2026, 1, 1, tzinfo=UTC)
VOCABULARY, SKEW = 60_000, 1.05
LENGTH, DIMENSIONS = 180, 384
OPEN_SHARE = 0.35  # of the articles, those that open a story; the others join one of the newest
FILLED_IN = 10.0  # days in which the window fills, so that all of its stories are open


class Stream:
    """Articles without end: ``(article, unit vector, the story that it is of)``, the same for the same seed."""

    def __init__(self, seed: int, per_day: float) -> None:
        self.rng, self.per_day = np.random.default_rng(seed), per_day
        ranks = 1 / np.arange(1, VOCABULARY + 1) ** SKEW
        self.edges = np.cumsum(ranks / ranks.sum())
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        self.words = ["".join(w) for w in letters[self.rng.integers(0, 26, size=(VOCABULARY, 7))]]
        self.firms = [w.title() for w in self.words[-4000:]]
        self.live: list[tuple[int, list[str], Vectors]] = []
        self.next_story = self.count = 0

    def __iter__(self) -> Iterator[tuple[Article, Vectors, int]]:
        while True:
            yield self._article()

    def _article(self) -> tuple[Article, Vectors, int]:
        rng = self.rng
        self.count += 1
        if not self.live or rng.random() < OPEN_SHARE:
            self._open()
            at = len(self.live) - 1
        else:  # the newest stories get the most
            at = max(len(self.live) - 1 - int(rng.exponential(300)), 0)
        story, own, centre = self.live[at]
        common = [self.words[n] for n in np.searchsorted(self.edges, rng.random(LENGTH - 30)).tolist()]
        words = [*common, *(own[n] for n in rng.integers(0, len(own), size=30).tolist())]
        body = [words[n] for n in rng.permutation(len(words)).tolist()]
        title = " ".join([*own[:2], *body[:6]])
        noisy = centre + rng.standard_normal(DIMENSIONS, dtype=np.float32) * np.float32(0.6 / DIMENSIONS**0.5)
        when = START + timedelta(days=self.count / self.per_day)
        article = Article(self.count, "", title, " ".join(body), published=when, language="en")
        return article, np.asarray(noisy / np.linalg.norm(noisy), dtype=np.float32), story

    def _open(self) -> None:
        rng, self.next_story = self.rng, self.next_story + 1
        firm = self.firms[min(int(rng.pareto(0.6) * 10), len(self.firms) - 1)]
        people = [self.words[n].title() for n in rng.integers(2_000, VOCABULARY, size=4).tolist()]
        topic = [self.words[n] for n in rng.integers(500, 20_000, size=12).tolist()]
        numbers = [str(n) for n in rng.integers(20, 9_000, size=3).tolist()]
        centre = rng.standard_normal(DIMENSIONS, dtype=np.float32)
        self.live.append((self.next_story, [firm, *people, *numbers, *topic], centre / np.linalg.norm(centre)))
        del self.live[:-4_000]


def memory() -> float:
    """The most that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(size: int, measured: int, seed: int, *, placing: bool) -> tuple[float, float, float, float]:
    """Articles per CPU second placed in a window of ``size`` and while it was filled; share put right; MiB held."""
    before = memory()
    window, stream, number = cluster.Window(limit=size), iter(Stream(seed, size / FILLED_IN)), 0
    truth: dict[int, int] = {}  # a story of the window -> the one that its first article is of
    own: dict[int, int] = {}
    took, filling, right = 0.0, 0.0, 0
    for n, (article, vector, story) in enumerate(stream):
        if n >= size + measured:
            break
        timed = n >= size
        began = time.process_time()
        if placing or timed:
            placement = cluster.place(window, article, vector, next_story=number)
            window.add(article, vector, placement.story)
            took += (time.process_time() - began) * timed
            filling += (time.process_time() - began) * (not timed)
            right += timed and (truth.get(placement.story) == story or (placement.opened and story not in own))
            put, number = placement.story, number + placement.opened
        else:
            put = own.get(story, number)
            window.add(article, vector, put)
            filling += time.process_time() - began
            number += put == number
        truth.setdefault(put, story)
        own.setdefault(story, put)
    return measured / took, size / filling, right / measured, memory() - before


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--measured", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--fill", choices=("add", "place"), default="add")
    asked = parser.parse_args()
    print(f"{'in the window':>14} {'per CPU second':>15} {'while filled':>13} {'rightly placed':>15} {'MiB more':>10}")
    for size in map(int, asked.sizes.split(",")):
        speed, filled, right, held = measure(size, asked.measured, asked.seed, placing=asked.fill == "place")
        print(f"{size:>14,} {speed:>15.0f} {filled:>13.0f} {right:>15.3f} {held:>10.0f}", flush=True)


if __name__ == "__main__":
    main()
