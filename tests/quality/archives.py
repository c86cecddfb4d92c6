"""Measure archives: reading beside warcio, the whole import, and kills at random moments.

python tests/quality/archives.py --pages 20000      # seconds of processor time, both readers on one made file
python tests/quality/archives.py --kills 30         # 0 lost, 0 double, or exit status 1
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT), str(ROOT / "tests")]

from crawling import Desk, source  # noqa: E402
from loopback import Web  # noqa: E402
from warcs import block, record, zipped  # noqa: E402

HOME = "http://a.example/"
SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "en",
    "ter",
    "ion",
    "sche",
    "que",
    "mento",
    "ción",
    "ing",
    "ful",
    "ver",
    "är",
    "das",
    "los",
    "the",
    "an",
    "ri",
    "po",
    "su",
)


def records(count: int, size: int, seed: int = 1) -> Iterator[bytes]:
    """Pages of about ``size`` bytes that pack as news pages do, a request before each, some of other hosts."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 5))) for _ in range(20_000)]
    for n in range(count):
        text = "".join(
            f'<div class="teaser card"><p>{" ".join(chance.choices(words, k=40))}</p><a href="/t/{n}">{n}</a></div>\n'
            for _ in range(int(size * chance.uniform(0.3, 1.7)) // 420)
        )
        home = HOME if n % 10 else "http://elsewhere.example/"
        yield record(f"{home}{n}", b"GET / HTTP/1.1\r\n\r\n", "request")
        yield record(f"{home}{n}", block(f"<html><title>{n}</title><body>{text}</body></html>"))


def made(file: Path, count: int, size: int) -> Path:
    """Write a file of so many pages."""
    with file.open("wb") as out:
        out.writelines(zipped(x) for x in records(count, size))
    return file


# ------------------------------------------------------------------ readers
def ours(file: Path) -> int:
    """Read all pages as the import does, without saving."""
    from crawlers.spiders.archive import Owners, Wanted
    from crawlers.spiders.archive import records as read
    from crawlers.warc import Frames

    wanted = Wanted(Owners([source("a", "feed", HOME)]), 16 * 2**20)
    with file.open("rb") as stream:
        return sum(1 for _ in read(Frames(stream), wanted))


def passing_over(file: Path) -> int:
    """The same where no host is a source's: nothing but framing and heads."""
    from crawlers.spiders.archive import Owners, Wanted
    from crawlers.spiders.archive import records as read
    from crawlers.warc import Frames

    with file.open("rb") as stream:
        return sum(1 for _ in read(Frames(stream), Wanted(Owners([]), 16 * 2**20)))


def warcio(file: Path) -> int:
    """Read all pages with warcio."""
    from warcio.archiveiterator import ArchiveIterator

    count = 0
    with file.open("rb") as stream:
        for entry in ArchiveIterator(stream):
            count += 1
            if entry.rec_type == "response":
                entry.content_stream().read()
    return count


def fastwarc(file: Path) -> int:
    """Read all pages with FastWARC's own framing."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    count = 0
    with file.open("rb") as stream:
        for entry in ArchiveIterator(stream):
            count += 1
            if entry.record_type == WarcRecordType.response:
                entry.reader.read()
    return count


def importing(file: Path) -> int:
    """Import it into a fresh store."""
    with tempfile.TemporaryDirectory() as place:
        desk = Desk(Path(place) / "desk", Web(0), {"a": ("feed", HOME)})
        process = start(desk, file)
        out, err = process.communicate()
        assert process.returncode == 0, err
        return int(json.loads(out.splitlines()[-1])["counts"]["records"])


def measure(read: Callable[[Path], int], file: Path) -> None:
    """Run in a child and print its rates and its peak memory."""
    pid = os.fork()
    if pid == 0:
        count = read(file)
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        seconds = sum(x.ru_utime + x.ru_stime for x in used)
        print(
            f"{read.__name__:<14} {count:>7} records {count / seconds:>8.0f} records/s "
            f"{file.stat().st_size / 2**20 / seconds:>7.1f} MiB/s {max(x.ru_maxrss for x in used) / 1024:>6.0f} MiB peak",
            flush=True,
        )
        os._exit(0)
    os.waitpid(pid, 0)


# ------------------------------------------------------------------ kills
def start(desk: Desk, file: Path) -> subprocess.Popen[str]:
    """Begin an import as the command line does."""
    desk.config.write_text(desk.config.read_text().replace("max_bytes = 200000", "max_bytes = 16777216"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TIDELINE_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return subprocess.Popen(
        [sys.executable, "-m", "crawlers", "--config", str(desk.config), "--archive", str(file)],
        env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def killed(kills: int, seed: int) -> int:
    """Kill imports at random moments; return how many pages were lost or double in the end."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        pages = 300 * kills
        file = made(Path(place) / "k.warc.gz", pages, 20_000)
        desk = Desk(Path(place) / "desk", Web(0), {"a": ("feed", HOME)})
        hits = 0
        while hits < kills:
            process = start(desk, file)
            process.stdout.readline()  # type: ignore[union-attr]  # it has begun
            time.sleep(chance.uniform(0.0, 0.5))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            if process.returncode == 0:
                break
            hits += 1
        start(desk, file).communicate()
        connection = sqlite3.connect(desk.folder / "tideline.db")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = [url for (url,) in connection.execute("SELECT url FROM pages")]
        (state,) = connection.execute("SELECT offset, size, pages, records FROM archives").fetchall()
        want = {f"{HOME}{n}" for n in range(pages) if n % 10}
        lost, double = len(want - set(found)), len(found) - len(set(found))
        wrong = state != (file.stat().st_size, file.stat().st_size, len(want), 2 * pages)
        print(
            f"{hits} kills; {len(want)} pages, {lost} lost, {double} double; offset, counts {'wrong' if wrong else 'right'}"
        )
    return lost + double + wrong


def main() -> int:
    """Measure or kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=40_000, help="bytes of a page, on average")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    if options.kills:
        print(f"seed {options.seed}")
        return 1 if killed(options.kills, options.seed) else 0
    with tempfile.TemporaryDirectory() as place:
        file = made(Path(place) / "m.warc.gz", options.pages, options.size)
        print(f"{file.stat().st_size / 2**20:.0f} MiB")
        for read in (ours, warcio, fastwarc, passing_over, ours, warcio, fastwarc, passing_over, importing):
            measure(read, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
