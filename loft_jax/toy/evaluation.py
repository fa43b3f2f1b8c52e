"""What a network of the toy gives away: the exact error of its codes, beside that of attacks."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from iie import GaussianMixture, Nodes, code_error
from loft_jax.toy.attack import attack_classes, attack_codes
from loft_jax.toy.law import CLASSES, bayes_class, class_shares, public_starts
from loft_jax.toy.networks import ToyNetwork

NOISE = 0.1  # of a code, as a share of its standard deviation sqrt(tr Cov c)


class Effort(NamedTuple):
    """How much is spent on a network.

    Attributes:
        paths: starts of the attack on each class.
        class_steps: of every path.
        victims: private inputs whose released codes are inverted.
        restarts: of the attack on each code.
        code_steps: of every restart.
        samples: simulated releases, for codes too long for a lattice.
    """

    paths: int
    class_steps: int
    victims: int
    restarts: int
    code_steps: int
    samples: int


class Paths(NamedTuple):
    """The attack on the classes.

    Attributes:
        points: of every path.
        targets: its target class.
    """

    points: Float[np.ndarray, "t n 2"]
    targets: Int[np.ndarray, " n"]


def releases(
    network: ToyNetwork, x: Float[np.ndarray, "n 2"]
) -> tuple[Float[np.ndarray, "n c"], Float[np.ndarray, "n r"]]:
    """(logits, code) of points, the logits up to the constant that a softmax cannot see."""
    logits, code = (np.asarray(part, np.float64) for part in _release(network, x))
    return logits - logits.mean(axis=1, keepdims=True), code


def evaluate(
    network: ToyNetwork, law: GaussianMixture, nodes: Nodes, effort: Effort, *, seed: int
) -> tuple[dict[str, Any], Paths]:
    """Numbers of one network, all squared errors as shares of the law's variance, and its paths.

    Keys:
        accuracy: of the network, exact (a sum over nodes).
        code, logits: IIE and bits, exact or with an uncertainty, at noise of `NOISE` times the
            code's standard deviation sqrt(tr Cov c), how many numbers the code has, and of which
            kind the number is.
        code_attack: mean squared error of the gradient attack that is given the noisy code, with
            standard error: an upper bound on the IIE of the code.
        class_attack: of the ascent of a class's probability, which is given no code: `success`, the
            share of end points that the Bayes classifier calls the target; `distance` of end points
            to the class's mean; `error`, to a new member of the class: an upper bound on the IIE of
            the label.
    """
    rng = np.random.default_rng(seed)
    variance = law.covariance.trace()
    x = law.sample(effort.victims, rng)
    logits, code = releases(network, np.concatenate([nodes.points, x]))
    logits, (code, y) = logits[: -len(x)], np.split(code, [len(nodes.points)])
    numbers: dict[str, Any] = {
        "accuracy": float(nodes.weights @ _right(law, nodes, logits.argmax(axis=1))),
        "code": _exact(nodes, code, effort.samples, rng),
        "logits": _exact(nodes, logits, effort.samples, rng),
    }
    noise = numbers["code"]["noise"]
    y = y + noise * rng.standard_normal(y.shape)
    starts = public_starts(effort.victims * effort.restarts, rng)
    starts = starts.reshape(effort.victims, effort.restarts, 2)
    guess = attack_codes(network, law, y, noise, starts, effort.code_steps)
    errors = np.sum((x - guess) ** 2, axis=1) / variance
    numbers["code_attack"] = {
        "error": float(errors.mean()),
        "standard_error": float(errors.std(ddof=1) / len(errors) ** 0.5),
    }
    targets = np.repeat(np.arange(CLASSES), effort.paths)
    paths = attack_classes(network, public_starts(len(targets), rng), targets, effort.class_steps)
    numbers["class_attack"] = _ends(law, paths[-1], targets)
    return numbers, Paths(paths, targets)


@jax.jit
def _release(network: ToyNetwork, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    return network.release(x)


def _exact(
    nodes: Nodes, code: Float[np.ndarray, "n r"], samples: int, rng: np.random.Generator
) -> dict[str, Any]:
    """The IIE of a code with the stated noise, as plain numbers."""
    p = nodes.weights
    spread = float(np.sqrt(p @ np.sum((code - p @ code) ** 2, axis=1)))
    result = code_error(nodes, code, NOISE * spread, samples=samples, rng=rng)
    variance = result.error.total / result.error.relative
    return {
        "iie": result.error.relative,
        "uncertainty": result.uncertainty / variance,
        "kind": result.error.kind,
        "bits": result.bits,
        "numbers": code.shape[1],
        "noise": NOISE * spread,
    }


def _right(
    law: GaussianMixture, nodes: Nodes, answers: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Probability that the answer at each node is the class of an input there."""
    return class_shares(law, nodes.points)[np.arange(len(answers)), answers]


def _ends(
    law: GaussianMixture, ends: Float[np.ndarray, "n 2"], targets: Int[np.ndarray, " n"]
) -> dict[str, float]:
    """Success and distances of end points; the error to a new member is exact for each of them."""
    squares = np.sum((ends - law.means[targets]) ** 2, axis=1)
    within = np.array([S.trace() for S in law.components])[targets]
    errors = (within + squares) / law.covariance.trace()
    return {
        "success": float(np.mean(bayes_class(law, ends) == targets)),
        "distance": float(np.mean(np.sqrt(squares))),
        "error": float(errors.mean()),
        "standard_error": float(errors.std(ddof=1) / len(errors) ** 0.5),
    }
