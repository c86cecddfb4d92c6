"""Throughput and memory of the crawl beside a bare Scrapy spider that only fetches the same pages: `make bench`.

    python tests/quality/crawl_speed.py [--pages 4000] [--hosts 40] [--rounds 2]
    python tests/quality/crawl_speed.py --pages 100000 --rounds 0       # memory only: one crawl of ours

The pages (invented, 10 to 250 KB, half of them gzipped in transit) come from a server process of its own on
loopback, through the proxy door, so that hosts and addresses are what they would be on the web. Both crawls have
the same concurrency and no delay; A B A B, in CPU seconds of the crawling process and its peak memory. Ours finds
the pages in sitemaps, reads robots.txt, stores every page, and is done when the store says so.
"""

from __future__ import annotations

import argparse
import gzip
import http.server
import multiprocessing
import os
import random
import resource
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
WORDS = [
    "model",
    "price",
    "token",
    "open",
    "weight",
    "market",
    "team",
    "cloud",
    "data",
    "agent",
    "release",
    "chip",
    "lab",
    "tool",
    "user",
    "startup",
    "margin",
]
VARIANTS, SEED, CONCURRENCY, PART = 40, 5, 16, 5_000

BARE = """
import sys, scrapy
from scrapy.crawler import CrawlerProcess

class Bare(scrapy.Spider):
    name, fetched = "bare", 0
    async def start(self):
        for line in open(sys.argv[1]):
            yield scrapy.Request(line.strip(), meta={"proxy": sys.argv[2]})
    def parse(self, response):
        self.fetched += 1
    def closed(self, reason):
        print(self.fetched)

process = CrawlerProcess({"CONCURRENT_REQUESTS": int(sys.argv[3]), "CONCURRENT_REQUESTS_PER_DOMAIN": 1, "LOG_LEVEL": "ERROR", "DOWNLOAD_DELAY": 0})
process.crawl(Bare)
process.start()
"""  # fmt: skip


# ------------------------------------------------------------------ the web
def bodies(chance: random.Random) -> list[bytes]:
    """Invented pages in the sizes of real ones: half markup and scripts, half text."""
    made = []
    for _ in range(VARIANTS):
        size = min(max(chance.lognormvariate(11.0, 0.7), 10_000), 250_000)
        text = "".join(
            f"<p class=c{n % 7}>{' '.join(chance.choices(WORDS, k=60))}.</p>\n" for n in range(int(size / 800))
        )
        script = f"<script>var d={[chance.randrange(10**6) for _ in range(int(size / 20))]}</script>"
        made.append(f"<html><head><title>{chance.random()}</title>{script}</head><body>{text}</body></html>".encode())
    return made


class Pages(http.server.BaseHTTPRequestHandler):
    """Answer robots.txt, one sitemap index a host, its parts, and any page."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20
    bodies: tuple[list[bytes], list[bytes]]
    number = 0
    today = datetime.now(UTC).date()

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        body, kind, packed = self.answer(target.netloc, target.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def answer(self, host: str, path: str) -> tuple[bytes, str, bool]:
        if path == "/robots.txt":
            return b"User-agent: *\nDisallow: /private/\n", "text/plain", False
        if path == "/sitemap.xml":
            parts = "".join(
                f"<sitemap><loc>http://{host}/part{n}.xml</loc></sitemap>" for n in range((self.number - 1) // PART + 1)
            )
            return f"<sitemapindex>{parts}</sitemapindex>".encode(), "text/xml", False
        if path.startswith("/part"):
            first = int(path[5:-4]) * PART
            locs = range(first, min(first + PART, self.number))
            urls = "".join(
                f"<url><loc>http://{host}/news/story-of-the-day-{n}</loc><lastmod>{self.today - timedelta(n % 90)}</lastmod></url>"
                for n in locs
            )
            return f"<urlset>{urls}</urlset>".encode(), "text/xml", False
        number = int(path.rpartition("-")[2]) if path.startswith("/news/") else 0
        packed = number % 2 == 0
        return self.bodies[packed][(number * 7 + len(host)) % VARIANTS], "text/html; charset=utf-8", packed

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(socketserver.ThreadingTCPServer):
    """Bears with clients that hang up."""

    allow_reuse_address = daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


def serve(port: Any, per_host: int) -> None:
    """Serve until killed; tell the port."""
    plain = bodies(random.Random(SEED))
    Pages.bodies, Pages.number = (plain, [gzip.compress(b, 6) for b in plain]), per_host
    server = Server(("127.0.0.1", 0), Pages)
    port.send(server.server_address[1])
    server.serve_forever()


# ------------------------------------------------------------------ the two crawls
def spent(command: list[str], folder: Path) -> tuple[float, float, float, str]:
    """CPU seconds, wall seconds and peak MiB of one process, and what it printed last."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("TIDELINE_")}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    began = time.monotonic()
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        last = ""
        for line in process.stdout or ():
            last = line
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[:3]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024, last.strip()


def ours(folder: Path, proxy: str, hosts: list[str]) -> tuple[int, float, float, float]:
    """Crawl into a new SQLite store; return pages stored, CPU seconds, wall seconds, peak MiB."""
    from pipeline.model import Source
    from pipeline.store import open_store, work

    database = folder / "crawl.db"
    (folder / "tideline.toml").write_text(
        f'database = "sqlite:///{database}"\n[crawl]\ndelay = 0.0\nconcurrency = {CONCURRENCY}\nproxy = "{proxy}"\nseconds = 36000.0\n'
    )
    with open_store(f"sqlite:///{database}") as store:
        listed = [Source(h, h, "sitemap", f"http://{h}/sitemap.xml", "en", "US", "trade press") for h in hosts]
        work.sync_catalogue(store, sources=listed, themes=[], entities=[], conferences=[], now=datetime.now(UTC))
    cpu, wall, peak, _ = spent([sys.executable, "-m", "crawlers"], folder)
    with sqlite3.connect(database) as connection:
        (pages,) = connection.execute("SELECT count(*) FROM pages").fetchone()
    return pages, cpu, wall, peak


def bare(folder: Path, proxy: str, hosts: list[str], per_host: int) -> tuple[int, float, float, float]:
    """Fetch the same pages with nothing but Scrapy."""
    (folder / "bare.py").write_text(BARE)
    urls = (f"http://{h}/news/story-of-the-day-{n}" for n in range(per_host) for h in hosts)
    (folder / "urls.txt").write_text("\n".join(urls))
    cpu, wall, peak, last = spent([sys.executable, "bare.py", "urls.txt", proxy, str(CONCURRENCY)], folder)
    return int(last), cpu, wall, peak


def main() -> None:
    """Print one line a crawl, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=4_000)
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    per_host = given.pages // given.hosts
    hosts = [f"paper{n}.example" for n in range(given.hosts)]
    ear, mouth = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(mouth, per_host), daemon=True)
    server.start()
    proxy, rates = f"http://127.0.0.1:{ear.recv()}", {"bare Scrapy": [0, 0.0], "Tideline": [0, 0.0]}
    print(f"{per_host * given.hosts} pages on {given.hosts} hosts, {CONCURRENCY} at a time")
    for name in ["bare Scrapy", "Tideline"] * given.rounds or ["Tideline"]:
        with tempfile.TemporaryDirectory() as folder:
            crawl = (
                (lambda place: bare(place, proxy, hosts, per_host))
                if name != "Tideline"
                else (lambda place: ours(place, proxy, hosts))
            )
            pages, cpu, wall, peak = crawl(Path(folder))
        rates[name][0] += pages
        rates[name][1] += cpu
        print(
            f"{name:12} {pages:7} pages  {cpu:7.1f} CPU s  {wall:7.1f} s  {pages / cpu:6.1f} pages per CPU s  peak {peak:5.0f} MiB",
            flush=True,
        )
    server.terminate()
    if given.rounds:
        a, b = (pages / cpu for pages, cpu in rates.values())
        print(f"ratio Tideline : bare Scrapy = {b / a:.2f}")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    main()
