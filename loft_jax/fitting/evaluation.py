"""Measuring a finished run on any pictures: what `python -m loft_jax.evaluate` does."""

from pathlib import Path

import numpy as np
from rich.table import Table

from loft_jax.config import Device, RunConfig
from loft_jax.data.dataset import Dataset
from loft_jax.data.sources import load_dataset
from loft_jax.errors import InputError
from loft_jax.fitting.closing import accuracy_rows, leakage_rows, rank_rows
from loft_jax.fitting.measure import measured
from loft_jax.fitting.predict import predict
from loft_jax.fitting.progress import console
from loft_jax.fitting.run_folder import RunFolder, write_json
from loft_jax.fitting.session import load_data
from loft_jax.fitting.step import evaluation_step
from loft_jax.fitting.trained import load_trained
from loft_jax.metrics.head_leakage import head_leakage
from loft_jax.nets.description import Description
from loft_jax.runs import devices
from loft_jax.runs.compilation import keep_compiled_programs


def evaluate_run(
    path: str,
    *,
    data: str | None,
    out: str | None,
    batch: int,
    device: Device,
    skip_unreadable: bool,
    cache: bool,
) -> int:
    """Measure the best checkpoint of the run at `path`; returns the exit code.

    Raises:
        InputError: if the run or the pictures are not as they must be.
    """
    if batch < 1:
        msg = f"`--batch` must be a whole number of at least 1, got {batch}"
        raise InputError(msg)
    RunFolder.open(path).read_config()  # what is wrong with the run is said before JAX starts
    if cache:
        keep_compiled_programs()
    devices.start(RunConfig(device=device))
    mesh = devices.data_mesh()
    devices.check_divisible(mesh, batch, accumulate=1)
    run = load_trained(path, mesh)
    folder, config, expected = run.folder, run.config, run.pictures
    if data is None:
        pictures = load_data(config)
        chosen, part = folder.read_split(pictures).test, "test part"
    else:
        pictures = load_dataset(
            data,
            size=expected.size,
            channels=expected.channels,
            seed=config.data_seed,
            skip_unreadable=skip_unreadable,
            identities=expected.classes,
            pictures=config.data.pictures,
        )
        _check_classes(pictures, expected)
        chosen, part = np.arange(len(pictures.images)), "all pictures"
    step = evaluation_step(run.classifier.graph, mesh)
    classifier = run.classifier
    answers = predict(
        step, classifier.params, classifier.stats, pictures.images[chosen], batch, mesh
    )
    numbers = measured(classifier, answers, pictures.labels[chosen])
    leakage = head_leakage(answers.features, np.asarray(classifier.head.first_layer))
    target = folder.path / "evaluation.json" if out is None else Path(out)
    write_json(
        target,
        {
            "run": str(folder.path),
            "data": pictures.name,
            "part": part,
            **numbers,
            "head_leakage": leakage,
        },
    )
    _print(numbers, leakage, f"{folder.path} on {pictures.name}, {part}, step {run.step}", target)
    return 0


def _check_classes(pictures: Dataset, expected: Description) -> None:
    if pictures.class_names != expected.class_names:
        new = [name for name in pictures.class_names if name not in expected.class_names][:3]
        what = f"classes it does not know, such as {', '.join(new)}" if new else "another order"
        msg = f"`--data` must have the {expected.classes} classes of the run, got {what}"
        raise InputError(msg)


def _print(numbers: dict, leakage: dict, title: str, target: Path) -> None:
    table = Table(title=title, title_justify="left", show_header=False, pad_edge=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("meaning", style="dim")
    rows = [*accuracy_rows("accuracy", numbers, ""), *rank_rows(numbers), *leakage_rows(leakage)]
    for row in rows:
        table.add_row(*row)
    out = console()
    out.print(table)
    for assumption in leakage["assumptions"]:
        out.print(f"IIE: {assumption}", highlight=False)
    out.print(f"numbers in {target}", highlight=False)
