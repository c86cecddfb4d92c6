"""What a passage looks like to the tagger besides its vector: hashed words and character n-grams, and cue phrases.

Words are compared without case and accents. Hashing is CRC-32, the same on every machine. No language is known here.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

BITS = 17
SIZE = 1 << BITS
WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*|[%$€£]")


def plain(text: str) -> str:
    """Return the text without case and accents; the length may change."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """Return the words of a text, plain, in order."""
    return WORD.findall(plain(text))


@lru_cache(maxsize=50_000)
def _word_ids(word: str) -> tuple[int, ...]:
    """Hashes of the word itself and of its character n-grams, 3 to 5, with marks for its ends."""
    marked = f"<{word[:40]}>"
    grams = [f"w:{word}"] + [marked[a : a + n] for n in (3, 4, 5) for a in range(len(marked) - n + 1)]
    return tuple(zlib.crc32(g.encode()) & (SIZE - 1) for g in grams)


def grams(text: str) -> Ids:
    """Return the distinct hashes of words and character n-grams inside words, without pairs of words, sorted."""
    every = {i for word in words(text) for i in _word_ids(word)}
    return np.fromiter(sorted(every), dtype=np.int64, count=len(every))


def ids(text: str) -> Ids:
    """Return the distinct hashed features of a text, sorted: words, pairs of words, character n-grams inside words."""
    found = words(text)
    every = {i for word in found for i in _word_ids(word)}
    every.update(zlib.crc32(f"p:{a} {b}".encode()) & (SIZE - 1) for a, b in pairwise(found))
    return np.fromiter(sorted(every), dtype=np.int64, count=len(every))


def idf(rows: Sequence[Ids]) -> NDArray[np.float32]:
    """Smoothed inverse document frequency of every feature, (SIZE,)."""
    counts = np.bincount(np.concatenate([*rows, np.zeros(0, dtype=np.int64)]), minlength=SIZE)
    return np.asarray(np.log((1 + len(rows)) / (1 + counts)) + 1, dtype=np.float32)


@lru_cache(maxsize=8)
def cue_index(phrases: tuple[tuple[str, ...], ...]) -> dict[str, list[tuple[tuple[str, ...], int]]]:
    """Cue phrases by their first word: (words, theme's column). ``phrases`` holds those of each theme."""
    index: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for column, group in enumerate(phrases):
        for phrase in sorted({tuple(words(p)) for p in group} - {()}):
            index.setdefault(phrase[0], []).append((phrase, column))
    return index


def cue_counts(index: Mapping[str, Sequence[tuple[tuple[str, ...], int]]], text: str, themes: int) -> list[float]:
    """How many different cue phrases of each theme a text holds; two are as good as ten."""
    found = words(text)
    hits = {
        (phrase, column)
        for n, word in enumerate(found)
        for phrase, column in index.get(word, ())
        if tuple(found[n : n + len(phrase)]) == phrase
    }
    counts = [0.0] * themes
    for _, column in hits:
        counts[column] = min(2.0, counts[column] + 1)
    return counts


def weights(row: Ids, idf: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the features' values: inverse document frequencies, scaled to length one."""
    values = idf[row]
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), dtype=np.float32)
