"""EDGE: a person's own sources: what is proposed for a new one, and the TOML file that they are written to.

A field that nobody said is guessed, every guess is told, and where nothing speaks for a guess the field says that it
is unknown (``und``, ``ZZ``). The file keeps its text and comments: tables are added at its end or cut out, through a
temporary file that must read well before it takes the place of the old one. Nothing is fetched here.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline import catalogue
from pipeline.catalogue import UNKNOWN_COUNTRY, UNKNOWN_LANGUAGE
from pipeline.errors import SettingError
from pipeline.model import KINDS, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.config import Config
    from pipeline.model import Probe
    from pipeline.opml import Outline

LONGEST_KEY = 40
# Country domains that the whole world uses tell nothing.
GENERIC = re.compile("ai|cc|co|dj|eu|fm|gg|gl|im|io|is|la|ly|me|nu|sh|so|st|su|tk|to|tv|vc|ws")
LANGUAGE_OF = {
    "ar": "es", "at": "de", "au": "en", "br": "pt", "cl": "es", "cn": "zh", "cz": "cs", "de": "de", "dk": "da",
    "es": "es", "fi": "fi", "fr": "fr", "gr": "el", "hu": "hu", "ie": "en", "it": "it", "jp": "ja", "kr": "ko",
    "mx": "es", "nl": "nl", "nz": "en", "pe": "es", "pl": "pl", "pt": "pt", "ro": "ro", "ru": "ru", "se": "sv",
    "tr": "tr", "tw": "zh", "ua": "uk", "uk": "en", "us": "en", "uy": "es",
}  # fmt: skip
HOSTS_OF_MANY = re.compile(r"^(www|feeds?|rss|blogs?|news|m)\.")


@dataclass(frozen=True, slots=True)
class Given:
    """What a person said about a new source; None leaves it to be guessed."""

    name: str | None = None
    key: str | None = None
    kind: str | None = None
    language: str | None = None
    country: str | None = None
    conference: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new source and, in words, which of its fields were guessed and from what."""

    source: Source
    guesses: tuple[str, ...] = ()


# ------------------------------------------------------------------ proposing
def from_probe(probe: Probe, given: Given, taken: Iterable[str], *, way: str | None = None) -> Proposal | None:
    """Return the source that a probe's choice makes, or its best candidate of ``way``; None where there is none."""
    fit = (x for x in probe.candidates if x.way == way and x.items)
    best = probe.chosen if way is None else next(fit, None)
    if best is None:
        return None
    host = urlsplit(probe.address).hostname or ""
    name = given.name or probe.name or best.name or host
    plain = Source("", _one_line(name), best.way, best.address, "", "", "", conference=given.conference)
    said = replace(given, language=given.language or best.language or probe.language, country=given.country or probe.country)  # fmt: skip
    told = [f"name: {plain.name}, as the site says"] if not given.name else []
    told += [f"language: {said.language}, as the site says"] if said.language and not given.language else []
    told += [f"country: {said.country}, from the page's language"] if said.country and not given.country else []
    return _completed(plain, said, host, taken, told)


def from_outline(outline: Outline, given: Given, taken: Iterable[str]) -> Proposal:
    """Return the source that one feed of an imported list makes."""
    host = urlsplit(outline.home or outline.address).hostname or ""
    plain = Source("", _one_line(given.name or outline.title), "feed", outline.address, "", "", "")
    folder = next((x.lower() for x in outline.folders if x.lower() in KINDS), None)
    said = replace(given, language=given.language or outline.language, kind=given.kind or folder)
    told = [f"kind: {folder}, as its folder is called"] if folder and not given.kind else []
    return _completed(plain, said, host, taken, told)


def _completed(plain: Source, said: Given, host: str, taken: Iterable[str], told: list[str]) -> Proposal:
    domain = host.rpartition(".")[2].lower()
    spoken = LANGUAGE_OF.get(domain)
    language = said.language or spoken or UNKNOWN_LANGUAGE
    if not said.language:
        told.append(f"language: {spoken}, from .{domain}" if spoken else f"language: unknown ({UNKNOWN_LANGUAGE})")
    home = country_of(host)
    country = said.country or home or UNKNOWN_COUNTRY
    if not said.country:
        told.append(f"country: {home}, from .{domain}" if home else f"country: unknown ({UNKNOWN_COUNTRY})")
    kind = said.kind or ("conference" if plain.way == "conference" else "trade press")
    if not said.kind:
        told.append(f"kind: {kind}, until you say otherwise with --kind")
    key = said.key or key_for(plain.name, host, taken)
    return Proposal(replace(plain, key=key, language=language, country=country, kind=kind), tuple(told))


def country_of(host: str) -> str | None:
    """Return the country that a host's last label names, None where it is used by the whole world."""
    domain = host.rpartition(".")[2].lower()
    if not re.fullmatch("[a-z]{2}", domain) or GENERIC.fullmatch(domain):
        return None
    return "GB" if domain == "uk" else domain.upper()


def key_for(name: str, host: str, taken: Iterable[str]) -> str:
    """Return a key made of a name, of the host where the name has no Latin letters; numbered where it is taken."""
    bare = HOSTS_OF_MANY.sub("", host.lower())
    key = _slug(name) or _slug(bare) or "source"
    used = set(taken)
    free = (x for n in range(1, len(used) + 3) if (x := key if n == 1 else f"{key}-{n}") not in used)
    return next(free)


def _slug(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("&", " and ").replace("'", ""))
    plain = "".join(x for x in folded if not unicodedata.combining(x)).lower()
    letters = sum(x.isalpha() for x in plain)
    latin = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return latin[:LONGEST_KEY].rstrip("-") if 2 * sum(x.isalpha() for x in latin) >= letters > 0 else ""


def _one_line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", " ", text).split())[:200]


# ------------------------------------------------------------------ what is there already
def place(address: str) -> str:
    """Return an address by which two of them that are read alike are equal: without scheme, www. and a last slash."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    return f"{host}:{parts.port or ''}{parts.path.rstrip('/')}?{parts.query}"


def known(config: Config) -> dict[str, str]:
    """Return the key of each configured source by its ``place``, and the configured keys as ``[key]``."""
    sources = catalogue.sources(config)
    return {place(x.address): x.key for x in sources} | {f"[{x.key}]": x.key for x in sources}


# ------------------------------------------------------------------ the file
def table(source: Source) -> str:
    """Return a source as its TOML table, as docs/sources.md has it."""
    fields = {name: value for name, value in asdict(source).items() if name != "key" and value}
    return f"[{source.key}]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in fields.items())


def _toml(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def append(config: Config, sources: Iterable[Source]) -> Path:
    """Add sources to the end of the own file, which is made where it is missing; return the file.

    Raises CatalogueError or SettingError, and leaves the file alone, where it would not read well afterwards.
    """
    file = config.path(config.own_sources)
    before = _text(file)
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    _write(config, file, before + gap + "\n".join(table(x) for x in sources))
    return file


def remove(config: Config, key: str) -> Path:
    """Cut the table of one source out of the own file; comments above the next table stay. Return the file."""
    file = config.path(config.own_sources)
    lines = _text(file).splitlines(keepends=True)
    header = re.compile(rf"""^\s*\[\s*["']?{re.escape(key)}["']?\s*\]\s*(#.*)?$""")
    starts = [n for n, line in enumerate(lines) if header.match(line)]
    if len(starts) != 1:
        raise SettingError(f"{file}: no table [{key}] in it; only your own sources can be removed")
    end = next((n for n in range(starts[0] + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    while end > starts[0] + 1 and lines[end - 1].lstrip().startswith("#"):
        end -= 1
    _write(config, file, "".join(lines[: starts[0]] + lines[end:]))
    return file


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{file}: {getattr(error, 'strerror', None) or error}") from None


def _write(config: Config, file: Path, text: str) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".tideline-") as folder:
            fresh = Path(folder) / file.name
            fresh.write_text(text, encoding="utf-8")
            catalogue.sources(replace(config, sources=(str(fresh.resolve()),), own_sources=""))
            if file.exists():
                fresh.chmod(file.stat().st_mode & 0o777)
            with fresh.open("rb") as written:
                os.fsync(written.fileno())
            fresh.replace(file.resolve())
    except OSError as error:
        raise SettingError(f"{file}: {error.strerror}") from None


def distinct(
    outlines: Iterable[Outline], given: Given, there: Mapping[str, str]
) -> Iterator[tuple[Outline, Proposal | None, str]]:
    """Yield each outline with its proposal, or with None and the key under which it is configured already."""
    seen = dict(there)
    keys = {x[1:-1] for x in there if x.startswith("[")}
    for outline in outlines:
        if key := seen.get(place(outline.address)):
            yield outline, None, key
            continue
        proposal = from_outline(outline, given, keys)
        keys.add(proposal.source.key)
        seen[place(outline.address)] = proposal.source.key
        yield outline, proposal, proposal.source.key
