"""The private pictures of a target, for judges alone: no attack imports this."""

import os.path
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

from loft_jax.data.dataset import Dataset
from loft_jax.data.public import check_disjoint, picture_hashes
from loft_jax.data.sources import Law, absolute_data, load_dataset, source_of
from loft_jax.data.split import Split
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.priors.archive import public_hashes


@dataclass(frozen=True)
class Private:
    """The target's pictures of the attacked classes; attackers never see them.

    Attributes:
        data: all pictures.
        labels: the attacked classes.
        train: indices of the training pictures of each attacked class.
        test: of its held-out pictures.
    """

    data: Dataset
    labels: Int64[np.ndarray, " k"]
    train: list[Int64[np.ndarray, " _"]]
    test: list[Int64[np.ndarray, " _"]]

    @property
    def pictures(self) -> list[UInt8[np.ndarray, "_ h w ch"]]:
        """Training pictures, class by class."""
        return [self.data.images[chosen] for chosen in self.train]

    @property
    def held_out(self) -> list[UInt8[np.ndarray, "_ h w ch"]]:
        """Held-out pictures, class by class."""
        return [self.data.images[chosen] for chosen in self.test]

    def among(self, indices: Int64[np.ndarray, " n"]) -> list[UInt8[np.ndarray, "_ h w ch"]]:
        """Of these pictures those of each class."""
        whose = self.data.labels[indices]
        return [self.data.images[indices[whose == label]] for label in self.labels]


@dataclass(frozen=True)
class PrivateData:
    """All pictures of a target.

    Attributes:
        named: where they are, as `--data` has it.
        data: the pictures.
        split: into training and held-out ones.
        run: the target, if it is a run of ours.
        law: of the people on them, if it is known.
        seed: which of its worlds they live in.
    """

    named: str
    data: Dataset
    split: Split
    run: RunFolder | None = None
    law: Law | None = None
    seed: int = 0

    def of(self, labels: Int64[np.ndarray, " k"]) -> Private:
        """The pictures of these classes."""
        return Private(self.data, labels, *(
            [part[self.data.labels[part] == label] for label in labels]
            for part in (self.split.train, self.split.test)
        ))  # fmt: skip


def is_there(path: str, data: str | None) -> bool:
    """Whether the private pictures of the run at `path` can be loaded: drawn, or their file is."""
    named = RunFolder.open(path).config().data.data if data is None else data
    return source_of(named).recognises is None or os.path.exists(os.path.expanduser(named))


def private_of_run(path: str, data: str | None) -> PrivateData:
    """The pictures that the run at `path` was trained on.

    Args:
        path: run folder.
        data: where they are now; None is where they were.

    Raises:
        InputError: if they are not there, or are others than those of the run.
    """
    run = RunFolder.open(path)
    config, described = run.config(), run.description()
    named = config.data.data if data is None else absolute_data(data)
    pictures = load_dataset(
        named,
        size=config.data.size,
        seed=config.data_seed,
        skip_unreadable=config.data.skip_unreadable,
        first=config.data.first,
        identities=config.data.identities,
        pictures=config.data.pictures,
    )
    maker = source_of(named).law
    shape = (described.size, described.channels)
    law = None if maker is None else maker(*shape, config.data_seed, "private")
    return PrivateData(named, pictures, run.split(pictures), run, law, config.data_seed)


def private_of_target(instance: dict[str, Any], data: str) -> PrivateData:
    """Pictures of a target that is no run of ours: none of them is known to be held out.

    Args:
        instance: what the attack says of its target.
        data: as `--data` has it.

    Raises:
        InputError: if they are not there, or of other classes.
    """
    size, channels = instance["size"], instance["channels"]
    pictures = load_dataset(data, size=size, channels=channels, seed=0)
    if list(pictures.class_names) != instance["class_names"]:
        msg = f"`--data` must have the {len(instance['class_names'])} classes of the target, got "
        raise InputError(msg + ", ".join(pictures.class_names[:5]))
    every = np.arange(len(pictures.images))
    return PrivateData(data, pictures, Split(every, every[:0], every))


def check_strangers(prior: str, private: Dataset) -> None:
    """Check that a trained prior has seen none of the target's pictures.

    Raises:
        InputError: if it has.
    """
    if Path(prior).is_dir():
        check_disjoint(public_hashes(Path(prior)), picture_hashes(np.asarray(private.images)))
