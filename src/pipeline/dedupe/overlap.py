"""Two texts beside each other: which words stand in runs that both have, and whether that makes one a copy.

The thresholds were chosen on the development half of ``tests/quality/copies.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.dedupe.words import RUN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.dedupe.words import Numbers, Words

    Flags = NDArray[np.bool_]

COPIED = 0.80  # least share of the article's words that stand in the origin
FRAMED = 0.55  # the same where the article keeps the origin's beginning: what is added may be header and footer
KEPT = 0.30  # least share of the origin's words that the article kept
WHOLE = 1.0  # COPIED + a quarter of KEPT: who cut much may have added little, or it is a report that quotes a release
LEAD = 0.40  # least share of the origin's first fifth that the article kept: news is cut from the end
INSIDE = 0.75  # least share of the words between the first and the last shared run that is shared, in both
FIGURES = 0.34  # share of the numbers up to the last shared run that may be others; a filled-in form has more


@dataclass(frozen=True, slots=True)
class Overlap:
    """Which words of two texts stand in runs that both have: one flag a word."""

    article: Flags
    origin: Flags

    @property
    def copied(self) -> float:
        """Share of the article's words that stand in the origin."""
        return _share(self.article)

    @property
    def kept(self) -> float:
        """Share of the origin's words that the article kept."""
        return _share(self.origin)

    @property
    def lead(self) -> float:
        """Share of the origin's first fifth that the article kept."""
        return _share(self.origin[: max(len(self.origin) // 5, RUN)])


def overlap(words: Words, theirs: Words) -> Overlap:
    """Mark the words that lie in a run of eight words or more that both texts have."""
    ours = _covered(_among(words.runs, theirs.ordered), len(words))
    return Overlap(ours, _covered(_among(theirs.runs, words.ordered), len(theirs)))


def repeats(words: Words, theirs: Words, found: Overlap, *, copied: float = COPIED) -> bool:
    """Whether a text is another one again, cut or framed or lightly edited, and not the same form filled in anew."""
    share, kept = found.copied, found.kept
    if kept < KEPT or share < min(FRAMED, copied):
        return False
    if (share < copied or share + kept / 4 < WHOLE) and found.lead < LEAD:
        return False
    inside = min(_share(flags[_between(flags)]) for flags in (found.article, found.origin))
    return inside >= INSIDE and not _form(words, theirs, found)


def _share(flags: Flags) -> float:
    return int(np.count_nonzero(flags)) / max(len(flags), 1)


def _among(numbers: Numbers, known: Numbers) -> Flags:
    """For each number whether it is one of those known, which are in order; faster than ``numpy.isin`` at this size."""
    if not len(known):
        return np.zeros(len(numbers), dtype=np.bool_)
    same: Flags = known[np.minimum(np.searchsorted(known, numbers), len(known) - 1)] == numbers
    return same


def _covered(starts: Flags, length: int) -> Flags:
    """Flag the words of the runs that start where told; shape (length,)."""
    steps = np.zeros(length + 1, dtype=np.int64)
    (at,) = starts.nonzero()
    steps[at] += 1
    steps[at + RUN] -= 1
    return np.cumsum(steps)[:length] > 0


def _between(flags: Flags) -> slice:
    """From the first to the last shared run."""
    (at,) = flags.nonzero()
    return slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, 0)


def _form(words: Words, theirs: Words, found: Overlap) -> bool:
    """Whether the two are one form filled in twice: up to the last shared run, the numbers are others.

    Quarterly reports of one firm and generated texts repeat their sentences and change the figures in them. What
    follows the last shared run is not asked: one text may be cut there and the other have a footer.
    """
    (ours, all_ours), (others, all_others) = (
        _figures(words, theirs, found.article),
        _figures(theirs, words, found.origin),
    )
    changed = min(ours, others)
    return changed >= 3 and changed > FIGURES * min(all_ours, all_others)


def _figures(words: Words, theirs: Words, flags: Flags) -> tuple[int, int]:
    """Count a text's numbers up to the last shared run: those that the other text has nowhere, and all."""
    upto = slice(0, _between(flags).stop)
    figures = words.figures[upto]
    (at,) = (figures & ~flags[upto]).nonzero()
    return int((~_among(words.numbers[at], np.sort(theirs.numbers))).sum()), int(figures.sum())
