"""Real input: 93 news pages of as many sites, served on loopback behind a feed and taken through the pipeline."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loopback import Answer, page, rss, serving

if TYPE_CHECKING:
    from conftest import Tideline

PAGES = Path(__file__).parent.parent.parent / "shared" / "exams" / "data" / "extract" / "zyte" / "html"
SOURCE = """[real]
name = "Real pages"
way = "feed"
address = "http://{place}/feed.xml"
language = "en"
country = "US"
kind = "mainstream"
"""


@pytest.mark.skipif(not PAGES.exists(), reason="the pages are not ours to ship")
def test_real_pages_become_articles_and_none_is_lost_without_a_reason(tmp_path: Path, tideline: Tideline) -> None:
    files = sorted(PAGES.glob("*.html.gz"))
    with serving() as web:
        place = f"127.0.0.1:{web.port}"
        for file in files:
            web.routes[f"127.0.0.1/{file.name}"] = Answer(
                gzip.decompress(file.read_bytes()), headers={"Content-Type": "text/html"}
            )
        web.routes["127.0.0.1/feed.xml"] = page(
            rss(*(f"http://{place}/{file.name}" for file in files)), "application/rss+xml"
        )
        (tmp_path / "real.toml").write_text(SOURCE.format(place=place))
        (tmp_path / "tideline.toml").write_text(f'sources = ["real.toml"]\n[crawl]\ndelay = 0.0\nallow = ["{place}"]\n')
        done = tideline("run", "--only", "collect,extract", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    sql = "SELECT (SELECT count(*) FROM articles WHERE length(text) > 100) AS articles, (SELECT count(*) FROM rejections) AS refused, (SELECT count(*) FROM links) AS links"
    (counts,) = json.loads(tideline("query", sql, "--json", cwd=tmp_path).stdout)
    assert counts["links"] == len(files)
    assert counts["articles"] >= 90
    assert counts["articles"] + counts["refused"] >= len(files)
