"""Who survives: the right answers that no attack of a strength turns into wrong ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, Float32, Int64, Integer

from loft_jax.data.batches import evaluation_batches
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.robustness.apgd import apgd
from loft_jax.robustness.balls import Norm
from loft_jax.robustness.objective import Found
from loft_jax.robustness.pgd import pgd
from loft_jax.robustness.square import square
from loft_jax.runs.devices import share_out, shareable

WORST = "worst"
Attack = Callable[..., Found]
Survivors = dict[str, Bool[np.ndarray, "s n"]]


@dataclass(frozen=True)
class Effort:
    """How hard is attacked.

    Attributes:
        steps: of PGD and of APGD.
        queries: of the square attack.
        restarts: how often each attack begins anew, where it failed.
        seed: of all that is random.
        batch: pictures at a time.
    """

    steps: int
    queries: int
    restarts: int = 1
    seed: int = 0
    batch: int = 64

    @property
    def attacks(self) -> Mapping[str, Attack]:
        """By name; each alone, so that the gradient-free one shows what gradients hide."""
        return {
            "pgd": partial(pgd, steps=self.steps),
            "apgd": partial(apgd, steps=self.steps),
            "square": partial(square, queries=self.queries),
        }


def survivors(
    network: FrozenClassifier,
    images: Float32[np.ndarray, "n h w ch"],
    labels: Integer[np.ndarray, " n"],
    right: Bool[np.ndarray, " n"],
    norm: Norm,
    strengths: Float[np.ndarray, " s"],
    effort: Effort,
    mesh: Mesh,
) -> Survivors:
    """Of each attack, and of the worst of them for each picture: who is right still.

    Who is fooled at one strength is at every greater one, by the same picture, and is not attacked
    again. The worst of three is not AutoAttack, which has APGD on two losses, FAB and more steps:
    an upper bound of what is left, as every attack gives.

    Args:
        network: under attack.
        images: pictures in [0, 1].
        labels: their people.
        right: who is answered rightly without an attack.
        norm: what strengths bound.
        strengths: ascending.
        effort: of each attack.
        mesh: devices.
    """
    found = {}
    for number, (name, attack) in enumerate(effort.attacks.items()):
        alive, rows = right.copy(), []
        for strength in strengths:
            for restart in range(effort.restarts):
                left = np.flatnonzero(alive)
                seed = jax.random.fold_in(jax.random.key(effort.seed), number * 1000 + restart)
                asked = partial(attack, network, strength=jnp.float32(strength), norm=norm)
                alive[left] = ~_fooled(asked, images, labels, left, seed, effort.batch, mesh)
            rows.append(alive.copy())
        found[name] = np.array(rows, bool).reshape(len(rows), len(images))
    return {**found, WORST: np.logical_and.reduce(list(found.values()))}


def _fooled(
    attack: Attack,
    images: Float32[np.ndarray, "n h w ch"],
    labels: Integer[np.ndarray, " n"],
    asked: Int64[np.ndarray, " m"],
    seed: Array,
    batch: int,
    mesh: Mesh,
) -> Bool[np.ndarray, " m"]:
    """Which of the pictures `asked` about; draws are those of the picture, whoever is beside it."""
    parts = [np.zeros(0, bool)]
    for indices, valid in evaluation_batches(len(asked), shareable(mesh, batch)):
        chosen = asked[indices]
        keys = _keys(seed, share_out(mesh, chosen.astype(np.int32)))
        shown = share_out(mesh, images[chosen]), share_out(mesh, labels[chosen].astype(np.int32))
        parts.append(np.asarray(attack(*shown, keys).fooled)[valid])
    return np.concatenate(parts)


@jax.jit
def _keys(seed: Array, numbers: Array) -> Array:
    return jax.vmap(lambda number: jax.random.fold_in(seed, number))(numbers)
