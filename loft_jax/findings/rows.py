"""From the folders of a judged attack and its run to rows of the table."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np

from loft_jax.data.sources import source_of
from loft_jax.defenses.base import Defense
from loft_jax.errors import InputError
from loft_jax.findings.budgets import asking
from loft_jax.findings.columns import OUTCOMES, SEARCHED
from loft_jax.findings.records import AttackResult, Described, Leakage, RunResult
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs.arrays import read_arrays
from loft_jax.runs.parts import part_of, read_part


def rows_of(
    attack_folder: Path, root: Path, *, run: Path | None = None, prior: str | None = None
) -> list[dict[str, Any]]:
    """The rows of one judged attack.

    Args:
        attack_folder: what `python -m loft_jax.attack` wrote.
        root: folder from which paths are told.
        run: the attacked run; none takes the one that the attack names.
        prior: what the prior is called; none takes its folder's name.

    Raises:
        InputError: if a file is missing or damaged.
    """
    attack = read_part(AttackResult, attack_folder / "attack.json")
    folder = RunFolder.open(run or attack.run)
    result = read_part(RunResult, folder.path / "result.json")
    judges = [judge.test_accuracy for judge in attack.evaluators]
    shared = {
        **model_columns(folder),
        "attack": attack.attack,
        # A variant was chosen among the forms that know the defense.
        "adaptive": attack.adaptive if attack.variant is None else SEARCHED,
        "prior": prior or Path(attack.prior).name,
        "withheld": attack.withheld,
        "judge_accuracy": float(np.mean(judges)) if judges else None,
        "seconds_train": result.seconds_compile + result.seconds_train,
        "seconds_attack": attack.seconds_total,
        "peak_memory_bytes": attack.peak_memory_bytes,
        "run": _relative(folder.path, root),
        "attack_folder": _relative(attack_folder, root),
    }
    labels, means = outcomes(attack_folder / "outcomes.npz")
    if attack.queries_allowed is not None:
        shared["attack"] = asking(attack.attack, attack.queries_allowed)
    return [
        {**shared, "class": label, **{name: float(found[i]) for name, found in means.items()}}
        for i, label in enumerate(labels)
    ]


def model_columns(folder: RunFolder) -> dict[str, Any]:
    """The columns that belong to the classifier of a finished run.

    Raises:
        InputError: if a file is missing or damaged.
    """
    config, described = folder.config(), described_in(folder)
    result = read_part(RunResult, folder.path / "result.json")
    told = ("test_accuracy", "validation_accuracy", "retention", "code_rank",
            "code_effective_rank", "remark")  # fmt: skip
    leakage = leakage_of(folder)
    return {
        "data": Path(config.data.data).stem,
        "fingerprint": described.fingerprint,
        "noun": source_of(config.data.data).noun,
        "trunk": config.model.trunk,
        **defense_columns(config.model.defense),
        "seed": config.run.seed,
        "classes": len(described.class_names),
        **{name: value for name, value in dataclasses.asdict(result).items() if name in told},
        "head_iie": None if leakage is None else leakage.relative,
        "head_bits": None if leakage is None else leakage.bits,
    }


def defense_columns(defense: Defense) -> dict[str, Any]:
    """The columns that belong to the defense."""
    return {
        "defense": defense.tag,
        "strength": defense.strength,
        "strength_name": defense.strength_name,
        "variant": defense.variant,
        "spec": defense.spec,
        "label": defense.label,
        "baselines": " ".join(one.spec for one in defense.baselines),
    }


def described_in(folder: RunFolder) -> Described:
    """What split.json says of the pictures of a run.

    Raises:
        InputError: if it is damaged.
    """
    found = folder.read("split.json").get("pictures")
    return part_of(Described, found, f"{folder.path / 'split.json'}: pictures")


def leakage_of(folder: RunFolder) -> Leakage | None:
    """What the head releases of the features; None before `python -m loft_jax.evaluate`.

    Raises:
        InputError: if evaluation.json is damaged.
    """
    if "evaluation.json" not in folder:
        return None
    found = folder.read("evaluation.json").get("head_leakage")
    where = f"{folder.path / 'evaluation.json'}: head_leakage"
    return None if found is None else part_of(Leakage, found, where)


def outcomes(path: Path) -> tuple[list[int], dict[str, np.ndarray]]:
    """Attacked classes, and the mean outcome of each: over reconstructions and evaluators.

    Raises:
        InputError: if the file is missing, damaged or was changed.
    """
    stored = read_arrays(path)
    labels = stored.get("labels", np.empty(0, int))
    found = {name: stored[name] for name in OUTCOMES if name in stored}
    # [k], or of older attacks [evaluators, k, s] or [k, s], each of which weighs alike.
    found = {name: v[:, None] if v.ndim == 1 else v for name, v in found.items()}
    shaped = all(v.ndim >= 2 and v.size and v.shape[-2] == len(labels) for v in found.values())
    if "accuracy_at_1" not in found or not len(labels) or not shaped:
        msg = f"`{path}` must hold outcomes of each class of `labels`, got {sorted(stored)}"
        raise InputError(msg)
    means = {
        name: values.reshape(-1, len(labels), values.shape[-1]).mean((0, 2))
        for name, values in found.items()
    }
    return labels.tolist(), means


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path.resolve(), root.resolve())
