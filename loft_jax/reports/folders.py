"""The folders behind a report as records: runs, attacks, and a sweep's failures and command."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from annotated_types import Interval

from loft_jax.attacks.folder import AttackFolder
from loft_jax.attacks.settings import AttackConfig
from loft_jax.findings.records import AttackResult, Leakage, RunResult
from loft_jax.findings.rows import described_in, leakage_of, model_columns
from loft_jax.fitting.fitted_folder import METRICS, RESULT
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import TrainConfig
from loft_jax.runs.files import read_json, read_lines
from loft_jax.runs.parts import Number, Share, part_of, read_part


class Failure(NamedTuple):
    """What a sweep could not do: the cell in words and the error."""

    cell: str
    error: str


@dataclass(frozen=True)
class Epoch:
    """Of a line of metrics.jsonl."""

    epoch: Annotated[int, Interval(ge=0, le=10**9)]
    train_loss: Number | None = None
    train_accuracy: Share | None = None
    validation_loss: Number | None = None
    validation_accuracy: Share | None = None


@dataclass(frozen=True)
class Environment:
    """Of environment.json."""

    python: str | None = None
    platform: str | None = None
    packages: dict[str, str | None] = field(default_factory=dict)
    devices: tuple[str, ...] = ()
    commit: str | None = None


@dataclass(frozen=True)
class Sweep:
    """Of sweep.json."""

    command: str | tuple[str, ...] = ""


@dataclass(frozen=True)
class Run:
    """One trained classifier.

    Attributes:
        path: of its folder.
        config: what was asked.
        result: of result.json.
        metrics: of metrics.jsonl; none if it is not there.
        environment: of environment.json.
        leakage: what its head releases; None before `python -m loft_jax.evaluate`.
        model: the columns of `findings.columns` that belong to the classifier.
        class_names: of the pictures.
    """

    path: Path
    config: TrainConfig
    result: RunResult
    metrics: list[Epoch]
    environment: Environment
    leakage: Leakage | None
    model: dict[str, Any]
    class_names: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "Run":
        """The run at `path`.

        Raises:
            InputError: if it is not finished, or a file is damaged.
        """
        folder = RunFolder.open(path, "PATH")
        where = folder.path / "environment.json"
        metrics = read_lines(folder.path / METRICS) if METRICS in folder else []
        return cls(
            path.absolute(),
            folder.config(),
            read_part(RunResult, folder.path / RESULT),
            [part_of(Epoch, row, str(folder.path / METRICS)) for row in metrics],
            read_part(Environment, where) if where.is_file() else Environment(),
            leakage_of(folder),
            model_columns(folder),
            described_in(folder).class_names,
        )


@dataclass(frozen=True)
class Attack:
    """One judged attack.

    Attributes:
        path: of its folder.
        result: of attack.json.
        config: what was asked.
    """

    path: Path
    result: AttackResult
    config: AttackConfig

    @classmethod
    def read(cls, path: Path) -> "Attack":
        """The attack at `path`.

        Raises:
            InputError: if a file is damaged.
        """
        folder = AttackFolder.open(path, "PATH")
        return cls(path, read_part(AttackResult, path / "attack.json"), folder.config())


def failures_of(sweep: Path) -> list[Failure]:
    """What failed in a sweep, from its failures/*.json.

    Raises:
        InputError: if one is damaged.
    """
    found = (read_json(path) for path in sorted((sweep / "failures").glob("*.json")))
    return [Failure(str(one.get("cell")), str(one.get("error"))) for one in found]


def commands_of(sweep: Path) -> list[str]:
    """The sweep's command line, if its sweep.json tells it.

    Raises:
        InputError: if it is damaged.
    """
    path = sweep / "sweep.json"
    command = read_part(Sweep, path).command if path.is_file() else ""
    told = command if isinstance(command, str) else shlex.join(command)
    return [told] if told else []
