"""The filter: rows in order of arrival in, the story and the origin of each out."""

from __future__ import annotations

import re
from collections import OrderedDict
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.cluster.placing import place
from pipeline.cluster.reading import READ
from pipeline.cluster.window import Window
from pipeline.model import Article

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pipeline.model import Copy, Vectors

_SENTENCE = re.compile(r"(?<=[.!?…])[\"”»)]*\s+|\n+")
LEAD = 12  # sentences that stand for an article
BATCH = 64  # articles whose sentences are encoded together


def lines(
    rows: Iterable[Mapping[str, Any]],
    encode: Callable[[Sequence[str]], Vectors],
    copy_of: Callable[[Article], Copy | None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    """Yield ``{"id", "story", "copy_of"}`` for each row, in order, decided on arrival.

    A row has an ``id`` and may have ``title``, ``text``, ``published`` (ISO 8601), ``url`` and ``language``.
    ``encode`` gives texts their unit rows, shape (texts, dimensions); ``copy_of`` (``dedupe.Seen().copy_of``) names
    the origin of a copy and remembers what it has seen. Stories are numbered from 1.
    """
    window, stream, ids, next_story = Window(), iter(rows), OrderedDict[int, Any](), 1
    numbered = enumerate(stream, start=1)
    while batch := list(islice(numbered, BATCH)):
        articles = [_article(number, row) for number, row in batch]
        for (number, row), article, vector in zip(batch, articles, _vectors(articles, encode), strict=True):
            ids[number] = row["id"]
            copy = copy_of(article)
            theirs = window.story_of(copy.origin) if copy else None
            placement = place(window, article, vector, next_story=next_story, origin_story=theirs)
            window.add(article, vector, placement.story)
            next_story += placement.opened
            yield {"id": row["id"], "story": placement.story, "copy_of": ids.get(copy.origin) if copy else None}
        while len(ids) > window.limit:
            ids.popitem(last=False)


def _article(number: int, row: Mapping[str, Any]) -> Article:
    said = {key: str(row.get(key) or "") for key in ("url", "title", "text", "language", "published")}
    return Article(
        number,
        said["url"],
        said["title"],
        said["text"],
        published=_time(said["published"]),
        language=said["language"] or None,
    )


def _time(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _vectors(articles: Sequence[Article], encode: Callable[[Sequence[str]], Vectors]) -> list[Vectors | None]:
    """One unit row an article: its title counts twice, its sentences ever less the later they come."""
    texts: list[str] = []
    parts: list[tuple[int, int, bool]] = []
    for article in articles:
        title = [article.title.strip()] if article.title.strip() else []
        lead = [s.strip() for s in _SENTENCE.split(article.text[: READ * 12]) if len(s.strip()) > 20][:LEAD]
        parts.append((len(texts), len(texts) + len(title) + len(lead), bool(title)))
        texts += title + lead
    if not texts:
        return [None] * len(articles)
    rows = encode(texts)
    return [_mean(rows[a:b], titled) if b > a else None for a, b, titled in parts]


def _mean(rows: Vectors, titled: bool) -> Vectors:
    weights = (1 / (1 + np.arange(len(rows)) / 8)).astype(np.float32)
    weights[0] = 2.0 if titled else 1.0
    total = weights @ rows
    return np.asarray(total / (np.linalg.norm(total) + 1e-9), dtype=np.float32)
