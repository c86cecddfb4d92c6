"""Bytes to text: byte order mark, validity as UTF-8, header, meta, else windows-1252.

What bytes are weighs more than what a page says of them: text that is valid UTF-8 by chance is practically
unknown, while wrong declarations are common in both directions. Never raises; it parses no HTML.
"""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_IN_PAGE = re.compile(rb"<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
# Browsers read these labels as the wider set that pages really use (WHATWG Encoding Standard, section 4.2).
_WIDER = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs",
}  # fmt: skip
_SEVEN_BIT = {"iso2022_jp", "hz"}  # escape sequences in plain ASCII bytes, so every such page is valid UTF-8
# UTF-8 that was read as windows-1252 and saved again: an accented capital followed by a continuation character.
_TWICE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)
_SUSPECT = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
_BEGINNINGS = (b"\xef\xb7", b"\xef\xbf", b"\xed")  # of the others in UTF-8
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_PROBE = 4096


def decode(body: bytes, content_type: str | None = None) -> str:
    """Decode a page, and leave out the control characters that no HTML parser accepts."""
    read = _decoded(body, _declared(body, content_type))
    text = _mended(read)
    if text is read and len(body.translate(None, _SUSPECT)) == len(body) and not any(x in body for x in _BEGINNINGS):
        return text  # looking through the bytes costs an eighth of looking through the characters
    return _CONTROLS.sub("", text)


def _declared(body: bytes, content_type: str | None) -> str | None:
    """Find the first declared character set that Python knows: header, then the page's own head."""
    said = [m[1] for m in [_HEADER.search(content_type or "")] if m]
    said += [m[1].decode("ascii", "ignore") for m in [_IN_PAGE.search(body[:_PROBE])] if m]
    for name in said:
        try:
            known = codecs.lookup(name)
        except (LookupError, ValueError):
            continue
        if getattr(known, "_is_text_encoding", True):  # "base64" and its kind are no character sets
            return _WIDER.get(known.name, known.name)
    return None


def _decoded(body: bytes, declared: str | None) -> str:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) if name == "utf-8" else 0 :].decode(name, "replace")
    if (wide := _unmarked_utf16(body)) is not None:
        return body.decode(wide, "replace")
    if declared in _SEVEN_BIT:
        return body.decode(declared, "replace")
    # this decoder, unlike bytes.decode, passes over a last character that was cut
    try:
        return codecs.utf_8_decode(body)[0]
    except UnicodeDecodeError:
        return _not_clean_utf8(body, declared)


def _not_clean_utf8(body: bytes, declared: str | None) -> str:
    """Tell a few slips in a UTF-8 page from another character set."""
    text = body.decode("utf-8", "replace")
    slips = text.count("\ufffd")
    right = sum(1 for char in text if char > "\x7f") - slips
    if right > 3 * slips:
        return text
    if declared is None or declared.startswith("utf"):
        return _windows(body)
    try:
        return _windows(body) if declared == "cp1252" else body.decode(declared, "replace")
    except (UnicodeError, LookupError):
        return _windows(body)


def _windows(body: bytes) -> str:
    """Read as windows-1252; the five bytes that it leaves open become C1 controls, as in browsers."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(part.decode("cp1252", "ignore") or part.decode("latin-1") for part in _pieces(body))


def _pieces(body: bytes) -> list[bytes]:
    return re.split(rb"([\x81\x8d\x8f\x90\x9d])", body)


def _unmarked_utf16(body: bytes) -> str | None:
    """UTF-16 without a mark shows as a zero in every second byte of mostly Latin text."""
    head = body[:_PROBE]
    if len(head) < 16 or b"\x00" not in head:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 0.4 * len(head) / 2 and even * 20 < odd:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * len(head) / 2 and odd * 20 < even else None


def _mended(text: str) -> str:
    """Undo UTF-8 that was encoded twice, where nearly all accents of the page are of that kind."""
    if not any(sign in text for sign in ("Ã", "Â", "â€")):
        return text
    twice = len(_TWICE.findall(text[:200_000]))
    if twice < 3 or 3 * twice < sum(1 for char in text[:200_000] if char > "\x7f"):
        return text
    try:
        return b"".join(_byte(char) for char in text).decode("utf-8")
    except UnicodeError:
        return text


def _byte(char: str) -> bytes:
    return char.encode("latin-1") if "\x80" <= char <= "\x9f" else char.encode("cp1252")
