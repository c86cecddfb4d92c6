"""Where a series changes: the best penalised segmentation into levels and lines, and how probable each break is.

Every stretch between two breaks is a constant or a straight line, whichever earns its parameters (BIC). All
segmentations are weighed against each other by dynamic programming: their best gives the breaks, their weighted
sum gives the probability of a break near each of them. Noise is taken as Gaussian within a stretch, of its own
size in each. A remainder of RESOLUTION of the whole variance counts as noise in any case: a bend too small to be
seen on a chart of the whole series is not worth reporting, and slow waves are not cut into ever shorter lines.
Seasons and lone outliers must be taken out before; this module does not know dates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]

RESOLUTION = 0.07  # of the variance of the whole series
PENALTY = 2.0  # price of one parameter, in units of log(n); 1 would be plain BIC, which noise with memory fools
SHORTEST = 5  # points in a stretch; shorter events are bursts, not regimes
CELLS = 1000  # longer series are averaged into this many cells first
NEAR = 5  # a probability is that of a break within this many cells


@dataclass(frozen=True, slots=True)
class Break:
    """The index (from 0) where a new stretch begins, and the probability of a break near it."""

    index: int
    probability: float


def breaks(values: Floats) -> tuple[Break, ...]:
    """Find the breaks of a complete series without seasons, in order. Takes O(CELLS squared) whatever the length.

    Optimal partitioning (Jackson et al. 2005) under a modified BIC; probabilities by the forward-backward
    recursion over segmentations (Fearnhead 2006) with exp(-cost / 2) as weight.
    """
    width = -(-len(values) // CELLS)
    cells = _averaged(values, width)
    n, spread = len(cells), float(np.std(cells))
    shortest = max(2, min(SHORTEST, n // 5))
    if n < 2 * shortest or spread <= 1e-12 * max(1.0, float(np.abs(cells).max())):
        return ()
    level, line = _costs((cells - cells.mean()) / spread)
    price = PENALTY * np.log(n)
    cost = np.minimum(level + price, line + 2 * price)
    found = _best(cost, 2 * price, shortest)
    if not found:
        return ()
    chance = _chances(-(cost + 2 * price) / 2, shortest)
    near = [float(chance[max(0, k - NEAR) : k + NEAR + 1].sum()) for k in found]
    sharpened = _sharpened(found, line, shortest)
    return tuple(Break(k * width, round(min(p, 0.999), 3)) for k, p in zip(sharpened, near, strict=True))


def fitted(values: Floats, starts: tuple[int, ...]) -> Floats:
    """Draw a line, or a level where that does as well, through each stretch; shape as ``values``."""
    out = np.empty(len(values))
    for lo, hi in zip((0, *starts), (*starts, len(values)), strict=True):
        piece, x = values[lo:hi], np.arange(hi - lo) - (hi - lo - 1) / 2
        slope = float(x @ piece / (x @ x)) if hi - lo > 2 else 0.0
        flat = float(np.sum((piece - piece.mean()) ** 2))
        sloped = max(flat - slope**2 * float(x @ x), 1e-300)
        earned = flat > 0 and len(piece) * np.log(flat / sloped) > np.log(len(piece))
        out[lo:hi] = piece.mean() + (slope * x if earned else 0.0)
    return out


def _averaged(values: Floats, width: int) -> Floats:
    if width == 1:
        return values
    starts = np.arange(0, len(values), width)
    return np.asarray(np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values))))


def _costs(z: Floats) -> tuple[Floats, Floats]:
    """Twice the negative log-likelihood of stretch [i, j) as a level and as a line, shape (n, n + 1); inf below the diagonal."""
    n = len(z)
    x = np.arange(n) / n

    def between(v: Floats) -> Floats:
        sums = np.concatenate([[0.0], np.cumsum(v)])
        return np.asarray(sums[None, :] - sums[:-1, None])

    count = np.arange(n + 1.0)[None, :] - np.arange(float(n))[:, None]
    size = np.maximum(count, 1.0)
    sz, sx = between(z), between(x)
    flat = np.maximum(between(z * z) - sz**2 / size, 0.0)
    sxx, sxz = between(x * x) - sx**2 / size, between(x * z) - sx * sz / size
    sloped = np.maximum(flat - np.where(sxx > 1e-12, sxz**2 / np.maximum(sxx, 1e-12), 0.0), 0.0)
    inside = count > 0
    return tuple(np.where(inside, size * np.log(rss / size + RESOLUTION), np.inf) for rss in (flat, sloped))  # type: ignore[return-value]


def _best(cost: Floats, price: float, shortest: int) -> list[int]:
    """Find the segmentation of least cost plus ``price`` a stretch; returns where its stretches begin, but the first."""
    n = cost.shape[0]
    total, came = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    total[0] = 0.0
    for j in range(shortest, n + 1):
        ways = total[: j - shortest + 1] + cost[: j - shortest + 1, j] + price
        came[j] = int(np.argmin(ways))
        total[j] = ways[came[j]]
    found, j = [], int(came[n])
    while j > 0:
        found.append(j)
        j = int(came[j])
    return found[::-1]


def _chances(weight: Floats, shortest: int) -> Floats:
    """Probability that a stretch begins at each index, over all segmentations with log ``weight`` a stretch."""
    n = weight.shape[0]
    forward, backward = np.full(n + 1, -np.inf), np.full(n + 1, -np.inf)
    forward[0] = backward[n] = 0.0
    for j in range(shortest, n + 1):
        forward[j] = logsumexp(forward[: j - shortest + 1] + weight[: j - shortest + 1, j])
    for i in range(n - shortest, -1, -1):
        backward[i] = logsumexp(weight[i, i + shortest :] + backward[i + shortest :])
    chance = np.exp(forward + backward - forward[n])
    chance[0] = chance[n] = 0.0
    return np.asarray(chance)


def _sharpened(found: list[int], line: Floats, shortest: int) -> list[int]:
    """Each break moved, within NEAR cells, to where lines on both sides fit best.

    The price of a slope can pull a break away from a peak towards the flat side; the place of a break should
    not depend on it once the number of breaks is settled.
    """
    edges = [0, *found, line.shape[0]]
    for _ in range(3):
        for k in range(1, len(edges) - 1):
            before, after = edges[k - 1], edges[k + 1]
            lo = max(before + shortest - 1, edges[k] - NEAR)
            hi = min(after - shortest + 1, edges[k] + NEAR)
            if lo <= hi:
                places = np.arange(lo, hi + 1)
                edges[k] = int(places[np.argmin(line[before, places] + line[places, after])])
    return edges[1:-1]
