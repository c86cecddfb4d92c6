"""WARC files made by hand, well-formed or not: records, compressed a record each unless said otherwise."""

from __future__ import annotations

import gzip
import sys
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

HTML = "text/html; charset=utf-8"


def block(body: bytes | str, kind: str = HTML, status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP answer as it is archived."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + (body.encode() if isinstance(body, str) else body)


def record(
    url: str, content: bytes | None = None, kind: str = "response", *, date: str = "2024-05-06T07:08:09Z",
    length: int | None = None, version: str = "1.1", more: str = "",
) -> bytes:  # fmt: skip
    """One record, plain; ``length`` claims another one than its content has."""
    content = block(f"<p>{url}") if content is None else content
    head = (
        f"WARC/{version}\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: {date}\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}>\r\n{more}"
        f"Content-Type: {'application/http; msgtype=response' if kind == 'response' else HTML}\r\n"
        f"Content-Length: {len(content) if length is None else length}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def zipped(*records: bytes) -> bytes:
    """A ``.warc.gz``: each record a member of its own."""
    return b"".join(gzip.compress(x, mtime=0) for x in records)


def packed_with(form: str) -> Callable[..., bytes]:
    """A function like ``zipped`` for another compression."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    assert form == "zstd"
    return lambda *records: b"".join(zstd.compress(x) for x in records)


def chunked(body: bytes, size: int = 700) -> bytes:
    """A body in HTTP chunks."""
    parts = [body[n : n + size] for n in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
