"""The closing table of an attack: what it cost, what the target makes of it, and what next."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from loft_jax.runs.closing import Row, rows_table


def closing_table(numbers: dict[str, Any], folder: Path) -> RenderableType:
    """What ends an attack that nobody judges."""
    following = Text(
        f"look at   {folder / 'reconstructions.png'}\n"
        f"numbers   {folder / 'search.json'}\n"
        f"next      python -m loft_jax.judge {shlex.quote(str(folder))}"
    )
    return Group(rows_table(cost_rows(numbers), str(folder)), following)


def cost_rows(numbers: dict[str, Any]) -> Iterator[Row]:
    """Confidence, queries, seconds and memory; of an attack that was judged those as well."""
    kept = "of the target in what was kept, mean over random views"
    yield "target confidence", f"{numbers['target_confidence']:.3f}", kept
    yield "queries", f"{numbers['queries']}", _told(numbers)
    for phase, meaning in (
        ("compile", "tracing and compiling, part of the next two"),
        ("candidates", "scoring public pictures, once for all classes"),
        ("search", "steps and final selection"),
        ("measure", "evaluators and metrics"),
        ("total", "since the process started, without training evaluators"),
    ):
        if f"seconds_{phase}" in numbers:
            yield f"seconds, {phase}", f"{numbers[f'seconds_{phase}']:.1f}", meaning
    # An attack of an older version has no memory before it: its budget was the whole process.
    peak, budget, before = (
        numbers.get(f"{name}_bytes", 0) / 2**30
        for name in ("peak_memory", "memory_budget", "memory_before")
    )
    meaning = f"of this process; --memory {budget:.2f} beside the {before:.2f} held before"
    yield "peak memory", f"{peak:.2f} GiB", meaning


def _told(numbers: dict[str, Any]) -> str:
    """What the pictures were asked for; an attack of an older version does not know."""
    told = "pictures that the target was shown"
    if (shared := numbers.get("queries_shared")) is not None:
        each = (numbers["queries"] - shared) / numbers["classes"]
        told += f": {shared} for all classes, {each:.0f} for each"
    if allowed := numbers.get("queries_allowed"):
        told += f"; --queries {allowed} for each"
    if before := numbers.get("queries_of_prior"):
        told += f"; not among them {before:,} of when the prior was fitted"
    return told
