"""The way *conference*: a conference's site or agenda page -> links to its sessions and to its own news.

The rule: schema.org Events in JSON-LD count (sub-events are sessions), then anchors on the same host whose path
names a session, talk or keynote and goes on after that word, then whatever the way *listing* would take for an
article. The date of a session is when it is held, not when its page appeared, so it is no hint of publication.
Dates, places and speakers of editions are not read here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawlers.look import Look, Sight, unreadable
from crawlers.spiders import listing
from crawlers.spiders.feed import LONGEST_TITLE, plain
from pipeline.model import Hint, Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

EVENTS = {"Event", "BusinessEvent", "EducationEvent", "ConferenceEvent", "PublicationEvent", "VideoObject"}
SESSION = re.compile(
    r"/(sessions?|talks?|keynotes?|agenda|schedule|program(me)?|workshops?|panels?|sesiones)/[^/]+", re.IGNORECASE
)


def look(sight: Sight) -> Look:
    """Read a conference page; at most 500 links."""
    root = listing.document(sight)
    if root is None:
        return unreadable(sight, "unreadable listing", "no HTML in it")
    sessions = listing.structured(sight, root, EVENTS | listing.ARTICLES)
    return listing.found(sight, [*sessions, *_anchors(sight, root)])


def _anchors(sight: Sight, root: etree._Element) -> Iterator[Link]:
    for url, text, heading in listing.anchors(sight, root):
        session = SESSION.search(urlsplit(url).path)
        if session or listing.looks_like_article(url, text, heading=heading):
            titled = heading or (session and len(text.split()) >= 3)
            yield Link(url, sight.source.key, Hint(title=plain(text, LONGEST_TITLE) if titled else None))
