"""A training run from configuration to closing table: what `python -m loft_jax.train` does."""

import dataclasses
import signal
import time
from pathlib import Path
from typing import Any

import jax
from rich.console import Console

from loft_jax.config import TrainConfig
from loft_jax.data.dataset import Dataset
from loft_jax.data.sources import DEFAULT_SIZE, load_dataset
from loft_jax.data.split import Split, split_indices
from loft_jax.errors import InputError
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.closing import closing_table
from loft_jax.fitting.loop import History, Program, total_steps, train
from loft_jax.fitting.measure import measure
from loft_jax.fitting.optimizer import learning_rate
from loft_jax.fitting.pictures import draw
from loft_jax.fitting.progress import TrainingProgress, console
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.state import blueprint
from loft_jax.fitting.step import evaluation_step, train_step
from loft_jax.fitting.tensorboard import check_installed, mirror
from loft_jax.nets.description import Description
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.trunks.table import feature_width
from loft_jax.runs import devices
from loft_jax.runs.allocator import keep_freed_memory
from loft_jax.runs.compilation import CompileClock, keep_compiled_programs
from loft_jax.runs.environment import environment, peak_memory_bytes
from loft_jax.runs.interrupt import Interrupt

EXIT_SIGNAL = 128
"""Shells report a process that a signal ended as 128 + its number."""


def train_run(config: TrainConfig, *, started: float) -> int:
    """Train, or continue, one run; returns the exit code.

    Args:
        config: what the command line asks for. With `run.resume` the run's own configuration
            counts, and of this one only device, cache and processes.
        started: `time.perf_counter()` at process start, for `seconds_total`.

    Raises:
        InputError, DivergenceError: see `loft_jax.errors`.
    """
    if config.run.tensorboard:
        check_installed()
    if config.run.cache:
        keep_compiled_programs()
    keep_freed_memory()
    devices.start(config.run)
    clock = CompileClock()
    out = console() if jax.process_index() == 0 else Console(quiet=True)
    folder = RunFolder.open(config.run.resume) if config.run.resume else None
    if folder is not None:
        if (folder.path / "compression.json").exists():
            msg = (
                f"`--resume` must be a run that trains, got {folder.path}, whose head is compressed"
            )
            raise InputError(msg)
        config = _resumed(config, folder)
    _check_rank(config, config.data.size or DEFAULT_SIZE)
    data = load_data(config)
    _check_rank(config, data.size)
    for name in data.skipped:
        out.print(f"left out, cannot be read: {name}", highlight=False, markup=False)
    for note in data.notes:
        out.print(note, highlight=False, markup=False)
    if folder is None:
        split = _split(config, data)
        folder = RunFolder.create(config.run.out, _stem(config))
        folder.write("environment.json", environment())
        folder.write_split(split, data)
        folder.write_config(config)
    else:
        split = folder.read_split(data)
    _introduce(out, config, data, split, folder)
    return _train_and_measure(config, data, split, folder, clock, out, started)


def load_data(config: TrainConfig) -> Dataset:
    """The pictures of a run.

    Raises:
        InputError: if they are not as they must be.
    """
    wanted = config.data
    return load_dataset(
        wanted.data,
        size=wanted.size,
        seed=config.data_seed,
        skip_unreadable=wanted.skip_unreadable,
        identities=wanted.identities,
        pictures=wanted.pictures,
    )


def _train_and_measure(
    config: TrainConfig,
    data: Dataset,
    split: Split,
    folder: RunFolder,
    clock: CompileClock,
    out: Console,
    started: float,
) -> int:
    mesh = devices.data_mesh()
    devices.check_divisible(mesh, config.optim.batch, config.optim.accumulate)
    steps = total_steps(config, split)
    graphs, initialise = blueprint(config, Description.of(data), steps)
    program = Program(
        config,
        data,
        split,
        train=train_step(graphs.train, config, steps, mesh),
        evaluate=evaluation_step(graphs.evaluate, mesh),
        learning_rate=learning_rate(config.optim, steps),
        mesh=mesh,
    )
    checkpoints = Checkpoints(folder.checkpoints)
    like = devices.abstract(mesh, initialise)
    if (latest := checkpoints.latest_step()) is None:
        state, history = devices.replicate(mesh, initialise()), History()
    else:
        state, saved = checkpoints.restore(latest, like)
        history = History(**saved)
        out.print(f"continuing after step {latest}", highlight=False)

    def on_epoch(rows: list[dict[str, Any]]) -> None:
        folder.write_metrics(rows)
        if config.run.tensorboard and jax.process_index() == 0:
            mirror(folder.path, rows[-1])

    before, compiled = time.perf_counter(), clock.seconds
    bar = TrainingProgress(out, steps, int(state.step), config.optim.batch)
    with Interrupt() as interrupt, bar as progress:
        state = train(program, state, history, checkpoints, progress, interrupt, on_epoch)
    seconds_train = time.perf_counter() - before - (clock.seconds - compiled)
    if interrupt.signal is not None:
        checkpoints.close()
        name = signal.Signals(interrupt.signal).name
        out.print(
            f"{name}: saved after step {int(state.step)} of {steps}; go on with\n"
            f"  python -m loft_jax.train --resume {folder.path}",
            highlight=False,
        )
        return EXIT_SIGNAL + interrupt.signal
    before = time.perf_counter()
    best = checkpoints.best_step() or steps
    state = checkpoints.restore(best, like).state
    checkpoints.close()
    row = next(row for row in history.rows if row["step"] == best)
    classifier = FrozenClassifier(graphs.evaluate, state.evaluated_params, state.stats)
    measured = measure(program.evaluate, classifier, data, split.test, config.optim.batch, mesh)
    draw(folder.path, history.rows, data, split, config)
    result = {
        **{f"test_{key}" if key.startswith("accuracy") else key: measured[key] for key in measured},
        "validation_accuracy": row.get("validation_accuracy"),
        "best_epoch": row["epoch"],
        "parameters": sum(leaf.size for leaf in jax.tree.leaves(state.params)),
        "seconds_compile": clock.seconds,
        "seconds_train": seconds_train,
        "seconds_evaluate": time.perf_counter() - before,
        "seconds_total": time.perf_counter() - started,
        "peak_memory_bytes": peak_memory_bytes(),
    }
    folder.write("result.json", result)
    out.print(closing_table(result, config, folder.path))
    return 0


def _resumed(config: TrainConfig, folder: RunFolder) -> TrainConfig:
    old, now = folder.read_config(), config.run
    run = dataclasses.replace(
        old.run,
        resume=now.resume,
        device=now.device,
        cache=now.cache,
        coordinator=now.coordinator,
        processes=now.processes,
        process_id=now.process_id,
    )
    return dataclasses.replace(old, run=run)


def _check_rank(config: TrainConfig, size: int) -> None:
    """Refuse a rank above the feature width before anything is written."""
    width = feature_width(config.model.trunk, size)
    if config.model.rank is not None and config.model.rank > width:
        msg = (
            f"`--rank` must be 1..{width} (the feature width of {config.model.trunk}) or none, "
            f"got {config.model.rank}"
        )
        raise InputError(msg)


def _split(config: TrainConfig, data: Dataset) -> Split:
    return split_indices(
        data.labels,
        test_fraction=config.data.test_fraction,
        validation_fraction=config.data.validation_fraction,
        seed=config.data_seed,
    )


def _stem(config: TrainConfig) -> str:
    head = "plain" if config.model.rank is None else f"rank{config.model.rank}"
    name = Path(config.data.data).stem or "data"
    return f"{name}-{head}-seed{config.run.seed}"


def _introduce(
    out: Console,
    config: TrainConfig,
    data: Dataset,
    split: Split,
    folder: RunFolder,
) -> None:
    kind = "gray" if data.channels == 1 else "colour"
    head = "plain" if config.model.rank is None else f"LoFt rank {config.model.rank}"
    out.print(
        f"{data.name}: {data.classes} classes, {len(split.train)} training, "
        f"{len(split.validation)} validation, {len(split.test)} test pictures, "
        f"{data.size} px, {kind}\n"
        f"{config.model.trunk}, {head}, preset {config.preset}, "
        f"{jax.device_count()} x {jax.default_backend()} -> {folder.path}",
        highlight=False,
    )
