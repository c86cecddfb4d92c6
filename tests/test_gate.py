"""The one door to the network: odd spellings of private addresses, schemes, exceptions, the resolver."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from crawling import Desk
from loopback import moved, page, rss, serving
from scrapy import Request
from twisted.internet.address import IPv4Address, IPv6Address

from crawlers.gate import Gate, GateMiddleware, GateResolver, Refused, gate
from crawlers.hosts import inner, is_public, literal
from pipeline.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE_HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "0", "0.0.0.0",
    "10.0.0.1", "10.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.2.1",
    "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255", "127.0.0.1.", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1",
    "[::1]", "[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:0a00:0001::]", "[2001:0:7f00:1::]", "[fe80::1]",
    "[fe80::1%25eth0]", "[fc00::1]", "[fd00::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]", "[0:0:0:0:0:0:0:1]",
    "localhost", "localhost.", "LOCALHOST", "printer.localhost",
]  # fmt: skip
PUBLIC_HOSTS = [
    "8.8.8.8",
    "1.1.1.1",
    "[2606:4700::1111]",
    "[::ffff:8.8.8.8]",
    "[64:ff9b::808:808]",
    "example.com",
    "0x8.8.8.8",
]


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_no_spelling_of_a_private_address_passes(host: str) -> None:
    for scheme in ("http", "https"):
        for port in ("", ":80", ":8080"):
            assert Gate().refusal(f"{scheme}://{host}{port}/feed") is not None


@pytest.mark.parametrize("host", PUBLIC_HOSTS)
def test_public_addresses_and_names_pass(host: str) -> None:
    assert Gate().refusal(f"http://{host}/feed") is None


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/x", "data:text/html,x", "s3://bucket/x", "gopher://example.com/",
        "javascript:alert(1)", "//example.com/x", "http:///x", "http://user:secret@example.com/", "http://@127.0.0.1/",
        "http://example.com:99999/", "http://[::1/", "unix:///var/run/x.sock",
    ],
)  # fmt: skip
def test_other_schemes_credentials_and_nonsense_do_not_pass(url: str) -> None:
    assert Gate().refusal(url) is not None


def test_an_exception_holds_for_exactly_the_host_and_port_that_it_names() -> None:
    rules = gate(Config(crawl_allow=("127.0.0.1:8000", "intranet.example", "[::1]:9000")))
    assert rules.refusal("http://127.0.0.1:8000/x") is None
    assert rules.refusal("http://[::1]:9000/x") is None
    assert rules.refusal("http://127.0.0.1:8001/x") is not None
    assert rules.refusal("http://127.0.0.2:8000/x") is not None
    assert rules.refusal("http://127.1:8000/x") is not None
    assert rules.admits("10.1.2.3", "intranet.example", 80)
    assert not rules.admits("10.1.2.3", "other.intranet.example", 80)


def test_the_proxys_own_address_is_allowed_and_no_other() -> None:
    rules = gate(Config(crawl_proxy="http://127.0.0.1:3128"))
    assert rules.admits("127.0.0.1", "127.0.0.1", 3128)
    assert not rules.admits("127.0.0.1", "127.0.0.1", 3129)
    assert rules.refusal("http://10.0.0.1/") is not None
    assert rules.refusal("http://lumen-ledger.example/feed.xml") is None


def test_carried_addresses_are_unwrapped() -> None:
    assert [str(x) for x in inner(ip_address("2002:7f00:1::"))] == ["127.0.0.1"]
    assert [str(x) for x in inner(ip_address("64:ff9b::7f00:1"))] == ["127.0.0.1"]
    assert inner(ip_address("2606:4700::1111")) == []
    assert not is_public(ip_address("2001:0:808:808::"))  # Teredo with an unknown client behind it


def test_names_are_no_literals() -> None:
    assert literal("example.com") is None
    assert literal("") is None
    assert str(literal("2130706433")) == "127.0.0.1"


# ------------------------------------------------------------------ requests
def test_each_hop_is_checked_and_gets_its_own_queue() -> None:
    door = GateMiddleware(Gate())
    request = Request("http://b.example/x", meta={"download_slot": "a.example", "proxy": "http://evil.example"})
    door.process_request(request)
    assert request.meta["download_slot"] == "b.example"
    assert request.meta["proxy"] is None


def test_a_redirect_may_not_leave_encryption() -> None:
    hop = Request("http://a.example/x", meta={"redirect_urls": ["https://a.example/x"]})
    with pytest.raises(Refused, match="https to http"):
        GateMiddleware(Gate()).process_request(hop)


# ------------------------------------------------------------------ resolving
@dataclass
class FakeReactor:
    """Has a resolver that answers from a table."""

    answers: dict[str, list[Any]]
    installed: list[Any] = field(default_factory=list)

    @property
    def nameResolver(self) -> FakeReactor:
        return self

    def installNameResolver(self, resolver: Any) -> None:
        self.installed.append(resolver)

    def resolveHostName(self, receiver: Any, host: str, port: int, *_: object) -> None:
        receiver.resolutionBegan(None)
        for address in self.answers.get(host, []):
            receiver.addressResolved(address)
        receiver.resolutionComplete()


@dataclass
class Receiver:
    addresses: list[str] = field(default_factory=list)
    complete: bool = False

    def resolutionBegan(self, _: object) -> None: ...

    def addressResolved(self, address: Any) -> None:
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:
        self.complete = True


def resolved(rules: Gate, host: str, *answers: Any, port: int = 80) -> tuple[list[str], GateResolver]:
    reactor = FakeReactor({host: list(answers)})
    resolver = GateResolver(reactor, rules)
    resolver.install_on_reactor()
    assert reactor.installed == [resolver]
    receiver = Receiver()
    resolver.resolveHostName(receiver, host, port)
    assert receiver.complete
    return receiver.addresses, resolver


def test_a_name_that_leads_to_a_private_address_resolves_to_nothing() -> None:
    found, resolver = resolved(Gate(), "rebound.example", IPv4Address("TCP", "127.0.0.1", 80))
    assert found == []
    assert resolver.refused == {"rebound.example": "127.0.0.1"}


def test_of_mixed_answers_only_the_public_ones_are_connected_to() -> None:
    answers = IPv4Address("TCP", "10.0.0.1", 80), IPv6Address("TCP", "::1", 80), IPv4Address("TCP", "8.8.8.8", 80)
    assert resolved(Gate(), "mixed.example", *answers)[0] == ["8.8.8.8"]


def test_a_name_in_the_settings_may_be_private() -> None:
    rules = Gate(frozenset({"wiki.corp:8080"}))
    address = IPv4Address("TCP", "10.0.0.1", 8080)
    assert resolved(rules, "wiki.corp", address, port=8080)[0] == ["10.0.0.1"]
    assert resolved(rules, "wiki.corp", address, port=80)[0] == []


# ------------------------------------------------------------------ real crawls
@dataclass
class Canary:
    """A listener that must never be connected to."""

    port: int
    accepted: int = 0


@pytest.fixture
def canary() -> Iterator[Canary]:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    bird, over = Canary(listener.getsockname()[1]), threading.Event()

    def listen() -> None:
        while not over.is_set():
            try:
                listener.accept()[0].close()
                bird.accepted += 1
            except TimeoutError:
                continue

    thread = threading.Thread(target=listen)
    thread.start()
    yield bird
    over.set()
    thread.join()
    listener.close()


def test_nothing_reaches_a_private_address_that_is_not_allowed_by_name(
    tmp_path: Path, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{canary.port}")  # proxies of the environment are no door either
    forms = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "0",
        "①②⑦.⓪.⓪.①",
    ]
    with serving() as web:
        home, place = f"http://127.0.0.1:{web.port}", "127.0.0.1"
        bad = [f"http://{form}:{canary.port}/x" for form in forms]
        for n, (url, status) in enumerate((u, s) for u in bad[:8] for s in (301, 302, 303, 307, 308)):
            web.routes[f"{place}/hop{n}"] = moved(url, status)
        web.routes[f"{place}/feed"] = page(
            rss(*bad, *[f"{home}/hop{n}" for n in range(40)], f"{home}/good"), "application/rss+xml"
        )
        web.routes[f"{place}/good"] = page("<p>good")
        more = {f"bad{n}": ("feed", url) for n, url in enumerate(bad[:8])}
        desk = Desk(tmp_path, web, {"a": ("feed", f"{home}/feed"), **more}, proxied=False)
        desk.crawl()
        assert canary.accepted == 0
        assert desk.pages() == {f"{home}/good"}
        assert set(desk.reasons().values()) == {"address not allowed"}
        assert len(desk.reasons()) == len(bad) + 40
