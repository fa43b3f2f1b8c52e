"""A report from paths to the written file: what `python -m loft_jax.report` does."""

from collections.abc import Sequence
from pathlib import Path

from loft_jax.errors import InputError
from loft_jax.reports.gather import gather
from loft_jax.reports.page import page
from loft_jax.runs.files import write_bytes
from loft_jax.runs.session import console


def report(paths: Sequence[str], *, out: str, data: str | None, show_private: bool) -> int:
    """Write the report of the folders at `paths`; returns the exit code.

    Raises:
        InputError: if a folder is not as it must be, they hold several data sets, or `out` cannot
            be written.
    """
    target = Path(out)
    if target.is_dir() or not target.parent.is_dir():
        what = "a folder" if target.is_dir() else "in a folder that is not there"
        msg = f"`--out` must be a file to write, got {out}, which is {what}"
        raise InputError(msg)
    material = gather([Path(path) for path in paths], data)
    written = page(material, show_private=show_private).encode()
    write_bytes(target, written)
    console().print(f"{target}, {len(written) / 1e6:.1f} MB", highlight=False)
    return 0
