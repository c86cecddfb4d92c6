"""What is special about arXiv's feeds, of its query interface and of its RSS alike.

A paper is one page, whatever its version; an abstract is the whole of what its page says; all authors may stand in one
field. arXiv asks for three seconds between two requests; that is kept by ``crawlers.pacing``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from crawlers.spiders.items import Channel, Item

PAPER = re.compile(r"^https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/(.+?)(?:v\d+)?(?:\.pdf)?$")
ANNOUNCED = re.compile(r"^\s*arXiv:\S+\s+Announce Type:\s*\S+\s*(?:Abstract:\s*)?", re.IGNORECASE)


def is_arxiv(address: str) -> bool:
    """Tell whether a feed lies on one of arXiv's hosts."""
    host = urlsplit(address).hostname or ""
    return host == "arxiv.org" or host.endswith(".arxiv.org")


def papers(channel: Channel) -> Channel:
    """Return arXiv's channel with its items as papers."""
    return replace(channel, items=[_paper(item) for item in channel.items])


def _paper(item: Item) -> Item:
    names = tuple(name.strip() for told in item.authors for name in told.split(", "))
    return replace(
        item,
        addresses=tuple(dict.fromkeys(PAPER.sub(r"https://arxiv.org/abs/\1", x.strip()) for x in item.addresses)),
        texts=tuple(ANNOUNCED.sub("", text) for text in item.texts),
        declared=True,
        authors=names,
        language=item.language or "en",
    )
