"""Answers that attack whoever reads them, below the document: bombs, torn and endless streams, floods of header."""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from typing import TYPE_CHECKING

import brotli
from backports import zstd
from rough import HEAD, answer, holds, repeats, says, stalls, tears

if TYPE_CHECKING:
    from rough import Act

MIB = 1024 * 1024
FEED = b'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><item><title>a</title><link>http://kept.example/%d</link></item></channel></rss>'


@cache
def packed(name: str, size: int = 300 * MIB) -> bytes:
    """``size`` zeros in an encoding, made without ever holding them."""
    piece = bytes(MIB)
    pieces = (piece for _ in range(size // MIB))
    if name == "br":
        compressor = brotli.Compressor(quality=5, lgwin=24)
        return b"".join(compressor.process(x) for x in pieces) + compressor.finish()
    if name == "zstd":
        zstandard = zstd.ZstdCompressor(level=1)
        return b"".join(zstandard.compress(x) for x in pieces) + zstandard.flush()
    unpacker = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw": -15}[name])
    return b"".join(unpacker.compress(x) for x in pieces) + unpacker.flush()


def bombs() -> dict[str, Act]:
    """300 MiB each, in at most 306 KB."""
    found = {name: answer(packed(name), f"Content-Encoding: {name}") for name in ("gzip", "deflate", "br", "zstd")}
    found["rawdeflate"] = answer(packed("raw"), "Content-Encoding: deflate")
    found["xgzip"] = answer(packed("gzip"), "Content-Encoding: x-gzip")
    found["sitemapgz"] = answer(packed("gzip"), "Content-Type: application/gzip")
    return found


def encodings() -> dict[str, Act]:
    """Thirty nested, torn, false and unknown encodings."""
    small, bomb = gzip.compress(FEED % 0), packed("gzip")
    twice = gzip.compress(bomb)
    thrice = gzip.compress(twice)
    deep = small
    for _ in range(60):
        deep = gzip.compress(deep, 1)
    members = gzip.compress(b"") * 5_000
    variants: list[tuple[bytes, str]] = [
        (twice, "gzip, gzip"), (thrice, "gzip, gzip, gzip"), (deep, ", ".join(["gzip"] * 61)),
        (brotli.compress(bomb), "gzip, br"), (zstd.compress(bomb), "gzip, zstd"), (gzip.compress(packed("br")), "br, gzip"),
        (gzip.compress(packed("zstd")), "zstd, gzip"), (twice, "gzip"), (small[:-9], "gzip"), (small[:20], "gzip"),
        (small[:10], "gzip"), (b"\x1f\x8b", "gzip"), (b"\x1f\x8b" * 5000, "gzip"), (FEED % 0, "gzip"), (FEED % 0, "br"),
        (FEED % 0, "zstd"), (FEED % 0, "deflate"), (brotli.compress(FEED % 0)[:-4], "br"), (b"\x00" * 4000, "br"),
        (zstd.compress(FEED % 0)[:-3], "zstd"), (b"\x28\xb5\x2f\xfd" + b"\xff" * 64, "zstd"), (zlib.compress(FEED % 0)[:-6], "deflate"),
        (small, "compress"), (small, "bzip2, gzip"), (small, "gzip;q=1"), (small, "\xff\xfe"), (small, "x" * 20_000),
        (small[:-5] + b"\0\0\0\0\0", "gzip"), (members, "gzip"), (window_bomb(), "zstd"),
    ]  # fmt: skip
    return {f"enc{n}": answer(body, f"Content-Encoding: {name}") for n, (body, name) in enumerate(variants)}


def window_bomb() -> bytes:
    """A zstd frame that asks for a window of 2 GiB."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\x00\x00"


def endless() -> dict[str, Act]:
    """Answers that never end, or break off."""
    chunked, feed = HEAD + b"Transfer-Encoding: chunked\r\n\r\n", FEED % 0
    return {
        "endlesschunks": repeats(chunked, b"400\r\n" + b"x" * 1024 + b"\r\n", pause=0.01),
        "endlessfast": repeats(chunked, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        "tinychunks": repeats(chunked, b"1\r\nx\r\n" * 10_000),
        "extensions": repeats(chunked, b"1;" + b"e" * 900 + b"\r\nx\r\n"),
        "onechunkline": repeats(chunked, b"0" * 4096),
        "trailers": repeats(chunked + b"0\r\n", b"X-Trailer: y\r\n" * 100),
        "dripbody": repeats(HEAD + b"\r\n", b"x", pause=0.5),
        "driphead": repeats(HEAD, b"X", pause=0.5),
        "dripstatus": repeats(b"HTTP/1", b".", pause=0.5),
        "dripheaders": repeats(HEAD, b"X-A: b\r\n", pause=0.5),
        "silence": stalls(b""),
        "halfhead": stalls(HEAD),
        "halfbody": stalls(HEAD + b"Content-Length: 9999\r\n\r\n" + feed),
        "halfclose": holds(HEAD + b"Content-Length: 9999\r\n\r\n" + feed),
        "halfchunk": holds(chunked + b"%x\r\n" % len(feed) + feed + b"\r\n"),
        "reset": tears(HEAD + b"Content-Length: 9999\r\n\r\n" + feed),
        "resetopen": tears(HEAD + b"\r\n" + feed),
        "resetchunk": tears(chunked + b"%x\r\n" % len(feed) + feed + b"\r\n"),
        "longer": says(HEAD + b"Content-Length: 4000\r\nConnection: close\r\n\r\n" + feed),
        "negative": says(HEAD + b"Content-Length: -1\r\n\r\n" + feed),
        "twolengths": says(HEAD + b"Content-Length: 10\r\nContent-Length: 99\r\n\r\n" + feed),
        "badchunk": says(chunked + b"zz\r\n" + feed),
        "declared": stalls(HEAD + b"Content-Length: 2147483648\r\n\r\n" + feed),
        "declaredmore": stalls(HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n" + feed),
    }


def floods() -> dict[str, Act]:
    """Heads without measure."""
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    return {
        "flood": repeats(HEAD, b"X-Flood: " + b"y" * 1000 + b"\r\n", total=200 * MIB),
        "floodcolon": repeats(HEAD, b":\r\n" * 300, total=200 * MIB),
        "floodnocolon": repeats(HEAD, b"nonsense\r\n" * 300, total=200 * MIB),
        "folded": repeats(HEAD + b"X-Long: a\r\n", b" more\r\n" * 300, total=200 * MIB),
        "line": says(HEAD + b"X-Long: " + b"y" * 65536 + b"\r\nContent-Length: 0\r\n\r\n"),
        "endlessline": repeats(HEAD + b"X-Long: ", b"y" * 65536, total=200 * MIB),
        "status": repeats(b"HTTP/1.1 200 ", b"K" * 65536, total=200 * MIB),
        "cookies": says(HEAD + b"Set-Cookie: a=b; Path=/\r\n" * 10_000 + b"Content-Length: 0\r\n\r\n"),
        "interim": repeats(b"", interim * 100, total=200 * MIB),
        "continue": repeats(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100, total=200 * MIB),
        "notHTTP": repeats(b"", bytes(range(256)) * 100, total=200 * MIB),
        "ssh": stalls(b"SSH-2.0-OpenSSH_9.6\r\n"),
    }
