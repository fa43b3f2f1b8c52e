"""Do the trunks give what PyTorch's networks give, and how many pictures a second on a CPU?

Of every family: parameters with a linear layer to 1,000 classes at 224 px (299 for Inception-v3),
the largest difference between our features and PyTorch's on equal weights, beside their standard
deviation, and pictures a second forward in both, medians over a few batches, in turn. Needs torch
and torchvision, and timm for its names.

    python benchmarks/architectures.py
    python benchmarks/architectures.py --only swin_t maxvit_t
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax import nnx
from rich.console import Console
from rich.table import Table

from loft_jax.nets.trunks.table import build_trunk, feature_width
from torch_trunks import CASES, both

CLASSES, BATCH, ROUNDS, BOUND = 1000, 8, 3, 1e-4


def parameters(trunk: str) -> int:
    """Of the trunk and a linear layer to 1,000 classes."""
    size = 299 if trunk == "inception_v3" else 224

    def build() -> nnx.Module:
        return build_trunk(trunk, size=size, channels=3, rngs=nnx.Rngs(0))

    leaves = jax.tree.leaves(nnx.state(nnx.eval_shape(build), nnx.Param))
    return sum(leaf.size for leaf in leaves) + (feature_width(trunk, size) + 1) * CLASSES


def seconds(call: Callable[[Any], Any], images: np.ndarray) -> float:
    """Of one call."""
    before = time.perf_counter()
    jax.block_until_ready(call(images))
    return time.perf_counter() - before


def measured(name: str) -> dict[str, Any]:
    """A row of the table."""
    ours, theirs = both(name)
    trunk, size, _ = CASES[name]
    images = np.random.default_rng(0).uniform(-1, 1, (BATCH, size, size, 3)).astype(np.float32)
    expected = theirs(images)
    difference = np.abs(np.asarray(ours(images)) - expected).max()
    times = [(seconds(ours, images), seconds(theirs, images)) for _ in range(ROUNDS)]
    fast, other = np.median(np.array(times), 0)
    return {
        "name": name,
        "parameters": parameters(trunk),
        "size": size,
        "difference": float(difference),
        "spread": float(expected.std()),
        "images_a_second": BATCH / fast,
        "images_a_second_torch": BATCH / other,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--json", type=Path)
    flags = parser.parse_args()
    console = Console()
    table = Table("network", "parameters", "px", "difference", "of", "images/s", "PyTorch's")
    rows = []
    for name in flags.only:
        rows.append(row := measured(name))
        cells = (f"{row['difference']:.1e}", f"{row['spread']:.2g}")
        rates = (f"{row['images_a_second']:.1f}", f"{row['images_a_second_torch']:.1f}")
        table.add_row(name, f"{row['parameters']:,}", str(row["size"]), *cells, *rates)
        console.print(row)
        if flags.json:  # after each: a long run that is cut short leaves what it has
            made = {"rows": rows, "machine": platform.processor(), "jax": jax.__version__}
            flags.json.write_text(json.dumps(made, indent=1))
    console.print(table)
    for row in rows:
        assert row["difference"] <= BOUND * max(1, row["spread"]), row["name"]


if __name__ == "__main__":
    main()
