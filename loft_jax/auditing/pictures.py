"""Where the pictures of an audit come from: the law of a run, its test part, or files."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from loft_jax.data.dataset import Dataset
from loft_jax.data.public import FRESH
from loft_jax.data.sources import Law, load_dataset, source_of
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import load_data
from loft_jax.targets.base import Target

Progress = Callable[[int, int], None]


class Source(NamedTuple):
    """Pictures of the kind that a model sees.

    Attributes:
        name: of them.
        shown: whether they may be shown to everybody.
        law: draws them, or None.
        data: they themselves, where there is no law.
        chosen: which of `data` are used.
    """

    name: str
    shown: bool
    law: Law | None = None
    data: Dataset | None = None
    chosen: Int64[np.ndarray, " n"] | None = None


def source_for(
    run: RunFolder | None, target: Target | None, named: str | None, progress: Progress
) -> Source:
    """The pictures that an audit is made on.

    Args:
        run: the model, where it is a run of ours.
        target: the model, where it is none and given as an object.
        named: as `--data` has it; None is the run's own.
        progress: told (done, of so many) while much is read.

    Raises:
        InputError: if there are none, or they are not as they must be.
    """
    if run is None:
        return _of_files(_needed(named), target, progress)
    config, shape = run.config(), run.description()
    maker = source_of(config.data.data if named is None else named).law
    if maker is not None:
        # People of a world in which neither this model nor a prior was taught.
        seed = (config.data_seed + FRESH) % 2**32
        law = maker(shape.size, shape.channels, seed, "public")
        return Source(config.data.data if named is None else named, shown=True, law=law)
    if named is None:
        data = load_data(config, progress)
    else:
        data = load_dataset(
            named, size=shape.size, channels=shape.channels, seed=0, progress=progress
        )
    own = data.fingerprint == run.fingerprint()
    chosen = run.split(data).test if own else np.arange(len(data.images))
    part = "test part" if own else "all pictures"
    return Source(f"{data.name}, {part}", data.shown, None, data, chosen)


def _needed(named: str | None) -> str:
    if named is None:
        msg = (
            "`--data` must name pictures (FILE.npz or a FOLDER of class folders) where the model "
            "is no run folder, got none"
        )
        raise InputError(msg)
    return named


def _of_files(named: str, target: Target | None, progress: Progress) -> Source:
    size, channels = (None, None) if target is None else (target.size, target.channels)
    maker = source_of(named).law
    if maker is not None and target is not None:
        law = maker(target.size, target.channels, FRESH, "public")
        return Source(named, shown=True, law=law)
    data = load_dataset(named, size=size, channels=channels, seed=0, progress=progress)
    return Source(data.name, data.shown, None, data, np.arange(len(data.images)))
