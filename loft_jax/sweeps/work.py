"""One unit of a sweep's work, in a process of its own: a classifier, then the attacks on it.

    python -m loft_jax.sweeps.work UNIT.json

is what the pool starts; whoever reads this runs `python -m loft_jax.sweep`.
"""

import contextlib
import dataclasses
import fcntl
import math
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from loft_jax import cli
from loft_jax.errors import DivergenceError, InputError
from loft_jax.runs.settings import RunConfig
from loft_jax.sweeps.cells import Attack, Cell, Model, Prior
from loft_jax.sweeps.store import Store
from loft_jax.sweeps.units import Unit, read_unit


class Stopped(Exception):
    """A signal came; the argument is the exit code of the command that saved."""


def work(path: Path) -> int:
    """Bring every cell of the unit to its end; returns 0, or 1 if one failed.

    What fails is recorded in the store, and the cells that do not need it go on.
    """
    unit = read_unit(path)
    store = Store(path.parent.parent)
    failed: set[str] = set()
    with _alone(path.with_suffix(".lock")):
        for cell in unit.cells:
            if any(needed.name in failed for needed in _needs(cell)):
                failed.add(cell.name)
                store.fail(cell, "what it needs failed")
                continue
            try:
                _finish(store, cell, unit)
            except (InputError, DivergenceError, OSError) as error:
                print(f"error: {error}", flush=True)
                failed.add(cell.name)
                store.fail(cell, str(error))
    return 1 if failed else 0


def _finish(store: Store, cell: Cell, unit: Unit) -> None:
    status = store.status(cell)
    if status != "done":
        print(f"{cell.name}", flush=True)
        code = _RUNNERS[type(cell)](store, cell, unit, status == "begun")
        if code:
            raise Stopped(code)
        if store.status(cell) != "done":
            msg = f"`{cell.name}` must end with its numbers, got none"
            raise InputError(msg)
    store.clear_failure(cell)


def _model(store: Store, model: Model, unit: Unit, going: bool) -> int:
    from loft_jax.fitting.evaluation import evaluate_run
    from loft_jax.fitting.session import train_run

    folder, code = store.path(model), 0
    if (folder / "result.json").exists():
        pass  # stopped between training and this
    elif model.compression is not None:
        _compress(store, model, unit)
    else:
        run = RunConfig(
            seed=model.config.run.seed,
            resume=str(folder) if going else None,
            out=None if going else str(_fresh(folder)),
            device=unit.device,
            cache=unit.cache,
        )
        code = train_run(dataclasses.replace(model.config, run=run), started=time.perf_counter())
    if code == 0:
        evaluate_run(
            str(folder), data=None, out=None, batch=model.config.optim.batch, device=unit.device,
            skip_unreadable=model.config.data.skip_unreadable, cache=unit.cache,
        )  # fmt: skip
    return code


def _compress(store: Store, model: Model, unit: Unit) -> None:
    from loft_jax.fitting.compressed import compress_run
    from loft_jax.runs import devices

    assert model.compression is not None
    devices.start(RunConfig(device=unit.device))
    method, rank = model.compression
    source, folder = str(store.path(model.original)), _fresh(store.path(model))
    compress_run(source, method, rank, folder, devices.data_mesh())  # pyright: ignore[reportArgumentType]


def _prior(store: Store, prior: Prior, unit: Unit, going: bool) -> int:
    from loft_jax.fitting.generators.session import fit_run

    folder = store.path(prior)
    target = None if prior.target is None else str(store.path(prior.target))
    place = {"resume": str(folder)} if going else {"out": str(_fresh(folder))}
    config = dataclasses.replace(
        prior.config, target=target, device=unit.device, cache=unit.cache, **place
    )
    return fit_run(config, started=time.perf_counter())


def _attack(store: Store, attack: Attack, unit: Unit, going: bool) -> int:
    from loft_jax.attacks.session import attack_run
    from loft_jax.runs.environment import peak_memory_bytes

    folder = store.path(attack)
    place = {"resume": str(folder)} if going else {"out": str(_fresh(folder))}
    config = dataclasses.replace(
        attack.config,
        path=str(store.path(attack.model)),
        prior=store.prior_argument(attack),
        evaluators=tuple(str(store.path(judge)) for judge in attack.judges),
        # Training in the same process keeps its memory; the attack has its own budget beside it.
        memory=unit.memory + math.ceil(peak_memory_bytes() / 2**30),
        device=unit.device,
        cache=unit.cache,
        **place,
    )
    return attack_run(config, started=time.perf_counter())


_RUNNERS: dict[type, Callable[..., int]] = {Model: _model, Prior: _prior, Attack: _attack}


def _needs(cell: Cell) -> tuple[Cell, ...]:
    if isinstance(cell, Model):
        return () if cell.compression is None else (cell.original,)
    if isinstance(cell, Prior):
        return () if cell.target is None else (cell.target,)
    prior = (cell.prior,) if isinstance(cell.prior, Prior) else ()
    return (cell.model, *prior, *cell.judges)


def _fresh(folder: Path) -> Path:
    """The folder, without what a run that was killed before its config.json left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process works on this unit: one whose sweep was killed saves first."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _end_with_parent() -> None:
    """Save and leave when the sweep that started us is gone: it holds the other end of stdin."""

    def watch() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def main(args: Sequence[str]) -> int:
    """What the pool starts; returns the exit code."""
    _end_with_parent()
    try:
        return work(Path(args[0]))
    except Stopped as stop:
        return int(stop.args[0])


if __name__ == "__main__":
    cli.run(main)
