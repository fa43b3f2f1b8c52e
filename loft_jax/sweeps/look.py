"""Looking at what a sweep is about before its first cell: pictures, priors, public pictures.

What is loaded here is loaded once for all cells; what a cell would fail at is said now.
"""

import dataclasses
import hashlib
from pathlib import Path

import jax
import numpy as np
from jaxtyping import UInt64

from loft_jax.data.dataset import Dataset
from loft_jax.data.public import check_disjoint, fingerprint, load_public, picture_hashes
from loft_jax.data.sources.table import row_of
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.pretraining import load_people
from loft_jax.fitting.session import load_data
from loft_jax.fitting.settings import TrainConfig
from loft_jax.metrics.open_set import LEAST
from loft_jax.priors import ImagePrior, load_prior
from loft_jax.priors.archive import FILE, public_hashes
from loft_jax.priors.table import PRIORS
from loft_jax.sweeps.cells import Given, Pictures


class Look:
    """Everything that was loaded, each once."""

    def __init__(self) -> None:
        self._data: dict[str, Dataset] = {}
        self._left_out: list[str] = []
        self._private: dict[str, UInt64[np.ndarray, " n"]] = {}
        self._public: dict[tuple, tuple[str, UInt64[np.ndarray, " n"] | None]] = {}
        self._priors: dict[tuple, ImagePrior] = {}
        self._strangers: dict[tuple, UInt64[np.ndarray, " n"]] = {}
        self._people: dict[tuple, str] = {}

    def pictures(self, config: TrainConfig) -> Pictures:
        """The pictures of a classifier.

        Raises:
            InputError: if they are not as they must be.
        """
        data = self._loaded(config)
        return Pictures(data.fingerprint, data.size, data.channels, data.classes)

    def begun(self, config: TrainConfig) -> TrainConfig:
        """The settings with what tells the public people that the trunk learns first, if any.

        Raises:
            InputError: if they are not as they must be, or somebody private is among them.
        """
        if config.pretrain is None:
            return config
        key = (config.pretrain.pretrain, self.pictures(config))
        if key not in self._people:
            found = load_people(config, self._loaded(config), flag="--public")
            self._people[key] = found.fingerprint
        return dataclasses.replace(config, pretrain=config.pretrain.found(self._people[key]))

    def training_pictures(self, config: TrainConfig) -> int:
        """How many pictures a classifier learns from."""
        left = (1 - config.data.test_fraction) * (1 - config.data.validation_fraction)
        return round(left * len(self._loaded(config).images))

    def notes(self) -> list[str]:
        """What the loaders say of the pictures."""
        told = [note for data in self._data.values() for note in data.notes]
        return list(dict.fromkeys([*told, *self._left_out]))

    def public(self, fit: FitConfig, config: TrainConfig) -> str:
        """What tells the public pictures of a prior from others; none may be the classifier's.

        Raises:
            InputError: if they are not as they must be.
        """
        name, source = row_of(fit.data)
        if source.law is not None:
            return f"drawn {name}, version {source.version}"
        key = (fit.data, fit.size, fit.channels, fit.seed, fit.count, fit.first_pictures)
        if key not in self._public:
            images = load_public(
                fit.data, size=fit.size, channels=fit.channels, seed=fit.seed, count=fit.count,
                first=fit.first_pictures, flag="--public", tell=self._left_out.append,
            )  # fmt: skip
            hashes = picture_hashes(images)
            self._public[key] = fingerprint(hashes), hashes
        told, hashes = self._public[key]
        assert hashes is not None
        check_disjoint(hashes, self._hashes(config))
        return told

    def strangers(self, name: str, config: TrainConfig) -> Given | None:
        """Public pictures as what an open-set success must exceed; None if they are too few.

        Raises:
            InputError: if they are not as they must be, or private.
        """
        pictures = self.pictures(config)
        key = (name, pictures.size, pictures.channels)
        if key not in self._strangers:
            images = load_public(
                name, size=pictures.size, channels=pictures.channels, flag="--public",
                tell=self._left_out.append,
            )  # fmt: skip
            self._strangers[key] = picture_hashes(images)
        hashes = self._strangers[key]
        check_disjoint(hashes, self._hashes(config))
        if len(hashes) < LEAST:
            return None
        return Given(name, fingerprint(hashes))

    def given(self, name: str, config: TrainConfig) -> Given:
        """A prior that is there, tried on the classifier's pictures.

        Raises:
            InputError: if it cannot be loaded, makes other pictures, or has seen the classifier's.
        """
        pictures = self.pictures(config)
        key = (name, pictures.size, pictures.channels)
        if key not in self._priors:
            self._priors[key] = load_prior(
                name, size=pictures.size, channels=pictures.channels, seed=config.data_seed
            )
        if name in PRIORS:
            return Given(name)
        check_disjoint(public_hashes(Path(name)), self._hashes(config))
        return Given(name, hashlib.sha256((Path(name) / FILE).read_bytes()).hexdigest()[:16])

    def offers(self, name: str, config: TrainConfig) -> frozenset[str]:
        """What a prior that is there offers to recipes."""
        pictures = self.pictures(config)
        return self._priors[name, pictures.size, pictures.channels].offers

    def _loaded(self, config: TrainConfig) -> Dataset:
        key = repr((dataclasses.astuple(config.data), config.data_seed))
        if key not in self._data:
            self._data[key] = load_data(config)
        return self._data[key]

    def _hashes(self, config: TrainConfig) -> UInt64[np.ndarray, " n"]:
        data = self._loaded(config)
        if data.fingerprint not in self._private:
            self._private[data.fingerprint] = picture_hashes(data.images)
        return self._private[data.fingerprint]


def on_cpu() -> None:
    """Leave the GPU's memory to the cells: a process that only looks and counts needs none."""
    jax.config.update("jax_platforms", "cpu")
