"""A listing that its scripts build: a real browser renders it, and every request of its goes through the gate."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from crawling import Desk
from loopback import Answer, page, serving

if TYPE_CHECKING:
    from pathlib import Path

PATH = next((found for x in ("chromium", "google-chrome") if (found := shutil.which(x))), None)
ITEMS = '[{"u": "/2026/prices-fall-again", "t": "Prices fall again as labs undercut each other"}, {"u": "/2026/no-moat-left", "t": "No moat is left, an investor says in Lisbon"}, {"u": "/2026/weights-for-free", "t": "A third lab gives its weights away for free"}]'
SHELL = """<html><head><script src="/app.js"></script><link rel="stylesheet" href="/style.css"></head><body><main id="m">
</main><img src="/pixel.png"><iframe src="http://10.0.0.1/inside"></iframe></body></html>"""
APP = """
fetch("http://192.168.7.7/secret").catch(() => 0);
fetch("/closed/data.json").catch(() => 0);
fetch("/write", {method: "POST", body: "x"}).catch(() => 0);
try { new WebSocket("ws://127.0.0.1:%d/socket"); } catch (e) {}
fetch("/items.json").then(r => r.json()).then(items => {
  document.getElementById("m").innerHTML = items.map(x => `<article><h2><a href="${x.u}">${x.t}</a></h2><p>And why.</p></article>`).join("");
});
"""


def installed() -> bool:
    return subprocess.run([sys.executable, "-c", "import playwright"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not (PATH and installed()), reason="needs the extra `javascript` and a Chromium")
def test_a_browser_builds_the_page_and_reaches_nothing_but_by_the_gate(tmp_path: Path) -> None:
    with serving() as web, serving() as canary:
        web.routes |= {
            "js.example/robots.txt": page("User-agent: *\nDisallow: /closed/\n", "text/plain"),
            "js.example/news": page(SHELL), "js.example/app.js": page(APP % canary.port, "text/javascript"),
            "js.example/items.json": page(ITEMS, "application/json"),
            "js.example/2026/prices-fall-again": page("<p>1"), "js.example/2026/no-moat-left": page("<p>2"),
            "js.example/2026/weights-for-free": page("<p>3"),
        }  # fmt: skip
        desk = Desk(tmp_path / "desk", web, {"js": ("listing", "http://js.example/news")})
        desk.run_sql("UPDATE sources SET javascript = 1")
        desk.crawl()
        asked = set(web.paths())
    assert desk.pages() == {
        f"http://js.example/2026/{x}" for x in ("prices-fall-again", "no-moat-left", "weights-for-free")
    }
    assert not asked & {"/closed/data.json", "/write", "/style.css", "/pixel.png", "/secret", "/inside"}
    assert canary.seen == []


def test_without_a_browser_the_source_fails_with_the_way_out(tmp_path: Path) -> None:
    with serving() as web:
        web.routes |= {"js.example/news": Answer(SHELL.encode(), headers={"Content-Type": "text/html"})}
        desk = Desk(tmp_path, web, {"js": ("listing", "http://js.example/news")}, more='browser = "/nowhere/chromium"')
        desk.run_sql("UPDATE sources SET javascript = 1")
        desk.crawl()
    ((error, failures),) = desk.rows("SELECT error, failures FROM polls")
    assert failures == 1
    assert error.startswith("needs a browser: install the extra: pip install 'tideline[javascript]'")
