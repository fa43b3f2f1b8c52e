"""One experiment from its name to its picture, table and numbers."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group
from rich.text import Text

from loft_jax.data.sources import source_of
from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.reproductions.experiments import EXPERIMENTS, Experiment
from loft_jax.reproductions.markdown import markdown
from loft_jax.reproductions.results import Results
from loft_jax.reproductions.settings import ReproduceConfig
from loft_jax.runs.drawing import draw
from loft_jax.runs.environment import environment
from loft_jax.runs.files import write_bytes, write_json
from loft_jax.runs.session import Result, console, ordinary_numbers
from loft_jax.sweeps.closing import closing_table
from loft_jax.sweeps.folder import opened
from loft_jax.sweeps.grid import grid
from loft_jax.sweeps.look import Look
from loft_jax.sweeps.session import collected, compute, failures, written
from loft_jax.sweeps.settings import SweepConfig, absolute, quick

ALONE = {"fig4": "a figure in the plane", "coverage": "a simulation"}
"""Names that train no classifier of a grid, and what they are."""
THEORY = "table-theory"
"""The name whose heads are decoded too."""
LAPTOP_DATA = ("faces", "digits")
SMOKE_SIZE = 32
"""Side of the pictures in a smoke at the paper's scale, whose 224 px take a GPU."""
SMOKE_DEFENSES = 4
"""Kinds of defense in a smoke, of those of the experiment the first."""


@ordinary_numbers()
def reproduce_experiment(
    config: ReproduceConfig,
    *,
    command: str = "loft_jax.reproduce(...)",
    started: float | None = None,
) -> Result:
    """Compute what is missing of the experiment, then draw it.

    Args:
        config: what was asked.
        command: as it was typed.
        started: `time.perf_counter()` at process start; None is now.

    Raises:
        InputError: if the experiment is impossible with these settings.
        Stopped: if a signal came; all is saved.
    """
    started = time.perf_counter() if started is None else started
    out = console()
    drawn = config.data is not None and config.data != LAPTOP_DATA[0] and config.scale == "laptop"
    parts = [config.name, *([str(config.data)] if drawn else [])]
    folder = Path(config.out) / "-".join([*parts, *(["quick"] if config.quick else [])])
    if config.name in ALONE:
        return _alone(config, folder, command, started)
    if config.name == THEORY:
        from loft_jax.reproductions.theory import reproduce_theory  # decoders load at first use

        return reproduce_theory(config, folder, command, started)
    experiment = EXPERIMENTS[config.name]
    asked, look = absolute(grid_of(config, experiment)), Look()
    cells = grid(asked, look)
    out.print(f"{config.name}: {experiment.title}")
    store = opened(Path(asked.out))
    compute(cells, asked, store, look, out)
    table, failed = collected(cells, store, folder), failures(cells, store)
    if not len(table):
        reason = next(iter(failed.values()), "nothing was computed")
        msg = f"`{config.name}` must have an attack that ends well, got none: {reason}"
        raise InputError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = written(table, folder, out)
    write_bytes(folder / "table.md", markdown(numbers, experiment, command).encode())
    write_json(
        folder / "sweep.json",
        {
            "command": command,
            "config": dataclasses.asdict(asked),
            "scale": config.scale,
            "failed": failed,
            "seconds": time.perf_counter() - started,
            "environment": environment(),
        },
    )
    results, picture = Results(experiment.title, cells, store, table), folder / f"{config.name}.png"
    draw(out, picture, lambda: experiment.draw(results))
    told = Group(closing_table(numbers, failed, folder), Text(f"drawn     {picture}"))
    return Result(folder, {**numbers, "failed": failed}, told)


def grid_of(config: ReproduceConfig, experiment: Experiment) -> SweepConfig:
    """The grid that was asked for.

    Raises:
        InputError: if the paper's scale has no pictures, or the laptop's others than its own two.
    """
    if config.queries and config.name != "table-access":
        given = " ".join(map(str, config.queries))
        msg = f"`--queries` must be left out for {config.name}, whose attacks see the weights, got "
        raise InputError(msg + given)
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
        if config.name in ("table-attacks", "table-access"):
            msg = f"`--data` must be faces for {config.name} (its priors draw them), got digits"
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
        queries=config.queries or base.queries,
        jobs=config.jobs,
        memory=config.memory,
        submit=config.submit,
        out=str(Path(config.out) / "cells"),
        device=config.device,
        cache=config.cache,
        quick=config.quick,
    )
    grid = dataclasses.replace(grid, defense=_possible(grid, data))
    if config.quick:
        grid = quick(dataclasses.replace(grid, classes=None))
        grid = dataclasses.replace(grid, defense=grid.defense[:SMOKE_DEFENSES])
        grid = dataclasses.replace(grid, size=SMOKE_SIZE) if paper else grid
    return grid


def _possible(grid: SweepConfig, data: str) -> tuple[str, ...]:
    """The defenses without those that ask more ranks of a weight than it has classes.

    Where nobody public is drawn, also without those that begin with public people.
    """
    source = source_of(data)
    classes = source.known_classes(grid.identities)
    named = [defense_named(spec) for spec in grid.defense]
    return tuple(
        one.spec
        for one in named
        if (
            one.trains
            or one.overrides("release")
            or classes is None
            or one.remark(classes, 2**20) is None
        )
        and (source.law is not None or not one.needs_public)
    )


def _alone(config: ReproduceConfig, folder: Path, command: str, started: float) -> Result:
    """A name that trains no classifier of a grid."""
    for flag, value, only in (("scale", config.scale, "laptop"), ("data", config.data, None)):
        if value != only:
            what = f"{only or 'left out'} for {config.name}, {ALONE[config.name]}"
            msg = f"`--{flag}` must be {what}, got {value}"
            raise InputError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    numbers = (_plane if config.name == "fig4" else _simulated)(config, folder, command)
    seconds = time.perf_counter() - started
    write_json(
        folder / "sweep.json",
        {"command": command, "seconds": seconds, "environment": environment()},
    )
    told = Text(
        "\n".join(
            [
                *numbers["conclusions"],
                f"{seconds:.0f} s",
                f"look at   {folder / config.name}.png",
                f"numbers   {folder / config.name}.json",
            ]
        )
    )
    return Result(folder, {**numbers, "failed": {}}, told)


def _plane(config: ReproduceConfig, folder: Path, _: str) -> dict[str, Any]:
    from loft_jax.toy.figure import draw as draw_plane

    return draw_plane(folder, seed=config.seeds[0], quick=config.quick)


def _simulated(config: ReproduceConfig, folder: Path, command: str) -> dict[str, Any]:
    from loft_jax.reproductions.coverage import REPEATS, SMOKE, cells, plainly
    from loft_jax.reproductions.coverage_table import conclusion, markdown, picture

    repeats = SMOKE if config.quick else REPEATS
    found = list(cells(repeats, np.random.default_rng(config.seeds[0])))
    numbers = {
        "repeats": repeats,
        "conclusions": conclusion(found),
        "cells": [plainly(one) for one in found],
    }
    write_json(folder / "coverage.json", numbers)
    write_bytes(folder / "table.md", markdown(found, repeats, command).encode())
    draw(console(), folder / "coverage.png", lambda: picture(found))
    return numbers
