"""Measures of quality on labelled data: B-cubed for stories, micro F1 for themes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence


def b_cubed(gold: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 after Bagga and Baldwin (1998); an item not found stands alone."""
    theirs: dict[Hashable, set[str]] = defaultdict(set)
    ours: dict[Hashable, set[str]] = defaultdict(set)
    placed = {item: found.get(item, ("alone", item)) for item in gold}
    for item in gold:
        theirs[gold[item]].add(item)
        ours[placed[item]].add(item)
    shared = {item: len(theirs[gold[item]] & ours[placed[item]]) for item in gold}
    precision = sum(n / len(ours[placed[item]]) for item, n in shared.items()) / len(gold)
    recall = sum(n / len(theirs[gold[item]]) for item, n in shared.items()) / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def micro_f1(gold: Mapping[str, set[str]], found: Mapping[str, set[str]]) -> float:
    """F1 over all (item, label) pairs."""
    hits = sum(len(labels & found.get(item, set())) for item, labels in gold.items())
    wanted = sum(map(len, gold.values()))
    given = sum(len(found.get(item, set())) for item in gold)
    return 2 * hits / (wanted + given) if wanted + given else 0.0


def calibration_error(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error: mean gap between probability and share of hits over equal-width bins, by size."""
    gaps = 0.0
    for n in range(bins):
        inside = [(p, hit) for p, hit in pairs if n / bins <= p < (n + 1) / bins or (n == bins - 1 and p == 1.0)]
        gaps += abs(sum(p for p, _ in inside) - sum(hit for _, hit in inside))
    return gaps / len(pairs)
