"""Words out of a feed's markup: plain text, headings, and which HTML is a full text rather than a teaser.

Only strings come in and go out; addresses and dates are read elsewhere.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_CONTENT = 500, 4_000, 200_000
SHORTEST_BODY, SHORTEST_DESCRIPTION = 500, 1_200  # characters of text; a description is a teaser as a rule
LONG_IN_ANY_CASE = 2_500
ENDING = 800  # characters in which a text ends, with all that is put behind it
TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")
UNSEEN = {"<!--": "-->", "<script": "</script", "<style": "</style"}  # what begins so is no text up to its end
INLINE = re.compile(
    r"</?(?:b|i|em|strong|span|br|a|p|u|sup|sub|font|div|img|mark|small)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
# WordPress adds it to excerpts and to full texts alike, so it says nothing.
POSTSCRIPT = re.compile(
    r"\s*(?:the post|la entrada|el art[ií]culo|l[’']article|der beitrag|o post|l[’']articolo)\b.{0,400}?"
    r"(?:appeared first on|se public[oó] primero en|apareci[oó] primero en|est apparu en premier sur|"
    r"erschien zuerst auf|apareceu primeiro em|proviene da)\b.{0,200}$",
    re.IGNORECASE | re.DOTALL,
)
CUT_OFF = re.compile(
    r"(?:…|\.\.\.|\[(?:…|\.\.\.|&hellip;)\]|\b(?:read (?:more|on|the (?:rest|full)\b.{0,40})|"
    r"continue reading\b.{0,120}|keep reading|view full (?:article|post)|full story|"
    r"s(?:igue|eguir|igan?) leyendo\b.{0,120}|leer m[aá]s|ver m[aá]s|lire (?:la suite|plus)\b.{0,80}|"
    r"weiterlesen\b.{0,80}|mehr lesen|leia mais|continue (?:lendo|a ler)|leggi (?:tutto|di pi[uù])|"
    r"continua a leggere))[\s.…»>→›\])]*$",
    re.IGNORECASE,
)


def plain(value: object, longest: int) -> str | None:
    """Return text without tags, entities and runs of white space, at most ``longest`` characters; None for nothing."""
    if not isinstance(value, str):
        return None
    text = value[: longest * 20]
    if "<" in text:
        for begin, end in UNSEEN.items():
            text = _without(text, begin, end)
        text = TAGS.sub(" ", text)
    return " ".join(html.unescape(text).split())[:longest] or None


def _without(text: str, begin: str, end: str) -> str:
    """Return a text without what stands between two marks. A mark that is never closed is searched for once, not always."""
    low, kept, at = text.lower(), [], 0
    if len(low) != len(text):  # a few letters grow when they are lowered
        low = text
    while (start := low.find(begin, at)) >= 0 and (over := low.find(end, start)) >= 0:
        kept.append(text[at:start])
        at = over + len(end)
        if not end.endswith(">"):
            at = low.find(">", at) + 1 or len(text)
    return " ".join([*kept, text[at:]])


def heading(value: object) -> str | None:
    """Return a title as a reader should see it; one that was escaped once too often is unescaped once more."""
    text = plain(value, LONGEST_TITLE)
    if text and ("&" in text or "<" in text):
        text = " ".join(html.unescape(INLINE.sub("", text)).split())
    return text or None


def summary_and_content(texts: Sequence[str], *, declared: bool) -> tuple[str | None, str | None]:
    """Return the summary as plain text and the full text as HTML, each None where there is none.

    ``texts`` is all that an item says of itself, in any order; ``declared`` tells that one of them was marked as
    the item's content, not as its description. The shortest is the summary, the longest may be the full text.
    """
    told = sorted({text for text in texts if text and not text.isspace()}, key=len)
    if not told:
        return None, None
    summary = plain(told[0], LONGEST_SUMMARY)
    longest = told[-1][:LONGEST_CONTENT]
    return summary, longest if _is_whole(longest, summary if len(told) > 1 else None, declared=declared) else None


def _is_whole(markup: str, summary: str | None, *, declared: bool) -> bool:
    """Tell a full text from a teaser: by its length, its end, and its share beyond the summary."""
    shortest = SHORTEST_BODY if declared else SHORTEST_DESCRIPTION
    if len(markup) < shortest:
        return False
    text = plain(markup, LONGEST_CONTENT) or ""
    end = POSTSCRIPT.sub("", text[-ENDING:])
    if len(text) - len(text[-ENDING:]) + len(end) < shortest or CUT_OFF.search(end[-200:]):
        return False
    return len(text) >= LONG_IN_ANY_CASE or len(text) >= 1.5 * len(summary or "")
