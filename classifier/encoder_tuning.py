"""Tunes the upper layers of MiniLM and a head to the grid's questions, with torch.

Only this module needs torch (the extra `fine-tuning`); what it writes is read by
`classifier.tuned_encoder` without it. The lower layers stay as they are, so that their output is
worked out once a paper and the file that ships holds the upper ones alone.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.atomic import write_whole
from classifier.embedder import file_digest, load_tokenizer, package_file, read_tensors
from classifier.minilm_graph import MINILM_DIMENSIONS, MINILM_HEADS, MINILM_LAYERS
from classifier.placing_fit import Targets, targets_of
from classifier.tuned_encoder import (
    ENCODER_CONFIG,
    ENCODER_WEIGHTS,
    EncoderConfig,
    TunedEncoder,
    fold_of_title,
    paper_words,
)
from foundation.errors import ConfigurationError, RefusedInputError

if TYPE_CHECKING:
    from classifier.labels import HandLabel
    from classifier.prediction import PaperText
    from taxonomy.models import Taxonomy

SURE_WEIGHT = {1: 0.6, 2: 0.85, 3: 1.0}
FEWEST_PAPERS = 40
STARTED_FROM = "started_from"  # in the settings: digest of the weights that the tuning went on from
INNER = 1536  # width of the feed-forward part, of the package's config.json


@dataclass(frozen=True)
class Tuning:
    """Settings of a tuning.

    The values are those usual for small encoders (Devlin et al. 2019, appendix A.3, with a higher rate
    for a smaller model); they were not searched. Nine abstracts in ten end before the last token.

    Attributes:
        first_tuned_layer: Layers from this one on are tuned.
        max_tokens: How many tokens of a text are read.
        passes: How often every paper is seen.
        batch: Papers a step.
        rate: Highest learning rate of the last layer; each layer below gets nine tenths of the one above.
        head_rate: How much faster the head learns, which starts from nothing.
        dropout: Share of numbers dropped.
        other_cells: Share of the primary cell's weight that goes to the paper's further cells.
        folds: Into how many folds the papers are cut by title.
        kept_fold: The fold that is kept out.
        seed: Of every draw.
    """

    first_tuned_layer: int = 3
    max_tokens: int = 224
    passes: int = 4
    batch: int = 32
    rate: float = 1.5e-4
    head_rate: float = 15.0
    dropout: float = 0.1
    other_cells: float = 0.15
    folds: int = 8
    kept_fold: int = 0
    seed: int = 0


Step = Callable[[int, int, float], None]


def tune(
    labelled: Sequence[tuple[HandLabel, PaperText]],
    folder: Path,
    taxonomy: Taxonomy,
    *,
    tuning: Tuning | None = None,
    start: TunedEncoder | None = None,
    step: Step | None = None,
) -> EncoderConfig:
    """Tune the encoder and write its folder.

    Args:
        labelled: Labels beside their texts, held-out papers dropped.
        folder: Where to write `encoder.json` and `encoder.safetensors`.
        taxonomy: The grid whose cells and topics are learnt.
        tuning: Settings.
        start: A tuned encoder to go on from, as labels grow; None starts from the published layers.
        step: Told step, number of steps and mean loss.

    Returns:
        What stands in `encoder.json`.

    Raises:
        ConfigurationError: torch is not installed.
        RefusedInputError: Too few papers, or `start` was tuned to other questions, in another form, or
            on papers that are to be kept out now.
    """
    try:
        import torch
    except ImportError as error:
        raise ConfigurationError(
            "tuning the encoder needs torch", hint='Install it: uv pip install "llm-landscape[fine-tuning]"'
        ) from error
    import numpy as np
    from safetensors.numpy import save

    tuning = tuning or Tuning()
    kept = [(t, p) for t, p in labelled if fold_of_title(p.title, tuning.folds) != tuning.kept_fold]
    if len(kept) < FEWEST_PAPERS:
        raise RefusedInputError(
            "too few labelled papers to tune an encoder",
            hint="Harvest or import the labelled papers, or name their texts with --texts.",
            papers=len(kept),
            fewest=FEWEST_PAPERS,
        )
    torch.manual_seed(tuning.seed)
    draws = random.Random(tuning.seed)  # noqa: S311 -- an order of papers, no secret
    topics = tuple(topic.id for topic in taxonomy.topics)
    targets = targets_of([label for label, _ in kept], taxonomy.cells, topics, SURE_WEIGHT)
    base = package_file("model.safetensors")
    if start is not None:
        _check_start(start.config, tuning, taxonomy.cells, topics)
    net = _network(read_tensors(base), 1 + 2 * len(taxonomy.cells) + len(topics), tuning)
    if start is not None:
        net.take(read_tensors(start.folder / ENCODER_WEIGHTS))
    encodings = load_tokenizer(tuning.max_tokens).encode_batch([paper_words(paper) for _, paper in kept])
    states = _lower_states(net, [encoding.ids for encoding in encodings], tuning)
    _learn(net, states, targets, tuning, draws, step)
    weights = {
        name: tensor.detach().to(torch.float16).numpy().astype(np.float16)
        for name, tensor in net.tuned_tensors().items()
    }
    raw = save(weights)
    config = EncoderConfig(
        base_sha256=file_digest(base),
        weights_sha256=hashlib.sha256(raw).hexdigest(),
        max_tokens=tuning.max_tokens,
        first_tuned_layer=tuning.first_tuned_layer,
        cells=taxonomy.cells,
        topics=topics,
        folds=tuning.folds,
        kept_fold=tuning.kept_fold,
        papers=len(kept),
        settings={
            name: value
            for name, value in asdict(tuning).items()
            if name not in ("max_tokens", "first_tuned_layer", "folds", "kept_fold")
        }
        | ({} if start is None else {STARTED_FROM: start.config.weights_sha256}),
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / ENCODER_WEIGHTS, raw)
    write_whole(folder / ENCODER_CONFIG, (config.model_dump_json(indent=1) + "\n").encode("utf-8"))
    return config


def _check_start(
    config: EncoderConfig, tuning: Tuning, cells: tuple[str, ...], topics: tuple[str, ...]
) -> None:
    form = (config.max_tokens, config.first_tuned_layer, config.folds, config.kept_fold)
    wanted = (tuning.max_tokens, tuning.first_tuned_layer, tuning.folds, tuning.kept_fold)
    if (config.cells, config.topics) != (cells, topics) or form != wanted:
        raise RefusedInputError(
            "the encoder to go on from was tuned to another grid or in another form",
            hint="Tune from the start: leave --start out.",
            max_tokens=config.max_tokens,
            first_tuned_layer=config.first_tuned_layer,
            kept_fold=f"{config.kept_fold} of {config.folds}",
        )


def _network(tensors: dict[str, Any], n_heads: int, tuning: Tuning) -> Any:
    import torch
    from torch import nn
    from torch.nn import functional

    size = MINILM_DIMENSIONS

    class Layer(nn.Module):  # type: ignore[misc,name-defined,unused-ignore]
        """One layer of BERT, under the names of the published weights."""

        def __init__(self) -> None:
            super().__init__()
            for name in ("query", "key", "value"):
                self.add_module(name, nn.Linear(size, size))
            self.joined, self.first_norm = nn.Linear(size, size), nn.LayerNorm(size, 1e-12)
            self.inner, self.outer = nn.Linear(size, INNER), nn.Linear(INNER, size)
            self.second_norm, self.drop = nn.LayerNorm(size, 1e-12), nn.Dropout(tuning.dropout)

        def forward(self, value: Any, mask: Any) -> Any:
            texts, tokens, _ = value.shape

            def parts(of: Any) -> Any:
                return of.view(texts, tokens, MINILM_HEADS, size // MINILM_HEADS).transpose(1, 2)

            mixed = functional.scaled_dot_product_attention(
                parts(self.query(value)),
                parts(self.key(value)),
                parts(self.value(value)),
                attn_mask=mask,
                dropout_p=tuning.dropout if self.training else 0.0,
            )
            mixed = self.joined(mixed.transpose(1, 2).reshape(texts, tokens, size))
            value = self.first_norm(value + self.drop(mixed))
            return self.second_norm(value + self.drop(self.outer(functional.gelu(self.inner(value)))))

    published = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "joined": "attention.output.dense",
        "first_norm": "attention.output.LayerNorm",
        "inner": "intermediate.dense",
        "outer": "output.dense",
        "second_norm": "output.LayerNorm",
    }

    class Network(nn.Module):  # type: ignore[misc,name-defined,unused-ignore]
        """Embeddings, six layers, and the head over the mean of the tokens."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(Layer() for _ in range(MINILM_LAYERS))
            self.norm = nn.LayerNorm(size, 1e-12)
            self.head = nn.Linear(size, n_heads)
            nn.init.normal_(self.head.weight, std=0.02)
            nn.init.zeros_(self.head.bias)
            self.drop = nn.Dropout(tuning.dropout)
            self.tables = {
                kind: torch.from_numpy(tensors[f"embeddings.{kind}_embeddings.weight"].copy())
                for kind in ("word", "position", "token_type")
            }
            with torch.no_grad():
                for own, name in self._names("norm", "embeddings.LayerNorm"):
                    own.copy_(torch.from_numpy(tensors[name]))
                for number in range(MINILM_LAYERS):
                    for part, told in published.items():
                        for own, name in self._names(
                            f"layers.{number}.{part}", f"encoder.layer.{number}.{told}"
                        ):
                            own.copy_(torch.from_numpy(tensors[name]))

        def _names(self, own: str, name: str) -> list[tuple[Any, str]]:
            return [(self.get_parameter(f"{own}.{kind}"), f"{name}.{kind}") for kind in ("weight", "bias")]

        def lower(self, ids: Any, mask: Any) -> Any:
            tables = self.tables
            value = tables["word"][ids] + tables["position"][: ids.shape[1]] + tables["token_type"][0]
            value = self.norm(value)
            for layer in self.layers[: tuning.first_tuned_layer]:
                value = layer(value, mask[:, None, None, :])
            return value

        def pooled(self, value: Any, mask: Any) -> Any:
            for layer in self.layers[tuning.first_tuned_layer :]:
                value = layer(value, mask[:, None, None, :])
            real = mask.float()[..., None]
            return (value.float() * real).sum(1) / real.sum(1)

        def take(self, given: dict[str, Any]) -> None:
            with torch.no_grad():
                for name, own in self.tuned_tensors().items():
                    own.copy_(torch.from_numpy(given[name]).float())

        def tuned_tensors(self) -> dict[str, Any]:
            found = {"head.weight": self.head.weight, "head.bias": self.head.bias}
            for number in range(tuning.first_tuned_layer, MINILM_LAYERS):
                for part, told in published.items():
                    for own, name in self._names(f"layers.{number}.{part}", f"encoder.layer.{number}.{told}"):
                        found[name] = own
            return found

    return Network()


def _padded(states: Sequence[Any]) -> tuple[Any, Any]:
    import torch

    width = max(len(state) for state in states)
    value = torch.zeros((len(states), width, *states[0].shape[1:]), dtype=states[0].dtype)
    mask = torch.zeros((len(states), width), dtype=torch.bool)
    for row, state in enumerate(states):
        value[row, : len(state)] = state
        mask[row, : len(state)] = True
    return value, mask


def _lower_states(net: Any, tokens: Sequence[list[int]], tuning: Tuning) -> list[Any]:
    """What the layers that stay make of each paper, in 16 bits: a gigabyte and a half for ten thousand."""
    import torch

    net.eval()
    states: list[Any] = [None] * len(tokens)
    order = sorted(range(len(tokens)), key=lambda row: (len(tokens[row]), row))
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for start in range(0, len(order), tuning.batch):
            rows = order[start : start + tuning.batch]
            ids, mask = _padded([torch.tensor(tokens[row]) for row in rows])
            value = net.lower(ids, mask).bfloat16()
            for place, row in enumerate(rows):
                states[row] = value[place, : len(tokens[row])].clone()
    return states


def _batches(lengths: Sequence[int], size: int, draws: random.Random) -> Iterator[list[int]]:
    """Batches of papers of like length, in a drawn order."""
    order = list(range(len(lengths)))
    draws.shuffle(order)
    batches = []
    for start in range(0, len(order), size * 16):
        chunk = sorted(order[start : start + size * 16], key=lambda row: lengths[row])
        batches += [chunk[place : place + size] for place in range(0, len(chunk), size)]
    draws.shuffle(batches)
    yield from batches


def _learn(
    net: Any, states: Sequence[Any], targets: Targets, tuning: Tuning, draws: random.Random, step: Step | None
) -> None:
    import torch
    from torch.nn import functional

    n_cells = targets.cells.shape[1]
    relevant = torch.from_numpy(targets.relevant).float()
    cells, topics = torch.from_numpy(targets.cells).float(), torch.from_numpy(targets.topics).float()
    weight = torch.from_numpy(targets.weight).float()
    primary = _primary_shares(targets, tuning)
    groups = []
    for name, tensor in net.named_parameters():
        layer = int(name.split(".")[1]) if name.startswith("layers.") else None
        if layer is not None and layer >= tuning.first_tuned_layer:
            rate = tuning.rate * 0.9 ** (MINILM_LAYERS - 1 - layer)
        elif name.startswith("head."):
            rate = tuning.rate * tuning.head_rate
        else:
            continue
        decay = 0.01 if tensor.ndim > 1 else 0.0
        groups.append({"params": [tensor], "lr": rate, "highest": rate, "weight_decay": decay})
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98))
    steps = tuning.passes * math.ceil(len(states) / tuning.batch)
    done, total = 0, 0.0
    net.train()
    for _ in range(tuning.passes):
        for rows in _batches([len(state) for state in states], tuning.batch, draws):
            # A rise over the first twelfth, then a straight fall.
            share = min(1.0, done / (0.08 * steps)) * max(0.02, 1 - done / steps)
            for group in optimizer.param_groups:
                group["lr"] = group["highest"] * share
            value, mask = _padded([states[row] for row in rows])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                pooled = net.pooled(value.float(), mask)
            out = net.head(net.drop(pooled.float()))
            on, counts = relevant[rows], weight[rows]
            bits = functional.binary_cross_entropy_with_logits
            loss = (bits(out[:, 0], on, reduction="none") * counts).sum()
            told = functional.log_softmax(out[:, 1 : 1 + n_cells], 1)
            loss = loss + (-(primary[rows] * told).sum(1) * counts * on).sum()
            any_cell = bits(out[:, 1 + n_cells : 1 + 2 * n_cells], cells[rows], reduction="none").sum(1)
            loss = loss + 0.5 * (any_cell * counts * on).sum()
            topic = bits(out[:, 1 + 2 * n_cells :], topics[rows], reduction="none").sum(1)
            loss = (loss + (topic * counts * on).sum()) / len(rows)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            done += 1
            total += float(loss.detach())
            if step is not None:
                step(done, steps, total / done)
    net.eval()


def _primary_shares(targets: Targets, tuning: Tuning) -> Any:
    """Where the first cell's weight goes: most to the primary one, the rest to the paper's others."""
    import numpy as np
    import torch

    shares = np.zeros(targets.cells.shape)
    for row in np.flatnonzero(targets.relevant):
        first = targets.primary[row]
        others = targets.cells[row].copy()
        others[first] = False
        shares[row, first] = 1.0
        if others.any():
            shares[row, first] = 1.0 - tuning.other_cells
            shares[row, others] = tuning.other_cells / others.sum()
    return torch.from_numpy(shares).float()
