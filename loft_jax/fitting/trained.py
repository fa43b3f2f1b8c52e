"""A finished run, loaded: its configuration, its pictures' description and its best classifier."""

from dataclasses import dataclass

from jax.sharding import Mesh

from loft_jax.errors import InputError
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.state import blueprint
from loft_jax.nets.description import Description
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs import devices


@dataclass(frozen=True)
class Trained:
    """What a run folder gives back.

    Attributes:
        folder: where it lies.
        config: how it was trained.
        pictures: size, channels and classes of what it was trained on.
        step: update after which the weights were taken, the best by validation.
        classifier: those weights, the same on every device of the mesh.
    """

    folder: RunFolder
    config: TrainConfig
    pictures: Description
    step: int
    classifier: FrozenClassifier


def load_trained(path: str, mesh: Mesh, flag: str = "RUN") -> Trained:
    """The run at `path`, with its best checkpoint placed on the devices of `mesh`.

    Args:
        path: its folder.
        mesh: devices.
        flag: what names the path, for messages.

    Raises:
        InputError: if `path` is no run folder, is damaged or of another version, or holds no
            checkpoint.
    """
    folder = RunFolder.open(path, flag)
    config, pictures = folder.config(), folder.description()
    graphs, initialise = blueprint(config, pictures, steps=1)
    checkpoints = Checkpoints(folder.checkpoints)
    best = checkpoints.best_step()
    if best is None:
        msg = (
            f"`{flag}` must hold a checkpoint, got {path}, which has none: did its training start?"
        )
        raise InputError(msg)
    state, _ = checkpoints.restore(best, devices.abstract(mesh, initialise))
    classifier = FrozenClassifier(graphs.evaluate, state.evaluated_params, state.stats)
    return Trained(folder, config, pictures, best, classifier)
