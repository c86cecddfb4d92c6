"""The bytes of a feed as clean UTF-8, whatever they were sent as: declared wrongly, mixed, with control characters.

Bytes that are UTF-8 are UTF-8, whatever their declaration says; stray bytes between them are read as Windows-1252.
"""

from __future__ import annotations

import codecs
import re

OPENING = 1_024  # bytes in which a document declares its charset
DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
SENT = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
WESTERN = {"ascii", "iso8859-1", "utf-8"}  # what is called so, and is not UTF-8, is Windows-1252 as a rule
BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"), (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)  # fmt: skip
NO_CHARSETS = {"utf-8", "utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
STRAY = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


def as_utf8(body: bytes, content_type: str = "") -> tuple[bytes, bool]:
    """Return a body as UTF-8 without byte order mark, and whether control characters had to be taken out of it."""
    plain = _recoded(body, content_type)
    if not CONTROLS.search(plain):
        return plain, False
    return CONTROLS.sub(b"", plain), True


def _recoded(body: bytes, content_type: str) -> bytes:
    for mark, charset in BOMS:
        if body.startswith(mark):
            told = mark if mark.isascii() and b"<" in mark else b""
            rest = told + body[len(mark) :]
            return rest if charset == "utf-8" else rest.decode(charset, "replace").encode("utf-8", "replace")
    if _is_utf8(body):
        return body
    charset = _charset(body, content_type)
    if charset in WESTERN:
        return body.decode("utf-8", "surrogateescape").translate(STRAY).encode("utf-8", "replace")
    return body.decode(charset, "replace").encode("utf-8", "replace")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _charset(body: bytes, content_type: str) -> str:
    """Return the name of a charset that Python knows; what the server sent goes before what the document says."""
    declared = DECLARED.search(body[:OPENING])
    sent = SENT.search(content_type)
    for name in (sent[1] if sent else "", declared[1].decode("ascii", "replace") if declared else ""):
        try:
            info = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        # "utf-8" is known by now to be wrong; the others are no charsets of documents, and some read escapes.
        if info._is_text_encoding and info.name not in NO_CHARSETS:
            return info.name
    return "utf-8"
