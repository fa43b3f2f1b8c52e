"""A prior that a sweep fits to public pictures."""

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.generators.folder import SAMPLES, PriorFolder
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.runs.identity import content, digest
from loft_jax.sweeps.cells.base import Job, Place
from loft_jax.sweeps.cells.model import Model


@dataclass(frozen=True)
class Prior(Job):
    """A generator.

    Attributes:
        config: how it is fitted; of known size and channels.
        public: what tells its public pictures from others.
        target: the classifier to whose answers it is fitted, if it is.
    """

    room = "priors"

    config: FitConfig
    public: str
    target: Model | None

    @property
    def stem(self) -> str:
        """Its kind."""
        return self.config.prior

    def content(self) -> dict[str, Any]:
        """Settings with the numbers that the row of its kind gives, pictures, target."""
        target = None if self.target is None else self.target.content()
        return {**self._alike(), "target": target}

    @property
    def label(self) -> str:
        """One name for all that are fitted alike, each to its own target."""
        return f"{self.stem}-{digest(self._alike())[:4]}"

    def needs(self) -> tuple[Job, ...]:
        """Its target."""
        return () if self.target is None else (self.target,)

    def asked(self, folder: Path) -> tuple[Any, Any]:
        """Of the fit."""
        return content(PriorFolder.open(folder).config()), content(self.config)

    def finished(self, folder: Path) -> bool:
        """Whether it has its numbers and what attacks load."""
        prior = PriorFolder(folder)
        if RESULT not in prior or not prior.archive.is_file():
            return False
        prior.read(RESULT)
        return True

    @property
    def pictures_drawn(self) -> tuple[str, ...]:
        """Its samples."""
        return (SAMPLES,)

    def run(self, place: Place, *, going: bool) -> None:
        """Fit it."""
        from loft_jax.fitting.generators.session import fit_generator

        where = {"resume" if going else "out": place.of(self)}
        target = None if self.target is None else place.of(self.target)
        config = dataclasses.replace(
            self.config, target=target, device=place.device, cache=place.cache, **where
        )
        fit_generator(config, started=time.perf_counter())

    def _alike(self) -> dict[str, Any]:
        config = self.config
        assert config.size is not None
        row, game = config.row, config.game
        resolved = (config.iterations, config.critic_updates, *config.rates,
                    config.maps(config.size), row.latent_dim, row.answers, row.conditional,
                    config.loss or next(iter(row.games)), game.betas, game.spectral)  # fmt: skip
        return {**content(config), "resolved": content(resolved), "public": self.public}
