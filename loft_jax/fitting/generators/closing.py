"""What is told of a prior: a line a row while it is fitted, the closing table."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from loft_jax.runs.closing import Row, rows_table


def row_line(row: Mapping[str, Any], steps: int) -> str:
    """What is printed of a row of metrics.jsonl."""
    return (
        f"step {row['step']:>5}/{steps}  discriminator {row['discriminator_loss']:.3f}  "
        f"generator {row['generator_loss']:.3f}  spread {row['spread']:.3f}"
    )


def closing_table(result: dict[str, Any], folder: Path) -> Table:
    """The table that ends `python -m loft_jax.fit_prior`."""
    return rows_table(_rows(result, folder / "samples.png"), str(folder))


def _rows(result: dict[str, Any], samples: Path) -> Iterator[Row]:
    for found in filter(None, (result, result.get("of_target"))):
        yield from _distance(found)
    if result.get("questions"):  # folders of old have none
        yield "questions", f"{result['questions']:,}", "pictures that the target was asked about"
    yield "spread", f"{result['spread']:.3f}", "over a batch of fakes, mean over pixels"
    for phase in ("compile", "fit", "total"):
        yield f"seconds, {phase}", f"{result[f'seconds_{phase}']:.1f}", ""
    yield "peak memory", f"{result['peak_memory_bytes'] / 2**30:.2f} GiB", "of this process"
    yield "look at", "samples.png", f"{samples}, beside it public.png"


def _distance(found: Mapping[str, Any]) -> Iterator[Row]:
    n, features = found["fid_pictures"], found["fid_features"]
    if found["fid"] is None:
        yield "FID", "none", found["fid_missing"]
        return
    yield "FID", f"{found['fid']:.3g}", f"{n} samples, features of {features}"
    floor = "of as many public pictures that it learnt from: the floor"
    yield "FID of real ones", f"{found['fid_of_public']:.3g}", floor
