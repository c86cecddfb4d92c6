"""A digest as files: HTML, plain text, and the chart that the HTML shows by its relative path.

Each file appears whole or not at all; the chart comes first, so that no page ever points at nothing.
The same digest gives the same bytes.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import DeliveryError
from pipeline.outputs import chart, faces

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.config import Config
    from pipeline.model import Digest


@dataclass(frozen=True, slots=True)
class Paths:
    """Where a digest was written."""

    html: Path
    text: Path
    chart: Path


def paths(digest: Digest, folder: Path) -> Paths:
    """Return where a digest goes: ``digest-<period>-<end>-<language>``; a reader's own has the reader's id in its name."""
    own = f"-{digest.subscriber.id}" if digest.subscriber else ""
    stem = f"digest-{digest.period}-{digest.end.isoformat()}-{digest.language}{own}"
    return Paths(*(folder / f"{stem}.{ending}" for ending in ("html", "txt", "png")))


def write(digest: Digest, folder: Path) -> Paths:
    """Write a digest and return where. Raises DeliveryError in one line where the folder can't be written."""
    to = paths(digest, folder)
    contents = {
        to.chart: chart.png(digest),
        to.text: faces.text(digest).encode(),
        to.html: faces.html(digest, chart=to.chart.name).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            _put(path, content)
    except OSError as error:
        raise DeliveryError(f"{folder}: the digest could not be written: {error.strerror or error}") from error
    return to


def deliver(digest: Digest, config: Config, *, before: Callable[[], None]) -> str:
    """Write a digest into the configured folder, calling ``before`` first; return the page's path."""
    before()
    return str(write(digest, config.path(config.digest_folder)).html)


def _put(path: Path, content: bytes) -> None:
    """Write beside the place and rename, so that readers see the old file or the new one, never half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
