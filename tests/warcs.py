"""WARC files made by hand, well-formed or not: records, compressed a record each unless said otherwise."""

from __future__ import annotations

import gzip
import uuid

HTML = "text/html; charset=utf-8"


def block(body: bytes | str, kind: str = HTML, status: str = "200 OK", **headers: str) -> bytes:
    """An HTTP answer as it is archived."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items())]
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
