"""EDGE: where a digest leaves the pipeline. A new output is one file here and one line in ``OUTPUTS``.

An output takes the digest as it is: what goes in and in what order was decided by ``digest.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypedDict

from pipeline.outputs import chart, email, faces, file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline.config import Config
    from pipeline.model import Digest


class Output(Protocol):
    """Takes a digest where it belongs."""

    def __call__(self, digest: Digest, config: Config, *, before: Callable[[], None]) -> str:
        """Deliver and return where to; call ``before()`` last before it can't be undone; raise DeliveryError."""
        ...


OUTPUTS: Mapping[str, Output] = {
    "file": file.deliver,
    "email": email.deliver,
}


class Rendered(TypedDict):
    """A digest in the forms that are stored."""

    html: str
    text: str


def render(digest: Digest) -> Rendered:
    """Return the digest as it is stored: a page that holds its chart, and plain text."""
    return {"html": faces.html(digest, chart=email.embedded(chart.png(digest))), "text": faces.text(digest)}
