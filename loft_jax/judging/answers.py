"""What an evaluator answers to pictures."""

import numpy as np
from jax.sharding import Mesh
from jaxtyping import UInt8

from loft_jax.fitting.predict import Answers, predict
from loft_jax.fitting.step import evaluation_step
from loft_jax.judging.evaluators import Evaluator

BATCH = 64


def answers(evaluator: Evaluator, images: UInt8[np.ndarray, "n h w ch"], mesh: Mesh) -> Answers:
    """Its scores and features, compiled once for each evaluator."""
    network = evaluator.classifier
    step = evaluation_step(network.graph, mesh)
    return predict(step, network.params, network.stats, images, BATCH * mesh.size, mesh)
