"""Learn how much each feature of ``pipeline.cluster.weigh`` counts, and say how well that carries over to other stories.

    python models/stories/train.py EXAMS [--folds 4] [--orders 6] [--write]

EXAMS is a folder with articles.jsonl and headlines.jsonl (id, title, text, published, url, story); beside them the sample
newsroom and the development half of ``tests/quality/stories_en_es`` are learnt from. A decision is one article beside the
open stories that the window brings up; the model is a softmax over these and "none of them". Decisions are gathered by
replaying the sets in several orders with the weights in use, then once more with those first learnt, so that the model
also knows the windows that its own mistakes make. ``--write`` writes scores.json: figures of stories left out of learning
(folds by story; both of a pair of alike events in one fold). The weights themselves are printed, to be put into weigh.py.
Minutes on one core; the same input gives the same weights.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from newsroom.site import Newsroom  # noqa: E402

from pipeline import cluster, dedupe, nlp  # noqa: E402
from pipeline.cluster import stream, weigh  # noqa: E402
from pipeline.config import Config  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.model import Article, Vectors

    Floats = NDArray[np.float32]
    Decide = Callable[[Floats, Floats], int]

SHARE = {"articles": 1.0, "headlines": 1.0, "newsroom": 1.0, "own": 1.0}  # what each set counts in all
ORDERS = {"articles": (0, 1, 2, 3), "headlines": (0, 1), "newsroom": (0, 2), "own": (0, 1, 2)}  # 0 is the order given
TIED = [weigh.FEATURES.index(name) for name in ("cross", "cross vector", "undated")]  # alike for headlines and texts
SCATTER = 12.0  # hours: the headlines of a story were listed within a minute, which news is not
DECAY = 5e-5
EAGER = (0.2, 0.7)  # added to the log odds: fair chances open more stories than B-cubed likes


@dataclass(eq=False)
class Labelled:
    """One labelled set with its vectors."""

    name: str
    stories: list[str]
    articles: list[Article]
    vectors: list[Vectors | None]

    def fold_key(self, at: int) -> str:
        """What may not be torn by a split: in ``articles`` the two stories of a pair share the part before ``_``."""
        return self.stories[at].split("_")[0] if self.name == "articles" else self.stories[at]

    def order(self, number: int) -> list[int]:
        """An order of arrival: 0 the one given, others shuffled."""
        found = list(range(len(self.articles)))
        if number:
            random.Random(number).shuffle(found)
        return found


@dataclass(frozen=True, eq=False)
class Decision:
    """Features of the candidates, how much text there was, and how many articles of the right story each holds."""

    features: Floats
    detail: Floats
    right: Floats
    set: Labelled
    at: int


@dataclass(eq=False)
class Replay:
    """A stream placed by ``decide``; gathers its decisions."""

    decisions: list[Decision] = field(default_factory=list)

    def run(self, data: Labelled, order: Sequence[int], decide: Decide) -> dict[int, int]:
        """Place a set in an order; return the story of each."""
        window, seen, found = cluster.Window(), dedupe.Seen(), dict[int, int]()
        inside: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for number, at in enumerate(order, start=1):
            article = replace(data.articles[at], id=number)
            copy = seen.copy_of(article) if article.text else None
            story = window.story_of(copy.origin) if copy else None
            if story is None:
                story = self._place(window, data, at, article, decide, inside) or number
            window.add(article, data.vectors[at], story)
            inside[story][data.stories[at]] += 1
            found[at] = story
        return found

    def _place(
        self,
        window: cluster.Window,
        data: Labelled,
        at: int,
        article: Article,
        decide: Decide,
        inside: Mapping[int, Counter[str]],
    ) -> int | None:
        reading = window.read(article, data.vectors[at])
        stories = window.near(reading) if len(reading.terms) else []
        if not stories:
            return None
        features = weigh.features_of(window, reading, stories)
        detail = np.array([weigh.detail(reading, s) for s in stories], dtype=np.float32)
        held = np.array([inside[s.id][data.stories[at]] for s in stories], dtype=np.float32)
        right = np.where(held / [s.articles for s in stories] > 0.5, held, 0).astype(np.float32)
        self.decisions.append(Decision(features, detail, right, data, at))
        best = decide(features, detail)
        return stories[best].id if best >= 0 else None


def decider(weights: Floats) -> Decide:
    """Join the best candidate where its log odds are above 0; ``weights`` has shape (2, features), short and long."""

    def decide(features: Floats, detail: Floats) -> int:
        odds = (1 - detail) * (features @ weights[0]) + detail * (features @ weights[1])
        return int(odds.argmax()) if odds.max() > 0 else -1

    return decide


def gathered(sets: Sequence[Labelled], decide: Decide) -> list[Decision]:
    """The decisions of every set in its orders; our own also once without dates."""
    replay = Replay()
    for data in sets:
        for number in ORDERS[data.name]:
            replay.run(_redated(data, number), data.order(number), decide)
    return replay.decisions


def _redated(data: Labelled, number: int) -> Labelled:
    if data.name == "headlines":
        rng = random.Random(number)
        moved = [timedelta(hours=rng.uniform(0, SCATTER)) for _ in data.articles]
        articles = [
            replace(a, published=a.published and a.published + by) for a, by in zip(data.articles, moved, strict=True)
        ]
        return replace(data, articles=articles)
    if data.name in ("own", "newsroom") and number == 2:
        return replace(data, articles=[replace(a, published=None) for a in data.articles])
    return data


def fit(decisions: Sequence[Decision]) -> Floats:
    """Softmax regression with weight decay; a story counts the same in its set however many articles it has."""
    widest, count = max(len(d.detail) for d in decisions), len(weigh.FEATURES)
    x = np.zeros((len(decisions), widest, 2 * count), dtype=np.float32)
    there = np.zeros((len(decisions), widest), dtype=np.bool_)
    y = np.zeros((len(decisions), widest + 1), dtype=np.float32)
    for n, d in enumerate(decisions):
        k, long = len(d.detail), d.detail[:, None]
        x[n, :k], there[n, :k] = np.concatenate((d.features * (1 - long), d.features * long), axis=1), True
        x[n, :k, [TIED]], x[n, :k, [count + at for at in TIED]] = 0, d.features[:, TIED].T
        y[n, :k], y[n, -1] = d.right / max(d.right.sum(), 1), d.right.sum() == 0
    scale = np.maximum(x[there].std(0), 0.02)
    wanted, inputs, mask = torch.from_numpy(y), torch.from_numpy(x / scale), torch.from_numpy(~there)
    weight = torch.from_numpy(_weights(decisions))
    learnt = torch.zeros(2 * count, requires_grad=True)
    optimiser = torch.optim.LBFGS([learnt], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Any:
        optimiser.zero_grad()
        odds = torch.cat([(inputs @ learnt).masked_fill(mask, -1e4), torch.zeros(len(inputs), 1)], 1)
        told = -(weight[:, None] * wanted * torch.log_softmax(odds, 1)).sum() + DECAY * (learnt**2).sum()
        told.backward()
        return told

    optimiser.step(loss)
    found = np.asarray(learnt.detach().numpy() / scale, dtype=np.float32).reshape(2, count)
    found[0, TIED] = found[1, TIED]
    return found


def _weights(decisions: Sequence[Decision]) -> Floats:
    each = Counter((d.set.name, d.set.stories[d.at]) for d in decisions)
    stories = Counter(name for name, _ in each)
    found = [SHARE[d.set.name] / stories[d.set.name] / each[d.set.name, d.set.stories[d.at]] for d in decisions]
    return np.array(found / np.sum(found), dtype=np.float32)


def learn(sets: Sequence[Labelled], keep: Callable[[Labelled, int], bool]) -> Floats:
    """Two rounds: from the windows that the weights in use make, and from those that the first ones learnt make."""
    decisions, decide = list[Decision](), decider(np.stack((weigh.SHORT, weigh.LONG)))
    weights = np.zeros((2, len(weigh.FEATURES)), dtype=np.float32)
    for _ in range(2):
        decisions += [d for d in gathered(sets, decide) if keep(d.set, d.at)]
        weights = fit(decisions)
        decide = decider(weights)
    weights[:, 0] += EAGER
    return weights


def left_out(sets: Sequence[Labelled], folds: int, orders: int, seed: int = 0) -> dict[str, dict[str, float]]:
    """B-cubed of each set, every story placed by weights learnt without it; mean and spread over shuffled orders."""
    sums: defaultdict[tuple[str, int], Floats] = defaultdict(lambda: np.zeros(3, dtype=np.float32))
    for fold in range(folds):
        of = {data.name: _folds(data, folds, seed) for data in sets}
        weights = learn(sets, lambda data, at, of=of, fold=fold: of[data.name][data.fold_key(at)] != fold)  # type: ignore[misc]
        for data in sets:
            inside = {at for at in range(len(data.stories)) if of[data.name][data.fold_key(at)] == fold}
            for number in (0, *(100 + n for n in range(orders if data.name != "headlines" else min(orders, 2)))):
                found = Replay().run(data, data.order(number), decider(weights))
                sums[data.name, number] += _b_cubed(data, found, inside)
        sys.stderr.write(f"fold {fold + 1} of {folds}\n")
    return {data.name: _told(data.name, sums) for data in sets}


def _folds(data: Labelled, folds: int, seed: int) -> dict[str, int]:
    keys = sorted({data.fold_key(at) for at in range(len(data.stories))})
    random.Random(seed).shuffle(keys)
    return {key: n % folds for n, key in enumerate(keys)}


def _b_cubed(data: Labelled, found: Mapping[int, int], inside: set[int]) -> Floats:
    """Sums of precision and recall over the items ``inside``, and their number."""
    theirs: defaultdict[str, set[int]] = defaultdict(set)
    ours: defaultdict[int, set[int]] = defaultdict(set)
    for at, story in found.items():
        theirs[data.stories[at]].add(at)
        ours[story].add(at)
    pairs = [(theirs[data.stories[at]], ours[found[at]]) for at in inside]
    precision = sum(len(gold & put) / len(put) for gold, put in pairs)
    return np.array([precision, sum(len(g & p) / len(g) for g, p in pairs), len(pairs)], dtype=np.float32)


def _told(name: str, sums: Mapping[tuple[str, int], Floats]) -> dict[str, float]:
    rows = {number: s[:2] / s[2] for (of, number), s in sums.items() if of == name}
    figures = {number: float(2 * p * r / (p + r)) for number, (p, r) in rows.items()}
    shuffled = [figure for number, figure in figures.items() if number]
    told = {"given": figures[0], "shuffled": np.mean(shuffled), "spread": np.std(shuffled), "worst": min(shuffled)}
    return {key: round(float(value), 3) for key, value in told.items()}


# ------------------------------------------------------------------ the labelled sets
def labelled(name: str, rows: Sequence[Mapping[str, Any]], encode: Callable[[Sequence[str]], Vectors]) -> Labelled:
    """Rows as the filter reads them, with the filter's vectors."""
    told = ("title", "text", "published", "url")
    articles = [stream._article(n, {key: row.get(key) for key in told}) for n, row in enumerate(rows)]
    vectors = [v for at in range(0, len(rows), 64) for v in stream._vectors(articles[at : at + 64], encode)]
    return Labelled(name, [row["story"] for row in rows], articles, vectors)


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def newsroom() -> list[dict[str, Any]]:
    """The sample newsroom's articles in order of time; one that is of no story is alone."""
    folder = ROOT / "tests" / "newsroom"
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["articles"]
    pieces = sorted(Newsroom(folder, date(2026, 12, 1)).articles.values(), key=lambda piece: piece.when)
    return [
        {"title": p.title, "text": "\n".join(p.paragraphs), "published": p.when.isoformat(), "url": p.url}
        | {"story": truth[p.id]["story"] or p.id}
        for p in pieces
        if p.id in truth
    ]


def main() -> None:
    """Print the weights; with --write also measure and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exams", type=Path)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--orders", type=int, default=6)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    encode = nlp.open_models(Config()).encode
    own = read(ROOT / "tests" / "quality" / "stories_en_es" / "development.jsonl")
    rows = {"articles": read(asked.exams / "articles.jsonl"), "headlines": read(asked.exams / "headlines.jsonl")}
    rows |= {"newsroom": newsroom(), "own": own}
    sets = [labelled(name, some, encode) for name, some in rows.items()]
    if asked.write:
        figures = left_out(sets, asked.folds, asked.orders)
        (HERE / "scores.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(figures, indent=1))
    for name, weights in zip(("SHORT", "LONG"), learn(sets, lambda _data, _at: True), strict=True):
        print(f"{name} = np.array([{', '.join(f'{w:.2f}' for w in weights)}], dtype=np.float32)")


if __name__ == "__main__":
    main()
