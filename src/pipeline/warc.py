"""Pages as records of a WARC 1.1 file (ISO 28500), each compressed by itself. Reads and writes no file.

Only what was stored is said: status, type, body, address and time. Equal pages give equal bytes: identifiers are
derived from the content, and no clock is read.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
import zlib
from datetime import UTC
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipeline.model import Page


def information(software: str, when: datetime) -> bytes:
    """Return the record that a file begins with; ``when`` is the time of the newest page in it."""
    content = f"software: {software}\r\nformat: WARC File Format 1.1\r\n".encode()
    return _record("warcinfo", content, "application/warc-fields", _time(when), {})


def response(page: Page) -> bytes:
    """Return the record of a page. Raises ValueError for a page without the time at which it was fetched."""
    if page.fetched is None:
        raise ValueError(f"{page.url}: no time of fetching")
    head = [f"HTTP/1.1 {page.status} {_phrase(page.status)}".rstrip()]
    head += [f"Content-Type: {_line(page.content_type)}"] if page.content_type else []
    content = "\r\n".join([*head, "", ""]).encode() + page.body
    more = {"WARC-Target-URI": _line(page.url), "WARC-Payload-Digest": digest(page.body)}
    return _record("response", content, "application/http; msgtype=response", _time(page.fetched), more)


def digest(body: bytes) -> str:
    """Return the digest of a body as WARC files state it."""
    return "sha256:" + base64.b32encode(hashlib.sha256(body).digest()).decode()


def _record(kind: str, content: bytes, content_type: str, date: str, more: Mapping[str, str]) -> bytes:
    name = uuid.uuid5(uuid.NAMESPACE_URL, "\n".join([kind, date, *more.values(), digest(content)]))
    fields = {"WARC-Type": kind, "WARC-Record-ID": f"<urn:uuid:{name}>", "WARC-Date": date, **more}
    fields |= {"Content-Type": content_type, "Content-Length": str(len(content))}
    head = "WARC/1.1\r\n" + "".join(f"{field}: {value}\r\n" for field, value in fields.items())
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)  # gzip without a time or a name in its header
    return packer.compress(head.encode() + b"\r\n" + content + b"\r\n\r\n") + packer.flush()


def _time(when: datetime) -> str:
    return when.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _line(text: str) -> str:
    """Return a header's value without what would end its line."""
    return " ".join(text.split())
