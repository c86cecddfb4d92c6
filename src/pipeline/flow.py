"""THE PIPELINE ON ONE SCREEN: the stages in order.

Each stage asks the store what it has not done at its version, calls one verb, and saves. Work is a query, so
a stage may be stopped at any instant and repeated. What a subscriber is sent is in ``post.py``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import structlog

from pipeline import cluster, dedupe, engine, extract, nlp, outputs, summarise, tag, trend
from pipeline import digest as digests
from pipeline.model import Rejection
from pipeline.store import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pipeline.config import Config
    from pipeline.model import Article, Conference, Entity, Source, Theme
    from pipeline.store import Store

    Progress = Callable[[str, int, int], None]

T = TypeVar("T")
R = TypeVar("R")
log = structlog.get_logger()

HISTORY_DAYS = 120  # a trend's chart looks back this far


@dataclass(frozen=True)
class Edges:
    """What the stages touch the world with; built in one place (``cli.py``) and passed in."""

    config: Config
    store: Store
    models: nlp.LazyModels
    sources: Sequence[Source]
    themes: Sequence[Theme]
    entities: Sequence[Entity]
    conferences: Sequence[Conference]
    now: Callable[[], datetime]
    progress: Progress


# ------------------------------------------------------------------ the stages
def collect(edges: Edges) -> Mapping[str, int]:
    """Sources -> Pages, in a process of its own."""
    work.sync_catalogue(
        edges.store,
        sources=edges.sources,
        themes=edges.themes,
        entities=edges.entities,
        conferences=edges.conferences,
        now=edges.now(),
    )
    return engine.crawl(edges.config, lambda done, total: edges.progress("collect", done, total))


def read(edges: Edges) -> Mapping[str, int]:
    """Page -> Article or Rejection."""
    counts: Counter[str] = Counter()
    pending = lambda: work.pending_pages(edges.store, extract.VERSION)  # noqa: E731
    for pages in _batches(edges, "extract", extract.VERSION, pending):
        outcomes = [(page, _one("extract", page, lambda p: extract.article(p, edges.models().language))) for page in pages]
        work.save_articles(edges.store, outcomes, version=extract.VERSION, now=edges.now())
        counts.update("rejected" if isinstance(x, Rejection) else "articles" for _, x in outcomes)
    return counts


def annotate(edges: Edges) -> Mapping[str, int]:
    """Article -> Annotation: sentences and their vectors."""
    version = nlp.VERSION
    counts: Counter[str] = Counter()
    for articles in _batches(edges, "annotate", version, lambda: _articles(edges, "annotate", version, 32)):
        models = edges.models()
        work.save_annotations(
            edges.store, models.annotate(articles), version=version, model=models.name, now=edges.now()
        )
        counts["articles"] += len(articles)
    return counts


def fold(edges: Edges) -> Mapping[str, int]:
    """Same words -> Copies."""
    counts: Counter[str] = Counter()
    version = dedupe.VERSION
    for articles in _batches(edges, "dedupe", version, lambda: _articles(edges, "dedupe", version)):
        checked: list[tuple[Article, tuple[int, ...], object]] = []
        for article in articles:
            bands = dedupe.fingerprint(article.text)
            near = work.band_candidates(edges.store, bands) + [a for a, b, _ in checked if set(b) & set(bands)]
            checked.append((article, bands, dedupe.copy_of(article, near)))
        work.save_copies(edges.store, checked, version=version, now=edges.now())
        counts.update("copies" if copy else "originals" for _, _, copy in checked)
    return counts
