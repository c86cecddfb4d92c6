"""Over two hundred spellings of addresses that are not public: as hosts, and as whole addresses that mislead readers."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

INSIDE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "0.0.0.0",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "192.88.99.1",
]  # fmt: skip
CARRIED = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "100.64.0.1"]
SIX = [
    "::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::0001", "fe80::1", "fe80::1%25eth0", "fe80::1%eth0",
    "febf::1", "fec0::1", "feff::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fd12:3456:789a::1", "ff01::1", "ff02::1", "ff0e::1",
    "100::1", "2001:db8::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001::1", "3fff::1", "5f00::1", "4000::1", "e000::1",
    "64:ff9b:1::1", "64:ff9b:1::a00:1", "64:ff9b:1:ffff::7f00:1", "::ffff:0:127.0.0.1", "::ffff:0:0", "::ffff:255.255.255.255",
]  # fmt: skip
NAMES = [
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "localhost..", "printer.localhost", "a.b.localhost.", "localhost.localdomain",
    "ｌｏｃａｌｈｏｓｔ", "localho\u017ft", "nas.local", "wiki.internal", "metadata.google.internal", "router.home.arpa",
]  # fmt: skip


def numbers(address: str) -> list[str]:
    """The ways in which resolvers read one IPv4 address."""
    whole = int(IPv4Address(address))
    a, b, c, d = (whole >> shift & 255 for shift in (24, 16, 8, 0))
    return [
        address, f"{address}.", str(whole), hex(whole), f"0{whole:o}", f"0x{whole:08X}",
        f"{a}.{b}.{whole & 0xFFFF}", f"{a}.{whole & 0xFFFFFF}", f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:#06x}.{b:#x}.{c}.{d}", f"{a:#o}.{b}.{c:#x}.{d}".replace("0o", "0"), f"0{a:o}.{whole & 0xFFFFFF}",
        address.replace(".", "\u3002"), address.replace(".", "\uff0e"), address.replace(".", "\uff61"),
        "".join(chr(0xFF10 + int(x)) if x.isdigit() else x for x in address),
        "".join(chr(0x1D7CE + int(x)) if x.isdigit() else x for x in address),
        "".join(("\u24ea" if x == "0" else chr(0x245F + int(x))) if x.isdigit() else x for x in address),
    ]  # fmt: skip


def six(address: str) -> list[str]:
    """The ways in which IPv6 carries an IPv4 address."""
    whole = int(IPv4Address(address))
    high, low = f"{whole >> 16:x}", f"{whole & 0xFFFF:x}"
    teredo = IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (whole ^ 0xFFFFFFFF))
    return [
        f"::ffff:{address}", f"::ffff:{high}:{low}", f"::FFFF:{high}:{low}", f"0:0:0:0:0:ffff:{address}", f"::{address}",
        f"64:ff9b::{address}", f"64:ff9b::{high}:{low}", f"2002:{high}:{low}::", f"2002:{high}:{low}::1", str(teredo),
        f"2001:470:1:2:0:5efe:{high}:{low}", f"2001:470:1:2:200:5efe:{high}:{low}",
    ]  # fmt: skip


def hosts() -> list[str]:
    """Hosts that no request may be made to, each once."""
    found = [form for address in INSIDE for form in numbers(address)]
    found += [f"[{x}]" for x in SIX] + [f"[{x}]" for address in CARRIED for x in six(address)] + NAMES
    return list(dict.fromkeys(found))


def tricks(port: int) -> list[str]:
    """Whole addresses in which one reader sees another host, scheme or port than the next."""
    inside = f"127.0.0.1:{port}"
    return [
        f"http://user:secret@{inside}/", f"http://8.8.8.8@{inside}/", f"http://8.8.8.8:80@{inside}/", f"http://@{inside}/",
        f"http://{inside}#@8.8.8.8/", f"http://{inside}?@8.8.8.8/", f"http://{inside}\\@8.8.8.8/",
        f"http:\\\\{inside}\\x", f"http:/{inside}/x", f"http:{inside}/x", f"http:///{inside}/x", f"http:////{inside}/x",
        f"ht\ttp://{inside}/", f"http://127.0\t.0.1:{port}/", f"http://127.0\n.0.1:{port}/", f"http://127.0\r.0.1:{port}/",
        f" http://{inside}/", f"\x00http://{inside}/", f"http://{inside}\x00.example/", f"HTTP://{inside}/", f"hTtP://{inside}/",
        f"http://%31%32%37.0.0.1:{port}/", f"http://127.0.0.1%2e:{port}/", f"http://127.0.0.1%00.example:{port}/",
        f"http://127.0.0.1%2f.example:{port}/", f"http://localhost%2e:{port}/", f"http://[127.0.0.1]:{port}/",
        "http://127.0.0.1:/", f"http://127.0.0.1:0{port}/", f"http://127.0.0.1:{port + 65536}/", f"http://127.0.0.1:+{port}/",
        f"http://[::1]:{port}x/", "http://[::1/", "http://::1/", f"http://[::1%25lo]:{port}/", f"http://[::ffff:127.0.0.1%25lo]:{port}/",
        "http://8.8.8.8:22/", "http://8.8.8.8:25/", "http://8.8.8.8:0/", "http://news.example:6379/", "http://news.example:11211/",
        f"http://127.0.0.1.:{port}/", f"http://127。0。0。1:{port}/", "http://1.2.3.4.5/", "http://0x/", "http://8.8.8.08/",
        f"http://127.0.0.1\u200b:{port}/", f"http://127.0.0.1\u00ad:{port}/", f"http://\u2488127.0.0.1:{port}/", f"//{inside}/x",
        f"https://{inside}/", f"ftp://{inside}/", f"gopher://{inside}/_x", f"ws://{inside}/", f"feed:http://{inside}/",
        f"feed://{inside}/", f"jar:http://{inside}!/", f"view-source:http://{inside}/", "file:///etc/hostname", "file://127.0.0.1/etc/hostname",
        "data:text/xml,<rss/>", "javascript:alert(1)", "unix:///run/x.sock", "s3://bucket/key", "about:blank", "blob:http://x/1",
    ]  # fmt: skip
