"""The command line as a user has it: clear errors, filters, a mail sent, a daemon started and stopped."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from conftest import clean_environment

if TYPE_CHECKING:
    from conftest import Tideline

LEAD = Path(__file__).parent.parent.parent / "shared" / "data" / "lead-article.es.txt"


# ------------------------------------------------------------------ what a person has to mend
@pytest.mark.parametrize(
    ("settings", "arguments", "message"),
    [
        ("[crawl]\ndelai = 3\n", ("sources",), "tideline.toml: [crawl] delai: unknown setting; did you mean [crawl] delay?"),
        ("", ("trends", "commodities"), "theme 'commodities' is not known; the configured themes are application_layer"),
        ("", ("stories", "--theme", "tides"), "theme 'tides' is not known"),
        ('sources = ["mine.toml"]\n', ("sources",), "mine.toml: [paper] address: is missing"),
        ('themes = "nowhere"\n', ("themes",), "nowhere: no such folder of theme files"),
        ("", ("query", "DELETE FROM tags"), "only questions are answered"),
        ("", ("query",), "give either SQL or --saved NAME"),
        ("", ("stories", "99"), "story 99 is not in the database"),
        ("", ("trends", "--series", "nowhere.csv"), "nowhere.csv: No such file"),
        ("", ("digest", "--send"), "[smtp] host and [digest] subscribers"),
        ("", ("run", "--only", "colect"), "'colect' is no stage; the stages are collect, extract"),
    ],
)  # fmt: skip
def test_what_a_person_has_to_mend_is_one_line_and_status_two(
    tmp_path: Path, tideline: Tideline, settings: str, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "tideline.toml").write_text(settings)
    (tmp_path / "mine.toml").write_text(
        '[paper]\nname = "P"\nway = "feed"\nlanguage = "en"\ncountry = "US"\nkind = "analyst"\n'
    )
    tideline("themes", cwd=tmp_path, TIDELINE_THEMES="shipped", TIDELINE_SOURCES="shipped")

    done = tideline(*arguments, cwd=tmp_path)

    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_of_a_newer_version_is_refused_by_name(tmp_path: Path, tideline: Tideline) -> None:
    tideline("themes", cwd=tmp_path)
    with sqlite3.connect(tmp_path / "tideline.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")

    done = tideline("trends", cwd=tmp_path)

    assert done.returncode == 2
    assert "tideline.db" in done.stderr
    assert "newer" in done.stderr


def test_init_writes_a_file_once_and_keeps_it(tmp_path: Path, tideline: Tideline) -> None:
    first = tideline("init", cwd=tmp_path)
    second = tideline("init", cwd=tmp_path)

    assert first.returncode == 0
    assert second.returncode == 2
    assert "exists and is kept" in second.stderr
    assert tideline("sources", "--json", cwd=tmp_path).returncode == 0


# ------------------------------------------------------------------ filters
def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_unreadable_line_costs_itself_and_sets_status_one(tmp_path: Path, tideline: Tideline) -> None:
    stdin = '{"id": "a", "title": "Harbour opens"}\nnot json\n{"title": "no id"}\n[1]\n{"id": "b", "text": 3}\n{"id": "c", "text": null}\n'

    done = tideline("cluster", cwd=tmp_path, stdin=stdin)

    assert done.returncode == 1
    assert [line["id"] for line in lines(done)] == ["a", "c"]
    assert [x.split(":")[0] for x in done.stderr.splitlines()] == ["line 2", "line 3", "line 4", "line 5"]


def test_a_page_on_stdin_is_extracted(tmp_path: Path, tideline: Tideline) -> None:
    page = (
        "<html lang=en><title>Crane</title><article><h1>Crane</h1>"
        + "<p>The harbour board chose the cheaper crane this week, after a long debate among its members.</p>"
        + "<p>The dearer one would have lifted more, said its maker, and would have stood there for forty years.</p>"
    )

    (line,) = lines(tideline("extract", "-", cwd=tmp_path, stdin=page))

    assert line["title"] == "Crane"
    assert "cheaper crane" in line["text"]
    assert line["rejected"] is None


def test_a_missing_file_costs_itself(tmp_path: Path, tideline: Tideline) -> None:
    (tmp_path / "one.html").write_text("<p>too short</p>")

    done = tideline("extract", "nowhere.html", "one.html", cwd=tmp_path)

    assert done.returncode == 1
    assert "nowhere.html" in done.stderr
    assert lines(done)[0]["rejected"]


@pytest.mark.skipif(not LEAD.exists(), reason="the lead article is not shipped")
def test_the_lead_article_gets_its_themes_with_spanish_evidence_and_its_quote(
    tmp_path: Path, tideline: Tideline
) -> None:
    title, text = LEAD.read_text(encoding="utf-8").split("\n", 1)
    line = json.dumps({"id": "lead", "title": title, "text": text})

    (found,) = lines(tideline("tag", cwd=tmp_path, stdin=line + "\n"))

    themes = {t["theme"]: t for t in found["themes"]}
    assert {"commoditization", "rl_post_training", "open_source_pricing_pressure", "scaling_slowdown", "moat_erosion", "application_layer"} <= set(themes)  # fmt: skip
    for tag in themes.values():
        assert tag["evidence"]
        for evidence in tag["evidence"]:
            body = title if evidence["field"] == "title" else text
            assert body[evidence["start"] : evidence["end"]] == evidence["text"]
    quotes = {quote["text"]: quote["speaker"] for quote in found["quotes"]}
    assert quotes["vender granos de café a Starbucks"]["text"] == "Un fundador"
    assert {"OpenAI", "Google", "Anthropic", "Boxworks"} <= {entity["text"] for entity in found["entities"]}


# ------------------------------------------------------------------ mail and daemon
class Inbox:
    """A real SMTP receiver that keeps what it is sent."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        self.mails.append(envelope.original_content)
        return "250 kept"


def test_a_digest_is_mailed_once_to_each_subscriber(demo: Path, tmp_path: Path, tideline: Tideline) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder)
    inbox = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        environ = {
            "TIDELINE_SMTP_HOST": "127.0.0.1",
            "TIDELINE_SMTP_PORT": str(port),
            "TIDELINE_SMTP_SECURITY": "none",
            "TIDELINE_DIGEST_SUBSCRIBERS": "ana@desk.example,ben@desk.example",
        }
        first = tideline("digest", "--send", cwd=folder, **environ)
        second = tideline("digest", "--send", cwd=folder, **environ)
    finally:
        controller.stop()

    assert first.returncode == 0, first.stderr
    assert "sent 2" in first.stderr
    assert "sent 0" in second.stderr
    assert len(inbox.mails) == 2
    for part in (b"text/plain", b"text/html", b"image/png", b"List-Unsubscribe", b"Message-ID"):
        assert part in inbox.mails[0]


def started(folder: Path) -> subprocess.Popen[str]:
    environ = clean_environment() | {"TIDELINE_SCHEDULE_COLLECT": "3600", "TIDELINE_CRAWL_PROXY": "http://127.0.0.1:9"}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "daemon", "--verbose"],
        cwd=folder,
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_daemon_refuses_a_second_and_ends_cleanly_on_sigterm(demo: Path, tmp_path: Path, tideline: Tideline) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder)
    daemon = started(folder)
    try:
        assert daemon.stderr
        assert "daemon started" in daemon.stderr.readline()
        second = tideline("daemon", cwd=folder)
        began = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()
        daemon.communicate()

    assert second.returncode == 2
    assert "works on this database" in second.stderr
    assert time.monotonic() - began < 30
    with sqlite3.connect(next(folder.glob("*.sqlite"))) as connection:
        assert connection.execute("SELECT count(*) FROM leases").fetchone() == (0,)


def test_a_daemon_that_was_killed_is_replaced_at_once(demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo, folder)
    first = started(folder)
    assert first.stderr
    assert "daemon started" in first.stderr.readline()
    first.send_signal(signal.SIGKILL)
    first.communicate()

    second = started(folder)
    try:
        assert second.stderr
        assert "daemon started" in second.stderr.readline()
    finally:
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=40)
    assert second.returncode == 0
