"""Logistic regression for all themes at once, with a prior, on a kernel of vectors, hashed words and cues.

Rows are few (tens to thousands) and features many, so the fit works on the rows' Gram matrix: its Cholesky factor
gives as many features as there are rows, and folds of a cross-validation are the same matrix with weights set to zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FOLDS = 5
PRECISION = 1e-5  # relative gain of a step below which a fit is done


def factor(gram: Floats) -> Floats:
    """Return L with L Lᵀ = gram plus a little on the diagonal, so that repeated rows do no harm."""
    ridge = 1e-6 * max(1.0, float(np.trace(gram)) / len(gram))
    return np.asarray(np.linalg.cholesky(gram + np.eye(len(gram)) * ridge), dtype=np.float64)


def logistic(features: Floats, labels: Floats, weights: Floats, offsets: Floats) -> tuple[Floats, Floats]:
    """Fit one logistic regression a theme; returns coefficients (features, themes) and intercepts (themes,).

    ``labels`` are 0 or 1, ``weights`` say how much each counts for each theme, ``offsets`` is the log-odds known
    beforehand, all (rows, themes). The penalty is half the squared length of the coefficients.
    """
    from scipy.optimize import minimize

    signs = 2 * labels - 1
    shape = (features.shape[1] + 1, labels.shape[1])
    # single precision halves the cost of the two products that a step consists of
    narrow = np.asarray(features, dtype=np.float32)

    def loss(flat: Floats) -> tuple[float, Floats]:
        theta = flat.reshape(shape)
        margins = signs * (narrow @ theta[:-1].astype(np.float32) + theta[-1] + offsets)
        slope = -weights * signs / (1 + np.exp(np.clip(margins, -500, 500)))
        gradient = np.vstack([narrow.T @ slope.astype(np.float32) + theta[:-1], slope.sum(0) + 1e-3 * theta[-1]])
        value = (
            (weights * np.logaddexp(0, -margins)).sum() + (theta[:-1] ** 2).sum() / 2 + 5e-4 * (theta[-1] ** 2).sum()
        )
        return float(value), gradient.ravel()

    found = minimize(
        loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 150, "ftol": PRECISION}
    )
    theta = np.asarray(found.x).reshape(shape)
    return theta[:-1], theta[-1]


def balanced(labels: Floats, weights: Floats) -> Floats:
    """Scale weights so that for and against count alike in each theme."""
    out = weights.copy()
    for column in range(labels.shape[1]):
        own, y = out[:, column], labels[:, column]
        yes, no = float((own * y).sum()), float((own * (1 - y)).sum())
        if yes and no:
            out[:, column] = own * np.where(y > 0, (yes + no) / 2 / yes, (yes + no) / 2 / no)
    return out


def held_out(features: Floats, labels: Floats, weights: Floats, offsets: Floats, folds: Sequence[int]) -> Floats:
    """Log-odds of every row by a model that did not see its fold, (rows, themes)."""
    out, fold = np.zeros_like(labels), np.asarray(folds)
    for n in range(FOLDS):
        rest = np.where(fold[:, None] == n, 0.0, weights)
        theta, bias = logistic(features, labels, balanced(labels, rest), offsets)
        out[fold == n] = (features @ theta + bias + offsets)[fold == n]
    return out


def platt(logits: Floats, labels: Floats, weights: Floats) -> tuple[float, float]:
    """Slope and intercept that turn log-odds into calibrated ones (Platt 1999, with its softened targets)."""
    from scipy.optimize import minimize

    yes, no = float((weights * labels).sum()), float((weights * (1 - labels)).sum())
    if yes < 5 or no < 5:
        return 1.0, 0.0
    target = np.where(labels > 0, (yes + 1) / (yes + 2), 1 / (no + 2))

    def loss(ab: Floats) -> float:
        z = ab[0] * logits + ab[1]
        return float((weights * (np.logaddexp(0, z) - target * z)).sum()) + 0.05 * float((ab[0] - 1) ** 2)

    slope, shift = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.05, 5.0), (-10, 10)]).x
    return float(slope), float(shift)


def log_loss(logits: Floats, labels: Floats, weights: Floats) -> float:
    """Weighted mean of the negative log-likelihood."""
    losses = np.logaddexp(0, logits) - labels * logits
    return float((weights * losses).sum() / max(float(weights.sum()), 1e-9))
