"""VERB OPML -> feeds, and sources -> OPML. Lists of feeds as readers export them, the malformed ones too.

A well-formed list is read by lxml, every other one by our own reading (``torn.py``). Entities of a file's own are
refused, nothing is fetched, and sizes have limits. What can't be read is a fault with its line, or, where nothing
at all can be read, the reason why the list is refused.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from lxml import etree

from pipeline.opml import torn
from pipeline.opml.decoding import decoded
from pipeline.opml.outlines import Fault, Outline, Outlines, Tag, address_of, gathered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pipeline.model import Source

__all__ = ["LARGEST", "Fault", "Outline", "Outlines", "address_of", "read", "write"]

LARGEST = 20 * 1024 * 1024
DECLARATION = re.compile(r"^\s*<\?xml\b[^>]{0,500}>", re.IGNORECASE)
DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]{0,1000}>", re.IGNORECASE)
ENTITIES = re.compile(r"<!ENTITY|<!DOCTYPE[^>\[]{0,1000}\[", re.IGNORECASE)
BODY = re.compile(r"<\s*(?:[\w.-]+:)?(?:opml|outline)\b", re.IGNORECASE)
LOOKS = (
    ("a page of HTML", re.compile(r"<(!doctype )?html\b", re.IGNORECASE)),
    ("a feed, not a list of feeds; `tideline sources add` takes its address", re.compile(r"<(\w+:)?(rss|feed|rdf)\b", re.IGNORECASE)),
    ("JSON", re.compile(r"^\s*[\[{]")),
)  # fmt: skip


def read(data: bytes) -> Outlines:
    """Return the feeds of an OPML file of at most 20 MiB, with its faults; ``refused`` where nothing can be read."""
    if len(data) > LARGEST:
        return Outlines(refused=f"larger than {LARGEST // 1024**2} MiB")
    text = DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), decoded(data), count=1)
    body = BODY.search(text)
    if ENTITIES.search(text, 0, body.start() if body else len(text)):
        return Outlines(refused="it declares entities of its own, as lists of feeds never need to")
    text = DOCTYPE.sub("", text, count=1)
    if body is None and "&lt;outline" in text:
        text = html.unescape(text)  # a list that was escaped as a whole when it was pasted somewhere
    found = _read(text)
    return found if found.feeds else Outlines((), found.faults, _refusal(text, found))


def _read(text: str) -> Outlines:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        fault = Fault(getattr(error, "lineno", None) or 0, f"not well-formed: {str(error).partition(', line')[0]}")
        return _read_torn(text, fault)
    stray = next((x for x in root.iter() if "xmlurl" in f"{x.text} {x.tail}".lower()), None)
    if stray is not None and isinstance(stray.tag, str):
        return _read_torn(text, Fault(stray.sourceline or 0, "an outline that lost its <"))
    return gathered(_tags(root), strict=True)


def _read_torn(text: str, fault: Fault) -> Outlines:
    found = gathered(torn.tags(text), strict=False)
    return Outlines(found.feeds, (fault, *found.faults))


def _tags(root: etree._Element) -> Iterator[Tag]:
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            continue
        attributes = {str(name).rpartition("}")[2].lower(): str(value) for name, value in element.attrib.items()}
        name = element.tag.rpartition("}")[2].lower()
        if name == "outline" or "xmlurl" in attributes:
            yield Tag(element.sourceline or 0, attributes) if event == "start" else Tag(element.sourceline or 0)


def _refusal(text: str, found: Outlines) -> str:
    if not text.strip():
        return "the file is empty"
    if BODY.search(text):
        wrong = [x for x in found.faults if not x.reason.startswith("not well-formed")]
        return f"no usable feed address in it; line {wrong[0].line}: {wrong[0].reason}" if wrong else "no feed in it"
    for what, pattern in LOOKS:
        if pattern.search(text[:4_000]):
            return f"it is {what}"
    return "it is no list of feeds"


# ------------------------------------------------------------------ writing
def write(sources: Iterable[Source], *, title: str = "Sources of Tideline") -> bytes:
    """Return sources as OPML 2.0, a folder a kind. What is no feed is a link, which other readers pass over."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = title
    body = etree.SubElement(root, "body")
    folders: dict[str, etree._Element] = {}
    for source in sources:
        if source.kind not in folders:
            folders[source.kind] = etree.SubElement(body, "outline", text=source.kind, title=source.kind)
        outline = etree.SubElement(folders[source.kind], "outline", text=source.name, title=source.name)
        outline.set("type", "rss" if source.way == "feed" else "link")
        outline.set("xmlUrl" if source.way == "feed" else "url", source.address)
        outline.set("language", source.language)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written
