"""A scripted web on loopback: a server that answers for any host, directly or as a forward proxy, and remembers."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Seen:
    """One request as it came in."""

    at: float
    host: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What is sent back; ``slow`` seconds pass before the body, ``body`` may be a stream."""

    body: bytes | Iterator[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    slow: float = 0.0


@dataclass
class Web:
    """Answers by ``host/path``; a route may be a function of what was seen."""

    port: int
    routes: dict[str, Answer | Callable[[Seen], Answer]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self, host: str = "") -> list[str]:
        return [s.path for s in self.seen if not host or s.host == host]

    def asked(self, place: str) -> list[Seen]:
        return [s for s in self.seen if s.host + s.path == place]

    def answer(self, seen: Seen) -> Answer:
        route = self.routes.get(seen.host + seen.path)
        if route is None:
            return Answer(b"nothing here", 404)
        return route if isinstance(route, Answer) else route(seen)


def page(text: str, kind: str = "text/html; charset=utf-8", **headers: str) -> Answer:
    return Answer(text.encode(), headers={"Content-Type": kind, **headers})


def moved(to: str, status: int = 302) -> Answer:
    return Answer(b"", status, {"Location": to})


def rss(*items: str, more: str = "") -> str:
    entries = "".join(f"<item><title>{i}</title><link>{i}</link></item>" for i in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{entries}{more}</channel></rss>'


@contextmanager
def serving() -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            target = urlsplit(self.path)
            host = (target.netloc or self.headers.get("Host", "")).removesuffix(f":{web.port}")
            seen = Seen(
                time.monotonic(), host, target.path + (f"?{target.query}" if target.query else ""), dict(self.headers)
            )
            web.seen.append(seen)
            self.send(web.answer(seen))

        def send(self, answer: Answer) -> None:
            whole = isinstance(answer.body, bytes)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if whole and "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            if not whole:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            time.sleep(answer.slow)
            for part in [answer.body] if whole else answer.body:
                self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # crawlers hang up on purpose

    server = Server(("127.0.0.1", 0), Handler)
    web = Web(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
