"""Measuring a finished run on any pictures: what `python -m loft_jax.evaluate` does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from annotated_types import Interval
from jax.sharding import Mesh
from rich.console import Group
from rich.text import Text

from loft_jax.data.dataset import Dataset
from loft_jax.data.sources import load_dataset
from loft_jax.errors import InputError
from loft_jax.fitting.closing import accuracy_row, leakage_rows, rank_rows
from loft_jax.fitting.predict import Answerer, measured
from loft_jax.fitting.progress import reading
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import load_data, tell
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.metrics.head_leakage import head_leakage
from loft_jax.nets.description import Description
from loft_jax.runs import devices, files, schema
from loft_jax.runs.closing import rows_table
from loft_jax.runs.session import Result, Session, begin, ordinary_numbers
from loft_jax.runs.settings import Device, RunConfig


@dataclass(frozen=True)
class EvaluateConfig:
    """One evaluation."""

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Run folder that python -m loft_jax.train made."""
    data: str | None = None
    """faces, digits, FILE.npz or FOLDER, with the classes of the run; none is its own test part,
    and so are the run's own pictures at another place."""
    out: str | None = None
    """JSON file to write; none is RUN/evaluation.json."""
    batch: Annotated[int, Interval(ge=1, le=2**20)] = 64
    """Pictures at a time."""
    device: Device = "auto"
    """Which kind of device to use."""
    skip_unreadable: bool = False
    """Leave out pictures that cannot be read instead of stopping."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""


@dataclass(frozen=True)
class Opened:
    """A run, and what it is measured on.

    Attributes:
        run: with its weights.
        pictures: those it is measured on, and maybe others.
        chosen: which of them.
        part: what these are called.
        mesh: devices.
        session: of the job.
    """

    run: Trained
    pictures: Dataset
    chosen: np.ndarray
    part: str
    mesh: Mesh
    session: Session


@ordinary_numbers()
def evaluate_classifier(config: EvaluateConfig, *, started: float | None = None) -> Result:
    """Measure the best checkpoint of a run.

    Raises:
        InputError: if the run or the pictures are not as they must be.
    """
    return measure(config, opened(config, started=started))


def opened(config: EvaluateConfig, *, started: float | None = None) -> Opened:
    """The run and its pictures, loaded.

    Raises:
        InputError: if they are not as they must be.
    """
    schema.check(config)
    RunFolder.open(config.path).config()  # what is wrong with the run is said before JAX starts
    if config.out is not None:
        files.check_place(Path(config.out))
    session = begin(RunConfig(device=config.device, cache=config.cache), started=started)
    mesh = devices.data_mesh()
    run = load_trained(config.path, mesh)
    with reading(session.out) as progress:
        pictures, chosen, part = _pictures(config, run, progress)
    tell(session.out, pictures)
    return Opened(run, pictures, chosen, part, mesh, session)


def measure(config: EvaluateConfig, found: Opened) -> Result:
    """Accuracy, ranks and leakage, written as JSON."""
    run, pictures, chosen, part = found.run, found.pictures, found.chosen, found.part
    classifier, defense = run.classifier, run.config.model.defense
    answer = Answerer(classifier.graph, defense, found.mesh, config.batch)
    answers = answer(classifier.params, classifier.stats, pictures.images[chosen])
    proved = defense.guarantee()
    numbers: dict[str, Any] = {
        "run": str(run.folder.path),
        "data": pictures.name,
        "part": part,
        **measured(classifier, answers, pictures.labels[chosen]),
        "remark": defense.remark(pictures.classes, answers.features.shape[1]),
        **({"guarantee": proved} if proved else {}),
        "head_leakage": head_leakage(answers.features, np.asarray(classifier.head.first_layer)),
    }
    target = run.folder.path / "evaluation.json" if config.out is None else Path(config.out)
    files.write_json(target, numbers)
    title = f"{run.folder.path} on {pictures.name}, {part}, step {run.step}"
    return Result(run.folder.path, numbers, _table(numbers, title, target))


def _pictures(
    config: EvaluateConfig, run: Trained, progress: Callable[[int, int], None]
) -> tuple[Dataset, np.ndarray, str]:
    """What is measured on, and what it is called: the test part where these are the run's own."""
    expected = run.pictures
    if config.data is None:
        pictures = load_data(run.config, progress)
        return pictures, run.folder.split(pictures).test, "test part"
    pictures = load_dataset(
        config.data,
        size=expected.size,
        channels=expected.channels,
        seed=run.config.data_seed,
        skip_unreadable=config.skip_unreadable,
        first=run.config.data.first,
        identities=expected.classes,
        pictures=run.config.data.pictures,
        progress=progress,
    )
    _check_classes(pictures, expected)
    if pictures.fingerprint == run.folder.fingerprint():
        return pictures, run.folder.split(pictures).test, "test part"
    return pictures, np.arange(len(pictures.images)), "all pictures"


def _check_classes(pictures: Dataset, expected: Description) -> None:
    if pictures.class_names != expected.class_names:
        new = [name for name in pictures.class_names if name not in expected.class_names][:3]
        what = f"classes it does not know, such as {', '.join(new)}" if new else "another order"
        msg = f"`--data` must have the {expected.classes} classes of the run, got {what}"
        raise InputError(msg)


def _table(numbers: dict[str, Any], title: str, target: Path) -> Group:
    leakage = numbers["head_leakage"]
    rows = [accuracy_row("accuracy", numbers), *rank_rows(numbers), *leakage_rows(leakage)]
    said = [f"IIE: {one}" for one in leakage["assumptions"]]
    if numbers["remark"] is not None:
        said.insert(0, f"note: {numbers['remark']}")
    if "guarantee" in numbers:
        said.insert(0, f"guarantee: {numbers['guarantee']}")
    return Group(rows_table(rows, title), Text("\n".join([*said, f"numbers in {target}"])))
