"""How long a sweep may take, said before it starts: counted, not tried."""

import os
from collections.abc import Sequence
from functools import cache

import jax
import jax.numpy as jnp
from flax import nnx

from loft_jax.nets.trunks.table import build_trunk
from loft_jax.sweeps.cells import Job, Model
from loft_jax.sweeps.look import Look

RATE = 25e9
"""Floating-point operations a second of one CPU core in training, measured on small networks."""
BACKWARD = 3
"""Forward and backward together cost three times the forward."""


def hours(missing: Sequence[Job], look: Look) -> float:
    """Of training these cells' classifiers on this machine's CPU; attacks come on top."""
    models = [cell for cell in missing if isinstance(cell, Model) and _trains(cell)]
    seconds = sum(_operations(model, look) for model in models) / RATE / (os.cpu_count() or 1)
    return seconds / 3600


def _trains(model: Model) -> bool:
    return model.config.model.defense.trains


def _operations(model: Model, look: Look) -> float:
    config, pictures = model.config, model.pictures
    passes = config.optim.epochs * look.training_pictures(config)
    once = _of_picture(config.model.trunk, pictures.size, pictures.channels)
    return BACKWARD * passes * once


@cache
def _of_picture(trunk: str, size: int, channels: int) -> float:
    """Operations of the trunk on one picture, by the compiler's own count; runs nothing."""
    made = nnx.eval_shape(
        lambda: build_trunk(trunk, size=size, channels=channels, rngs=nnx.Rngs(0))
    )
    graph, state = nnx.split(made)
    picture = jax.ShapeDtypeStruct((1, size, size, channels), jnp.float32)
    lowered = jax.jit(lambda state, x: nnx.merge(graph, state)(x)).lower(state, picture)
    return float((lowered.cost_analysis() or {}).get("flops", 0.0))
