"""Students of the target, taught on public pictures only: LOMMA's "augmented models".

Source: Nguyen et al., "Re-thinking model inversion attacks against deep neural networks", CVPR
2023, section 4.2; figures of its code, github.com/sutd-visual-computing-group/Re-thinking_MI.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, UInt8

from loft_jax.data.batches import batch_indices, steps_per_epoch
from loft_jax.data.dataset import Description
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import DivergenceError, InputError
from loft_jax.fitting.optimizer import optimizer
from loft_jax.fitting.predict import predict
from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.fitting.state import Graphs, TrainState, blueprint
from loft_jax.fitting.step import evaluation_step
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
    taught, wanted = images[~held], logits[~held]
    # Each device gets the same number of pictures.
    batch = -(-settings.batch // mesh.size) * mesh.size
    steps = settings.epochs * steps_per_epoch(len(taught), batch)
    config = student_config(trunk, seed, settings)
    graphs, initialise = student(config, images.shape, logits.shape[1], steps)
    teach = distillation_step(graphs.train, optimizer(config.optim, steps), mesh)
    state = devices.replicate(mesh, initialise())
    losses = []
    for step in range(steps):
        chosen = batch_indices(len(taught), batch, config.run.seed, step)
        shown, answered = (devices.share_out(mesh, part[chosen]) for part in (taught, wanted))
        state, loss = teach(state, shown, answered)
        losses.append(loss)
        if (step + 1) % (steps // settings.epochs) == 0:
            _check_finite(losses, trunk, settings)
    found = FrozenClassifier(graphs.evaluate, state.params, state.stats)
    return found, _agreement(logits[held], answers(found, images[held], mesh))


def answers(
    classifier: FrozenClassifier, images: UInt8[np.ndarray, "n h w ch"], mesh: Mesh
) -> Float[np.ndarray, "n c"]:
    """Logits of the pictures."""
    step = evaluation_step(classifier.graph, mesh)
    batch = -(-READ // mesh.size) * mesh.size
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


def distillation_step(
    graph: nnx.GraphDef, rule: optax.GradientTransformation, mesh: Mesh
) -> Callable[
    [TrainState, UInt8[Array, "b h w ch"], Float[Array, "b c"]],
    tuple[TrainState, Float[Array, ""]],
]:
    """The jitted update: (state, pictures, the target's logits) -> (state, mean divergence).

    Called once a step, not in a `lax.scan`: there XLA's gradient by the kernel takes many times as
    long on a CPU. The state's memory is donated.
    """

    def step(state: TrainState, images: Array, logits: Array) -> tuple[TrainState, Array]:
        def loss(params: nnx.State) -> tuple[Array, nnx.State]:
            # copy=True: BatchNorm writes its statistics, which value_and_grad forbids on inputs.
            model = nnx.merge(graph, params, state.stats, copy=True)
            value = divergence(logits, model(images.astype(jnp.float32) / 255)).mean()
            return value, nnx.state(model, nnx.BatchStat)

        (value, stats), grads = jax.value_and_grad(loss, has_aux=True)(state.params)
        updates, memory = rule.update(grads, state.opt_state, state.params)
        params = cast(nnx.State, optax.apply_updates(state.params, updates))
        return TrainState(state.step + 1, params, stats, memory, None), value

    everywhere, shared = devices.replicated(mesh), devices.by_sample(mesh)
    return jax.jit(
        step,
        in_shardings=(everywhere, shared, shared),
        out_shardings=(everywhere, everywhere),
        donate_argnums=0,
    )


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


def _check_finite(losses: list[Array], trunk: str, settings: Distillation) -> None:
    values = np.array([float(loss) for loss in losses])
    losses.clear()
    if not np.isfinite(values).all():
        msg = (
            f"the loss of the student {trunk} became {values[~np.isfinite(values)][0]} (learning "
            f"rate {settings.learning_rate:.2g}); try a smaller one, or is the target not finite?"
        )
        raise DivergenceError(msg)
