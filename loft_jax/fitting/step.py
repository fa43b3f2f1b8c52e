"""The two compiled programs of training: one update, and one batch of answers."""

from collections.abc import Callable
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Float, Key, UInt8

from loft_jax.data.augment import augment
from loft_jax.defenses.base import Defense
from loft_jax.errors import InputError
from loft_jax.fitting.learning import frozen_paths
from loft_jax.fitting.optimizer import optimizer
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.state import TrainState
from loft_jax.nets.classifier import Classifier, Outputs
from loft_jax.nets.order import Path
from loft_jax.runs.devices import by_sample, replicated

Metrics = dict[str, Float[Array, ""]]
Update = Callable[[TrainState, UInt8[Array, "b h w ch"], Array], tuple[TrainState, Metrics]]


class Moment(NamedTuple):
    """When a loss is asked for.

    Attributes:
        progress: share of the run's steps that are done, in [0, 1).
        key: for what is random in it.
    """

    progress: Float[Array, ""]
    key: Key[Array, ""]


Objective = Callable[[Classifier, Array, Array, Moment], Metrics]
"""(network in training mode, pixels, what is wanted of them, moment) -> metrics; the `loss` among
them is minimised."""


def classification(defense: Defense, smoothing: float) -> Objective:
    """The defense's loss, and the share of right answers."""

    def objective(model: Classifier, images: Array, labels: Array, moment: Moment) -> Metrics:
        loss, outputs = defense.objective(
            model,
            images,
            labels,
            smoothing=smoothing,
            progress=moment.progress,
            key=moment.key,
        )
        if jnp.shape(loss) != ():
            msg = f"loss of {defense.about.title} must be one number, got shape {jnp.shape(loss)}"
            raise InputError(msg)
        return {"loss": loss, "accuracy": jnp.mean(outputs.logits.argmax(-1) == labels)}

    return objective


def train_step(
    graph: nnx.GraphDef,
    config: TrainConfig,
    steps: int,
    mesh: Mesh,
    objective: Objective | None = None,
) -> Update:
    """The jitted update of a run of `steps`: (state, images, wanted) -> (state, metrics).

    A pure function of its arguments: all that is random comes from (seed, state.step) and the
    state's own streams, so a resumed run makes the same updates to the same bits. The state's
    memory is donated. What the run's defense says is not trainable keeps its bits.

    Args:
        graph: of the classifier in training mode.
        config: settings.
        steps: updates in the run.
        mesh: devices.
        objective: what is minimised; None is that of classification, wanted being labels.
    """
    optim, defense = config.optim, config.model.defense
    asked = objective or classification(defense, optim.label_smoothing)
    rule = defense.rule(optimizer(optim, steps))

    def loss_fn(
        params: nnx.State, stats: nnx.State, images: Array, wanted: Array, moment: Moment
    ) -> tuple[Array, tuple[nnx.State, Metrics]]:
        kept = frozen_paths(defense, graph, params, stats, images)
        params = _kept(kept, lambda: jax.lax.stop_gradient(params), params)
        # copy=True: BatchNorm writes new statistics, which value_and_grad forbids on its inputs.
        model = nnx.merge(graph, params, stats, copy=True)
        metrics = asked(model, images, wanted, moment)
        return metrics["loss"], (nnx.state(model, nnx.Not(nnx.Param)), metrics)

    def step(state: TrainState, images: Array, wanted: Array) -> tuple[TrainState, Metrics]:
        key = jax.random.fold_in(jax.random.key(config.run.seed), state.step)
        pixels = augment(key, images.astype(jnp.float32) / 255, config.augment)
        # Other keys than the augmentation's, whose draws are used up.
        moment = Moment(state.step / steps, jax.random.fold_in(key, 1))
        if defense.overrides("pictures"):
            pixels = defense.pictures(pixels, jax.random.fold_in(key, 2))
        metrics, grads, stats = _gradients(
            loss_fn, defense, state, (pixels, wanted), moment, optim.accumulate
        )
        updates, opt_state = rule.update(grads, state.opt_state, state.params)
        params = cast(nnx.State, optax.apply_updates(state.params, updates))
        kept = frozen_paths(defense, graph, state.params, state.stats, pixels)
        params = _kept(kept, lambda: state.params, params)
        stats = _kept(kept, lambda: state.stats, stats)
        ema = state.ema
        if ema is not None:
            ema = cast(nnx.State, optax.incremental_update(params, ema, 1 - optim.ema))
            ema = _kept(kept, lambda: state.params, ema)
        return TrainState(state.step + 1, params, stats, opt_state, ema), metrics

    everywhere, shared = replicated(mesh), by_sample(mesh)
    return jax.jit(
        step,
        in_shardings=(everywhere, shared, shared),
        out_shardings=(everywhere, everywhere),
        donate_argnums=0,
    )


def _gradients(
    loss_fn: Callable,
    defense: Defense,
    state: TrainState,
    batch: tuple[Array, Array],
    moment: Moment,
    parts: int,
) -> tuple[Metrics, nnx.State, nnx.State]:
    """(metrics, gradients, statistics after the batch), means over `parts` parts of it."""
    value_and_grad = jax.value_and_grad(loss_fn, has_aux=True)
    if defense.overrides("slope"):
        value_and_grad = _one_by_one(value_and_grad, defense, parts)
    if parts == 1:
        (_, (stats, metrics)), grads = value_and_grad(state.params, state.stats, *batch, moment)
        return metrics, grads, stats

    def part(carry: tuple, inputs: tuple) -> tuple[tuple, None]:
        totals, stats = carry
        number, batch = inputs
        own = moment._replace(key=jax.random.fold_in(moment.key, number))
        (_, (stats, metrics)), grads = value_and_grad(state.params, stats, *batch, own)
        totals = jax.tree.map(lambda total, new: total + new / parts, totals, (metrics, grads))
        return (totals, stats), None

    # Every device keeps its own pictures: the parts are strided, not contiguous.
    split = jax.tree.map(
        lambda leaf: leaf.reshape(-1, parts, *leaf.shape[1:]).swapaxes(0, 1), batch
    )
    first = jax.tree.map(lambda leaf: leaf[0], split)
    like = jax.eval_shape(value_and_grad, state.params, state.stats, *first, moment)
    zero = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), (like[0][1][1], like[1]))
    (totals, stats), _ = jax.lax.scan(part, (zero, state.stats), (jnp.arange(parts), split))
    return *totals, stats


def _one_by_one(value_and_grad: Callable, defense: Defense, parts: int) -> Callable:
    """The same of a batch, with what the defense makes of its pictures' single gradients."""

    def of_batch(
        params: nnx.State, stats: nnx.State, images: Array, wanted: Array, moment: Moment
    ) -> tuple[tuple[Array, tuple[nnx.State, Metrics]], nnx.State]:
        def of_one(number: Array, image: Array, want: Array) -> tuple[tuple, nnx.State]:
            own = moment._replace(key=jax.random.fold_in(moment.key, number))
            (_, (after, metrics)), slope = value_and_grad(
                params, stats, image[None], want[None], own
            )
            return (metrics, slope), after

        # None: JAX refuses state that depends on the picture, which would mix them.
        numbers = jnp.arange(len(images))
        (each, slopes), after = jax.vmap(of_one, out_axes=(0, None))(numbers, images, wanted)
        metrics = {name: values.mean() for name, values in each.items()}
        key = jax.random.fold_in(moment.key, len(images))
        return (metrics["loss"], (after, metrics)), defense.slope(slopes, parts, key)

    return of_batch


def _kept(frozen: frozenset[Path], old: Callable[[], nnx.State], new: nnx.State) -> nnx.State:
    """The new values of what learns, the old ones of what does not."""
    if not frozen:
        return new
    before = dict(nnx.to_flat_state(old()))
    leaves = [
        (path, before[path] if tuple(map(str, path)) in frozen else variable)
        for path, variable in nnx.to_flat_state(new)
    ]
    return nnx.from_flat_state(leaves)


def evaluation_step(
    graph: nnx.GraphDef, mesh: Mesh, taps: tuple[str, ...] = ()
) -> Callable[[nnx.State, nnx.State, UInt8[Array, "b h w ch"]], Outputs]:
    """The jitted answers: (params, stats, images) -> Outputs, with a copy on each device."""

    def step(params: nnx.State, stats: nnx.State, images: Array) -> Outputs:
        model = nnx.merge(graph, params, stats)
        return model.outputs(images.astype(jnp.float32) / 255, taps)

    everywhere, shared = replicated(mesh), by_sample(mesh)
    return jax.jit(step, in_shardings=(everywhere, everywhere, shared), out_shardings=everywhere)
