"""Invented feeds in every dialect, true to life and in several languages; read by the tests of feeds."""

from __future__ import annotations

from datetime import UTC, datetime

from crawlers.look import Look, Sight
from crawlers.spiders import WAYS
from pipeline.model import Source

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SPACES = """xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"
xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" """
SENTENCES = (
    "Tokens cost a tenth of what they cost last spring, and buyers have noticed.",
    "La guerra de precios llegó a los centros de datos de Querétaro.",
    "Wer heute ein Modell mietet, wechselt morgen ohne Reue.",
    "Les poids ouverts ont rattrapé leur retard en neuf mois.",
    "Post-training, says the lab's own engineer, is where the money hides.",
)
LONG = "".join(f"<p>{SENTENCES[n % 5]} <em>({n})</em></p>" for n in range(20))


def rss(*items: str, channel: str = "") -> str:
    """An RSS 2.0 feed of the given items."""
    told = f"<title>Tide &amp; Times</title><link>https://news.example/</link>{channel}{''.join(items)}"
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {SPACES}><channel>{told}</channel></rss>'


def item(path: str = "1", more: str = "", title: str = "One") -> str:
    """An RSS item with a link of its own."""
    return f"<item><title>{title}</title><link>https://news.example/{path}</link>{more}</item>"


def atom(entries: str, about: str = "") -> str:
    """An Atom feed of the given entries."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {SPACES} xml:lang="en"><title>T</title>{about}{entries}</feed>'


def look(body: str | bytes, way: str = "feed", address: str = "https://news.example/feed.xml", **more: object) -> Look:
    """What a way reads off a body."""
    source = Source("news", "News", way, address, "en", "US", "trade press")  # type: ignore[arg-type]
    return WAYS[way](Sight(source, address, body if isinstance(body, bytes) else body.encode(), NOW, **more))  # type: ignore[arg-type]


WORDPRESS = rss(
    item(
        "2026/03/guerra-de-precios/",
        f"""<dc:creator><![CDATA[Ana Díaz]]></dc:creator><pubDate>Mon, 02 Mar 2026 08:15:00 +0000</pubDate>
<category><![CDATA[IA]]></category><guid isPermaLink="false">https://news.example/?p=81</guid>
<description><![CDATA[<p>Los modelos ya son mercancía. [&#8230;]</p>
<p>La entrada <a href="x">Guerra</a> se publicó primero en <a href="y">Marea</a>.</p>]]></description>
<content:encoded><![CDATA[{LONG}<p>La entrada <a href="x">Guerra de precios</a> se publicó primero en <a href="y">Marea</a>.</p>]]></content:encoded>""",
        title="Guerra de precios: &#8220;el foso&#8221; se seca",
    ),
    channel="<language>es-MX</language><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
)
PODCAST = rss(
    item(
        "e/12",
        """<itunes:author>Kofi Mensah</itunes:author><pubDate>Sun, 1 Mar 2026 06:00:00 EST</pubDate>
<enclosure url="https://cdn.example/12.mp3" length="1" type="audio/mpeg"/><description>Show notes.</description>
<podcast:transcript url="/t/12.vtt" type="text/vtt" language="en"/>""",
        title="Episode 12: Moats",
    ),
)
BLOG = atom(
    f"""<entry xml:base="https://blog.example/posts/" xml:lang="de"><title type="html">Offene &amp;amp; billige Modelle</title>
<link rel="self" href="https://blog.example/api/7"/><link rel="replies" href="7/comments"/>
<link rel="enclosure" type="audio/mpeg" href="7.mp3"/><link rel="alternate" type="application/pdf" href="7.pdf"/>
<link rel="alternate" type="text/html" href="7.html"/><id>tag:blog.example,2026:7</id>
<author><name>Jörg Weiß</name><email>j@blog.example</email></author><published>2026-03-01T10:00:00+01:00</published>
<updated>2026-03-02T09:00:00Z</updated><summary>Kurz.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{LONG}</div></content></entry>"""
)
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://fr.example/"><title>T</title><dc:language>fr</dc:language>
</channel><item rdf:about="https://fr.example/1"><title>Les prix s’effondrent</title><link>https://fr.example/1</link>
<description>Un résumé.</description><dc:creator>Inès Faure</dc:creator><dc:date>2026-03-01T10:00:00+01:00</dc:date></item></rdf:RDF>"""
ARXIV = atom(
    """<entry><id>http://arxiv.org/abs/2603.01234v2</id><updated>2026-03-02T01:00:00Z</updated>
<published>2026-02-27T18:00:00Z</published><title>Cheap Tokens,
  Thin Moats</title><summary>  We study prices of language models
under open weights. </summary><author><name>Ana Díaz</name></author><author><name>Li Wei</name></author>
<link href="http://arxiv.org/abs/2603.01234v2" rel="alternate" type="text/html"/>
<link title="pdf" href="http://arxiv.org/pdf/2603.01234v2" rel="related" type="application/pdf"/></entry>"""
)
TUBE = atom(
    """<entry><title>Keynote: who pays?</title><link rel="alternate" href="https://video.example/watch?v=9"/><id>yt:video:9</id>
<author><name>Boxworks</name></author><published>2026-03-01T10:00:00+00:00</published><media:group>
<media:title>Keynote: who pays?</media:title><media:description>The keynote of the first day.</media:description>
<media:subTitle type="text/vtt" lang="en" href="https://video.example/9.en.vtt"/></media:group></entry>"""
)
PLAIN = rss(
    item("a", "<pubDate>Mon, 02 Mar 2026 09:00:00 +0200</pubDate><author>ana@news.test (Ana Díaz)</author>"),
    item("b", "<description>Teaser &lt;b&gt;here&lt;/b&gt;…</description>", title="<![CDATA[Fish & <i>chips</i>]]>"),
    item("c", "<dc:language>pt-BR</dc:language><dc:date>2026-02-28</dc:date>", title="R&amp;amp;D"),
    channel="<ttl>45</ttl>",
)
WELL_FORMED = {
    "wordpress": WORDPRESS, "podcast": PODCAST, "blog": BLOG, "rdf": RDF, "arxiv": ARXIV, "tube": TUBE, "plain": PLAIN,
}  # fmt: skip
