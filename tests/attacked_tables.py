"""Tables of attacked models with known probabilities, without any model."""

from typing import Any

import numpy as np
import polars as pl

from loft_jax.findings.columns import SCHEMA
from loft_jax.findings.table import to_table

PLAIN: dict[str, Any] = {
    "defense": "none", "strength": None, "strength_name": "strength", "variant": "",
    "spec": "none", "label": "plain head", "baselines": "", "remark": None,
}  # fmt: skip
NORMED: dict[str, Any] = {
    **PLAIN, "variant": "BatchNorm first", "spec": "none:input_norm=true",
    "label": "plain head (BatchNorm first)",
}  # fmt: skip


def loft(rank: int, variant: str = "", **more: Any) -> dict[str, Any]:
    """Setting of a LoFt head; one with normalisation is compared with a plain head that has it."""
    normed = "none:input_norm=true " if "BatchNorm" in variant else ""
    spec = f"loft:{rank},{variant}".rstrip(",").replace(" ", "_")
    label = f"LoFt rank {rank}" + (f" ({variant})" if variant else "")
    return {
        "defense": "loft", "strength": float(rank), "strength_name": "rank", "variant": variant,
        "spec": spec, "label": label, "baselines": f"{normed}none", "remark": None, **more,
    }  # fmt: skip


def cut(rank: int, **more: Any) -> dict[str, Any]:
    """Setting of a plain head that was cut to this rank."""
    return {**loft(rank), "defense": "svd", "spec": f"svd:{rank}", "label": f"SVD cut rank {rank}",
            **more}  # fmt: skip


def weighted(weight: float, **more: Any) -> dict[str, Any]:
    """Setting of a defense whose strength is a weight in its loss."""
    return {
        **loft(1), "defense": "mid", "strength": weight, "strength_name": "weight",
        "spec": f"mid:{weight}", "label": f"MID weight {weight:g}", **more,
    }  # fmt: skip


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
        **{"data": "faces", "fingerprint": "f0", "trunk": "small_cnn", "noun": "people"},
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
