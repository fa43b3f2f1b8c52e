"""The closing table of --robustness: the numbers of robustness.json, and what they mean."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from loft_jax.robustness.adversaries import WORST
from loft_jax.runs.closing import Row, rows_table

NAMES = {"pgd": "PGD", "apgd": "APGD", "square": "Square"}
NOT_AUTO = "adversarial: the worst of these attacks for each picture, which is not AutoAttack"


def closing_table(numbers: dict[str, Any], target: Path, drawing: Path) -> RenderableType:
    """What ends an evaluation with --robustness."""
    rows = [
        *_adversarial(numbers["adversarial"], numbers["numbers_a_picture"]),
        *_calibration(numbers["calibration"]),
        *_corruptions(numbers["corruptions"]),
        *_strangers(numbers["strangers"]),
    ]
    remark = numbers["remark"]
    said = [NOT_AUTO, *([] if remark is None else [f"note: {remark}"])]
    if drawing.exists():
        said.append(f"look at {drawing}")
    said.append(f"numbers in {target}")
    table = rows_table(rows, f"robustness of the network itself, {numbers['part']}")
    return Group(table, Text("\n".join(said)))


def strength_name(norm: str, strength: float) -> str:
    """A strength as it is read: 8/255 where it is a number of steps of bytes."""
    steps = 255 * strength
    if norm == "linf" and math.isclose(steps, round(steps), rel_tol=1e-6):
        return f"{round(steps)}/255"
    return f"{strength:g}"


def _adversarial(found: dict[str, Any], numbers: int) -> Iterator[Row]:
    meaning = (
        f"{found['pictures']} pictures of {found['people']} people, {_ends(found, 'accuracy')}"
    )
    yield "not attacked", f"{found['accuracy']:.3f}", meaning
    for row in found["strengths"]:
        each = ", ".join(f"{name} {row[f'{key}_accuracy']:.3f}" for key, name in NAMES.items())
        if row["norm"] == "linf":
            title = f"L-inf {strength_name('linf', row['strength'])}"
        else:
            title = f"L2 {strength_name('l2', row['strength'])}"
            each += f"; a number by {row['strength'] / math.sqrt(numbers):.4f} (root mean square)"
        accuracy = f"{WORST}_accuracy"
        yield f"  {title}", f"{row[accuracy]:.3f}", f"{_ends(row, accuracy)}; {each}"


def _calibration(found: dict[str, Any]) -> Iterator[Row]:
    by_chance = f"{found['ece_by_chance']:.3f} by chance if odds were perfect, 15 bins"
    yield "ECE", f"{found['ece']:.3f}", f"{by_chance}; {_ends(found, 'ece')}"
    yield "Brier score", f"{found['brier']:.3f}", f"0 to 2; {_ends(found, 'brier')}"


def _corruptions(found: dict[str, Any]) -> Iterator[Row]:
    mean = "mean_accuracy"
    meaning = f"mean of kinds and severities, {_ends(found, mean)}"
    yield "corrupted", f"{found[mean]:.3f}", meaning
    for kind in dict.fromkeys(row["kind"] for row in found["kinds"]):
        rows = [row for row in found["kinds"] if row["kind"] == kind]
        amounts = ", ".join(f"{row['amount']:g}" for row in rows)
        shares = " ".join(f"{row['accuracy']:.3f}" for row in rows)
        yield f"  {kind}", shares, f"{amounts}: {found['amounts'][kind]}"


def _strangers(found: dict[str, Any]) -> Iterator[Row]:
    if found["missing"] is not None:
        yield "strangers", "none", found["missing"]
        return
    meaning = f"of how sure it is, against {found['strangers']} {found['of']}; "
    yield "strangers, AUROC", f"{found['auroc']:.3f}", meaning + _ends(found, "auroc")


def _ends(numbers: dict[str, Any], name: str) -> str:
    low, high = numbers[f"{name}_low"], numbers[f"{name}_high"]
    return "no interval" if low is None else f"95 % interval {low:.3f} to {high:.3f}"
