"""A server without manners: it writes any bytes at any pace, and tells how long its visitors stayed.

Beside it a crawl that is watched from outside: how long it took, and the most memory that it held.
"""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crawling import Desk

    Act = Callable[[socket.socket], None]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"


@dataclass
class Rough:
    """Acts by ``host/path``; ``stays`` holds the seconds until each visitor was gone."""

    port: int
    acts: dict[str, Act] = field(default_factory=dict)
    stays: dict[str, float] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    heads: dict[str, bytes] = field(default_factory=dict)

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        target = head.split(b" ", 2)[1].decode("latin-1")
        parts = urlsplit(target)
        host = parts.netloc or head.lower().partition(b"\r\nhost: ")[2].partition(b"\r\n")[0].decode("latin-1")
        place = host.removesuffix(f":{self.port}") + parts.path + (f"?{parts.query}" if parts.query else "")
        self.asked.append(place)
        self.heads[place] = head
        begun = time.monotonic()
        try:
            self.acts.get(place, missing)(connection)
        except OSError:
            pass  # crawlers hang up on purpose
        finally:
            self.stays[place] = time.monotonic() - begun


def missing(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def says(data: bytes) -> Act:
    """Write bytes and close."""
    return lambda connection: connection.sendall(data)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Act:
    lines = "".join(f"{x}\r\n" for x in headers)
    if not any(x.lower().startswith("content-type") for x in headers):
        lines += "Content-Type: application/xml\r\n"
    head = f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return says(head.encode("utf-8", "surrogateescape") + body)


def repeats(start: bytes, piece: bytes, *, pause: float = 0.0, total: int = 1 << 40) -> Act:
    """Write ``start``, then ``piece`` again and again, until the visitor goes or ``total`` bytes are out."""

    def act(connection: socket.socket) -> None:
        connection.sendall(start)
        sent = 0
        while sent < total:
            connection.sendall(piece)
            sent += len(piece)
            if pause:
                time.sleep(pause)

    return act


def holds(data: bytes) -> Act:
    """Write, close our half, and wait for the visitor to go."""

    def act(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(30)
        with suppress(OSError):
            connection.recv(1)

    return act


def stalls(data: bytes) -> Act:
    """Write, then say nothing more until the visitor goes."""

    def act(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.settimeout(30)
        with suppress(OSError):
            connection.recv(1)

    return act


def tears(data: bytes) -> Act:
    """Write, then reset the connection."""

    def act(connection: socket.socket) -> None:
        connection.sendall(data)
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return act


@contextmanager
def rough() -> Iterator[Rough]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            server.serve(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            pass

    listener = Server(("127.0.0.1", 0), Handler)
    server = Rough(listener.server_address[1])
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


@dataclass
class Canary:
    """Listeners on both loopback addresses that nobody may ever connect to."""

    port: int
    accepted: int = 0


@contextmanager
def canaries() -> Iterator[Canary]:
    first = socket.create_server(("127.0.0.1", 0))
    port = first.getsockname()[1]
    listeners = [first]
    with suppress(OSError):
        listeners.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    bird, over = Canary(port), threading.Event()

    def listen(listener: socket.socket) -> None:
        listener.settimeout(0.05)
        while not over.is_set():
            with suppress(TimeoutError):
                listener.accept()[0].close()
                bird.accepted += 1

    threads = [threading.Thread(target=listen, args=(x,)) for x in listeners]
    for thread in threads:
        thread.start()
    try:
        yield bird
    finally:
        over.set()
        for thread in threads:
            thread.join()
        for listener in listeners:
            listener.close()


@dataclass(frozen=True)
class Watched:
    """What a crawl said, its exit status, the seconds that it took and the most MiB that it held."""

    said: list[dict[str, Any]]
    status: int
    errors: str
    seconds: float
    peak: float


def watched(desk: Desk, longest: float = 120.0) -> Watched:
    """Crawl, looking at the process's own high-water mark all the time."""
    process = desk.start()
    begun, peak = time.monotonic(), [0.0]

    def look() -> None:
        while process.poll() is None:
            peak[0] = max(peak[0], high_water(process.pid))
            time.sleep(0.02)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        out, errors = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        process.kill()
        out, errors = process.communicate()
    thread.join()
    said = [json.loads(line) for line in out.splitlines()]
    return Watched(said, process.returncode, errors, time.monotonic() - begun, peak[0])


def high_water(pid: int) -> float:
    """Return the most MiB that a process has held since it began."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = text.partition("VmHWM:")[2].split()
    return int(found[0]) / 1024 if found else 0.0
