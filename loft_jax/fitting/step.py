"""The two compiled programs of training: one update, and one batch of answers."""

from collections.abc import Callable
from typing import cast

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int, UInt8

from loft_jax.data.augment import augment
from loft_jax.fitting.optimizer import optimizer
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.state import TrainState
from loft_jax.nets.classifier import Outputs
from loft_jax.runs.devices import by_sample, replicated

Batch = tuple[UInt8[Array, "b h w ch"], Int[Array, "b"]]
Metrics = dict[str, Float[Array, ""]]


def train_step(
    graph: nnx.GraphDef, config: TrainConfig, steps: int, mesh: Mesh
) -> Callable[[TrainState, UInt8[Array, "b h w ch"], Int[Array, "b"]], tuple[TrainState, Metrics]]:
    """The jitted update of a run of `steps`: (state, images, labels) -> (state, metrics).

    A pure function of its arguments: the augmentation's key comes from (seed, state.step), so a
    resumed run makes the same updates to the same bits. The state's memory is donated.
    """
    optim = config.optim
    rule = optimizer(optim, steps)

    def loss_fn(
        params: nnx.State, stats: nnx.State, images: Array, labels: Array
    ) -> tuple[Array, tuple[nnx.State, Array]]:
        # copy=True: BatchNorm writes new statistics, which value_and_grad forbids on its inputs.
        model = nnx.merge(graph, params, stats, copy=True)
        logits = model(images)
        targets = optax.smooth_labels(
            jax.nn.one_hot(labels, logits.shape[-1]), optim.label_smoothing
        )
        loss = optax.softmax_cross_entropy(logits, targets).mean()
        correct = jnp.mean(logits.argmax(-1) == labels)
        return loss, (nnx.state(model, nnx.BatchStat), correct)

    value_and_grad = jax.value_and_grad(loss_fn, has_aux=True)

    def gradients(state: TrainState, images: Array, labels: Array) -> tuple:
        if optim.accumulate == 1:
            (loss, (stats, correct)), grads = value_and_grad(
                state.params, state.stats, images, labels
            )
            return loss, correct, grads, stats

        def part(carry: tuple, batch: tuple[Array, Array]) -> tuple[tuple, None]:
            *totals, stats = carry
            (loss, (stats, correct)), grads = value_and_grad(state.params, stats, *batch)
            totals = jax.tree.map(
                lambda total, new: total + new / optim.accumulate, totals, [loss, correct, grads]
            )
            return (*totals, stats), None

        zero = jax.tree.map(jnp.zeros_like, state.params)
        parts = jax.tree.map(
            # Every device keeps its own pictures: the parts are strided, not contiguous.
            lambda leaf: leaf.reshape(-1, optim.accumulate, *leaf.shape[1:]).swapaxes(0, 1),
            (images, labels),
        )
        carry = (jnp.float32(0), jnp.float32(0), zero, state.stats)
        return jax.lax.scan(part, carry, parts)[0]

    def step(state: TrainState, images: Array, labels: Array) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(jax.random.key(config.run.seed), state.step)
        pixels = augment(key, images.astype(jnp.float32) / 255, config.augment)
        loss, correct, grads, stats = gradients(state, pixels, labels)
        updates, opt_state = rule.update(grads, state.opt_state, state.params)
        params = cast(nnx.State, optax.apply_updates(state.params, updates))
        ema = state.ema
        if ema is not None:
            ema = cast(nnx.State, optax.incremental_update(params, ema, 1 - optim.ema))
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
    return jax.jit(step, in_shardings=(everywhere, everywhere, shared), out_shardings=everywhere)
