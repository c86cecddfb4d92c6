"""Learn a tagger from theme files: a definition alone is enough, every example for or against makes it better.

The definition gives each theme a prototype vector and with it a prior log-odds; examples move the weights away from
it. Examples of the other themes count as near misses unless they look like this theme too, since themes co-occur.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipeline.tag import features, fit, stance
from pipeline.tag.tagger import CUE, Tagger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.model import Example, Theme, Vectors

    Floats = NDArray[np.float64]

TEMPLATES = ("{}", "News: {}", "This text is about {}.")
BACKGROUND = (
    "sports", "weather", "politics and elections", "health and medicine", "crime and courts", "film and music",
    "travel", "companies and markets", "science and research", "computers and software", "education", "food and drink",
    "war and diplomacy", "nature and animals", "family and everyday life", "cars and transport",
)  # fmt: skip
# How freely vectors, and hashed words, may move a theme from its definition. What predicts rows held out best is
# taken: words carry nothing where examples are a handful, and more than vectors where they are hundreds.
BALANCES = ((1.0, 0.0), (3.0, 2.0), (4.0, 8.0), (6.0, 25.0), (6.0, 60.0))
TRIED = 1_200  # rows on which the balance is chosen
DENSE = 2.0  # the same for vectors alone, for languages without examples
DEFINITION = 2.0  # a definition counts as so many examples
OTHERS = 0.4  # what another theme's example counts as a near miss, where the theme has near misses of its own
LIMIT = 4_000  # examples that are learnt from
ENOUGH = 8  # examples of a language from which its words are trusted


class Encode(Protocol):
    """Texts and their languages to unit rows, float32 (texts, dimensions)."""

    def __call__(self, texts: Sequence[str], languages: Sequence[str | None] | None = None, /) -> Vectors:
        """Encode in the order given."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is learnt from: labels are 1, 0 or NaN (not said), (rows, themes)."""

    texts: list[str]
    languages: list[str]
    labels: Floats
    weights: Floats
    definition: NDArray[np.bool_]


def learn(themes: Sequence[Theme], encode: Encode) -> Tagger:
    """Learn a tagger for ``themes``. The same themes and encoder give the same tagger."""
    prototypes = np.stack([prototype(theme, encode) for theme in themes])
    background = encode([f"News: {topic}" for topic in BACKGROUND], None)
    rows = _rows(themes)
    hashed = [features.ids(text) for text in rows.texts]
    blank = Tagger.blank(themes, prototypes, background, features.idf(hashed), _languages(rows))
    stances = stance.learn(themes, prototypes, encode).astype(np.float64)
    if rows.definition.all():
        return blank.taught(stances=stances)
    vectors, cues = encode(rows.texts, rows.languages), blank.cue_counts(rows.texts)
    table = _table(hashed, blank.idf)
    dense, words, cued = vectors @ vectors.T.astype(np.float64), (table @ table.T).toarray(), cues @ cues.T
    offsets = blank.prior(vectors, cues)
    grams = {(d, h): d * dense + h * words + CUE * cued for d, h in BALANCES}
    free, spoken = min(BALANCES, key=lambda balance: _loss(rows, grams[balance], offsets))
    pair = (_head(rows, grams[free, spoken], offsets), free), (_head(rows, DENSE * dense + CUE * cued, offsets), DENSE)
    return blank.taught(
        dense=np.stack([scale * vectors.T @ head.alpha for head, scale in pair]),
        hashed=spoken * (table.T @ pair[0][0].alpha),
        cued=np.stack([CUE * cues.T @ head.alpha for head, _ in pair]),
        bias=np.stack([head.bias for head, _ in pair]),
        platt=np.array([head.platt for head, _ in pair]),
        stances=stances,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """One fit: a weight for every row (rows, T), intercepts, and calibration."""

    alpha: Floats
    bias: Floats
    platt: tuple[float, float]


def _head(rows: Rows, gram: Floats, offsets: Floats) -> Head:
    root, folds, keep = fit.factor(gram), _folds(rows), ~rows.definition
    labels, weights = np.nan_to_num(rows.labels), _weights(rows)
    outside = fit.held_out(root, labels, weights, offsets, folds)
    weights = np.where(np.isnan(rows.labels) & (outside > 0), 0.0, weights)  # it seems to be of this theme too
    said = weights * keep[:, None]
    platt = fit.platt(outside.ravel(), labels.ravel(), said.ravel())
    theta, bias = fit.logistic(root, labels, fit.balanced(labels, weights), offsets)
    return Head(np.asarray(np.linalg.solve(root.T, theta), dtype=np.float64), bias, platt)


def _loss(rows: Rows, gram: Floats, offsets: Floats) -> float:
    """Calibrated loss on rows held out, over at most TRIED rows, so that a choice costs a second."""
    at = np.arange(0, len(gram), max(1, -(-len(gram) // TRIED)))
    labels, weights, folds = np.nan_to_num(rows.labels)[at], _weights(rows)[at], np.array(_folds(rows))[at]
    outside = fit.held_out(fit.factor(gram[np.ix_(at, at)]), labels, weights, offsets[at], folds.tolist())
    said = weights * (folds >= 0)[:, None]
    slope, shift = fit.platt(outside.ravel(), labels.ravel(), said.ravel())
    return fit.log_loss(slope * outside + shift, labels, said)


def facets(definition: str) -> list[str]:
    """Return a definition and, where it lists several things, each of them."""
    parts = [p.strip() for p in re.split(r"[,;:]|\band\b", definition)]
    parts = [p for p in parts if len(p) > 2]
    return [definition, *parts] if 1 < len(parts) <= 8 and len(definition) <= 120 else [definition]


def prototype(theme: Theme, encode: Encode) -> Vectors:
    """One unit vector for what a theme is about, the mean over what is said of it in several frames."""
    said = [*facets(theme.definition), *([theme.name] if theme.name != theme.definition else [])]
    said += [x for x in (theme.asserts, theme.disputes) if x]
    mean = encode([t.format(x) for x in said for t in TEMPLATES], None).mean(0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), dtype=np.float32)


def _rows(themes: Sequence[Theme]) -> Rows:
    """All examples, one row a text even where several themes say something of it, then the definitions."""
    seen: dict[str, int] = {}
    texts: list[str] = []
    languages: list[str] = []
    said: list[tuple[int, int, float]] = []
    for column, theme in enumerate(themes):
        for example in _thinned(theme, len(themes)):
            key = " ".join(features.words(example.text))
            if key not in seen:
                seen[key] = len(texts)
                texts.append(example.text)
                languages.append(example.language)
            said.append((seen[key], column, float(example.applies)))
    examples = len(texts)
    for column, theme in enumerate(themes):
        for text in (theme.name, theme.definition, theme.asserts, theme.disputes):
            if text:
                said.append((len(texts), column, 1.0))
                texts.append(text)
                languages.append("en")
    labels = np.full((len(texts), len(themes)), np.nan)
    for row, column, value in said:
        labels[row, column] = value
    return Rows(texts, languages, labels, np.ones_like(labels), np.arange(len(texts)) >= examples)


def _thinned(theme: Theme, themes: int) -> Sequence[Example]:
    step = max(1, -(-len(theme.examples) * themes // LIMIT))
    return theme.examples[::step]


def _weights(rows: Rows) -> Floats:
    """What each row counts for each theme."""
    own = (rows.labels[~rows.definition] == 0).sum(0) >= 5  # themes that come with near misses
    unsaid = np.where(own, OTHERS, 1.0)
    weights = np.where(np.isnan(rows.labels), unsaid, 1.0)
    weights[rows.definition] *= DEFINITION
    return np.asarray(weights)


def _languages(rows: Rows) -> tuple[str, ...]:
    found, counts = np.unique(
        [x for x, d in zip(rows.languages, rows.definition, strict=True) if not d], return_counts=True
    )
    return tuple(str(x) for x, n in zip(found, counts, strict=True) if n >= ENOUGH)


def _folds(rows: Rows) -> list[int]:
    """Definitions are in no fold: every model knows them."""
    order = np.random.default_rng(0).permutation(len(rows.texts))
    return [-1 if d else int(n) % fit.FOLDS for n, d in zip(order, rows.definition, strict=True)]


def _table(hashed: Sequence[features.Ids], idf: NDArray[np.float32]) -> Any:
    """Hashed features of all rows, sparse (rows, SIZE)."""
    from scipy.sparse import csr_matrix

    values = [features.weights(row, idf) for row in hashed]
    ends = np.cumsum([0, *(len(row) for row in hashed)])
    return csr_matrix((np.concatenate(values), np.concatenate(hashed), ends), shape=(len(hashed), features.SIZE))
