"""The verdict: how much speaks for a link being an article, as a sum of weighted features (log-odds).

Features are shares between 0 and 1. What a title looks like counts half by the link itself and half by its group, the
links of the same structural path, so that one short title among long ones is read like its neighbours. A second round
adds what the first one thought of links whose address has the same template or that stand in the same structural
path, and what became of earlier such links.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawlers.teasers.anchors import class_names, wordless, words
from crawlers.teasers.shapes import family, folder, service, shape, site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crawlers.teasers.anchors import Anchor
    from crawlers.teasers.blocks import Block
    from crawlers.teasers.marks import Marks
    from crawlers.teasers.shapes import Experience

BIAS = -3.2
WEIGHTS: Mapping[str, float] = {
    "heading": 1.6, "words": 2.2, "slug": 1.3, "number": 0.8, "path_date": 1.2, "date": 1.2, "teaser": 0.7, "image": 0.4,
    "crowd": 1.2, "repeats": -2.2, "lonely": -1.0, "often": -2.5, "below": 0.5, "astray": -1.0, "item": 1.0,
    "inline": -2.5, "person": -2.5, "within": -4.0, "within_title": -1.3, "later": -0.8, "mute": -2.0,
    "service": -2.6, "section": -3.0, "single_word": -0.7, "bare": -2.0,
    "elsewhere": -3.0, "sister": -0.6, "link_list": 0.4,
    "soft": -0.7, "hard": -3.0, "paid": -8.0,
}  # fmt: skip
SHARED = ("heading", "words", "slug", "number", "path_date", "date", "teaser", "image", "person")
TOLD = ("heading", "date", "teaser", "image")
ALIKE = 2.5  # weight of what was thought of links with the same template
COMPANY = 3.0  # weight of what was thought of links in the same structural path
PEOPLE = frozenset(("author", "username", "user", "byline", "profile", "avatar"))
HOST = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}", re.IGNORECASE)
FULL = 8  # links from which on a group has its full say
KNOWN = 1.5  # weight of the log-odds of what became of earlier links
CERTAIN = 4.0  # log-odds at most, for or against, from experience


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One address of the page with all that is known about it."""

    anchor: Anchor
    block: Block
    marks: Marks

    @property
    def title(self) -> str:
        """What the link says: its own title, or the heading of its block where it says nothing of its own."""
        return self.marks.heading or self.anchor.title


def scores(candidates: Sequence[Candidate], listing: str, known: Experience) -> list[float]:
    """Return the log-odds of each candidate being an article."""
    if not candidates:
        return []
    rows = features(candidates, listing)
    first = [
        BIAS + sum(WEIGHTS[name] * value for name, value in row.items()) + KNOWN * _experience(x.anchor.url, known)
        for x, row in zip(candidates, rows, strict=True)
    ]
    templates = [f"{site(x.anchor.url)}{shape(x.anchor.url).coarse}" for x in candidates]
    paths = [x.anchor.path for x in candidates]
    company = zip(_thought(templates, first), _thought(paths, first), strict=True)
    return [score + ALIKE * alike + COMPANY * near for score, (alike, near) in zip(first, company, strict=True)]


# ------------------------------------------------------------------ features
def features(candidates: Sequence[Candidate], listing: str) -> list[dict[str, float]]:
    """Return the features of each candidate, by name."""
    groups: dict[str, list[int]] = defaultdict(list)
    for n, x in enumerate(candidates):
        groups[x.anchor.path].append(n)
    owned = _owned(candidates)
    sections = _sections(candidates)
    rows = [_own(x, listing) | _beside(x, owned, sections) | _place(x, listing) for x in candidates]
    titled = [row["below"] for x, row in zip(candidates, rows, strict=True) if x.anchor.level or x.marks.heading]
    below = sum(titled) / len(titled) if titled else 0.0
    for row in rows:  # where most titles lie below the listing's own address, the others lead to something else
        row["astray"] = max(2 * below - 1, 0.0) * (1 - row["below"])
    for members in groups.values():
        group = _group([candidates[n] for n in members], listing)
        means = {name: sum(rows[n][name] for n in members) / len(members) for name in SHARED}
        weight = min((len(members) - 1) / FULL, 1.0) / 2
        for n in members:
            rows[n] |= group | {name: (1 - weight) * rows[n][name] + weight * means[name] for name in SHARED}
            rows[n]["mute"] *= group["repeats"] if candidates[n].anchor.text and len(members) > 2 else 1.0
            rows[n]["lonely"] = float(len(members) < 2 and not any(rows[n][name] for name in TOLD))
            rows[n]["elsewhere"] *= 1 - group["link_list"]
    return rows


def _own(x: Candidate, listing: str) -> dict[str, float]:
    own = shape(x.anchor.url)
    return {
        "heading": float(x.anchor.heading or bool(x.marks.heading)),
        "words": _length(x.title),
        "slug": own.slug,
        "number": float(own.number),
        "path_date": own.dated,
        "date": float(x.marks.dated),
        "teaser": float(x.marks.summary is not None),
        "image": float(x.marks.image),
        "item": float(_is_item(x)),
        "person": float(_is_person(x)),
        "inline": float(x.anchor.inline),
        "mute": float(x.marks.silent and not x.marks.heading),
        "later": float(not x.marks.first and x.anchor.level == 0),
        "often": float(x.anchor.often),
        "service": service(x.anchor.url, listing),
        "single_word": float(not (own.slug or own.number or own.dated or own.mixed)),
        "below": float(urlsplit(x.anchor.url).path.startswith(folder(listing))),
    }


def _length(title: str) -> float:
    """Return how much a text is as long as a title: 0 for none, 1 from six words on, less again beyond forty."""
    size = 0 if HOST.fullmatch(title) else words(title)
    return min(size / 6, 1.0) if size <= 40 else 0.5


def _is_item(x: Candidate) -> bool:
    """Tell whether the block is marked up as an article of its own."""
    around = [*x.block.parts, *x.anchor.element.iterancestors()][:6]
    return any(e.tag == "article" or "article" in e.get("itemtype", "").lower() for e in around)


def _is_person(x: Candidate) -> bool:
    """Tell whether a link is a person's: marked so, or two or three capitalised words that end the address as well."""
    if "author" in x.anchor.element.get("rel", "") or class_names(x.anchor.element) & PEOPLE:
        return True
    names = x.title.split()
    last = shape(x.anchor.url).last
    return (
        2 <= len(names) <= 3 and all(w[:1].isupper() for w in names) and names[-1].lower() in last and len(last) <= 40
    )


def _owned(candidates: Sequence[Candidate]) -> dict[str, tuple[str, int]]:
    """Return whose block each address stands in: the owner's address and level."""
    owned: dict[str, tuple[str, int]] = {}
    for x in candidates:
        strong = x.anchor.level or (1 if x.marks.heading else 0)
        for url in x.block.others:
            if strong > owned.get(url, ("", 0))[1]:
                owned[url] = x.anchor.url, strong
    return owned


def _sections(candidates: Sequence[Candidate]) -> set[str]:
    """Return addresses that at least three titled links lie below."""
    below: Counter[str] = Counter()
    for x in candidates:
        if x.anchor.level or x.marks.heading:
            parts = urlsplit(x.anchor.url)
            folders = parts.path.strip("/").split("/")
            below.update(f"{parts.netloc}/{'/'.join(folders[:n])}" for n in range(1, len(folders)))
    return {folder for folder, count in below.items() if count >= 3}


def _beside(x: Candidate, owned: Mapping[str, tuple[str, int]], sections: set[str]) -> dict[str, float]:
    owner, strength = owned.get(x.anchor.url, ("", 0))
    own = x.anchor.level or (1 if x.marks.heading else 0)
    parts = urlsplit(x.anchor.url)
    return {
        "within": float(bool(owner) and own == 0),
        "within_title": float(bool(owner) and 0 < own < strength),
        "section": float(f"{parts.netloc}/{parts.path.strip('/')}" in sections),
    }


def _place(x: Candidate, listing: str) -> dict[str, float]:
    url = x.anchor.url
    same, related = site(url) == site(listing), family(url) == family(listing)
    return {
        "elsewhere": float(not related),
        "sister": float(related and not same),
        "bare": float(shape(url).bare and related),
        "soft": float(x.anchor.area == "soft"),
        "hard": float(x.anchor.area == "hard"),
        "paid": float(x.anchor.area == "paid"),
    }


def _group(members: Sequence[Candidate], listing: str) -> dict[str, float]:
    """Return what a group says of its members: how many they are, whether their texts repeat, whether it is a link list."""
    away = {site(x.anchor.url) for x in members if family(x.anchor.url) != family(listing)}
    outside = sum(family(x.anchor.url) != family(listing) for x in members)
    size = len(members)
    distinct = len({wordless(x.title) for x in members}) / size
    titled = sum(x.anchor.level > 0 for x in members) / size
    link_list = size >= 5 and len(away) >= 3 and outside / size >= 0.5 and titled >= 0.6
    return {
        "crowd": min(math.log2(size) / 4, 1.0),
        "repeats": float(size >= 3) * (1 - distinct),
        "link_list": float(link_list),
    }


# ------------------------------------------------------------------ the second round
def _thought(names: Sequence[str], first: Sequence[float]) -> list[float]:
    """Return what the first round thought of the others of each name, -0.5 to 0.5; 0 where they are few."""
    chances = [1 / (1 + math.exp(-max(min(score, 20.0), -20.0))) for score in first]
    by_name: dict[str, list[float]] = defaultdict(list)
    for name, chance in zip(names, chances, strict=True):
        by_name[name].append(chance)
    found = []
    for name, chance in zip(names, chances, strict=True):
        others = len(by_name[name]) - 1
        found.append((sum(by_name[name]) - chance) / others - 0.5 if others >= 3 else 0.0)
    return found


def _experience(url: str, known: Experience) -> float:
    good, bad = known.said(url)
    odds = math.log((good + 0.5) / (bad + 0.5)) if good + bad else 0.0
    return max(-CERTAIN, min(CERTAIN, odds))
