"""The folder of everything that is fitted: its checkpoints, its rows, its closing numbers."""

from pathlib import Path
from typing import Any

from loft_jax.runs import files
from loft_jax.runs.folder import Folder, Settings

RESULT, METRICS = "result.json", "metrics.jsonl"


class FittedFolder(Folder[Settings]):
    """Paths and files of one fit."""

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoint"

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write metrics.jsonl."""
        files.write_lines(self.path / METRICS, rows)
