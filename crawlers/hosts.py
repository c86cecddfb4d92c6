"""What a host in an address is: a literal address in any spelling or a name, and whether it is of the public internet.

Knows nothing of settings and resolves nothing; ``gate.py`` does both. The special ranges are those of the IANA
registries, written out, because ``ipaddress`` calls some of them global, and others depending on Python's version.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

UNICAST = IPv6Network("2000::/3")  # all that is handed out as public IPv6
NAT64 = IPv6Network("64:ff9b::/96")
COMPATIBLE = IPv6Network("::/96")
ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: upper half of an interface identifier that ends in an IPv4 address
SPECIAL = tuple(
    IPv4Network(x)
    for x in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",  # the last: a cloud's own service at an ordinary address
    )
)  # fmt: skip
SPECIAL_6 = tuple(IPv6Network(x) for x in ("2001::/23", "2001:db8::/32", "3fff::/20"))
# Names that never lead to the public internet (RFC 6761, 6762, 8375, and the one ICANN keeps for private use).
PRIVATE_NAMES = re.compile(r"(^|\.)(localhost|local|internal|home\.arpa|localdomain)$")
NAME = re.compile(r"[\w.-]+")


def inner(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 address carries: mapped, compatible, NAT64, 6to4, Teredo, ISATAP."""
    if isinstance(address, IPv4Address):
        return []
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    low = int(address) & 0xFFFFFFFF
    if address in NAT64 or address in COMPATIBLE or (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        return [IPv4Address(low)]
    return []


def is_public(address: Address) -> bool:
    """Tell whether an address, and every address inside it, belongs to the public internet."""
    carried = inner(address)
    if not all(is_public(x) for x in carried):
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL)
    if address.ipv4_mapped or address in NAT64:
        return True
    return address in UNICAST and not any(address in network for network in SPECIAL_6)


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


def fault(host: str) -> str | None:
    """Return why a host can't be one of the public internet, as far as its spelling tells; None where it can be."""
    spelt = literal(host)
    if spelt:
        return None if is_public(spelt) else f"address {spelt} is not public"
    plain = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().rstrip(".")
    if not NAME.fullmatch(plain):
        return "no valid host in the address"
    # A last part that is a number makes the whole an address to some readers and a name to others.
    if re.fullmatch(r"\d+|0x[0-9a-f]*", plain.rpartition(".")[2]):
        return "no valid host in the address"
    return f"address {plain} is not public" if PRIVATE_NAMES.search(plain) else None
