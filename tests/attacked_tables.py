"""Tables of attacked models with known probabilities, without any model."""

from typing import Any

import numpy as np
import polars as pl

from loft_jax.findings.table import SCHEMA, to_table

PLAIN: dict[str, Any] = {"head": "plain", "rank": None, "activation": None}


def loft(rank: int, **more: Any) -> dict[str, Any]:
    """Setting of a LoFt head."""
    return {"head": "loft", "rank": rank, "activation": "tanh", **more}


def rows_with(
    hits: np.ndarray, *, seeds: Any = None, labels: Any = None, accuracy: Any = 0.9, **setting: Any
) -> list[dict[str, Any]]:
    """A row for each seed and class, with the shares `hits` [r, k] and an accuracy a seed."""
    r, k = hits.shape
    seeds = range(r) if seeds is None else seeds
    labels = range(k) if labels is None else labels
    accuracy = np.broadcast_to(accuracy, r)
    base: dict[str, Any] = {
        **dict.fromkeys(SCHEMA),
        **{"data": "faces", "fingerprint": "f0", "trunk": "small_cnn", "input_norm": False},
        **{"attack": "gmi", "adaptive": "none", "prior": "gan", "classes": 40},
        **PLAIN,
        **setting,
    }
    return [
        {
            **base,
            "seed": int(seed),
            "class": int(label),
            "accuracy_at_1": float(hits[i, j]),
            "test_accuracy": float(accuracy[i]),
            "run": f"run-{seed}",
            "attack_folder": f"attack-{seed}",
        }
        for i, seed in enumerate(seeds)
        for j, label in enumerate(labels)
    ]


def drawn(
    probability: float, rng: np.random.Generator, *, seeds: int = 3, classes: int = 12
) -> np.ndarray:
    """Shares of hits among eight reconstructions of each seed and class."""
    return rng.binomial(8, probability, (seeds, classes)) / 8


def table_of(*rows: list[dict[str, Any]]) -> pl.DataFrame:
    """One table of all of them."""
    return to_table([row for part in rows for row in part])
