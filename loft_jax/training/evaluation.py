"""Measuring a finished run on any pictures: what `python -m loft_jax.evaluate` does."""

from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from flax import nnx
from rich.table import Table

from loft_jax.config import RunConfig, TrainConfig
from loft_jax.data.dataset import Dataset
from loft_jax.data.sources import load_dataset
from loft_jax.errors import InputError
from loft_jax.metrics.summary import summary
from loft_jax.training import mesh as devices
from loft_jax.training.closing import accuracy_rows, rank_rows
from loft_jax.training.compilation import keep_compiled_programs
from loft_jax.training.predict import predict
from loft_jax.training.progress import console
from loft_jax.training.restore import restore_classifier
from loft_jax.training.run_folder import RunFolder, write_json
from loft_jax.training.session import load_data
from loft_jax.training.step import evaluation_step


class EvaluateConfig(Protocol):
    """What the command line asks for; the flags of `python -m loft_jax.evaluate`."""

    path: str
    data: str | None
    out: str | None
    batch: int
    device: Literal["auto", "cpu", "gpu", "tpu"]
    skip_unreadable: bool
    cache: bool
