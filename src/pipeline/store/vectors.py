"""Vectors as bytes: int8 with one float32 scale a row, a quarter of their size.

The scale is chosen so that a row keeps its length, so cosines stay within about 0.003. No SQL here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def packed(vectors: NDArray[np.float32]) -> bytes:
    """Pack rows, shape (n, d), as n little-endian float32 scales followed by n * d int8."""
    rows = np.atleast_2d(np.asarray(vectors, dtype=np.float32))
    peak = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    steps = np.rint(np.divide(rows * 127, peak, out=np.zeros_like(rows), where=peak > 0)).astype(np.int8)
    length = np.linalg.norm(steps.astype(np.float32), axis=1)
    scales = np.divide(np.linalg.norm(rows, axis=1), length, out=np.zeros_like(length), where=length > 0)
    return b"".join((scales.astype("<f4").tobytes(), steps.tobytes()))


def unpacked(blob: bytes, dimensions: int) -> NDArray[np.float32]:
    """Undo ``packed``: float32, shape (n, dimensions)."""
    count = len(blob) // (4 + dimensions)
    scales = np.frombuffer(blob, dtype="<f4", count=count)
    steps = np.frombuffer(blob, dtype=np.int8, offset=4 * count).reshape(count, dimensions)
    rows: NDArray[np.float32] = (steps * scales[:, None]).astype(np.float32)
    return rows
