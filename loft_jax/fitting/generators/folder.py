"""The folder of a prior: what a later command needs to know of it, by fixed names."""

from pathlib import Path

from loft_jax.fitting.fitted_folder import FittedFolder
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.priors.archive import FILE

PUBLIC, TARGET = "public.json", "target.json"
SAMPLES = "samples.png"


class PriorFolder(FittedFolder[FitConfig]):
    """Paths and files of one prior."""

    kind = "prior"
    format = 2
    made_by = "python -m loft_jax.fit_prior"
    asked = FitConfig

    @property
    def archive(self) -> Path:
        """What attacks load."""
        return self.path / FILE
