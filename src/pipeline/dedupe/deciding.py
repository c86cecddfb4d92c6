"""Which of several texts with the same words is the origin, and what makes the others its copies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.dedupe.overlap import COPIED, Overlap, overlap, repeats
from pipeline.dedupe.senders import sender_of
from pipeline.dedupe.words import LEAST, words_of
from pipeline.model import Copy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline.model import Article

AHEAD = timedelta(days=1)  # a release or wire text is the origin of what was printed up to so long before it
# the sender's own page; a text with a sender's mark; any other; what came more than a day later
OWN, SENT, PRINTED, LATER = range(4)
_LAST = datetime.max.replace(tzinfo=UTC)


def copy_of(
    article: Article, candidates: Iterable[Article], *, copied: float = COPIED, kinds: Mapping[str, str] | None = None
) -> Copy | None:
    """Return whose words ``article`` repeats, or None. Of several candidates that have them, one is the origin.

    That is the earliest, but a press release or wire text comes before what was printed within a day of it: a sender's
    own page, then a text that bears a sender's mark. A candidate that is a copy itself does no harm: the store names
    its origin instead. ``copied`` is the least share of the article's words that must stand in the origin, in runs of
    eight words or more; ``kinds`` is the kind of each source by its key.
    """
    others = {candidate.id: candidate for candidate in candidates if candidate.id != article.id}
    ordered = _in_order(list(others.values()), article, kinds or {})
    return _first(article, ordered, copied, kinds or {})


def _first(article: Article, ordered: Sequence[Article], copied: float, kinds: Mapping[str, str]) -> Copy | None:
    """Return the article as a copy of the first whose words it repeats."""
    words = words_of(article.text) if ordered else None
    if words is None or len(words) < LEAST:
        return None
    for candidate in ordered:
        theirs = words_of(candidate.text)
        if len(theirs) >= LEAST:
            found = overlap(words, theirs)
            if repeats(words, theirs, found, copied=copied):
                score = round(found.copied, 4)
                return Copy(article.id, candidate.id, score, _reason(article, candidate, found, kinds))
    return None


def copies(
    article: Article, known: Sequence[Article], *, kinds: Mapping[str, str] | None = None
) -> tuple[Copy | None, list[Copy]]:
    """Return what an article's arrival tells: the copy that it is, or else those known before whose origin it is.

    Arrival order is not publication order: a release may be fetched hours after the reports that print it. Where the
    article comes before texts that were known earlier, it is an original and each of those that repeats it becomes
    its copy; the store then passes on to it whatever was a copy of those.
    """
    others = list({other.id: other for other in known if other.id != article.id}.values())
    ordered, kinds = _in_order([article, *others], article, kinds or {}), kinds or {}
    at = ordered.index(article)
    if own := _first(article, ordered[:at], COPIED, kinds):
        return own, []
    return None, [found for other in ordered[at + 1 :] if (found := _first(other, [article], COPIED, kinds))]


def _in_order(articles: Sequence[Article], near: Article, kinds: Mapping[str, str]) -> list[Article]:
    """Sort as origins: by time, but those sent out come first among what lies within a day of the earliest."""
    if len(articles) < 2:
        return list(articles)
    named = {author.casefold() for other in (near, *articles) for author in other.authors if author != other.site}
    until = min(*map(_when, articles), _LAST - AHEAD) + AHEAD

    def place(article: Article) -> tuple[int, datetime, int]:
        when = _when(article)
        return _rank(article, named, kinds) if when <= until else LATER, when, article.id

    return sorted(articles, key=place)


def _when(article: Article) -> datetime:
    return article.when or _LAST


def _rank(article: Article, named: set[str], kinds: Mapping[str, str]) -> int:
    """Rank by who wrote it; a site that another text names as its author is a sender too."""
    sender = sender_of(article, kinds)
    if (sender and sender.own) or (article.site and article.site.casefold() in named):
        return OWN
    return SENT if sender else PRINTED


def _reason(article: Article, origin: Article, found: Overlap, kinds: Mapping[str, str]) -> str:
    sender = sender_of(origin, kinds)
    share = int(100 * found.copied)
    said = [
        f"{share} % of its words stand in that order in article {origin.id}" + (f", {sender.told}" if sender else "")
    ]
    if found.kept < 0.9:
        said.append(f"{int(100 * found.kept)} % of that article is kept")
    if _plain(article.title) != _plain(origin.title):
        said.append("other headline")
    return "; ".join(said)


def _plain(title: str) -> list[str]:
    return re.findall(r"\w+", title.casefold())
