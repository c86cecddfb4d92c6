"""The commands about sources as a person has them: add, check, import, export and remove, in a folder of one's own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from click.testing import CliRunner, Result
from loopback import Web, page, serving

from pipeline import catalogue, config, own_sources, source_commands
from pipeline.errors import TidelineError
from pipeline.model import Candidate, Probe, Source
from pipeline.opml import Outline
from pipeline.own_sources import Given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Tideline

FEED = "<rss version='2.0'><channel><title>Kai &amp; Co</title><language>de</language>{}</channel></rss>"
ITEMS = "".join(
    f"<item><title>Der Hafen {n}</title><link>http://kai.example/artikel/der-hafen-am-tag-{n}</link></item>"
    for n in range(8)
)
LIST = """<opml version="1.0"><body>
<outline text="analyst">
<outline text="Strand & Gut" xmlUrl="https://strand.example.de/feed?a=1&b=2" type="rss"/>
</outline>
<outline text="港の新聞" xmlUrl="https://minato.example/rss"/>
<outline text="Broken" xmlUrl="file:///etc/hostname"/>
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "tideline.toml").write_text('sources = ["mine.toml"]\n')
    (tmp_path / "mine.toml").write_text(
        '[minato]\nname = "Minato"\nway = "feed"\naddress = "http://www.minato.example/rss/"\nlanguage = "ja"\ncountry = "JP"\nkind = "analyst"\n'
    )
    (tmp_path / "list.opml").write_text(LIST, encoding="utf-8")
    return tmp_path


@pytest.fixture
def web(desk: Path) -> Iterator[Web]:
    with serving() as web:
        web.routes |= {
            "kai.example/": page("<html lang=de><link rel=alternate type='application/rss+xml' href=/feed><title>Kai</title></html>"),
            "kai.example/feed": page(FEED.format(ITEMS), "application/rss+xml"),
        }  # fmt: skip
        (desk / "tideline.toml").write_text(f'sources = ["mine.toml"]\n[crawl]\ndelay = 0.0\nproxy = "{web.proxy}"\n')
        yield web


@pytest.fixture
def said() -> Iterator[Any]:
    """Run a command about sources in this process: ``said(desk, "import", "list.opml")``; what needs no network."""

    def run(folder: Path, *arguments: str) -> Result:
        arguments = tuple(str(folder / x) if x.endswith(".opml") else x for x in arguments)
        return CliRunner().invoke(source_commands.sources, [*arguments, "--config", str(folder / "tideline.toml")])

    yield run
    structlog.reset_defaults()  # the runner's stderr is gone


def own(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))


# ------------------------------------------------------------------ add and check
@pytest.mark.usefixtures("web")
def test_a_source_is_added_once_with_its_guesses_told(desk: Path, tideline: Tideline) -> None:
    (desk / "sources.toml").write_text("# my own\n")

    first = tideline("sources", "add", "http://kai.example/", "--kind", "analyst", "--country", "at", cwd=desk)
    again = tideline("sources", "add", "http://kai.example/feed", cwd=desk)

    assert first.returncode == 0, first.stderr
    assert "chosen: a feed gives titles and dates with each item" in " ".join(first.stdout.split())
    assert "guessed language: de, as the site says" in first.stdout
    assert "wrote [kai] to sources.toml; next: tideline run --only collect" in first.stdout
    assert own(desk) == {"kai": {"name": "Kai", "way": "feed", "address": "http://kai.example/feed", "language": "de", "country": "AT", "kind": "analyst"}}  # fmt: skip
    assert (desk / "sources.toml").read_text().startswith("# my own\n\n[kai]\n")
    assert again.stdout == "http://kai.example/feed is configured already, as [kai]\n"
    listed = json.loads(tideline("sources", "--json", cwd=desk).stdout)
    assert {row["source"]: row["health"] for row in listed} == {"minato": "new", "kai": "new"}


@pytest.mark.usefixtures("web")
def test_a_check_explains_and_writes_nothing(desk: Path, tideline: Tideline) -> None:
    (found,) = json.loads(tideline("sources", "check", "http://kai.example/", "--json", cwd=desk).stdout)

    assert [x["way"] for x in found["candidates"] if x["chosen"]] == ["feed"]
    assert tomllib.loads(found["toml"])["kai"]["address"] == "http://kai.example/feed"
    assert not (desk / "sources.toml").exists()


@pytest.mark.usefixtures("web")
def test_where_no_way_is_found_the_status_is_one_and_the_way_out_is_said(desk: Path, tideline: Tideline) -> None:
    done = tideline("sources", "add", "http://nothing.example/", cwd=desk)

    assert done.returncode == 1
    assert "nothing there (HTTP 404)" in done.stderr
    assert "look for the address in a browser" in done.stderr


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "ftp://kai.example/", "http://me:secret@kai.example/", "kai", "kai news.example"]
)
def test_what_is_no_web_address_is_refused_before_anything_is_fetched(desk: Path, said: Any, url: str) -> None:
    done = said(desk, "add", url)

    assert done.exit_code == 2
    assert "is no http or https address" in done.stderr
    assert not (desk / "sources.toml").exists()


# ------------------------------------------------------------------ import, export, remove
def test_a_torn_list_is_imported_without_fetching_and_what_is_unknown_says_so(desk: Path, said: Any) -> None:
    dry = said(desk, "import", "list.opml", "--dry-run")
    assert not (desk / "sources.toml").exists()
    done = said(desk, "import", "list.opml", "--json")
    again = said(desk, "import", "list.opml")

    assert (dry.exit_code, done.exit_code, again.exit_code) == (1, 1, 1)  # one address is no web address
    assert "list.opml: line 6: no address of a feed on the web: 'file:///etc/hostname'" in done.stderr
    assert [(x["key"], x["state"]) for x in json.loads(done.stdout)] == [("strand-and-gut", "new"), ("minato", "configured already")]  # fmt: skip
    assert own(desk)["strand-and-gut"] == {"name": "Strand & Gut", "way": "feed", "address": "https://strand.example.de/feed?a=1&b=2", "language": "de", "country": "DE", "kind": "analyst"}  # fmt: skip
    assert "2 feeds, 2 configured already, nothing to write" in again.stderr
    assert "1 would be written to" in dry.stderr


def test_a_file_that_is_no_list_is_refused_by_name(desk: Path, said: Any) -> None:
    (desk / "page.opml").write_text("<!doctype html><html><body>Log in</body></html>")

    done = said(desk, "import", "page.opml", "list.opml")

    assert done.exit_code == 1
    assert "page.opml: refused: it is a page of HTML" in done.stderr
    assert list(own(desk)) == ["strand-and-gut"]


@pytest.mark.usefixtures("web")
def test_an_import_that_checks_leaves_out_what_cannot_be_read(desk: Path, tideline: Tideline) -> None:
    (desk / "list.opml").write_text(
        '<opml><outline text="Kai" xmlUrl="http://kai.example/feed"/><outline text="Off" xmlUrl="http://off.example/feed"/></opml>'
    )

    done = tideline("sources", "import", "list.opml", "--check", "--json", cwd=desk)

    states = {x["key"]: x["state"] for x in json.loads(done.stdout)}
    assert states == {"kai": "new", "off": "can't be read: nothing there (HTTP 404)"}
    assert list(own(desk)) == ["kai"]
    assert done.returncode == 1


def test_own_sources_are_exported_and_removed(desk: Path, said: Any) -> None:
    said(desk, "import", "list.opml")

    exported = said(desk, "export", "--own").stdout
    removed = said(desk, "remove", "strand-and-gut")
    foreign = said(desk, "remove", "minato")

    assert 'xmlUrl="https://strand.example.de/feed?a=1&amp;b=2"' in exported
    assert "minato" not in exported
    assert removed.exit_code == 0
    assert own(desk) == {}
    assert "only your own sources can be removed" in str(foreign.exception)


def test_options_may_stand_before_the_command(desk: Path, tideline: Tideline) -> None:
    other = desk / "elsewhere"
    other.mkdir()

    done = tideline("sources", "--config", str(desk / "tideline.toml"), "export", cwd=other)

    assert "http://www.minato.example/rss/" in done.stdout


# ------------------------------------------------------------------ the own file
def settings(folder: Path) -> config.Config:
    return config.Config(file=folder / "tideline.toml", sources=())


def a_source(key: str, **more: str) -> Source:
    return Source(**{"key": key, "name": key, "way": "feed", "address": f"https://{key}.example/f", "language": "en", "country": "GB", "kind": "analyst", **more})  # type: ignore[arg-type]  # fmt: skip


def test_text_and_comments_of_the_own_file_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('# ports\n[a]\nname = "A" # mine\nway = "feed"\naddress = "https://a.example/f"\nlanguage = "en"\ncountry = "GB"\nkind = "analyst"')  # fmt: skip
    before = file.read_text()

    own_sources.append(settings(tmp_path), [a_source("b"), a_source("c")])
    own_sources.remove(settings(tmp_path), "b")

    assert file.read_text().startswith(before + "\n\n[c]")
    assert [x.key for x in catalogue.sources(settings(tmp_path))] == ["a", "c"]


def test_a_source_that_would_not_read_well_leaves_the_file_alone(tmp_path: Path) -> None:
    own_sources.append(settings(tmp_path), [a_source("a")])
    before = (tmp_path / "sources.toml").read_text()

    for wrong in (a_source("a"), a_source("b", language="english"), a_source("c", kind="blog")):
        with pytest.raises(TidelineError):
            own_sources.append(settings(tmp_path), [wrong])

    assert (tmp_path / "sources.toml").read_text() == before
    assert [x.name for x in tmp_path.iterdir()] == ["sources.toml"]


def test_names_from_strangers_cannot_break_out_of_their_field(tmp_path: Path) -> None:
    name = 'Kai"\n[evil]\nname = "x" \x7f \\ \u202e'
    probe = Probe("x", "https://kai.example/", name=name, candidates=(Candidate("feed", "https://kai.example/f", "given", 3, chosen=True),))  # fmt: skip
    proposal = own_sources.from_probe(probe, Given(), ())
    assert proposal

    own_sources.append(settings(tmp_path), [proposal.source])

    (source,) = catalogue.sources(settings(tmp_path))
    assert source.name == 'Kai" [evil] name = "x" \\'


@pytest.mark.parametrize(
    ("name", "host", "taken", "key"),
    [
        ("The Harbour Times", "www.harbour.example", (), "the-harbour-times"),
        ("Über Häfen & Straßen", "x.example", (), "uber-hafen-and-strassen"),
        ("港の新聞", "www.minato.example", (), "minato-example"),
        ("Harbour", "x.example", ("harbour", "harbour-2"), "harbour-3"),
        ("—", "", (), "source"),
    ],
)
def test_keys_are_made_of_names(name: str, host: str, taken: tuple[str, ...], key: str) -> None:
    assert own_sources.key_for(name, host, taken) == key


@pytest.mark.parametrize(
    ("address", "language", "country"),
    [("https://a.example.es/f", "es", "ES"), ("https://a.co.uk/f", "en", "GB"), ("https://a.io/f", "und", "ZZ"), ("https://a.ch/f", "und", "CH")],
)  # fmt: skip
def test_a_country_domain_speaks_for_country_and_language_and_others_for_nothing(
    address: str, language: str, country: str
) -> None:
    source = own_sources.from_outline(Outline(address, "A"), Given(), ()).source

    assert (source.language, source.country) == (language, country)


def test_what_a_candidate_gives_is_said_in_words() -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 5, 1, tzinfo=UTC)
    feed = Candidate("feed", "https://a.example/f", "given", 25, 25, now - timedelta(hours=2), 5040.0, "full text", 1.0)
    sitemap = Candidate("sitemap", "https://a.example/s", "given", 4980, 0, same_host=1.0, allowed=0.5)

    assert source_commands.gives(feed, now) == "25 items, newest 2 h ago, one each 1.4 h, full text"
    assert source_commands.gives(sitemap, now) == "4,980 addresses, without dates, robots.txt allows 50% of them"
