"""The judges of an attack: classifiers of the same private people that were never attacked."""

import dataclasses
import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Int64
from rich.console import Console

from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.records import Learnt
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import train_classifier
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.trained import load_trained
from loft_jax.judging.private import PrivateData
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.trunks.table import JUDGES, roles
from loft_jax.runs.folder import CONFIG
from loft_jax.runs.interrupt import Stopped
from loft_jax.runs.settings import RunConfig


@dataclass(frozen=True)
class Evaluator:
    """A judge.

    Attributes:
        name: its folder's name.
        trunk: its architecture.
        classifier: it.
        test_accuracy: on the private people's held-out pictures.
        seconds: what its training took, whenever that was.
        folder: its run folder.
        test: indices of the private pictures that it was not trained on.
    """

    name: str
    trunk: str
    classifier: FrozenClassifier
    test_accuracy: float
    seconds: float
    folder: Path
    test: Int64[np.ndarray, " n"]


def default_judges(
    config: TrainConfig, size: int, *, seed: int | None = None
) -> tuple[TrainConfig, ...]:
    """Who judges attacks on a run if nobody says: the one rule, of attacks and sweeps alike.

    The run's own settings, undefended, on the first two cheap trunks that it does not have. They
    see the same people, split in the same way: the held-out pictures are the same.

    Args:
        config: how the run was trained.
        size: side of its pictures in pixels.
        seed: of their weights; None is that of the run. The architectures being different, the
            weights have nothing in common even then.

    Raises:
        InputError: if there are not so many trunks for such pictures.
    """
    trunks = roles(size, other_than=config.model.trunk).judges
    if len(trunks) < JUDGES:
        msg = (
            f"`--evaluators` must be given for pictures of {size} px: no other trunks are so small"
        )
        raise InputError(msg)
    data, run = config.data, RunConfig(seed=config.run.seed)
    if seed is not None and seed != config.run.seed:
        data = dataclasses.replace(data, data_seed=config.data_seed)
        run = RunConfig(seed=seed)
    return tuple(
        dataclasses.replace(
            config,
            start_from=None,
            data=data,
            model=dataclasses.replace(config.model, trunk=trunk, defense=NoDefense(), weights=None),
            run=run,
        )
        for trunk in trunks
    )


def load_evaluators(
    private: PrivateData, paths: tuple[str, ...], mesh: Mesh, out: Console
) -> tuple[list[Evaluator], float]:
    """(the judges, seconds spent now on training those that were not there).

    Args:
        private: pictures that they must have been trained on.
        paths: run folders, of which one that is named twice judges once; none takes those of
            `default_judges`, trained on first use and kept in the target's folder.
        mesh: devices.
        out: where training is announced.

    Raises:
        InputError: if a folder is no finished run on these pictures, or is the target's.
        Stopped: if a signal came.
    """
    before = time.perf_counter()
    if not paths:
        paths = tuple(str(path) for path in _trained(private, out))
    spent = time.perf_counter() - before
    different = {str(Path(path).resolve()): path for path in paths}
    return [_load(private, path, mesh) for path in different.values()], spent


def check_evaluators(run: str | None, paths: tuple[str, ...]) -> None:
    """Check, before anything is loaded, that there will be judges.

    Args:
        run: folder of the target; None is a target that is no run.
        paths: as `load_evaluators` has them.

    Raises:
        InputError: if there are no such folders, or nobody could judge by default.
    """
    for path in paths:
        RunFolder.open(path, "--evaluators").config()
    if not paths and run is None:
        msg = "`--evaluators` must be given for a target that is no run folder, got none"
        raise InputError(msg)
    if not paths and run is not None:
        folder = RunFolder.open(run)
        default_judges(folder.config(), folder.description().size)


def check_helpers(helpers: Sequence[str], paths: tuple[str, ...]) -> None:
    """Check that no judge that was named has the architecture of a model that helped the attack.

    Args:
        helpers: trunks of the models that help.
        paths: as `load_evaluators` has them.

    Raises:
        InputError: if one has.
    """
    for path in paths:
        trunk = RunFolder.open(path, "--evaluators").config().model.trunk
        if trunk in helpers:
            msg = (
                "`--evaluators` must have other trunks than the models that help this attack "
                f"({', '.join(helpers)}), got {path} with {trunk}"
            )
            raise InputError(msg)


def _trained(private: PrivateData, out: Console) -> list[Path]:
    assert private.run is not None
    home, config = private.run.path, private.run.config()
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, data=private.named))
    return [
        _trained_one(judge, home / "evaluators", out)
        for judge in default_judges(config, private.data.size)
    ]


def _trained_one(judge: TrainConfig, home: Path, out: Console) -> Path:
    folder = home / f"{judge.model.trunk}-seed{judge.run.seed}"
    if _is_finished(folder):  # perhaps where nothing can be written
        return folder
    home.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(f"{folder}.lock"):  # who comes second waits and finds it
        if not _is_finished(folder):
            _train(judge, folder, out)
    return folder


def _is_finished(folder: Path) -> bool:
    return (folder / CONFIG).is_file() and (folder / RESULT).is_file()


def _train(judge: TrainConfig, folder: Path, out: Console) -> None:
    going = (folder / CONFIG).is_file()
    if not going:
        shutil.rmtree(folder, ignore_errors=True)  # a folder of ours appears whole: a left-over
    out.print(f"training an evaluator, once: {judge.model.trunk} -> {folder}")
    place = {"resume": str(folder)} if going else {"out": str(folder)}
    run = dataclasses.replace(judge.run, cache=False, **place)  # the process keeps programs or not
    try:
        train_classifier(dataclasses.replace(judge, run=run))
    except Stopped as stop:
        raise Stopped(stop.signal, "the same command") from stop


def _load(private: PrivateData, path: str, mesh: Mesh) -> Evaluator:
    folder = RunFolder.open(path, "--evaluators")
    if private.run is not None and folder.path.resolve() == private.run.path.resolve():
        msg = f"`--evaluators` must be runs that are not attacked, got the target {path} itself"
        raise InputError(msg)
    if folder.fingerprint() != private.data.fingerprint:
        msg = f"`--evaluators` must be trained on the target's pictures, got {path}, which is not"
        raise InputError(msg)
    if RESULT not in folder:
        msg = f"`--evaluators` must be finished runs, got {path}: finish it with python -m "
        raise InputError(msg + f"loft_jax.train --resume {shlex.quote(path)}")
    result, run = folder.read(RESULT, Learnt), load_trained(path, mesh)
    return Evaluator(
        folder.path.name,
        run.config.model.trunk,
        run.classifier,
        float(result["test_accuracy"]),
        float(result["seconds_compile"] + result["seconds_train"]),
        folder.path,
        folder.split(private.data).test,
    )
