# ruff: noqa: A005  (the name is fixed; nothing puts this folder on the path)
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
        """The address of its front page, without the slash."""
        return f"http://{self.key}.example"

    @property
    def clock(self) -> timezone:
        """The outlet's own time."""
        return timezone(timedelta(hours=self.offset))


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


def paragraphs_of(table: Mapping[str, Any], own: tuple[str, ...], origins: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the paragraphs as printed: a copy's come from its origin, between its own header and footer."""
    if "body_of" not in table:
        return list(own)
    body = origins[table["body_of"]]
    return [*table.get("before", ()), *body[: len(body) - table.get("drop_last", 0)], *table.get("after", ())]


def slug(text: str) -> str:
    """Return the text in lower-case ASCII with hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "news"


def _outlets(path: Path) -> tuple[dict[str, Outlet], dict[str, list[dict[str, Any]]]]:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    extras = {key: table.pop("extra", []) for key, table in tables.items()}
    return {key: Outlet(key=key, **table) for key, table in tables.items()}, extras


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


def spoken(when: date, style: str) -> str:
    """Write a date as readers see it: short, american, british, or in es, de, fr, pt."""
    months = MONTHS.get(style, MONTHS["en"]).split()
    month = months[when.month - 1]
    return {
        "short": f"{month[:3]} {when.day}, {when.year}",
        "american": f"{month} {when.day}, {when.year}",
        "british": f"{when.day} {month} {when.year}",
        "es": f"{when.day} de {month} de {when.year}",
        "pt": f"{when.day} de {month} de {when.year}",
        "de": f"{when.day}. {month} {when.year}",
        "fr": f"{'1er' if when.day == 1 else when.day} {month} {when.year}",
    }[style]


# ------------------------------------------------------------------ the newsroom
class Newsroom:
    """Every outlet as it stands on ``today``; the newest article is of the day before."""

    def __init__(self, folder: Path, today: date) -> None:
        self.today = today
        self.outlets, extras = _outlets(folder / "templates" / "outlets.toml")
        self.articles = self._read(folder / "articles")
        faults = [self._extra(self.outlets[key], table) for key, tables in extras.items() for table in tables]
        self.faults = {piece.id: piece for piece in faults}
        self._comments = tomllib.loads((folder / "templates" / "comments.toml").read_text(encoding="utf-8"))
        self._pieces = {key: self._listed(outlet) for key, outlet in self.outlets.items()}
        self._by_path = {(p.outlet.key, p.path): p for pieces in self._pieces.values() for p in pieces}
        self._templates = Environment(
            loader=FileSystemLoader(folder / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters |= {"stamp": stamp, "spoken": spoken, "slug": slug}

    @staticmethod
    def id_of(url: str) -> str | None:
        """Return the article's id that an address carries, None for any other page."""
        found = ID.search(url)
        return found.group() if found else None

    def listed(self, key: str) -> Sequence[Piece]:
        """Return what an outlet's feed, sitemap, listing or agenda gives, newest first."""
        return self._pieces[key]

    def respond(self, host: str, path: str, headers: Mapping[str, str]) -> Reply:
        """Answer one request: status, headers, body. ``path`` may have a query, which is ignored."""
        outlet = self.outlets.get(host.partition(":")[0].lower().removesuffix(".example"))
        asked = {name.lower(): value for name, value in headers.items()}
        if outlet is None or ".example" not in host.lower():
            return 502, {"Content-Type": "text/plain; charset=utf-8"}, b"no such host in this newsroom\n"
        reply = self._answer(outlet, urlsplit(path).path or "/", asked)
        return _squeezed(reply) if "gzip" in asked.get("accept-encoding", "") else reply

    # -------------------------------------------------------------- what is there
    def _read(self, folder: Path) -> dict[str, Piece]:
        read = {path.stem: front_matter(path) for path in sorted(folder.glob("*.md"))}
        origins = {key: paragraphs for key, (_, paragraphs) in read.items()}
        return {
            key: self._piece(key, table, tuple(paragraphs_of(table, own, origins)))
            for key, (table, own) in read.items()
        }

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
        day = self.today - timedelta(days=1 + table["day"])
        return datetime.combine(day, time.fromisoformat(table["time"]), UTC).astimezone(outlet.clock)

    def _listed(self, outlet: Outlet) -> list[Piece]:
        own = [p for p in (*self.articles.values(), *self.faults.values()) if p.outlet is outlet]
        return sorted(own, key=lambda piece: (piece.when, piece.id), reverse=True)

    # -------------------------------------------------------------- how it answers
    def _answer(self, outlet: Outlet, path: str, asked: Mapping[str, str]) -> Reply:
        if outlet.form == "gone":
            return self._error(outlet, 410 if path == outlet.index else 404)
        if path == outlet.index:
            return self._index(outlet, asked)
        if path == "/robots.txt":
            return 200, {"Content-Type": "text/plain"}, self._robots(outlet).encode()
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
        others = [p for p in self._pieces[piece.outlet.key] if p.answer == "article" and p.id != piece.id]
        start = piece.number % max(1, len(others))
        pool = self._comments[piece.outlet.language[:2]]
        first = piece.number % len(pool)
        return {"related": (others + others)[start : start + 4], "comments": (pool + pool)[first : first + 3]}

    def _index(self, outlet: Outlet, asked: Mapping[str, str]) -> Reply:
        """Answer with the feed or what stands for it; 304 where the asker has it."""
        template, media = INDEX[outlet.form]
        pieces = self._pieces[outlet.key]
        updated = max(piece.when for piece in pieces)
        sessions = [(day, list(rest)) for day, rest in groupby(reversed(pieces), key=lambda p: p.when.date())]
        text = self._render(outlet, template, pieces=pieces, updated=updated, days=sessions)
        body = text.encode(outlet.charset, "xmlcharrefreplace")
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
        back = self._by_path.get((outlet.key, path.rstrip("/")))
        if back is not None and back.answer == "loop":
            return 302, {"Location": back.url}, b""
        pieces = [p for p in self._pieces[outlet.key] if p.answer == "article"]
        sections = {slug(p.section): p.section for p in pieces}
        if path.startswith("/section/"):
            pieces = [p for p in pieces if slug(p.section) == path.split("/")[2]]
        elif path != "/":
            pieces = pieces[:3] if path in SERVICE_PAGES else []
        if not pieces:
            return self._error(outlet, 404)
        text = self._render(outlet, "front.html", pieces=pieces, sections=sections, path=path, faults=self.faults)
        return self._html(outlet, text)

    def _robots(self, outlet: Outlet) -> str:
        sitemap = f"\nSitemap: {outlet.home}{outlet.index}\n" if outlet.form == "sitemap" else "\n"
        return f"User-agent: *\n{outlet.robots}{sitemap}"

    def _error(self, outlet: Outlet, status: int) -> Reply:
        text = f"<!doctype html><title>{status}</title><h1>{status}</h1><p>{outlet.name}</p>"
        return replace_status(self._html(outlet, text), status)

    def _html(self, outlet: Outlet, text: str) -> Reply:
        media = "text/html" if outlet.silent_charset else f"text/html; charset={outlet.charset}"
        return 200, {"Content-Type": media}, text.encode(outlet.charset, "xmlcharrefreplace")

    def _render(self, outlet: Outlet, template: str, **values: Any) -> str:
        return self._templates.get_template(template).render(outlet=outlet, today=self.today, **values)


def replace_status(reply: Reply, status: int) -> Reply:
    """Return the reply with another status."""
    return status, reply[1], reply[2]


def _known(asked: Mapping[str, str], etag: str, updated: datetime) -> bool:
    """Whether the asker has this version; If-None-Match goes before If-Modified-Since (RFC 9110, 13.2.2)."""
    if tags := asked.get("if-none-match"):
        return etag.removeprefix("W/") in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    try:
        return parsedate_to_datetime(asked["if-modified-since"]) >= updated
    except (KeyError, TypeError, ValueError):
        return False


def _squeezed(reply: Reply) -> Reply:
    status, headers, body = reply
    if not body:
        return reply
    return status, headers | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}, gzip.compress(body, 6, mtime=0)


# ------------------------------------------------------------------ the server
def serve(newsroom: Newsroom, port: int = 0, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """Serve in a daemon thread; end it with ``shutdown()`` and ``server_close()``. Port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            wanted = parts.netloc or self.headers.get("Host", "")
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            status, headers, body = newsroom.respond(wanted, path, dict(self.headers.items()))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD" and status != 304:
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing; the crawler keeps the record."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
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
