"""The folder of a prior: what a later command needs to know of it, by fixed names."""

from pathlib import Path
from typing import Any

from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.priors.archive import FILE
from loft_jax.runs import files, schema
from loft_jax.runs.folder import CONFIG, Folder

RESULT, PUBLIC, METRICS = "result.json", "public.json", "metrics.jsonl"


class PriorFolder(Folder):
    """Paths and files of one prior."""

    kind = "prior"
    format = 2
    made_by = "python -m loft_jax.fit_prior"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoint"

    @property
    def archive(self) -> Path:
        """What attacks load."""
        return self.path / FILE

    def config(self) -> FitConfig:
        """How it was asked for.

        Raises:
            InputError: if config.json is damaged or of another version.
        """
        return schema.read(FitConfig, self.settings(), str(self.path / CONFIG))

    def write_metrics(self, rows: list[dict[str, Any]]) -> None:
        """Write metrics.jsonl."""
        files.write_lines(self.path / METRICS, rows)
