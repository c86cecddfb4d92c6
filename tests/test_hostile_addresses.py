"""Addresses that lead inside, at every entry: canary listeners count who came, and none may."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest
from address_forms import hosts, tricks
from crawling import Desk
from loopback import rss
from rough import Canary, Rough, Watched, answer, canaries, rough, says, watched
from scrapy import Request
from twisted.internet.address import IPv4Address, IPv6Address

from crawlers.gate import Gate, GateMiddleware, GateResolver, Refused, gate
from crawlers.hosts import is_public
from pipeline.config import Config
from pipeline.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTS = hosts()
SOME = HOSTS[::2]  # the whole matrix is crawled by tests/quality/hostile.py
STATUSES = ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")


def test_there_are_more_than_two_hundred_forms_and_none_passes_before_or_after_scrapy_has_written_it_anew() -> None:
    assert len(HOSTS) >= 400
    for host in HOSTS:
        for url in (f"http://{host}:8080/x", f"https://{host}/", Request(f"http://{host}:8080/x").url):
            assert Gate().refusal(url), url


@pytest.mark.parametrize("url", tricks(8080), ids=ascii)
def test_an_address_that_two_readers_understand_differently_is_refused(url: str) -> None:
    try:
        written = Request(url).url
    except ValueError:
        return
    assert Gate().refusal(written), written


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "192.31.196.1", "2606:4700::1111", "64:ff9b::808:808", "2a00:1450:4001::5efe"]
)
def test_addresses_of_the_public_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


# ------------------------------------------------------------------ exceptions
@pytest.mark.parametrize(
    "entry",
    ["http://intranet/", "*.corp", "0.0.0.0/0", "10.0.0.0/4", "::/0", "10.1.2.3/16", "wiki corp", "wiki:99999", "wiki:0", "", "u@wiki", "wiki:x", "[::1"],
)  # fmt: skip
def test_an_exception_that_would_mean_more_or_less_than_it_says_is_an_error(entry: str) -> None:
    with pytest.raises(SettingError, match="allow"):
        gate(Config(crawl_allow=(entry,)))


def test_a_network_is_an_exception_for_addresses_written_as_such_and_not_for_names_that_lead_there() -> None:
    rules = gate(Config(crawl_allow=("10.1.0.0/16", "fd00:7::/32", "wiki.corp:8080")))
    assert rules.refusal("http://10.1.77.3:8080/feed") is None
    assert rules.refusal("http://[fd00:7::9]/feed") is None
    assert rules.refusal("http://10.2.0.1/") is not None
    assert rules.admits("10.1.77.3", "10.1.77.3", 8080)
    assert not rules.admits("10.1.77.3", "news.example", 80)
    assert rules.admits("10.9.9.9", "wiki.corp", 8080)
    assert not rules.admits("10.9.9.9", "wiki.corp", 8081)


@pytest.mark.parametrize(
    "entry",
    ["intranet", "wiki.corp:8080", "10.1.2.3", "10.1.2.3:81", "[::1]:9000", "[fd00::1]", "fd00::1", "10.0.0.0/8"],
)
def test_hosts_ports_and_networks_can_be_exceptions(entry: str) -> None:
    assert gate(Config(crawl_allow=(entry,)))


# ------------------------------------------------------------------ names
class Twisting:
    """A reactor whose resolver answers otherwise each time."""

    def __init__(self) -> None:
        self.asked = 0
        self.nameResolver = self

    def resolveHostName(self, receiver: Any, host: str, port: int, *_: object) -> None:
        receiver.resolutionBegan(None)
        self.asked += 1
        inside = ["127.0.0.1", "10.0.0.9", "169.254.169.254", "192.168.3.4"][self.asked % 4]
        if self.asked % 3:
            receiver.addressResolved(IPv4Address("TCP", inside, port))
        if self.asked % 5 == 0:
            receiver.addressResolved(IPv6Address("TCP", "::1", port))
        if self.asked % 2:
            receiver.addressResolved(IPv4Address("TCP", "8.8.4.4", port))
        receiver.resolutionComplete()


class Taken:
    """What a connection would be opened to."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def resolutionBegan(self, _: object) -> None: ...

    def addressResolved(self, address: Any) -> None:
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None: ...


@pytest.mark.parametrize(
    "host", ["rebind.example", "127.0.0.1.nip.io", "10-0-0-1.sslip.example", "xn--bcher-kva.example", "a.example."]
)
def test_in_a_thousand_answers_of_a_name_server_no_private_address_is_handed_on(host: str) -> None:
    resolver = GateResolver(Twisting(), Gate())
    taken = Taken()
    for _ in range(1_000):
        resolver.resolveHostName(taken, host, 80)
    assert set(taken.addresses) == {"8.8.4.4"}
    assert resolver.refused[host]


# ------------------------------------------------------------------ credentials
SECRETS = {
    "Authorization": "Basic c2VjcmV0",
    "Cookie": "session=1",
    "X-API-Key": "k",
    "If-None-Match": '"e"',
    "Proxy-Authorization": "p",
}
ELSEWHERE = [
    "http://b.example/x", "https://a.example/x", "http://a.example:81/x", "http://sub.a.example/x", "http://a.example.b.example/x",
    "http://a.example./x", "http://8.8.8.8/x", "http://A.EXAMPLE:8080/x", "https://a.example:80/x", "http://b.example:80/", "https://b.example/", "http://aa.example/x",
]  # fmt: skip


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_header_that_a_source_was_given_travels_to_another_origin(url: str) -> None:
    hop = Request(url, headers=SECRETS, meta={"redirect_urls": ["http://a.example/feed"]})
    GateMiddleware(Gate()).process_request(hop)
    assert not hop.headers


def test_headers_stay_on_the_way_within_one_origin() -> None:
    hop = Request("http://a.example:80/other", headers=SECRETS, meta={"redirect_urls": ["http://a.example/feed"]})
    GateMiddleware(Gate()).process_request(hop)
    assert set(hop.headers.to_unicode_dict()) == {name.title().replace("Api", "Api") for name in SECRETS}


def test_a_redirect_to_plain_http_is_refused_even_at_a_later_hop() -> None:
    hop = Request("http://a.example/x", meta={"redirect_urls": ["http://a.example/", "https://a.example/"]})
    with pytest.raises(Refused, match="https to http"):
        GateMiddleware(Gate()).process_request(hop)


# ------------------------------------------------------------------ real crawls
def hop(to: str, status: str = "302 Found") -> Any:
    return answer(b"", f"Location: {to}", status=status)


def html(body: str, *headers: str) -> Any:
    return answer(body.encode(), "Content-Type: text/html; charset=utf-8", *headers)


def direct(server: Rough, bird: Canary, forms: list[str], every: int = 1) -> dict[str, tuple[str, str]]:
    """Every form as a source, as an item of a feed, and behind one to six redirects of five kinds."""
    home = f"http://127.0.0.1:{server.port}"
    urls = [f"http://{host}:{bird.port}/x" for host in forms]
    hops = []
    for n, url in enumerate(urls[::every]):
        length = n % 6 + 1
        names = [f"/hop{n}-{k}" for k in range(length)]
        for k, name in enumerate(names):
            to = url if k == length - 1 else names[k + 1]
            server.acts[f"127.0.0.1{name}"] = hop(to, STATUSES[n % 5])
        hops.append(home + names[0])
    server.acts["127.0.0.1/refresh"] = html("<p>stays", f"Refresh: 0; url=http://127.0.0.1:{bird.port}/x")
    server.acts["127.0.0.1/meta"] = html(
        f'<meta http-equiv="refresh" content="0;url=http://localhost:{bird.port}/x"><p>stays'
    )
    more = f'<enclosure url="http://127.0.0.1:{bird.port}/a.mp3"/><comments>http://127.0.0.1:{bird.port}/c</comments>'
    others = (
        f'<image><url>http://127.0.0.1:{bird.port}/i.png</url></image><cloud domain="127.0.0.1" port="{bird.port}"/>'
    )
    kept = [f"<item><link>{home}/{x}</link>{more}</item>" for x in ("refresh", "meta")]
    links = "".join(
        f"<item><title>x</title><link>{x}</link></item>"
        for x in [*urls[:200], *tricks(bird.port)]
        if "&" not in x and "<" not in x and "\x00" not in x
    )
    server.acts["127.0.0.1/forms"] = answer(rss(more=others + links).encode())
    server.acts["127.0.0.1/forms2"] = answer(
        rss(more="".join(f"<item><link>{x}</link></item>" for x in urls[200:])).encode()
    )
    server.acts["127.0.0.1/hops"] = answer(rss(*hops, more="".join(kept)).encode())
    feeds = {name: ("feed", f"{home}/{name}") for name in ("forms", "forms2", "hops")}
    return feeds | {f"s{n}": ("feed", url) for n, url in enumerate(urls)}


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Watched, Rough, Canary]]:
    with rough() as server, canaries() as bird, pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "HTTPS_PROXY", "all_proxy"):
            patch.setenv(name, f"http://127.0.0.1:{bird.port}")
        desk = Desk(tmp_path_factory.mktemp("inside"), server, direct(server, bird, SOME, every=3), proxied=False)  # type: ignore[arg-type]
        yield desk, watched(desk), server, bird


def test_no_form_at_any_entry_is_connected_to(inside: Any) -> None:
    desk, crawl, server, bird = inside
    assert (crawl.status, crawl.errors) == (0, "")
    assert bird.accepted == 0
    assert {x.rpartition("/")[2] for x in desk.pages()} == {"refresh", "meta"}
    assert sum("hop" in x for x in server.asked) > 3 * len(SOME[::3]) > 200


def test_each_refusal_is_one_clear_error_of_the_source_or_link_and_says_which_address(inside: Any) -> None:
    desk, _, server, _ = inside
    errors = dict(desk.rows("SELECT source, error FROM polls WHERE source LIKE 's%'"))
    assert len(errors) == len(SOME) >= 200
    assert all(x.startswith("address not allowed: ") for x in errors.values())
    # What is no whole address is one of the feed's own site.
    own = f"http://127.0.0.1:{server.port}/"
    reasons = {url: x for url, x in desk.reasons().items() if not url.startswith(own) or url.startswith(f"{own}hop")}
    assert set(reasons.values()) <= {"address not allowed", "redirect loop"}
    # The sixth hop is not followed, whatever it leads to.
    assert sum(x == "redirect loop" for x in reasons.values()) == sum(n % 6 == 5 for n in range(len(SOME[::3])))


def test_the_stored_address_of_a_link_is_the_one_that_was_published(inside: Any) -> None:
    desk, _, server, _ = inside
    stored = {url for (url,) in desk.rows("SELECT url FROM links WHERE url LIKE '%/hop%'")}
    assert stored == {f"http://127.0.0.1:{server.port}/hop{n}-0" for n in range(len(SOME[::3]))}


def behind_a_proxy(server: Rough, forms: list[str]) -> dict[str, tuple[str, str]]:
    """Entries that need a site each: robots.txt, sitemaps and their indexes, listings, JSON."""
    sources = {}
    for n, host in enumerate(forms):
        site, bad = f"h{n}.example", f"http://{host}/x"
        documents = {
            "feed": ("feed", rss(f"http://{site}/p")), "map": ("sitemap", f"<urlset><url><loc>{bad}</loc></url></urlset>"),
            "index": ("sitemap", f"<sitemapindex><sitemap><loc>{bad}</loc></sitemap></sitemapindex>"),
            "list": ("listing", f'<base href="http://{host}/"><main><a href="{bad}">A title of five words</a><a href="/a-b-c-d">x</a></main>'),
            "json": ("feed", f'{{"version":"https://jsonfeed.org/version/1","items":[{{"url":"{bad}"}}]}}'),
            "atom": ("feed", f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://{host}/"><entry><title>t</title><link href="{bad}"/></entry></feed>'),
        }  # fmt: skip
        way, body = documents[list(documents)[n % 6]]
        server.acts[f"{site}/robots.txt"] = hop(bad, STATUSES[n % 5]) if n % 2 else says(b"")
        server.acts[f"{site}/start"] = answer(
            body.encode(), "Content-Type: text/html" if way == "listing" else "Content-Type: text/xml"
        )
        sources[f"h{n}"] = (way, f"http://{site}/start")
    return sources


def test_behind_a_proxy_robots_sitemaps_listings_and_json_lead_inside_no_more_than_feeds(tmp_path: Path) -> None:
    with rough() as server:
        desk = Desk(tmp_path, server, behind_a_proxy(server, HOSTS[:: len(HOSTS) // 60]))  # type: ignore[arg-type]
        crawl = watched(desk)
    assert (crawl.status, crawl.errors) == (0, "")
    assert {x.partition("/")[0].partition(".")[2] for x in server.asked} == {"example"}
    assert any(x.endswith("/robots.txt") for x in server.asked)
