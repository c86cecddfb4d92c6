"""Learn the tagger of the shipped themes and measure it: `make models`.

Writes the weights beside this file under the name that `pipeline.nlp` looks for, and scores.json: figures on the
articles of the sample newsroom (never learnt from). Batches a, b and d were looked at while the article-level
shift was set; batch c was not.
"""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from quality.measures import calibration_error, micro_f1  # noqa: E402

from pipeline import catalogue, config, nlp, tag  # noqa: E402
from pipeline.model import Article  # noqa: E402


def newsroom() -> tuple[list[str], list[Article], dict[str, dict]]:
    """The newsroom's own texts (copies aside), with the truth about them."""
    truth = json.loads((ROOT / "tests" / "newsroom" / "truth.json").read_text())["articles"]
    keys, articles = [], []
    for path in sorted((ROOT / "tests" / "newsroom" / "articles").glob("*.md")):
        head, body = path.read_text(encoding="utf-8").removeprefix("+++\n").split("\n+++\n", 1)
        table = tomllib.loads(head)
        if path.stem in truth and "body_of" not in table:
            text = "\n".join(line for line in body.splitlines() if line.strip())
            keys.append(path.stem)
            articles.append(Article(len(keys), "", table["title"], text, language=table["language"]))
    return keys, articles, truth


def main() -> None:
    """Learn, save, measure."""
    models = nlp.open_models(config.Config())
    themes = catalogue.themes(config.Config())
    path = HERE / nlp.tagger_name(themes, models)
    if not path.exists():  # the name changes with all that a tagger is learnt from
        for old in HERE.glob("*.npz"):
            old.unlink()
        nlp.save_tagger(tag.learn(themes, models.encode), path)
    learnt = tag.from_bytes(path.read_bytes())
    keys, articles, truth = newsroom()
    watchlist = tag.watchlist([])
    found = dict(
        zip(
            keys,
            (tag.article(a, n, learnt, watchlist) for a, n in zip(articles, models.annotate(articles), strict=True)),
            strict=True,
        )
    )
    gold = {key: set(truth[key]["themes"]) for key in keys}
    given = {key: {t.theme for t in found[key].tags} for key in keys}
    part = lambda chosen: round(micro_f1({k: gold[k] for k in chosen}, given), 3)  # noqa: E731
    pairs = [(found[k].scores[t.key], t.key in gold[k]) for k in keys for t in themes]
    stances = [
        (truth[k]["stance"][t.theme], t.stance) for k in keys for t in found[k].tags if t.theme in truth[k]["stance"]
    ]
    hard = [k for k in keys if truth[k]["hard_negative"]]
    scores = {
        "articles": len(keys),
        "micro_f1": part(keys),
        "micro_f1_by_language": {
            x: part([k for k in keys if truth[k]["language"] == x]) for x in ("en", "es", "de", "fr", "pt")
        },
        "micro_f1_batches_a_b_d": part([k for k in keys if k[0] in "abd"]),
        "micro_f1_batch_c": part([k for k in keys if k[0] == "c"]),
        "hard_negatives_untagged": round(sum(not given[k] for k in hard) / len(hard), 3),
        "stance_accuracy": round(sum(a == b for a, b in stances) / len(stances), 3),
        "expected_calibration_error": round(calibration_error(pairs), 3),
    }
    (HERE / "scores.json").write_text(json.dumps(scores, indent=1) + "\n")
    print(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()
