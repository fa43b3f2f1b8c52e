"""The two compiled programs of training: one update, and one batch of answers."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, UInt8

from loft_jax.config import AugmentConfig, OptimConfig
from loft_jax.data.augment import augment
from loft_jax.models.classifier import Outputs
from loft_jax.training.mesh import by_sample, replicated
from loft_jax.training.state import TrainState

Batch = tuple[UInt8[Array, "b h w ch"], Int[Array, "b"]]
Metrics = dict[str, Float[Array, ""]]


def train_step(
    graph: nnx.GraphDef,
    optimizer: optax.GradientTransformation,
    optim: OptimConfig,
    augmentation: AugmentConfig,
    seed: int,
    mesh: Mesh,
) -> Callable[[TrainState, UInt8[Array, "b h w ch"], Int[Array, "b"]], tuple[TrainState, Metrics]]:
    """The jitted update: (state, images, labels) -> (state, {loss, accuracy}).

    A pure function of its arguments: the augmentation's key comes from (seed, state.step), so a
    resumed run makes the same updates to the same bits. The state's memory is donated.
    """

    def loss_fn(
        params: nnx.State, stats: nnx.State, images: Array, labels: Array
    ) -> tuple[Array, tuple[nnx.State, Array]]:
        # copy=True: BatchNorm writes new statistics, which value_and_grad forbids on its inputs.
        model = nnx.merge(graph, params, stats, copy=True)
        logits = model(images)
        targets = optax.smooth_labels(jax.nn.one_hot(labels, logits.shape[-1]), optim.label_smoothing)
        loss = optax.softmax_cross_entropy(logits, targets).mean()
        correct = jnp.mean(logits.argmax(-1) == labels)
        return loss, (nnx.state(model, nnx.BatchStat), correct)

    value_and_grad = jax.value_and_grad(loss_fn, has_aux=True)

    def gradients(state: TrainState, images: Array, labels: Array) -> tuple:
        if optim.accumulate == 1:
            (loss, (stats, correct)), grads = value_and_grad(
                state.params, state.stats, images, labels
            )
            return loss, correct, stats, grads

        def part(carry: tuple, batch: tuple[Array, Array]) -> tuple[tuple, None]:
            loss, correct, stats, grads = carry
            (new_loss, (stats, new_correct)), new_grads = value_and_grad(state.params, stats, *batch)
            share = 1 / optim.accumulate
            grads = jax.tree.map(lambda total, new: total + share * new, grads, new_grads)
            return (loss + share * new_loss, correct + share * new_correct, stats, grads), None

        zero = jax.tree.map(jnp.zeros_like, state.params)
        parts = jax.tree.map(
            # Every device keeps its own pictures: the parts are strided, not contiguous.
            lambda leaf: leaf.reshape(-1, optim.accumulate, *leaf.shape[1:]).swapaxes(0, 1),
            (images, labels),
        )
        carry = (jnp.float32(0), jnp.float32(0), state.stats, zero)
        return jax.lax.scan(part, carry, parts)[0]

    def step(state: TrainState, images: Array, labels: Array) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(jax.random.key(seed), state.step)
        pixels = augment(key, images.astype(jnp.float32) / 255, augmentation)
        loss, correct, stats, grads = gradients(state, pixels, labels)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        ema = state.ema
        if ema is not None:
            ema = optax.incremental_update(params, ema, 1 - optim.ema)
        new = TrainState(state.step + 1, params, stats, opt_state, ema)
        return new, {"loss": loss, "accuracy": correct}

    everywhere, shared = replicated(mesh), by_sample(mesh)
    return jax.jit(
        step,
        in_shardings=(everywhere, shared, shared),
        out_shardings=(everywhere, everywhere),
        donate_argnums=0,
    )


def evaluation_step(
    graph: nnx.GraphDef, mesh: Mesh
) -> Callable[[nnx.State, nnx.State, UInt8[Array, "b h w ch"]], Outputs]:
    """The jitted answers: (params, stats, images) -> Outputs, with a copy on each device."""

    def step(params: nnx.State, stats: nnx.State, images: Array) -> Outputs:
        model = nnx.merge(graph, params, stats)
        return model.outputs(images.astype(jnp.float32) / 255)

    everywhere, shared = replicated(mesh), by_sample(mesh)
    return jax.jit(
        step, in_shardings=(everywhere, everywhere, shared), out_shardings=everywhere
    )
