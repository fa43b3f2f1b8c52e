"""The attacker's objective: a weighted sum of identity, prior and picture terms, row by row."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from loft_jax.attacks.parts import losses
from loft_jax.attacks.parts.keys import folded
from loft_jax.attacks.parts.losses import PATTERN
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.attacks.parts.statistics import statistics_loss, watched_outputs
from loft_jax.attacks.parts.transforms import NO_TRANSFORM, Transform, transformed
from loft_jax.nets.classifier import Outputs
from loft_jax.priors import ImagePrior
from loft_jax.targets.base import Network

Networks = tuple[Network, ...]


@dataclass(frozen=True)
class Objective:
    """What is minimised; a term whose weight is 0 costs nothing.

    The value belongs to one reconstruction: rows do not share a mean. (Public code minimises the
    mean over a batch; with SGD its learning rate is then divided by the batch.)

    Attributes:
        identity: a name in `losses.IDENTITY`, averaged over the networks and the views; or
            "pattern", the angle of the target's features to the pattern of the class.
        identity_weight: its weight.
        views: random views of each picture that the networks are shown.
        transform: how a view differs from the picture.
        realness: weight of minus the prior's discriminator.
        features: weight of the mean squared distance to the mean public feature (LOMMA).
        statistics: weight of the BatchNorm statistics (DeepInversion); of the whole batch, so that
            rows with this term do depend on their batch.
        first_statistics: how often the first BatchNorm layer counts in them.
        variation: weight of the total variation.
        image_norm: weight of the mean squared distance to mid-gray.
        latent_norm: weight of ||z||^2 / 2.
    """

    identity: str = "cross-entropy"
    identity_weight: float = 1.0
    views: int = 1
    transform: Transform = NO_TRANSFORM
    realness: float = 0.0
    features: float = 0.0
    statistics: float = 0.0
    first_statistics: float = 1.0
    variation: float = 0.0
    image_norm: float = 0.0
    latent_norm: float = 0.0

    @property
    def needs(self) -> frozenset[str]:
        """What target and prior must offer for its terms."""
        asked = {
            "discriminator": self.realness,
            "features": self.features or self._by_pattern,
            "head": self._by_pattern,
            "statistics": self.statistics,
        }
        return frozenset(name for name, weight in asked.items() if weight)

    @property
    def has_prior(self) -> bool:
        """Whether a term stands beside the identity loss."""
        beside = (self.realness, self.features, self.statistics, self.variation, self.image_norm)
        return any((*beside, self.latent_norm))

    def with_identity(self, identity: str) -> "Objective":
        """By this loss, at a weight that leaves to the terms beside it what they had."""
        weight = self.identity_weight * losses.scale(self.identity) / losses.scale(identity)
        return dataclasses.replace(self, identity=identity, identity_weight=weight)

    def with_view(self, change: Callable[[Transform], Transform]) -> "Objective":
        """With another view in place of its own; pictures as they are need no second look."""
        if self.transform == NO_TRANSFORM:
            return self
        made = change(self.transform)
        views = 1 if made == NO_TRANSFORM else self.views
        return dataclasses.replace(self, transform=made, views=views)

    @property
    def _by_pattern(self) -> bool:
        return self.identity == PATTERN and self.identity_weight != 0


class Scored(NamedTuple):
    """The objective of each row, and how sure the target is of the row's class."""

    loss: Float[Array, " n"]
    confidence: Float[Array, " n"]


def score(
    objective: Objective,
    networks: Networks,
    prior: ImagePrior,
    public: PublicFacts,
    latents: Float[Array, "n z"],
    images: Float[Array, "n h w ch"],
    labels: Int[Array, " n"],
    keys: Key[Array, " n"],
    weight: float | Float[Array, ""] = 1.0,
) -> Scored:
    """The objective of pictures in [0, 1] made from latents.

    Args:
        objective: weights.
        networks: of the classifier under attack, then of any that help.
        prior: for its discriminator.
        public: for features and patterns.
        latents: of each row.
        images: their pictures.
        labels: the class that each is to show.
        keys: draws of the views.
        weight: of the identity loss, times its own; traced, so that one program serves them all.

    Raises:
        InputError: if a term asks for what prior or target do not have.
    """
    seen_labels = jnp.tile(labels, objective.views)
    shown = _views(objective, images, keys)
    if objective.statistics:
        answer, seen = watched_outputs(networks[0], shown)
        batch = statistics_loss(seen, objective.first_statistics)
    else:
        answer, batch = networks[0].outputs(shown), jnp.float32(0)
    answers = [answer, *(helper.outputs(shown) for helper in networks[1:])]
    loss = _identity(objective, public, answers, seen_labels, weight)
    loss = loss.reshape(objective.views, -1).mean(0) + objective.statistics * batch[None]
    if objective.realness:
        loss -= objective.realness * prior.realness(images, labels)
    if objective.variation:
        loss += objective.variation * losses.total_variation(images)
    if objective.image_norm:
        loss += objective.image_norm * losses.image_norm(images)
    if objective.latent_norm:
        loss += objective.latent_norm * losses.latent_norm(latents)
    sure = jnp.exp(-losses.cross_entropy(answer.logits, seen_labels))
    return Scored(loss, sure.reshape(objective.views, -1).mean(0))


def _views(
    objective: Objective, images: Float[Array, "n h w ch"], keys: Key[Array, " n"]
) -> Float[Array, "m h w ch"]:
    """`views` random views of each picture, one round after the other."""
    if objective.transform == NO_TRANSFORM:
        return jnp.tile(images, (objective.views, 1, 1, 1))
    rounds = [
        transformed(folded(keys, view), images, objective.transform)
        for view in range(objective.views)
    ]
    return jnp.concatenate(rounds)


def _identity(
    objective: Objective,
    public: PublicFacts,
    answers: list[Outputs],
    labels: Int[Array, " m"],
    weight: float | Float[Array, ""],
) -> Float[Array, " m"]:
    total = jnp.zeros(len(labels))
    if objective.identity_weight:
        asked = _asking(objective.identity, public, answers, labels)
        total += objective.identity_weight * weight * asked
    if objective.features:
        distance = losses.feature_distance(answers[0].features, public.feature_mean)
        total += objective.features * distance
    return total


def _asking(
    identity: str, public: PublicFacts, answers: list[Outputs], labels: Int[Array, " m"]
) -> Float[Array, " m"]:
    if identity == PATTERN:
        assert public.patterns is not None
        mean, wanted = public.feature_mean, public.patterns[labels]
        return losses.pattern_angle(answers[0].features, mean, wanted)
    asked = losses.IDENTITY[identity].loss
    return sum(asked(answer.logits, labels) for answer in answers) / len(answers)  # pyright: ignore
