"""Whether a text is all that the article has: what is cut by a pay wall, or is but an excerpt, is no fair sample of it.

A page that asks for money may carry its text in full all the same, so no sign counts alone: what the page says of
itself is held against how much text there is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.extract.structured import Claims

Cut = Literal["paywall", "excerpt"]

_WALLED_WORDS = 300  # a walled page with more words shows its article
_PAID_WORDS = 120  # with fewer, a page that says that it isn't free is believed
_EXCERPT_WORDS = 200
_SHARE = 0.6  # of the words that the page says it has
_TRAILS_OFF = re.compile(
    r"(?:…|\.\.\.|\[\s*(?:…|\.\.\.)\s*\])\s*(?:\(?(?:read|continue|leer|lire|mehr|leia|continua)\b.{0,30})?$", re.I
)


def cut(paragraphs: Sequence[str], claims: Claims, *, walled: bool) -> Cut | None:
    """Tell what cut the text: a wall, an excerpt's end, or None where nothing speaks for it.

    ``walled``: the page itself says that the rest is for subscribers.
    """
    words = sum(len(line.split()) for line in paragraphs)
    short_of_its_count = claims.words is not None and words < _SHARE * claims.words
    if walled and (words < _WALLED_WORDS or short_of_its_count):
        return "paywall"
    if claims.free is False and (words < _PAID_WORDS or short_of_its_count):
        return "paywall"
    trails_off = bool(paragraphs) and bool(_TRAILS_OFF.search(paragraphs[-1]))
    return "excerpt" if trails_off and (words < _EXCERPT_WORDS or short_of_its_count) else None
