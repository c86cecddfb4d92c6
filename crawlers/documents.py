"""Small HTML documents made here of what is no web page: the full text in a feed, a transcript.

``<meta name="tideline-from">`` says what one was made of, so that it can be told from a page as it was fetched.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lxml import etree
from lxml import html as lxml_html

if TYPE_CHECKING:
    from pipeline.model import Hint

KIND = "text/html; charset=utf-8"
LEFT_OUT = ("script", "style", "form", "iframe", "object", "embed", "meta", "link", "base", "title", "noscript")
FORM = """<!DOCTYPE html>
<html{language}><head><meta charset="utf-8"><meta name="tideline-from" content="{origin}"><title>{title}</title>
<link rel="canonical" href="{url}">
{claims}</head><body><article>
<h1>{title}</h1>
{content}
</article></body></html>
"""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a document is made of: its address, its body as HTML, where that comes from, and what is known of it."""

    url: str
    content: str
    origin: Literal["feed", "transcript"]
    hint: Hint


def document(paper: Paper) -> bytes:
    """Return the document in UTF-8, with title, time, authors and address as machines read them."""
    hint = paper.hint
    claims = [f'<meta name="author" content="{_quoted(author)}">' for author in hint.authors]
    if hint.published:
        claims.append(f'<meta property="article:published_time" content="{hint.published.isoformat()}">')
    return FORM.format(
        language=f' lang="{_quoted(hint.language)}"' if hint.language else "",
        origin=paper.origin,
        title=_quoted(hint.title or ""),
        url=_quoted(paper.url),
        claims="\n".join([*claims, ""]),
        content=mended(paper.content),
    ).encode("utf-8", "replace")


def mended(markup: str) -> str:
    """Return HTML of a feed well formed, without what is not text and without tags that would end the document."""
    try:
        root = lxml_html.fragment_fromstring(markup, create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return f"<p>{_quoted(markup)}</p>"
    etree.strip_elements(root, etree.Comment, *LEFT_OUT, with_tail=False)
    return str(lxml_html.tostring(root, encoding="unicode"))


def _quoted(text: str) -> str:
    return html.escape(text)
