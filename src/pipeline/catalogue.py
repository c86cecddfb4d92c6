"""Catalogues: sources, themes, conferences and the watchlist are data in TOML, checked on load.

Every error names the file, the table and the field. Shipped catalogues lie beside the code (``models/``,
``crawlers/sources/``); a user's own files have the same form.
"""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipeline.config import SHIPPED, Config, data_folder
from pipeline.errors import CatalogueError, SettingError
from pipeline.model import KINDS, STANCES, WAYS, Conference, Entity, Example, Source, Theme

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE_TEXTS = {"name", "way", "address", "language", "country", "kind", "owner", "conference"}
SOURCE_FIELDS = SOURCE_TEXTS | {"shortest_minutes", "javascript"}
SHORTEST_MINUTES = 2
REQUIRED_SOURCE_FIELDS = ("name", "way", "address", "language", "country", "kind")
UNKNOWN_LANGUAGE, UNKNOWN_COUNTRY = "und", "ZZ"  # as ISO 639-2 and the users' codes of ISO 3166 say it
ENTITY_LABELS = ("organisation", "person", "model", "product", "conference")


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingError(f"{path}: no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: not valid TOML: {error}") from None


def _files(places: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise SettingError(f"{place}: no such file or folder")
        found += sorted(place.glob("*.toml")) if place.is_dir() else [place]
    return found


# ------------------------------------------------------------------ sources
def shipped_sources() -> Path:
    """Return the folder of the source tables that come with Tideline (found, not imported)."""
    spec = importlib.util.find_spec("crawlers")
    if spec is None or not spec.submodule_search_locations:
        raise SettingError("the package `crawlers` is not installed beside `pipeline`")
    return Path(next(iter(spec.submodule_search_locations))) / "sources"


def sources(config: Config) -> list[Source]:
    """Every configured source. Raises CatalogueError, also where two tables share a key."""
    places = [shipped_sources() if x == SHIPPED else config.path(x) for x in config.sources]
    own = config.path(config.own_sources)
    if own.is_file() and not any(
        own.resolve() in (x.resolve(), *(y.resolve() for y in x.glob("*.toml"))) for x in places
    ):
        places.append(own)
    found: dict[str, tuple[Source, Path]] = {}
    for path in _files(places):
        for key, table in _tables(path).items():
            if key in found:
                raise CatalogueError(path, key, "key", f"already used in {found[key][1]}")
            found[key] = (_source(path, key, table), path)
    return [source for source, _ in found.values()]


def _source(path: Path, key: str, table: Any) -> Source:
    if not isinstance(table, dict):
        raise CatalogueError(path, key, "table", "a source is a table: [key] and its fields below")
    for name in table:
        if name not in SOURCE_FIELDS:
            raise CatalogueError(path, key, name, f"unknown field; known are {', '.join(sorted(SOURCE_FIELDS))}")
    for name in REQUIRED_SOURCE_FIELDS:
        if not table.get(name):
            raise CatalogueError(path, key, name, "is missing")
    for name in SOURCE_TEXTS & table.keys():
        if not isinstance(table[name], str):
            raise CatalogueError(path, key, name, f"text is wanted, not {table[name]!r}")
    _check_source(path, key, table)
    texts = {name: table[name] for name in SOURCE_TEXTS & table.keys()}
    return Source(
        key=key, **texts, shortest_seconds=_shortest(path, key, table), javascript=_javascript(path, key, table)
    )


def _shortest(path: Path, key: str, table: dict[str, Any]) -> float | None:
    minutes = table.get("shortest_minutes")
    if minutes is None:
        return None
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)) or minutes < SHORTEST_MINUTES:
        raise CatalogueError(
            path, key, "shortest_minutes", f"a number from {SHORTEST_MINUTES} is wanted, not {minutes!r}"
        )
    return float(minutes) * 60


def _javascript(path: Path, key: str, table: dict[str, Any]) -> bool:
    javascript = table.get("javascript", False)
    if not isinstance(javascript, bool):
        raise CatalogueError(path, key, "javascript", f"true or false is wanted, not {javascript!r}")
    return javascript


def _check_source(path: Path, key: str, table: dict[str, str]) -> None:
    if table["way"] not in WAYS:
        raise CatalogueError(path, key, "way", f"{table['way']!r} is none of {', '.join(WAYS)}")
    if table["kind"] not in KINDS:
        raise CatalogueError(path, key, "kind", f"{table['kind']!r} is none of {', '.join(KINDS)}")
    if not _is_address(table["address"]):
        raise CatalogueError(path, key, "address", f"{table['address']!r} is no http or https address")
    if table["language"] != UNKNOWN_LANGUAGE and (len(table["language"]) != 2 or not table["language"].islower()):
        raise CatalogueError(
            path,
            key,
            "language",
            f"{table['language']!r} is no two-letter language code such as en, nor {UNKNOWN_LANGUAGE}",
        )
    if len(table["country"]) != 2 or not table["country"].isupper():
        raise CatalogueError(path, key, "country", f"{table['country']!r} is no two-letter country code such as US")
    if table["way"] == "conference" and not table.get("conference"):
        raise CatalogueError(path, key, "conference", "is missing; a source of way conference names its conference")


def _is_address(text: str) -> bool:
    """Tell whether a text is a whole address of the web, without credentials, which would be stored and shown."""
    try:
        address = urlsplit(text)
        whole = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False
    return whole and "@" not in address.netloc and text.isprintable() and " " not in text


# ------------------------------------------------------------------ themes
def themes(config: Config, folder: Path | None = None) -> list[Theme]:
    """Return the themes of ``folder``, or the configured ones. Raises CatalogueError; an empty folder is an error."""
    if folder is None:
        folder = data_folder("models") / "themes" if config.themes == SHIPPED else config.path(config.themes)
    if not folder.is_dir():
        raise SettingError(f"{folder}: no such folder of theme files")
    found = [_theme(path) for path in sorted(folder.glob("*.toml"))]
    if not found:
        raise SettingError(f"{folder}: no theme file (*.toml) in it")
    return found


def _theme(path: Path) -> Theme:
    table = _tables(path)
    known = {"key", "name", "definition", "asserts", "disputes", "cues", "examples"}
    for name in table:
        if name not in known:
            raise CatalogueError(path, "theme", name, f"unknown field; known are {', '.join(sorted(known))}")
    for name in ("key", "name", "definition"):
        if not isinstance(table.get(name), str) or not table[name].strip():
            raise CatalogueError(path, "theme", name, "is missing")
    if table["key"] != path.stem:
        raise CatalogueError(path, "theme", "key", f"{table['key']!r} is not the file's name {path.stem!r}")
    return Theme(
        key=table["key"],
        name=table["name"],
        definition=table["definition"],
        asserts=table.get("asserts"),
        disputes=table.get("disputes"),
        cues=_cues(path, table.get("cues", {})),
        examples=tuple(_example(path, n, e) for n, e in enumerate(table.get("examples", []), start=1)),
    )


def _cues(path: Path, table: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise CatalogueError(path, "cues", "table", "a table of language = [phrases] is wanted")
    for language, phrases in table.items():
        if not isinstance(phrases, list) or not all(isinstance(p, str) and p.strip() for p in phrases):
            raise CatalogueError(path, "cues", language, "a list of phrases is wanted")
    return {language: tuple(phrases) for language, phrases in table.items()}


def _example(path: Path, number: int, table: Any) -> Example:
    place = f"examples, number {number}"
    if not isinstance(table, dict):
        raise CatalogueError(path, place, "table", "an example is a table: [[examples]] and its fields below")
    if not isinstance(table.get("text"), str) or not table["text"].strip():
        raise CatalogueError(path, place, "text", "is missing")
    if not isinstance(table.get("applies", True), bool):
        raise CatalogueError(path, place, "applies", f"true or false is wanted, not {table['applies']!r}")
    stance = table.get("stance")
    if stance is not None and stance not in STANCES:
        raise CatalogueError(path, place, "stance", f"{stance!r} is none of {', '.join(STANCES)}")
    return Example(table["text"], table.get("language", "en"), table.get("applies", True), stance)


# ------------------------------------------------------------------ watchlist and conferences
def entities(config: Config) -> list[Entity]:
    """Return the watchlist: ``[[entity]]`` tables with id, name, label, aliases and perhaps wikidata."""
    path = data_folder("models") / "entities.toml" if config.entities == SHIPPED else config.path(config.entities)
    found: dict[str, Entity] = {}
    for number, table in enumerate(_tables(path).get("entity", []), start=1):
        place = f"entity, number {number}"
        for name in ("id", "name", "label"):
            if not isinstance(table.get(name), str):
                raise CatalogueError(path, place, name, "is missing")
        if table["label"] not in ENTITY_LABELS:
            raise CatalogueError(path, place, "label", f"{table['label']!r} is none of {', '.join(ENTITY_LABELS)}")
        if table["id"] in found:
            raise CatalogueError(path, place, "id", f"{table['id']!r} is used twice")
        found[table["id"]] = Entity(
            table["id"], table["name"], table["label"], tuple(table.get("aliases", [])), table.get("wikidata")
        )
    return list(found.values())


def conferences(config: Config) -> list[Conference]:
    """Return the conferences that are followed by name: one table a conference."""
    path = (
        data_folder("models") / "conferences.toml" if config.conferences == SHIPPED else config.path(config.conferences)
    )
    found = []
    for key, table in _tables(path).items():
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            raise CatalogueError(path, key, "name", "is missing")
        found.append(
            Conference(
                key, table["name"], tuple(table.get("aliases", [])), table.get("organiser"), table.get("usual_place")
            )
        )
    return found
