"""What is kept of a page whose owner reserves text and data mining: title, link and date, and nothing else. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from crawlers.reservations import parsed
from pipeline.model import Hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from crawlers.look import Look
    from pipeline.model import Page

LONGEST_TITLE = 300  # a headline; more would be text
TITLES = ("og:title", "twitter:title", "dc.title", "citation_title")
DATES = ("article:published_time", "og:published_time", "date", "dc.date", "citation_publication_date")
DEPTH = 20  # of JSON-LD


def stub(page: Page, reserved: str) -> Page:
    """Return the page as it may be kept. The address stays; the body is a small document of our own making."""
    tree = parsed(page.body, page.content_type or "")
    found = list(_claims(tree)) if tree is not None else []
    title = page.hint.title or _first(found, "title") or page.url
    published = page.hint.published or _time(_first(found, "date"))
    hint = Hint(title=title[:LONGEST_TITLE], published=published)
    return replace(
        page, body=_document(page.url, hint), content_type="text/html; charset=utf-8", hint=hint, reserved=reserved
    )


def bare(look: Look) -> Look:
    """Return a look whose links carry no words of the texts that they lead to."""
    links = tuple(replace(link, hint=Hint(title=link.hint.title, published=link.hint.published)) for link in look.links)
    return replace(look, links=links)


def _document(url: str, hint: Hint) -> bytes:
    title, address = escape(hint.title or "", quote=True), escape(url, quote=True)
    date = hint.published.astimezone(UTC).isoformat() if hint.published else ""
    meta = f'<meta property="article:published_time" content="{date}">' if date else ""
    return f'<!doctype html><title>{title}</title><link rel="canonical" href="{address}">{meta}'.encode(
        errors="replace"
    )


# ------------------------------------------------------------------ what the page says of itself
def _claims(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    for element in tree.iter("meta"):
        name = (element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
        if content := (element.get("content") or "").strip():
            if name in TITLES:
                yield "title", content
            if name in DATES or name == "datepublished":
                yield "date", content
    for element in tree.iter("script"):
        if (element.get("type") or "").startswith("application/ld+json"):
            yield from _json_claims(element.text or "")
    for element in tree.iter("title", "h1"):
        if text := " ".join(str(element.text_content()).split()):
            yield "title", text
    for element in tree.iter("time"):
        yield "date", element.get("datetime") or ""


def _json_claims(text: str) -> Iterator[tuple[str, str]]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _json_items(said, DEPTH)


def _json_items(said: object, depth: int) -> Iterator[tuple[str, str]]:
    if depth and isinstance(said, list):
        for item in said[:100]:
            yield from _json_items(item, depth - 1)
    elif depth and isinstance(said, dict):
        for name, kind in (("headline", "title"), ("datePublished", "date")):
            if isinstance(said.get(name), str):
                yield kind, said[name]
        yield from _json_items(said.get("@graph"), depth - 1)


def _first(found: list[tuple[str, str]], kind: str) -> str | None:
    return next((value for what, value in found if what == kind and value), None)


def _time(value: str | None) -> datetime | None:
    try:
        when = datetime.fromisoformat(value.strip()) if value else None
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when and when.tzinfo is None else when
