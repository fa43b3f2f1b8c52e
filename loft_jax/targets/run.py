"""A trained run as a target: its weights, and the answers that its defense lets out."""

from collections.abc import Mapping
from functools import partial

import jax
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Float

from loft_jax.defenses.base import Adaptive
from loft_jax.defenses.released import released
from loft_jax.fitting.trained import Trained, load_trained
from loft_jax.priors.registry import law_of_data, prior_of_data
from loft_jax.runs import arrays, schema
from loft_jax.targets.answering import answered
from loft_jax.targets.base import Access, Answer, Target


class RunTarget(Target):
    """The best checkpoint of a run folder.

    Who is given the weights (`network`) bypasses what the defense does to answers; `ask` does not.
    What is random in answers is a function of `seed` and of the pictures asked before.
    """

    def __init__(self, run: Trained, *, access: Access = "white", seed: int = 0):
        super().__init__(
            access=access,
            size=run.pictures.size,
            channels=run.pictures.channels,
            class_names=tuple(run.pictures.class_names),
        )
        self.run, self._network = run, run.classifier
        self.home, self.trunk = run.folder.path, run.config.model.trunk
        self.default_prior = prior_of_data(run.config.data.data)
        self.law = law_of_data(run.config.data.data)
        self.augmentation = schema.write(run.config.augment)
        self.world = run.config.data_seed
        self._key = jax.random.key(seed)

    @property
    def label(self) -> str:
        """The run's folder."""
        return str(self.run.folder.path)

    @property
    def fingerprint(self) -> str:
        """Of the weights and statistics."""
        return arrays.fingerprint((self.run.classifier.params, self.run.classifier.stats))

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Attackers who know the run's defense."""
        return self.run.config.model.defense.adaptive

    def _shows(self) -> frozenset[str]:
        network = self.run.classifier
        model = nnx.merge(network.graph, network.params, network.stats)
        norms = any(isinstance(node, nnx.BatchNorm) for _, node in nnx.iter_graph(model))
        return frozenset({"features", "head"} | ({"statistics"} if norms else set()))

    def _answer(self, images: Float[np.ndarray, "n h w ch"]) -> Answer:
        key = jax.random.fold_in(self._key, self.queries)
        defense = self.run.config.model.defense
        return answered(partial(_released, defense, self.run.classifier, key), images)


def load_run(path: str, mesh: Mesh, *, access: Access = "white", seed: int = 0) -> RunTarget:
    """The run folder at `path` as a target.

    Raises:
        InputError: if it is none, is damaged or of another version, or holds no checkpoint.
    """
    return RunTarget(load_trained(path, mesh), access=access, seed=seed)


_released = jax.jit(released, static_argnums=0)
