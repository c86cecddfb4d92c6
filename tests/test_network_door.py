"""Nothing but the gate opens a socket: read off the source, and seen from inside a crawl as it happens."""

from __future__ import annotations

import ast
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import clean_environment
from crawling import ROOT, Desk
from loopback import Answer, moved, page, rss, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = sorted([*Path(ROOT, "src", "pipeline").rglob("*.py"), *Path(ROOT, "crawlers").rglob("*.py")])
# Modules that can open a connection, and functions that do where an address is what they are given.
OPENERS = {
    "socket", "socketserver", "ssl", "http", "ftplib", "smtplib", "imaplib", "poplib", "telnetlib", "nntplib", "xmlrpc",
    "requests", "httpx", "aiohttp", "urllib3", "websockets", "pycurl", "paramiko", "playwright", "scrapy_playwright", "selenium",
    "treq", "psycopg", "psycopg2", "asyncpg", "ray", "multiprocessing", "twisted", "scrapy", "trafilatura", "feedparser",
    "sentence_transformers", "huggingface_hub", "transformers", "fsspec", "smart_open", "dns", "courlan",
}  # fmt: skip
SUBMODULES = {"urllib.request", "lxml.html.clean"}
CALLS = {
    "urlopen", "urlretrieve", "fetch_url", "fetch_response", "load_html", "create_connection", "getaddrinfo", "gethostbyname",
    "connectTCP", "connectSSL", "connectUDP", "open_connection", "start_server", "snapshot_download", "hf_hub_download", "sitemap_search",
    "find_feed_urls", "create_server", "system", "popen",
}  # fmt: skip
# Who may, and what for. A new line here needs a reason that holds when an attacker chooses the address.
ALLOWED = {
    "crawlers/__main__.py": {"scrapy", "twisted"},  # runs the reactor
    "crawlers/browser.py": {"scrapy", "playwright"},  # a browser without a network; what it asks for, Scrapy fetches
    "crawlers/crawl.py": {"scrapy"},  # asks Scrapy, and so the gate
    "crawlers/gate.py": {"scrapy", "twisted"},  # the gate
    "crawlers/hosts.py": {"socket"},  # inet_aton, which opens nothing
    "crawlers/judge.py": {"feedparser"},
    "crawlers/manners.py": {"scrapy"},
    "crawlers/pacing.py": {"scrapy"},
    "crawlers/probe.py": {"scrapy"},  # asks Scrapy under the settings of a crawl
    "crawlers/robots.py": {"scrapy"},
    "crawlers/unpack.py": {"scrapy"},
    "crawlers/wire.py": {"scrapy", "twisted"},  # behind the gate's resolver
    "crawlers/spiders/lenient.py": {"feedparser"},  # is given bytes, see below
    "src/pipeline/engine.py": {"socket", "multiprocessing", "ray"},  # the name of this machine; own processes
    "src/pipeline/outputs/email.py": {"smtplib", "socket", "ssl"},  # the mail server of the settings
    "src/pipeline/warc.py": {"http"},  # the names of statuses
    "src/pipeline/store/questions.py": {"psycopg"},  # the database of the settings
    "src/pipeline/nlp.py": {"sentence_transformers", "transformers"},  # local models, offline
    "src/pipeline/extract/body.py": {"trafilatura"},  # parses what it is given
}


def opened(path: Path) -> set[str]:
    """What a module imports or calls that can reach the network."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [x.name for x in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{x.name}" for x in node.names)]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found |= {called} & CALLS
        found |= {x for x in names if x in SUBMODULES} | {x.partition(".")[0] for x in names} & OPENERS
    return found


def typing_only(path: Path) -> set[str]:
    """What a module names for annotations alone."""
    found, real = set(), ast.parse(path.read_text())
    for node in ast.walk(real):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            found |= {x.module.partition(".")[0] for x in ast.walk(node) if isinstance(x, ast.ImportFrom) and x.module}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_modules_named_here_can_reach_the_network(path: Path) -> None:
    place = str(path.relative_to(ROOT))
    assert opened(path) - ALLOWED.get(place, set()) - typing_only(path) == set(), f"{place} opens a second door"


def test_the_table_names_no_module_that_is_gone_or_may_more_than_it_does() -> None:
    later = {"src/pipeline/outputs/webhook.py", "src/pipeline/outputs/delivery.py"}
    assert {x for x in ALLOWED if not Path(ROOT, x).exists()} <= later


def test_libraries_that_would_fetch_an_address_are_given_bytes() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "feedparser.parse",
                "etree.parse",
                "lxml_html.parse",
                "html.parse",
            ):
                assert ast.unparse(node.args[0]).startswith(("io.BytesIO", "BytesIO", "io.StringIO")), (
                    f"{path}:{node.lineno}"
                )


# ------------------------------------------------------------------ at run time
WITNESS = """
import json, os, sys
LOG = open(os.environ["WITNESS"], "a", buffering=1)
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind", "socket.sendmsg"):
        frame, stack = sys._getframe(1), []
        while frame:
            stack.append(frame.f_code.co_filename + ":" + frame.f_code.co_name)
            frame = frame.f_back
        LOG.write(json.dumps([event, repr(arguments[1:] if event != "socket.getaddrinfo" else arguments), stack]) + chr(10))
    elif event in ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "urllib.Request", "ftplib.connect", "smtplib.connect", "http.client.connect"):
        LOG.write(json.dumps([event, repr(arguments)[:200], []]) + chr(10))
sys.addaudithook(hook)
"""


def witnessed(desk: Desk, folder: Path) -> list[tuple[str, str, list[str]]]:
    """Crawl with an audit hook that was there before anything was imported; return what touched the network."""
    (folder / "sitecustomize.py").write_text(WITNESS)
    log = folder / "witness.jsonl"
    paths = os.pathsep.join([str(folder), f"{ROOT}/src", ROOT])
    environment = clean_environment() | {"PYTHONPATH": paths, "WITNESS": str(log)}
    environment |= dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"), "http://127.0.0.1:9"
    )
    command = [sys.executable, "-m", "crawlers", "--config", str(desk.config)]
    done = subprocess.run(command, cwd=desk.folder, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return [tuple(json.loads(line)) for line in log.read_text().splitlines()]


def test_every_connection_of_a_crawl_goes_where_the_gate_was_asked_to_go(tmp_path: Path) -> None:
    with serving() as web:
        home = f"http://127.0.0.1:{web.port}"
        more = (
            f'<image><url>{home}/i.png</url></image><link rel="hub" href="{home}/hub"/><icon>{home}/favicon.ico</icon>'
        )
        item = f'<item><link>{home}/p</link><enclosure url="{home}/e.mp3" type="audio/mpeg"/><comments>{home}/c</comments></item>'
        web.routes |= {
            "127.0.0.1/feed": page(rss(f"{home}/hop", more=more + item), "application/rss+xml"),
            "127.0.0.1/hop": moved("/p2"), "127.0.0.1/p2": page(f'<link rel="canonical" href="{home}/k"><img src="/i"><p>x'),
            "127.0.0.1/p": Answer(b'<iframe src="/f"></iframe><script src="/s"></script><link rel="icon" href="/favicon.ico">', headers={"Content-Type": "text/html"}),
            "127.0.0.1/map": page(f"<urlset><url><loc>{home}/p3</loc></url></urlset>", "text/xml"), "127.0.0.1/p3": page("<p>3"),
            "127.0.0.1/list": page('<main><h2><a href="/why-it-is-so">Why it is so, and why nobody minds</a></h2><p>All of it.</main>'), "127.0.0.1/why-it-is-so": page("<p>4"),
        }  # fmt: skip
        sources = {name: (name if name != "map" else "sitemap", f"{home}/{name}") for name in ("feed", "map")}
        sources["list"] = ("listing", f"{home}/list")
        desk = Desk(tmp_path / "desk", web, sources, proxied=False)
        seen = witnessed(desk, tmp_path)
        assert len(desk.pages()) == 4
    connects = [(what, stack) for event, what, stack in seen if event == "socket.connect"]
    assert connects
    for what, stack in connects:
        # 127.0.0.1:port is the one exception in the settings; the stack is Twisted's, started by Scrapy's handler.
        assert f"('127.0.0.1', {web.port})" in what, what
        assert any("twisted/internet/tcp.py" in x for x in stack), stack
    lookups = [stack for event, _, stack in seen if event in ("socket.getaddrinfo", "socket.gethostbyname")]
    # In threads of the reactor's own pool, for the resolver behind the gate.
    assert all(any("twisted/internet/_resolver.py" in x or "twisted/_threads" in x for x in stack) for stack in lookups)
    # The reactor wakes itself through a pair of sockets. Nothing else is sent, bound or started, but for what two
    # libraries do while they are imported: look whether there is IPv6, and what processor this is.
    others = [x for x in seen if x[0] not in ("socket.connect", "socket.getaddrinfo")]
    assert [x for x in others if "_has_ipv6" not in "".join(x[2][:1]) and "'uname'" not in x[1]] == []
    # What a page or feed only mentions (images, hubs, icons, frames, enclosures) is not fetched.
    assert {s.path for s in web.seen} <= {
        "/robots.txt",
        "/feed",
        "/map",
        "/list",
        "/hop",
        "/p",
        "/p2",
        "/p3",
        "/why-it-is-so",
        "/.well-known/tdmrep.json",
    }


# ------------------------------------------------------------------ certificates
@pytest.fixture
def unknown_authority(tmp_path: Path) -> Iterator[int]:
    """A server with a certificate that it has signed itself; yields its port."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(rss("https://127.0.0.1/never").encode())

    class Quiet(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None: ...

    server = Quiet(("127.0.0.1", 0), Silent)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_that_nobody_vouches_for_is_refused_and_named(tmp_path: Path, unknown_authority: int) -> None:
    with serving() as web:
        web.routes["127.0.0.1/plain"] = page("<p>no tls")
        sources = {
            "self": ("feed", f"https://127.0.0.1:{unknown_authority}/feed"),
            "name": ("feed", f"https://localhost:{unknown_authority}/feed"),
            "plain": ("feed", f"https://127.0.0.1:{web.port}/plain"),
        }
        desk = Desk(tmp_path / "desk", web, sources, proxied=False)
        text = desk.config.read_text()
        desk.config.write_text(text.replace("allow = [", f'allow = ["localhost", "127.0.0.1:{unknown_authority}", '))
        desk.crawl()
        errors = dict(desk.rows("SELECT source, error FROM polls"))
        assert "certificate not valid" in errors["self"]
        assert "certificate not valid" in errors["name"]
        assert "no secure connection" in errors["plain"]
        assert desk.pages() == set()
