"""What was fetched goes out as a WARC file that others read, and comes back the same."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from crawling import source
from warcio.archiveiterator import ArchiveIterator
from warcs import record, zipped

from pipeline import cli, warc
from pipeline.model import Link, Page
from pipeline.store import open_store, work

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

FETCHED = datetime(2025, 11, 3, 4, 5, 6, 789_000, tzinfo=UTC)
BODIES = {
    "ledger/en": b"<p>Prices keep falling, says the <b>ledger</b>.",
    "ledger/es": "<p>¿Quién paga la señal? Nadie.".encode("latin-1"),
    "faro/pt": "<p>Ninguém notou a troca.".encode() * 900,
    "faro/crlf": b"<p>\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\n",
}
TABLES = "".join(
    f'[{key}]\nname = "{key}"\nway = "feed"\naddress = "https://{key}.example/feed"\n'
    'language = "en"\ncountry = "GB"\nkind = "trade press"\n'
    for key in ("ledger", "faro")
)


def folder(place: Path, *, filled: bool) -> Path:
    """Settings and a store, with a page a day or with none."""
    place.mkdir()
    (place / "sources.toml").write_text(TABLES)
    (place / "tideline.toml").write_text('database = "sqlite:///t.db"\nsources = ["sources.toml"]\n')
    with open_store(f"sqlite:///{place / 't.db'}") as store:
        sources = [source(key, "feed", f"https://{key}.example/feed") for key in ("ledger", "faro")]
        work.sync_catalogue(store, sources=sources, themes=[], entities=[], conferences=[], now=FETCHED)
        for n, (name, body) in enumerate(BODIES.items() if filled else ()):
            url = f"https://{name.replace('/', '.example/')}?q=ñ"
            kind = 'text/html; charset="iso-8859-1"' if name == "ledger/es" else "text/html"
            page = Page(url, body, name.partition("/")[0], url, FETCHED + timedelta(days=n), 200, kind)
            work.save_page(store, Link(url, page.source), page)
    return place


def tideline(place: Path, *arguments: str) -> Result:
    # The group has no main of its own here: a way out of it is an exception or an exit status.
    return CliRunner().invoke(cli.cli, [*arguments, "--config", str(place / "tideline.toml")])


def stored(place: Path) -> list[tuple[str, ...]]:
    connection = sqlite3.connect(place / "t.db")
    columns = "url, source, sha256, size, status, coalesce(archived_at, seen_at), replace(content_type, '\"', '')"
    rows = connection.execute(f"SELECT {columns} FROM pages ORDER BY url").fetchall()
    connection.close()
    return rows


@pytest.fixture
def full(tmp_path: Path) -> Path:
    return folder(tmp_path / "full", filled=True)


def test_what_one_store_gives_out_another_takes_in_the_same(full: Path, tmp_path: Path) -> None:
    file, empty = tmp_path / "all.warc.gz", folder(tmp_path / "empty", filled=False)
    assert tideline(full, "export", "warc", str(file)).exit_code == 0
    done = tideline(empty, "import", "warc", str(file))
    assert (done.exit_code, "4  pages taken in" in done.output) == (0, True), done.output
    assert stored(empty) == stored(full)
    assert tideline(empty, "export", "warc", str(tmp_path / "again.warc.gz")).exit_code == 0
    assert (tmp_path / "again.warc.gz").read_bytes() == file.read_bytes()


def test_the_same_pages_give_the_same_bytes_and_no_half_file_is_left(full: Path, tmp_path: Path) -> None:
    for name in ("1.warc.gz", "2.warc.gz"):
        assert tideline(full, "export", "warc", str(tmp_path / name), "--quiet").output == ""
    assert (tmp_path / "1.warc.gz").read_bytes() == (tmp_path / "2.warc.gz").read_bytes()
    assert sorted(x.name for x in tmp_path.iterdir()) == ["1.warc.gz", "2.warc.gz", "full"]


def test_another_reader_finds_every_record_whole_with_its_digest(full: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.warc.gz"
    tideline(full, "export", "warc", str(file))
    found = {}
    with file.open("rb") as stream:
        for entry in ArchiveIterator(stream, check_digests=True):
            body = entry.content_stream().read()
            if entry.rec_type == "warcinfo":
                assert b"WARC File Format 1.1" in body
                continue
            assert entry.digest_checker.passed
            assert entry.rec_headers.get_header("WARC-Date").endswith("04:05:06.789000Z")
            found[entry.rec_headers.get_header("WARC-Target-URI")] = body
            assert [name for name, _ in entry.http_headers.headers] == ["Content-Type"]
    assert sorted(found.values()) == sorted(BODIES.values())


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--source", "faro"], 2), (["--since", "2025-11-04"], 3), (["--until", "2025-11-04"], 2),
        (["--since", "2025-11-04", "--until", "2025-11-05", "--source", "ledger"], 1), (["--since", "2026-01-01"], 0),
    ],
)  # fmt: skip
def test_source_and_days_narrow_what_is_written(options: list[str], count: int, full: Path, tmp_path: Path) -> None:
    file = tmp_path / "some.warc.gz"
    done = tideline(full, "export", "warc", str(file), *options)
    assert done.exit_code == (0 if count else 1)
    assert file.exists() == bool(count)
    if count:
        assert f": {count} pages" in done.output


def test_an_import_for_a_source_that_is_none_is_refused_in_one_line(full: Path, tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(zipped(record("http://a.example/1")))
    done = tideline(full, "import", "warc", str(tmp_path / "x.warc.gz"), "--source", "nobody")
    assert "'nobody' is no active source" in str(done.exception)


def test_a_page_whose_time_of_fetching_is_unknown_is_no_record() -> None:
    with pytest.raises(ValueError, match="no time of fetching"):
        warc.response(Page("http://a.example/", b"<p>"))
