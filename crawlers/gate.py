"""The one door to the network: which schemes, hosts and addresses may be fetched, asked anew on every hop.

Two checks stand behind each other. ``GateMiddleware`` sees every request (sources, pages, robots.txt and each
redirect) and refuses schemes, credentials, downgrades and private addresses written as such. ``GateResolver``
is asked by Twisted for every connection, for literal addresses too, and passes on only addresses that are public
or that the settings allow by an explicit entry; the connection is made to the address that was checked.
Sizes and times are Scrapy settings (``settings.py``).
"""

from __future__ import annotations

import socket
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler

    from pipeline.config import Config

Address = IPv4Address | IPv6Address

PORTS = {"http": 80, "https": 443}
SHARED = ip_network("100.64.0.0/10")  # carrier-grade NAT: neither private nor public
UNICAST = IPv6Network("2000::/3")  # all that is handed out as public IPv6
NAT64 = IPv6Network("64:ff9b::/96")
COMPATIBLE = IPv6Network("::/96")
REMEMBERED = 10_000


class Refused(IgnoreRequest):
    """The gate does not let this request pass."""


# ------------------------------------------------------------------ addresses
def inner(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address carries: mapped, compatible, NAT64, 6to4, Teredo."""
    if isinstance(address, IPv4Address):
        return []
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    if address in NAT64 or address in COMPATIBLE:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return []


def is_public(address: Address) -> bool:
    """Tell whether an address, and every address inside it, belongs to the public internet."""
    if carried := inner(address):
        return all(is_public(x) for x in carried)
    if isinstance(address, IPv6Address) and address not in UNICAST:
        return False
    return address.is_global and not address.is_multicast and address not in SHARED


def literal(host: str) -> Address | None:
    """Return the address that a host name spells, in any form that a resolver understands; None for a real name.

    Numbers may be whole (2130706433), short (127.1), octal, hexadecimal or in full-width digits.
    """
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".").strip("[]").partition("%")[0].rstrip(".")
    try:
        return ip_address(plain)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(plain)) if plain and not plain.isspace() else None
    except (OSError, ValueError):
        return None


# ------------------------------------------------------------------ the rules
@dataclass(frozen=True, slots=True)
class Gate:
    """What may be fetched. ``allow`` holds exact entries, ``host`` or ``host:port``; ``proxy`` is an HTTP proxy's URL."""

    allow: frozenset[str] = frozenset()
    proxy: str = ""

    def refusal(self, url: str) -> str | None:
        """Return why a URL may not be requested, None if it may as far as can be seen before resolving."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError:
            return "no valid address"
        if parts.scheme not in PORTS:
            return f"scheme {parts.scheme} is not allowed"
        if not parts.hostname:
            return "no host in the address"
        if "@" in parts.netloc:
            return "credentials in the address are not allowed"
        return self._host_refusal(parts.hostname, port)

    def _host_refusal(self, host: str, port: int) -> str | None:
        if self.allows(host, port):
            return None
        if host.rstrip(".") == "localhost" or host.rstrip(".").endswith(".localhost"):
            return f"address {host} is not public"
        spelt = literal(host)
        return f"address {spelt} is not public" if spelt and not is_public(spelt) else None

    def allows(self, host: str, port: int) -> bool:
        """Tell whether the settings name this host, or this host and port, as an exception."""
        shown = f"[{host}]" if ":" in host else host
        return bool({host, shown, f"{shown}:{port}"} & self.allow) or (host, port) == self._proxy_place()

    def _proxy_place(self) -> tuple[str, int]:
        if not self.proxy:
            return "", 0
        parts = urlsplit(self.proxy)
        return parts.hostname or "", parts.port or PORTS.get(parts.scheme, 80)

    def admits(self, address: str, host: str, port: int) -> bool:
        """Tell whether a connection to ``address``, as which ``host`` was resolved, may be opened."""
        spelt = literal(address)
        return self.allows(host, port) or (spelt is not None and is_public(spelt))


def gate(config: Config) -> Gate:
    """Return the gate that the settings describe. The proxy comes from the settings only, never from a source."""
    return Gate(frozenset(x.lower() for x in config.crawl_allow), config.crawl_proxy)


# ------------------------------------------------------------------ in Scrapy
class GateMiddleware:
    """Refuse requests that may not pass, set the proxy, and keep every host its own queue."""

    def __init__(self, rules: Gate) -> None:
        self.rules = rules

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GateMiddleware:
        """Build with the gate of the settings."""
        return cls(crawler.settings["GATE"])

    def process_request(self, request: Request) -> None:
        """Raise Refused for what may not be fetched. Called for each hop and for robots.txt."""
        reason = self.rules.refusal(request.url) or _downgrade(request)
        if reason:
            raise Refused(reason)
        # A redirect inherits the slot of the host it left, and with it that host's delay.
        request.meta["download_slot"] = urlsplit(request.url).hostname or ""
        # Always set, so that proxies named in the environment are not used by accident.
        request.meta["proxy"] = self.rules.proxy or None


def _downgrade(request: Request) -> str | None:
    hops = request.meta.get("redirect_urls") or [""]
    if hops[-1].startswith("https:") and request.url.startswith("http:"):
        return "redirect from https to http"
    return None


@implementer(IHostnameResolver)
class GateResolver:
    """Twisted's resolver behind the gate: only checked addresses come out."""

    def __init__(self, reactor: Any, rules: Gate) -> None:
        self._reactor = reactor
        self._ask = reactor.nameResolver.resolveHostName
        self.rules = rules
        self.refused: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> GateResolver:
        """Build with the gate of the settings; Scrapy calls this for the setting TWISTED_DNS_RESOLVER."""
        return cls(reactor, crawler.settings["GATE"])

    def install_on_reactor(self) -> None:
        """Make this the only resolver of the process."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802  # Twisted's interface
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Iterable[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Resolve as Twisted does, and keep back what the gate does not admit."""
        checked = _Checked(resolutionReceiver, self, hostName, portNumber)
        return self._ask(checked, hostName, portNumber, addressTypes, transportSemantics)

    def remember(self, host: str, address: str) -> None:
        """Note that ``host`` was resolved to an address that may not be fetched, to say so afterwards."""
        if len(self.refused) >= REMEMBERED:
            self.refused.clear()
        self.refused[host] = address


@implementer(IResolutionReceiver)
class _Checked:
    """Receives addresses from the resolver and hands on those that the gate admits."""

    def __init__(self, receiver: Any, resolver: GateResolver, host: str, port: int) -> None:
        self._receiver, self._resolver, self._host, self._port = receiver, resolver, host, port

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if self._resolver.rules.admits(address.host, self._host, self._port):
            self._receiver.addressResolved(address)
        else:
            self._resolver.remember(self._host, address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


def refused_address(host: str) -> str | None:
    """Return the private address for which the installed resolver last refused ``host``, if it did."""
    from twisted.internet import reactor

    return getattr(reactor.nameResolver, "refused", {}).get(host)
