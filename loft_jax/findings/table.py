"""The tidy table: a row for each attacked class of each attacked model, its settings beside it.

Everything that is said of a set of models is computed from this table alone.
"""

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from loft_jax.data.sources import source_of
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs.files import write_bytes

MODEL = ("data", "fingerprint", "trunk", "head", "rank", "activation", "input_norm")
"""Columns that say which classifier, up to its seed."""
ATTACK = ("attack", "adaptive", "prior")
"""Columns that say which attack."""
SETTING = (*MODEL, *ATTACK)

SCHEMA: dict[str, Any] = {
    "data": pl.String,  # faces, digits, or the file's or folder's name
    "fingerprint": pl.String,  # of the pictures: equal for the same people only
    "trunk": pl.String,
    "head": pl.String,  # plain, loft, svd or covariance (a plain head compressed afterwards)
    "rank": pl.Int64,  # none for the plain head
    "activation": pl.String,  # none for heads without a code
    "input_norm": pl.Boolean,
    "seed": pl.Int64,
    "attack": pl.String,
    "adaptive": pl.String,
    "prior": pl.String,
    "class": pl.Int64,
    "accuracy_at_1": pl.Float64,  # mean over reconstructions and evaluators; as the next four
    "accuracy_at_5": pl.Float64,
    "feature_distance": pl.Float64,
    "ssim": pl.Float64,
    "identity_error": pl.Float64,  # none where true people are not known
    "classes": pl.Int64,  # of the classifier: chance is 1 / classes
    "test_accuracy": pl.Float64,
    "validation_accuracy": pl.Float64,
    "retention": pl.Float64,  # svd and covariance only: share of the spectrum that was kept
    "code_rank": pl.Int64,
    "code_effective_rank": pl.Float64,
    "head_iie": pl.Float64,  # relative IIE of the features given the code (linear, Gaussian)
    "head_bits": pl.Float64,
    "seconds_train": pl.Float64,
    "seconds_attack": pl.Float64,
    "peak_memory_bytes": pl.Int64,
    "run": pl.String,  # folders, relative to the table's
    "attack_folder": pl.String,
}
COSTS = ("seconds_train", "seconds_attack", "peak_memory_bytes")
"""Columns that are not the same when the same is computed twice."""
OUTCOMES = ("accuracy_at_1", "accuracy_at_5", "feature_distance", "ssim", "identity_error")
NEVER_NONE = ("seed", "class", "accuracy_at_1", "classes", "test_accuracy", "run", "attack_folder")
"""Columns without gaps: one where a row was cut off shows it."""


def rows_of(
    attack_folder: Path, root: Path, *, run: Path | None = None, prior: str | None = None
) -> list[dict[str, Any]]:
    """The rows of one finished attack.

    Args:
        attack_folder: what `python -m loft_jax.attack` wrote.
        root: folder from which paths are told.
        run: the attacked run; none takes the one that the attack names.
        prior: what the prior is called; none takes its folder's name.

    Raises:
        InputError: if a file is missing or damaged.
    """
    attack = RunFolder(attack_folder).read("attack.json")
    try:
        folder = RunFolder.open(str(run or attack["run"]))
        result = folder.read("result.json")
        shared = {
            **model_columns(folder),
            "attack": attack["attack"],
            "adaptive": attack["adaptive"],
            "prior": prior or Path(attack["prior"]).name,
            "seconds_train": result["seconds_compile"] + result["seconds_train"],
            "seconds_attack": attack["seconds_total"],
            "peak_memory_bytes": attack["peak_memory_bytes"],
            "run": _relative(folder.path, root),
            "attack_folder": _relative(attack_folder, root),
        }
        outcomes = _outcomes(attack_folder / "outcomes.npz")
    except KeyError as error:
        msg = f"`{attack_folder}` and its run must be of this version of loft_jax, got no {error}"
        raise InputError(msg) from error
    return [
        {
            **shared,
            "class": int(label),
            **{name: float(values[i]) for name, values in outcomes.items() if name != "labels"},
        }
        for i, label in enumerate(outcomes["labels"])
    ]


def to_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows under the table's columns, in an order that does not depend on theirs."""
    table = pl.DataFrame(rows, schema=SCHEMA)
    return table.sort([*SETTING, "seed", "class"], nulls_last=True)


def write_table(table: pl.DataFrame, folder: Path) -> None:
    """Write table.parquet and table.csv atomically."""
    for name, write in (("table.parquet", table.write_parquet), ("table.csv", table.write_csv)):
        buffer = io.BytesIO()
        write(buffer)
        write_bytes(folder / name, buffer.getvalue())


def read_table(path: Path) -> pl.DataFrame:
    """A table that `write_table` wrote, from its file (Parquet or CSV) or folder.

    Raises:
        InputError: if there is none, it is damaged, or its columns are others.
    """
    path = path / "table.parquet" if path.is_dir() else path
    try:
        if path.suffix == ".csv":
            table = pl.read_csv(path, schema_overrides=SCHEMA)
        else:
            table = pl.read_parquet(path)
    # Polars panics at some damaged pages of a Parquet file.
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        first = str(error).splitlines()[0][:200]
        msg = f"`{path}` must be a table of python -m loft_jax.sweep, got: {first}"
        raise InputError(msg) from error
    if list(table.columns) != list(SCHEMA):
        odd = ", ".join(sorted(set(table.columns) ^ set(SCHEMA))) or "another order"
        msg = f"`{path}` must have the columns of this version of loft_jax, got: {odd}"
        raise InputError(msg)
    for name, kind in SCHEMA.items():
        if table.schema[name] != kind or (name in NEVER_NONE and table[name].null_count()):
            got = table.schema[name] if table.schema[name] != kind else "gaps"
            msg = f"`{path}` must hold {kind} in the column {name}, got {got}"
            raise InputError(msg)
    return table


def model_columns(folder: RunFolder) -> dict[str, Any]:
    """The columns that belong to the classifier of a finished run.

    Raises:
        InputError: if a file is missing or damaged.
        KeyError: if one of its entries is missing.
    """
    config, result = folder.config(), folder.read("result.json")
    compressed = folder.path / "compression.json"
    story = folder.read("compression.json") if compressed.exists() else None
    rank = config.model.rank if story is None else story["rank"]
    evaluated = (folder.path / "evaluation.json").exists()
    leakage = (folder.read("evaluation.json") if evaluated else {}).get("head_leakage") or {}
    described = folder.read("split.json")["pictures"]
    data = config.data.data
    return {
        "data": data if source_of(data).recognises is None else Path(data).stem,
        "fingerprint": described["fingerprint"],
        "trunk": config.model.trunk,
        "head": story["method"] if story else "plain" if rank is None else "loft",
        "rank": rank,
        "activation": None if config.model.rank is None else config.model.activation,
        "input_norm": config.model.input_norm,
        "seed": config.run.seed,
        "classes": len(described["class_names"]),
        "test_accuracy": result["test_accuracy"],
        "validation_accuracy": result["validation_accuracy"],
        "retention": story["retention"] if story else None,
        "code_rank": result["code_rank"],
        "code_effective_rank": result["code_effective_rank"],
        "head_iie": leakage.get("relative"),
        "head_bits": leakage.get("bits"),
    }


def _outcomes(path: Path) -> dict[str, np.ndarray]:
    """Labels, and the mean outcome of each class: over reconstructions, and evaluators if any."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            found = {name: stored[name] for name in ("labels", *OUTCOMES) if name in stored}
        k = len(found["labels"])
        # [evaluators, k, s] or [k, s]: evaluators weigh alike, so do reconstructions.
        means = {
            name: values
            if name == "labels"
            else values.reshape(-1, k, values.shape[-1]).mean((0, 2))
            for name, values in found.items()
        }
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        msg = f"`{path}` must hold the outcomes of python -m loft_jax.attack, got: {error}"
        raise InputError(msg) from error
    return means


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path.resolve(), root.resolve())
