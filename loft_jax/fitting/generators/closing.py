"""What is told of a prior: a line a row while it is fitted, the closing table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table


def row_line(row: Mapping[str, Any], steps: int) -> str:
    """What is printed of a row of metrics.jsonl."""
    return (
        f"step {row['step']:>5}/{steps}  discriminator {row['discriminator_loss']:.3f}  "
        f"generator {row['generator_loss']:.3f}  spread {row['spread']:.3f}"
    )


def closing_table(result: dict[str, Any], folder: Path) -> Table:
    """The table that ends `python -m loft_jax.fit_prior`."""
    table = Table(title=f"{folder}", title_justify="left", show_header=False, pad_edge=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("meaning", style="dim")
    n, features = result["fid_pictures"], result["fid_features"]
    if result["fid"] is None:
        table.add_row("FID", "none", result["fid_missing"])
    else:
        table.add_row("FID", f"{result['fid']:.3g}", f"{n} samples, features of {features}")
        floor = "of as many public pictures that it learnt from: the floor"
        table.add_row("FID of real ones", f"{result['fid_of_public']:.3g}", floor)
    table.add_row("spread", f"{result['spread']:.3f}", "over a batch of fakes, mean over pixels")
    for phase in ("compile", "fit", "total"):
        table.add_row(f"seconds, {phase}", f"{result[f'seconds_{phase}']:.1f}", "")
    memory = f"{result['peak_memory_bytes'] / 2**30:.2f} GiB"
    table.add_row("peak memory", memory, "of this process")
    table.add_row("look at", "samples.png", f"{folder / 'samples.png'}, beside it public.png")
    return table
