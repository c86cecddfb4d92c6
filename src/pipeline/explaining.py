"""An article's place in a story and a person's decisions, in words: what matched, what spoke against it, who moved it.

Rows of ``store.story_answers`` in, lines of text out. Fits a window of 100 columns.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from pipeline.outputs.text import one_line, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[str, Any]

WHO, WHY = 17, 63  # columns of the window for when and who, and for the headline and why
SAID = 5  # shared names, and other words, that are shown
NEXT = 2  # runners-up that are shown
FEW = 0.1  # likeness of words below which there are few in common
FAINT = 0.15  # log odds that need no mention


# Features that measure one thing in two ways: each alone may say too much, and the other takes it back.
SAME = {
    "each": "words", "each rare": "words", "each vector": "vector", "cross vector": "cross", "undated": "gap",
}  # fmt: skip


def story_lines(found: Row) -> Iterator[str]:
    """Yield the head of a story: title, first report, counts, themes, and what people decided about it."""
    story = found["story"]
    yield wrapped(story.title, first=f"Story {story.id}  ", width=100)
    yield f"first    {story.first:%Y-%m-%d %H:%M}  {one_line(story.first_source)}"
    yield f"at       {one_line(story.url)}"
    yield f"newest   {story.last:%Y-%m-%d %H:%M}"
    copies = f", {_count(story.copies, 'of them a copy', 'of them copies')}" if story.copies else ""
    voices = _count(story.voices, "independent voice", "independent voices")
    articles = _count(story.articles, "article", "articles")
    yield f"told by  {articles}{copies}; {voices}; {', '.join(story.languages)}"
    if story.themes:
        yield f"themes   {', '.join(story.themes)}"
    for row in (x for x in found["decisions"] if x["kind"] != "undo" and not x["undone_by"]):
        yield wrapped(f"{decision(row)}, {signed(row)}", first="by hand  ", width=100)


def decision(row: Row) -> str:
    """Say what a decision did, as of the view ``story_decision``."""
    moved = _count(row["moved"], "article", "articles")
    if row["kind"] == "split":
        said = f"{moved} split off story {row['story']} into story {row['target']}"
    elif row["kind"] == "merge":
        said = f"{_numbers('story', 'stories', row['merged'])} merged into story {row['target']}, {moved}"
    else:
        said = f"decision {row['undoes']} undone, {moved} put back"
    return f"{said} (undone by decision {row['undone_by']})" if row["undone_by"] else said


def signed(row: Row) -> str:
    """Say whose decision it was, when, and with which note."""
    number = row.get("id") or row["decision"]
    note = f": {one_line(row['note'])}" if row["note"] else ""
    return f"decision {number} by {one_line(row['made_by'])}, {row['made_at']:%Y-%m-%d %H:%M}{note}"


# ------------------------------------------------------------------ one article
def article_row(row: Row) -> dict[str, Any]:
    """Return an article as a row of a table of four columns: article, who, why, sure."""
    language = f" ({row['language']})" if row["language"] else ""
    who = wrapped(one_line(row["source_name"]) + language, width=WHO)
    lines = [wrapped(row["title"], width=WHY), *(wrapped(x, rest="  ", width=WHY) for x in why(row))]
    return {
        "article": row["article"],
        "who": f"{row['arrived_at']:%Y-%m-%d %H:%M}\n{who}",
        "why": "\n".join(lines) + "\n",
        "sure": "by hand" if row["moved"] else "copy" if row["is_copy"] else percent(row["score"]),
    }


def why(row: Row) -> Iterator[str]:
    """Yield the lines that say how an article came to its story: by hand, as a copy, or by what was weighed."""
    moved = row["moved"]
    if moved and moved["follows"]:
        yield f"copy of article {moved['follows']}, with which it came from story {moved['from_story']}: {signed(moved)}"
    elif moved:
        yield f"from story {moved['from_story']}, {signed(moved)}"
        yield from _placed(moved, "before: ")
    elif row["is_copy"]:
        said = str(row["copy_reason"])
        yield f"copy: {said}" if f"article {row['copy_of']}" in said else f"copy of article {row['copy_of']}: {said}"
    else:
        yield from _placed(row)


def _placed(row: Row, prefix: str = "") -> Iterator[str]:
    found = row["weighing"]
    if not found:
        yield f"{prefix}{row['reason']}"
        return
    if row["opened"]:
        which, sure = "a" if prefix else "the", percent(row["score"])
        yield f"{prefix}opened {which} story, {sure} sure that it was new; nearest: story {found['story']}"
    elif prefix:
        yield f"{prefix}joined story {found['story']}, {percent(row['score'])} sure"
    yield from weighed(found)
    others = found.get("runners_up", ())[:NEXT]
    if others and not row["opened"]:
        yield "next best: " + ", ".join(f"story {story} ({percent(chance)})" for story, chance in others)


def weighed(found: Row) -> Iterator[str]:
    """Yield a line of what spoke for being in a story and one of what spoke against it, each with its log odds."""
    parts = sorted(_parts(found), key=lambda part: -abs(part[1]))
    pro = [f"{said} ({odds:+.1f})" for said, odds in parts if odds >= FAINT]
    con = [f"{said} (−{-odds:.1f})" for said, odds in parts if odds <= -FAINT]
    con += [] if found.get("names") else ["no shared name or number"]
    con += [] if found.get("like_words", 0) >= FEW else ["few words in common"]
    if pro:
        yield "for: " + "; ".join(pro)
    if con:
        yield "against: " + "; ".join(con)


def _parts(found: Row) -> Iterator[tuple[str, float]]:
    """Yield what was weighed, as a person calls it, and its log odds; features that measure one thing are added up."""
    odds: defaultdict[str, float] = defaultdict(float)
    for name, part in found.get("odds", ()):
        odds[SAME.get(name, name)] += part
    meaning = f"meaning {found['meaning']:.2f} alike" if "meaning" in found else "meaning, as words let expect"
    told = {
        "bias": "to begin with",
        "words": _alike("words", found.get("like_words", 0), found.get("words", ())),
        "names": _alike("names and numbers", found.get("like_names", 0), found.get("names", ())),
        "vector": meaning,
        "gap": f"{_duration(found.get('hours', 0))} apart",
        "size": "size of the story",
        "cross": "allowed for another language",
    }
    for name, part in odds.items():
        yield told.get(name, name), part


def _alike(kind: str, likeness: float, said: Sequence[tuple[str, float]]) -> str:
    these = f": {', '.join(one_line(word) for word, _ in said[:SAID])}" if said else ""
    return f"{kind} {likeness:.2f} alike{these}"


# ------------------------------------------------------------------ figures
def percent(chance: float) -> str:
    """Return a probability as a person reads it; none but the certain is 100 %, or 0."""
    if chance in (0, 1):
        return f"{chance:.0%}".replace("%", " %")
    return "< 1 %" if chance < 0.01 else "> 99 %" if chance > 0.99 else f"{100 * chance:.0f} %"


def _duration(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _numbers(one: str, more: str, numbers: Sequence[int]) -> str:
    return f"{one if len(numbers) == 1 else more} {', '.join(map(str, numbers))}"
