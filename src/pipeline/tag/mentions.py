"""Mentions: where an article names an organisation, person, model, product or conference of the watchlist.

Names are looked up word by word in one table of all aliases, the longest alias first, so that the cost does not grow
with the watchlist. A name must be written as the watchlist writes it, or in capitals throughout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipeline.model import Mention

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.model import Article, Conference, Entity

PART = re.compile(r"\w+|[^\w\s]", re.UNICODE)
LIMIT = 500  # mentions kept of one article
Names = dict[str, list[tuple[tuple[str, ...], str, str]]]


@dataclass(frozen=True, slots=True, eq=False)
class Watchlist:
    """Aliases by their first part: (parts, entity id, label), longest first."""

    names: Names


def watchlist(entities: Iterable[Entity], conferences: Iterable[Conference] = ()) -> Watchlist:
    """Build the table once; it serves every article."""
    names: Names = {}
    every = [(e.id, e.label, (e.name, *e.aliases)) for e in entities]
    every += [(c.key, "conference", (c.name, *c.aliases)) for c in conferences]
    for key, label, aliases in every:
        for alias in dict.fromkeys(aliases):
            parts = tuple(PART.findall(alias))
            if parts:
                names.setdefault(parts[0].casefold(), []).append((parts, key, str(label)))
    for found in names.values():
        found.sort(key=lambda name: -len(name[0]))
    return Watchlist(names)


def mentions(article: Article, names: Watchlist) -> tuple[Mention, ...]:
    """Return every mention in the article's text, in order, not overlapping."""
    parts = list(PART.finditer(article.text))
    found: list[Mention] = []
    at = 0
    while at < len(parts) and len(found) < LIMIT:
        hit = _longest(parts, at, names.names)
        if hit is None:
            at += 1
            continue
        count, key, label = hit
        start, end = parts[at].start(), parts[at + count - 1].end()
        found.append(Mention(article.id, start, end, article.text[start:end], label, key))
        at += count
    return tuple(found)


def _longest(parts: list[re.Match[str]], at: int, names: Names) -> tuple[int, str, str] | None:
    for alias, key, label in names.get(parts[at].group().casefold(), ()):
        here = [p.group() for p in parts[at : at + len(alias)]]
        if _written(here, alias) and _close(parts[at : at + len(alias)], alias):
            return len(alias), key, label
    return None


def _written(here: list[str], alias: tuple[str, ...]) -> bool:
    if tuple(here) == alias:
        return True
    shouted = "".join(here)
    return len(shouted) > 3 and shouted.isupper() and shouted == "".join(alias).upper()


def _close(parts: list[re.Match[str]], alias: tuple[str, ...]) -> bool:
    """No more than a space between the parts: an alias never runs over a line or a sentence."""
    text = parts[0].string
    gaps = (text[a.end() : b.start()] for a, b in pairwise(parts))
    return all(gap in ("", " ", "\u00a0") for gap in gaps) and len(parts) == len(alias)
