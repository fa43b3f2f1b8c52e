"""The model under audit: a run folder, a target, or FILE.py:NAME; and how it answers."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float

from loft_jax.auditing.pictures import Source
from loft_jax.auditing.probes import check_answers
from loft_jax.auditing.releases import shown_by
from loft_jax.auditing.settings import MODELS
from loft_jax.auditing.stages import Facts
from loft_jax.defenses.loft import LoFtHead
from loft_jax.errors import InputError
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.folder import CONFIG
from loft_jax.targets.base import Target
from loft_jax.targets.run import RunTarget, load_run
from loft_jax.targets.spec import ADDRESSES, load_spec

CODE_ENDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "relu6": (0.0, 6.0)}
"""Between which ends an activation keeps each number of a code, whatever was learnt."""


class Model(NamedTuple):
    """What is audited.

    Attributes:
        target: it.
        shown: sources that its answers have.
        facts: how it answers.
        remarks: sentences on what is odd about its answers.
    """

    target: Target
    shown: tuple[str, ...]
    facts: Facts
    remarks: tuple[str, ...] = ()


def is_run(path: str) -> bool:
    """Whether MODEL is a folder of python -m loft_jax.train, or of something else of ours."""
    return (Path(path) / CONFIG).is_file() or Path(path).is_dir()


def is_named(path: str) -> bool:
    """Whether a command can name it: a folder, FILE.py:NAME or an address, and no object."""
    file, _, name = path.rpartition(":")
    return path.startswith(ADDRESSES) or (file.endswith(".py") and bool(name)) or is_run(path)


def check_named(path: str) -> None:
    """Check that MODEL has the form of something that can be audited.

    Raises:
        InputError: if it is no folder, no FILE.py:NAME and no address.
    """
    if not is_named(path):
        msg = f"`MODEL` must be {MODELS}, got {path}"
        raise InputError(msg if Path(path).exists() else f"{msg}, which does not exist")


def opened(path: str, source: Source, mesh: Mesh, seed: int) -> Target:
    """The model that MODEL names.

    Args:
        path: run folder or FILE.py:NAME.
        source: pictures that it sees, which say their size and the names of its classes.
        mesh: devices.
        seed: of what is random in its answers.

    Raises:
        InputError: if it is neither, or does not take such pictures.
    """
    if is_run(path):
        return load_run(path, mesh, seed=seed)
    data = source.data
    if data is None:
        msg = "`--data` must be FILE.npz or a FOLDER of class folders for a model of your own, got "
        raise InputError(msg + source.name)
    return load_spec(path, size=data.size, channels=data.channels, class_names=data.class_names)


def looked_at(target: Target, pictures: Float[np.ndarray, "n h w ch"]) -> Model:
    """How the model answers, from asking it about a few pictures.

    Raises:
        InputError: if its answers are not finite or of the wrong shape.
    """
    checked = check_answers(target, pictures)
    shown = shown_by(target.ask(pictures[:1]), target.classes)
    facts = _facts(target, random=not checked.repeats)
    return Model(target, shown, facts, checked.remarks)


def _facts(target: Target, *, random: bool) -> Facts:
    if not isinstance(target, RunTarget):
        return Facts(None, random, random, None)
    defense, head = target.run.config.model.defense, _head(target)
    ends = CODE_ENDS.get(head.activation) if isinstance(head, LoFtHead) else None
    return Facts(defense.answer_noise, random, defense.overrides("release"), ends)


def _head(target: RunTarget) -> object:
    network = target.network
    assert isinstance(network, FrozenClassifier)
    return network.head
