"""Which parts of a sitemap index one look reads: what changed since, news before archives, and the rest by lot.

Pure: nothing is remembered from look to look. A part whose lastmod lies before the last look is not read again; of more
parts than a look takes, half of the places go to the most promising and half are drawn anew each time, so that all of
them come to be read.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS = 20  # parts of an index that one look reads
MARGIN, MARGIN_OF_DAYS = timedelta(hours=1), timedelta(days=1)
SLOT = 600  # seconds for which one draw holds
FIRST = {"news", "latest", "recent", "today", "breaking", "noticias", "ultimas", "actualidad", "aktuell", "actualites"}
LAST = {
    "category", "categories", "categoria", "categorias", "tag", "tags", "author", "authors", "autor", "autores", "user",
    "users", "profile", "profiles", "people", "product", "products", "topic", "topics", "taxonomy", "section", "sections",
}  # fmt: skip
NEVER = {"image", "images", "video", "videos", "photo", "photos", "gallery", "galleries"}
MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_/]?(0[1-9]|1[0-2])(?!\d)")
YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
NUMBER = re.compile(r"(\d+)\D*$")
LETTERS = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an index: its address, when it was modified, and that as it was written."""

    url: str
    when: datetime | None = None
    told: str = ""


def is_new(when: datetime | None, told: str, since: datetime) -> bool:
    """Tell whether ``when`` lies after the last look, with a margin: a day where ``told`` names the day only."""
    return when is not None and when >= since - (MARGIN if ":" in told else MARGIN_OF_DAYS)


def chosen(parts: Sequence[Part], since: datetime, now: datetime) -> tuple[str, ...]:
    """Return the addresses of the parts to read, at most twenty."""
    fresh = {part.url: part for part in parts if _may_be_new(part, since)}
    wanted = [part for part in fresh.values() if not _words(part) & NEVER] or list(fresh.values())
    ordered = [part.url for part in sorted(wanted, key=_promise)]
    best = ordered[: PARTS if len(ordered) <= PARTS else PARTS // 2]
    slot = int(now.timestamp()) // SLOT
    rest = sorted(ordered[len(best) :], key=lambda url: zlib.crc32(f"{slot} {url}".encode()))
    return tuple(best + rest[: PARTS - len(best)])


def _may_be_new(part: Part, since: datetime) -> bool:
    if part.when is not None:
        return is_new(part.when, part.told, since)
    month = MONTH.search(part.url)
    return month is None or _after(int(month[1]), int(month[2])) >= since


def _after(year: int, month: int) -> datetime:
    """Return the first moment after a month."""
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _promise(part: Part) -> tuple[int, float, str, int]:
    """Sort key: news, then others, then lists of lists; among them the newest by date, by name, by number."""
    words = _words(part)
    rank = -1 if words & FIRST else 1 if words & LAST or _is_of_pages(part) else 0
    month, year = MONTH.search(part.url), YEAR.search(part.url)
    named = int(month[1]) * 100 + int(month[2]) if month else int(year[1]) * 100 if year else 0
    number = NUMBER.search(urlsplit(part.url).path + urlsplit(part.url).query)
    return (
        rank,
        -(part.when.timestamp() if part.when else 0.0),
        f"{999_999 - named:06}",
        -int(number[1][:9]) if number else 0,
    )


def _words(part: Part) -> set[str]:
    return set(LETTERS.findall(urlsplit(part.url).path.lower()))


def _is_of_pages(part: Part) -> bool:
    """Tell WordPress's own page-sitemap.xml from sitemap.xml?page=2."""
    return re.search(r"/pages?[-_]sitemap", urlsplit(part.url).path.lower()) is not None
