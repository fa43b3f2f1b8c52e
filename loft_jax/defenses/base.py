"""What a published defense may change: head, trunk, loss, start, weights afterwards, answers.

A defense is one file with one frozen dataclass and one row in `table`. Its fields are its settings,
the strength first; every method has a default that changes nothing, and a default costs nothing:
the compiled programs of an undefended network stay as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, TypeVar

import jax
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, Key

from loft_jax.defenses.naming import About as About
from loft_jax.defenses.naming import Named
from loft_jax.nets.classifier import Classifier, Outputs
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.head import Head, LinearHead
from loft_jax.nets.order import Path
from loft_jax.runs import schema

Config = TypeVar("Config")


class Adaptive(NamedTuple):
    """What an attacker who knows the defense tries.

    Attributes:
        network: what is attacked instead of the network (the same answers by other gradients, say).
        identity: name of the identity loss that replaces the attack's own; None keeps it.
        repeats: how often one who only asks does so about each picture, to take the mean; other
            forms are for those who have the weights.
    """

    network: Callable[[FrozenClassifier], FrozenClassifier] = lambda network: network
    identity: str | None = None
    repeats: int = 1


class Labelled(NamedTuple):
    """What a network says of pictures of known classes, before any release."""

    logits: Float[np.ndarray, "n c"]
    labels: Int[np.ndarray, " n"]


class Afterwards(NamedTuple):
    """A finished classifier after `Defense.after`, and numbers to tell beside its own."""

    classifier: FrozenClassifier
    numbers: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Defense(Named):
    """A network without any defense; subclasses override what they change."""

    taps: ClassVar[tuple[str, ...]] = ()
    """Paths of the modules whose outputs its loss reads, as `Outputs.hidden`."""
    trains: ClassVar[bool] = True
    """Whether it trains; else it changes the finished network that it starts from."""
    keeps_last: ClassVar[bool] = False
    """Whether the last weights are the run's, not the best by validation loss: where its own loss
    works against cross-entropy, the best are those that it has not changed yet."""
    needs_public: ClassVar[bool] = False
    """Whether its trunk must have learnt public people first; drawn ones if nobody names others."""

    @property
    def baselines(self) -> tuple["Defense", ...]:
        """What it is compared with, the most alike first; empty for a baseline."""
        from loft_jax.defenses.none import NoDefense  # a subclass of this one

        return (NoDefense(),)

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> Head:
        """A fresh head for features of this width.

        Raises:
            InputError: if its settings do not fit the width.
        """
        return LinearHead(features, classes, rngs=rngs)

    def edit(self, trunk: nnx.Module, *, rngs: nnx.Rngs) -> nnx.Module:
        """The trunk as the defense builds it; its feature width must stay.

        Args:
            trunk: freshly initialised.
            rngs: for the weights of what is added, and for streams of noise (`rngs.noise`, say).
        """
        return trunk

    def taps_in(self, model: Classifier, images: Float[Array, "b h w ch"]) -> tuple[str, ...]:
        """Paths of the modules whose outputs its loss reads, where the trunk decides on them.

        Args:
            model: the network that is trained.
            images: what it will be shown, of which only the shape counts.
        """
        return self.taps

    def pictures(
        self, images: Float[Array, "b h w ch"], key: Key[Array, ""]
    ) -> Float[Array, "b h w ch"]:
        """What training is shown instead of the augmented pictures, in [0, 1]."""
        return images

    def companion(
        self,
        trunk: Callable[[], nnx.Module],
        features: int,
        classes: int,
        shape: tuple[int, int, int],
        *,
        rngs: nnx.Rngs,
    ) -> nnx.Module | None:
        """What is trained beside the classifier, as its `companion`; no answer needs it.

        Args:
            trunk: makes another trunk like the classifier's, not edited.
            features: its width.
            classes: number of classes.
            shape: height, width and channels of the pictures.
            rngs: for its weights.
        """
        return None

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
        """(what training minimises, the network's outputs): the whole forward pass of an update.

        A gradient in the pictures is `nnx.grad` of a function that takes the model as well: it lets
        BatchNorm write its statistics, which `jax.grad` over a model from outside forbids.

        Args:
            model: the network in training mode, with its `companion`, if there is one.
            images: what it is shown, augmented, in [0, 1].
            labels: their classes.
            smoothing: label smoothing that was asked for.
            progress: share of the run's steps that are done, in [0, 1).
            key: for what is random in it.
        """
        outputs = model.outputs(images, self.taps_in(model, images))
        loss = self.loss(outputs, images, labels, smoothing=smoothing, progress=progress, key=key)
        return loss, outputs

    def loss(
        self,
        outputs: Outputs,
        images: Float[Array, "b h w ch"],
        labels: Int[Array, " b"],
        *,
        smoothing: float,
        progress: Float[Array, ""],
        key: Key[Array, ""],
    ) -> Float[Array, ""]:
        """What training minimises.

        Args:
            outputs: of the network in training mode, with `hidden` of the defense's `taps_in` it.
            images: what it was shown, in [0, 1].
            labels: their classes.
            smoothing: label smoothing that was asked for.
            progress: share of the run's steps that are done, in [0, 1).
            key: for what is random in the loss.
        """
        return cross_entropy(outputs.logits, labels, smoothing)

    def trainable(self, path: Path, order: tuple[Path, ...]) -> bool:
        """Whether the variable at this path of the classifier (weight or statistic) learns.

        A normalisation whose statistics do not learn uses them in training as in evaluation.

        Args:
            path: such as ("trunk", "convs", "0", "kernel").
            order: paths of all weights and statistics in the order in which the forward pass meets
                them, those of one module side by side.
        """
        return True

    def slope(self, slopes: nnx.State, parts: int, key: Key[Array, ""]) -> nnx.State:
        """The gradient that is followed, from those of single pictures; here, their mean.

        Only if it is overridden are gradients computed picture by picture, with a network whose
        statistics must not learn: they would mix the pictures.

        Args:
            slopes: gradients of each picture's loss, with a leading axis of pictures.
            parts: the pictures are one of so many parts of the batch, whose results are averaged.
            key: for what is random in it, another one for each part.
        """
        return jax.tree.map(lambda slope: slope.mean(0), slopes)

    def rule(self, rule: optax.GradientTransformation) -> optax.GradientTransformation:
        """The update rule, from the one that was asked for.

        Args:
            rule: from gradients of all of `nnx.Param` to what is added to them.
        """
        return rule

    def fits(self, config: Any) -> None:
        """Check that a run of these settings is what the defense promises.

        Args:
            config: a `loft_jax.fitting.settings.TrainConfig`.

        Raises:
            InputError: if it is not.
        """

    def told(self, pictures: int, batch: int, steps: int) -> Mapping[str, float]:
        """Numbers to tell beside the run's own that follow from its length.

        Args:
            pictures: that it trains on.
            batch: pictures in an update.
            steps: updates.
        """
        return {}

    def remark(self, classes: int, features: int) -> str | None:
        """Why it takes nothing away from who has the weights; None if it may.

        What has a remark is told with it, and never said to protect.
        """
        return None

    def start_from(self, config: Config) -> Config | None:
        """Settings of the run whose weights it starts from; None starts from nothing.

        Args:
            config: the settings of its own run, a `loft_jax.fitting.settings.TrainConfig`.
        """
        return None

    def after(
        self,
        classifier: FrozenClassifier,
        features: Callable[[], Float[np.ndarray, "n d"]],
        validation: Callable[[], Labelled],
    ) -> Afterwards:
        """What becomes of the trained classifier.

        Args:
            classifier: the best of the run, or what it started from.
            features: makes the trunk's features of the training pictures, not augmented.
            validation: makes the logits of the validation pictures, with their labels.
        """
        return Afterwards(classifier)

    def guarantee(self) -> str | None:
        """A sentence on what is proved of its answers, whatever was learnt; None if nothing is."""
        return None

    @property
    def answer_noise(self) -> tuple[str, float] | None:
        """Gaussian noise that every answer holds anew: (logits, scores or code, its deviation)."""
        return None

    def release(self, outputs: Outputs, key: Key[Array, ""], head: Head) -> Outputs:
        """What is answered instead of `outputs`; weights that are given away know nothing of it.

        Args:
            outputs: of the network in evaluation mode, with `hidden` of the defense's `taps`.
            key: for what is random in the answer.
            head: of the network, for what is made again of something that was changed.
        """
        return outputs

    def overrides(self, method: str) -> bool:
        """Whether it changes this method; what it leaves alone need not be computed."""
        return getattr(type(self), method) is not getattr(Defense, method)

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Attackers who know the defense, by name."""
        return {}


def cross_entropy(
    logits: Float[Array, "b c"], labels: Int[Array, " b"], smoothing: float | Float[Array, ""]
) -> Float[Array, ""]:
    """Mean over the batch, with `smoothing` of the mass moved to the uniform distribution."""
    targets: Any = optax.smooth_labels(jax.nn.one_hot(labels, logits.shape[-1]), smoothing)
    return optax.softmax_cross_entropy(logits, targets).mean()


def _row(tag: str) -> type[Defense]:
    from loft_jax.defenses.table import DEFENSES  # its rows are subclasses of Defense

    return DEFENSES.named(tag)


schema.tagged(Defense, _row)
