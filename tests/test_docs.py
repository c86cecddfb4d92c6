"""Every example in README and docs runs: the commands of each ``console`` block, in a folder where the demo ran."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import clean_environment

if TYPE_CHECKING:
    from conftest import Tideline

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# these set up the machine, reach for the live web or never end; each has a test of its own
ELSEWHERE = (
    "make ",
    "git ",
    "tideline demo",
    "tideline run",
    "tideline daemon",
    "pip ",
    "cd ",
    "tideline digest --send",
    "tideline sources check",
    "tideline sources add",
)


def blocks(page: Path, kind: str) -> list[str]:
    return [text for found, text in BLOCK.findall(page.read_text()) if found == kind]


COMMANDS = [
    pytest.param(line.removeprefix("$ "), id=f"{page.name}: {line[2:60]}")
    for page in PAGES
    for text in blocks(page, "console")
    for line in text.splitlines()
    if line.startswith("$ ") and not line[2:].startswith(ELSEWHERE)
]


@pytest.fixture(scope="module")
def folder(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the demo's folder with what the examples name: saved pages, articles."""
    copy = tmp_path_factory.mktemp("docs") / "demo"
    shutil.copytree(demo, copy)
    (copy / "saved-pages").mkdir()
    page = (
        "<html lang=en><title>Harbour works</title><article><h1>Harbour works</h1>"
        + "<p>The harbour board chose the cheaper crane this week, after a debate that lasted well into the night.</p>"
        * 3
    )
    (copy / "saved-pages" / "one.html").write_text(page)
    line = '{"id": 1, "title": "Nobody noticed", "text": "The start-up swapped its language model over a weekend and no customer noticed."}\n'
    (copy / "articles.jsonl").write_text(line)
    (copy / "conferences.jsonl").write_text(
        '{"name": "Rubyfuza", "startDate": "2013-02-07", "city": "Cape Town", "topic": "ruby"}\n'
    )
    (copy / "mentions.csv").write_text("date,value\n" + "".join(f"2026-01-{d:02d},{d % 5}\n" for d in range(1, 29)))
    (copy / "subscriptions.opml").write_text('<opml><outline text="A & B" xmlUrl="https://ab.example/feed"/></opml>')
    shutil.copytree(ROOT / "models" / "themes", copy / "my-themes")
    return copy


@pytest.mark.parametrize("line", COMMANDS)
def test_an_example_runs(line: str, folder: Path) -> None:
    command = re.sub(r"\btideline\b(?=\s)", f"{shlex.quote(sys.executable)} -m pipeline", line)

    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=120,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_toml_examples_are_toml(page: Path) -> None:
    for text in blocks(page, "toml"):
        tomllib.loads(text)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_questions_of_the_database_page_run_on_the_demo(folder: Path, tideline: Tideline) -> None:
    questions = blocks(ROOT / "docs" / "database.md", "sql")

    assert len(questions) >= 10
    for sql in questions:
        done = tideline("query", sql, "--json", cwd=folder)
        assert done.returncode == 0, (sql, done.stderr)


def test_the_demo_database_is_whole(folder: Path) -> None:
    (database,) = folder.glob("*.sqlite")

    assert sqlite3.connect(database).execute("PRAGMA integrity_check").fetchone() == ("ok",)
