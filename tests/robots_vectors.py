"""Cases of robots.txt: what a host answers for it, and which paths may then be fetched (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass, field

from loopback import Answer, moved


@dataclass(frozen=True)
class Case:
    """One host: its answer for /robots.txt, paths that may be fetched and paths that may not."""

    name: str
    robots: Answer
    allowed: tuple[str, ...] = ()
    disallowed: tuple[str, ...] = ()
    more: dict[str, Answer] = field(default_factory=dict)


def said(text: str | bytes, **headers: str) -> Answer:
    body = text if isinstance(text, bytes) else text.encode()
    return Answer(body, headers={"Content-Type": "text/plain", **headers})


def star(*rules: str, end: str = "\n") -> Answer:
    return said(end.join(("User-agent: *", *rules, "")))


BIG = "User-agent: *\nDisallow: /early\n" + "# filler filler filler\n" * 50_000 + "Disallow: /late\n"
MINE = "User-agent: tideline\nDisallow: /mine\n"
ALL = "User-agent: *\nDisallow: /\n"

STATUS = [
    Case("200", star("Disallow: /x"), ("/y",), ("/x",)),
    Case("204 without a body", Answer(b"", 204), ("/x",)),
    *(Case(f"{n} means no rules", Answer(ALL.encode(), n), ("/x",)) for n in (400, 401, 403, 404, 410, 418, 451)),
    *(Case(f"{n} closes the door", Answer(b"", n), (), ("/x",)) for n in (500, 502, 503, 504, 599)),
    Case("429 closes the door", Answer(b"", 429), (), ("/x",)),
    Case("a timeout closes the door", Answer(b"#", slow=9), (), ("/x",)),
    Case("cut off in the middle", Answer(b"User-agent", headers={"Content-Length": "4000", "Connection": "close"}), (), ("/x",)),
    Case("a redirect without a place", Answer(b"", 302), ("/x",)),
    Case("301 to a path of its own", moved("/r", 301), ("/y",), ("/x",), {"/r": star("Disallow: /x")}),
    Case("five hops", moved("/1"), ("/y",), ("/x",),
         {f"/{n}": moved(f"/{n + 1}") for n in range(1, 5)} | {"/5": star("Disallow: /x")}),
    Case("six hops", moved("/1"), ("/x",), (),
         {f"/{n}": moved(f"/{n + 1}") for n in range(1, 6)} | {"/6": star("Disallow: /x")}),
    Case("a loop", moved("/robots.txt"), ("/x",)),
    Case("307 to another host", moved("http://elsewhere.example/r", 307), ("/y",), ("/x",),
         {"http://elsewhere.example/r": star("Disallow: /x")}),
    Case("308 to another host's 404", moved("http://elsewhere.example/none", 308), ("/x",)),
    Case("to another host's 503", moved("http://elsewhere.example/busy"), (), ("/x",),
         {"http://elsewhere.example/busy": Answer(b"", 503)}),
    Case("to a private address", moved("http://10.0.0.7/robots.txt"), (), ("/x",)),
]  # fmt: skip

FORM = [
    Case("the first 512 KiB of a megabyte", said(BIG), ("/late",), ("/early",)),
    Case("byte order mark", said(b"\xef\xbb\xbf" + ALL.encode()), (), ("/x",)),
    Case("UTF-16", said(("\ufeff" + ALL).encode("utf-16-le")), (), ("/x",)),
    Case("CRLF", star("Disallow: /x", "Allow: /x/y", end="\r\n"), ("/y", "/x/y"), ("/x",)),
    Case("CR", star("Disallow: /x", "Allow: /x/y", end="\r"), ("/y", "/x/y"), ("/x",)),
    Case("no end of line at the end", said("User-agent: *\nDisallow: /x"), ("/y",), ("/x",)),
    Case("comments and blank lines", said("#\nUser-agent: * # all\n\n\nDisallow: /x # why\n"), ("/y",), ("/x",)),
    Case("any case and spaces", said("USER-AGENT :  *\n  dIsAlLoW  :/x\n"), ("/y",), ("/x",)),
    Case("empty", said(""), ("/x",)),
    Case("random bytes", said(bytes(range(256)) * 20), ("/x",)),
    Case("a web page", said("<!DOCTYPE html><pre>\nUser-agent: *\nDisallow: /\n</pre>"), ("/x",)),
    Case("bytes of no encoding", said(b"User-agent: *\nDisallow: /caf\xe9\nDisallow: /x\n"), ("/y",), ("/x",)),
    Case("a line separator of Unicode is no end of line", star("Disallow: /a\u2028Disallow: /x"), ("/x",), ()),
    Case("unknown records", star("Disallow: /x", "Noindex: /y", "Host: h", "Clean-param: a /z"), ("/y", "/z"), ("/x",)),
    Case("sitemaps between agents", said("User-agent: tideline\nSitemap: http://a/s\nUser-agent: b\nDisallow: /x\n"),
         ("/y",), ("/x",)),
    Case("unknown records between agents",
         said("User-agent: tideline\nContent-Signal: search=yes\nUser-agent: b\nDisallow: /x\n"), ("/y",), ("/x",)),
]  # fmt: skip

AGENTS = [
    Case("our group before everyone's", said(ALL + MINE), ("/x",), ("/mine",)),
    Case("in any case", said(ALL + MINE.replace("tideline", "TiDeLiNe")), ("/x",), ("/mine",)),
    Case("with a version", said(ALL + MINE.replace("tideline", "Tideline/9.9")), ("/x",), ("/mine",)),
    Case("a token that ours begins with", said("User-agent: tide\nDisallow: /\n"), ("/x",)),
    Case("a token that begins with ours", said("User-agent: tideline-news\nDisallow: /\n"), ("/x",)),
    Case("somebody else only", said("User-agent: otherbot\nDisallow: /\n"), ("/x",)),
    Case("groups of one agent are merged", said(MINE + "\n" + ALL + "\n" + MINE.replace("/mine", "/too")), ("/x",), ("/mine", "/too")),
    Case("one group of many agents", said("User-agent: a\nUser-agent: tideline\nUser-agent: b\nDisallow: /x\n"), ("/y",), ("/x",)),
    Case("ours is empty", said("User-agent: tideline\nDisallow:\n\n" + ALL), ("/x",)),
    Case("rules before any agent", said("Disallow: /x\nUser-agent: *\nDisallow: /y\n"), ("/x",), ("/y",)),
    Case("everyone's groups are merged", said("User-agent: *\nDisallow: /x\n\nUser-agent: *\nDisallow: /y\n"), ("/z",), ("/x", "/y")),
]  # fmt: skip

PATHS = [
    Case("longest match", star("Allow: /p", "Disallow: /"), ("/p1",), ("/q",)),
    Case("longest match whatever the order", star("Disallow: /a/b/", "Allow: /a/", "Disallow: /a"), ("/a/c",), ("/a/b/c", "/ab")),
    Case("allow wins a tie", star("Disallow: /page", "Allow: /page"), ("/page",)),
    Case("nothing disallowed", star("Disallow:"), ("/x",)),
    Case("case counts in paths", star("Disallow: /X"), ("/x",), ("/X",)),
    Case("a star in the middle", star("Disallow: /a*/z"), ("/a/y",), ("/abc/z", "/a/b/z1")),
    Case("a star at the end changes nothing", star("Disallow: /a*"), ("/b",), ("/a", "/ab")),
    Case("a dollar ends", star("Disallow: /*.pdf$"), ("/x.pdf.html", "/x.pdf?p=1"), ("/x.pdf",)),
    Case("a star alone", star("Disallow: *"), (), ("/x",)),
    Case("a dollar after the root", star("Disallow: /", "Allow: /$"), ("/",), ("/x",)),
    Case("queries belong to the path", star("Disallow: /*?print="), ("/x", "/x?a=1"), ("/x?print=1",)),
    Case("a path without its slash", star("Disallow: x"), ("/x",)),
    Case("escapes of plain characters", star("Disallow: /foo/%62%61%7A"), ("/foo/ba",), ("/foo/baz",)),
    Case("plain characters and escapes", star("Disallow: /foo/baz"), ("/foo/ba",), ("/foo/%62%61%7A",)),
    Case("small letters in escapes", star("Disallow: /caf%c3%a9"), ("/cafe",), ("/caf%C3%A9",)),
    Case("UTF-8 paths", star("Disallow: /ツ", "Disallow: /über"), ("/uber",), ("/%E3%83%84", "/%C3%BCber/x")),
    Case("an escaped slash is no slash", star("Disallow: /a%2Fb"), ("/a/b",), ("/a%2Fb",)),
    Case("an escaped star is a star", star("Disallow: /a%2Ab"), ("/axb",), ("/a*b",)),
    Case("index.html is a page of its own", star("Disallow: /d/", "Allow: /d/index.html"), ("/d/index.html",), ("/d/",)),
    Case("a number sign begins a comment", star("Disallow: /x#y"), ("/y",), ("/x",)),
    Case("robots.txt itself", star("Disallow: /"), ("/robots.txt",), ("/x",)),
]  # fmt: skip

CASES = STATUS + FORM + AGENTS + PATHS
