"""What a report is made of: the tidy table of the given folders, and the folders behind it."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from loft_jax.errors import InputError
from loft_jax.findings.records import AttackResult
from loft_jax.findings.rows import rows_of
from loft_jax.findings.table import FILE, read_table, to_table
from loft_jax.reports.folders import Attack, Failure, Run, commands_of, failures_of
from loft_jax.runs.parts import read_part


@dataclass(frozen=True)
class Material:
    """Everything that is shown.

    Attributes:
        table: see `loft_jax.findings.columns`; `run` and `attack_folder` are absolute paths.
        runs: by path; those of the table that are still there, and those given without attacks.
        attacks: by path, in the table's order; those of the table that are still there.
        failures: what a sweep could not do.
        sweeps: command lines of the sweeps.
        notes: sentences about folders that are not there or not finished.
    """

    table: pl.DataFrame
    runs: dict[str, Run]
    attacks: dict[str, Attack]
    failures: list[Failure]
    sweeps: list[str]
    notes: list[str]


@dataclass
class _Heap:
    rows: list[dict[str, Any]] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    sweeps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def gather(paths: Sequence[Path], data: str | None = None) -> Material:
    """The table and folders of sweeps, runs and attacks on one data set.

    Args:
        paths: folders; of a run the attacks beside it come along.
        data: name, or beginning of the fingerprint, of the data set to keep; None keeps all.

    Raises:
        InputError: if a folder is no such folder or damaged, or if there are several data sets.
    """
    if not paths:
        msg = "`PATH` must be at least one folder of a sweep, run or attack, got none"
        raise InputError(msg)
    heap = _Heap()
    for path in paths:
        _add(heap, path)
    table = to_table(_once(heap.rows))
    table, runs = _of_one_data_set(table, heap.runs, data)
    attacks = {}
    for name in table["attack_folder"].unique(maintain_order=True):
        if (Path(name) / "attack.json").is_file():
            attacks[name] = Attack.read(Path(name))
        else:
            named = Path(name).name
            heap.notes.append(f"The attack {named} is in the table, its folder is not there.")
    return Material(table, runs, attacks, heap.failures, heap.sweeps, heap.notes)


def _add(heap: _Heap, path: Path) -> None:
    if (path / FILE).is_file():
        _add_sweep(heap, path)
    elif (path / "attack.json").is_file():
        _add_attack(heap, path)
    elif (path / "config.json").is_file() and (path / "split.json").is_file():
        _add_run(heap, path)
    else:
        what = "which holds none of them" if path.is_dir() else "which is no folder"
        msg = (
            "`PATH` must be a folder of a sweep (with table.parquet), a run (config.json, "
            f"split.json) or a finished attack (attack.json), got {path}, {what}"
        )
        raise InputError(msg)


def _add_sweep(heap: _Heap, path: Path) -> None:
    rows = _rebased(read_table(path).to_dicts(), path)
    heap.rows += rows
    for name in dict.fromkeys(row["run"] for row in rows):
        if (Path(name) / "config.json").is_file():
            heap.runs[name] = Run.read(Path(name))
        else:
            named = Path(name).name
            heap.notes.append(f"The run {named} is in the table, its folder is not there.")
    heap.failures += failures_of(path)
    heap.sweeps += commands_of(path)


def _add_run(heap: _Heap, path: Path) -> None:
    heap.runs[_absolute(path)] = Run.read(path)
    for attack in sorted((path / "attacks").glob("*/")):
        if (attack / "attack.json").is_file():
            _add_attack(heap, attack)
        else:
            heap.notes.append(f"The attack {attack.name} is not judged and left out.")


def _add_attack(heap: _Heap, path: Path) -> None:
    # An attack names its run as it was then; a run that was moved took its attacks along.
    beside = path.absolute().parent.parent
    here = path.absolute().parent.name == "attacks" and (beside / "split.json").is_file()
    run = beside if here else Path(read_part(AttackResult, path / "attack.json").run)
    root = Path.cwd()
    heap.rows += _rebased(rows_of(path, root, run=run), root)
    heap.runs.setdefault(_absolute(run), Run.read(run))


def _rebased(rows: Iterable[dict[str, Any]], root: Path) -> list[dict[str, Any]]:
    return [
        {**row, **{name: _absolute(root / row[name]) for name in ("run", "attack_folder")}}
        for row in rows
    ]


def _absolute(path: Path) -> str:
    return os.path.realpath(path)


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each attacked class once, though its folder may have been given twice."""
    return list({(row["attack_folder"], row["class"]): row for row in rows}.values())


def _of_one_data_set(
    table: pl.DataFrame, runs: dict[str, Run], wanted: str | None
) -> tuple[pl.DataFrame, dict[str, Run]]:
    pairs = table.select("fingerprint", "data").rows()
    pairs += [(run.model["fingerprint"], run.model["data"]) for run in runs.values()]
    names = dict(pairs)
    if wanted is None:
        kept = names
    else:
        kept = {f: n for f, n in names.items() if n == wanted or f.startswith(wanted)}
        if not kept:
            msg = f"`--data` must be one of {_listed(names)}, got {wanted}"
            raise InputError(msg)
    if len(kept) > 1:
        msg = (
            f"`PATH` must be folders of one data set, got {_listed(kept)}: write one report each, "
            "choosing with --data (name or fingerprint)"
        )
        raise InputError(msg)
    return (
        table.filter(pl.col("fingerprint").is_in(list(kept))),
        {path: run for path, run in runs.items() if run.model["fingerprint"] in kept},
    )


def _listed(names: dict[str, str]) -> str:
    return " and ".join(f"{name} ({fingerprint[:8]})" for fingerprint, name in names.items())
