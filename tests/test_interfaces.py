"""Public interfaces read as feeds, known by their shape: Hacker News, arXiv, forums and timelines."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from feedtexts import ARXIV, look, rss

from crawlers.spiders import text

STORIES = {"hits": [
    {"objectID": "11", "title": "Tokens are a commodity", "url": "https://a.example/1?utm_source=hn", "author": "kofi",
     "points": 120, "num_comments": 45, "created_at": "2026-03-01T10:00:00Z", "story_text": None},
    {"objectID": "12", "title": "Ask HN: who still trains?", "author": "ines", "points": 3, "num_comments": None,
     "created_at_i": 1772359200, "story_text": f"<p>{'I wonder. ' * 100}"},
    {"objectID": "13", "title": None, "comment_text": "no story"}]}  # fmt: skip


def test_hacker_news_gives_the_stories_and_the_discussion_of_those_without_a_page() -> None:
    found = look(json.dumps(STORIES), address="https://hn.algolia.com/api/v1/search_by_date?tags=story")
    assert [x.url for x in found.links] == ["https://a.example/1", "https://news.ycombinator.com/item?id=12"]
    shared, own = (x.hint for x in found.links)
    assert shared.summary == "120 points, 45 comments: https://news.ycombinator.com/item?id=11"
    assert (shared.published, shared.authors, shared.content) == (None, (), None)
    assert (own.published, own.authors) == (datetime(2026, 3, 1, 10, tzinfo=UTC), ("ines",))
    assert (own.content or "").startswith("<p>I wonder.")
    assert len(found.published) == 2


def test_arxiv_gives_papers_once_with_all_authors_and_the_first_date() -> None:
    [link] = look(
        ARXIV.replace("We study", "We study much. " * 40 + "We study"), address="https://export.arxiv.org/api/query?x"
    ).links
    assert link.url == "https://arxiv.org/abs/2603.01234"
    assert link.hint.title == "Cheap Tokens, Thin Moats"
    assert link.hint.authors == ("Ana Díaz", "Li Wei")
    assert link.hint.published == datetime(2026, 2, 27, 18, tzinfo=UTC)
    assert link.hint.summary == text.plain(link.hint.content, 4_000)
    assert (link.hint.summary or "").endswith("We study prices of language models under open weights.")


def test_arxivs_rss_says_the_same_as_its_query_interface() -> None:
    abstract = "arXiv:2603.01234v1 Announce Type: new \nAbstract: We study prices."
    paper = f"<item><title>T</title><link>https://arxiv.org/abs/2603.01234</link><dc:creator>Ana Díaz, Li Wei</dc:creator><description>{abstract}</description></item>"
    [link] = look(rss(paper), address="https://rss.arxiv.org/rss/cs.CL").links
    assert (link.hint.authors, link.hint.summary) == (("Ana Díaz", "Li Wei"), "We study prices.")


def test_forums_and_timelines_are_read_by_their_shape() -> None:
    reddit = {"kind": "Listing", "data": {"children": [
        {"kind": "t3", "data": {"title": "Own", "permalink": "/r/x/1/", "is_self": True, "author": "a", "created_utc": 1772359200.0,
                                "selftext_html": "&lt;p&gt;Hi&lt;/p&gt;"}},
        {"kind": "t3", "data": {"title": "Out", "permalink": "/r/x/2/", "url": "https://a.example/2", "score": 5}},
        {"kind": "t3", "data": {"title": "Pinned", "permalink": "/r/x/3/", "stickied": True}}]}}  # fmt: skip
    assert [x.url for x in look(json.dumps(reddit), address="https://www.reddit.com/r/x/new.json").links] == [
        "https://www.reddit.com/r/x/1/", "https://a.example/2"]  # fmt: skip
    topics = {
        "topic_list": {
            "topics": [{"id": 5, "slug": "open-weights", "title": "Open weights", "created_at": "2026-03-01T10:00:00Z"}]
        }
    }
    [topic] = look(json.dumps(topics), address="https://forum.example/latest.json").links
    assert (topic.url, topic.hint.title) == ("https://forum.example/t/open-weights/5", "Open weights")
    statuses = [
        {
            "uri": "u",
            "url": "https://m.example/@a/1",
            "content": "<p>Ja</p>",
            "account": {"display_name": "A"},
            "language": "de",
        }
    ]
    [status] = look(json.dumps(statuses)).links
    assert (status.url, status.hint.summary, status.hint.language) == ("https://m.example/@a/1", "Ja", "de")


@pytest.mark.parametrize(
    "body", ['{"hits": [{"objectID": {}, "title": "x"}]}', '{"hits": 3}', '{"topic_list": {"topics": [null, {"id": "x"}]}}',
             '[{"uri": 1, "content": 2, "account": 3}]', '{"kind": "Listing", "data": {"children": [{"data": []}]}}', "[]", "[1, 2]",
             '{"version": "https://jsonfeed.org/version/1", "items": [{"authors": [3], "attachments": {}, "id": []}]}'],
)  # fmt: skip
def test_json_of_odd_shapes_gives_no_page_and_no_error(body: str) -> None:
    assert all("news.ycombinator" in link.url for link in look(body).links)
