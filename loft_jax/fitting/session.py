"""A training run from settings to result: what `python -m loft_jax.train` does."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from loft_jax.data.dataset import Dataset
from loft_jax.data.sources import DEFAULT_SIZE, load_dataset
from loft_jax.data.split import Split, split_indices
from loft_jax.defenses.network import check_width
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.pretraining import load_people
from loft_jax.fitting.progress import reading
from loft_jax.fitting.run import Run
from loft_jax.fitting.run_folder import SPLIT, RunFolder, described
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.start import Start
from loft_jax.fitting.tensorboard import check_installed
from loft_jax.nets.description import Description
from loft_jax.nets.imported.arrays import Taken
from loft_jax.runs import devices, schema
from loft_jax.runs.environment import environment
from loft_jax.runs.folder import check_free
from loft_jax.runs.interrupt import Interrupt
from loft_jax.runs.session import Result, begin, ordinary_numbers


@ordinary_numbers()
def train_classifier(
    config: TrainConfig, *, started: float | None = None, data: Dataset | None = None
) -> Result:
    """Train, or continue, one run.

    Everything is judged before the folder is made, so that what is refused leaves nothing behind.

    Args:
        config: what is asked for; with `run.resume`, the run's own settings and its place.
        started: `time.perf_counter()` at process start, for `seconds_total`.
        data: the pictures, if they are not simply those that the settings name.

    Raises:
        InputError, SaveError, DivergenceError: see `loft_jax.errors`.
        Stopped: if a signal came; all is saved.
    """
    schema.check(config)
    if config.run.tensorboard:
        check_installed()
    going = None
    if config.run.resume is not None:
        going = RunFolder.open(config.run.resume, "--resume")
    elif config.run.out is not None:
        check_free(Path(config.run.out))
    model = config.model
    size = config.data.size or DEFAULT_SIZE
    check_width(model.trunk, model.defense, size, fisher=model.fisher)
    with Interrupt() as interrupt:
        session = begin(config.run, started=started)
        with reading(session.out) as progress:
            data = load_data(config, progress) if data is None else data
            public = load_people(config, data, progress) if _asks(config, going) else None
        tell(session.out, data)
        check_width(model.trunk, model.defense, data.size, data.classes, model.fisher)
        mesh = devices.data_mesh()
        devices.check_divisible(mesh, config.optim.batch, config.optim.accumulate)
        split = _split(config, data) if going is None else going.split(data)
        if public is not None and config.pretrain is not None:
            people = config.pretrain.found(public.fingerprint)
            config = dataclasses.replace(config, pretrain=people)
        config, weights = _imported(config, data, going)
        start = Start.of(config, Description.of(data), mesh)
        start = dataclasses.replace(start, public=public, weights=weights)
        interrupt.check("the same command, from the start")
        folder = going or _created(config, data, split)
        with folder.alone():
            folder.repoint(config.data.data)
            run = Run(config, data, split, folder, start, mesh, session, interrupt)
            return run.result(train_classifier)


def _asks(config: TrainConfig, going: RunFolder | None) -> bool:
    """Whether public people are wanted now: by a run of its own weights, before its first step.

    Or by one that must say who they are.
    """
    if config.pretrain is not None and not config.pretrain.fingerprint:
        return True
    if config.public is None or config.model.defense.start_from(config) is not None:
        return False
    return going is None or Checkpoints(going.checkpoints).latest_step() is None


def _imported(
    config: TrainConfig, data: Dataset, going: RunFolder | None
) -> tuple[TrainConfig, Taken | None]:
    """Settings that say what `--weights` holds, and it; nothing where a run is past its start.

    Raises:
        InputError: if it holds no weights for this trunk.
    """
    model = config.model
    if model.weights is None or (
        going is not None and Checkpoints(going.checkpoints).latest_step() is not None
    ):
        return config, None
    known, found = model.weights.loaded(model.trunk, data.size)
    return dataclasses.replace(config, model=dataclasses.replace(model, weights=known)), found


def tell(out: Console, data: Dataset) -> None:
    """Print what a reader of numbers on these pictures should know of them."""
    for note in data.skipped:
        out.print(f"left out, cannot be read: {note}")
    for note in data.notes:
        out.print(note)


def load_data(config: TrainConfig, progress: Callable[[int, int], None] | None = None) -> Dataset:
    """The pictures of a run; `progress` is told (done, of so many) meanwhile.

    Raises:
        InputError: if they are not as they must be.
    """
    wanted = config.data
    return load_dataset(
        wanted.data,
        size=wanted.size,
        seed=config.data_seed,
        skip_unreadable=wanted.skip_unreadable,
        first=wanted.first,
        identities=wanted.identities,
        pictures=wanted.pictures,
        progress=progress,
    )


def _created(config: TrainConfig, data: Dataset, split: Split) -> RunFolder:
    return RunFolder.create(
        config.run.out,
        f"{Path(data.name).stem or 'data'}-{_stem(config)}-seed{config.run.seed}",
        config=schema.write(config),
        others={SPLIT: described(data, split), "environment.json": environment()},
    )


def _stem(config: TrainConfig) -> str:
    defense = config.model.defense
    return "plain" if not defense.baselines else defense.spec.replace(":", "")


def _split(config: TrainConfig, data: Dataset) -> Split:
    return split_indices(
        data.labels,
        test_fraction=config.data.test_fraction,
        validation_fraction=config.data.validation_fraction,
        seed=config.data_seed,
    )
