"""A digest as one mail with text, HTML and the chart inside; sent over SMTP.

Nothing in it is fetched when it is read. Sending happens once: the caller's ``before_dot`` commits "in doubt"
after the server took the envelope and before the message goes out, and an end that nobody knows is ``InDoubt``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import smtplib
import socket
import ssl
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from pipeline.errors import DeliveryError
from pipeline.outputs import chart, faces
from pipeline.outputs.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.config import Config
    from pipeline.model import Delivery, Digest, Subscriber

TIMEOUT = 30.0  # seconds a server may be silent
SUBJECT = 200  # most characters of a subject
CID = "chart@tideline"
EMBEDDED = "data:image/png;base64,"

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NAMED = re.compile(r"(?P<name>[^<>\r\n]*)<(?P<address>[^<>]*)>\s*")
_PICTURE = re.compile(r'src="data:image/png;base64,([A-Za-z0-9+/=]+)"')
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]+@[A-Za-z0-9.-]+>")


class InDoubt(DeliveryError):
    """The connection broke once the message was on its way: it may have arrived, so it is never sent again."""


class Whole(UnstructuredHeader, BaseHeader):
    """A header that is not folded: the library would write a long address in it as an encoded word."""

    def fold(self, *, policy: policy.Policy) -> str:
        """Return the header as one line."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", Whole)
_POLICY = policy.SMTP.clone(header_factory=_HEADERS, max_line_length=78)


# ------------------------------------------------------------------ the message
def message(
    digest: Digest,
    subscriber: Subscriber,
    *,
    sender: str,
    message_id: str | None = None,
    date: datetime | None = None,
) -> EmailMessage:
    """Return a digest as a mail to a subscriber; raises DeliveryError where an address is none."""
    return compose(
        digest.title,
        faces.html(digest, chart=embedded(chart.png(digest))),
        faces.text(digest),
        recipient=subscriber.email,
        name=subscriber.name or "",
        sender=sender,
        message_id=message_id or stable_id(sender, subscriber.email, digest.period, digest.end.isoformat()),
        date=date,
    )


def stored(delivery: Delivery, *, sender: str, date: datetime | None = None) -> EmailMessage:
    """Return the mail of a digest as it lies in the outbox: the same as ``message`` gave, with the same Message-ID."""
    return compose(
        delivery.title,
        delivery.html,
        delivery.text,
        recipient=delivery.recipient,
        name=delivery.name or "",
        sender=sender,
        message_id=stable_id(sender, delivery.recipient, delivery.period, delivery.end.isoformat()),
        date=date,
    )


def compose(
    title: str,
    html: str,
    text: str,
    *,
    recipient: str,
    sender: str,
    message_id: str,
    name: str = "",
    date: datetime | None = None,
) -> EmailMessage:
    """Return a mail of a page and a text, as they may have been stored; a picture in the page goes along by its cid."""
    author = mailbox(sender)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = author
    mail["To"] = mailbox(recipient, name)
    mail["Subject"] = one_line(title, SUBJECT)
    mail["Date"] = format_datetime(date or datetime.now(UTC))
    mail["Message-ID"] = _checked_id(message_id)
    mail["List-Unsubscribe"] = f"<mailto:{quote(author.addr_spec, safe='@')}?subject=unsubscribe>"
    mail["Auto-Submitted"] = "auto-generated"
    picture = _PICTURE.search(html)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(
        html.replace(picture[0], f'src="cid:{CID}"') if picture else html, subtype="html", cte="quoted-printable"
    )
    if picture:
        page = list(mail.iter_parts())[-1]
        assert isinstance(page, EmailMessage)
        page.add_related(
            base64.b64decode(picture[1]), "image", "png", cid=f"<{CID}>", filename="chart.png", disposition="inline"
        )
    return mail


def embedded(picture: bytes) -> str:
    """Return a PNG as an address that holds the picture itself."""
    return EMBEDDED + base64.b64encode(picture).decode()


def stable_id(sender: str, *parts: object) -> str:
    """Return the Message-ID that the same parts always get, so that a relay or reader can fold a mail sent twice."""
    author = mailbox(sender)
    digest = hashlib.sha256("\x1f".join([author.addr_spec, *map(str, parts)]).encode("utf-8", "replace")).hexdigest()
    return f"<digest.{digest[:32]}@{author.domain}>"


def _checked_id(message_id: str) -> str:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise DeliveryError(f"{one_line(message_id, 80)!r} is no Message-ID such as <digest.1@example.org>")
    return message_id


def mailbox(text: str, name: str = "") -> Address:
    """Return a checked address from ``Name <a@b>`` or ``a@b``; raises DeliveryError for anything else.

    Only what every server takes is let through: a dot-atom of ASCII before the @, host labels after it; other
    scripts in the domain become IDNA.
    """
    named = _NAMED.fullmatch(text)
    address = (named["address"] if named else text).strip(" ")
    local, at, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        at = ""
    labels = domain.split(".")
    sound = at and _LOCAL.fullmatch(local) and all(_LABEL.fullmatch(label) for label in labels)
    if not sound or len(local) > 64 or len(address) > 254:
        raise DeliveryError(f"{one_line(text, 80)!r} is no mail address")
    shown = one_line(named["name"] if named else name, 80).strip('" ')
    return Address(display_name=shown, username=local, domain=domain)


# ------------------------------------------------------------------ on its way
def send(
    message: EmailMessage,
    config: Config,
    *,
    before_dot: Callable[[], None],
    timeout: float = TIMEOUT,
    context: ssl.SSLContext | None = None,
) -> None:
    """Send one message to its one recipient: envelope, ``before_dot()``, then the message.

    ``context`` says which certificates are trusted, by default those of the system. Raises DeliveryError in one
    line where the message surely was not taken, InDoubt where nobody knows.
    """
    if not config.smtp_host:
        raise DeliveryError("[smtp] host is empty: there is no mail server to send by")
    sender, recipient = (_envelope(message, header) for header in ("From", "To"))
    content = message.as_bytes(policy=_POLICY)
    place = f"{config.smtp_host}:{config.smtp_port}"
    client = _connected(config, place, timeout, context)
    try:
        with _told(place):
            _expect(client.mail(sender), f"{place}: the sender {sender} was refused")
            _expect(client.rcpt(recipient), f"{place}: the recipient {recipient} was refused")
        before_dot()
        _hand_over(client, content, place)
    finally:
        client.close()


def deliver(digest: Digest, config: Config, *, before: Callable[[], None]) -> str:
    """Send a digest to its subscriber and return the address; ``before`` is called before the final dot."""
    if digest.subscriber is None:
        raise DeliveryError("a digest without a subscriber can't be mailed")
    mail = message(digest, digest.subscriber, sender=config.smtp_sender)
    send(mail, config, before_dot=before)
    return digest.subscriber.email


def _connected(config: Config, place: str, timeout: float, context: ssl.SSLContext | None) -> smtplib.SMTP:
    """Open the connection, encrypted and logged in as the settings say."""
    domain = mailbox(config.smtp_sender).domain
    named = domain if "." in domain else "localhost"  # the machine's own name would need a look-up, and tell it
    client: smtplib.SMTP | None = None
    try:
        with _told(place):
            if config.smtp_security == "tls":
                client = smtplib.SMTP_SSL(
                    config.smtp_host, config.smtp_port, named, timeout=timeout, context=context or _trust()
                )
            else:
                client = smtplib.SMTP(config.smtp_host, config.smtp_port, named, timeout=timeout)
            if client.sock is not None:  # else the dot waits for the answer to the segment before it
                client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.ehlo_or_helo_if_needed()
            if config.smtp_security == "starttls":
                client.starttls(context=context or _trust())
                client.ehlo()
            if config.smtp_user:
                client.login(config.smtp_user, config.smtp_password)
    except BaseException:
        if client is not None:
            client.close()
        raise
    return client


def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Turn whatever the connection says into one line of DeliveryError."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError(f"{place}: user name or password was refused ({_said(error.smtp_error)})") from error
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(f"{place}: {error.smtp_code} {_said(error.smtp_error)}") from error
    except (OSError, UnicodeError) as error:  # SMTPException is an OSError
        raise DeliveryError(f"{place}: {one_line(str(error), 200) or type(error).__name__}") from error


def _expect(reply: tuple[int, bytes], refusal: str) -> None:
    code, said = reply
    if not 200 <= code < 300:
        raise DeliveryError(f"{refusal}: {code} {_said(said)}")


def _hand_over(client: smtplib.SMTP, content: bytes, place: str) -> None:
    try:
        code, said = client.data(content)
    except smtplib.SMTPDataError as error:  # refused before a byte of it was sent
        code, said = error.smtp_code, _bytes(error.smtp_error)
    except OSError as error:
        raise InDoubt(f"{place}: the connection broke while the message was handed over: {error}") from error
    if code != 250:
        raise DeliveryError(f"{place}: the message was refused: {code} {_said(said)}")
    with suppress(OSError):  # it is delivered; a server that hangs up without a word changes nothing
        client.quit()


def _envelope(message: EmailMessage, header: str) -> str:
    addresses: tuple[Address, ...] = getattr(message[header], "addresses", ())
    if len(addresses) != 1:
        raise DeliveryError(f"a message needs one address in {header}, not {len(addresses)}")
    return mailbox(addresses[0].addr_spec).addr_spec


def _said(reply: bytes | str) -> str:
    return one_line(_bytes(reply).decode("utf-8", "replace"), 200)


def _bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode("utf-8", "replace")
