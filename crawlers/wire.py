"""HTTP/1.1 as Scrapy speaks it, with an end to what stands before a body: lines, bytes, and interim answers.

Twisted bounds one header line and the trailers, but not how many lines there are, and it waits politely when it hangs
up over TLS. Here the whole head of an answer (status line, interim 1xx answers, headers) has one budget, and an
answer that overspends loses its connection at once. Bodies are bounded by Scrapy's settings, names by ``gate.py``.
"""

# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from service_identity.exceptions import VerificationError
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import BODY, ParseError, ResponseFailed
from twisted.web.http import _DataLoss
from twisted.web.http_headers import InvalidHeaderName

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

HEAD_BYTES = 64 * 1024
HEAD_LINES = 256
LINE_BYTES = 32 * 1024  # Content-Security-Policy grows beyond the 16 KiB that Twisted allows
SLACK = 256 * 1024  # bytes on the wire before they are compared with what they carry
OVERHEAD = 2  # times as many bytes on the wire as in the body: chunks of few bytes, each with its own head
TOO_LARGE = "header too large"
NOT_HTTP = (ParseError, InvalidHeaderName, ValueError, KeyError)  # KeyError: an unknown Transfer-Encoding


class Excess(Exception):
    """More came before the body, or around its chunks, than any honest server sends."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class _Parser(_LenientHTTPClientParser):
    """Counts what it reads until the body begins. The counters outlive interim answers, which reset the rest."""

    MAX_LENGTH = LINE_BYTES
    head_bytes = 0
    head_lines = 0
    wire_bytes = 0
    body_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802
        self.head_bytes += len(line) + 1
        self.head_lines += 1
        if self.head_bytes > HEAD_BYTES or self.head_lines > HEAD_LINES:
            raise Excess(TOO_LARGE, f"more than {HEAD_BYTES} bytes or {HEAD_LINES} lines of header")
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: ARG002, N802
        raise Excess(TOO_LARGE, f"a header line of more than {LINE_BYTES} bytes")

    def rawDataReceived(self, data: bytes) -> None:  # noqa: N802
        self.wire_bytes += len(data)
        if self.wire_bytes > SLACK and self.wire_bytes > OVERHEAD * self.body_bytes:
            raise Excess("chunks too small", f"{self.wire_bytes} bytes sent, {self.body_bytes} of them the body")
        super().rawDataReceived(data)

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        # A body that ends with its connection is whole only if that was closed, not torn.
        if self.state == BODY and reason is not None and not reason.check(ConnectionDone):
            torn = Failure(_DataLoss("the connection broke in the body"))
            self.response._bodyDataFinished(Failure(ResponseFailed([reason, torn], self.response)))
        else:
            super().connectionLost(reason)

    def switchToBodyMode(self, decoder: Any) -> None:  # noqa: N802
        """Count what the decoder lets out."""
        deliver = decoder.dataCallback

        def counted(data: bytes) -> None:
            self.body_bytes += len(data)
            deliver(data)

        decoder.dataCallback = counted
        super().switchToBodyMode(decoder)


class _Protocol(_LenientHTTP11ClientProtocol):
    """Reads with the parser above, and hangs up without a farewell on those who overspend."""

    transport: Any

    def request(self, request: Any) -> Any:
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _Parser
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        if self._parser is None:  # nothing was asked
            self.transport.abortConnection()
            return
        super().dataReceived(data)

    def _giveUp(self, reason: Any) -> None:  # noqa: N802
        if not reason.check(ConnectionDone):
            self.transport.abortConnection()
        super()._giveUp(reason)


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _Protocol:  # noqa: ARG002, N802
        return _Protocol(self._quiescentCallback)


class Handler(HTTP11DownloadHandler):
    """Scrapy's handler of http and https with bounded heads."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory


def fault(error: BaseException) -> tuple[str, str, bool] | None:
    """Return reason, detail and whether another try may help, of a failure that lies below HTTP; None for others."""
    for reason in getattr(error.__cause__, "reasons", ()):
        text = str(reason.value)
        if isinstance(reason.value, Excess):
            return reason.value.reason, reason.value.detail, False
        if reason.check(*NOT_HTTP):
            return "broken answer", text, True
        if reason.check(VerificationError) or (reason.check(SSL.Error) and "certificate" in text):
            return "certificate not valid", text, True
        if reason.check(SSL.Error):
            return "no secure connection", text, True
    return None
