"""Documents that attack whoever parses them: blow-ups, depths, widths, false charsets, slow patterns.

Each is a way, a body and its Content-Type. What is named ``kept…`` in them must still be found.
"""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import dataclass

MIB = 1024 * 1024
XML = "application/xml"
HTML = "text/html"
JSON = "application/feed+json"
ROOM = 15 * MIB


@dataclass(frozen=True)
class Bad:
    """One hostile document. ``least``: how many links must be read off it all the same."""

    way: str
    body: bytes
    kind: str = XML
    least: int = 0


def item(number: int | str, more: str = "", link: str = "http://kept.example/p") -> str:
    return f"<item><title>Number {number}</title><link>{link}{number}</link>{more}</item>"


def channel(inside: str, prolog: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f'{prolog}<rss version="2.0"><channel><title>t</title>{inside}</channel></rss>'.encode()


def wide() -> dict[str, Bad]:
    """Too many, too long, too deep, too far."""
    words = "<p>The <b>quarterly</b> figures, <a href='/x'>said</a> Dr Okoye &amp; others, were <i>fine</i>.</p>"
    deep = 200_000
    items = "".join(item(n) for n in range(200_000))
    entries = "".join(
        f'<entry><title>e{n}</title><link href="http://kept.example/e{n}"/></entry>' for n in range(150_000)
    )
    urls = "".join(f"<url><loc>http://map.example/p{n}</loc></url>" for n in range(200_000))
    anchors = "".join(f'<a href="/news/a-long-enough-name-{n}">Some title {n}</a>' for n in range(200_000))
    dates = "".join(
        item(n, f"<pubDate>{date}</pubDate>")
        for n, date in enumerate(
            ["Mon, 01 Jan 0000 00:00:00 GMT", "Mon, 01 Jan 99999 00:00:00 GMT", "99999-01-01", "0000-00-00", "-1", "9" * 400,
             "Mon, 32 Foo 2026 25:61:61 +9999", "2026-13-45T99:99:99Z", "1e309", "\U0001d7d0\U0001d7ce26-01-01"])
    )  # fmt: skip
    return {
        "items": Bad("feed", channel(items)[:ROOM], least=500),
        "atom": Bad("feed", f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{entries}</feed>'.encode()[:ROOM], least=500),
        "title": Bad("feed", channel(item(1) + f"<item><title>{'x' * 10 * MIB}</title><link>http://kept.example/long</link></item>" + item(2)), least=2),
        "titlehtml": Bad("feed", channel(item(1) + f"<item><title><![CDATA[{words * 100_000}]]></title></item>" + item(2)), least=2),
        "bodies": Bad("feed", channel("".join(item(n, f"<description><![CDATA[{words * 250}]]></description>") for n in range(600)))[:ROOM], least=100),
        "channeltitle": Bad("feed", channel(f"<description>{'y' * 12 * MIB}</description>" + item(1)), least=1),
        "attribute": Bad("feed", channel(f'<x a="{"z" * 12 * MIB}"/>' + item(1)), least=1),
        "attributes": Bad("feed", channel("<x " + " ".join(f'a{n}="b"' for n in range(600_000)) + "/>" + item(1)), least=0),
        "namespaces": Bad("feed", channel("<x " + " ".join(f'xmlns:n{n}="u:{n}"' for n in range(200_000)) + "/>" + item(1)), least=0),
        "deep": Bad("feed", channel(item(1) + "<x>" * deep + "</x>" * deep), least=1),
        "deepopen": Bad("feed", channel("<item>" * deep)),
        "deepdiv": Bad("feed", channel(item(1, f"<description><![CDATA[{'<div>' * deep}]]></description>")), least=1),
        "comments": Bad("feed", channel("<!--" * 2_000_000 + item(1))),
        "cdata": Bad("feed", channel("<![CDATA[" * 1_000_000)),
        "unclosed": Bad("feed", channel("<item><title>x" * 300_000)),
        "url": Bad("feed", channel(item(1) + item("u", link="http://kept.example/" + "u" * MIB) + item(2)), least=2),
        "dates": Bad("feed", channel(dates), least=10),
        "jsonitems": Bad("feed", json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [{"url": f"http://kept.example/j{n}"} for n in range(200_000)]}).encode(), JSON, 500),
        "jsondeep": Bad("feed", b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * deep + b"]" * deep + b"}", JSON),
        "jsonopen": Bad("feed", b'{"a":' * deep, JSON),
        "jsonnumber": Bad("feed", b'{"version":"https://jsonfeed.org/version/1","items":[{"id":' + b"9" * 5 * MIB + b"}]}", JSON),
        "map": Bad("sitemap", f"<urlset>{urls}</urlset>".encode()[:ROOM], least=5_000),
        "mapgz": Bad("sitemap", gzip.compress(f"<urlset>{urls * 5}</urlset>".encode()), "application/gzip", least=5_000),
        "mapzeros": Bad("sitemap", gzip.compress(bytes(60 * MIB)), "application/gzip"),
        "mapdeep": Bad("sitemap", b"<urlset>" + b"<url>" * deep),
        "maptext": Bad("sitemap", b"<urlset><url><loc>http://map.example/" + b"m" * 12 * MIB + b"</loc></url><url><loc>http://map.example/p</loc></url></urlset>"),
        "mapindex": Bad("sitemap", ("<sitemapindex>" + "<sitemap><loc>http://10.0.0.1/x</loc></sitemap>" * 100_000 + "</sitemapindex>").encode()),
        "anchors": Bad("listing", f"<main>{anchors}</main>".encode()[:ROOM], HTML, 500),
        "deephtml": Bad("listing", b"<div>" * deep + b'<a href="/news/a-name-of-words">x</a>', HTML),
        "deepsections": Bad("listing", b"<section>" * 2_000 + b'<a href="/news/a-name-of-words">x</a>' * 20_000, HTML),
        "deeplinks": Bad("listing", b'<main>' + b'<h2><a href="/news/a-name-of-words">x' * 50_000, HTML),
        "ldjson": Bad("listing", b'<script type="application/ld+json">' + b"[" * deep + b"</script>" + b'<main><a href="/news/a-name-of-words">x</a></main>', HTML, 1),
        "ldwide": Bad("listing", b'<script type="application/ld+json">[' + b'{"@type":"NewsArticle","url":"/news/x"},' * 150_000 + b'{}]</script><main><a href="/news/a-name-of-words">x</a></main>', HTML, 1),
        "entitieshtml": Bad("listing", b"<main>" + b"&amp;&lt;&#1234567890;" * 500_000 + b'<a href="/news/a-name-of-words">x</a></main>', HTML, 1),
    }  # fmt: skip


def slow() -> dict[str, Bad]:
    """Inputs at which careless patterns and loops take quadratic time."""
    size = 400_000
    feeds = {
        "lt": "<" * size, "tags": "<a" * size, "opencomment": "&lt;!--" * size, "openscript": "&lt;script&gt;" * size,
        "spaces": " " * size * 4, "amps": "&" * size, "entities": "&#x41;" * size, "newlines": "\n" * size * 4, "quotes": "'\"" * size,
        "brackets": "]]" * size, "colons": ":" * size, "dots": "." * size,
    }  # fmt: skip
    found = {f"title{n}": Bad("feed", channel(f"<item><title><![CDATA[{t}]]></title><link>http://kept.example/1</link></item>"), least=1) for n, t in feeds.items()}  # fmt: skip
    found |= {f"summary{n}": Bad("feed", channel(item(1, f"<description><![CDATA[{t}]]></description>")), least=1) for n, t in feeds.items()}  # fmt: skip
    found |= {f"raw{n}": Bad("feed", channel(item(1, f"<description>{t}</description>"))) for n, t in feeds.items()}
    found |= {f"date{n}": Bad("feed", channel(item(1, f"<pubDate>{t[:200_000].replace('<', '').replace('&', '')}</pubDate>")), least=1) for n, t in feeds.items()}  # fmt: skip
    found |= {f"link{n}": Bad("feed", channel(item(1) + f"<item><title>t</title><link><![CDATA[http://kept.example/{t}]]></link></item>"), least=1) for n, t in feeds.items()}  # fmt: skip
    found |= {f"list{n}": Bad("listing", f'<main><a href="/news/a-name-of-words">x</a><a href="/{t}">{t}</a>'.encode(), HTML, 1) for n, t in feeds.items()}  # fmt: skip
    found |= {f"map{n}": Bad("sitemap", f"<urlset><url><loc>http://map.example/p</loc></url><url><loc>{t}</loc><lastmod>{t}</lastmod></url></urlset>".encode()) for n, t in feeds.items()}  # fmt: skip
    found["doctype"] = Bad("feed", b"<!DOCTYPE rss [" + b"<!x " * size + b"]>" + channel(item(1), ""))
    found["digits"] = Bad(
        "feed", channel(item(1, f"<pubDate>{'1-' * 100_000}</pubDate><guid>{'0' * 300_000}</guid>")), least=1
    )
    return found


def entities(port: int, marker: str) -> dict[str, Bad]:
    """Entity bombs and external entities, in the encodings that a parser may know."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    doctypes = {
        "laughs": f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]>',
        "quadratic": f'<!DOCTYPE rss [<!ENTITY l11 "{"q" * 200_000}">]>',
        "file": f'<!DOCTYPE rss [<!ENTITY l11 SYSTEM "file://{marker}">]>',
        "http": f'<!DOCTYPE rss [<!ENTITY l11 SYSTEM "http://127.0.0.1:{port}/x">]>',
        "dtd": f'<!DOCTYPE rss SYSTEM "http://127.0.0.1:{port}/x.dtd">',
        "dtdfile": f'<!DOCTYPE rss PUBLIC "-//N//DTD 0.91//EN" "file://{marker}">',
        "parameter": f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:{port}/p"> %p;]>',
        "schema": "",
        "xinclude": "",
    }
    inside = {
        "schema": f'<x xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="u http://127.0.0.1:{port}/s"/>',
        "xinclude": f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{marker}" parse="text"/>',
    }
    found = {}
    for name, doctype in doctypes.items():
        for encoding in ("utf-8", "utf-16", "utf-16-be", "utf-32", "utf-7", "cp037"):
            prolog = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}'
            if name in ("dtd", "dtdfile", "laughs"):
                prolog = prolog.replace(
                    "?>", f'?><?xml-stylesheet href="http://127.0.0.1:{port}/s.xsl" type="text/xsl"?>', 1
                )
            body = channel(item("&l11;" * (50 if name == "quadratic" else 1), inside.get(name, "")), prolog).decode()
            found[f"{name}{encoding.replace('-', '')}feed"] = Bad("feed", body.encode(encoding))
            site = f"{prolog}<urlset>{inside.get(name, '')}<url><loc>http://map.example/&l11;</loc></url></urlset>"
            found[f"{name}{encoding.replace('-', '')}map"] = Bad("sitemap", site.encode(encoding))
    return found


def charsets(seed: int = 14, count: int = 200) -> dict[str, Bad]:
    """Text in wrong, mixed and broken encodings, through every way."""
    chance = random.Random(seed)
    texts = ["Zürich sagt „nein“", "東京で新しい規則", "Ἀθῆναι", "عنوان \u202eمقلوب\u202c", "Ра\u0301нний выпуск", "e\u0301te\u0301", "🧵 thread", "ﬁn\u00a0\ufeff"]  # fmt: skip
    spoil = [b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\x80", b"\xf4\x90\x80\x80", b"\x1b[31m", b"\x0b", b"&#xD800;", b"&#0;", b"\xef\xbf\xbe", b"\\ud800"]  # fmt: skip
    claimed = [
        "utf-8",
        "iso-8859-1",
        "windows-1252",
        "utf-16",
        "shift_jis",
        "gb18030",
        "koi8-r",
        "x-unknown",
        "utf-7",
        "\x00",
        "idna",
    ]
    found = {}
    for n in range(count):
        text = chance.choice(texts).encode(
            chance.choice(["utf-8", "utf-16-le", "gb18030", "utf-8", "utf-7"]), "replace"
        )
        bad = b"".join(chance.sample(spoil, chance.randint(1, 3)))
        whole = text[: len(text) // 2] + bad + text[len(text) // 2 :]
        label, form = chance.choice(claimed), n % 4
        url = chance.choice([b"http://map.example/" + bad + b"p%d" % n, b"http://map.example/p%d" % n])
        kind = f"{(XML, JSON, XML, HTML)[form]}; charset={label}".replace("\x00", "")
        if form == 0:
            body = b'<?xml version="1.0" encoding="' + label.encode() + b'"?><rss version="2.0"><channel><title>' + whole + b"</title><item><title>" + whole + b"</title><author>" + whole + b"</author><link>" + url + b"</link></item></channel></rss>"  # fmt: skip
        elif form == 1:
            body = b'{"version":"https://jsonfeed.org/version/1.1","items":[{"url":"' + url + b'\\ud83d","title":"' + whole + b'\\udc00","authors":[{"name":"\\ud800"}],"language":"\\ud800"}]}'  # fmt: skip
        elif form == 2:
            body = b"<urlset><url><loc>" + url + b"</loc><news:title>" + whole + b"</news:title></url></urlset>"
        else:
            body = (
                b'<meta charset="'
                + label.encode()
                + b'"><main><h2><a href="'
                + url
                + b'-a-b-c">'
                + whole
                + b"</a></h2></main>"
            )
        found[f"charset{n}"] = Bad(("feed", "feed", "sitemap", "listing")[form], body, kind)
    return found
