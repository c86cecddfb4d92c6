"""The sample newsroom: fictional outlets served on loopback, as a forward proxy for their ``*.example`` hosts.

``Newsroom`` is a pure function of its folder, the day and a request; ``serve`` puts it behind a socket. It knows
articles and how outlets publish them, not what they are about: labels stay in ``truth``. It imports nothing of
the project, so that it also runs as a program: ``python site.py [--port N] [--today YYYY-MM-DD]`` prints
``{"port": N}`` and serves until SIGTERM.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import signal
import sys
import threading
import tomllib
import unicodedata
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Reply = tuple[int, dict[str, str], bytes]

ID = re.compile(r"(?<=[/_])[a-z]\d{2}-[a-z0-9-]+(?=[./?#]|$)")
INDEX = {  # form of an outlet's index: template, media type
    "rss": ("rss.xml", "application/rss+xml"),
    "rss-full": ("rss.xml", "application/rss+xml"),
    "rss-dc": ("rss.xml", "text/xml"),
    "torn": ("torn.xml", "application/rss+xml"),
    "atom": ("atom.xml", "application/atom+xml"),
    "rdf": ("rdf.xml", "application/rdf+xml"),
    "sitemap": ("sitemap.xml", "application/xml"),
    "listing": ("listing.html", "text/html"),
    "agenda": ("agenda.html", "text/html"),
}
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
SERVICE_PAGES = ("/about", "/contact", "/privacy", "/subscribe")


@dataclass(frozen=True, slots=True)
class Outlet:
    """How one outlet publishes: a table of ``templates/outlets.toml``."""

    key: str
    name: str
    tagline: str
    language: str
    offset: int
    template: str
    path: str
    form: str
    index: str
    stamp: str
    date: str
    charset: str = "utf-8"
    silent_charset: bool = False
    tracking: str = ""
    unslashed: bool = False
    robots: str = "Disallow:"
    wrong_charset: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """The front page's address without the slash."""
        return f"http://{self.key}.example"


@dataclass(frozen=True, slots=True)
class Piece:
    """What an outlet lists: an article, or a planted fault (``answer``). ``when`` is in the outlet's own time."""

    id: str
    outlet: Outlet
    title: str
    when: datetime
    language: str = ""
    authors: tuple[str, ...] = ()
    section: str = ""
    summary: str = ""
    paragraphs: tuple[str, ...] = ()
    path: str = ""
    answer: str = "article"

    @property
    def url(self) -> str:
        """Its canonical address."""
        return self.outlet.home + self.path

    @property
    def link(self) -> str:
        """The address as the outlet's feed gives it: with tracking, or without the slash that it redirects to."""
        return (self.url.rstrip("/") if self.outlet.unslashed else self.url) + self.outlet.tracking

    @property
    def number(self) -> int:
        """A stable number for choosing comments and counters."""
        return zlib.crc32(self.id.encode())


# ------------------------------------------------------------------ reading the folder
def front_matter(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return an article file's table and its paragraphs. Raises ValueError naming the file."""
    parts = re.split(r"^\+\+\+\s*$", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3:
        raise ValueError(f"{path.name}: no front matter between two lines of +++")
    try:
        table = tomllib.loads(parts[1])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: {error}") from None
    return table, tuple(p.strip() for p in re.split(r"\n\s*\n", parts[2]) if p.strip())


def printed(table: Mapping[str, Any], own: tuple[str, ...], bodies: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the paragraphs as printed: a copy's come from its origin, between its own header and footer."""
    if "body_of" not in table:
        return own
    body = bodies[table["body_of"]]
    return (*table.get("before", ()), *body[: len(body) - table.get("drop_last", 0)], *table.get("after", ()))


def slug(text: str) -> str:
    """Return the text in lower-case ASCII with hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "news"


# ------------------------------------------------------------------ dates
def stamp(when: datetime, style: str) -> str:
    """Write a date as machines do: rfc822, gmt, est, iso, zulu or naive (RFC 822 without a zone)."""
    if style == "iso":
        return when.isoformat()
    if style == "zulu":
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if style == "gmt":
        return format_datetime(when.astimezone(UTC), usegmt=True)
    text = format_datetime(when)
    return {"naive": text[:-6], "est": f"{text[:-6]} EST"}.get(style, text)


def spoken(when: date, outlet: Outlet) -> str:
    """Write a date as the outlet's readers see it."""
    language = outlet.language[:2]
    month = MONTHS[language].split()[when.month - 1]
    day = "1er" if language == "fr" and when.day == 1 else str(when.day)
    return outlet.date.format(day=day, month=month, short=month[:3], year=when.year)


# ------------------------------------------------------------------ the newsroom
class Newsroom:
    """Every outlet as it stands on ``today``; the newest article is of the day before.

    ``listed`` has by outlet what its feed, sitemap, listing or agenda gives, newest first.
    """

    def __init__(self, folder: Path, today: date) -> None:
        self.today = today
        tables = tomllib.loads((folder / "templates" / "outlets.toml").read_text(encoding="utf-8"))
        extras = {key: table.pop("extra", []) for key, table in tables.items()}
        self.outlets = {key: Outlet(key=key, **table) for key, table in tables.items()}
        self.articles = self._read(folder / "articles")
        self.faults = {t["id"]: self._extra(self.outlets[key], t) for key, extra in extras.items() for t in extra}
        self._comments = tomllib.loads((folder / "templates" / "comments.toml").read_text(encoding="utf-8"))
        self.listed = {key: self._listed(outlet) for key, outlet in self.outlets.items()}
        self._by_path = {(p.outlet.key, p.path): p for pieces in self.listed.values() for p in pieces}
        self._templates = Environment(
            loader=FileSystemLoader(folder / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters |= {"stamp": stamp, "spoken": spoken, "slug": slug}

    @staticmethod
    def id_of(url: str) -> str | None:
        """Return the article's id that an address carries, None for any other page."""
        found = ID.search(url)
        return found.group() if found else None

    def respond(self, host: str, path: str, headers: Mapping[str, str]) -> Reply:
        """Answer one request: status, headers, body. ``path`` may have a query, which is ignored."""
        key, _, domain = host.partition(":")[0].lower().partition(".")
        outlet = self.outlets.get(key) if domain == "example" else None
        asked = {name.lower(): value for name, value in headers.items()}
        if outlet is None:
            return 502, {"Content-Type": "text/plain; charset=utf-8"}, b"no such host in this newsroom\n"
        status, fields, body = self._answer(outlet, urlsplit(path).path or "/", asked)
        if body and "gzip" in asked.get("accept-encoding", ""):
            fields |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            body = gzip.compress(body, 6, mtime=0)
        return status, fields, body

    def _read(self, folder: Path) -> dict[str, Piece]:
        read = {path.stem: front_matter(path) for path in sorted(folder.glob("*.md"))}
        bodies = {key: paragraphs for key, (_, paragraphs) in read.items()}
        return {key: self._piece(key, table, printed(table, bodies[key], bodies)) for key, (table, _) in read.items()}

    def _piece(self, key: str, table: Mapping[str, Any], paragraphs: tuple[str, ...]) -> Piece:
        outlet = self.outlets[table["outlet"]]
        when = self._when(outlet, table)
        day = {"year": f"{when:%Y}", "month": f"{when:%m}", "day": f"{when:%d}"}
        path = outlet.path.format(id=key, section=slug(table["section"]), **day)
        texts = {name: table[name] for name in ("title", "language", "section", "summary")}
        return Piece(
            id=key, outlet=outlet, when=when, path=path, authors=tuple(table["authors"]), paragraphs=paragraphs, **texts
        )

    def _extra(self, outlet: Outlet, table: Mapping[str, Any]) -> Piece:
        texts = {name: table[name] for name in ("id", "title", "path", "answer")}
        return Piece(outlet=outlet, when=self._when(outlet, table), language=outlet.language[:2], **texts)

    def _when(self, outlet: Outlet, table: Mapping[str, Any]) -> datetime:
        day, clock = self.today - timedelta(days=1 + table["day"]), timezone(timedelta(hours=outlet.offset))
        return datetime.combine(day, time.fromisoformat(table["time"]), UTC).astimezone(clock)

    def _listed(self, outlet: Outlet) -> list[Piece]:
        own = [p for p in (*self.articles.values(), *self.faults.values()) if p.outlet is outlet]
        return sorted(own, key=lambda piece: (piece.when, piece.id), reverse=True)

    def _articles_of(self, outlet: Outlet) -> list[Piece]:
        return [piece for piece in self.listed[outlet.key] if piece.answer == "article"]

    def _answer(self, outlet: Outlet, path: str, asked: Mapping[str, str]) -> Reply:
        if outlet.form == "gone":
            return self._error(outlet, 410 if path == outlet.index else 404)
        if path == outlet.index:
            return self._index(outlet, asked)
        if path == "/robots.txt":
            sitemap = f"Sitemap: {outlet.home}{outlet.index}\n" if outlet.form == "sitemap" else ""
            return 200, {"Content-Type": "text/plain"}, f"User-agent: *\n{outlet.robots}\n{sitemap}".encode()
        if (outlet.key, path + "/") in self._by_path:
            return 301, {"Location": f"{outlet.home}{path}/"}, b""
        if piece := self._by_path.get((outlet.key, path)):
            return self._faulty(piece) if piece.answer != "article" else self._article(piece)
        return self._other(outlet, path)

    def _article(self, piece: Piece) -> Reply:
        outlet = piece.outlet
        text = self._render(outlet, outlet.template, piece=piece, **self._around(piece))
        if piece.id in outlet.wrong_charset:
            return 200, {"Content-Type": "text/html; charset=utf-8"}, text.encode("cp1252", "xmlcharrefreplace")
        return self._html(outlet, text)

    def _around(self, piece: Piece) -> dict[str, Any]:
        """What surrounds an article: its neighbours in the outlet, and what readers say."""
        others = [p for p in self._articles_of(piece.outlet) if p.id != piece.id]
        start = piece.number % max(1, len(others))
        pool = self._comments[piece.outlet.language[:2]]
        first = piece.number % len(pool)
        return {"related": (others + others)[start : start + 4], "comments": (pool + pool)[first : first + 3]}

    def _index(self, outlet: Outlet, asked: Mapping[str, str]) -> Reply:
        """Answer with the feed or what stands for it; 304 where the asker has it."""
        template, media = INDEX[outlet.form]
        pieces = self.listed[outlet.key]
        updated = max(piece.when for piece in pieces)
        sessions = [(day, list(rest)) for day, rest in groupby(reversed(pieces), key=lambda p: p.when.date())]
        body = self._html(outlet, self._render(outlet, template, pieces=pieces, updated=updated, days=sessions))[2]
        headers = {
            "Content-Type": f"{media}; charset={outlet.charset}",
            "ETag": f'W/"{sha256(body).hexdigest()[:20]}"',
            "Last-Modified": stamp(updated, "gmt"),
        }
        return (304, headers, b"") if _known(asked, headers["ETag"], updated) else (200, headers, body)

    def _faulty(self, piece: Piece) -> Reply:
        outlet = piece.outlet
        if piece.answer == "empty":
            return 200, {"Content-Type": "text/html; charset=utf-8"}, b""
        if piece.answer == "loop":
            return 302, {"Location": f"{piece.url}/"}, b""
        if piece.answer == "missing":
            return self._error(outlet, 404)
        return self._html(outlet, self._render(outlet, f"{piece.answer}.html", piece=piece, **self._around(piece)))

    def _other(self, outlet: Outlet, path: str) -> Reply:
        """Answer front page, sections, service pages, the way back of a redirect loop; 404 for the rest."""
        if (back := self._by_path.get((outlet.key, path.rstrip("/")))) and back.answer == "loop":
            return 302, {"Location": back.url}, b""
        pieces = self._articles_of(outlet)
        sections = {slug(p.section): p.section for p in pieces}
        if path.startswith("/section/"):
            pieces = [p for p in pieces if slug(p.section) == path.split("/")[2]]
        elif path != "/":
            pieces = pieces[:3] if path in SERVICE_PAGES else []
        if not pieces:
            return self._error(outlet, 404)
        text = self._render(outlet, "front.html", pieces=pieces, sections=sections, faults=self.faults)
        return self._html(outlet, text)

    def _error(self, outlet: Outlet, status: int) -> Reply:
        reply = self._html(outlet, f"<!doctype html><title>{status}</title><h1>{status}</h1><p>{outlet.name}</p>")
        return (status, *reply[1:])

    def _html(self, outlet: Outlet, text: str) -> Reply:
        media = "text/html" if outlet.silent_charset else f"text/html; charset={outlet.charset}"
        return 200, {"Content-Type": media}, text.encode(outlet.charset, "xmlcharrefreplace")

    def _render(self, outlet: Outlet, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(outlet=outlet, today=self.today, **values)


def _known(asked: Mapping[str, str], etag: str, updated: datetime) -> bool:
    """Whether the asker has this version; If-None-Match goes before If-Modified-Since (RFC 9110, 13.2.2)."""
    if tags := asked.get("if-none-match"):
        return etag.removeprefix("W/") in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    try:
        return parsedate_to_datetime(asked["if-modified-since"]) >= updated
    except (KeyError, TypeError, ValueError):
        return False


# ------------------------------------------------------------------ the server
class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; crawlers get killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def serve(newsroom: Newsroom, port: int = 0, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Serve in a daemon thread; end it with ``shutdown()`` and ``server_close()``. Port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            host = parts.netloc or self.headers.get("Host", "")
            status, headers, body = newsroom.respond(host, parts.path, dict(self.headers.items()))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD" and status != 304:
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing; the crawler keeps the record."""

    server = _Server((host, port), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _watch_stdin(ended: threading.Event) -> None:
    # os.read, since a thread blocked in sys.stdin holds a lock that the interpreter wants at its end
    while os.read(0, 4096):
        pass
    ended.set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT or, where asked, until standard input closes."""
    parser = argparse.ArgumentParser(description="Serve the sample newsroom as an HTTP proxy for its outlets.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--today", type=date.fromisoformat, default=datetime.now(UTC).date())
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when the parent does")
    options = parser.parse_args(arguments)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    server = serve(Newsroom(Path(__file__).parent, options.today), options.port, options.host)
    print(json.dumps({"port": server.server_port}), flush=True)
    if options.until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(ended,), daemon=True).start()
    ended.wait()
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
