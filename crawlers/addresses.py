"""Addresses as they are stored: absolute, http or https, without fragments and tracking parameters.

Whether an address may be fetched is not decided here but in ``gate.py``.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urljoin, urlsplit

LONGEST = 2_000
TRACKING = re.compile(r"^(utm_\w*|fbclid|gclid|mc_cid|mc_eid)(=|$)", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(address: str, base: str = "") -> str | None:
    """Return ``address`` as seen from ``base`` in its stored form; None where it is no address of a web page."""
    try:
        address = address.strip()
        # Joining parses both again; whole addresses, of which a sitemap has thousands, need none of it.
        parts = urlsplit(address if address.startswith(("http://", "https://")) else urljoin(base, address))
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return None
    query = "&".join(x for x in parts.query.split("&") if not TRACKING.match(x))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    cleaned = SplitResult(parts.scheme, netloc, parts.path or "/", query, "").geturl()
    if len(cleaned) > LONGEST * 4:
        return None
    cleaned = UNSEEN.sub(lambda found: "%20" if found[0] == " " else "", cleaned)
    return cleaned if len(cleaned) <= LONGEST else None


def same_site(address: str, other: str) -> bool:
    """Tell whether two addresses lie on one host, with or without ``www.``."""
    return site(address) == site(other)


def site(address: str) -> str:
    """Return the host of an address without ``www.``; nothing where it has none."""
    return (urlsplit(address).hostname or "").removeprefix("www.")
