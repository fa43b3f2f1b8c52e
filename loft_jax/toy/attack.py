"""Gradient attacks in the plane: on classes by the common search, on codes by their posterior."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from iie import GaussianMixture
from loft_jax.attacks.parts.objective import Objective as ClassObjective
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.search.gradient import Rule, advance, begin
from loft_jax.priors.pixels import PixelPrior
from loft_jax.targets.function import FunctionTarget
from loft_jax.toy.law import CLASSES
from loft_jax.toy.networks import ToyNetwork

# A class's rate is small: at 0.1, ascent zigzags across the narrow regions of the LoFt networks.
CLASS_RATE, CODE_RATE = 0.02, 0.1

Objective = Callable[..., Float[Array, ""]]


def attack_classes(
    network: ToyNetwork,
    starts: Float[np.ndarray, "n 2"],
    targets: Int[np.ndarray, " n"],
    steps: int,
) -> Float[np.ndarray, "t n 2"]:
    """Paths of gradient ascent of log p(target | x), one from each start; steps + 1 points each.

    Plain gradient steps: the paths follow the field that the figure shows.
    """
    target, prior = plane_target(network), PixelPrior(1, 2)
    space, rule = Points(), Rule("sgd", CLASS_RATE, momentum=0.0)
    labels, first = jnp.asarray(targets, jnp.int32), jnp.asarray(starts, jnp.float32)
    state, centre = begin(space, rule, prior, {"latents": first}, labels)
    nothing = PublicFacts(first, jnp.zeros(0), None)
    keys = jax.random.split(jax.random.key(0), len(starts))  # nothing is drawn
    _, trace = advance(
        space, rule, ClassObjective(), steps, (target.network,), prior, nothing, labels, keys,
        state, centre, jnp.int32(0), keep=True,
    )  # fmt: skip
    assert trace.variables is not None
    return np.concatenate([first[None], trace.variables["latents"]])


def plane_target(network: ToyNetwork) -> FunctionTarget:
    """The network as a target: a point of the plane is a picture of one pixel, two channels."""
    names = tuple(f"class {k + 1}" for k in range(CLASSES))
    return FunctionTarget(
        lambda images: network(images.reshape(-1, 2)), size=1, channels=2, class_names=names
    )


def attack_codes(
    network: ToyNetwork,
    law: GaussianMixture,
    released: Float[np.ndarray, "n r"],
    noise: float,
    starts: Float[np.ndarray, "n k 2"],
    steps: int,
) -> Float[np.ndarray, "n 2"]:
    """A guess of each input from its released code c(x) + noise n, by someone who knows the law.

    Ascent of log p(y | x) + log p(x) with Adam from k starts, of which the best end point is taken:
    the most probable input, as far as ascent finds it. Its mean squared error is an upper bound on
    the ideal inversion error of the code.
    """
    precisions = jnp.asarray([np.linalg.inv(S.dense()) for S in law.components], jnp.float32)
    logs = np.log(law.weights) - [np.linalg.slogdet(S.dense())[1] / 2 for S in law.components]
    means, logs = jnp.asarray(law.means, jnp.float32), jnp.asarray(logs, jnp.float32)

    def posterior(x: Float[Array, "2"], y: Float[Array, "r"]) -> Float[Array, ""]:
        misfit = (network.release(x[None])[1][0] - y) / noise
        away = x[None] - means
        forms = jnp.einsum("ki,kij,kj->k", away, precisions, away)
        return jax.nn.logsumexp(logs - forms / 2) - jnp.sum(misfit**2) / 2

    n, k, _ = starts.shape
    y = np.repeat(released, k, axis=0).astype(np.float32)
    rule = optax.adam(optax.cosine_decay_schedule(CODE_RATE, steps))
    points, values = ascend(posterior, starts.reshape(-1, 2), (y,), rule, steps)
    best = values.reshape(n, k).argmax(axis=1)
    return points[-1].reshape(n, k, 2)[np.arange(n), best]


def gradient_field(
    network: ToyNetwork, x: Float[np.ndarray, "n 2"], target: int
) -> Float[np.ndarray, "n 2"]:
    """The gradient of log p(target | x) at each point."""

    def score(x: Float[Array, "2"]) -> Float[Array, ""]:
        return jax.nn.log_softmax(network(x[None])[0])[target]

    return np.asarray(jax.jit(jax.vmap(jax.grad(score)))(x.astype(np.float32)))


def ascend(
    objective: Objective,
    starts: Float[np.ndarray, "n 2"],
    given: tuple[np.ndarray, ...],
    rule: optax.GradientTransformation,
    steps: int,
) -> tuple[Float[np.ndarray, "t n 2"], Float[np.ndarray, " n"]]:
    """(paths, starts first; the objective at their ends) of `steps` updates that raise it.

    The objective is a function of x and of rows of `given`, each path its own.

    The rule must treat every number on its own, as SGD and Adam do: then no path sees another.
    """
    gradient = jax.vmap(jax.grad(objective))

    @jax.jit
    def run(x: Float[Array, "n 2"], given: tuple[Array, ...]) -> tuple[Array, Array]:
        def move(carry: tuple, _: None) -> tuple[tuple, Array]:
            x, state = carry
            downhill = -gradient(x, *given)
            updates, state = rule.update(downhill, state, x)
            x = x + updates
            return (x, state), x

        _, path = jax.lax.scan(move, (x, rule.init(x)), length=steps)
        return jnp.concatenate([x[None], path]), jax.vmap(objective)(path[-1], *given)

    points, values = run(jnp.asarray(starts, jnp.float32), given)
    return np.asarray(points), np.asarray(values)
