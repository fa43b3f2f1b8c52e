"""The folder of a sweep: opened, begun, or said to be something else."""

from pathlib import Path

from loft_jax.errors import InputError
from loft_jax.runs.files import read_json, write_json
from loft_jax.runs.identity import CODE_FORMAT
from loft_jax.sweeps.store import Store

KIND = "sweep.format"
"""File that says with which version of the code the cells were made."""


def opened(root: Path) -> Store:
    """The store in this folder, which is made if need be.

    Raises:
        InputError: if it is something else, older than this code, or cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        inside = sorted(path.name for path in root.iterdir() if not path.name.startswith("."))
    except OSError as error:
        msg = f"`--out` must be a folder that can be written, got {root}: {error.strerror}"
        raise InputError(msg) from error
    if KIND in inside:
        found = read_json(root / KIND).get("code_format")
        if found != CODE_FORMAT:
            raise InputError(_old(root, f"format {found}"))
        return Store(root)
    if (root / "models").is_dir():
        raise InputError(_old(root, "an older format"))
    if inside:
        msg = f"`--out` must be a new folder or that of a sweep, got {root} with {inside[0]}"
        raise InputError(msg)
    write_json(root / KIND, {"code_format": CODE_FORMAT})
    return Store(root)


def _old(root: Path, found: str) -> str:
    return (
        f"`--out` must be a new folder or a sweep of this version (format {CODE_FORMAT}), got "
        f"{root} of {found}, whose results would not be the same now"
    )
