"""The judges of an attack: classifiers of the same private people that were never attacked."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path

from jax.sharding import Mesh
from rich.console import Console

from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import train_run
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.trunks.table import cheap_trunks
from loft_jax.runs.settings import RunConfig

HOW_MANY = 2


@dataclass(frozen=True)
class Evaluator:
    """A judge.

    Attributes:
        name: its folder's name.
        trunk: its architecture.
        classifier: it.
        test_accuracy: on the private people's held-out pictures.
        seconds: what its training took, whenever that was.
    """

    name: str
    trunk: str
    classifier: FrozenClassifier
    test_accuracy: float
    seconds: float


def load_evaluators(
    target: Trained, paths: tuple[str, ...], mesh: Mesh, out: Console
) -> tuple[list[Evaluator], float]:
    """(the judges, seconds spent now on training those that were not there).

    Args:
        target: what is attacked.
        paths: run folders; none takes two of other architectures, trained on first use with the
            target's own settings, without its head, and kept in the target's folder.
        mesh: devices.
        out: where training is announced.

    Raises:
        InputError: if a folder is no finished run on the target's pictures, or is the target's.
    """
    before = time.perf_counter()
    if not paths:
        paths = tuple(str(_trained(target, trunk, out)) for trunk in _other_trunks(target))
    spent = time.perf_counter() - before
    return [_load(target, path, mesh) for path in paths], spent


def _other_trunks(target: Trained) -> list[str]:
    size = target.pictures.size
    others = cheap_trunks(size, other_than=target.config.model.trunk)
    if len(others) < HOW_MANY:
        msg = (
            f"`--evaluators` must be given for pictures of {size} px: no other trunks are so small"
        )
        raise InputError(msg)
    return others[:HOW_MANY]


def _trained(target: Trained, trunk: str, out: Console) -> Path:
    seed = target.config.run.seed
    folder = target.folder.path / "evaluators" / f"{trunk}-seed{seed}"
    if (folder / "result.json").is_file():
        return folder
    out.print(f"training an evaluator, once: {trunk} -> {folder}", highlight=False)
    going = (folder / "config.json").is_file()
    place = (
        RunConfig(seed=seed, resume=str(folder)) if going else RunConfig(seed=seed, out=str(folder))
    )
    train_run(_settings(target.config, trunk, place), started=time.perf_counter())
    return folder


def _settings(config: TrainConfig, trunk: str, place: RunConfig) -> TrainConfig:
    """The target's settings, with a plain head on another trunk.

    The seed stays: it also draws the synthetic people and the split, so that the held-out pictures
    are the same. The weights have nothing in common, the architectures being different.
    """
    model = ModelConfig(trunk=trunk, defense=NoDefense(), compute_dtype=config.model.compute_dtype)
    return dataclasses.replace(config, model=model, run=dataclasses.replace(place, cache=False))


def _load(target: Trained, path: str, mesh: Mesh) -> Evaluator:
    folder = RunFolder.open(path)
    if folder.path.resolve() == target.folder.path.resolve():
        msg = f"`--evaluators` must be runs that are not attacked, got the target {path} itself"
        raise InputError(msg)
    if folder.description() != target.pictures:
        msg = f"`--evaluators` must be trained on the target's pictures, got {path}, which is not"
        raise InputError(msg)
    result, run = folder.read("result.json"), load_trained(path, mesh)
    return Evaluator(
        folder.path.name,
        run.config.model.trunk,
        run.classifier,
        float(result["test_accuracy"]),
        float(result["seconds_compile"] + result["seconds_train"]),
    )
