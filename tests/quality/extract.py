"""Extraction beside trafilatura: speed A B A B in CPU seconds, and what is right on real pages: `make bench`.

    python tests/quality/extract.py [--pages FOLDER] [--rounds 3]

FOLDER holds an exam: ``html/NAME.html.gz`` and ``truth.json`` with ``articleBody`` (and ``url``) a name. Default: the
exams' 93 pages, where they are. ``exam_marks.json`` beside this file says of each page its title (a hash), the days on
which it may say that it was published, the day of its last change and its authors (hashes); a person read them off the
pages, without looking at what any extractor says.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from pipeline import extract, nlp  # noqa: E402
from pipeline.model import Article, Page, Rejection  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EXAM = HERE.parent.parent.parent / "shared" / "exams" / "data" / "extract" / "zyte"
MARKS: dict[str, dict[str, Any]] = json.loads((HERE / "exam_marks.json").read_text())


def pages_of(folder: Path) -> dict[str, Page]:
    """The pages of an exam by name, with their addresses where they are told."""
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return {
        name: Page(url=about.get("url") or "", body=gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()))
        for name, about in sorted(told.items())
    }


def read(pages: Mapping[str, Page]) -> dict[str, Article | Rejection]:
    """Extract them all."""
    return {name: extract.article(page, nlp.language) for name, page in pages.items()}


def body_f1(found: Mapping[str, Article | Rejection], folder: Path) -> float:
    """F1 of the mean precision and recall of 4-word shingles, as the exams count it."""
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    precision, recall = [], []
    for name, about in told.items():
        wanted, got = shingles(about["articleBody"]), shingles(getattr(found[name], "text", ""))
        both = sum((wanted & got).values())
        precision.append(both / (sum(got.values()) or 1))
        recall.append(both / (sum(wanted.values()) or 1))
    p, r = sum(precision) / len(precision), sum(recall) / len(recall)
    return 2 * p * r / (p + r)


def shingles(text: str, size: int = 4) -> Counter[tuple[str, ...]]:
    """Count the runs of four words."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[n : n + size]) for n in range(max(1, len(words) - size + 1))) if words else Counter()


def exact(found: Mapping[str, Article | Rejection]) -> dict[str, float]:
    """Shares of the marked pages on which title, day of publication, day of change and authors are exactly right."""
    right = Counter[str]()
    for name, mark in MARKS.items():
        article = found[name]
        if isinstance(article, Rejection):
            continue
        day = article.published.date().isoformat() if article.published else None
        changed = article.modified.date().isoformat() if article.modified else None
        right["title"] += key(article.title) == mark["title"]
        right["published"] += day in mark["published"]
        right["modified"] += changed == mark["modified"]
        right["authors"] += {key(x) for x in article.authors} == set(mark["authors"])
    return {what: count / len(MARKS) for what, count in right.items()}


def key(text: str) -> str:
    """Return the hash under which a text is marked."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    """Print quality once and both speeds in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, default=EXAM)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if not given.pages.is_dir():
        print(f"{given.pages}: no such folder; name one with --pages")
        return 0
    from trafilatura import bare_extraction

    pages = pages_of(given.pages)
    found = read(pages)
    print(f"{len(pages)} pages: F1 of the body {body_f1(found, given.pages):.4f}")
    if set(MARKS) <= set(pages):
        print("exactly right: " + ", ".join(f"{what} {share:.3f}" for what, share in exact(found).items()))
    print("cut texts flagged:", sum(getattr(x, "truncated", None) is not None for x in found.values()))
    ratios = []
    for _ in range(given.rounds):
        theirs = ours = 0.0
        for name, page in pages.items():  # in turn page by page: on a busy machine a second is never like the next
            theirs += seconds(lambda body=page.body: bare_extraction(body, with_metadata=True))
            ours += seconds(lambda one=page, key=name: read({key: one}))
        ratios.append(theirs / ours)
        print(
            f"trafilatura {len(pages) / theirs:6.1f}   tideline {len(pages) / ours:6.1f} pages per CPU second   "
            f"ratio {theirs / ours:.2f}",
            flush=True,
        )
    print(f"ratio at the median {sorted(ratios)[len(ratios) // 2]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
