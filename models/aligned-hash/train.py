"""Train the aligned model: hashed words and n-grams of any language land on the English sentence's MiniLM vector.

    python models/aligned-hash/train.py PARALLEL [--themes models/themes] [--out models/aligned-hash]

PARALLEL is a folder of <language>.tsv with the columns source, English, the other language. Pairs of the domain are
mined from theme files: an example in another language and the English one that it renders, where each is the other's
nearest of the same theme. Minutes on two cores; the same input gives the same weights on one machine.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn import functional

from pipeline import catalogue, nlp
from pipeline.config import Config
from pipeline.tag import features

LANGUAGES = ("es", "fr", "de", "pt", "it")
BUCKETS = 1 << 15
EPOCHS, MINED_EPOCHS, BATCH, RATE, DROPPED, SHARPNESS = 4, 2, 256, 0.003, 0.2, 20.0


def pairs(folder: Path) -> list[tuple[str, str]]:
    """(English, other) of every language, each pair once; English renders itself."""
    found: dict[tuple[str, str], None] = {}
    for language in LANGUAGES:
        for line in (folder / f"{language}.tsv").read_text(encoding="utf-8").splitlines():
            _, english, other = line.split("\t")
            found[(english, other)] = None
            found[(english, english)] = None
    return list(found)


def bag(rows: list[Any], rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Hashed features of a batch, a fifth of them dropped, as EmbeddingBag wants them."""
    kept = [row[rng.random(len(row)) >= DROPPED] if len(row) > 4 else row for row in rows]
    kept = [row if len(row) else np.zeros(1, dtype=np.int64) for row in kept]
    ends = np.cumsum([0, *(len(row) for row in kept[:-1])])
    return torch.from_numpy(np.concatenate(kept)), torch.from_numpy(ends)


def step(table: torch.nn.EmbeddingBag, rows: list[Any], goal: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Contrastive and cosine loss of one batch; sentences with the same English are no negatives of each other."""
    found = functional.normalize(table(*bag(rows, rng)), dim=1)
    near = found @ goal.T
    same = goal @ goal.T > 0.999
    logits = (near * SHARPNESS).masked_fill(same & ~torch.eye(len(goal), dtype=torch.bool), -1e4)
    cosine = (1 - near.diagonal()).mean()
    return functional.cross_entropy(logits, torch.arange(len(goal))) + 2 * cosine


def fit(table: torch.nn.EmbeddingBag, rows: list[Any], goals: np.ndarray[Any, Any], epochs: int) -> None:
    """Adam with a rate that falls to zero."""
    rng = np.random.default_rng(0)
    steps = epochs * -(-len(rows) // BATCH)
    adam = torch.optim.SparseAdam(list(table.parameters()), lr=RATE)
    fall = torch.optim.lr_scheduler.LambdaLR(adam, lambda n: 1 - n / steps)
    for epoch in range(epochs):
        order, total = rng.permutation(len(rows)), 0.0
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            loss = step(table, [rows[n] for n in batch], torch.from_numpy(goals[batch]), rng)
            adam.zero_grad()
            loss.backward()
            adam.step()
            fall.step()
            total += loss.item() * len(batch)
        sys.stderr.write(f"epoch {epoch + 1} of {epochs}: loss {total / len(rows):.3f}\n")


def vectors(table: torch.nn.EmbeddingBag, texts: list[str]) -> np.ndarray[Any, Any]:
    """Unit rows as the model stands."""
    rows = [features.grams(t) % BUCKETS for t in texts]
    ends = np.cumsum([0, *(len(r) for r in rows[:-1])])
    with torch.inference_mode():
        found = table(torch.from_numpy(np.concatenate(rows)), torch.from_numpy(ends))
        return np.asarray(functional.normalize(found, dim=1).numpy())


def mined(table: torch.nn.EmbeddingBag, folder: Path, encode: Any) -> list[tuple[str, str]]:
    """(English, other) of theme examples that render each other."""
    found = []
    for theme in catalogue.themes(Config(), folder):
        for applies in (True, False):
            english = [e.text for e in theme.examples if e.language == "en" and e.applies is applies]
            goals = encode(english)
            for language in LANGUAGES:
                other = [e.text for e in theme.examples if e.language == language and e.applies is applies]
                near = vectors(table, other) @ goals.T if other and english else np.zeros((0, 0))
                for n, best in enumerate(near.argmax(1) if near.size else ()):
                    if near[:, best].argmax() == n and near[n, best] > 0.3:
                        found.append((english[best], other[n]))
    return found


def quantised(table: torch.nn.EmbeddingBag) -> dict[str, np.ndarray[Any, Any]]:
    """One int8 row and one scale a bucket."""
    weights = table.weight.detach().numpy()
    scales = np.maximum(np.abs(weights).max(1), 1e-9) / 127
    return {"rows": np.round(weights / scales[:, None]).astype(np.int8), "scales": scales.astype(np.float32)}


def main() -> None:
    """Train and write model.safetensors and config.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parallel", type=Path)
    parser.add_argument("--themes", type=Path, default=Path(__file__).parents[1] / "themes")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    torch.manual_seed(0)
    encode = nlp.minilm().encode
    known = pairs(asked.parallel)
    english = list(dict.fromkeys(e for e, _ in known))
    where = {text: n for n, text in enumerate(english)}
    goals = encode(english)
    table = torch.nn.EmbeddingBag(BUCKETS, goals.shape[1], mode="mean", sparse=True)
    torch.nn.init.normal_(table.weight, std=0.02)
    rows = [features.grams(other) % BUCKETS for _, other in known]
    fit(table, rows, goals[[where[e] for e, _ in known]], EPOCHS)
    domain = mined(table, asked.themes, encode)
    sys.stderr.write(f"{len(known)} pairs, {len(domain)} mined from theme files\n")
    if domain:
        extra = encode([e for e, _ in domain])
        rows += [features.grams(other) % BUCKETS for _, other in domain] * 2
        fit(table, rows, np.vstack([goals[[where[e] for e, _ in known]], extra, extra]), MINED_EPOCHS)
    save_file(quantised(table), asked.out / "model.safetensors")
    card = {"languages": list(LANGUAGES), "buckets": BUCKETS, "dimensions": int(goals.shape[1]), "of": nlp.MINILM}
    (asked.out / "config.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
