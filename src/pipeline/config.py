"""Settings: one table of name, default and help, read from ``tideline.toml`` and the environment.

``Config`` is that table: each field knows its dotted name in the file and its help text. A value is taken
from, in order: the command line, ``TIDELINE_<NAME>`` in the environment, the file, the default. Paths in the
file are relative to the file. Sources, themes and other catalogues are read in ``catalogue.py``.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from platformdirs import user_cache_path

from pipeline.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHIPPED = "shipped"
EXAMPLE_CONTACT = "https://tideline.example/crawler"


def setting(name: str, default: Any, text: str) -> Any:
    """Declare a setting: its dotted name in the file, its default, its help."""
    return field(default=default, metadata={"name": name, "help": text})


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting, checked. ``file`` is where it was read from, None for the defaults alone."""

    file: Path | None = None

    database: str = setting("database", "sqlite:///tideline.db", "SQLAlchemy URL of the trends database: sqlite:///FILE or postgresql+psycopg://…")  # fmt: skip
    sources: tuple[str, ...] = setting("sources", (SHIPPED,), "source files or folders of them; \"shipped\" means those that come with Tideline")  # fmt: skip
    own_sources: str = setting("own_sources", "sources.toml", "file that `tideline sources add` and `import` write your own sources to; read where it exists")  # fmt: skip
    themes: str = setting("themes", SHIPPED, "folder of theme files; \"shipped\" means the nine that come with Tideline")  # fmt: skip
    entities: str = setting("entities", SHIPPED, "watchlist of organisations, people, models and products (TOML)")
    conferences: str = setting("conferences", SHIPPED, "conferences followed by name (TOML)")
    embedder: str = setting("embedder", SHIPPED, "sentence-transformers model: a folder or name; \"shipped\" means all-MiniLM-L6-v2")  # fmt: skip
    cache: str = setting("cache", "", "folder for what is learnt from themes; empty: the user's cache folder")

    crawl_user_agent: str = setting("crawl.user_agent", "Tideline/0.1", "how the crawler names itself, with the contact added")  # fmt: skip
    crawl_contact: str = setting("crawl.contact", EXAMPLE_CONTACT, "address where a site's owner can reach you")  # fmt: skip
    crawl_delay: float = setting("crawl.delay", 1.0, "seconds between two requests to one host")
    crawl_concurrency: int = setting("crawl.concurrency", 16, "hosts fetched from at the same time")
    crawl_timeout: float = setting("crawl.timeout", 20.0, "seconds that one response may take in all")
    crawl_max_bytes: int = setting("crawl.max_bytes", 16 * 1024 * 1024, "largest decompressed body taken")
    crawl_seconds: float = setting("crawl.seconds", 1800.0, "seconds after which one crawl is ended; the rest waits for the next")  # fmt: skip
    crawl_floor: float = setting("crawl.floor", 900.0, "shortest interval between two looks at a source, seconds")
    crawl_ceiling: float = setting("crawl.ceiling", 86400.0, "longest interval between two looks at a source, seconds")
    crawl_reservations: str = setting("crawl.reservations", "strict", "whose reservations of text and data mining are obeyed: strict (wishes against AI training too), tdm or off")  # fmt: skip
    crawl_proxy: str = setting("crawl.proxy", "", "HTTP proxy for every fetch; the proxy then decides which addresses are reached")  # fmt: skip
    crawl_browser: str = setting(
        "crawl.browser", "", "Chromium for sources whose pages need JavaScript; empty: the one that is found"
    )
    crawl_allow: tuple[str, ...] = setting("crawl.allow", (), "private addresses (host, host:port or network) that may be fetched all the same")  # fmt: skip

    story_days: int = setting("story.days", 14, "a story is closed when nothing came for this many days")
    trend_days: int = setting("trend.days", 7, "length of the window that a trend describes, days")
    trend_before: int = setting("trend.before", 28, "length of the time before that it is compared with, days")

    digest_folder: str = setting("digest.folder", "digests", "where digests are written")
    digest_language: Literal["en", "es"] = setting(
        "digest.language", "en", "language of summaries and digests: en or es"
    )
    digest_stories: int = setting("digest.stories", 3, "stories a theme in a digest")
    digest_outputs: tuple[str, ...] = setting("digest.outputs", ("file",), "where the common digest goes: names of the table OUTPUTS")  # fmt: skip
    digest_subscribers: tuple[str, ...] = setting("digest.subscribers", (), "mail addresses that digests are sent to")

    smtp_host: str = setting("smtp.host", "", "mail server; empty: digests are written, not sent")
    smtp_port: int = setting("smtp.port", 587, "its port")
    smtp_user: str = setting("smtp.user", "", "user name, empty for none")
    smtp_password: str = setting("smtp.password", "", "password; better given as TIDELINE_SMTP_PASSWORD")
    smtp_security: str = setting("smtp.security", "starttls", "starttls, tls or none")
    smtp_sender: str = setting("smtp.sender", "Tideline <tideline@localhost>", "From address of digests")

    schedule_collect: float = setting(
        "schedule.collect",
        60.0,
        "daemon: seconds between two questions whether a source is due; only then a collection starts",
    )
    schedule_read: float = setting("schedule.read", 300.0, "daemon: seconds between two passes of extract to tag")
    schedule_tell: float = setting("schedule.tell", 3600.0, "daemon: seconds between two passes of trend and summarise")  # fmt: skip
    schedule_digest: str = setting("schedule.digest", "06:00", "daemon: time of day, UTC, of the daily digest")

    queries: Mapping[str, str] = field(
        default_factory=dict, metadata={"name": "queries", "help": "named queries for `tideline query --saved NAME`"}
    )

    def path(self, value: str) -> Path:
        """Return a path of the file's as seen from the file."""
        base = self.file.parent if self.file else Path()
        return base / Path(value).expanduser()

    @property
    def database_url(self) -> str:
        """The database's URL with a relative SQLite file resolved against the settings file."""
        prefix = "sqlite:///"
        if self.database.startswith(prefix) and not self.database.endswith(":memory:"):
            return prefix + str(self.path(self.database.removeprefix(prefix)).resolve())
        return self.database

    @property
    def cache_folder(self) -> Path:
        """Where learnt taggers are kept."""
        return self.path(self.cache) if self.cache else user_cache_path("tideline")


def settings() -> Iterator[dataclasses.Field[Any]]:
    """Every setting in the order of the table; ``metadata`` has its dotted name and help."""
    return (f for f in dataclasses.fields(Config) if "name" in f.metadata)


def data_folder(name: str) -> Path:
    """Return a folder of shipped data: inside the installed package, or in the checkout beside ``src``."""
    installed = Path(__file__).parent / "data" / name
    if installed.exists():
        return installed
    root = Path(__file__).parents[2]
    return root / {"models": "models", "newsroom": "tests/newsroom"}[name]


def load(file: Path | None = None, *, environ: Mapping[str, str] | None = None, **overrides: object) -> Config:
    """Read the settings; without ``file``, ``tideline.toml`` of the current folder is read where there is one.

    Raises SettingError naming file and field.
    """
    environ = os.environ if environ is None else environ
    path = file or (Path("tideline.toml") if Path("tideline.toml").exists() else None)
    values = _from_file(path) if path else {}
    values |= {k: v for f in settings() if (v := _from_environment(f, environ)) is not None for k in [f.name]}
    values |= {k: v for k, v in overrides.items() if v is not None}
    config = Config(file=path, **values)
    _check(config)
    return config


def _from_file(path: Path) -> dict[str, Any]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingError(f"{path}: no such file; `tideline init` writes one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: not valid TOML: {error}") from None
    known = {f.metadata["name"]: f for f in settings()}
    values = {}
    for name, value in _flat(tables):
        if name not in known:
            raise SettingError(f"{path}: {_place(name)}: unknown setting{_nearest(name, known)}")
        values[known[name].name] = _converted(value, known[name], f"{path}: {_place(name)}")
    return values


def _flat(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if isinstance(value, dict) and prefix + key != "queries":
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _place(name: str) -> str:
    table, _, key = name.rpartition(".")
    return f"[{table}] {key}" if table else key


def _nearest(name: str, known: Mapping[str, object]) -> str:
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {_place(near[0])}?" if near else "; `tideline init --print` lists all settings"


def _from_environment(f: dataclasses.Field[Any], environ: Mapping[str, str]) -> Any:
    variable = "TIDELINE_" + f.name.upper()
    if variable not in environ:
        return None
    text = environ[variable]
    default = f.default
    if default is dataclasses.MISSING:
        return None
    if isinstance(default, tuple):
        return tuple(x.strip() for x in text.split(",") if x.strip())
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except ValueError:
            raise SettingError(f"environment: {variable}: {text!r} is no number") from None
    return text


def _converted(value: Any, f: dataclasses.Field[Any], place: str) -> Any:
    default: Any = f.default if f.default is not dataclasses.MISSING else {}
    if isinstance(default, tuple):
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(x, str) for x in items):
            raise SettingError(f"{place}: a list of strings is wanted, not {value!r}")
        return tuple(items)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, type(default)) or isinstance(value, bool):
        wanted = {str: "text", int: "a whole number", float: "a number", dict: "a table of name = SQL"}
        raise SettingError(f"{place}: {wanted[type(default)]} is wanted, not {value!r}")
    return value


def _check(config: Config) -> None:
    where = config.file or "settings"
    for f in settings():
        value = getattr(config, f.name)
        if isinstance(value, (int, float)) and value < 0:
            raise SettingError(f"{where}: {_place(f.metadata['name'])}: {value} is below zero")
    if config.digest_language not in ("en", "es"):
        raise SettingError(f"{where}: [digest] language: {config.digest_language!r} is neither en nor es")
    if config.smtp_security not in ("starttls", "tls", "none"):
        raise SettingError(f"{where}: [smtp] security: {config.smtp_security!r} is none of starttls, tls, none")
    _check_crawl(config, where)
    if "://" not in config.database:
        raise SettingError(f"{where}: database: {config.database!r} is no URL; sqlite:///FILE is the simplest")
    _check_time(config.schedule_digest, f"{where}: [schedule] digest")


def _check_crawl(config: Config, where: Path | str) -> None:
    if config.crawl_reservations not in ("strict", "tdm", "off"):
        raise SettingError(f"{where}: [crawl] reservations: {config.crawl_reservations!r} is none of strict, tdm, off")
    for name in ("user_agent", "contact"):
        value = getattr(config, f"crawl_{name}")
        if not value.strip() or not value.isprintable():
            raise SettingError(f"{where}: [crawl] {name}: a site's owner must learn who asks, not {value!r}")


def _check_time(text: str, place: str) -> None:
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise SettingError(f"{place}: {text!r} is no time of day such as 06:00")


def as_environment(config: Config) -> dict[str, str]:
    """Return the settings as environment variables, so that a child process has the same ones (named queries aside)."""
    found = {}
    for f in settings():
        value = getattr(config, f.name)
        if f.name != "queries":
            found["TIDELINE_" + f.name.upper()] = ",".join(value) if isinstance(value, tuple) else str(value)
    return found


def as_toml() -> str:
    """Return a commented settings file: every setting with its help, at its default, commented out."""
    lines = [
        "# Settings of Tideline. A line that is commented out shows the default.",
        "# Every setting can also be given in the environment: TIDELINE_DATABASE, TIDELINE_CRAWL_DELAY, ...",
        "",
    ]
    table = ""
    for f in settings():
        name = f.metadata["name"]
        section, _, key = name.rpartition(".")
        if name == "queries":
            lines += [
                "",
                f"# {f.metadata['help']}",
                "[queries]",
                '# loudest = "SELECT * FROM theme_daily ORDER BY stories DESC LIMIT 20"',
            ]
            continue
        if section != table:
            lines += ["", f"[{section}]"]
            table = section
        lines += [f"# {f.metadata['help']}", f"# {key} = {_toml(f.default)}"]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    import json

    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(x) for x in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
