"""Content encodings taken off a body: bounded in size and in depth, and whole or not at all.

Scrapy's own middleware bounds the size, but follows any number of layers, keeps what came of a torn stream as if it
were all, and lets a body through in an encoding that it does not know.
"""

from __future__ import annotations

import re
import sys
import zlib
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped,unused-ignore]
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.utils._compression import _DecompressionMaxSizeExceeded

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

LAYERS = 2
MEMBERS = 1_000  # gzip members or zstd frames behind each other
PIECE = 64 * 1024
WINDOW = 23  # RFC 9659: a zstd window in HTTP is at most 8 MiB
UNENCODED = {"", "identity", "none", "aws-chunked"}  # what servers say of bodies that are plain
MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*[<{\[]")


class BadEncoding(IgnoreRequest):
    """A body is not what its Content-Encoding says; ``later`` where another try may bring it whole."""

    def __init__(self, reason: str, *, later: bool) -> None:
        super().__init__(reason)
        self.later = later


class Unpack(HttpCompressionMiddleware):
    """Scrapy's middleware with decoders of our own."""

    def _handle_encoding(self, body: bytes, content_encoding: list[bytes], max_size: int) -> tuple[bytes, list[bytes]]:
        # Answers without a body (304) name the encoding that a body would have.
        return (unpacked(body, layers(content_encoding, body), max_size) if body else body), []


def layers(headers: list[bytes], body: bytes = b"") -> list[str]:
    """Return the encodings to take off, outermost first. Raises BadEncoding for unknown ones and for too many.

    A name that is no encoding (``utf-8``, ``text/html``) says nothing where the body is markup as it stands.
    """
    named = [x.strip().lower() for x in b",".join(headers).decode("latin-1").split(",")]
    found = [x for x in reversed(named) if x not in UNENCODED]
    if len(found) > LAYERS:
        raise BadEncoding(f"{len(found)} encodings on top of each other", later=False)
    for name in found:
        if name not in DECODERS and MARKUP.match(body):
            return []
        if name not in DECODERS:
            raise BadEncoding(f"unknown encoding {name[:40]!r}", later=False)
    return found


def unpacked(body: bytes, encodings: list[str], limit: int) -> bytes:
    """Return ``body`` with the encodings taken off, each of at most ``limit`` bytes."""
    for name in encodings:
        whole = bytearray()
        try:
            for piece in DECODERS[name](body):
                whole += piece
                if len(whole) > limit:
                    raise _DecompressionMaxSizeExceeded(len(whole), limit)
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            raise BadEncoding(f"not the {name} that it claims to be: {error}"[:200], later=True) from None
        body = bytes(whole)
    return body


def _slices(body: bytes, start: int = 0) -> Iterator[bytes]:
    # A decoder hands back what it did not use; whole bodies would be copied once a piece.
    for at in range(start, len(body), PIECE):
        yield body[at : at + PIECE]


def _gzip(body: bytes) -> Iterator[bytes]:
    at = 0
    for _ in range(MEMBERS):
        end = yield from _stream(body, at, 31)
        # Servers pad with zeros and worse; only another member counts.
        if body[end : end + 2] != b"\x1f\x8b":
            return
        at = end
    raise BadEncoding(f"more than {MEMBERS} members", later=False)


def _deflate(body: bytes) -> Iterator[bytes]:
    zlib_header = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    yield from _stream(body, 0, 15 if zlib_header else -15)


def _stream(body: bytes, start: int, wbits: int) -> Generator[bytes, None, int]:
    """Yield one deflate stream; the value of the generator is where it ended."""
    unpacker = zlib.decompressobj(wbits)
    at = start
    for data in _slices(body, start):
        at += len(data)
        while data and not unpacker.eof:
            yield unpacker.decompress(data, PIECE)
            data = unpacker.unconsumed_tail
        if unpacker.eof:
            break
    yield unpacker.flush()
    if not unpacker.eof:
        raise EOFError("it ends too early")
    return at - len(unpacker.unused_data)


def _brotli(body: bytes) -> Iterator[bytes]:
    unpacker = brotli.Decompressor()
    for data in _slices(body):
        yield unpacker.process(data, output_buffer_limit=PIECE)
        while not unpacker.is_finished() and not unpacker.can_accept_more_data():
            yield unpacker.process(b"", output_buffer_limit=PIECE)
        if unpacker.is_finished():
            return
    raise EOFError("it ends too early")


def _zstd(body: bytes) -> Iterator[bytes]:
    left: bytes = body
    for _ in range(MEMBERS):
        unpacker = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: WINDOW})
        at = 0
        for data in _slices(left):
            at += len(data)
            yield unpacker.decompress(data, PIECE)
            while not unpacker.eof and not unpacker.needs_input:
                yield unpacker.decompress(b"", PIECE)
            if unpacker.eof:
                break
        if not unpacker.eof:
            raise EOFError("it ends too early")
        left = left[at - len(unpacker.unused_data) :]
        if not left:
            return
    raise BadEncoding(f"more than {MEMBERS} frames", later=False)


DECODERS: Mapping[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
