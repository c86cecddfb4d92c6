"""Kill `tideline run` at random moments, run it again, and compare the store with an undisturbed one.

    python tests/quality/kills.py [--kills 20] [--seed 7] [--sources harborwire,boxworks]

Run by `make soak`; a short one runs in the tests. Prints the seed and every difference; exit status 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "src"), str(HERE.parent.parent)]

from newsroom.site import Newsroom, serve  # noqa: E402

# what must be the same, without ids and times, which depend on when a run was killed
SAME = {
    "articles": "SELECT url, title, text, source, published_at, language FROM articles",
    "links": "SELECT url, state FROM links",
    "polls": "SELECT source, status, failures, etag FROM polls",
    "refused": "SELECT stage, url, reason, source FROM rejections",
    "copies": "SELECT a.url, o.url FROM copies c JOIN articles a ON a.id = c.article JOIN articles o ON o.id = c.origin",
    "sentences": "SELECT a.url, n.sentences, n.vectors FROM annotations n JOIN articles a ON a.id = n.article",
    "tags": "SELECT a.url, t.theme, round(t.score, 3), t.stance, e.position, e.text FROM tags t JOIN articles a ON a.id = t.article LEFT JOIN evidence e ON e.tag = t.id WHERE t.superseded_at IS NULL",
    "quotes": "SELECT a.url, q.text, q.speaker FROM quotes q JOIN articles a ON a.id = q.article",
    "mentions": "SELECT a.url, m.entity, m.start_offset FROM mentions m JOIN articles a ON a.id = m.article",
    "conferences": "SELECT a.url, c.conference, c.how FROM article_conferences c JOIN articles a ON a.id = c.article",
    "stories": "SELECT f.url, a.url FROM story_articles s JOIN stories t ON t.id = s.story JOIN articles a ON a.id = s.article JOIN articles f ON f.id = t.first_article",
    "series": "SELECT theme, day, stories, total FROM series WHERE superseded_at IS NULL",
    "trends": "SELECT theme, start_day, end_day, stories, total, share, low, high, verdict FROM trends WHERE superseded_at IS NULL",
    "summaries": "SELECT s.theme, s.language, n.position, n.text FROM summaries s JOIN summary_sentences n ON n.summary = s.id WHERE s.superseded_at IS NULL",
    "digests": "SELECT period, start_day, end_day, title FROM digests",
}  # fmt: skip


def run(folder: Path, proxy: str, *, seconds: float | None = None) -> bool:
    """Run the pipeline in ``folder``; True if it ended, False if it was killed after ``seconds``."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TIDELINE_")} | {"TIDELINE_CRAWL_PROXY": proxy}
    command = [sys.executable, "-m", "pipeline", "run", "--quiet"]
    process = subprocess.Popen(command, cwd=folder, env=environ, stderr=subprocess.PIPE, start_new_session=True)
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill_with_children(process.pid)
        process.communicate()
        return False
    if process.returncode:
        raise RuntimeError(errors.decode()[-2000:])
    return True


def kill_with_children(pid: int) -> None:
    """SIGKILL a process and the crawler that it started in a session of its own."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in children.read_text().split() if children.exists() else ():
        os.kill(int(child), signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)


def prepared(folder: Path, keys: list[str]) -> Path:
    """A folder with settings for the newsroom, or for some of its outlets."""
    tables = tomllib.loads((HERE.parent / "newsroom" / "sources.toml").read_text())
    chosen = {key: table for key, table in tables.items() if not keys or key in keys}
    text = "".join(
        f"[{key}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in table.items())
        for key, table in chosen.items()
    )
    folder.mkdir()
    (folder / "sources.toml").write_text(text)
    (folder / "tideline.toml").write_text(
        'database = "sqlite:///store.sqlite"\nsources = ["sources.toml"]\n[crawl]\ndelay = 0.0\n'
    )
    return folder


def snapshot(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """What the store holds, without ids and times."""
    connection = sqlite3.connect(folder / "store.sqlite")
    found = {name: sorted(map(tuple, connection.execute(sql)), key=repr) for name, sql in SAME.items()}
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
    return found


def differences(kills: int, seed: int, keys: list[str], longest: float) -> tuple[int, list[str]]:
    """Kill a run ``kills`` times at random; return how often it was killed, and what differs from a quiet run."""
    chance = random.Random(seed)
    server = serve(Newsroom(HERE.parent / "newsroom", datetime.now(UTC).date()))
    proxy = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        with tempfile.TemporaryDirectory() as place:
            quiet, killed = prepared(Path(place) / "quiet", keys), prepared(Path(place) / "killed", keys)
            run(quiet, proxy)
            hits = sum(not run(killed, proxy, seconds=chance.uniform(0.3, longest)) for _ in range(kills))
            run(killed, proxy)
            want, got = snapshot(quiet), snapshot(killed)
    finally:
        server.shutdown()
        server.server_close()
    found = [f"{name}: {side} {row!r:.200}" for name in SAME for side, row in _unlike(want[name], got[name])]
    return hits, found


def _unlike(want: list[tuple[object, ...]], got: list[tuple[object, ...]]) -> list[tuple[str, object]]:
    lost, extra = list(want), []
    for row in got:
        if row in lost:
            lost.remove(row)
        else:
            extra.append(row)
    return [("lost", row) for row in lost] + [("more", row) for row in extra]


def main() -> int:
    """Print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--longest", type=float, default=12.0, help="seconds after which a run is killed at the latest")
    parser.add_argument("--sources", default="", help="comma-separated outlets (default: all)")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    hits, found = differences(
        options.kills, options.seed, [x for x in options.sources.split(",") if x], options.longest
    )
    print("\n".join(found) or "no difference")
    print(f"{hits} of {options.kills} runs were killed; {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
