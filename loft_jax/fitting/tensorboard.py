"""Mirrors the rows of metrics.jsonl for TensorBoard, by tensorboardX."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from loft_jax.errors import InputError


def check_installed() -> None:
    """Check that tensorboardX is there.

    Raises:
        InputError: saying what to install.
    """
    if find_spec("tensorboardX") is None:
        msg = "`--tensorboard` must find tensorboardX: pip install -e '.[tensorboard]'"
        raise InputError(msg)


def mirror(run: Path, row: dict[str, Any]) -> None:
    """Append one epoch's numbers to the event file in `run`/tensorboard."""
    from tensorboardX import SummaryWriter

    with SummaryWriter(str(run / "tensorboard")) as writer:
        for name, value in row.items():
            writer.add_scalar(name, value, row["step"])
