"""A text as numbers: one for each word and for each run of eight words. Knows no language and compares nothing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.uint64]
    Flags = NDArray[np.bool_]

RUN = 8  # words in a row that count as the same words; chance and fixed phrases stay below
LEAST = 20  # words; a shorter text says nothing about who wrote it
MOST = 20_000  # words that are looked at
LONGEST = 200_000  # characters that are looked at

_LETTERS = 0x32400  # code points behind are all the same unknown letter
LETTER, ALONE = 1, 2  # kinds: a letter of a word, a letter that is a word by itself; 0 is none
_SCRIPTS = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3))  # kana, Han, Hangul: scripts without spaces
_BASE = 0x9E3779B1  # odd, so that it has an inverse
_JOIN = (
    (np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F)),
    (np.uint64(0xE7037ED1A0B428DB), np.uint64(0x8EBC6AF09C88C6E3)),
    (np.uint64(0x589965CC75374CC3), np.uint64(0x1D8E4E27C47D124F)),
)
_MIX = (np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))


@dataclass(frozen=True)
class Words:
    """A text's words in order: a number for each and whether it is a figure; both of shape (words,)."""

    numbers: Numbers
    figures: Flags

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def runs(self) -> Numbers:
        """One number for each eight words in a row, shape (words - 7,); empty where there are fewer words."""
        joined = self.numbers
        for step, (ahead, behind) in zip((1, 2, 4), _JOIN, strict=True):
            joined = joined[:-step] * ahead + joined[step:] * behind
        return _mixed(joined)

    @cached_property
    def ordered(self) -> Numbers:
        """The runs' numbers from the lowest on."""
        return np.sort(self.runs)


@lru_cache(maxsize=256)  # a text is read for its fingerprint, for its check, and beside each text that it may repeat
def words_of(text: str) -> Words:
    """Read a text; case and punctuation don't matter. A character of a script without spaces is a word by itself."""
    tables = _tables()
    codes = _codes(text[:LONGEST])
    kinds = tables.kinds[codes]
    begins = kinds == LETTER
    begins[1:] &= kinds[:-1] != LETTER
    if codes.dtype != np.uint8:
        begins |= kinds == ALONE
    (starts,) = begins.nonzero()
    if not len(starts):
        return Words(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.bool_))
    power, inverse = _powers()
    spelt = tables.spelt[codes] * power[: len(codes)]
    numbers = np.add.reduceat(spelt, starts, dtype=np.uint32) * inverse[starts]
    return Words(numbers[:MOST].astype(np.uint64), tables.digit[codes[starts]][:MOST])


def _codes(text: str) -> NDArray[np.uint8] | NDArray[np.uint32]:
    """Return each character's code point; letters and their accents together."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    whole = unicodedata.normalize("NFC", text).encode("utf-32-le", "replace")
    return np.minimum(np.frombuffer(whole, dtype=np.uint32), np.uint32(_LETTERS - 1))


def _mixed(numbers: Numbers) -> Numbers:
    """Spread what is in the low bits over all of them (the finish of splitmix64); wraps on purpose."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _MIX[0]
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _MIX[1]
    return numbers ^ (numbers >> np.uint64(31))


@lru_cache(maxsize=1)
def _powers() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Powers of the base and of its inverse: a word's number is that of its letters wherever it stands in the text."""
    base, inverse = (np.full(LONGEST, n, dtype=np.uint32) for n in (_BASE, pow(_BASE, -1, 2**32)))
    return np.cumprod(base, dtype=np.uint32), np.cumprod(inverse, dtype=np.uint32)


@dataclass(frozen=True)
class _Tables:
    """What each code point is, its small letter's number (0 for what is no letter), and whether it is a digit."""

    kinds: NDArray[np.uint8]
    spelt: NDArray[np.uint32]
    digit: Flags


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    letters = [chr(n) for n in range(_LETTERS)]
    kinds = np.fromiter((letter.isalnum() for letter in letters), dtype=np.uint8, count=_LETTERS)  # LETTER or nothing
    small = (ord(low) if len(low := letter.lower()) == 1 else n for n, letter in enumerate(letters))
    spelt = np.fromiter(small, dtype=np.uint32, count=_LETTERS) * kinds
    for start, end in _SCRIPTS:
        kinds[start : end + 1] *= ALONE
    digit = np.fromiter((letter.isdigit() for letter in letters), dtype=np.bool_, count=_LETTERS)
    return _Tables(kinds, spelt, digit)
