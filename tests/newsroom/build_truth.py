"""Check the newsroom's articles against their labels and merge ``truth/*.json`` into ``truth.json``.

``python tests/newsroom/build_truth.py`` writes the file and prints what is wrong or missing (exit status 1);
``--check`` only compares. The product never reads the result: it is what tests measure against.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))  # the folder's own site.py must not be taken for the library's

from newsroom.site import Newsroom, front_matter  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from newsroom.site import Piece

    Row = dict[str, Any]

TODAY = date(2026, 12, 1)  # addresses in truth.json are those of this day; tests map by Newsroom.id_of
THEMES = {
    "commoditization", "rl_post_training", "open_source_pricing_pressure", "scaling_slowdown", "moat_erosion",
    "application_layer", "incumbent_advantage", "infrastructure_spend", "conference_coverage",
}  # fmt: skip
STANCES = {"asserts", "disputes", "reports"}
FIELDS = {
    "id", "language", "themes", "stance", "story", "copy_of", "echo_of", "hard_negative", "conference", "quotes",
}  # fmt: skip
QUOTAS = {  # what the newsroom must have at least
    "articles": 160, "outlets": 10, "stories of several outlets": 20, "hard negatives": 50, "days": 110,
    "language es": 40, "language de": 10, "language fr": 10, "language pt": 10,
}  # fmt: skip
ABSOLUTE = re.compile(r"\b(?:19|20)\d\d\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")


def rows(folder: Path) -> list[Row]:
    """Return every batch's labels, in order."""
    return [row for path in sorted(folder.glob("*.json")) for row in json.loads(path.read_text(encoding="utf-8"))]


def completed(newsroom: Newsroom, labels: Sequence[Row]) -> list[Row]:
    """Return the labels with every copy keeping those quotes of its origin that were not cut off."""
    known = {row["id"]: row for row in labels}
    done = []
    for row in labels:
        origin, piece = known.get(row["copy_of"] or ""), newsroom.articles.get(row["id"])
        text = "\n".join(piece.paragraphs) if piece else ""
        kept = [q for q in origin["quotes"] if q["text"] in text and q not in row["quotes"]] if origin else []
        done.append(row | {"quotes": [*row["quotes"], *kept]})
    return done


def problems(newsroom: Newsroom, labels: Sequence[Row]) -> Iterator[str]:
    """Yield one line for everything that breaks the newsroom's rules."""
    counted = Counter(row["id"] for row in labels)
    yield from (f"{key}: labelled {n} times" for key, n in counted.items() if n > 1)
    yield from (f"{key}: labelled, but there is no article" for key in counted if key not in newsroom.articles)
    yield from (f"{key}: no label" for key in newsroom.articles if key not in counted)
    known = {row["id"]: row for row in labels if row["id"] in newsroom.articles}
    for key, row in known.items():
        for line in (*_label(row), *_text(newsroom.articles[key], row), *_relation(newsroom, row, known)):
            yield f"{key}: {line}"
    yield from _shared_sentences(newsroom, known)
    have = counts(newsroom, list(known.values()))
    yield from (f"quota: {name}: {have.get(name, 0)} of {n}" for name, n in QUOTAS.items() if have.get(name, 0) < n)


def _label(row: Row) -> Iterator[str]:
    if row.keys() != FIELDS:
        yield f"fields differ: {sorted(row.keys() ^ FIELDS)}"
    if unknown := set(row["themes"]) - THEMES:
        yield f"unknown themes {sorted(unknown)}"
    if set(row["stance"]) != set(row["themes"]):
        yield "a stance for every theme is wanted, and for no other"
    if wrong := set(row["stance"].values()) - STANCES:
        yield f"unknown stances {sorted(wrong)}"
    if row["hard_negative"] and row["themes"]:
        yield "a hard negative has no theme"
    if row["conference"] not in (None, "boxworks"):
        yield f"unknown conference {row['conference']!r}"


def _text(piece: Piece, row: Row) -> Iterator[str]:
    table, own = front_matter(FOLDER / "articles" / f"{piece.id}.md")
    if not piece.language == row["language"] == piece.outlet.language[:2]:
        yield f"language {piece.language} in the file, {row['language']} in the label, {piece.outlet.language} outlet"
    if not 0 <= table["day"] <= 119:
        yield f"day {table['day']} is outside 0 to 119"
    words = sum(len(text.split()) for text in own)
    if "body_of" not in table and not 120 <= words <= 500:
        yield f"{words} words; 120 to 500 are wanted"
    text = "\n".join(piece.paragraphs)
    yield from (f"quote is not in the text: {q['text']!r}" for q in row["quotes"] if q["text"] not in text)
    yield from (f"no speaker for {q['text']!r}" for q in row["quotes"] if not q["speaker"])
    if found := ABSOLUTE.search(f"{piece.title}\n{piece.summary}\n{text}"):
        yield f"an absolute date: {found.group()!r}"
    if (table.get("body_of") or None) != row["copy_of"]:
        yield f"body_of {table.get('body_of')!r} in the file, copy_of {row['copy_of']!r} in the label"


def _relation(newsroom: Newsroom, row: Row, known: Mapping[str, Row]) -> Iterator[str]:
    for name in ("copy_of", "echo_of"):
        if row[name] is not None and row[name] not in known:
            yield f"{name} names {row[name]!r}, which is not there"
            return
    if origin := known.get(row["copy_of"] or ""):
        yield from (f"{n} differs from its origin's" for n in ("story", "themes", "stance") if row[n] != origin[n])
        if newsroom.articles[row["id"]].when <= newsroom.articles[origin["id"]].when:
            yield "a copy must come after its origin"
        if row["story"] is None:
            yield "a copy and its origin have a story"
    if release := known.get(row["echo_of"] or ""):
        own, other = (set(newsroom.articles[key].paragraphs) for key in (row["id"], release["id"]))
        if not own & other:
            yield f"echoes no paragraph of {release['id']}"


def _shared_sentences(newsroom: Newsroom, known: Mapping[str, Row]) -> Iterator[str]:
    where = defaultdict(set)
    for key, row in known.items():
        for text in () if row["copy_of"] else newsroom.articles[key].paragraphs:
            for sentence in re.split(r"(?<=[.!?])\s+", text):
                if len(sentence) > 45:
                    where[sentence].add(key)
    for sentence, keys in where.items():
        for one, other in combinations(sorted(keys), 2):
            if not _family(known[one]) & _family(known[other]):
                yield f"{one} and {other} share a sentence: {sentence[:70]!r}"


def _family(row: Row) -> set[str]:
    return {row["id"], row["echo_of"]} - {None}


def counts(newsroom: Newsroom, labels: Sequence[Row]) -> dict[str, int]:
    """Count what the quotas are about, and what tests may want to know."""
    pieces = [newsroom.articles[row["id"]] for row in labels]
    stories = defaultdict(set)
    for row, piece in zip(labels, pieces, strict=True):
        if row["story"]:
            stories[row["story"]].add((piece.outlet.key, piece.language))
    several = [members for members in stories.values() if len({key for key, _ in members}) > 1]
    found = {
        "articles": len(labels),
        "outlets": len({piece.outlet.key for piece in pieces}),
        "days": _span(pieces),
        "stories of several outlets": len(several),
        "stories of several languages": sum(len({language for _, language in s}) > 1 for s in several),
        "copies": sum(row["copy_of"] is not None for row in labels),
        "echoes": sum(row["echo_of"] is not None for row in labels),
        "hard negatives": sum(row["hard_negative"] for row in labels),
        "conference": sum(row["conference"] is not None for row in labels),
        "quotes": sum(len(row["quotes"]) for row in labels),
    }
    found |= {f"language {name}": n for name, n in sorted(Counter(row["language"] for row in labels).items())}
    return found | {f"theme {name}": n for name, n in sorted(Counter(t for r in labels for t in r["themes"]).items())}


def _span(pieces: Sequence[Piece]) -> int:
    return (max(p.when for p in pieces).date() - min(p.when for p in pieces).date()).days + 1


def faults(newsroom: Newsroom) -> dict[str, dict[str, str]]:
    """Return the planted faults: what is wrong, at which source and address."""
    feeds = {"gone": "dead feed", "torn": "malformed feed"}
    found = {
        outlet.key: {"kind": feeds[outlet.form], "outlet": outlet.key, "url": outlet.home + outlet.index}
        for outlet in newsroom.outlets.values()
        if outlet.form in feeds
    }
    for key in (key for outlet in newsroom.outlets.values() for key in outlet.wrong_charset):
        piece = newsroom.articles[key]
        found[key] = {"kind": "wrong charset", "outlet": piece.outlet.key, "url": piece.url}
    kinds = {"loop": "redirect loop", "missing": "not found", "navigation": "navigation only", "draft": "disallowed"}
    for key, piece in newsroom.faults.items():
        kind = kinds.get(piece.answer, piece.answer)
        found[key] = {"kind": kind, "outlet": piece.outlet.key, "url": piece.url}
    return found


def truth(newsroom: Newsroom, labels: Sequence[Row]) -> dict[str, Any]:
    """Return the merged labels with every article's outlet, day and address."""
    articles = {}
    for row in sorted(labels, key=lambda row: row["id"]):
        if piece := newsroom.articles.get(row["id"]):
            table, _ = front_matter(FOLDER / "articles" / f"{piece.id}.md")
            place = {"outlet": piece.outlet.key, "url": piece.url, "day": table["day"], "time": table["time"]}
            articles[row["id"]] = {name: value for name, value in row.items() if name != "id"} | place
    have = counts(newsroom, [row for row in labels if row["id"] in articles])
    return {"today": TODAY.isoformat(), "counts": have, "faults": faults(newsroom), "articles": articles}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build or compare; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with truth.json instead of writing it")
    options = parser.parse_args(arguments)
    newsroom = Newsroom(FOLDER, TODAY)
    labels = completed(newsroom, rows(FOLDER / "truth"))
    wrong = list(problems(newsroom, labels))
    text = json.dumps(truth(newsroom, labels), ensure_ascii=False, indent=1) + "\n"
    target = FOLDER / "truth.json"
    if options.check and (not target.exists() or target.read_text(encoding="utf-8") != text):
        wrong.append("truth.json is not what the batches give; run build_truth.py")
    if not options.check:
        target.write_text(text, encoding="utf-8")
        print(json.dumps(counts(newsroom, labels), indent=1))
    print(*wrong, f"{len(wrong)} problems", sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
