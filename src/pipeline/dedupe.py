"""Same words again: fingerprints that bring likely copies together, and a check of the words themselves.

``fingerprint`` gives the band values under which a text is looked up (MinHash over word shingles, locality-sensitive
banding; Broder 1997, Leskovec et al., Mining of Massive Datasets, ch. 3). ``copy_of`` then reads both texts and
says whether one repeats the other, and of whom. It knows no language and no site, and it keeps no index: the bands
live in the store.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from datasketch import MinHash

from pipeline.model import Copy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.model import Article

    Words = NDArray[np.uint64]

VERSION = 1

BANDS, ROWS = 20, 4  # two texts that share 0.7 of their shingles meet in a band 199 times in 200, at 0.2 one in 30
SHINGLE = 3  # words a shingle of the fingerprint
RUN = 8  # words in a row that count as the same words; chance and fixed phrases stay below
LEAST = 20  # words; a shorter text says nothing about who wrote it
MOST = 20_000  # words that are looked at
COPIED = 0.80  # least share of the article's words that stand in the origin
KEPT = 0.30  # least share of the origin's words that the article kept
WHOLE = 1.0  # COPIED + a quarter of KEPT: who cut much may have added little, or it is a report that quotes a release
FIGURES = 0.34  # share of the numbers between shared runs that may differ; a filled-in form has more

_WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯]|[^\W_]+")
_MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)


@dataclass(frozen=True, slots=True)
class _Overlap:
    """Which words of two texts stand in runs that both have: one flag a word."""

    article: NDArray[np.bool_]
    origin: NDArray[np.bool_]

    @property
    def copied(self) -> float:
        return float(self.article.mean())

    @property
    def kept(self) -> float:
        return float(self.origin.mean())

    def whole(self, least: float) -> bool:
        return self.copied >= least and self.kept >= KEPT and self.copied + self.kept / 4 >= WHOLE


def fingerprint(text: str) -> tuple[int, ...]:
    """Return the band values of a text: 20 integers under 2**63, or none where it has fewer than 20 words.

    Texts that share most of their words in order share at least one value; the position of a band is part of it.
    """
    words = _words(text)
    if len(words) < LEAST:
        return ()
    sketch = _empty_sketch().copy()
    sketch.update_batch(np.unique(_shingles(words, SHINGLE) >> np.uint64(32)).tolist())
    rows = sketch.hashvalues.astype("<u8").reshape(BANDS, ROWS)
    return tuple(_band(n, row.tobytes()) for n, row in enumerate(rows))


def copy_of(article: Article, candidates: Sequence[Article], *, copied: float = COPIED) -> Copy | None:
    """Return whose words ``article`` repeats, or None. The origin is the earliest candidate that has them.

    A candidate that is a copy itself does no harm: its origin has the same words and came earlier. ``copied`` is the
    least share of the article's words that must stand in the origin, in runs of eight words or more.
    """
    words = _words(article.text)
    if len(words) < LEAST:
        return None
    others = {candidate.id: candidate for candidate in candidates if candidate.id != article.id}
    for candidate in sorted(others.values(), key=_arrival):
        theirs = _words(candidate.text)
        if len(theirs) < LEAST:
            continue
        overlap = _overlap(words, theirs)
        if overlap.whole(copied) and not _form(article.text, candidate.text, overlap):
            return Copy(article.id, candidate.id, round(overlap.copied, 4), _reason(article, candidate, overlap))
    return None


# ------------------------------------------------------------------ words
def _split(text: str) -> list[str]:
    return _WORD.findall(text.casefold())[:MOST]


def _words(text: str) -> Words:
    """One number a word; the text's case and punctuation don't matter."""
    return np.fromiter((crc32(word.encode()) for word in _split(text)), dtype=np.uint64)


def _shingles(words: Words, size: int) -> Words:
    """One 64-bit number for each ``size`` words in a row, shape (words - size + 1,); wraps on purpose."""
    count = max(len(words) - size + 1, 0)
    mixed = np.zeros(count, dtype=np.uint64)
    for n in range(size):
        mixed = (mixed ^ words[n : n + count]) * np.uint64(_MIX[n % len(_MIX)])
        mixed ^= mixed >> np.uint64(29)
    return mixed


@lru_cache(maxsize=1)
def _empty_sketch() -> MinHash:
    """Seed and scheme are named because the values are stored; drawing permutations costs more than using them."""
    return MinHash(num_perm=BANDS * ROWS, seed=1, scheme="affine32", hashfunc=int)


def _band(number: int, values: bytes) -> int:
    return int.from_bytes(blake2b(values, digest_size=8, salt=bytes([number])).digest(), "big") >> 1


# ------------------------------------------------------------------ comparing two texts
def _overlap(words: Words, theirs: Words) -> _Overlap:
    """Mark the words that lie in a run of eight words or more that both texts have."""
    ours, others = _shingles(words, RUN), _shingles(theirs, RUN)
    return _Overlap(_covered(np.isin(ours, others), len(words)), _covered(np.isin(others, ours), len(theirs)))


def _covered(starts: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    steps = np.zeros(length + 1, dtype=np.int64)
    at = np.flatnonzero(starts)
    steps[at] += 1
    np.subtract.at(steps, at + RUN, 1)
    return np.cumsum(steps)[:length] > 0


def _form(text: str, theirs: str, overlap: _Overlap) -> bool:
    """Whether the two are one form filled in twice: between the shared runs, the numbers are others.

    Quarterly reports of one firm and generated texts repeat their sentences and change the figures in them.
    """
    ours, others = _figures(_split(text), overlap.article), _figures(_split(theirs), overlap.origin)
    changed = min(sum(not same for same in ours), sum(not same for same in others))
    return changed >= 3 and changed > FIGURES * min(len(ours), len(others))


def _figures(words: list[str], covered: NDArray[np.bool_]) -> list[bool]:
    """For each number between the first and the last shared run: whether it lies in a shared run."""
    shared = np.flatnonzero(covered)
    inside = range(int(shared[0]), int(shared[-1]) + 1) if len(shared) else range(0)
    return [bool(covered[n]) for n in inside if words[n][0].isdigit()]


def _arrival(article: Article) -> tuple[datetime, int]:
    return article.when or datetime.max.replace(tzinfo=UTC), article.id


def _reason(article: Article, origin: Article, overlap: _Overlap) -> str:
    share = int(100 * overlap.copied)
    said = [f"{share} % of its words stand in that order in article {origin.id}"]
    if overlap.kept < 0.9:
        said.append(f"{int(100 * overlap.kept)} % of that article is kept")
    if _split(article.title) != _split(origin.title):
        said.append("other headline")
    return "; ".join(said)


# ------------------------------------------------------------------ an index in memory
@dataclass(slots=True)
class Seen:
    """Articles seen so far, under their bands, for a run without a store. Keeps the newest ``limit`` articles."""

    limit: int = 20_000
    _bands: dict[int, list[int]] = field(default_factory=dict)
    _articles: OrderedDict[int, tuple[Article, tuple[int, ...]]] = field(default_factory=OrderedDict)

    def copy_of(self, article: Article) -> Copy | None:
        """Return whose words an article repeats, of those seen before, and remember it."""
        bands = fingerprint(article.text)
        shared = Counter(known for band in bands for known in self._bands.get(band, ()))
        found = copy_of(article, [self._articles[known][0] for known, _ in shared.most_common(20)])
        if bands:
            self._remember(article, bands)
        return found

    def _remember(self, article: Article, bands: tuple[int, ...]) -> None:
        self._articles[article.id] = (article, bands)
        for band in bands:
            self._bands.setdefault(band, []).append(article.id)
        if len(self._articles) > self.limit:
            gone, (_, old) = self._articles.popitem(last=False)
            for band in old:
                self._bands[band].remove(gone)
                if not self._bands[band]:
                    del self._bands[band]
