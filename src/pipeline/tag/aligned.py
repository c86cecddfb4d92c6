"""The aligned model: hashed words and character n-grams, whose mean lies near the English sentence's MiniLM vector.

A table of rows learnt from translations (``models/aligned-hash/train.py``); numpy alone, thousands of sentences a
second. It knows the languages that it was taught and stays out of all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.tag import features

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.model import Vectors

ALIGNED = "aligned-hash"


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """``rows`` int8 (buckets, dimensions) times ``scales`` (buckets,) are the vectors of hashed features."""

    weights: Mapping[str, NDArray[np.generic]]
    languages: frozenset[str]
    name: str

    def knows(self, language: str | None) -> bool:
        """Whether the model was taught this language."""
        return language in self.languages

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, float32 (texts, dimensions); zero for a text without words."""
        rows, scales = self.weights["rows"], self.weights["scales"]
        found = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
        for n, text in enumerate(texts):
            ids = features.grams(text) % len(rows)
            if len(ids):
                mean = np.asarray(scales[ids], dtype=np.float32) @ rows[ids].astype(np.float32)
                found[n] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return found
