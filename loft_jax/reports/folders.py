"""The folders behind a report as records: runs, attacks, and a sweep's failures and command."""

import dataclasses
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from loft_jax.attacks.settings import AttackConfig
from loft_jax.errors import InputError
from loft_jax.findings.table import model_columns
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import TrainConfig


class Failure(NamedTuple):
    """What a sweep could not do: the cell in words and the error."""

    cell: str
    error: str


@dataclass(frozen=True)
class Run:
    """One trained classifier.

    Attributes:
        path: of its folder.
        config: what was asked.
        result: result.json.
        metrics: rows of metrics.jsonl; none if it is not there.
        environment: environment.json; empty if it is not there.
        leakage: `head_leakage` of evaluation.json; None before `python -m loft_jax.evaluate`.
        compression: compression.json; None for a head as it was trained.
        model: the columns of `findings.table` that belong to the classifier.
        class_names: of the pictures.
    """

    path: Path
    config: TrainConfig
    result: dict[str, Any]
    metrics: list[dict[str, Any]]
    environment: dict[str, Any]
    leakage: dict[str, Any] | None
    compression: dict[str, Any] | None
    model: dict[str, Any]
    class_names: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "Run":
        """The run at `path`.

        Raises:
            InputError: if it is not finished, or a file is damaged.
        """
        folder = RunFolder.open(str(path))
        config, result = folder.config(), folder.read("result.json")
        story = _if_there(folder, "compression.json")
        evaluation = _if_there(folder, "evaluation.json") or {}
        leakage = evaluation.get("head_leakage")
        try:
            pictures = folder.read("split.json")["pictures"]
            model = model_columns(folder)
        except (KeyError, TypeError) as error:
            msg = f"`{path}` must be a run of this version of loft_jax, got no {error}"
            raise InputError(msg) from error
        return cls(
            path.absolute(),
            config,
            result,
            _metrics(path / "metrics.jsonl"),
            _if_there(folder, "environment.json") or {},
            leakage,
            story,
            model,
            tuple(pictures["class_names"]),
        )


@dataclass(frozen=True)
class Attack:
    """One finished attack.

    Attributes:
        path: of its folder.
        result: attack.json.
        config: what was asked; None if config.json is not there.
    """

    path: Path
    result: dict[str, Any]
    config: AttackConfig | None

    @classmethod
    def read(cls, path: Path) -> "Attack":
        """The attack at `path`.

        Raises:
            InputError: if a file is damaged.
        """
        folder = RunFolder(path)
        values, config = _if_there(folder, "config.json"), None
        if values is not None:
            names = {one.name for one in dataclasses.fields(AttackConfig)}
            values.pop("format", None)
            if not set(values) <= names:
                odd = ", ".join(sorted(set(values) - names))
                msg = f"`{path / 'config.json'}` must be of this version of loft_jax, got {odd}"
                raise InputError(msg)
            values["evaluators"] = tuple(values.get("evaluators", ()))
            config = AttackConfig(**values)
        return cls(path, folder.read("attack.json"), config)


def failures_of(sweep: Path) -> list[Failure]:
    """What failed in a sweep, from its failures/*.json.

    Raises:
        InputError: if one is damaged.
    """
    found = []
    for path in sorted((sweep / "failures").glob("*.json")):
        value = RunFolder(path.parent).read(path.name)
        cell = value.get("cell", path.stem)
        words = _words(cell) if isinstance(cell, dict) else str(cell)
        found.append(Failure(words, str(value.get("error", "no message"))))
    return found


def commands_of(sweep: Path) -> list[str]:
    """The sweep's command line, if its sweep.json tells it."""
    command = (_if_there(RunFolder(sweep), "sweep.json") or {}).get("command")
    if not command:
        return []
    return [command if isinstance(command, str) else shlex.join(map(str, command))]


def _words(cell: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in cell.items() if value is not None)


def _if_there(folder: RunFolder, name: str) -> dict[str, Any] | None:
    return folder.read(name) if (folder.path / name).is_file() else None


def _metrics(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    try:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
    except (OSError, ValueError) as error:
        msg = f"`{path}` must hold a JSON object on each line, got: {error}"
        raise InputError(msg) from error
    if not all(isinstance(row, dict) and "epoch" in row for row in rows):
        msg = f"`{path}` must tell the epoch on each line, got a line without"
        raise InputError(msg)
    return rows
