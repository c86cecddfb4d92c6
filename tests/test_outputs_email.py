from __future__ import annotations

import re
import socket
import ssl
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sample_digest as sample
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from lxml import html as markup
from sample_digest import brief, digest_of

from pipeline import outputs
from pipeline.config import Config
from pipeline.errors import DeliveryError
from pipeline.model import Delivery, Digest, Subscriber
from pipeline.outputs import email, faces, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SENDER = "Tideline <digest@tideline.example>"
WHEN = datetime(2026, 11, 16, 6, tzinfo=UTC)


# ------------------------------------------------------------------ the message
def mail(digest: Digest | None = None, subscriber: Subscriber = sample.READER, **options):
    return email.message(digest or brief(), subscriber, **({"sender": SENDER, "date": WHEN} | options))


def test_a_mail_has_text_and_page_with_its_chart_inside() -> None:
    message = message_from_bytes(mail().as_bytes(), policy=policy.default)
    assert message.get_content_type() == "multipart/alternative"
    plain, related = message.iter_parts()
    page, image = related.iter_parts()
    assert [p.get_content_type() for p in (plain, related, page, image)] == [
        "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    assert image["Content-ID"] == f"<{email.CID}>"
    assert image.get_content_disposition() == "inline"
    assert image.get_content().startswith(b"\x89PNG")
    sources = [e.get("src") for e in markup.fromstring(page.get_content()).iter("img")]
    assert sources == [f"cid:{email.CID}"]
    assert plain.get_content().replace("\r\n", "\n") == faces.text(brief())


def test_a_mail_carries_what_relays_and_readers_ask_for() -> None:
    message = mail()
    assert message["From"] == SENDER
    assert message["To"] == "Ana Ruiz <ana@example.org>"
    assert (
        message["Subject"]
        == "Week of 9 to 15 November 2026: Commoditization of AI models rises to 2.4 times its earlier share"
    )
    assert message["Date"] == "Mon, 16 Nov 2026 06:00:00 +0000"
    assert message["List-Unsubscribe"] == "<mailto:digest@tideline.example?subject=unsubscribe>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<digest\.\w+@tideline\.example>", message["Message-ID"])


def test_the_message_id_stays_the_same_and_differs_by_reader_and_week() -> None:
    other = replace(sample.READER, email="bo@example.org")
    later = replace(brief(), end=date(2026, 11, 22))
    ids = [m["Message-ID"] for m in (mail(), mail(), mail(subscriber=other), mail(later))]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_mail_out_of_the_outbox_is_the_mail_that_was_made() -> None:
    digest = brief()
    delivery = Delivery(
        1, 1, "pending", "ana@example.org", "Ana Ruiz", digest.title, **outputs.render(digest), language="en",
        period="week", end=digest.end, attempts=1, changed=WHEN,
    )  # fmt: skip

    def bare(message) -> list[object]:
        return [sorted(message.items()), *(p.get_payload() for p in message.walk() if not p.is_multipart())]

    one, two = bare(email.stored(delivery, sender=SENDER, date=WHEN)), bare(mail(digest))
    assert [re.sub(r"boundary=\S+", "", str(x)) for x in one] == [re.sub(r"boundary=\S+", "", str(x)) for x in two]


@pytest.mark.parametrize(
    "bad", ["x\r\nBcc: all@example.org", "x\nBcc: y@example.org\n\nbody", "x\u2028y\u2029z", "x\x00\x1b[2Jy\x85z"]
)
def test_a_subject_adds_no_header_and_no_control_character(bad: str) -> None:
    message = message_from_bytes(mail(replace(brief(), title=bad)).as_bytes(), policy=policy.default)
    assert message["Bcc"] is None
    assert not set(message["Subject"]) & set("\r\n\x00\x1b\x85\u2028\u2029")
    assert len(list(message.iter_parts())) == 2


def test_long_and_foreign_subjects_and_names_survive_the_way() -> None:
    title = "Semana del 9 al 15: «Comoditización» sube — 模型 " * 3
    reader = replace(sample.READER, name="Иван Ñandú, 商品")
    message = message_from_bytes(mail(replace(brief(), title=title), reader).as_bytes(), policy=policy.default)
    assert message["Subject"] == text.one_line(title)
    assert message["To"].addresses[0].display_name == "Иван Ñandú, 商品"
    assert max(map(len, mail(replace(brief(), title=title)).as_bytes().split(b"\r\n"))) <= 78


def test_a_long_sender_does_not_garble_the_header_for_leaving() -> None:
    sender = f"{'n' * 60}@{'sub.' * 12}example.org"
    message = mail(sender=sender)
    raw = message.as_bytes()
    assert f"\r\nList-Unsubscribe: <mailto:{sender}?subject=unsubscribe>\r\n".encode() in raw
    assert message_from_bytes(raw, policy=policy.default)["Message-ID"] == message["Message-ID"]


@pytest.mark.parametrize(
    "address",
    [
        "", "ana", "ana@", "@example.org", "ana@exa mple.org", "a@b@c.org", "ana@example..org", "ana@-x.org", ".a@b.org",
        "ana@example.org\r\nRCPT TO:<x@y.org>", "ana@example.org\nBcc: x@y.org", "ana@example.org, bo@example.org",
        "<script>@example.org", "ana@example.org>", '"a b"@example.org', "añа@example.org", "a@" + "x" * 64 + ".org",
        "x" * 65 + "@b.org", "ana@example.org\u2028", "a@b.org> SIZE=1", "ana@example.org\x00",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_its_text(address: str) -> None:
    with pytest.raises(DeliveryError, match="is no mail address") as refusal:
        mail(subscriber=replace(sample.READER, email=address))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("ana@example.org", "ana@example.org", ""),
        ("Ana Ruiz <ana+news@example.org>", "ana+news@example.org", "Ana Ruiz"),
        ('"Ruiz, Ana" <ana@example.org>', "ana@example.org", "Ruiz, Ana"),
        ("tideline@localhost", "tideline@localhost", ""),
        ("ana@mañana.example", "ana@xn--maana-pta.example", ""),
    ],
)
def test_addresses_in_use_are_taken(written: str, address: str, name: str) -> None:
    box = email.mailbox(written)
    assert (box.addr_spec, box.display_name) == (address, name)


def test_a_message_id_with_a_line_in_it_is_refused() -> None:
    with pytest.raises(DeliveryError, match="is no Message-ID"):
        mail(message_id="<a@b>\r\nBcc: x@y.org")


# ------------------------------------------------------------------ on its way
class Inbox:
    """A mail server's behaviour: it keeps what it takes, and refuses where it is told to."""

    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 taken", drop: bool = False) -> None:
        self.rcpt, self.data, self.drop = rcpt, data, drop
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.events: list[str] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.encrypted = False

    async def handle_MAIL(self, server, session, envelope, address, options) -> str:
        self.events.append("mail")
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        self.events.append("rcpt")
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope) -> str:
        self.events.append("data")
        self.encrypted = server.transport.get_extra_info("sslcontext") is not None
        if self.drop:
            server.transport.abort()
            return "250 lost"
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return self.data

    def login(self, server, session, envelope, mechanism, found) -> AuthResult:
        self.logins.append((found.login, found.password))
        return AuthResult(success=found.password == b"secret", handled=False)


@pytest.fixture
def serving() -> Iterator[Callable[..., Config]]:
    running: list[Controller] = []

    def start(inbox: Inbox, *, security: str = "none", user: str = "", password: str = "", **options) -> Config:
        options = {"authenticator": inbox.login, "auth_require_tls": False} | options
        controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), ready_timeout=10, **options)
        controller.start()
        running.append(controller)
        return Config(
            smtp_host="127.0.0.1", smtp_port=controller.port, smtp_security=security, smtp_user=user, smtp_password=password,
            smtp_sender=SENDER,
        )  # fmt: skip

    yield start
    for controller in running:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def nothing() -> None:
    """A commit with nothing to commit."""


def test_a_digest_arrives_whole_and_is_in_doubt_before_its_data(serving) -> None:
    inbox = Inbox()
    config = serving(inbox)
    email.send(mail(), config, before_dot=lambda: inbox.events.append("in doubt"))
    assert inbox.events == ["mail", "rcpt", "in doubt", "data"]
    sender, recipients, content = inbox.taken[0]
    assert (sender, recipients) == ("digest@tideline.example", ["ana@example.org"])
    arrived = message_from_bytes(content, policy=policy.default)
    assert arrived["Message-ID"] == mail()["Message-ID"]
    assert arrived.get_body(("plain",)).get_content().replace("\r\n", "\n") == faces.text(brief())


def test_lines_that_begin_with_a_dot_arrive_as_they_were(serving) -> None:
    inbox = Inbox()
    message = email.compose("x", "<p>.</p>", ".\n..\n.x\n", recipient="a@b.org", sender=SENDER, message_id="<1@b.org>")
    email.send(message, serving(inbox), before_dot=nothing)
    arrived = message_from_bytes(inbox.taken[0][2], policy=policy.default)
    assert arrived.get_body(("plain",)).get_content().replace("\r\n", "\n") == ".\n..\n.x\n"


def test_a_refused_recipient_is_a_clear_line_and_never_in_doubt(serving) -> None:
    inbox = Inbox(rcpt="550 no such\x1b[31m user")
    with pytest.raises(DeliveryError, match=r"the recipient ana@example\.org was refused: 550 no such") as refusal:
        email.send(mail(), serving(inbox), before_dot=lambda: inbox.events.append("in doubt"))
    assert inbox.events == ["mail", "rcpt"]
    assert not isinstance(refusal.value, email.InDoubt)
    assert "\x1b" not in str(refusal.value)


def test_a_message_refused_after_its_dot_surely_failed(serving) -> None:
    with pytest.raises(DeliveryError, match="the message was refused: 554 spam") as refusal:
        email.send(mail(), serving(Inbox(data="554 spam")), before_dot=nothing)
    assert not isinstance(refusal.value, email.InDoubt)


def test_a_connection_that_breaks_after_the_dot_leaves_the_mail_in_doubt(serving) -> None:
    with pytest.raises(email.InDoubt, match="broke while the message was handed over"):
        email.send(mail(), serving(Inbox(drop=True)), before_dot=nothing)


def test_nothing_goes_out_when_in_doubt_could_not_be_committed(serving) -> None:
    def full() -> None:
        raise OSError("disk full")

    inbox = Inbox()
    with pytest.raises(OSError, match="disk full"):
        email.send(mail(), serving(inbox), before_dot=full)
    assert inbox.taken == []


def test_a_server_that_is_not_there_is_one_clear_line() -> None:
    config = Config(smtp_host="127.0.0.1", smtp_port=9, smtp_security="none", smtp_sender=SENDER)
    with pytest.raises(DeliveryError, match=r"^127\.0\.0\.1:9: .*refused"):
        email.send(mail(), config, before_dot=nothing)


def test_a_server_that_says_nothing_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = Config(smtp_host="127.0.0.1", smtp_port=silent.getsockname()[1], smtp_security="none")
        with pytest.raises(DeliveryError, match="timed out"):
            email.send(mail(), config, before_dot=nothing, timeout=0.3)


def test_no_server_in_the_settings_is_said_so() -> None:
    with pytest.raises(DeliveryError, match=r"\[smtp\] host is empty"):
        email.send(mail(), Config(), before_dot=nothing)


def test_it_logs_in_where_a_user_is_given(serving) -> None:
    inbox = Inbox()
    email.send(mail(), serving(inbox, user="tide", password="secret"), before_dot=nothing)
    assert inbox.logins == [(b"tide", b"secret")]
    assert len(inbox.taken) == 1


def test_a_wrong_password_is_a_clear_line_that_does_not_repeat_it(serving) -> None:
    with pytest.raises(DeliveryError, match="user name or password was refused") as refusal:
        email.send(mail(), serving(Inbox(), user="tide", password="wr0ng"), before_dot=nothing)
    assert "wr0ng" not in str(refusal.value)


def test_starttls_that_the_server_does_not_offer_is_never_sent_in_clear(serving) -> None:
    inbox = Inbox()
    with pytest.raises(DeliveryError, match="STARTTLS"):
        email.send(mail(), serving(inbox, security="starttls", user="tide", password="secret"), before_dot=nothing)
    assert inbox.events == []
    assert inbox.logins == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_encrypts_as_the_settings_say_and_checks_the_certificate(serving, tmp_path: Path, security: str) -> None:
    server, client = certified(tmp_path)
    inbox = Inbox()
    how = {"ssl_context": server} if security == "tls" else {"tls_context": server, "require_starttls": True}
    config = serving(inbox, security=security, user="tide", password="secret", **how)
    email.send(mail(), config, before_dot=nothing, context=client)
    assert inbox.encrypted
    assert len(inbox.taken) == 1
    with pytest.raises(DeliveryError, match="certificate verify failed"):
        email.send(mail(), config, before_dot=nothing)  # the system does not know this certificate
    assert len(inbox.taken) == 1


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for 127.0.0.1, and a client's that trusts it alone."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "c.pem").write_bytes(certificate.public_bytes(pem))
    form, open_ = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "k.pem").write_bytes(key.private_bytes(pem, form, open_))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "c.pem", folder / "k.pem")
    return server, ssl.create_default_context(cafile=str(folder / "c.pem"))


def test_a_mail_needs_a_subscriber(serving) -> None:
    with pytest.raises(DeliveryError, match="without a subscriber"):
        outputs.OUTPUTS["email"](digest_of(subscriber=None), Config(), before=nothing)


def test_the_email_output_sends_to_the_digests_subscriber_and_commits_before(serving) -> None:
    inbox = Inbox()
    place = outputs.OUTPUTS["email"](brief(), serving(inbox), before=lambda: inbox.events.append("in doubt"))
    assert place == "ana@example.org"
    assert inbox.events[-2:] == ["in doubt", "data"]
