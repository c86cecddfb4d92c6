"""Text of the web that any database takes: no NUL and other controls, no halves of surrogate pairs.

PostgreSQL refuses a NUL in a text, and neither database takes what is no UTF-8; one such character must not cost the
other links of its look. Addresses are cleaned in ``addresses.py``, bodies are bytes and stay as they came.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crawlers.look import Look
    from pipeline.model import Hint, Link, Rejection

UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def storable(look: Look) -> Look:
    """Return a look of which every text can be stored."""
    rejections = tuple(_rejection(x) for x in look.rejections)
    return replace(look, links=tuple(_link(x) for x in look.links), rejections=rejections, error=text(look.error))


def text(value: Any) -> Any:
    """Return a text, or a tuple of them, without what can't be stored; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(text(x) for x in value)
    # Nearly every text is clean, and most are found so without a copy.
    return UNSTORABLE.sub("", value) if isinstance(value, str) and UNSTORABLE.search(value) else value


def _link(link: Link) -> Link:
    hint = _hint(link.hint)
    return link if hint is link.hint else replace(link, hint=hint)


def _hint(hint: Hint) -> Hint:
    changed = {f.name: new for f in fields(hint) if (new := text(old := getattr(hint, f.name))) != old}
    return replace(hint, **changed) if changed else hint


def _rejection(rejection: Rejection) -> Rejection:
    return replace(rejection, detail=text(rejection.detail))
