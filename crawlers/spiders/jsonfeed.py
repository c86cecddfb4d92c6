"""Feeds in JSON: JSON Feed, and the public interfaces of Hacker News, Reddit, Discourse and Mastodon.

``DIALECTS`` is the table of them: what a dialect is called, by what shape it is known, and who reads it. Only shapes
count, never hosts, so that a mirror or a forum of one's own is read as well.
"""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from crawlers.spiders.items import MOST_ITEMS, Attached, Channel, Item

if TYPE_CHECKING:
    from collections.abc import Callable

HACKER_NEWS = "https://news.ycombinator.com/item?id="
OWN_MEDIA = ("https://i.redd.it/", "https://v.redd.it/", "https://www.reddit.com/gallery/")


def read(body: bytes, address: str) -> Channel | str | None:
    """Read a feed in JSON; a string says why it is unreadable, None that it is JSON of another kind."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        return f"JSON: {error}"
    return next((reader(data, address) for _, known, reader in DIALECTS if known(data)), None)


# ------------------------------------------------------------------ JSON Feed
def _is_json_feed(data: Any) -> bool:
    return isinstance(data, dict) and "jsonfeed.org" in str(data.get("version"))


def _json_feed(data: Any, address: str) -> Channel:
    listed = isinstance(data.get("items"), list)
    items = [_json_item(x, address) for x in _dicts(data.get("items"))]
    return Channel(items, _words(data.get("language")), malformed=None if listed else "JSON Feed without items")


def _json_item(item: dict[str, Any], address: str) -> Item:
    authors = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    whole = _words(item.get("content_html")) or html.escape(_words(item.get("content_text")) or "", quote=False)
    attached = _dicts(item.get("attachments"))
    return Item(
        addresses=_some(item.get("url"), item.get("external_url"), _address(item.get("id"), address)),
        title=_words(item.get("title")),
        dates=_some(item.get("date_published"), item.get("date_modified")),
        texts=_some(item.get("summary"), whole),
        declared=bool(whole),
        authors=_some(*(a.get("name") for a in _dicts(authors))),
        language=_words(item.get("language")),
        transcripts=tuple(
            Attached(x["url"], kind)
            for x in attached
            if _words(x.get("url")) and _is_caption(kind := str(x.get("mime_type")))
        ),
        media=next((x["url"] for x in attached if _words(x.get("url"))), None),
    )


def _is_caption(kind: str) -> bool:
    return any(name in kind for name in ("vtt", "srt", "subrip"))


def _address(value: Any, base: str) -> str | None:
    """Return an id that is an address: ids may be any text."""
    text = _words(value) or ""
    return urljoin(base, text) if text.startswith(("http://", "https://", "/")) else None


# ------------------------------------------------------------------ Hacker News: the search interface
def _is_hacker_news(data: Any) -> bool:
    return isinstance(data, dict) and all("objectID" in x for x in _dicts(data.get("hits"))) and "hits" in data


def _hacker_news(data: Any, address: str) -> Channel:  # noqa: ARG001
    return Channel([_story(hit) for hit in _dicts(data.get("hits")) if _words(hit.get("title"))])


def _story(hit: dict[str, Any]) -> Item:
    discussion = HACKER_NEWS + quote(str(hit["objectID"]))
    outside = _words(hit.get("url"))
    said = f"{hit.get('points') or 0} points, {hit.get('num_comments') or 0} comments: {discussion}"
    return Item(
        addresses=_some(outside, discussion),
        title=hit["title"],
        dates=_some(hit.get("created_at"), _epoch(hit.get("created_at_i"))),
        texts=_some(said) if outside else _some(hit.get("story_text")),
        declared=not outside,
        authors=_some(hit.get("author")),
        language="en",
        shared=bool(outside),
    )


# ------------------------------------------------------------------ Reddit, Discourse, Mastodon
def _is_reddit(data: Any) -> bool:
    return isinstance(data, dict) and data.get("kind") == "Listing" and isinstance(data.get("data"), dict)


def _reddit(data: Any, address: str) -> Channel:
    posts = [x["data"] for x in _dicts(data["data"].get("children")) if isinstance(x.get("data"), dict)]
    return Channel([_post(post, address) for post in posts if not post.get("stickied")])


def _post(post: dict[str, Any], address: str) -> Item:
    discussion = urljoin(address, quote(_words(post.get("permalink")) or ""))
    outside = None if post.get("is_self") else _words(post.get("url"))
    outside = None if outside and outside.startswith(OWN_MEDIA) else outside
    said = f"{post.get('score') or 0} points, {post.get('num_comments') or 0} comments: {discussion}"
    text = html.unescape(_words(post.get("selftext_html")) or "") or _words(post.get("selftext"))
    return Item(
        addresses=_some(outside, discussion),
        title=_words(post.get("title")),
        dates=_some(_epoch(post.get("created_utc"))),
        texts=_some(said) if outside else _some(text),
        declared=not outside,
        authors=_some(post.get("author")),
        shared=bool(outside),
    )


def _is_discourse(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("topic_list"), dict)


def _discourse(data: Any, address: str) -> Channel:
    topics = _dicts(data["topic_list"].get("topics"))
    return Channel(
        [_topic(x, address) for x in topics if isinstance(x.get("id"), int) and not x.get("pinned_globally")]
    )


def _topic(topic: dict[str, Any], address: str) -> Item:
    return Item(
        addresses=(urljoin(address, f"/t/{quote(str(topic.get('slug') or '-'))}/{topic['id']}"),),
        title=_words(topic.get("title")),
        dates=_some(topic.get("created_at")),
        texts=_some(topic.get("excerpt")),
    )


def _is_mastodon(data: Any) -> bool:
    return (
        isinstance(data, list) and bool(data) and all({"uri", "content", "account"} <= x.keys() for x in _dicts(data))
    )


def _mastodon(data: Any, address: str) -> Channel:  # noqa: ARG001
    return Channel([_status(x) for x in _dicts(data) if not x.get("reblog")])


def _status(status: dict[str, Any]) -> Item:
    account = status["account"] if isinstance(status["account"], dict) else {}
    return Item(
        addresses=_some(status.get("url"), status.get("uri")),
        dates=_some(status.get("created_at")),
        texts=_some(status.get("content")),
        declared=True,
        authors=_some(account.get("display_name") or account.get("username")),
        language=_words(status.get("language")),
    )


# ------------------------------------------------------------------ values
def _dicts(value: Any) -> list[dict[str, Any]]:
    return [x for x in value[:MOST_ITEMS] if isinstance(x, dict)] if isinstance(value, list) else []


def _words(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _some(*values: Any) -> tuple[str, ...]:
    return tuple(x for x in values if _words(x))


def _epoch(value: Any) -> str | None:
    return str(int(value)) if isinstance(value, (int, float)) and 0 < value < 1e11 else None


DIALECTS: tuple[tuple[str, Callable[[Any], bool], Callable[[Any, str], Channel]], ...] = (
    ("JSON Feed", _is_json_feed, _json_feed),
    ("Hacker News search", _is_hacker_news, _hacker_news),
    ("Reddit listing", _is_reddit, _reddit),
    ("Discourse topics", _is_discourse, _discourse),
    ("Mastodon statuses", _is_mastodon, _mastodon),
)
