"""From bytes to text, whatever a file claims: byte order marks, UTF-16 without one, encodings declared wrongly.

What the bytes themselves say comes before what the file says of itself: text that is valid UTF-8 is UTF-8.
"""

from __future__ import annotations

import codecs
import re

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
# Python knows codecs that are no encodings of text; only these are believed.
BELIEVED = re.compile(
    r"^(iso-?8859-?\d+|latin-?\d|(windows|cp)-?\d+|koi8-?[rut]|mac-?\w+|shift_?jis|euc-?(jp|kr)|iso-2022-jp|"
    r"gb2312|gbk|gb18030|big5|tis-620)$",
    re.IGNORECASE,
)
SAMPLE = 4_096
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def decoded(data: bytes) -> str:
    """Return the text of a file with line feeds as line ends, without byte order mark and control characters."""
    text = _decoded(data).lstrip("\ufeff")
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if wide := _wide(data[:SAMPLE]):
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _narrow(data, error)


def _wide(sample: bytes) -> str | None:
    """Tell UTF-16 without a mark by its zeros: markup is ASCII, so every other byte is one."""
    half = len(sample) // 2
    if half < 8:
        return None
    if sample[1::2].count(0) > 0.7 * half:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > 0.7 * half else None


def _narrow(data: bytes, error: UnicodeDecodeError) -> str:
    declared = DECLARED.search(data[:SAMPLE])
    name = declared[1].decode("ascii", "replace") if declared else ""
    if BELIEVED.match(name):
        try:
            return data.decode(name, "replace")
        except LookupError:
            pass
    # A file of thousands of good UTF-8 sequences with one torn is UTF-8, not cp1252.
    good = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]+", data))
    bad = data.decode("utf-8", "replace").count("\ufffd") if good else 1
    torn_end = error.end >= len(data) - 3
    return data.decode("utf-8" if torn_end or good > 4 * bad else "cp1252", "replace")
