"""One module per way of finding pages; ``WAYS`` is the table of them.

A way is one function from a ``Sight`` (a fetched feed, sitemap or page) to a ``Look`` (the links in it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawlers.spiders import conference, feed, listing, sitemap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crawlers.look import Look, Sight

WAYS: Mapping[str, Callable[[Sight], Look]] = {
    "feed": feed.look,
    "sitemap": sitemap.look,
    "listing": listing.look,
    "conference": conference.look,
}  # fmt: skip
