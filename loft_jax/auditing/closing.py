"""The closing table of an audit: the numbers of audit.json, and what to do next."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from loft_jax.auditing.folder import NUMBERS, PAGE
from loft_jax.runs.closing import Row, rows_table

MEASURES = {
    "accuracy_at_1": "classes found, by evaluators",
    "open_set_accuracy": "  above strangers",
    "retrieval_at_1": "people retrieved of all",
    "independent_retrieval_at_1": "  by an independent judge",
    "independent_verification": "verified by it",
}
SAID = {
    "below": "proven",
    "above": "exceeded",
    "undecided": "neither proven nor refuted",
}


def closing_table(numbers: dict[str, Any], folder: Path, *, named: bool) -> RenderableType:
    """What ends an audit.

    Args:
        numbers: audit.json.
        folder: of the audit.
        named: whether a command can name the model, so that one can go on.
    """
    parts: list[RenderableType] = [Text(numbers["sentence"], style="bold")]
    parts.append(rows_table(_rows(numbers), str(folder)))
    parts += [Text(f"not measured: {one}") for one in numbers["not_measured"]]
    parts += [Text(f"note: {one}") for one in numbers["notes"]]
    parts.append(Text(_next(numbers, folder, named=named)))
    return Group(*parts)


def _rows(numbers: dict[str, Any]) -> Iterator[Row]:
    for one in numbers["releases"]:
        told = f"{one['numbers']} numbers"
        yield one["release"], "", f"1 of {one['numbers']}" if one["kind"] == "label" else told
        for name, found in one["intervals"].items():
            by = f"of the variance stays unknown; bound: {found['lower_by']}, decoder: "
            by += found["upper_by"]
            yield f"  {name}", f"{found['lower']:.3f} to {found['upper']:.3f}", by
            if "psnr" in found:
                yield "  PSNR", decibels(found["psnr"]), "reached, and what nobody exceeds"
    if numbers["class_level"] is not None:
        yield from _class_rows(numbers["class_level"])
    for one in numbers["ranks"]:
        told = f"of slopes by pixels; effective {one['effective_rank']:.1f}"
        yield f"rank of {one['of']}", _rank(one), told
    for limit in numbers["limits"]:
        yield f"limit {limit['limit']}", limit["verdict"], SAID[limit["verdict"]]
    yield "seconds", f"{numbers['seconds_total']:.0f}", "since the process started"


def control_of(name: str) -> str:
    """What the same judge says of the same attack without a search."""
    independent = "independent_"
    if name.startswith(independent):
        return f"{independent}lookalike_{name.removeprefix(independent)}"
    return f"lookalike_{name}"


def _class_rows(classes: dict[str, Any]) -> Iterator[Row]:
    yield f"attack {classes['attack']}", "", f"{classes['classes']} of {classes['of']} classes"
    measures = classes["measures"]
    for name, label in MEASURES.items():
        if name not in measures:
            continue
        value, low, high = measures[name]
        control = measures.get(control_of(name))
        against = "" if control is None else f"; without a search {control[0]:.3f}"
        ends = "" if low is None else f"95 % interval {low:.3f} to {high:.3f}"
        yield f"  {label}", f"{value:.3f}", ends + against


def _rank(one: dict[str, Any]) -> str:
    return f"{'' if one['complete'] else 'at least '}{one['numerical_rank']}"


def decibels(told: dict[str, Any]) -> str:
    """What is reached, and what nobody exceeds."""
    reached, most = (
        "no limit" if told[end] is None else f"{told[end]:.1f}" for end in ("reached", "most")
    )
    return f"{reached} to {most} dB"


def _next(numbers: dict[str, Any], folder: Path, *, named: bool) -> str:
    lines = [f"look at   {folder / PAGE}", f"numbers   {folder / NUMBERS}"]
    again = f"next      python -m loft_jax.audit --resume {shlex.quote(str(folder))}"
    if named and any("--minutes" in one for one in numbers["not_measured"]):
        lines.append(f"{again} --minutes 60")
    elif named and not numbers["limits"]:
        lines.append(f"{again} --limit relative:0.5")
    return "\n".join(lines)
