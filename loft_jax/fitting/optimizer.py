"""The update rule of a run, from its settings: Optax does all of it."""

from collections.abc import Callable
from typing import Any

import jax
import optax

from loft_jax.fitting.settings import OptimConfig


def learning_rate(config: OptimConfig, steps: int) -> Callable[[Any], Any]:
    """Learning rate at each step of a run of `steps` updates."""
    if config.schedule == "one-cycle":
        return optax.cosine_onecycle_schedule(steps, config.learning_rate)
    return optax.piecewise_constant_schedule(
        config.learning_rate,
        {int(share * steps): config.gamma for share in config.milestones},
    )


def optimizer(config: OptimConfig, steps: int) -> optax.GradientTransformation:
    """Gradient transformation of a run of `steps` updates.

    Weight decay spares biases and normalisation scales. It is decoupled for adamw and added to the
    gradient (the L2 term of PyTorch's `weight_decay`) for adam and sgd.
    """
    rate = learning_rate(config, steps)
    if config.optimizer == "adamw":
        return optax.adamw(rate, weight_decay=config.weight_decay, mask=_matrices)
    decay = optax.add_decayed_weights(config.weight_decay, mask=_matrices)
    if config.optimizer == "adam":
        return optax.chain(decay, optax.adam(rate))
    return optax.chain(decay, optax.sgd(rate, momentum=config.momentum))


def _matrices(params: optax.Params) -> optax.Params:
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)
