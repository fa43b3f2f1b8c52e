"""Run, attack and sweep folders written by hand: what the commands write, without training."""

import dataclasses
import io

import numpy as np

from iie import filter_report
from loft_jax.attacks.folder import AttackFolder
from loft_jax.attacks.settings import AttackConfig
from loft_jax.attacks.sheet import sheet
from loft_jax.data.settings import DataConfig
from loft_jax.defenses.table import defense_named
from loft_jax.findings.rows import rows_of
from loft_jax.findings.table import to_table, write_table
from loft_jax.fitting.presets import PRESETS
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import ModelConfig
from loft_jax.runs import schema
from loft_jax.runs.arrays import write_arrays
from loft_jax.runs.files import write_json
from loft_jax.runs.settings import RunConfig

CLASSES = 12
SIDE = 16


def write_run(
    path, *, rank=None, seed=0, data="faces", fingerprint="f" * 64, evaluated=True, defense=None
):
    """A finished run; returns its path."""
    spec = defense or ("none" if rank is None else f"loft:{rank}")
    path.parent.mkdir(parents=True, exist_ok=True)
    config = dataclasses.replace(
        PRESETS["faces32"].config,
        preset="faces32",
        data=DataConfig(data=str(data), size=32),
        model=ModelConfig(defense=defense_named(spec)),
        run=RunConfig(seed=seed, out=str(path)),
    )
    names = [f"person {i}" for i in range(CLASSES)]
    pictures = {"size": SIDE, "channels": 3, "class_names": names, "fingerprint": fingerprint}
    split = {"pictures": pictures, "train": [], "validation": [], "test": []}
    folder = RunFolder.create(
        str(path), "run", config=schema.write(config), others={"split.json": split}
    )
    accuracy = 0.99 if rank is None else min(0.99, 0.62 + 0.06 * np.log2(rank) + 0.01 * seed)
    folder.write(
        "result.json",
        {
            "test_accuracy": accuracy,
            "validation_accuracy": accuracy,
            "code_rank": rank,
            "code_effective_rank": None if rank is None else 0.8 * rank + 0.1 * seed,
            "parameters": 160_464,
            "seconds_compile": 8.5,
            "seconds_train": 16.0 + seed,
            "seconds_evaluate": 0.5,
            "seconds_total": 27.0,
            "peak_memory_bytes": 724_545_536,
            **({"retention": 0.9} if config.model.defense.tag == "svd" else {}),
        },
    )
    rows = [
        {
            "epoch": e,
            "train_loss": 4 * 0.6**e,
            "train_accuracy": 1 - 0.8**e,
            "validation_loss": 4.2 * 0.62**e,
            "validation_accuracy": accuracy * (1 - 0.75**e),
        }
        for e in range(1, 11)
    ]
    folder.write_metrics(rows)
    folder.write(
        "environment.json",
        {
            "python": "3.11.7",
            "platform": "Linux",
            "packages": {"loft-iie": "0.1.0", "jax": "0.10.2"},
            "devices": ["cpu: cpu"],
            "commit": "fb06081",
            "command": ["python", "-m", "loft_jax.train"],
        },
    )
    if evaluated:
        rng = np.random.default_rng(seed)
        features = rng.normal(size=(200, 64)) * np.arange(1, 65) ** -0.7
        weight = rng.normal(size=(rank or CLASSES, 64)).astype(np.float32)
        folder.write("evaluation.json", {"head_leakage": filter_report(features, weight).to_dict()})
    return path


def write_attack(
    path, run, *, rank=None, seed=0, adaptive="none", images=None, show_private=False, classes=8
):
    """A finished attack on the run at `run`; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, rank or 0, len(adaptive)])
    if images is None:
        images = rng.integers(0, 256, (classes, 2, SIDE, SIDE, 3), dtype=np.uint8)
    chance = (
        0.95 if rank is None else min(0.95, 0.1 * np.log2(2 * rank) + 0.2 * (adaptive != "none"))
    )
    hits = rng.random((2, classes, 2)) < chance
    arrays = {
        "labels": np.arange(classes),
        "recognised": hits,
        "accuracy_at_1": hits.mean((0, 2)),
        "accuracy_at_5": (hits | (rng.random(hits.shape) < 0.5)).mean((0, 2)),
        "feature_distance": rng.uniform(40, 90, classes),
        "ssim": rng.uniform(0.3, 0.7, classes),
    }
    real = RunFolder.open(run).config().data.data != "faces"
    private = private_of(classes) if show_private or not real else None
    names = [f"person {i}" for i in range(classes)]
    config = AttackConfig(
        path=str(run), classes=f"0:{classes}", per_class=2, adaptive=adaptive, out=str(path)
    )
    AttackFolder.create(str(path), "attack", config=schema.write(config))
    write_arrays(path / "outcomes.npz", **arrays)
    confidence = rng.random((classes, 2)).astype(np.float32)
    write_arrays(
        path / "reconstructions.npz",
        images=images, labels=arrays["labels"], confidence=confidence,
    )  # fmt: skip
    (path / "reconstructions.png").write_bytes(sheet(images, names, None, private))
    reason = "`fake` must hold at least 193 samples for 192 features, got 16"
    write_json(
        path / "attack.json",
        {
            "run": str(run),
            "attack": "ppa",
            "adaptive": adaptive,
            "prior": "renderer",
            "evaluators": [
                {"name": "judge", "test_accuracy": 0.97, "fid": None, "fid_missing": reason}
            ],
            "seconds_compile": 13.3,
            "seconds_candidates": 2.6,
            "seconds_search": 6.4,
            "seconds_measure": 1.5,
            "seconds_total": 22.5,
            "peak_memory_bytes": 1_473_728_512,
        },
    )
    return path


def private_of(classes):
    """Private pictures that a test can recognise: all of one colour a class."""
    return [np.full((2, SIDE, SIDE, 3), (200, 10 * i, 30), np.uint8) for i in range(classes)]


def write_sweep(path, *, ranks=(4, 16, 64), seeds=(0, 1), pictures=None, **options):
    """A sweep of plain and LoFt heads with an attack and, behind codes, an adaptive one."""
    rows = []
    for seed in seeds:
        for rank in (None, *ranks):
            run = write_run(path / "runs" / f"{rank}-{seed}", rank=rank, seed=seed, **options)
            for adaptive in ("none", "straight-through") if rank else ("none",):
                images = None if pictures is None else pictures(rank, adaptive)
                folder = path / "attacks" / f"{rank}-{seed}-{adaptive}"
                attack = write_attack(
                    folder, run, rank=rank, seed=seed, adaptive=adaptive, images=images
                )
                rows += rows_of(attack, path)
    write_table(to_table(rows), path)
    write_json(path / "sweep.json", {"command": ["python", "-m", "loft_jax.sweep", "--out", "s"]})
    (path / "failures").mkdir()
    failed = {"cell": "faces-small_cnn-loft1-seed0", "error": "loss is not finite"}
    write_json(path / "failures" / "a.json", failed)
    return path


def png_of(uri):
    """Pixels of a data URI."""
    import base64

    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))).convert("RGB"))
