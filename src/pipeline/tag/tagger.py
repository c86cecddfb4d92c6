"""The tagger: a frozen value of weights that turns passages into log-odds for every theme.

It knows themes only as columns, is saved without pickle, and computes with numpy alone.
"""

from __future__ import annotations

import dataclasses
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.tag import features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.model import Theme, Vectors

    Floats = NDArray[np.float64]

ALPHA = 10.0  # log-odds per unit of cosine above the background
BETA = 1.2  # log-odds that a text has a theme of which only the definition is known
CUE = 0.5  # log-odds that the first cue phrase adds before anything is learnt


@dataclass(frozen=True, slots=True, eq=False)
class Tagger:
    """Weights for T themes over d dimensions, SIZE hashed features and T cue counts.

    There are two heads: the first, with hashed words, for languages that were learnt, the second for all others;
    ``dense`` is (2, d, T), ``cued`` (2, T, T), ``bias`` (2, T), ``platt`` a slope and a shift for each, (2, 2).

    ``stances`` are weights of vectors and an intercept towards asserts, disputes and reports, (T, d + 1, 3).
    """

    themes: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    languages: tuple[str, ...]
    prototypes: Vectors
    background: Vectors
    idf: NDArray[np.float32]
    dense: Vectors
    hashed: NDArray[np.float32]
    cued: Vectors
    bias: Vectors
    platt: Vectors
    stances: NDArray[np.float32]

    @classmethod
    def blank(
        cls,
        themes: Sequence[Theme],
        prototypes: Vectors,
        background: Vectors,
        idf: NDArray[np.float32],
        languages: tuple[str, ...],
    ) -> Tagger:
        """Return a tagger that knows definitions only."""
        n, d = prototypes.shape
        return cls(
            themes=tuple(t.key for t in themes),
            phrases=tuple(tuple(p for group in t.cues.values() for p in group) for t in themes),
            languages=languages,
            prototypes=prototypes,
            background=background,
            idf=idf,
            dense=np.zeros((2, d, n), dtype=np.float32),
            hashed=np.zeros((features.SIZE, n), dtype=np.float32),
            cued=np.zeros((2, n, n), dtype=np.float32),
            bias=np.zeros((2, n), dtype=np.float32),
            platt=np.array([[1, 0], [1, 0]], dtype=np.float32),
            stances=np.zeros((n, d + 1, 3), dtype=np.float32),
        )

    def taught(self, **weights: Floats) -> Tagger:
        """Return the tagger with these weights."""
        narrow = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
        return dataclasses.replace(self, **narrow)  # type: ignore[arg-type]

    def prior(self, vectors: Vectors, cues: Floats) -> Floats:
        """Log-odds from definitions and cue phrases alone, (passages, T)."""
        near = vectors @ self.prototypes.T
        ground = vectors @ np.vstack([self.background, self.prototypes]).T
        return np.asarray(ALPHA * (near - ground.mean(1, keepdims=True)) - BETA + CUE * cues, dtype=np.float64)

    def logits(self, vectors: Vectors, texts: Sequence[str], language: str | None) -> Floats:
        """Log-odds of every theme for passages, (passages, T); words count only in languages that were learnt."""
        cues, head = self.cue_counts(texts), 0 if language in self.languages else 1
        found = self.prior(vectors, cues) + vectors @ self.dense[head] + cues @ self.cued[head] + self.bias[head]
        for n, text in enumerate(texts if head == 0 else ()):
            row = features.ids(text)
            found[n] += features.weights(row, self.idf) @ self.hashed[row]
        return np.asarray(self.platt[head, 0] * found + self.platt[head, 1])

    def cue_counts(self, texts: Sequence[str]) -> Floats:
        """How many of a theme's cue phrases each text holds, at most two, (texts, T)."""
        index = features.cue_index(self.phrases)
        return np.array([features.cue_counts(index, text, len(self.themes)) for text in texts]).reshape(
            -1, len(self.themes)
        )


def to_bytes(tagger: Tagger) -> bytes:
    """Save a tagger as a compressed npz, without pickle."""
    said = {"themes": tagger.themes, "phrases": tagger.phrases, "languages": tagger.languages}
    used = np.flatnonzero(np.abs(tagger.hashed).max(1) > 1e-5) if len(tagger.themes) else np.zeros(0, dtype=np.int64)
    out = io.BytesIO()
    np.savez_compressed(
        out,
        said=np.frombuffer(json.dumps(said).encode(), dtype=np.uint8),
        used=used,
        hashed=tagger.hashed[used],
        size=np.array(len(tagger.hashed)),
        **{
            name: getattr(tagger, name)
            for name in ("prototypes", "background", "idf", "dense", "cued", "bias", "platt", "stances")
        },
    )
    return out.getvalue()


def from_bytes(data: bytes) -> Tagger:
    """Read a saved tagger. Raises ValueError or KeyError where the bytes are none."""
    import zipfile

    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as saved:
            arrays = {name: saved[name] for name in saved.files}
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ValueError(f"no saved tagger: {error}") from None
    said = json.loads(bytes(arrays.pop("said")).decode())
    hashed = np.zeros((int(arrays.pop("size")), len(said["themes"])), dtype=np.float32)
    hashed[arrays.pop("used")] = arrays.pop("hashed")
    return Tagger(
        themes=tuple(said["themes"]),
        phrases=tuple(tuple(p) for p in said["phrases"]),
        languages=tuple(said["languages"]),
        hashed=hashed,
        **arrays,
    )
