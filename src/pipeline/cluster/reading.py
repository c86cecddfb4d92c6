"""What placing needs of one article: its words as numbers, which are names or numbers, its language and time.

No stemmer and no list of names: words are cut to their first letters and stripped of accents, so that the forms of
a word and cognates in other languages meet; a name is a word that the text never writes small.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from pipeline.cluster.common import FREQUENT, SILENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.model import Article, Vectors

    Terms = NDArray[np.uint32]
    Weights = NDArray[np.float32]

READ = 600  # words of an article that are read; what it is about stands at the top
LEAD = 80  # words at the top that count twice: news says first what happened
STEM = 7  # letters of a word that count: "conference" and "conferencia" meet, as do singular and plural
WORD = re.compile(r"[぀-ヿ㐀-鿿가-힯]|\d+(?:[.,]\d+)+|[^\W_]+")  # 1,400 and 1.400 are one number each


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What placing needs of one article: hashed words with weights, those that are names or numbers, and the time."""

    terms: Terms  # ascending
    weights: Weights  # 1 + log count, unit length
    names: NDArray[np.bool_]  # which terms are names or numbers
    said: Mapping[int, str]  # a term as the article writes it
    words: int
    language: str | None
    when: float | None  # hours
    vector: Vectors | None


def read(article: Article, vector: Vectors | None) -> Reading:
    """Read the title and the first 600 words; ``vector`` may be None or all zero where there is none."""
    title, body = WORD.findall(article.title), WORD.findall(article.text[: READ * 12])[:READ]
    heard = Counter(title)
    for words in (title if body else [], body, body[:LEAD]):
        heard.update(words)
    said: dict[int, str] = {}
    counts: dict[int, int] = {}
    named, small = set[int](), set(body)
    for word, count in heard.items():
        term = _term(word)
        if term:
            counts[term] = counts.get(term, 0) + count
            said.setdefault(term, word)
            if _is_name(word, small):
                named.add(term)
    terms = np.fromiter(counts, dtype=np.uint32, count=len(counts))
    order = np.argsort(terms)
    weights = 1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts))[order])
    weights /= np.float32(max(float(np.linalg.norm(weights)), 1e-9))
    return Reading(
        terms=terms[order],
        weights=weights,
        names=np.fromiter((t in named for t in counts), dtype=np.bool_, count=len(counts))[order],
        said=said,
        words=len(title) + len(body),
        language=article.language or _language(body or title),
        when=article.when.timestamp() / 3600 if article.when else None,
        vector=None if vector is None or not vector.any() else vector,
    )


def shared(terms: Terms, others: Terms) -> NDArray[np.bool_]:
    """Tell for each term whether ``others``, ascending, has it; on short arrays a third of the time of isin."""
    if not len(others):
        return np.zeros(len(terms), dtype=np.bool_)
    at = np.minimum(np.searchsorted(others, terms), len(others) - 1)
    return np.asarray(others[at] == terms)


def _is_name(word: str, small: set[str]) -> bool:
    """Tell whether a word is a number, or one that the text (its words are ``small``) never writes small."""
    first = word[0]
    return (first.isdigit() and len(word) > 1) or (first.isupper() and word.lower() not in small)


@lru_cache(maxsize=1 << 17)
def _term(word: str) -> int:
    """Return a word's 32-bit number, alike for its forms and for cognates in other languages; 0 for a common word."""
    low = _plain(word.lower())
    if (len(low) < 2 and low.isascii()) or low in _languages():
        return 0
    if not low.isalpha():  # a number, or a name with one: every figure counts
        return crc32(low.replace(",", "").replace(".", "").encode()) or 1
    return crc32(low[:STEM].encode()) or 1


def frequent() -> Terms:
    """Return the terms of the words that stand in the news of every day."""
    found = {_term(word) for words in FREQUENT.values() for word in words.split()} - {0}
    return np.array(sorted(found), dtype=np.uint32)


def _plain(word: str) -> str:
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


@lru_cache(maxsize=1)
def _languages() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for language, words in SILENT.items():
        for word in words.split():
            found.setdefault(word, language)
    return found


def _language(words: Sequence[str]) -> str | None:
    """Guess from the common words; None where there are fewer than four, or two languages tie."""
    known = _languages()
    tally: Counter[str] = Counter()
    for word, count in Counter(words[:200]).items():
        language = known.get(_plain(word.lower()))
        if language:
            tally[language] += count
    (best, most), (_, second) = (*tally.most_common(2), ("", 0), ("", 0))[:2]
    return best if most >= 4 and most > 1.5 * second else None
