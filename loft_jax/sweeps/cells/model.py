"""A classifier of a sweep."""

import dataclasses
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from loft_jax.data.sources import source_of
from loft_jax.fitting.fitted_folder import RESULT
from loft_jax.fitting.run_folder import RunFolder, pictures_of
from loft_jax.fitting.settings import TrainConfig
from loft_jax.runs.identity import content
from loft_jax.runs.settings import RunConfig
from loft_jax.sweeps.cells.base import Job, Pictures, Place

EVALUATION = "evaluation.json"


@dataclass(frozen=True)
class Model(Job):
    """A classifier.

    Attributes:
        config: how it is trained.
        pictures: on what.
    """

    room = "models"

    config: TrainConfig
    pictures: Pictures

    @property
    def stem(self) -> str:
        """Pictures, trunk, defense, seed."""
        config, defense = self.config, self.config.model.defense
        named = defense.spec if defense.baselines else defense.about.title
        named = named.replace(":", "").replace(",", "-")
        return f"{Path(config.data.data).stem}-{config.model.trunk}-{named}-seed{config.run.seed}"

    def content(self) -> dict[str, Any]:
        """Settings, the defense's among them, and what the pictures are."""
        return self._content

    @cached_property
    def _content(self) -> dict[str, Any]:
        return {**content(self.config), "pictures": self.pictures.fingerprint}

    @property
    def start(self) -> "Model | None":
        """What its weights begin with; None begins with nothing."""
        config = self.config.model.defense.start_from(self.config)
        return None if config is None else Model(config, self.pictures)

    def needs(self) -> tuple[Job, ...]:
        """What it starts from."""
        return () if self.start is None else (self.start,)

    def asked(self, folder: Path) -> tuple[Any, Any]:
        """Of the training."""
        return content(RunFolder.open(folder).config()), content(self.config)

    def finished(self, folder: Path) -> bool:
        """Whether it is trained and evaluated."""
        run = RunFolder(folder)
        for name in (RESULT, EVALUATION):
            if name not in run:
                return False
            run.read(name)
        return True

    @property
    def pictures_drawn(self) -> tuple[str, ...]:
        """Its curves, and samples of pictures that may be shown."""
        return pictures_of(source_of(self.config.data.data).shown)

    def run(self, place: Place, *, going: bool) -> None:
        """Train and evaluate."""
        from loft_jax.fitting.evaluation import EvaluateConfig, evaluate_classifier
        from loft_jax.fitting.session import train_classifier

        folder = self.folder(place.root)
        run = RunConfig(
            seed=self.config.run.seed,
            resume=str(folder) if going else None,
            out=None if going else str(folder),
            device=place.device,
            cache=place.cache,
        )
        start = None if self.start is None else place.of(self.start)
        config = dataclasses.replace(self.config, run=run, start_from=start)
        train_classifier(config, started=time.perf_counter())
        if EVALUATION in RunFolder(folder):  # only a picture was lost
            return
        evaluate_classifier(
            EvaluateConfig(
                str(folder), batch=config.optim.batch, device=place.device, cache=place.cache
            )
        )
