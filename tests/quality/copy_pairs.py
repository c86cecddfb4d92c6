"""Labelled pairs for copies: real texts changed as outlets change them, and what only looks like a copy.

Deterministic: the same texts give the same pairs. Each base text belongs to one half, development or held out, with
all that is made of it. Texts are not shipped; where the exams' data is missing only the newsroom's are left.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quality import copy_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HERE = Path(__file__).resolve().parent
EXAMS = HERE.parents[2] / "shared" / "exams" / "data"
LEAST = 60  # words of a base text

# Read by hand in the cluster exam's articles: wire texts that two outlets ran with light edits.
REAL_COPIES = (
    ("21_8ecb", "21_12ecb"), ("18_13ecb", "18_5ecb"), ("12_9ecbplus", "12_6ecbplus"), ("12_4ecbplus", "12_8ecbplus"),
    ("12_1ecbplus", "12_3ecbplus"), ("35_10ecbplus", "35_1ecbplus"), ("23_3ecbplus", "23_6ecbplus"),
    ("21_9ecbplus", "21_1ecbplus"),
)  # fmt: skip


@dataclass(frozen=True)
class Base:
    """A real text: its name, its half (0 development, 1 held out), its story where it has one, its paragraphs."""

    name: str
    half: int
    story: str | None
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


@dataclass(frozen=True)
class Pair:
    """An earlier text and a later one: whether the later is a copy, and what kind of pair it is."""

    earlier: str
    later: str
    copy: bool
    kind: str
    half: int


# ------------------------------------------------------------------ base texts
def bases(folder: Path = EXAMS) -> list[Base]:
    """Real texts of the exams, all of a story in one half; empty where the exams' data is missing."""
    found = []
    if (articles := folder / "cluster" / "articles.jsonl").exists():
        for line in articles.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            story = str(row["story"])
            found.append(Base(row["id"], _half(story), story, _paragraphs(row["text"])))
    if (truth := folder / "extract" / "zyte" / "truth.json").exists():
        for name, row in json.loads(truth.read_text(encoding="utf-8")).items():
            found.append(Base(name[:12], _half(name), None, _paragraphs(row["articleBody"])))
    return [base for base in found if len(base.text.split()) >= LEAST]


def newsroom_bases() -> list[Base]:
    """The texts of the bundled newsroom that copy nothing, in six languages."""
    from datetime import date

    from newsroom.site import Newsroom

    truth = json.loads((HERE.parent / "newsroom" / "truth.json").read_text(encoding="utf-8"))
    labels = truth["articles"]
    copies = {key for key, row in labels.items() if row.get("copy_of") or row.get("echo_of")}
    site = Newsroom(HERE.parent / "newsroom", date(2026, 11, 23))
    return [
        Base(key, _half(labels[key].get("story") or key), labels[key].get("story"), tuple(piece.paragraphs))
        for key, piece in sorted(site.articles.items())
        if key in labels and key not in copies and len(" ".join(piece.paragraphs).split()) >= LEAST
    ]


def _half(name: str) -> int:
    return random.Random(f"half of {name}").randint(0, 1)


def _paragraphs(text: str) -> tuple[str, ...]:
    """The text's own paragraphs, or three sentences each where it has none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 2:
        return tuple(lines)
    sentences = _sentences(" ".join(lines))
    return tuple(" ".join(sentences[n : n + 3]) for n in range(0, len(sentences), 3))


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?”\"])\s+(?=[A-Z“\"¿¡ÁÉÍÓÚÄÖÜ])", text)


# ------------------------------------------------------------------ how outlets change a text
HEADS = (
    "This report was supplied by an agency and appears here under licence.",
    "By our newsroom. Updated at 17:45.",
    "You are reading the free edition. Subscribers read the full archive, listen to every article and get the newspaper of the next day on the evening before.",
    "Advertisement. The article continues below.",
    "Share on all networks. Save for later. Listen to this article, four minutes.",
    "THE MORNING BRIEF: what you need to know before the first coffee.",
)  # fmt: skip
FEET = (
    "© All rights reserved. No part of this text may be used without written consent of the publisher.",
    "Sign up for our letter and get the most important stories of the day in your inbox every evening.\nRead also: what this means for you, in five charts.\nFollow us on all channels.",
    "Did you find a mistake? Write to the editors and name the title of the article.",
    "Our newsroom is paid for by its readers. If you value what you have read, please consider a subscription; it costs less than a coffee a week and can be ended at any time.",
    "More on this subject in our section. Comments are open for subscribers until midnight.",
)  # fmt: skip
NOTES = (
    "Editor’s note: This article first appeared elsewhere and is published here by permission. Headline and sub-headings are ours.",
    "Translated by the editors with the help of a machine; the original text is binding.",
    "Correction: An earlier version of this article gave a wrong first name. It has been put right.",
    "[Nota de la redacción: este texto se publica en su idioma original por acuerdo con la agencia.]",
)  # fmt: skip
DATELINES = (
    "LONDON, March 3 (Reuters) - ", "MADRID, 3 mar (EFE).- ", "BERLIN (dpa) - ", "NEW YORK, Jan. 9, 2026 /PRNewswire/ -- ",
    "PARIS (AFP) – ", "WASHINGTON (AP) — ",
)  # fmt: skip
CLAUSES = (
    "according to people who know of the matter", "as has since become known", "which few had seen coming",
    "and that is where things stand for now", "although not all of those concerned see it that way",
    "as had been rumoured for some days", "even if much remains open at this point", "so at least runs the account",
    "a step that will hardly be the last one", "and it is said that more is to follow soon",
    "in what many call a turning point", "which came as no surprise to those who follow it closely",
)  # fmt: skip
TITLES = ("What we know so far", "Live: all that matters", "A day that changes much")


def headline(parts: list[str], rng: random.Random) -> list[str]:
    return [rng.choice(TITLES), *parts]


def header(parts: list[str], rng: random.Random) -> list[str]:
    return [*rng.sample(HEADS, rng.randint(1, 2)), *parts]


def footer(parts: list[str], rng: random.Random) -> list[str]:
    return [*parts, *rng.sample(FEET, rng.randint(1, 3))]


def cut(parts: list[str], rng: random.Random) -> list[str]:
    """The first 40 to 80 % of the words, in whole paragraphs."""
    share, total = rng.uniform(0.4, 0.8), sum(len(part.split()) for part in parts)
    kept: list[str] = []
    for part in parts:
        kept.append(part)
        if sum(len(k.split()) for k in kept) >= share * total:
            break
    return kept


def note(parts: list[str], rng: random.Random) -> list[str]:
    said = rng.choice(NOTES)
    return [said, *parts] if rng.random() < 0.5 else [*parts, said]


def dateline(parts: list[str], rng: random.Random) -> list[str]:
    return [rng.choice(DATELINES) + parts[0], *parts[1:]]


def typos(parts: list[str], rng: random.Random) -> list[str]:
    """One word in fifty is spelt otherwise: two letters change places, one is doubled or lost."""
    return [" ".join(_typo(word, rng) if rng.random() < 0.02 else word for word in part.split()) for part in parts]


def _typo(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    n = rng.randint(1, len(word) - 3)
    return rng.choice((word[:n] + word[n + 1] + word[n] + word[n + 2 :], word[:n] + word[n] + word[n:], word[:n] + word[n + 1 :]))  # fmt: skip


def marks(parts: list[str], rng: random.Random) -> list[str]:
    """Other quotes and dashes, no accents on apostrophes, now and then capitals."""
    table = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "«": '"', "»": '"', "…": "..."})
    if rng.random() < 0.5:
        table = str.maketrans({'"': "»", "'": "’", "-": "–"})
    found = [part.translate(table) for part in parts]
    return [found[0].upper(), *found[1:]] if rng.random() < 0.3 else found


def rewrite(parts: list[str], rng: random.Random) -> list[str]:
    """Halves of sentences are replaced, until 10 to 15 % of the words are other ones."""
    sentences = [(n, s) for n, part in enumerate(parts) for s in _sentences(part)]
    goal = rng.uniform(0.10, 0.15) * sum(len(s.split()) for _, s in sentences)
    order, done = rng.sample(range(len(sentences)), len(sentences)), 0.0
    for at in order:
        n, sentence = sentences[at]
        words = sentence.split()
        half = len(words) // 2
        if done >= goal:
            break
        if len(words) < 12 or done + half > goal + 8:
            continue
        clause = rng.choice(CLAUSES)
        first = rng.random() < 0.5
        told = [clause.capitalize() + ",", *words[half:]] if first else [*words[:half], clause + "."]
        sentences[at] = (n, " ".join(told))
        done += half
    return [" ".join(s for m, s in sentences if m == n) for n in range(len(parts))]


def _several(*changes: Callable[[list[str], random.Random], list[str]]) -> Callable[..., list[str]]:
    def changed(parts: list[str], rng: random.Random) -> list[str]:
        for change in changes:
            parts = change(parts, rng)
        return parts

    return changed


CHANGES: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "headline": headline,
    "header": header,
    "footer": footer,
    "cut": cut,
    "note": note,
    "dateline": dateline,
    "typos": typos,
    "marks": marks,
    "rewrite": rewrite,
    "header, footer, typos": _several(typos, header, footer),
    "dateline, cut, footer": _several(cut, dateline, footer),
    "rewrite, header, marks": _several(rewrite, header, marks),
    "note, cut, typos": _several(cut, typos, note),
}


# ------------------------------------------------------------------ the pairs
def pairs(texts: Sequence[Base], *, changes_each: int = 6, forms_each: int = 60) -> list[Pair]:
    """All pairs that the texts give, and ``forms_each`` pairs of each templated form."""
    return [*_copies(texts, changes_each), *_others(texts), *_forms(forms_each)]


def _copies(texts: Sequence[Base], changes_each: int) -> Iterator[Pair]:
    known = {base.name: base for base in texts}
    for base in texts:
        rng = random.Random(f"changes of {base.name}")
        for kind in rng.sample(sorted(CHANGES), min(changes_each, len(CHANGES))):
            changed = "\n".join(CHANGES[kind](list(base.paragraphs), rng))
            if len(changed.split()) < 30 or _added(changed) > 0.4:
                continue  # a cut has left a teaser, or what was put around a short text outweighs it
            turned = "cut" not in kind and rng.random() < 0.2
            earlier, later = (changed, base.text) if turned else (base.text, changed)
            yield Pair(earlier, later, True, kind, base.half)
    for one, other in REAL_COPIES:
        if one in known and other in known:
            yield Pair(known[one].text, known[other].text, True, "real", known[one].half)


def _added(text: str) -> float:
    """Share of a text's words that are our header, footer or note."""
    ours = {_plain(line) for said in (*HEADS, *FEET, *NOTES) for line in said.splitlines()}
    lines = [_plain(line) for line in text.splitlines()]
    return sum(len(line) for line in lines if line in ours) / max(sum(map(len, lines)), 1)


def _plain(line: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", line.casefold()))


def _others(texts: Sequence[Base]) -> Iterator[Pair]:
    """What is no copy: reports of one event, quoted releases, other articles under one header and footer."""
    rng = random.Random("others")
    by_half = [[base for base in texts if base.half == half] for half in (0, 1)]
    for n, base in enumerate(texts):
        near = [
            x for x in texts[:n] if x.story == base.story and x.story is not None and share(x.text, base.text) < 0.5
        ]
        for other in rng.sample(near, min(2, len(near))):
            yield Pair(other.text, base.text, False, "same event", base.half)
        elsewhere = [x for x in by_half[base.half] if x.story != base.story or (x.story is None and x is not base)]
        if not elsewhere:
            continue
        yield from _quoting(base, rng.choice(elsewhere), rng)
        other = rng.choice(elsewhere)
        frame = rng.sample(HEADS, 2), rng.sample(FEET, 3)
        texts_framed = ["\n".join([*frame[0], *x.paragraphs, *frame[1]]) for x in (other, base)]
        yield Pair(texts_framed[0], texts_framed[1], False, "same frame", base.half)


def _quoting(release: Base, report: Base, rng: random.Random) -> Iterator[Pair]:
    """A report of its own words that quotes a stretch of a release: 25 to 45 % of its words are the release's."""
    words, own = release.text.split(), list(report.paragraphs)
    length = sum(len(part.split()) for part in own)
    share_of_it = rng.uniform(0.25, 0.45)
    count = min(int(length * share_of_it / (1 - share_of_it)), len(words))
    start = rng.randint(0, len(words) - count)
    at = rng.randint(1, len(own))
    yield Pair(
        release.text,
        "\n".join([*own[:at], "“" + " ".join(words[start : start + count]) + "”", *own[at:]]),
        False,
        "quotes a release",
        release.half,
    )


def share(one: str, other: str, run: int = 8) -> float:
    """The larger share of two texts' words that stand in runs of both: over a half, nobody has said what they are."""
    a, b = (re.findall(r"\w+", text.casefold()) for text in (one, other))
    runs = [{tuple(words[n : n + run]) for n in range(len(words) - run + 1)} for words in (a, b)]
    shared = runs[0] & runs[1]
    return max((_covered(words, shared, run) for words in (a, b)), default=0.0)


def _covered(words: Sequence[str], shared: set[tuple[str, ...]], run: int) -> float:
    hit = {n + k for n in range(len(words) - run + 1) if tuple(words[n : n + run]) in shared for k in range(run)}
    return len(hit) / max(len(words), 1)


def _forms(each: int) -> Iterator[Pair]:
    for form in copy_forms.FORMS:
        for seed in range(each):
            earlier, later = copy_forms.pair(form, seed)
            yield Pair(earlier, later, False, f"form: {form}", seed % 2)
    rng = random.Random("copies of forms")
    for form in copy_forms.FORMS:
        for seed in range(each // 3):
            text = copy_forms.pair(form, seed)[0]
            kind = rng.choice(["header", "footer", "dateline", "note", "typos", "marks"])
            yield Pair(text, "\n".join(CHANGES[kind](text.splitlines(), rng)), True, "copied form", seed % 2)
