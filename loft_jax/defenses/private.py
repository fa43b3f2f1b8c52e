"""DP-SGD: no picture moves an update by more than a clipping norm, and noise hides even that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import optax
from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Key

from loft_jax.defenses.accounting import sampled_epsilon, shuffled_epsilon
from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.errors import InputError
from loft_jax.nets.order import Path


@dataclass(frozen=True)
class Private(Defense):
    """Differentially private training, one picture the unit."""

    tag = "dp"
    about = About(
        title="DP-SGD",
        source="Abadi et al., CCS 2016 (arXiv 1607.00133)",
        changes="the gradient: clipped picture by picture, then Gaussian noise",
        published="noise 2 to 8, clip 4, batches of 600 on MNIST; epsilon 8 to 0.5 at delta 1e-5",
        ours="BatchNorm keeps the statistics it begins with (those of --pretrain, say): a batch's "
        "own would mix its pictures",
        not_followed="a trainer of public code asks for noise like a size and for the length of a "
        "scalar loss: as it reads, it cannot run",
        cite=("abadi2016deep",),
    )
    strength_name = "noise"

    noise: Annotated[float, Interval(gt=0, le=1e6)] = 1.0
    """Standard deviation of the noise on a batch's summed gradients, in clipping norms."""
    clip: Annotated[float, Interval(gt=0, le=1e6)] = 1.0
    """Largest Euclidean norm of one picture's gradient; longer ones are shortened to it."""

    def fits(self, config: Any) -> None:
        """Check that nothing but the clipped gradients tells of the pictures.

        Raises:
            InputError: if discriminants of them are read, or another run's weights.
        """
        for flag, given in (
            ("fisher", config.model.fisher),
            ("start-from", config.start_from),
            ("weights", config.model.weights and config.model.weights.weights),
        ):
            if given:
                msg = f"`--{flag}` must be left out for {self.about.title}, which cannot answer "
                raise InputError(msg + f"for what it has of the pictures, got {given}")

    def trainable(self, path: Path, order: tuple[Path, ...]) -> bool:
        """Weights do; statistics of a batch would mix its pictures."""
        return path[-1] not in ("mean", "var")

    def slope(self, slopes: nnx.State, parts: int, key: Key[Array, ""]) -> nnx.State:
        """Their clipped mean with noise.

        The mean over `parts` of independent noise of 1 / sqrt(parts) each is that of the batch.
        """
        rule: Any = optax.contrib.differentially_private_aggregate(
            self.clip, self.noise / parts**0.5, key
        )
        return rule.update(slopes, rule.init(slopes))[0]

    def told(self, pictures: int, batch: int, steps: int) -> Mapping[str, float]:
        """Epsilon for the batches as they are, and as if they were drawn, at delta 1 / n^1.1."""
        epochs = steps / max(1, pictures // batch)
        copies = -(-batch // pictures)
        delta = pictures**-1.1
        return {
            "epsilon": shuffled_epsilon(self.noise, copies * epochs**0.5, delta),
            "epsilon_if_sampled": sampled_epsilon(
                self.noise, min(1.0, batch / pictures), steps, delta
            ),
            "delta": delta,
        }

    def guarantee(self) -> str:
        """What epsilon is, and what it is not."""
        return (
            "epsilon bounds what one training picture, not one person, changes for who knows the "
            "weights but not the seed; not covered: the validation pictures that choose the best "
            "epoch, and the losses in the run's folder"
        )

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}
