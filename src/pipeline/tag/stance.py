"""Stance: does a passage assert a theme's claim, dispute it, or only report?

Learnt per theme from the examples' stances around a prior from the theme's ``asserts`` and ``disputes`` texts.
A theme that says nothing of stance is only ever reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.model import STANCES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pipeline.model import Stance, Theme, Vectors

    Floats = NDArray[np.float64]

NEAR = 6.0  # log-odds per unit of cosine to the claim or its denial
FREE = 6.0  # how freely examples may move the weights


def learn(themes: Sequence[Theme], prototypes: Vectors, encode: Callable[..., Vectors]) -> NDArray[np.float32]:
    """Weights and intercepts towards each of STANCES, float32 (T, d + 1, 3)."""
    every = [_theme(theme, centre, encode) for theme, centre in zip(themes, prototypes, strict=True)]
    return np.stack(every).astype(np.float32)


def of(weights: NDArray[np.float32], vectors: Vectors, share: Floats) -> Stance:
    """Return the stance of an article from its evidence: vectors (n, d), each with its share."""
    logits = vectors @ weights[:-1] + weights[-1]
    logits = logits - logits.max(1, keepdims=True)
    chance = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return STANCES[int((chance * share[:, None]).sum(0).argmax())]


def _theme(theme: Theme, centre: Vectors, encode: Callable[..., Vectors]) -> Floats:
    prior = _prior(theme, centre, encode)
    taught = [e for e in theme.examples if e.applies and e.stance]
    if not taught:
        return prior
    rows = encode([e.text for e in taught], [e.language for e in taught]).astype(np.float64)
    labels = np.array([[e.stance == s for s in STANCES] for e in taught], dtype=float)
    return prior + _softmax(rows, labels, rows @ prior[:-1] + prior[-1])


def _prior(theme: Theme, centre: Vectors, encode: Callable[..., Vectors]) -> Floats:
    weights = np.zeros((len(centre) + 1, 3))
    weights[-1] = (0.0, -0.5, 0.0) if theme.asserts else (-4.0, -4.0, 0.0)
    for column, text in ((0, theme.asserts), (1, theme.disputes)):
        if text:
            weights[:-1, column] = NEAR * (encode([text], None)[0] - centre)
    return weights


def _softmax(rows: Floats, labels: Floats, offsets: Floats) -> Floats:
    """Multinomial logistic regression on top of offsets; classes count by the root of their frequency."""
    from scipy.optimize import minimize

    shape = (rows.shape[1] + 1, 3)
    counts = labels.sum(0)
    weights = (labels / np.sqrt(np.maximum(counts, 1))).sum(1, keepdims=True)
    weights *= len(rows) / weights.sum()

    def loss(flat: Floats) -> tuple[float, Floats]:
        theta = flat.reshape(shape)
        z = rows @ theta[:-1] + theta[-1] + offsets
        z -= z.max(1, keepdims=True)
        chance = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        slope = weights * (chance - labels)
        value = -(weights * labels * np.log(chance + 1e-12)).sum() + (theta[:-1] ** 2).sum() / (2 * FREE)
        gradient = np.vstack([rows.T @ slope + theta[:-1] / FREE, slope.sum(0) + 0.1 * theta[-1]])
        return float(value + 0.05 * (theta[-1] ** 2).sum()), gradient.ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return np.asarray(found.x).reshape(shape)
