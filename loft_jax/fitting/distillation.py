"""Students of the target, taught on public pictures only: LOMMA's "augmented models".

Source: Nguyen et al., "Re-thinking model inversion attacks against deep neural networks", CVPR
2023, section 4.2; figures of its code, github.com/sutd-visual-computing-group/Re-thinking_MI.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, UInt8

from loft_jax.data.batches import batch_indices, steps_per_epoch
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.loop import Task, fit
from loft_jax.fitting.predict import predict
from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.fitting.state import Graphs, TrainState, blueprint
from loft_jax.fitting.step import Metrics, Moment, evaluation_step, train_step
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.description import Description
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs import devices
from loft_jax.runs.settings import RunConfig

HELD_OUT = 8
"""One public picture in so many teaches nobody: the student's agreement is measured on it."""
READ = 256
"""Pictures answered at a time."""


@dataclass(frozen=True)
class Distillation:
    """How a student is taught.

    Published: SGD at a constant 0.02, momentum 0.9, L2 term 1e-4, 20 epochs in batches of 64
    (`PUBLISHED`; the rate is halved only after them), for students that start from ImageNet. Here
    they start from nothing and have 4 epochs (`SCALED`), about 70 s on a processor core for 4,096
    pictures of 32 px. In these, a small_resnet gives 52 % of held-out pictures its target's class
    at KL 0.48; by the published rule 34 % at 0.86 (in batches of 64; of 32: 40 % at 0.70).

    Attributes:
        optimizer: update rule.
        schedule: "constant", or "one-cycle" (cosine up and down).
        learning_rate: its peak.
        weight_decay: decoupled for adamw, an L2 term for sgd; biases and scales are spared.
        epochs: passes over the public pictures.
        batch: pictures in one update, over all devices.
    """

    optimizer: Literal["adamw", "sgd"] = "adamw"
    schedule: Literal["constant", "one-cycle"] = "one-cycle"
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    epochs: int = 4
    batch: int = 32


SCALED = Distillation()
PUBLISHED = Distillation("sgd", "constant", 0.02, 1e-4, 20, 64)


class Agreement(NamedTuple):
    """How much a student is like its target, on the public pictures that taught it nothing.

    Attributes:
        top1: share of them that it gives the target's class.
        kl: mean KL(target || student) in nats.
        pictures: how many they are.
    """

    top1: float
    kl: float
    pictures: int


def distilled(
    images: UInt8[np.ndarray, "n h w ch"],
    logits: Float[np.ndarray, "n c"],
    mesh: Mesh,
    *,
    trunk: str,
    seed: int,
    settings: Distillation = SCALED,
) -> tuple[FrozenClassifier, Agreement]:
    """(a student of the target, its agreement with the target).

    The loss is KL(softmax of the target || softmax of the student) at temperature 1, mean over a
    batch. Pictures are not augmented. Nothing private comes in: the target is known by its answers.

    A judge of the attack may have the student's architecture. They share no weight, no draw and no
    picture: a judge learns from private ones, and even with its seed a student starts elsewhere.

    Args:
        images: public pictures.
        logits: what the target answered to each (`answers`).
        mesh: devices.
        trunk: the student's architecture; its head is plain.
        seed: of its weights and its batches.
        settings: its training.

    Raises:
        InputError: if there are fewer than 8 pictures, or the trunk is unknown or too large.
        DivergenceError: if the loss is not finite.
    """
    if len(images) < HELD_OUT:
        msg = f"`images` must be at least {HELD_OUT} public pictures, got {len(images)}"
        raise InputError(msg)
    held = held_out(len(images))
    batch = devices.shareable(mesh, settings.batch)
    config = student_config(trunk, seed, dataclasses.replace(settings, batch=batch))
    task = StudentTask(config, images[~held], logits[~held], mesh)
    state = fit(task, devices.replicate(mesh, task.initialise()))
    found = FrozenClassifier(task.graphs.evaluate, state.params, state.stats)
    return found, _agreement(logits[held], answers(found, images[held], mesh))


def answers(
    classifier: FrozenClassifier, images: UInt8[np.ndarray, "n h w ch"], mesh: Mesh
) -> Float[np.ndarray, "n c"]:
    """Logits of the pictures."""
    step = evaluation_step(classifier.graph, mesh)
    batch = devices.shareable(mesh, READ)
    return predict(step, classifier.params, classifier.stats, images, batch, mesh).logits


def student_config(trunk: str, seed: int, settings: Distillation) -> TrainConfig:
    """The student's training in the words of `loft_jax.config`.

    Its own seed is drawn from `seed`: a judge with the same trunk and seed starts elsewhere.
    """
    own = np.random.SeedSequence([seed, *b"student"]).generate_state(1)[0] >> 1
    optim = OptimConfig(
        optimizer=settings.optimizer,
        schedule="one-cycle" if settings.schedule == "one-cycle" else "multi-step",
        milestones=(),
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        epochs=settings.epochs,
        batch=settings.batch,
    )
    model = ModelConfig(trunk=trunk, defense=NoDefense())
    return TrainConfig(model=model, optim=optim, run=RunConfig(seed=int(own)))


def student(
    config: TrainConfig, shape: tuple[int, ...], classes: int, steps: int
) -> tuple[Graphs, Callable[[], TrainState]]:
    """The student's static graphs, and what makes its state before the first of `steps` steps.

    Args:
        config: see `student_config`.
        shape: n, h, w and ch of the pictures.
        classes: number of classes of the target.
        steps: updates to come.
    """
    names = tuple(str(label) for label in range(classes))
    return blueprint(config, Description(shape[1], shape[3], names), steps)


class StudentTask(Task):
    """A student learns the target's answers; pictures are not augmented.

    Args:
        config: see `student_config`.
        images: public pictures.
        logits: the target's answers to them.
        mesh: devices.
    """

    def __init__(
        self,
        config: TrainConfig,
        images: UInt8[np.ndarray, "n h w ch"],
        logits: Float[np.ndarray, "n c"],
        mesh: Mesh,
    ):
        self._config, self._images, self._logits, self._mesh = config, images, logits, mesh
        self.row_every = self.save_every = steps_per_epoch(len(images), config.optim.batch)
        self.steps = config.optim.epochs * self.row_every
        self.graphs, self.initialise = student(config, images.shape, logits.shape[1], self.steps)
        self._update = train_step(self.graphs.train, config, self.steps, mesh, taught)

    def advance(self, state: TrainState, step: int) -> tuple[TrainState, Mapping[str, Array]]:
        """One update on a batch of public pictures."""
        batch, seed = self._config.optim.batch, self._config.run.seed
        chosen = batch_indices(len(self._images), batch, seed, step)
        shown, answered = (
            devices.share_out(self._mesh, part[chosen]) for part in (self._images, self._logits)
        )
        return self._update(state, shown, answered)

    def row(
        self, state: TrainState, step: int, metrics: Mapping[str, list[float]]
    ) -> dict[str, Any]:
        """Mean divergence over an epoch."""
        return {"step": step, "loss": float(np.mean(metrics["loss"]))}

    def advice(self, step: int) -> str:
        """A smaller learning rate, or another target."""
        return (
            f" of the student {self._config.model.trunk} (learning rate "
            f"{self._config.optim.learning_rate:.2g}); try a smaller one, or is the target not "
            "finite?"
        )


def taught(student: Classifier, images: Array, logits: Array, moment: Moment) -> Metrics:
    """What a student minimises: the mean divergence from the target's answers."""
    return {"loss": divergence(logits, student(images)).mean()}


def divergence(target: Float[Array, "b c"], student: Float[Array, "b c"]) -> Float[Array, " b"]:
    """KL(p || q) = sum p log(p / q) in nats of each row, p and q the softmax of the logits."""
    return optax.losses.kl_divergence_with_log_targets(
        jax.nn.log_softmax(student), jax.nn.log_softmax(target)
    )


def held_out(n: int) -> Bool[np.ndarray, " n"]:
    """Which of n public pictures teach nobody: every eighth, the same for all students."""
    return np.arange(n) % HELD_OUT == HELD_OUT - 1


def _agreement(target: np.ndarray, student: np.ndarray) -> Agreement:
    same = target.argmax(1) == student.argmax(1)
    kl = divergence(jnp.asarray(target), jnp.asarray(student)).mean()
    return Agreement(float(same.mean()), float(kl), len(target))
