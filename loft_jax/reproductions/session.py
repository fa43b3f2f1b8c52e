"""One experiment from its name to its picture, table and numbers."""

import dataclasses
import time
from pathlib import Path

from rich.console import Console

from loft_jax.errors import InputError
from loft_jax.reproductions.experiments import EXPERIMENTS, Experiment
from loft_jax.reproductions.markdown import markdown
from loft_jax.reproductions.results import Results
from loft_jax.reproductions.settings import ReproduceConfig
from loft_jax.runs.environment import environment
from loft_jax.runs.files import write_bytes, write_json
from loft_jax.runs.session import console
from loft_jax.sweeps.closing import closing_table
from loft_jax.sweeps.session import EXIT_FAILED, collected, computed, failures, opened, written
from loft_jax.sweeps.settings import SweepConfig, check, quick

LAPTOP_DATA = ("faces", "digits")
SMOKE_SIZE = 32
"""Side of the pictures in a smoke at the paper's scale, whose 224 px take a GPU."""


def reproduce_run(config: ReproduceConfig, *, command: str, started: float) -> int:
    """Compute what is missing of the experiment, then draw it; returns the exit code.

    Args:
        config: what was asked.
        command: as it was typed.
        started: `time.perf_counter()` at process start.

    Raises:
        InputError: if the experiment is impossible with these settings.
    """
    out = console()
    parts = [config.name, *([config.data] if config.data in LAPTOP_DATA[1:] else [])]
    folder = Path(config.out) / "-".join([*parts, *(["quick"] if config.quick else [])])
    if config.name == "fig4":
        return _plane(config, folder, command, started, out)
    experiment = EXPERIMENTS[config.name]
    grid = grid_of(config, experiment)
    check(grid)
    out.print(f"{config.name}: {experiment.title}", highlight=False)
    cells, store = experiment.cells(grid), opened(Path(grid.out))
    code = computed(cells, grid, store, out)
    if code > EXIT_FAILED:
        return code
    table, failed = collected(cells, store, folder), failures(cells, store)
    if not len(table):
        reason = next(iter(failed.values()), "nothing was computed")
        msg = f"`{config.name}` must have an attack that ends well, got none: {reason}"
        raise InputError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = written(table, folder)
    results = Results(experiment.title, cells, store, table)
    write_bytes(folder / f"{config.name}.png", experiment.draw(results))
    write_bytes(folder / "table.md", markdown(numbers, experiment, command).encode())
    write_json(
        folder / "sweep.json",
        {
            "command": command,
            "config": dataclasses.asdict(grid),
            "scale": config.scale,
            "failed": failed,
            "seconds": time.perf_counter() - started,
            "environment": environment(),
        },
    )
    out.print(closing_table(numbers, failed, folder))
    out.print(f"drawn     {folder / f'{config.name}.png'}", highlight=False)
    return code


def grid_of(config: ReproduceConfig, experiment: Experiment) -> SweepConfig:
    """The grid that was asked for.

    Raises:
        InputError: if the paper's scale has no pictures, or the laptop's others than its own two.
    """
    paper = config.scale == "paper"
    if paper and config.data is None:
        msg = "`--data` must be a folder of class folders or an npz for --scale paper, got none"
        raise InputError(msg)
    data = config.data or LAPTOP_DATA[0]
    if not paper and data not in LAPTOP_DATA:
        msg = f"`--data` must be {' or '.join(LAPTOP_DATA)} for --scale laptop, got {config.data}"
        raise InputError(msg)
    base = experiment.paper if paper else experiment.laptop
    if data == "digits":
        if config.name == "table-attacks":
            msg = "`--data` must be faces for table-attacks (its generators draw them), got digits"
            raise InputError(msg)
        # There is no prior but pixels, in which PPA finds next to nothing.
        base = dataclasses.replace(base, classes="all", attack=("deep-inversion",))
    # A figure that shows one seed shows the first of those asked for.
    own = config.seeds[: len(base.seeds)] if len(base.seeds) == 1 else config.seeds
    grid = dataclasses.replace(
        base,
        data=(data,),
        prior=(config.prior,) if config.prior is not None else base.prior,
        seeds=own,
        jobs=config.jobs,
        memory=config.memory,
        submit=config.submit,
        out=str(Path(config.out) / "cells"),
        device=config.device,
        cache=config.cache,
        quick=config.quick,
    )
    if config.quick:
        grid = quick(grid)
        grid = dataclasses.replace(grid, size=SMOKE_SIZE) if paper else grid
    return grid


def _plane(
    config: ReproduceConfig, folder: Path, command: str, started: float, out: Console
) -> int:
    from loft_jax.toy.figure import draw

    for flag, value, only in (("scale", config.scale, "laptop"), ("data", config.data, None)):
        if value != only:
            allowed = only or "left out"
            msg = f"`--{flag}` must be {allowed} for fig4, a figure in the plane, got {value}"
            raise InputError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = draw(folder, seed=config.seeds[0], quick=config.quick)
    seconds = time.perf_counter() - started
    write_json(
        folder / "sweep.json",
        {"command": command, "seconds": seconds, "environment": environment()},
    )
    for sentence in numbers["conclusions"]:
        out.print(sentence, highlight=False)
    out.print(
        f"{seconds:.0f} s\nlook at   {folder / 'fig4.png'}\nnumbers   {folder / 'fig4.json'}",
        highlight=False,
    )
    return 0
