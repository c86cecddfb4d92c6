"""WARC files as frames: one record, or one compressed member, at a known offset, whatever lies before and after it.

Framing is ours and not the parser's, so that the offset behind a record is exact, a broken, truncated or swollen
record costs itself alone, and reading may start at any record. What a record says is read by FastWARC
(``spiders/archive.py``). Form: WARC 1.0 and 1.1, plain, gzip or Zstandard a record (ISO 28500, annex D).
"""

from __future__ import annotations

import io
import re
import sys
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 64 * 1024
GZIP, ZSTD, PLAIN = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"WARC/1."
START = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]|\x28\xb5\x2f\xfd|WARC/1\.\d\r\n")
LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
LONGEST_HEAD = 64 * 1024
# A member is unpacked to its end to find where the next one begins, but not for ever: beyond this we search.
DRAINED = 64 * 1024 * 1024
BACK = 1_024  # bytes in which a record shows itself: a compressed one begins with the tables of its coding


@dataclass(frozen=True, slots=True)
class Fault:
    """Bytes from ``at`` on that are no record, and why."""

    at: int
    reason: str
    detail: str = ""


class Unpacker(Protocol):
    """What zlib's and Zstandard's decompressors share here."""

    @property
    def eof(self) -> bool:
        """The member has ended."""

    @property
    def unused_data(self) -> bytes:
        """What lies behind its end."""

    def decompress(self, data: bytes, max_length: int = ...) -> bytes:
        """Return at most ``max_length`` bytes."""


class Piecewise:
    """A file read forward in pieces; ``at`` is the offset of the byte that comes next."""

    def __init__(self, stream: BinaryIO, at: int) -> None:
        self.stream = stream
        self.at = at
        self.held = b""
        stream.seek(at)

    def piece(self) -> bytes:
        """Return some bytes, none at the end."""
        found = self.held or self.stream.read(PIECE)
        self.held = b""
        self.at += len(found)
        return found

    def give_back(self, rest: bytes) -> None:
        """Put bytes back that were not used."""
        self.held = rest
        self.at -= len(rest)

    def begins(self) -> bytes:
        """Return the next few bytes without taking them."""
        while len(self.held) < 16 and (more := self.stream.read(PIECE)):
            self.held += more
        return self.held[:16]


class Frame:
    """One record, or one compressed member, as a stream that can be read once. ``fault`` says what broke it."""

    def __init__(self, source: Piecewise, unpacker: Unpacker | None) -> None:
        self.at = source.at
        self.source = source
        self.unpacker = unpacker
        self.left = 0
        self.end: int | None = None
        self.tail = b""
        self.fault = ""
        self.ended = False

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, at most a piece, none at the end or where the frame is broken."""
        size = PIECE if size < 0 else min(size, PIECE)
        while not self.ended and size:
            if found := self._unpacked(size) if self.unpacker else self._plain(size):
                return found
        return b""

    def _plain(self, size: int) -> bytes:
        piece = self.source.piece()
        found, rest = piece[: min(size, self.left)], piece[min(size, self.left) :]
        self.source.give_back(rest)
        self.left -= len(found)
        self.ended = self.left == 0 or not piece
        self.fault = "truncated" if self.left and not piece else ""
        return found

    def _unpacked(self, size: int) -> bytes:
        unpacker = self.unpacker
        assert unpacker is not None
        piece = self._packed()
        try:
            found = unpacker.decompress(piece, size)
        except (zlib.error, zstd.ZstdError) as error:
            self.ended, self.fault = True, f"broken compression: {error}"
            return b""
        self.tail = getattr(unpacker, "unconsumed_tail", b"")
        if unpacker.eof:
            self.ended = True
            self.source.give_back(unpacker.unused_data)
        elif not piece and not found:
            self.ended, self.fault = True, "truncated"
        return found

    def _packed(self) -> bytes:
        """Return compressed bytes to go on with: zlib leaves some over, Zstandard keeps them inside."""
        unpacker = self.unpacker
        if self.tail or not getattr(unpacker, "needs_input", True):
            return self.tail
        return self.source.piece()

    def drain(self) -> None:
        """Read to the end, so that ``source`` stands behind this frame."""
        most = DRAINED
        while not self.ended:
            most -= len(self.read(PIECE))
            if most < 0:
                self.ended, self.fault = True, "too large"

    # what FastWARC asks of a stream
    def seek(self, *_: int) -> int:
        """Refuse: a frame is read once."""
        raise io.UnsupportedOperation("a frame can't be read twice")

    def tell(self) -> int:
        """Return nothing of use; FastWARC asks before it begins."""
        return 0

    def close(self) -> None:
        """Leave the file open for the frames that follow."""


class Frames:
    """The frames of ``stream`` from the offset ``at`` on.

    ``whole`` says that the stream's end is the file's; otherwise the last frame may be cut off, and reading ends
    before it. ``at`` then is where to go on, and ``lost`` that this is within something that is no record.
    """

    def __init__(self, stream: BinaryIO, at: int = 0, *, whole: bool = True, lost: bool = False) -> None:
        self.source = Piecewise(stream, at)
        self.whole = whole
        self.lost = lost

    @property
    def at(self) -> int:
        """The offset behind all that was read."""
        return self.source.at

    def __iter__(self) -> Iterator[Frame | Fault]:
        """Yield frames and faults in order; read or leave each before asking for the next."""
        while (found := self.take()) is not None:
            yield found
            if not self.leave(found):
                return

    def take(self) -> Frame | Fault | None:
        """Return what comes next; None at the end. ``leave`` it before asking again."""
        if self.lost and not self._search():
            return None
        self.lost = False
        return self._next()

    def leave(self, found: Frame | Fault) -> bool:
        """Move behind a frame, or to where the search for the next one begins; False where the stream ends."""
        if isinstance(found, Fault):
            self.lost = True
            return True
        return self._behind(found)

    def ahead(self, size: int) -> bytes:
        """Return the next bytes without moving; none unless a member of gzip begins here."""
        if self.lost or not self.source.begins().startswith(GZIP):
            return b""
        at = self.at
        self.source.stream.seek(at)
        found = self.source.stream.read(size)
        self.go(at)
        return found

    def cut_off(self, frame: Frame) -> bool:
        """Tell whether a frame goes on behind the end of what there is of the file now."""
        return frame.fault == "truncated" and not self.whole

    def _next(self) -> Frame | Fault | None:
        head = self.source.begins()
        if head[:1] in (b"\r", b"\n"):
            self._skip_blank()
            head = self.source.begins()
        if not head:
            return None
        if head.startswith(GZIP):
            return Frame(self.source, zlib.decompressobj(wbits=31))
        if head.startswith(ZSTD):
            return Frame(self.source, zstd.ZstdDecompressor())
        return self._plain() if head.startswith(PLAIN) else self._nothing(head)

    def _nothing(self, head: bytes) -> Fault | None:
        at = self.source.at
        if not self.whole and len(head) < len(PLAIN):
            return None
        self.go(at + 1)
        return Fault(at, "not a WARC record", f"begins with {head!r}")

    def _skip_blank(self) -> None:
        while (piece := self.source.piece()) and not (rest := piece.lstrip(b"\r\n")):
            pass
        if piece:
            self.source.give_back(rest)

    def _plain(self) -> Frame | Fault | None:
        at = self.source.at
        head = b""
        while b"\r\n\r\n" not in head and len(head) <= LONGEST_HEAD and (piece := self.source.piece()):
            head += piece
        end = head.find(b"\r\n\r\n")
        length = LENGTH.search(head, 0, max(end, 0))
        if end < 0 and len(head) <= LONGEST_HEAD and not self.whole:
            self.go(at)
            return None
        if end < 0 or not length:
            self.go(at + 1)
            return Fault(at, "broken record", "no end of its header" if end < 0 else "no Content-Length")
        return self._measured(at, end + 4 + int(length[1]))

    def _measured(self, at: int, size: int) -> Frame | Fault | None:
        """Return a plain record's frame if a blank line follows where its length says that it ends."""
        self.go(at + size)
        behind = self.source.begins()[:4]
        if behind == b"\r\n\r\n" or (self.whole and b"\r\n\r\n".startswith(behind) and self._ends(at + size)):
            self.go(at)
            frame = Frame(self.source, None)
            frame.left, frame.end = size, at + size
            return frame
        if not self.whole and len(behind) < 4:
            self.go(at)
            return None
        self.go(at + 1)
        return Fault(at, "wrong length" if behind else "truncated", f"{size} bytes by its Content-Length")

    def _ends(self, at: int) -> bool:
        return self.source.stream.seek(0, io.SEEK_END) >= at

    def _behind(self, frame: Frame) -> bool:
        if frame.end is not None:
            self.go(frame.end)
            return True
        frame.drain()
        if self.cut_off(frame):
            self.go(frame.at)
            return False
        if frame.fault == "too large":
            self.go(max(frame.at + 1, self.source.at - PIECE))  # all but the last piece is surely its own
            self.lost = True
        elif frame.fault:
            self.go(frame.at + 1)
            self.lost = True
        return True

    def go(self, at: int) -> None:
        """Move to an offset at which a record begins."""
        self.source = Piecewise(self.source.stream, at)

    def _search(self) -> bool:
        """Move to the next place where a record begins; to the end and False where there is none."""
        kept, at = b"", self.source.at
        while piece := self.source.piece():
            kept += piece
            for found in START.finditer(kept):
                if self._begins_here(at + found.start()):
                    self.go(at + found.start())
                    return True
            self.go(at + len(kept))
            kept, at = kept[-BACK:], at + len(kept) - len(kept[-BACK:])
        if not self.whole:
            self.go(at)  # what begins here may show only once more of the file is there
        return False

    def _begins_here(self, at: int) -> bool:
        """Tell whether a record begins at ``at``: three bytes of a magic number also occur by chance."""
        trial = Piecewise(self.source.stream, at)
        head = trial.begins()
        if head.startswith(PLAIN):
            return True
        unpacker = zlib.decompressobj(wbits=31) if head.startswith(GZIP) else zstd.ZstdDecompressor()
        return Frame(trial, unpacker).read(len(PLAIN)).startswith(PLAIN)
