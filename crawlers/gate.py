"""The one door to the network: which schemes, hosts and addresses may be fetched, asked anew on every hop.

Two checks stand behind each other. ``GateMiddleware`` sees every request (sources, pages, robots.txt and each
redirect) and refuses schemes, credentials, downgrades and private addresses written as such. ``GateResolver``
is asked by Twisted for every connection, for literal addresses too, and passes on only addresses that are public
or that the settings allow by an explicit entry; the connection is made to the address that was checked.
Sizes and times are Scrapy settings (``settings.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from twisted.internet.interfaces import IHostnameResolver, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawlers.hosts import fault, is_public, literal
from pipeline.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy import Request
    from scrapy.crawler import Crawler

    from pipeline.config import Config

PORTS = {"http": 80, "https": 443}
# Ports of other services, which a request must not be able to speak to: those that the Fetch standard blocks.
OTHER_SERVICES = frozenset(
    (
        0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
        110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
        531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190,
        5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211,
    )
)  # fmt: skip
ENTRY = re.compile(r"[\w.-]+(:\d+)?|\[[0-9a-f:.]+\](:\d+)?|[0-9a-f:.]+")
WIDEST = {4: 8, 6: 16}  # shortest prefix of an allowed network, by version
REMEMBERED = 10_000


class Refused(IgnoreRequest):
    """The gate does not let this request pass."""


# ------------------------------------------------------------------ the rules
@dataclass(frozen=True, slots=True)
class Gate:
    """What may be fetched.

    ``allow`` holds exact exceptions, ``host`` or ``host:port``; ``networks`` holds exceptions for addresses that
    are written as such (a name that resolves into them is none); ``proxy`` is an HTTP proxy's URL.
    """

    allow: frozenset[str] = frozenset()
    proxy: str = ""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def refusal(self, url: str) -> str | None:
        """Return why a URL may not be requested, None if it may as far as can be seen before resolving."""
        try:
            parts = urlsplit(url)
            port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
        except ValueError:
            return "no valid address"
        if parts.scheme not in PORTS:
            return f"scheme {parts.scheme} is not allowed"
        if not parts.hostname:
            return "no host in the address"
        if "@" in parts.netloc:
            return "credentials in the address are not allowed"
        if self.allows(parts.hostname, port):
            return None
        return f"port {port} is not one of the web" if port in OTHER_SERVICES else fault(parts.hostname)

    def allows(self, host: str, port: int) -> bool:
        """Tell whether the settings name this host, or this host and port, as an exception."""
        shown = f"[{host}]" if ":" in host else host
        if {host, shown, f"{shown}:{port}"} & self.allow or self._is_proxy(host, port):
            return True
        spelt = literal(host) if self.networks else None
        return spelt is not None and any(spelt in network for network in self.networks)

    def _is_proxy(self, host: str, port: int) -> bool:
        parts = urlsplit(self.proxy)
        # Twisted's tunnel asks without a port; nothing else does, and only the proxy is tunnelled to.
        return bool(self.proxy) and host == parts.hostname and port in (0, parts.port or PORTS.get(parts.scheme, 80))

    def admits(self, address: str, host: str, port: int) -> bool:
        """Tell whether a connection to ``address``, as which ``host`` was resolved, may be opened."""
        spelt = literal(address)
        if spelt is None or (port and port in OTHER_SERVICES):
            return self.allows(host, port)
        return is_public(spelt) or self.allows(host, port)


def gate(config: Config) -> Gate:
    """Return the gate that the settings describe; the proxy comes from them only, never from a source.

    Raises SettingError for an exception that is no host, host and port, or network.
    """
    place = f"{config.file or 'settings'}: [crawl] allow"
    entries = [_entry(place, x.strip().lower()) for x in config.crawl_allow]
    hosts = frozenset(x for x in entries if isinstance(x, str))
    networks = tuple(x for x in entries if not isinstance(x, str))
    return Gate(hosts, config.crawl_proxy, networks)


def _entry(place: str, text: str) -> str | IPv4Network | IPv6Network:
    """Read one exception. A wildcard or a URL would allow less or more than its writer thinks."""
    if "/" in text:
        try:
            network = ip_network(text)
        except ValueError as error:
            raise SettingError(f"{place}: {text!r} is no network such as 10.1.0.0/16: {error}") from None
        if network.prefixlen < WIDEST[network.version]:
            raise SettingError(f"{place}: {text!r} is too wide; at least /{WIDEST[network.version]} is wanted")
        return network
    bare = literal(text) is not None and ":" in text and not text.startswith("[")
    try:
        parts = urlsplit(f"//[{text}]" if bare else f"//{text}")
        fits = bool(parts.hostname) and parts.port != 0 and "@" not in text
    except ValueError:
        fits = False
    if not fits or not ENTRY.fullmatch(text):
        raise SettingError(f"{place}: {text!r} is neither host, host:port nor network")
    return text


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
        if _is_elsewhere(request):
            # All of them, not the known secrets only: validators tell one site about another, too. What every
            # request carries is added again after the gate.
            request.headers.clear()
        # A redirect inherits the slot of the host it left, and with it that host's delay.
        request.meta["download_slot"] = urlsplit(request.url).hostname or ""
        # Always set, so that proxies named in the environment are not used by accident.
        request.meta["proxy"] = self.rules.proxy or None


def _is_elsewhere(request: Request) -> bool:
    """Tell whether a request is a redirect's hop to another origin."""
    hops = request.meta.get("redirect_urls") or [request.url]
    return _origin(hops[-1]) != _origin(request.url)


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)


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
