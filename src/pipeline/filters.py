"""Each verb as a filter: JSON Lines in, JSON Lines out, one object a line, in the order of the input.

A line that cannot be read is answered on stderr with its number; the rest goes on, and ``Complaints.count``
then makes the exit status 1. Nothing here touches the store. Each filter imports its verb itself, since the others'
libraries would take longer to load than it takes to work.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pipeline.model import Article, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pipeline import nlp, tag

    Line = dict[str, Any]

TEXT_FIELDS = ("title", "text", "url", "language", "published")
BATCH = 64
LARGEST_FILE = 64 * 1024 * 1024  # bytes; a page beyond this is no article


@dataclass
class Complaints:
    """Where a filter says what it could not read; ``count`` of them."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    count: int = 0

    def add(self, what: str) -> None:
        """Say one complaint as one line."""
        self.count += 1
        self.stream.write(what + "\n")


# ------------------------------------------------------------------ reading
def read_lines(stream: Iterable[bytes], complaints: Complaints) -> Iterator[Line]:
    """Yield the articles of a JSON Lines stream; complain of lines that are none, with their number."""
    for number, raw in enumerate(stream, start=1):
        if raw.strip():
            line = _line(raw)
            if isinstance(line, str):
                complaints.add(f"line {number}: {line}")
            else:
                yield line


def _line(raw: bytes) -> Line | str:
    try:
        line = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "not UTF-8"
    except (json.JSONDecodeError, RecursionError) as error:
        return f"not JSON: {error}"
    if not isinstance(line, dict):
        return "not a JSON object"
    if line.get("id") is None:
        return "id: is missing"
    for name in TEXT_FIELDS:
        if line.get(name) is not None and not isinstance(line[name], str):
            return f"{name}: text is wanted, not {type(line[name]).__name__}"
    # a lone surrogate cannot be written as UTF-8 again
    return {k: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for k, v in line.items()}


def as_article(line: Line, number: int) -> Article:
    """Return a line as an Article; ``number`` stands in for the store's id."""
    return Article(
        id=number,
        url=line.get("url") or "",
        title=line.get("title") or "",
        text=line.get("text") or "",
        published=_moment(line.get("published")),
        language=line.get("language") or None,
    )


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC) if moment else None


# ------------------------------------------------------------------ extract
def extract_paths(
    paths: Sequence[str], identify: Callable[[str], str | None], complaints: Complaints
) -> Iterator[Line]:
    """Yield one line a page; a folder stands for its HTML files, ``-`` for one page on stdin."""
    from pipeline import extract

    for path in paths:
        for name, body in _bodies(path, complaints):
            outcome = extract.article(Page(url="", body=body), identify)
            yield extract.as_line(name, outcome)


def _bodies(path: str, complaints: Complaints) -> Iterator[tuple[str, bytes]]:
    if path == "-":
        yield path, sys.stdin.buffer.read(LARGEST_FILE)
        return
    place = Path(path)
    for file in sorted(x for x in place.rglob("*") if _is_page(x)) if place.is_dir() else [place]:
        try:
            with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
                yield str(file), stream.read(LARGEST_FILE)
        except (OSError, EOFError, zlib.error) as error:
            complaints.add(f"{file}: {getattr(error, 'strerror', None) or error}")


def _is_page(path: Path) -> bool:
    return path.is_file() and path.name.removesuffix(".gz").endswith((".html", ".htm", ".xhtml"))


# ------------------------------------------------------------------ cluster and tag
def cluster_lines(lines: Iterable[Line], models: nlp.Models) -> Iterator[Line]:
    """Yield the story and the origin of each line, decided on arrival."""
    from pipeline import cluster, dedupe

    return cluster.lines(lines, models.encode, dedupe.Seen().copy_of)


def tag_lines(
    lines: Iterable[Line], models: nlp.Models, tagger: tag.Tagger, watchlist: tag.Watchlist, *, scores: bool
) -> Iterator[Line]:
    """Yield themes with evidence, entities and quotes of each line."""
    from pipeline import tag

    stream = iter(lines)
    while batch := list(islice(stream, BATCH)):
        articles = [as_article(line, number) for number, line in enumerate(batch)]
        for line, article, note in zip(batch, articles, models.annotate(articles), strict=True):
            tagging = tag.article(article, note, tagger, watchlist)
            yield {"id": line["id"], **tag.as_line(tagging, note.language, scores=scores)}


def write_lines(lines: Iterable[Line], stream: TextIO) -> None:
    """Write one object a line, at once, so that a pipe sees each as it comes."""
    for line in lines:
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        stream.flush()
