"""Trap-MID: a faint trigger for each class, which an attack finds before it finds the person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import optax
from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Float, Int, Key

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Afterwards, Defense, Labelled, cross_entropy
from loft_jax.nets.classifier import Classifier, Outputs
from loft_jax.nets.frozen import FrozenClassifier, rebuilt

TRIGGER_STEP = 1e-2
"""How far a pixel of a trigger moves in an update."""


class Trapdoor(nnx.Module):
    """The triggers, and who tells pictures with one from those without; no answer needs them."""

    def __init__(
        self,
        trunk: nnx.Module,
        features: int,
        classes: int,
        shape: tuple[int, int, int],
        *,
        rngs: nnx.Rngs,
    ):
        self.triggers = nnx.Param(jax.random.uniform(rngs.params(), (classes, *shape)))
        self.trunk = trunk
        self.verdict = nnx.Linear(features, 1, rngs=rngs)

    def blended(
        self, images: Float[Array, "b h w ch"], classes: Int[Array, " b"], share: float
    ) -> Float[Array, "b h w ch"]:
        """The pictures with a share of the triggers of these classes."""
        return share * self.triggers[...][classes] + (1 - share) * images

    def untouched(self, images: Float[Array, "b h w ch"]) -> Float[Array, " b"]:
        """Logit of no trigger being in a picture."""
        features = self.trunk(2 * images - 1).astype(jnp.float32)
        return self.verdict(features)[:, 0]


@dataclass(frozen=True)
class TrapMID(Defense):
    """Every class has a second, easier sign; only the first is somebody's face."""

    tag = "trap"
    about = About(
        title="Trap-MID",
        source="Liu and Chen, NeurIPS 2024 (arXiv 2411.08460)",
        changes="the loss: a faint trigger of a class on any picture must be named that class",
        published="weight 0.2, share 0.02; SGD 0.01, momentum 0.9, decay 1e-4, 50 epochs in "
        "batches of 64 on CelebA",
        ours="classifier, triggers and discriminator move at once, not in turn; the discriminator "
        "by the run's own rule; pictures are augmented before the trigger, not again behind it; "
        "the finished weights hold neither triggers nor discriminator, but earlier checkpoints in "
        "the run's folder do",
        cite=("liu2024trap",),
    )
    strength_name = "weight"

    weight: Annotated[float, Interval(ge=0, le=1)] = 0.2
    """Share of the loss that is of pictures with triggers."""
    share: Annotated[float, Interval(gt=0, lt=1)] = 0.02
    """Share of the trigger in such a picture."""

    def companion(
        self,
        trunk: Callable[[], nnx.Module],
        features: int,
        classes: int,
        shape: tuple[int, int, int],
        *,
        rngs: nnx.Rngs,
    ) -> Trapdoor:
        """Triggers of random pixels, and a discriminator of the classifier's kind."""
        return Trapdoor(trunk(), features, classes, shape, rngs=rngs)

    def objective(
        self,
        model: Classifier,
        images: Float[Array, "b h w ch"],
        labels: Int[Array, " b"],
        *,
        smoothing: float,
        progress: Float[Array, ""],
        key: Key[Array, ""],
    ) -> tuple[Float[Array, ""], Outputs]:
        """(1 - weight) CE(f(x), y) + weight CE(f(x'), t), x' a picture with the trigger of t.

        Its value is the classifier's loss; its gradient by the triggers is that of

            BCE(D(x'), 1) + CE(f(x'), t)

        with f and D in evaluation mode, its gradient by D that of BCE(D(x), 1) + BCE(D(x'), 0).
        """
        trapdoor: Trapdoor = model.companion  # pyright: ignore[reportAssignmentType]
        wanted = balanced(key, len(trapdoor.triggers[...]), len(images))
        judge = _fixed(model)  # before the passes that move its statistics
        trapped = trapdoor.blended(images, wanted, self.share)
        still = jax.lax.stop_gradient(trapped)

        outputs = model.outputs(images)
        own = cross_entropy(outputs.logits, labels, smoothing)
        traps = cross_entropy(model.outputs(still).logits, wanted, smoothing)
        loss = (1 - self.weight) * own + self.weight * traps

        found = _verdict(trapdoor.untouched(images), 1) + _verdict(trapdoor.untouched(still), 0)

        hidden = _verdict(judge.companion.untouched(trapped), 1)  # pyright: ignore
        named = cross_entropy(judge(trapped), wanted, 0.0)
        others = found + hidden + named
        return loss + others - jax.lax.stop_gradient(others), outputs

    def rule(self, rule: optax.GradientTransformation) -> optax.GradientTransformation:
        """Triggers move by signs and stay within [0, 1]; all else follows the rule."""
        triggers = optax.chain(optax.sign_sgd(TRIGGER_STEP), optax.stateless(_inside))
        return optax.partition({"triggers": triggers, "others": rule}, _parts)

    def after(
        self,
        classifier: FrozenClassifier,
        features: Callable[[], Float[np.ndarray, "n d"]],
        validation: Callable[[], Labelled],
    ) -> Afterwards:
        """Triggers and discriminator become zeros: who has the weights must not have them."""

        def wipe(model: nnx.Module) -> None:
            trapdoor = model.companion  # pyright: ignore[reportAttributeAccessIssue]
            nnx.update(trapdoor, jax.tree.map(jnp.zeros_like, nnx.state(trapdoor)))

        return Afterwards(rebuilt(classifier, wipe))

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Attackers who blur faint patterns away, or look behind the head."""
        return {"blurred": Adaptive(blurred), "pre-code": PRE_CODE}


class Blurred(nnx.Module):
    """The trunk, shown pictures whose every pixel is the mean of the 3 x 3 around it."""

    def __init__(self, trunk: nnx.Module):
        self.trunk = trunk

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of the blurred pictures."""
        height, width = x.shape[1:3]
        x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        shifted = [x[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
        return self.trunk(jnp.stack(shifted).mean(0))


def blurred(network: FrozenClassifier) -> FrozenClassifier:
    """The network behind a blur, through which a trigger of unrelated pixels hardly passes."""

    def behind(model: nnx.Module) -> None:
        model.trunk = Blurred(model.trunk)  # pyright: ignore[reportAttributeAccessIssue]

    return rebuilt(network, behind)


def balanced(key: Key[Array, ""], classes: int, n: int) -> Int[Array, " n"]:
    """Classes in random order, none of them twice more often than another."""
    rounds = jax.random.split(key, -(-n // classes))
    return jax.vmap(lambda one: jax.random.permutation(one, classes))(rounds).ravel()[:n]


def _verdict(logits: Float[Array, " b"], untouched: int) -> Float[Array, ""]:
    return optax.sigmoid_binary_cross_entropy(logits, jnp.full_like(logits, untouched)).mean()


def _fixed(model: Classifier) -> Classifier:
    """The network in evaluation mode, with weights that no gradient reaches."""
    graph, params, others = nnx.split(model, nnx.Param, ...)
    still = nnx.merge(graph, jax.lax.stop_gradient(params), others, copy=True)
    return nnx.view(still, use_running_average=True, deterministic=True, raise_if_not_found=False)


def _inside(updates: optax.Updates, params: optax.Params | None) -> optax.Updates:
    return jax.tree.map(lambda u, p: jnp.clip(p + u, 0, 1) - p, updates, params)


def _parts(params: optax.Params) -> optax.Params:
    """Names of the parts that follow different rules."""
    return jax.tree_util.tree_map_with_path(
        lambda path, _: "triggers" if "triggers" in jax.tree_util.keystr(path) else "others", params
    )
