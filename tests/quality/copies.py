"""How well copies are found: precision and recall on pairs derived from real texts, development and held-out halves.

    python tests/quality/copies.py [--half 0|1] [--misses 10]

A pair counts as found when its later text meets the earlier one in the index and the words are then found to be
the same, as in the product, so that a miss of the index is a miss. Needs the exams' data for the whole set.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from pipeline import dedupe  # noqa: E402
from pipeline.model import Article  # noqa: E402
from quality import copy_pairs  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def found(pair: copy_pairs.Pair) -> bool:
    """Whether the product takes the pair's later text for a copy of the earlier one."""
    earlier = Article(1, "https://a.test/1", "One", pair.earlier, published=NOON)
    later = Article(2, "https://b.test/2", "Two", pair.later, published=NOON + timedelta(hours=2))
    seen = dedupe.Seen()
    seen.copy_of(earlier)
    return seen.copy_of(later) is not None


def figures(pairs: Sequence[copy_pairs.Pair]) -> tuple[float, float, list[copy_pairs.Pair]]:
    """Precision, recall and the pairs that are taken for what they are not."""
    counts: Counter[tuple[bool, bool]] = Counter()
    wrong = []
    for pair in pairs:
        said = found(pair)
        counts[said, pair.copy] += 1
        if said != pair.copy:
            wrong.append(pair)
    hits = counts[True, True]
    return hits / max(hits + counts[True, False], 1), hits / max(hits + counts[False, True], 1), wrong


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", type=int, choices=(0, 1), help="only development (0) or held out (1)")
    parser.add_argument("--misses", type=int, default=0, help="wrong pairs to show")
    parser.add_argument("--exams", type=Path, default=copy_pairs.EXAMS, help="folder of the exams' data")
    options = parser.parse_args()
    sets = {
        "exams": copy_pairs.pairs(copy_pairs.bases(options.exams)),
        "newsroom": copy_pairs.pairs(copy_pairs.newsroom_bases()),
    }
    for name, pairs in sets.items():
        for half in (0, 1) if options.half is None else (options.half,):
            began, chosen = time.process_time(), [pair for pair in pairs if pair.half == half]
            precision, recall, wrong = figures(chosen)
            seconds, copies = time.process_time() - began, sum(pair.copy for pair in chosen)
            print(
                f"{name}, {('development', 'held out')[half]}: precision {precision:.4f}, recall {recall:.4f}; {copies} "
                f"copies and {len(chosen) - copies} others, {seconds:.1f} CPU seconds",
                flush=True,
            )
            totals, misses = Counter(p.kind for p in chosen), Counter(p.kind for p in wrong)
            print(
                "   wrong: "
                + (", ".join(f"{kind} {n} of {totals[kind]}" for kind, n in misses.most_common()) or "none")
            )
            for pair in wrong[: options.misses]:
                print(f"--- {pair.kind}\n{pair.earlier[:1500]}\n>>>\n{pair.later[:1500]}")


if __name__ == "__main__":
    main()
